//go:build webkit

/* Whether what is in view of pages has been drawn with the mask on. A page has
 * drawn before, and what it drew is what it shows first when it comes back from
 * under a popup or a panel of ours: so it stays unseen until it has drawn anew.
 * That also holds for a page that can do nothing now, because it waits for the
 * answer to its own dialog: our panel lies over it as long as it does. */

#include "pages.h"

static struct {
	int number; /* 0 = off */
	gboolean told;
} mask;

int mask_number(void) { return mask.number; }

static gboolean uncertain;

static void look_at(WebKitWebView *view)
{
	if (gtk_widget_get_mapped(GTK_WIDGET(view)) && pages_find(view)->masked != mask.number)
		uncertain = TRUE;
}

static void settle(void)
{
	uncertain = FALSE;
	pages_each(look_at);
	if (mask.number == 0 || mask.told || uncertain)
		return;
	mask.told = TRUE;
	tell(EV_MASKED, NULL, mask.number);
}

static void ask(WebKitWebView *view);

static void on_answer(GObject *object, GAsyncResult *result, gpointer number)
{
	WebKitWebView *view = WEBKIT_WEB_VIEW(object);
	struct page *p = pages_find(view);
	JSCValue *value = webkit_web_view_call_async_javascript_function_finish(view, result, NULL);
	gboolean answered = value != NULL;

	g_clear_object(&value);
	if (!p || GPOINTER_TO_INT(number) != mask.number) {
		settle();
		return;
	}
	if (answered) {
		p->masked = mask.number;
		gtk_widget_set_opacity(GTK_WIDGET(view), 1);
		settle();
	} else if (p->alive && p->asks-- > 0) {
		ask(view); /* it went elsewhere: the one that came instead is asked */
	}
}

/* A page handles what it is told in order: whoever answers has the mask. It has
 * drawn with it once its second frame begins, and frames begin only in view. In
 * a world of ours, where a page cannot answer in their place. */
static void ask(WebKitWebView *view)
{
	static const char drawn[] = "await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))); return 1";
	webkit_web_view_call_async_javascript_function(view, drawn, -1, NULL, "kiosk", NULL, NULL,
		on_answer, GINT_TO_POINTER(mask.number));
}

static void ask_anew(WebKitWebView *view)
{
	enum { ASKS = 8 };
	pages_find(view)->asks = ASKS;
	ask(view);
}

static void ask_mapped(WebKitWebView *view)
{
	if (gtk_widget_get_mapped(GTK_WIDGET(view)))
		ask_anew(view);
}

void engine_confirm_mask(int number)
{
	mask.number = number;
	mask.told = FALSE;
	pages_each(ask_mapped);
	settle();
}

static void unveil(WebKitWebView *view) { gtk_widget_set_opacity(GTK_WIDGET(view), 1); }

void mask_off(void)
{
	mask.number = 0;
	pages_each(unveil);
}

static void on_map(WebKitWebView *view)
{
	struct page *p = pages_find(view);
	if (!p || mask.number == 0 || p->masked == mask.number)
		return;
	gtk_widget_set_opacity(GTK_WIDGET(view), 0);
	ask_anew(view);
}

void mask_committed(WebKitWebView *view)
{
	struct page *p = pages_find(view);
	if (p && mask.number && p->masked != mask.number && gtk_widget_get_mapped(GTK_WIDGET(view)))
		ask_anew(view);
}

void mask_connect(WebKitWebView *view)
{
	g_signal_connect(view, "map", G_CALLBACK(on_map), NULL);
	g_signal_connect(view, "unmap", G_CALLBACK(settle), NULL);
}
