//go:build webkit

/* The few things Go needs of GTK. Widgets are described in ui/ and looks in
 * style.css; what is shown is decided in Go. */

#include "ui.h"

#include "input.h"

#include <string.h>

int ui_init(uintptr_t input_handle)
{
	if (!gtk_init_check(NULL, NULL))
		return 0;
	g_object_set(gtk_settings_get_default(),
		"gtk-theme-name", "Adwaita",
		"gtk-enable-animations", FALSE,
		"gtk-entry-password-hint-timeout", 0,
		"gtk-error-bell", FALSE,
		"gtk-overlay-scrolling", FALSE,
		"gtk-recent-files-enabled", FALSE,
		NULL);
	input_filter(input_handle);
	return 1;
}

void ui_css(const char *css)
{
	GtkCssProvider *provider = gtk_css_provider_new();
	GError *error = NULL;
	if (!gtk_css_provider_load_from_data(provider, css, -1, &error)) {
		g_printerr("style.css: %s\n", error->message);
		g_error_free(error);
	}
	gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(provider),
		GTK_STYLE_PROVIDER_PRIORITY_USER);
	g_object_unref(provider);
}

GtkBuilder *ui_build(const char *xml)
{
	GtkBuilder *builder = gtk_builder_new();
	GError *error = NULL;
	if (!gtk_builder_add_from_string(builder, xml, -1, &error)) {
		g_printerr("ui: %s\n", error->message);
		g_error_free(error);
		g_object_unref(builder);
		return NULL;
	}
	return builder;
}

GtkWidget *ui_find(GtkBuilder *builder, const char *id)
{
	GObject *object = gtk_builder_get_object(builder, id);
	return object ? GTK_WIDGET(object) : NULL;
}

static void monitor_size(int *width, int *height)
{
	GdkDisplay *display = gdk_display_get_default();
	GdkMonitor *monitor = gdk_display_get_primary_monitor(display);
	if (!monitor)
		monitor = gdk_display_get_monitor(display, 0);
	if (!monitor)
		return;
	GdkRectangle area;
	gdk_monitor_get_geometry(monitor, &area);
	*width = area.width;
	*height = area.height;
}

void ui_fill(GtkWidget *window, int width, int height)
{
	if (width <= 0 || height <= 0)
		monitor_size(&width, &height);
	gtk_window_set_decorated(GTK_WINDOW(window), FALSE);
	if (width > 0 && height > 0)
		gtk_window_set_default_size(GTK_WINDOW(window), width, height);
	/* Without a window manager nobody answers the wish for full screen. */
	gtk_window_move(GTK_WINDOW(window), 0, 0);
	gtk_window_fullscreen(GTK_WINDOW(window));
	g_signal_connect(window, "delete-event", G_CALLBACK(gtk_true), NULL);
	input_window(window);
	gtk_widget_realize(window);
}

void ui_size(GtkWidget *window, int *width, int *height)
{
	gtk_window_get_size(GTK_WINDOW(window), width, height);
}

static void no_map(GtkWidget *window) {}

void ui_lay_out(GtkWidget *window)
{
	/* GTK styles and measures a window when it is shown, and maps it in the
	 * same call: without its last step that is work done ahead. */
	GtkWidgetClass *class = GTK_WIDGET_GET_CLASS(window);
	void (*map)(GtkWidget *) = class->map;
	class->map = no_map;
	gtk_widget_show(window);
	class->map = map;
}

void ui_raise(GtkWidget *window)
{
	/* Under cage the window mapped last is on top and nothing else raises. */
	if (!gtk_widget_get_mapped(window))
		gtk_widget_map(window);
	gtk_window_present(GTK_WINDOW(window));
}

static void on_after_paint(GdkFrameClock *clock, gpointer data)
{
	g_signal_handlers_disconnect_by_func(clock, on_after_paint, data);
	gdk_display_flush(gdk_display_get_default());
	kioskCall((uintptr_t)data);
}

void ui_after_frame(GtkWidget *window, uintptr_t handle)
{
	GdkWindow *native = gtk_widget_get_window(window);
	GdkFrameClock *clock = gdk_window_get_frame_clock(native);
	g_signal_connect_after(clock, "after-paint", G_CALLBACK(on_after_paint), (gpointer)handle);
	gdk_window_invalidate_rect(native, NULL, TRUE);
	gdk_frame_clock_request_phase(clock, GDK_FRAME_CLOCK_PHASE_PAINT);
}

void ui_paint_now(GtkWidget *window)
{
	GdkWindow *native = gtk_widget_get_window(window);
	if (!native || !gtk_widget_get_mapped(window))
		return;
	gtk_container_check_resize(GTK_CONTAINER(window));
	gdk_window_invalidate_rect(native, NULL, TRUE);
	G_GNUC_BEGIN_IGNORE_DEPRECATIONS
	gdk_window_process_updates(native, TRUE);
	G_GNUC_END_IGNORE_DEPRECATIONS
	gdk_display_flush(gdk_display_get_default());
}

void ui_close_popups(GtkWidget *window)
{
	GtkWidget *grabbed = gtk_grab_get_current();
	if (GTK_IS_MENU_SHELL(grabbed))
		gtk_menu_shell_deactivate(GTK_MENU_SHELL(grabbed));
	GList *all = gtk_window_list_toplevels();
	for (GList *l = all; l; l = l->next) {
		if (l->data != window && gtk_widget_get_mapped(GTK_WIDGET(l->data)))
			gtk_widget_hide(GTK_WIDGET(l->data));
	}
	g_list_free(all);
}

void ui_text(GtkWidget *widget, const char *text)
{
	if (GTK_IS_BUTTON(widget))
		gtk_button_set_label(GTK_BUTTON(widget), text);
	else if (strcmp(gtk_label_get_text(GTK_LABEL(widget)), text) != 0)
		gtk_label_set_text(GTK_LABEL(widget), text);
}

void ui_class(GtkWidget *widget, const char *name, int on)
{
	GtkStyleContext *style = gtk_widget_get_style_context(widget);
	if (on)
		gtk_style_context_add_class(style, name);
	else
		gtk_style_context_remove_class(style, name);
}

void ui_accessible(GtkWidget *widget, const char *name)
{
	AtkObject *object = gtk_widget_get_accessible(widget);
	if (object)
		atk_object_set_name(object, name);
}

void ui_describe(GtkWidget *widget, const char *description)
{
	AtkObject *object = gtk_widget_get_accessible(widget);
	if (object)
		atk_object_set_description(object, description);
}

void ui_add_page(GtkWidget *stack, GtkWidget *child, const char *name)
{
	gtk_widget_show_all(child);
	gtk_stack_add_named(GTK_STACK(stack), child, name);
}

void ui_move_page(GtkWidget *stack, GtkWidget *child, const char *name)
{
	GtkWidget *from = gtk_widget_get_parent(child);
	if (from == stack)
		return;
	g_object_ref(child);
	gtk_container_remove(GTK_CONTAINER(from), child);
	gtk_stack_add_named(GTK_STACK(stack), child, name);
	g_object_unref(child);
}

void ui_page(GtkWidget *stack, const char *name)
{
	gtk_stack_set_visible_child_name(GTK_STACK(stack), name);
}

static void on_size_prepared(GdkPixbufLoader *loader, int width, int height, gpointer data)
{
	int size = GPOINTER_TO_INT(data);
	gdk_pixbuf_loader_set_size(loader, size, size);
}

void ui_image(GtkWidget *image, const char *svg, int size)
{
	int scale = gtk_widget_get_scale_factor(image);
	GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type("svg", NULL);
	if (!loader)
		return; /* no SVG loader on this machine: words alone */
	g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size_prepared), GINT_TO_POINTER(size * scale));
	gboolean written = gdk_pixbuf_loader_write(loader, (const guchar *)svg, strlen(svg), NULL);
	gboolean closed = gdk_pixbuf_loader_close(loader, NULL);
	if (written && closed) {
		cairo_surface_t *surface = gdk_cairo_surface_create_from_pixbuf(
			gdk_pixbuf_loader_get_pixbuf(loader), scale, NULL);
		gtk_image_set_from_surface(GTK_IMAGE(image), surface);
		cairo_surface_destroy(surface);
	}
	g_object_unref(loader);
}

int ui_picture(GtkWidget *image, const guchar *png, gsize size)
{
	GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type("png", NULL);
	if (!loader)
		return 0;
	gboolean written = size > 0 && gdk_pixbuf_loader_write(loader, png, size, NULL);
	gboolean closed = gdk_pixbuf_loader_close(loader, NULL);
	GdkPixbuf *picture = written && closed ? gdk_pixbuf_loader_get_pixbuf(loader) : NULL;
	if (picture)
		gtk_image_set_from_pixbuf(GTK_IMAGE(image), picture);
	g_object_unref(loader);
	return picture != NULL;
}

static void on_signal(GtkWidget *widget, gpointer data)
{
	kioskCall((uintptr_t)data);
}

static void on_closed(gpointer data, GClosure *closure)
{
	kioskRelease((uintptr_t)data);
}

void ui_clicked(GtkWidget *widget, uintptr_t handle)
{
	const char *signal = GTK_IS_ENTRY(widget) ? "activate" : "clicked";
	g_signal_connect_data(widget, signal, G_CALLBACK(on_signal), (gpointer)handle, on_closed, 0);
}

static gboolean on_configure(GtkWidget *widget, GdkEvent *event, gpointer data)
{
	kioskCall((uintptr_t)data);
	return FALSE;
}

void ui_resized(GtkWidget *window, uintptr_t handle)
{
	g_signal_connect(window, "configure-event", G_CALLBACK(on_configure), (gpointer)handle);
}

static gboolean on_timeout(gpointer data)
{
	return kioskTick((uintptr_t)data) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void ui_every(unsigned milliseconds, uintptr_t handle)
{
	g_timeout_add(milliseconds, on_timeout, (gpointer)handle);
}

void ui_add(GtkWidget *container, GtkWidget *child) { gtk_container_add(GTK_CONTAINER(container), child); }

void ui_attach(GtkWidget *grid, GtkWidget *child, int column, int row)
{
	gtk_grid_attach(GTK_GRID(grid), child, column, row, 1, 1);
}

GtkWidget *ui_gap(void)
{
	GtkWidget *gap = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
	gtk_widget_set_hexpand(gap, TRUE);
	gtk_widget_set_vexpand(gap, TRUE);
	gtk_widget_show(gap);
	return gap;
}

void ui_empty(GtkWidget *container)
{
	GList *children = gtk_container_get_children(GTK_CONTAINER(container));
	g_list_free_full(children, (GDestroyNotify)gtk_widget_destroy);
}

void ui_scroll(GtkWidget *scrolled, int how)
{
	static const GtkScrollType types[] = { GTK_SCROLL_START, GTK_SCROLL_STEP_UP, GTK_SCROLL_PAGE_UP,
		GTK_SCROLL_STEP_DOWN, GTK_SCROLL_PAGE_DOWN, GTK_SCROLL_END };
	gboolean moved;
	g_signal_emit_by_name(scrolled, "scroll-child", types[how], FALSE, &moved);
}

void ui_progress(GtkWidget *bar, int percent)
{
	gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(bar), percent / 100.0);
}

const char *ui_entry(GtkWidget *entry) { return gtk_entry_get_text(GTK_ENTRY(entry)); }
void ui_set_dots(GtkWidget *entry, int on) { gtk_entry_set_visibility(GTK_ENTRY(entry), !on); }

void ui_set_entry(GtkWidget *entry, const char *text) { gtk_entry_set_text(GTK_ENTRY(entry), text); }
