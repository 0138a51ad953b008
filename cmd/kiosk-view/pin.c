//go:build webkit

/* The keys of the PIN pad. They are no buttons of GTK: a button tells the
 * accessibility bus when it is armed and when it takes the focus, so whoever
 * listens there would hear each digit, and a screen reader would say it. These
 * have a name and tell nothing. A keyboard types digits by itself. */

#include "pin.h"

#include "ui.h"

static void up(GtkWidget *box)
{
	ui_class(box, "down", 0);
}

static void on_pressed(GtkGestureMultiPress *gesture, int count, double x, double y, gpointer data)
{
	ui_class(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture)), "down", 1);
	gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
}

static void on_released(GtkGestureMultiPress *gesture, int count, double x, double y, gpointer data)
{
	GtkWidget *box = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture));
	up(box);
	if (x >= 0 && y >= 0 && x < gtk_widget_get_allocated_width(box) && y < gtk_widget_get_allocated_height(box))
		kioskCall((uintptr_t)data);
}

/* A finger that slid off, or was taken back for another. */
static void on_stopped(GtkGesture *gesture, gpointer data)
{
	up(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture)));
}

static void on_cancel(GtkGesture *gesture, GdkEventSequence *sequence, gpointer data)
{
	on_stopped(gesture, data);
}

void pin_key(GtkWidget *box, const char *name, uintptr_t handle)
{
	GtkGesture *gesture = gtk_gesture_multi_press_new(box);
	gtk_gesture_single_set_exclusive(GTK_GESTURE_SINGLE(gesture), TRUE);
	g_signal_connect(gesture, "pressed", G_CALLBACK(on_pressed), NULL);
	g_signal_connect(gesture, "released", G_CALLBACK(on_released), (gpointer)handle);
	g_signal_connect(gesture, "cancel", G_CALLBACK(on_cancel), NULL);
	g_object_set_data_full(G_OBJECT(box), "gesture", gesture, g_object_unref);
	AtkObject *object = gtk_widget_get_accessible(box);
	atk_object_set_role(object, ATK_ROLE_PUSH_BUTTON);
	atk_object_set_name(object, name);
}
