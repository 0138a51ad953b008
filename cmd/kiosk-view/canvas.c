//go:build webkit

/* A web view that is drawn without waiting for its page. */

#include "pages.h"

/* WebKit keeps what a page drew. As long as it has nothing of a page's process,
 * drawing the view asks that process and waits up to half a second
 * (forceUpdateIfNeeded of WebKitGTK 2.50's DrawingAreaProxyCoordinatedGraphics),
 * and our bar and panels with it. But a page draws by itself as soon as it can,
 * and WebKit then wants the view drawn: until it did, the view is white. */
typedef struct {
	WebKitWebView parent;
	gboolean drawn; /* the page has drawn itself since its process may be another */
} Canvas;

typedef struct {
	WebKitWebViewClass parent_class;
} CanvasClass;

G_DEFINE_TYPE(Canvas, canvas, WEBKIT_TYPE_WEB_VIEW)

static void canvas_queue_draw_region(GtkWidget *widget, const cairo_region_t *region)
{
	((Canvas *)widget)->drawn = TRUE;
	GTK_WIDGET_CLASS(canvas_parent_class)->queue_draw_region(widget, region);
}

static gboolean canvas_draw(GtkWidget *widget, cairo_t *cr)
{
	if (((Canvas *)widget)->drawn)
		return GTK_WIDGET_CLASS(canvas_parent_class)->draw(widget, cr);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	return FALSE;
}

static void canvas_load_changed(WebKitWebView *view, WebKitLoadEvent event)
{
	if (event == WEBKIT_LOAD_COMMITTED)
		((Canvas *)view)->drawn = FALSE;
	if (WEBKIT_WEB_VIEW_CLASS(canvas_parent_class)->load_changed)
		WEBKIT_WEB_VIEW_CLASS(canvas_parent_class)->load_changed(view, event);
}

/* GTK wants a widget drawn that gets the focus, loses it or gets another look:
 * no word of the page. */
static gboolean canvas_focus_in(GtkWidget *widget, GdkEventFocus *event)
{
	gboolean drawn = ((Canvas *)widget)->drawn;
	gboolean taken = GTK_WIDGET_CLASS(canvas_parent_class)->focus_in_event(widget, event);
	((Canvas *)widget)->drawn = drawn;
	return taken;
}

static gboolean canvas_focus_out(GtkWidget *widget, GdkEventFocus *event)
{
	gboolean drawn = ((Canvas *)widget)->drawn;
	gboolean taken = GTK_WIDGET_CLASS(canvas_parent_class)->focus_out_event(widget, event);
	((Canvas *)widget)->drawn = drawn;
	return taken;
}

static void canvas_style_updated(GtkWidget *widget)
{
	gboolean drawn = ((Canvas *)widget)->drawn;
	GTK_WIDGET_CLASS(canvas_parent_class)->style_updated(widget);
	((Canvas *)widget)->drawn = drawn;
}

static void canvas_class_init(CanvasClass *class)
{
	GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);
	widget->queue_draw_region = canvas_queue_draw_region;
	widget->draw = canvas_draw;
	widget->focus_in_event = canvas_focus_in;
	widget->focus_out_event = canvas_focus_out;
	widget->style_updated = canvas_style_updated;
	WEBKIT_WEB_VIEW_CLASS(class)->load_changed = canvas_load_changed;
}

static void canvas_init(Canvas *canvas) {}
