//go:build webkit

/* Our style sheets over sites, and whether pages have them on already. */

#include "pages.h"

/* The new one comes before the old one goes: pages draw in between. */
static void put(WebKitUserStyleSheet **sheet, const char *css, WebKitUserContentInjectedFrames frames,
	const char *const *where)
{
	WebKitUserStyleSheet *old = *sheet;
	*sheet = NULL;
	if (*css) {
		*sheet = webkit_user_style_sheet_new(css, frames, WEBKIT_USER_STYLE_LEVEL_USER, where, NULL);
		webkit_user_content_manager_add_style_sheet(engine.content, *sheet);
	}
	if (old) {
		webkit_user_content_manager_remove_style_sheet(engine.content, old);
		webkit_user_style_sheet_unref(old);
	}
}

void engine_style(const char *all_frames, const char *top_frame, const char *pdf)
{
	static const char *const viewer[] = { "webkit-pdfjs-viewer://*/*", NULL };
	static WebKitUserStyleSheet *sheets[3];
	put(&sheets[0], all_frames, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES, NULL);
	put(&sheets[1], top_frame, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME, NULL);
	put(&sheets[2], pdf, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES, viewer);
}

/* What pages still have to answer. */
static struct {
	int number;
	int left;
	int again; /* how often a page may still be asked once more */
} asked;

static void ask(WebKitWebView *view);

/* A page that went elsewhere meanwhile could not answer: the one that came
 * instead is asked. One that is closed, or has no process, shows nothing. */
static void on_answer(GObject *object, GAsyncResult *result, gpointer number)
{
	WebKitWebView *view = WEBKIT_WEB_VIEW(object);
	struct page *p = pages_find(view);
	JSCValue *value = webkit_web_view_call_async_javascript_function_finish(view, result, NULL);
	gboolean answered = value != NULL;

	g_clear_object(&value);
	if (GPOINTER_TO_INT(number) != asked.number)
		return;
	if (!answered && p && p->alive) {
		if (asked.again-- > 0)
			ask(view);
		return;
	}
	if (--asked.left == 0)
		tell(EV_STYLED, NULL, asked.number);
}

/* A page handles what it is told in order: whoever answers has the styles. What
 * is in view has drawn with them once its second frame begins. In a world of
 * ours, where a page cannot answer in their place. */
static void ask(WebKitWebView *view)
{
	static const char drawn[] = "await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))); return 1";
	gboolean visible = gtk_widget_get_mapped(GTK_WIDGET(view));
	webkit_web_view_call_async_javascript_function(view, visible ? drawn : "return 1", -1, NULL, "kiosk", NULL, NULL,
		on_answer, GINT_TO_POINTER(asked.number));
}

void engine_confirm_style(int number)
{
	enum { TRIES = 8 };
	asked.number = number;
	asked.again = TRIES;
	asked.left = pages_count();
	pages_each(ask);
}
