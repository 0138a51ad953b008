//go:build webkit

/* The first page of a procedure and the popups over it. Login windows speak to
 * the page that opened them: so a popup is a web view related to its opener,
 * but it lies over it in our own surface, and it is gone when it is closed. */

#include "pages.h"

static struct {
	struct page all[MAX_PAGES];
	int count;
	GtkWidget *stack;
	WebKitWebView *coming; /* created, not yet shown */
} pages;

struct page *pages_top(void) { return &pages.all[pages.count - 1]; }

int pages_count(void) { return pages.count; }

void pages_each(void (*f)(WebKitWebView *))
{
	for (int i = 0; i < pages.count; i++)
		f(pages.all[i].view);
}

struct page *pages_find(WebKitWebView *view)
{
	for (int i = 0; i < pages.count; i++) {
		if (pages.all[i].view == view)
			return &pages.all[i];
	}
	return NULL;
}

gboolean pages_is_popup(WebKitWebView *view) { return view != engine.first; }

static void push(WebKitWebView *view)
{
	pages.all[pages.count++] = (struct page){ .view = view, .failed = -1, .masked = mask_number() };
}

void pages_begin(GtkWidget *stack, WebKitWebView *first)
{
	pages.stack = stack;
	push(first);
}

static void tell_top(void)
{
	struct page *top = pages_top();
	gtk_stack_set_visible_child(GTK_STACK(pages.stack), GTK_WIDGET(top->view));
	tell(EV_TOP, NULL, pages.count - 1);
	load_tell_uri(top->view, FALSE);
	load_tell_history();
	tell(EV_COMING, NULL, top->coming);
	if (top->failed >= 0)
		load_failed(top->view, top->failed);
}

/* Takes away what lies above the page with that number. */
static void cut(int keep)
{
	if (keep >= pages.count)
		return;
	int count = pages.count;
	for (int i = keep; i < count; i++)
		dialog_drop(pages.all[i].view);
	pages.count = keep;
	tell_top();
	for (int i = keep; i < count; i++)
		gtk_widget_destroy(GTK_WIDGET(pages.all[i].view));
}

void pages_close_all(void) { cut(1); }

static gboolean close_now(gpointer view)
{
	struct page *p = pages_find(view);
	if (p && pages_is_popup(p->view))
		cut(p - pages.all);
	g_object_unref(view);
	return G_SOURCE_REMOVE;
}

void pages_close(WebKitWebView *view)
{
	g_idle_add_full(G_PRIORITY_HIGH_IDLE, close_now, g_object_ref(view), NULL);
}

static void on_close(WebKitWebView *view, gpointer data)
{
	if (pages_is_popup(view))
		pages_close(view);
	else
		engine_go();
}

static void show(WebKitWebView *view)
{
	gtk_widget_show(GTK_WIDGET(view));
	gtk_container_add(GTK_CONTAINER(pages.stack), GTK_WIDGET(view));
	push(view);
	tell_top();
}

/* Only now: before, WebKit would give our window the size and the place that
 * the page wanted for its own. */
static void on_ready(WebKitWebView *view, gpointer data)
{
	if (view != pages.coming)
		return;
	pages.coming = NULL;
	show(view);
}

/* A view over view, or NULL if there are too many. */
static WebKitWebView *make(WebKitWebView *view)
{
	if (pages.count == MAX_PAGES || pages.coming || !pages_find(view)) {
		tell_later(EV_REFUSED, REFUSED_POPUP);
		return NULL;
	}
	WebKitWebView *popup = engine_view(view);
	if (!engine_check(popup))
		return popup;
	g_object_unref(g_object_ref_sink(popup));
	tell_later(EV_REFUSED, REFUSED_POPUP);
	return NULL;
}

static GtkWidget *on_create(WebKitWebView *view, WebKitNavigationAction *action, gpointer data)
{
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
	gboolean empty = !uri || !*uri || g_strcmp0(uri, "about:blank") == 0;
	if (!empty && !is_content(uri)) {
		tell_later(EV_REFUSED, REFUSED_LINK);
		return NULL;
	}
	pages.coming = make(view);
	return (GtkWidget *)pages.coming;
}

void pages_open(WebKitWebView *view, const char *uri)
{
	WebKitWebView *popup = make(view);
	if (!popup)
		return;
	show(popup);
	webkit_web_view_load_uri(popup, uri);
}

/* A popup mostly shares the process of its opener: told once, of the lowest
 * page that lost it; what lies above goes. */
static gboolean bury(gpointer reason)
{
	for (int i = 0; i < pages.count; i++) {
		if (!pages.all[i].dead)
			continue;
		pages.all[i].dead = FALSE;
		cut(i + 1);
		if (GPOINTER_TO_INT(reason) != WEBKIT_WEB_PROCESS_TERMINATED_BY_API)
			tell(EV_TERMINATED, NULL, GPOINTER_TO_INT(reason));
		break;
	}
	return G_SOURCE_REMOVE;
}

static void on_terminated(WebKitWebView *view, WebKitWebProcessTerminationReason reason, gpointer data)
{
	struct page *p = pages_find(view);
	if (!p)
		return;
	dialog_drop(view);
	p->alive = FALSE;
	p->dead = TRUE;
	g_idle_add_full(G_PRIORITY_HIGH_IDLE, bury, GINT_TO_POINTER(reason), NULL);
}

void pages_connect(WebKitWebView *view)
{
	g_signal_connect(view, "create", G_CALLBACK(on_create), NULL);
	g_signal_connect(view, "ready-to-show", G_CALLBACK(on_ready), NULL);
	g_signal_connect(view, "close", G_CALLBACK(on_close), NULL);
	g_signal_connect(view, "web-process-terminated", G_CALLBACK(on_terminated), NULL);
}
