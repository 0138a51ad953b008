//go:build webkit

/* The shortcuts of ordinary browsers, and of the desktops around them. */

#include "browser.h"

#include <stdlib.h>

static void on_address(GtkEntry *entry, gpointer window)
{
	browser_open(gtk_entry_get_text(entry));
	gtk_widget_destroy(GTK_WIDGET(window));
}

static void ask_address(void)
{
	GtkWidget *entry = gtk_entry_new();
	GtkWidget *window = browser_window("Address", entry);
	g_signal_connect(entry, "activate", G_CALLBACK(on_address), window);
	gtk_widget_grab_focus(entry);
}

static void choose_file(GtkFileChooserAction action)
{
	GtkWidget *dialog = gtk_file_chooser_dialog_new("File", NULL, action, "Open", GTK_RESPONSE_ACCEPT, NULL);
	gtk_widget_show_all(dialog);
}

static void print(void)
{
	WebKitPrintOperation *p = webkit_print_operation_new(browser_main());
	webkit_print_operation_run_dialog(p, NULL);
	g_object_unref(p);
}

static void zoom(WebKitWebView *view, double by)
{
	webkit_web_view_set_zoom_level(view, by == 0 ? 1 : webkit_web_view_get_zoom_level(view) * by);
}

static gboolean named_window(const char *title)
{
	browser_window(title, gtk_label_new(title));
	return TRUE;
}

static gboolean with_control(GtkWidget *window, WebKitWebView *view, guint key, gboolean shift)
{
	switch (key) {
	case GDK_KEY_n: case GDK_KEY_t: case GDK_KEY_m: case GDK_KEY_k: case GDK_KEY_e:
		browser_new("about:blank");
		return TRUE;
	case GDK_KEY_l:
		ask_address();
		return TRUE;
	case GDK_KEY_o:
		choose_file(GTK_FILE_CHOOSER_ACTION_OPEN);
		return TRUE;
	case GDK_KEY_s:
		choose_file(GTK_FILE_CHOOSER_ACTION_SAVE);
		return TRUE;
	case GDK_KEY_p:
		print();
		return TRUE;
	case GDK_KEY_u: case GDK_KEY_h: case GDK_KEY_j: case GDK_KEY_b: case GDK_KEY_d:
		return shift && key == GDK_KEY_u ? FALSE : named_window("Source, history, downloads, bookmarks");
	case GDK_KEY_i: case GDK_KEY_c:
		return shift ? named_window("Developer tools") : FALSE;
	case GDK_KEY_w: case GDK_KEY_q: case GDK_KEY_F4:
		if (browser_is_main(window))
			exit(0);
		gtk_widget_destroy(window);
		return TRUE;
	case GDK_KEY_plus: case GDK_KEY_equal: case GDK_KEY_KP_Add:
		zoom(view, 1.2);
		return TRUE;
	case GDK_KEY_minus: case GDK_KEY_KP_Subtract:
		zoom(view, 1 / 1.2);
		return TRUE;
	case GDK_KEY_0: case GDK_KEY_agrave:
		zoom(view, 0);
		return TRUE;
	}
	return FALSE;
}

static gboolean with_alt(GtkWidget *window, WebKitWebView *view, guint key)
{
	switch (key) {
	case GDK_KEY_d:
		ask_address();
		return TRUE;
	case GDK_KEY_F4:
		exit(0);
	case GDK_KEY_Left:
		webkit_web_view_go_back(view);
		return TRUE;
	case GDK_KEY_space:
		return named_window("Window menu");
	}
	return FALSE;
}

/* Shift five times in a row asks whether keys are to stay down. */
static void count_shift(guint key)
{
	static int times;
	times = key == GDK_KEY_Shift_L || key == GDK_KEY_Shift_R ? times + 1 : 0;
	if (times == 5)
		named_window("Sticky keys");
}

static gboolean on_key(GtkWidget *window, GdkEventKey *event, gpointer data)
{
	WebKitWebView *view = data;
	guint key = gdk_keyval_to_lower(event->keyval);
	count_shift(event->keyval);
	if (event->state & GDK_CONTROL_MASK && !(event->state & GDK_MOD1_MASK))
		return with_control(window, view, key, (event->state & GDK_SHIFT_MASK) != 0);
	if (event->state & GDK_MOD1_MASK)
		return with_alt(window, view, key);
	switch (key) {
	case GDK_KEY_F6:
		ask_address();
		return TRUE;
	case GDK_KEY_F1: case GDK_KEY_F3: case GDK_KEY_F7: case GDK_KEY_F12:
		return named_window("Help, search, developer tools");
	case GDK_KEY_F5:
		webkit_web_view_reload(view);
		return TRUE;
	case GDK_KEY_F11:
		browser_bar(FALSE);
		return TRUE;
	}
	return FALSE;
}

static gboolean on_scroll(GtkWidget *widget, GdkEventScroll *event, gpointer data)
{
	if (!(event->state & GDK_CONTROL_MASK))
		return FALSE;
	zoom(WEBKIT_WEB_VIEW(widget), 1.2);
	return TRUE;
}

static gboolean on_button(GtkWidget *widget, GdkEventButton *event, gpointer data)
{
	if (event->button == 8)
		webkit_web_view_go_back(WEBKIT_WEB_VIEW(widget));
	return event->button == 8;
}

void chords_connect(GtkWidget *window, WebKitWebView *view)
{
	g_signal_connect(window, "key-press-event", G_CALLBACK(on_key), view);
	g_signal_connect(view, "scroll-event", G_CALLBACK(on_scroll), NULL);
	g_signal_connect(view, "button-press-event", G_CALLBACK(on_button), NULL);
}
