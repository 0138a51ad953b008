//go:build webkit

/* The one place where input comes in: every event of the display passes here
 * before any widget or page sees it. What is not named is dropped. */

#include "input.h"

#include <webkit2/webkit2.h>

/* The last event of the one finger that counts; NULL when none is down. */
static GdkEvent *finger;

static void set_finger(const GdkEvent *event)
{
	g_clear_pointer(&finger, gdk_event_free);
	if (event)
		finger = gdk_event_copy(event);
}

/* The newest finger counts, and the one before it is taken back: two never
 * act together, so there is no pinch, and a hand that rests on the glass does
 * not make the kiosk deaf to the finger beside it. */
static gboolean admit_touch(GdkEvent *event)
{
	GdkEventSequence *sequence = event->touch.sequence;
	gboolean same = finger && finger->touch.sequence == sequence;
	if (event->type != GDK_TOUCH_BEGIN && !same)
		return FALSE;
	if (finger && !same) {
		finger->type = GDK_TOUCH_CANCEL;
		gtk_main_do_event(finger);
	}
	/* GTK's buttons listen to the first finger alone; here that is this one. */
	event->touch.emulating_pointer = TRUE;
	set_finger(event->type == GDK_TOUCH_BEGIN || event->type == GDK_TOUCH_UPDATE ? event : NULL);
	return TRUE;
}

/* A click with Control or Alt asks for another window or a download. */
static void plain(guint *state)
{
	*state &= GDK_SHIFT_MASK | GDK_LOCK_MASK | GDK_MOD2_MASK | GDK_BUTTON1_MASK;
}

static gboolean admit_button(GdkEventButton *button)
{
	plain(&button->state);
	return button->button == GDK_BUTTON_PRIMARY;
}

/* With any key but shift held, a wheel zooms or goes back. */
static gboolean admit_scroll(GdkEventScroll *scroll)
{
	if (scroll->state & gtk_accelerator_get_default_mod_mask() & ~GDK_SHIFT_MASK)
		return FALSE;
	plain(&scroll->state);
	return TRUE;
}

static gboolean admit_key(const GdkEventKey *key, uintptr_t handle)
{
	return kioskKey(handle, key->type == GDK_KEY_PRESS, key->hardware_keycode, key->keyval, key->state);
}

/* Not here: the wish of a window manager to close the window, drag and drop,
 * gestures of a touchpad, pens and their pads. */
static gboolean admit(GdkEvent *event, uintptr_t handle)
{
	switch (event->type) {
	case GDK_KEY_PRESS: case GDK_KEY_RELEASE:
		return admit_key(&event->key, handle);
	case GDK_BUTTON_PRESS: case GDK_2BUTTON_PRESS: case GDK_3BUTTON_PRESS: case GDK_BUTTON_RELEASE:
		return admit_button(&event->button);
	case GDK_MOTION_NOTIFY:
		plain(&event->motion.state);
		return TRUE;
	case GDK_SCROLL:
		return admit_scroll(&event->scroll);
	case GDK_TOUCH_BEGIN: case GDK_TOUCH_UPDATE: case GDK_TOUCH_END: case GDK_TOUCH_CANCEL:
		return admit_touch(event);
	case GDK_ENTER_NOTIFY: case GDK_LEAVE_NOTIFY: case GDK_FOCUS_CHANGE: case GDK_GRAB_BROKEN:
	case GDK_DESTROY: case GDK_EXPOSE: case GDK_DAMAGE: case GDK_CONFIGURE: case GDK_MAP: case GDK_UNMAP:
	case GDK_VISIBILITY_NOTIFY: case GDK_WINDOW_STATE: case GDK_PROPERTY_NOTIFY: case GDK_CLIENT_EVENT:
	case GDK_SETTING: case GDK_OWNER_CHANGE:
	case GDK_SELECTION_CLEAR: case GDK_SELECTION_REQUEST: case GDK_SELECTION_NOTIFY:
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean is_press(GdkEventType type)
{
	return type == GDK_BUTTON_PRESS || type == GDK_TOUCH_BEGIN || type == GDK_KEY_PRESS || type == GDK_SCROLL;
}

static gboolean fresh; /* the event in hand comes from the display */

static void on_event(GdkEvent *event, gpointer data)
{
	uintptr_t handle = (uintptr_t)data;
	if (!admit(event, handle))
		return;
	if (is_press(event->type))
		kioskTouch(handle);
	fresh = TRUE;
	gtk_main_do_event(event);
	fresh = FALSE;
}

/* WebKit gives GTK a key once more that its page did not use. When Tab has
 * just left the page, that would be one Tab too many in the bar, and the page
 * would miss the next letter, which WebKit then takes for that key. */
static gboolean on_key(GtkWidget *window, GdkEvent *event, gpointer data)
{
	static GtkWidget *page; /* that had the last key of any; NULL = it is gone */
	GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(window));
	if (fresh && WEBKIT_IS_WEB_VIEW(focus))
		g_set_weak_pointer(&page, focus);
	else if (!fresh && page)
		gtk_widget_event(page, event);
	return !fresh;
}

void input_window(GtkWidget *window)
{
	g_signal_connect(window, "key-press-event", G_CALLBACK(on_key), NULL);
	g_signal_connect(window, "key-release-event", G_CALLBACK(on_key), NULL);
}

void input_filter(uintptr_t handle)
{
	g_object_set(gtk_settings_get_default(),
		/* Composes accents by itself and has no window, no candidates, no settings. */
		"gtk-im-module", "gtk-im-context-simple",
		/* A long press would open a menu. */
		"gtk-long-press-time", (guint)G_MAXINT,
		"gtk-enable-accels", FALSE,
		"gtk-enable-mnemonics", FALSE,
		"gtk-enable-primary-paste", FALSE,
		NULL);
	gdk_event_handler_set(on_event, (gpointer)handle, NULL);
}
