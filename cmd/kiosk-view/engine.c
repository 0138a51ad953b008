//go:build webkit

/* The web views of this process and what Go asks of them. */

#include "engine.h"
#include "harden.h"
#include "pages.h"

#include <string.h>

/* __wrap_webkit_web_view_new has no argument, so what it needs stands here. */
struct engine engine = { .zoom = 1 };

int tell(int kind, const char *a, int n)
{
	return kioskEngine(engine.handle, kind, (char *)(a ? a : ""), n);
}

static guint pending[EV_MASKED + 1]; /* bits of n, told as soon as GTK is idle */

static gboolean tell_now(gpointer data)
{
	int what = GPOINTER_TO_INT(data);
	pending[what >> 8] &= ~(1u << (what & 0xff));
	tell(what >> 8, NULL, what & 0xff);
	return G_SOURCE_REMOVE;
}

void tell_later(int kind, int n)
{
	if (pending[kind] & 1u << n)
		return;
	pending[kind] |= 1u << n;
	g_idle_add_full(G_PRIORITY_HIGH_IDLE, tell_now, GINT_TO_POINTER(kind << 8 | n), NULL);
}

void engine_prepare(const char *proxy, int memory_mib, uintptr_t handle)
{
	engine.proxy = g_strdup(proxy);
	engine.memory_mib = memory_mib;
	engine.handle = handle;
}

gboolean has_scheme(const char *uri, const char *scheme)
{
	return uri && g_ascii_strncasecmp(uri, scheme, strlen(scheme)) == 0;
}

gboolean is_site(const char *uri)
{
	return has_scheme(uri, "https:") || has_scheme(uri, "http:");
}

gboolean is_content(const char *uri)
{
	return is_site(uri) || (has_scheme(uri, "blob:") && is_site(uri + strlen("blob:")));
}

static void connect_all(WebKitWebView *view)
{
	pages_connect(view);
	load_connect(view);
	dialog_connect(view);
	deny_connect(view);
	mask_connect(view);
}

WebKitWebView *engine_view(WebKitWebView *related)
{
	WebKitWebView *view;
	if (related) {
		view = g_object_new(canvas_get_type(), "related-view", related, "user-content-manager", engine.content,
			"settings", webkit_web_view_get_settings(engine.first),
			"website-policies", webkit_web_view_get_website_policies(engine.first), NULL);
	} else {
		WebKitSettings *s = hardened_settings();
		WebKitWebsitePolicies *policies = webkit_website_policies_new_with_policies("autoplay", WEBKIT_AUTOPLAY_DENY, NULL);
		view = g_object_new(canvas_get_type(), "web-context", engine.context,
			"user-content-manager", engine.content, "settings", s, "website-policies", policies, NULL);
		g_object_unref(policies);
		g_object_unref(s);
	}
	GdkRGBA white = { 1, 1, 1, 1 };
	webkit_web_view_set_background_color(view, &white);
	webkit_web_view_set_zoom_level(view, engine.zoom);
	webkit_web_view_set_is_muted(view, engine.muted);
	connect_all(view);
	return view;
}

/* The linker puts this in the place of webkit_web_view_new (--wrap), whose
 * view would keep cookies and caches on disk. */
GtkWidget *__wrap_webkit_web_view_new(void)
{
	harden_messages(); /* engine_check sees whether that held */
	engine.context = hardened_context(engine.proxy, engine.memory_mib);
	engine.content = webkit_user_content_manager_new();
	deny_downloads(engine.context);
	engine.first = engine_view(NULL);
	return GTK_WIDGET(engine.first);
}

const char *engine_check(WebKitWebView *view)
{
	WebKitWebContext *used = webkit_web_view_get_context(view);
	if (!webkit_web_view_is_ephemeral(view) || !webkit_web_context_is_ephemeral(used))
		return "the web view keeps data";
	if (used != engine.context || used == webkit_web_context_get_default())
		return "the web view uses another context";
	if (!webkit_web_context_get_sandbox_enabled(used))
		return "the web process has no sandbox";
	if (!hardened_messages())
		return "the engine's messages have no bound";
	if (webkit_web_view_get_user_content_manager(view) != engine.content)
		return "the web view has other scripts";
	return NULL;
}

/* WebKit handles what its processes tell before GTK draws, and as long as
 * there is more of it: a page that floods it would keep our bar from being
 * drawn. Its source is found by its name, which a test holds. */
static void draw_first(void)
{
	enum { FIRST_SOURCES = 1024 }; /* they are numbered from 1, WebKit's is about the sixth */
	for (guint id = 1; id < FIRST_SOURCES; id++) {
		GSource *source = g_main_context_find_source_by_id(NULL, id);
		if (source && g_strcmp0(g_source_get_name(source), "[WebKit] RunLoop work") == 0)
			g_source_set_priority(source, GDK_PRIORITY_REDRAW + 1);
	}
}

const char *engine_adopt(GtkWidget *stack)
{
	if (!engine.first)
		return "webkit_web_view_new is not wrapped";
	/* webview_go's bridge answers every frame of every site: it goes, and its
	 * scripts with it; ours come after. */
	webkit_user_content_manager_unregister_script_message_handler(engine.content, "external");
	webkit_user_content_manager_remove_all_scripts(engine.content);
	deny_scripts(engine.content);
	webkit_settings_set_javascript_can_access_clipboard(webkit_web_view_get_settings(engine.first), FALSE);
	pages_begin(stack, engine.first);
	draw_first();
	return engine_check(engine.first);
}

GtkWidget *engine_widget(void) { return GTK_WIDGET(pages_top()->view); }
int engine_alive(void) { return pages_top()->alive; }
void engine_terminate(void) { webkit_web_view_terminate_web_process(pages_top()->view); }
void engine_close(void) { pages_close(pages_top()->view); }

/* In a process of its own: one that is busy with the page before would never
 * come to the new one, and a script could go elsewhere meanwhile. */
void engine_go(void)
{
	if (!engine.going)
		return;
	char *uri = g_steal_pointer(&engine.going);
	webkit_web_view_terminate_web_process(engine.first);
	webkit_web_view_load_uri(engine.first, uri);
	g_free(uri);
}

void engine_load(const char *uri)
{
	struct page *first = pages_find(engine.first);
	g_free(engine.going);
	engine.going = g_strdup(uri);
	pages_close_all();
	if (first->alive || first->coming) {
		/* Asks the person if the page wishes so. One that does not answer in
		 * 50 ms is left, WebKit says the same then: "close". */
		webkit_web_view_try_close(engine.first);
		return;
	}
	g_clear_pointer(&engine.going, g_free);
	webkit_web_view_load_uri(engine.first, uri);
}

void engine_back(void)
{
	WebKitWebView *view = pages_top()->view;
	WebKitBackForwardList *list = webkit_web_view_get_back_forward_list(view);
	WebKitBackForwardListItem *back = webkit_back_forward_list_get_back_item(list);
	if (back && is_content(webkit_back_forward_list_item_get_uri(back)))
		webkit_web_view_go_back(view);
	else if (pages_is_popup(view))
		webkit_web_view_try_close(view);
}

static void for_all(void (*f)(WebKitWebView *))
{
	for (GList *l = gtk_container_get_children(GTK_CONTAINER(gtk_widget_get_parent(GTK_WIDGET(engine.first)))); l;
		l = g_list_delete_link(l, l))
		f(WEBKIT_WEB_VIEW(l->data));
}

static void set_zoom(WebKitWebView *view) { webkit_web_view_set_zoom_level(view, engine.zoom); }
static void set_muted(WebKitWebView *view) { webkit_web_view_set_is_muted(view, engine.muted); }

void engine_zoom(double level)
{
	engine.zoom = level;
	for_all(set_zoom);
}

void engine_mute(void)
{
	engine.muted = TRUE;
	for_all(set_muted);
}

static void on_pong(GObject *view, GAsyncResult *result, gpointer data)
{
	JSCValue *value = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(view), result, NULL);
	if (value) {
		g_object_unref(value);
		tell(EV_PONG, NULL, GPOINTER_TO_INT(data));
	}
}

void engine_ping(int n)
{
	webkit_web_view_evaluate_javascript(pages_top()->view, "1", -1, "kiosk", NULL, NULL, on_pong, GINT_TO_POINTER(n));
}

void engine_languages(const char *list)
{
	char **names = g_strsplit(list, ",", -1);
	webkit_web_context_set_preferred_languages(engine.context, (const char *const *)names);
	g_strfreev(names);
}

char *engine_version(void)
{
	return g_strdup_printf("WebKitGTK %u.%u.%u", webkit_get_major_version(), webkit_get_minor_version(),
		webkit_get_micro_version());
}
