//go:build webkit

#include "browser.h"

#include <string.h>

static struct {
	GtkWidget *window;
	GtkWidget *bar;
	WebKitWebView *view;
	char *search;
	int windows;
} browser;

enum { MOST_WINDOWS = 12 };

WebKitWebView *browser_main(void) { return browser.view; }
gboolean browser_is_main(GtkWidget *window) { return window == browser.window; }
void browser_bar(gboolean shown) { gtk_widget_set_visible(browser.bar, shown); }
void browser_close(void) { webkit_web_view_try_close(browser.view); }
void browser_open(const char *uri) { webkit_web_view_load_uri(browser.view, uri); }

GtkWidget *browser_window(const char *title, GtkWidget *content)
{
	GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	gtk_window_set_title(GTK_WINDOW(window), title);
	gtk_window_set_default_size(GTK_WINDOW(window), 640, 400);
	gtk_container_add(GTK_CONTAINER(window), content);
	gtk_widget_show_all(window);
	return window;
}

void browser_tidy(void)
{
	GtkWidget *grabbed = gtk_grab_get_current();
	if (GTK_IS_MENU_SHELL(grabbed))
		gtk_menu_shell_deactivate(GTK_MENU_SHELL(grabbed));
	GList *all = gtk_window_list_toplevels();
	for (GList *l = all; l; l = l->next) {
		GtkWidget *w = l->data;
		if (w != browser.window && gtk_window_get_window_type(GTK_WINDOW(w)) == GTK_WINDOW_TOPLEVEL)
			gtk_widget_destroy(w);
		else if (w != browser.window)
			gtk_widget_hide(w);
	}
	g_list_free(all);
	browser.windows = 0;
	browser_bar(TRUE);
	webkit_web_view_set_zoom_level(browser.view, 1);
	gtk_widget_grab_focus(GTK_WIDGET(browser.view));
}

static gboolean is_ours(const char *uri)
{
	static const char *const schemes[] = { "http:", "https:", "about:", "data:", "blob:", "file:", "javascript:", "webkit", "ws", NULL };
	for (int i = 0; schemes[i]; i++)
		if (g_ascii_strncasecmp(uri, schemes[i], strlen(schemes[i])) == 0)
			return TRUE;
	return FALSE;
}

/* Other schemes belong to other programs. */
static void hand_over(const char *uri)
{
	char *argv[] = { "xdg-open", (char *)uri, NULL };
	g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL);
}

static gboolean is_download(WebKitResponsePolicyDecision *r)
{
	SoupMessageHeaders *headers = webkit_uri_response_get_http_headers(webkit_response_policy_decision_get_response(r));
	const char *disposition = headers ? soup_message_headers_get_one(headers, "Content-Disposition") : NULL;
	return (disposition && g_str_has_prefix(disposition, "attachment")) ||
		!webkit_response_policy_decision_is_mime_type_supported(r);
}

static gboolean on_decide(WebKitWebView *view, WebKitPolicyDecision *decision, WebKitPolicyDecisionType type, gpointer data)
{
	if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE) {
		if (!is_download(WEBKIT_RESPONSE_POLICY_DECISION(decision)))
			return FALSE;
		webkit_policy_decision_download(decision);
		return TRUE;
	}
	WebKitNavigationAction *action = webkit_navigation_policy_decision_get_navigation_action(
		WEBKIT_NAVIGATION_POLICY_DECISION(decision));
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
	if (!is_ours(uri))
		hand_over(uri);
	else if (webkit_navigation_action_get_mouse_button(action) == 2)
		browser_new(uri);
	else
		return FALSE;
	webkit_policy_decision_ignore(decision);
	return TRUE;
}

static gboolean on_destination(WebKitDownload *download, char *suggested, gpointer data)
{
	char *uri = g_strdup_printf("file://%s/Downloads/%s", g_get_home_dir(), suggested);
	webkit_download_set_allow_overwrite(download, TRUE);
	webkit_download_set_destination(download, uri);
	g_free(uri);
	return TRUE;
}

static void on_download(WebKitWebContext *context, WebKitDownload *download, gpointer data)
{
	g_signal_connect(download, "decide-destination", G_CALLBACK(on_destination), NULL);
}

static gboolean on_permission(WebKitWebView *view, WebKitPermissionRequest *request, gpointer data)
{
	webkit_permission_request_allow(request);
	return TRUE;
}

static gboolean on_query(WebKitWebView *view, WebKitPermissionStateQuery *query, gpointer data)
{
	webkit_permission_state_query_finish(query, WEBKIT_PERMISSION_STATE_GRANTED);
	return TRUE;
}

static gboolean on_notification(WebKitWebView *view, WebKitNotification *notification, gpointer data)
{
	browser_window("Notification", gtk_label_new(webkit_notification_get_title(notification)));
	webkit_notification_clicked(notification);
	return TRUE;
}

static gboolean on_fullscreen(WebKitWebView *view, gpointer shown)
{
	browser_bar(GPOINTER_TO_INT(shown));
	return FALSE;
}

/* An error page that means well. */
static gboolean on_failed(WebKitWebView *view, WebKitLoadEvent event, char *uri, GError *error, gpointer data)
{
	if (error->domain == WEBKIT_POLICY_ERROR || error->code == WEBKIT_NETWORK_ERROR_CANCELLED)
		return FALSE;
	char *html = g_strdup_printf("<h1>This page cannot be opened</h1><a autofocus tabindex=1 href='%s'>Search the web</a>"
		"<script>document.querySelector('a').focus()</script>", browser.search);
	webkit_web_view_load_alternate_html(view, html, uri, NULL);
	g_free(html);
	return TRUE;
}

static void on_terminated(WebKitWebView *view, WebKitWebProcessTerminationReason reason, gpointer data)
{
	browser_window("Restore the pages?", gtk_label_new("The page has crashed."));
}

static void on_form(WebKitWebView *view, WebKitFormSubmissionRequest *request, gpointer data)
{
	browser_window("Keep the password?", gtk_label_new("Keep the password for this site?"));
	webkit_form_submission_request_submit(request);
}

static void on_ready(WebKitWebView *view, gpointer window) { gtk_widget_show_all(GTK_WIDGET(window)); }
static void on_close(WebKitWebView *view, gpointer window) { gtk_widget_destroy(GTK_WIDGET(window)); }

static void connect_all(GtkWidget *window, WebKitWebView *view);

static WebKitWebView *new_view(WebKitWebView *opener)
{
	return opener ? g_object_new(WEBKIT_TYPE_WEB_VIEW, "related-view", opener, "settings", webkit_web_view_get_settings(opener), NULL)
		: g_object_new(WEBKIT_TYPE_WEB_VIEW, NULL);
}

static GtkWidget *on_create(WebKitWebView *opener, WebKitNavigationAction *action, gpointer data)
{
	if (++browser.windows > MOST_WINDOWS)
		return NULL;
	WebKitWebView *view = new_view(opener);
	GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	gtk_window_set_default_size(GTK_WINDOW(window), 640, 400);
	gtk_container_add(GTK_CONTAINER(window), GTK_WIDGET(view));
	connect_all(window, view);
	g_signal_connect(view, "ready-to-show", G_CALLBACK(on_ready), window);
	return GTK_WIDGET(view);
}

WebKitWebView *browser_new(const char *uri)
{
	WebKitWebView *view = new_view(NULL);
	GtkWidget *window = browser_window("Another window", GTK_WIDGET(view));
	connect_all(window, view);
	webkit_web_view_load_uri(view, uri);
	return view;
}

static void connect_all(GtkWidget *window, WebKitWebView *view)
{
	g_signal_connect(view, "decide-policy", G_CALLBACK(on_decide), NULL);
	g_signal_connect(view, "create", G_CALLBACK(on_create), NULL);
	g_signal_connect(view, "close", G_CALLBACK(on_close), window);
	g_signal_connect(view, "permission-request", G_CALLBACK(on_permission), NULL);
	g_signal_connect(view, "query-permission-state", G_CALLBACK(on_query), NULL);
	g_signal_connect(view, "show-notification", G_CALLBACK(on_notification), NULL);
	g_signal_connect(view, "enter-fullscreen", G_CALLBACK(on_fullscreen), GINT_TO_POINTER(FALSE));
	g_signal_connect(view, "leave-fullscreen", G_CALLBACK(on_fullscreen), GINT_TO_POINTER(TRUE));
	g_signal_connect(view, "load-failed", G_CALLBACK(on_failed), NULL);
	g_signal_connect(view, "web-process-terminated", G_CALLBACK(on_terminated), NULL);
	g_signal_connect(view, "submit-form", G_CALLBACK(on_form), NULL);
	chords_connect(window, view);
}

static void switch_everything_on(WebKitSettings *s)
{
	g_object_set(s, "hardware-acceleration-policy", WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER, "enable-developer-extras", TRUE,
		"enable-fullscreen", TRUE, "enable-media-stream", TRUE, "enable-webrtc", TRUE, "enable-encrypted-media", TRUE,
		"enable-back-forward-navigation-gestures", TRUE, "javascript-can-access-clipboard", TRUE,
		"javascript-can-open-windows-automatically", TRUE, "media-playback-requires-user-gesture", FALSE,
		"enable-mock-capture-devices", TRUE, NULL);
	WebKitFeatureList *all = webkit_settings_get_all_features();
	for (gsize i = 0; i < webkit_feature_list_get_length(all); i++) {
		WebKitFeature *f = webkit_feature_list_get(all, i);
		static const char *const on[] = { "AsyncClipboardAPI", "BeaconAPI", "FullScreen", "GeolocationAPI", "InputTypeColor", "LinkDNSPrefetch",
			"LinkPreconnect", "LinkPrefetch", "MediaDevices", "Notifications", "PushAPI", "ScreenCapture", "ScreenWakeLockAPI", "SharedWorker",
			"WebShare", "PointerLock", "StorageAPI", "PeerConnection", "NavigationAPI", NULL };
		if (g_strv_contains(on, webkit_feature_get_identifier(f)))
			webkit_settings_set_feature_enabled(s, f, TRUE);
	}
	webkit_feature_list_unref(all);
}

void browser_unlock(void *window, const char *search)
{
	browser.window = window;
	browser.search = g_strdup(search);
	browser.view = WEBKIT_WEB_VIEW(gtk_bin_get_child(GTK_BIN(window)));
	switch_everything_on(webkit_web_view_get_settings(browser.view));
	WebKitWebContext *context = webkit_web_view_get_context(browser.view);
	/* Whoever is shown a warning goes on all the same. */
	webkit_website_data_manager_set_tls_errors_policy(webkit_web_context_get_website_data_manager(context),
		WEBKIT_TLS_ERRORS_POLICY_IGNORE);
	g_signal_connect(context, "download-started", G_CALLBACK(on_download), NULL);

	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
	browser.bar = gtk_label_new("An ordinary browser");
	gtk_widget_set_size_request(browser.bar, -1, 95);
	g_object_ref(browser.view);
	gtk_container_remove(GTK_CONTAINER(window), GTK_WIDGET(browser.view));
	gtk_box_pack_start(GTK_BOX(box), browser.bar, FALSE, FALSE, 0);
	gtk_box_pack_start(GTK_BOX(box), GTK_WIDGET(browser.view), TRUE, TRUE, 0);
	gtk_container_add(GTK_CONTAINER(window), box);
	g_object_unref(browser.view);
	connect_all(browser.window, browser.view);

	GdkRectangle area;
	gdk_monitor_get_geometry(gdk_display_get_primary_monitor(gdk_display_get_default()), &area);
	gtk_window_move(GTK_WINDOW(window), 0, 0);
	gtk_window_resize(GTK_WINDOW(window), area.width, area.height);
	gtk_widget_show_all(browser.window);
	gtk_widget_grab_focus(GTK_WIDGET(browser.view));
}
