//go:build webkit

/* The one web view of this process, and every door of it that stays shut. */

#include "engine.h"
#include "harden.h"
#include "proxy.h"

#include <string.h>

/* __wrap_webkit_web_view_new has no argument, so what it needs stands here. */
static struct {
	char *proxy;
	int memory_mib;
	uintptr_t handle;
	WebKitWebContext *context;
	WebKitUserContentManager *content;
	WebKitWebView *view;
	WebKitScriptDialog *dialog;
} engine;

static int tell(int kind, const char *a, const char *b, int n)
{
	return kioskEngine(engine.handle, kind, (char *)(a ? a : ""), (char *)(b ? b : ""), n);
}

static gboolean tell_now(gpointer data)
{
	int what = GPOINTER_TO_INT(data);
	tell(what >> 8, NULL, NULL, what & 0xff);
	return G_SOURCE_REMOVE;
}

/* For what our widgets answer by changing: not in the middle of a decision
 * that WebKit waits for. */
static void tell_later(int kind, int n)
{
	g_idle_add_full(G_PRIORITY_HIGH_IDLE, tell_now, GINT_TO_POINTER(kind << 8 | n), NULL);
}

void engine_prepare(const char *proxy, int memory_mib, uintptr_t handle)
{
	engine.proxy = g_strdup(proxy);
	engine.memory_mib = memory_mib;
	engine.handle = handle;
}

static gboolean has_scheme(const char *uri, const char *scheme)
{
	return uri && g_ascii_strncasecmp(uri, scheme, strlen(scheme)) == 0;
}

static gboolean is_site(const char *uri)
{
	return has_scheme(uri, "https:") || has_scheme(uri, "http:");
}

/* Loads in this view what a page wanted in another window. */
static void open_here(WebKitNavigationAction *action)
{
	WebKitURIRequest *request = webkit_navigation_action_get_request(action);
	const char *uri = webkit_uri_request_get_uri(request);
	if (is_site(uri) && tell(EV_NAVIGATE, uri, NULL, 0))
		webkit_web_view_load_request(engine.view, request);
	else
		tell_later(EV_REFUSED, REFUSED_LINK);
}

static void decide_response(WebKitPolicyDecision *decision)
{
	WebKitResponsePolicyDecision *r = WEBKIT_RESPONSE_POLICY_DECISION(decision);
	WebKitURIResponse *response = webkit_response_policy_decision_get_response(r);
	gboolean main_frame = webkit_response_policy_decision_is_main_frame_main_resource(r);
	SoupMessageHeaders *headers = webkit_uri_response_get_http_headers(response);
	const char *disposition = headers ? soup_message_headers_get_one(headers, "Content-Disposition") : NULL;
	int failure = main_frame ? proxy_failure(response) : -1;

	if (failure >= 0) {
		webkit_policy_decision_ignore(decision);
		tell_later(EV_FAILED, failure);
	} else if (has_scheme(disposition, "attachment") || !webkit_response_policy_decision_is_mime_type_supported(r)) {
		webkit_policy_decision_ignore(decision);
		tell_later(EV_REFUSED, REFUSED_DOWNLOAD);
	} else {
		webkit_policy_decision_use(decision);
	}
}

static gboolean on_decide_policy(WebKitWebView *view, WebKitPolicyDecision *decision,
	WebKitPolicyDecisionType type, gpointer data)
{
	if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE) {
		decide_response(decision);
		return TRUE;
	}
	WebKitNavigationAction *action = webkit_navigation_policy_decision_get_navigation_action(
		WEBKIT_NAVIGATION_POLICY_DECISION(decision));
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
	if (type == WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION) {
		webkit_policy_decision_ignore(decision);
		open_here(action);
	} else if (tell(EV_NAVIGATE, uri, NULL, 0)) {
		webkit_policy_decision_use(decision);
	} else {
		webkit_policy_decision_ignore(decision);
		tell_later(EV_REFUSED, REFUSED_LINK);
	}
	return TRUE;
}

static GtkWidget *on_create(WebKitWebView *view, WebKitNavigationAction *action, gpointer data)
{
	open_here(action);
	return NULL;
}

static void on_load_changed(WebKitWebView *view, WebKitLoadEvent event, gpointer data)
{
	const char *uri = webkit_web_view_get_uri(view);
	/* data: and blob: are for frames inside a page only; a navigation policy
	 * decision does not tell which frame it is about. */
	if (event != WEBKIT_LOAD_FINISHED && uri && !is_site(uri) && strcmp(uri, "about:blank") != 0) {
		webkit_web_view_stop_loading(view);
		tell_later(EV_FAILED, FAILED_DENIED);
		return;
	}
	if (event == WEBKIT_LOAD_COMMITTED)
		tell(EV_URI, uri, NULL, 0);
	if (event == WEBKIT_LOAD_FINISHED)
		tell(EV_LOADED, uri, NULL, 0);
}

static void on_uri(WebKitWebView *view, GParamSpec *spec, gpointer data)
{
	/* While a load is only provisional the address is not that of what is shown. */
	if (!webkit_web_view_is_loading(view))
		tell(EV_URI, webkit_web_view_get_uri(view), NULL, 0);
}

static gboolean on_load_failed(WebKitWebView *view, WebKitLoadEvent event, char *uri, GError *error, gpointer data)
{
	gboolean ours = g_error_matches(error, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED) ||
		error->domain == WEBKIT_POLICY_ERROR || error->domain == WEBKIT_PLUGIN_ERROR;
	if (!ours)
		tell_later(EV_FAILED, FAILED_NETWORK);
	return TRUE;
}

static gboolean on_tls_failed(WebKitWebView *view, char *uri, GTlsCertificate *certificate,
	GTlsCertificateFlags flags, gpointer data)
{
	tell_later(EV_FAILED, FAILED_TLS);
	return TRUE;
}

static void on_terminated(WebKitWebView *view, WebKitWebProcessTerminationReason reason, gpointer data)
{
	engine_dialog_answer(FALSE, NULL);
	tell(EV_TERMINATED, NULL, NULL, reason);
}

static gboolean on_dialog(WebKitWebView *view, WebKitScriptDialog *dialog, gpointer data)
{
	WebKitScriptDialogType type = webkit_script_dialog_get_dialog_type(dialog);
	if (type == WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM) {
		/* Anything else leaves the navigation hanging on an answer. */
		webkit_script_dialog_confirm_set_confirmed(dialog, TRUE);
		return TRUE;
	}
	const char *preset = type == WEBKIT_SCRIPT_DIALOG_PROMPT ?
		webkit_script_dialog_prompt_get_default_text(dialog) : NULL;
	if (!engine.dialog && tell(EV_DIALOG, webkit_script_dialog_get_message(dialog), preset, type))
		engine.dialog = webkit_script_dialog_ref(dialog);
	return TRUE;
}

void engine_dialog_answer(int confirmed, const char *text)
{
	WebKitScriptDialog *dialog = engine.dialog;
	if (!dialog)
		return;
	engine.dialog = NULL;
	switch (webkit_script_dialog_get_dialog_type(dialog)) {
	case WEBKIT_SCRIPT_DIALOG_CONFIRM:
		webkit_script_dialog_confirm_set_confirmed(dialog, confirmed);
		break;
	case WEBKIT_SCRIPT_DIALOG_PROMPT:
		if (confirmed)
			webkit_script_dialog_prompt_set_text(dialog, text ? text : "");
		break;
	default:
		break;
	}
	webkit_script_dialog_close(dialog);
	webkit_script_dialog_unref(dialog);
}

static void on_history(WebKitBackForwardList *list, gpointer item, gpointer removed, gpointer data)
{
	WebKitBackForwardListItem *back = webkit_back_forward_list_get_back_item(list);
	/* The empty page that warmed the engine is nowhere to go back to. */
	tell(EV_HISTORY, NULL, NULL, back && is_site(webkit_back_forward_list_item_get_uri(back)));
}

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
	webkit_authentication_request_cancel(request);
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

static void deny_download(WebKitWebContext *c, WebKitDownload *download, gpointer data)
{
	webkit_download_cancel(download);
	tell_later(EV_REFUSED, REFUSED_DOWNLOAD);
}

static void connect_all(void)
{
	WebKitWebView *v = engine.view;
	g_signal_connect(v, "decide-policy", G_CALLBACK(on_decide_policy), NULL);
	g_signal_connect(v, "create", G_CALLBACK(on_create), NULL);
	g_signal_connect(v, "load-changed", G_CALLBACK(on_load_changed), NULL);
	g_signal_connect(v, "notify::uri", G_CALLBACK(on_uri), NULL);
	g_signal_connect(v, "load-failed", G_CALLBACK(on_load_failed), NULL);
	g_signal_connect(v, "load-failed-with-tls-errors", G_CALLBACK(on_tls_failed), NULL);
	g_signal_connect(v, "web-process-terminated", G_CALLBACK(on_terminated), NULL);
	g_signal_connect(v, "script-dialog", G_CALLBACK(on_dialog), NULL);
	g_signal_connect(v, "permission-request", G_CALLBACK(deny_permission), NULL);
	g_signal_connect(v, "query-permission-state", G_CALLBACK(deny_query), NULL);
	g_signal_connect(v, "authenticate", G_CALLBACK(deny_authenticate), NULL);
	g_signal_connect(v, "run-file-chooser", G_CALLBACK(deny_files), NULL);
	g_signal_connect(v, "print", G_CALLBACK(deny_print), NULL);
	g_signal_connect(v, "context-menu", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "show-notification", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "run-color-chooser", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "enter-fullscreen", G_CALLBACK(deny), NULL);
	g_signal_connect(v, "query-tooltip", G_CALLBACK(deny_tooltip), NULL);
	g_signal_connect(webkit_web_view_get_back_forward_list(v), "changed", G_CALLBACK(on_history), NULL);
	g_signal_connect(engine.context, "download-started", G_CALLBACK(deny_download), NULL);
}

/* Dragging something out of a page shows a picture drawn by the page above
 * everything else. Cancelling inside drag-begin crashes GTK; this does not. */
static const char no_drag[] =
	"addEventListener('dragstart', function (e) { e.preventDefault(); e.stopImmediatePropagation() }, true)";

static void add_scripts(void)
{
	WebKitUserScript *script = webkit_user_script_new_for_world(no_drag, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
		WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, "kiosk", NULL, NULL);
	webkit_user_content_manager_add_script(engine.content, script);
	webkit_user_script_unref(script);
}

/* The linker puts this in the place of webkit_web_view_new (--wrap), whose
 * view would keep cookies and caches on disk. */
GtkWidget *__wrap_webkit_web_view_new(void)
{
	engine.context = hardened_context(engine.proxy, engine.memory_mib);
	engine.content = webkit_user_content_manager_new();
	WebKitSettings *s = hardened_settings();
	WebKitWebsitePolicies *policies = webkit_website_policies_new_with_policies("autoplay", WEBKIT_AUTOPLAY_DENY, NULL);
	engine.view = g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", engine.context,
		"user-content-manager", engine.content, "settings", s, "website-policies", policies, NULL);
	g_object_unref(policies);
	g_object_unref(s);
	GdkRGBA white = { 1, 1, 1, 1 };
	webkit_web_view_set_background_color(engine.view, &white);
	connect_all();
	return GTK_WIDGET(engine.view);
}

const char *engine_adopt(void)
{
	if (!engine.view)
		return "webkit_web_view_new is not wrapped";
	/* webview_go's bridge answers every frame of every site: it goes, and its
	 * scripts with it; ours come after. */
	webkit_user_content_manager_unregister_script_message_handler(engine.content, "external");
	webkit_user_content_manager_remove_all_scripts(engine.content);
	add_scripts();
	webkit_settings_set_javascript_can_access_clipboard(webkit_web_view_get_settings(engine.view), FALSE);

	WebKitWebContext *used = webkit_web_view_get_context(engine.view);
	if (!webkit_web_view_is_ephemeral(engine.view) || !webkit_web_context_is_ephemeral(used))
		return "the web view keeps data";
	if (used == webkit_web_context_get_default())
		return "the web view uses the default context";
	if (!webkit_web_context_get_sandbox_enabled(used))
		return "the web process has no sandbox";
	return NULL;
}

GtkWidget *engine_widget(void) { return GTK_WIDGET(engine.view); }
void engine_load(const char *uri) { webkit_web_view_load_uri(engine.view, uri); }
void engine_back(void) { webkit_web_view_go_back(engine.view); }
void engine_stop(void) { webkit_web_view_stop_loading(engine.view); }
void engine_terminate(void) { webkit_web_view_terminate_web_process(engine.view); }
void engine_zoom(double level) { webkit_web_view_set_zoom_level(engine.view, level); }

void engine_mute(void)
{
	webkit_web_view_set_is_muted(engine.view, TRUE);
}

static void on_pong(GObject *view, GAsyncResult *result, gpointer data)
{
	JSCValue *value = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(view), result, NULL);
	if (value) {
		g_object_unref(value);
		tell(EV_PONG, NULL, NULL, GPOINTER_TO_INT(data));
	}
}

void engine_ping(int n)
{
	webkit_web_view_evaluate_javascript(engine.view, "1", -1, "kiosk", NULL, NULL, on_pong, GINT_TO_POINTER(n));
}

void engine_languages(const char *list)
{
	char **names = g_strsplit(list, ",", -1);
	webkit_web_context_set_preferred_languages(engine.context, (const char *const *)names);
	g_strfreev(names);
}

static void add_style(const char *css, WebKitUserContentInjectedFrames frames)
{
	if (!css || !*css)
		return;
	WebKitUserStyleSheet *sheet = webkit_user_style_sheet_new(css, frames, WEBKIT_USER_STYLE_LEVEL_USER, NULL, NULL);
	webkit_user_content_manager_add_style_sheet(engine.content, sheet);
	webkit_user_style_sheet_unref(sheet);
}

void engine_style(const char *all_frames, const char *top_frame)
{
	webkit_user_content_manager_remove_all_style_sheets(engine.content);
	add_style(all_frames, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES);
	add_style(top_frame, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME);
}

char *engine_version(void)
{
	return g_strdup_printf("WebKitGTK %u.%u.%u", webkit_get_major_version(), webkit_get_minor_version(),
		webkit_get_micro_version());
}
