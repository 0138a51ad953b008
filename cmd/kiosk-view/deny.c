//go:build webkit

/* Every door of a web view that stays shut. */

#include "pages.h"

static gboolean deny_permission(WebKitWebView *view, WebKitPermissionRequest *request, gpointer data)
{
	webkit_permission_request_deny(request);
	return TRUE;
}

static gboolean deny_query(WebKitWebView *view, WebKitPermissionStateQuery *query, gpointer data)
{
	webkit_permission_state_query_finish(query, WEBKIT_PERMISSION_STATE_DENIED);
	return TRUE;
}

static gboolean deny_authenticate(WebKitWebView *view, WebKitAuthenticationRequest *request, gpointer data)
{
	struct page *p = pages_find(view);
	webkit_authentication_request_cancel(request);
	if (p)
		p->login = TRUE;
	/* Of the page itself nothing may come after this, not even an error. */
	if (p && p->coming)
		load_failed(view, FAILED_LOGIN);
	return TRUE;
}

static gboolean deny_files(WebKitWebView *view, WebKitFileChooserRequest *request, gpointer data)
{
	webkit_file_chooser_request_cancel(request);
	tell_later(EV_REFUSED, REFUSED_FILE);
	return TRUE;
}

static gboolean deny_print(WebKitWebView *view, WebKitPrintOperation *operation, gpointer data)
{
	tell_later(EV_REFUSED, REFUSED_PRINT);
	return TRUE;
}

static gboolean deny(void)
{
	return TRUE;
}

/* A tooltip is text of the page in a window of its own, above our bar. */
static gboolean deny_tooltip(GtkWidget *widget)
{
	g_signal_stop_emission_by_name(widget, "query-tooltip");
	return FALSE;
}

static gboolean close_menu(gpointer menu)
{
	webkit_option_menu_close(WEBKIT_OPTION_MENU(menu));
	g_object_unref(menu);
	return G_SOURCE_REMOVE;
}

/* The list of a <select> is a window of its own below it, or above where there
 * is no room below: a page that makes a select as high as itself would have
 * its words over our bar. */
static gboolean deny_high_menu(WebKitWebView *view, WebKitOptionMenu *menu, GdkEvent *event, GdkRectangle *at, gpointer data)
{
	enum { ROWS = 8, ROW_HEIGHT = 34 }; /* of the engine's list, in pixels, rounded up */
	int needed = MIN(ROWS, (int)webkit_option_menu_get_n_items(menu)) * ROW_HEIGHT;
	int below = gtk_widget_get_allocated_height(GTK_WIDGET(view)) - at->y - at->height;
	if (below >= needed || at->y >= needed)
		return FALSE;
	g_idle_add(close_menu, g_object_ref(menu));
	return TRUE;
}

/* Nothing is written before a destination is decided, and none ever is. */
static gboolean on_destination(WebKitDownload *download, const char *name, gpointer data)
{
	WebKitURIResponse *response = webkit_download_get_response(download);
	WebKitWebView *view = webkit_download_get_web_view(download);
	char *uri = g_strdup(webkit_uri_request_get_uri(webkit_download_get_request(download)));
	webkit_download_cancel(download);
	if (view && is_content(uri) && response &&
		g_strcmp0(webkit_uri_response_get_mime_type(response), "application/pdf") == 0)
		pages_open(view, uri);
	else
		tell_later(EV_REFUSED, REFUSED_DOWNLOAD);
	g_free(uri);
	return TRUE;
}

static void on_download(WebKitWebContext *c, WebKitDownload *download, gpointer data)
{
	g_signal_connect(download, "decide-destination", G_CALLBACK(on_destination), NULL);
}

void deny_downloads(WebKitWebContext *context)
{
	g_signal_connect(context, "download-started", G_CALLBACK(on_download), NULL);
}

void deny_connect(WebKitWebView *v)
{
	g_signal_connect(v, "permission-request", G_CALLBACK(deny_permission), NULL);
	g_signal_connect(v, "query-permission-state", G_CALLBACK(deny_query), NULL);
	g_signal_connect(v, "authenticate", G_CALLBACK(deny_authenticate), NULL);
	g_signal_connect(v, "run-file-chooser", G_CALLBACK(deny_files), NULL);
	g_signal_connect(v, "print", G_CALLBACK(deny_print), NULL);
	g_signal_connect(v, "context-menu", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "show-notification", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "run-color-chooser", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "enter-fullscreen", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "show-option-menu", G_CALLBACK(deny_high_menu), NULL);
	g_signal_connect(v, "query-tooltip", G_CALLBACK(deny_tooltip), NULL);
	/* Nothing is dropped into a page from outside it. */
	gtk_drag_dest_unset(GTK_WIDGET(v));
}

/* Dragging something out of a page shows a picture drawn by the page above
 * everything else. Cancelling inside drag-begin crashes GTK; this does not. */
static const char no_drag[] =
	"for (const kind of ['dragstart', 'dragenter', 'dragover', 'drop'])"
	"	addEventListener(kind, function (e) { e.preventDefault(); e.stopImmediatePropagation() }, true)";

void deny_scripts(WebKitUserContentManager *content)
{
	WebKitUserScript *script = webkit_user_script_new_for_world(no_drag, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
		WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, "kiosk", NULL, NULL);
	webkit_user_content_manager_add_script(content, script);
	webkit_user_script_unref(script);
}
