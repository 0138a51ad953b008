//go:build webkit

/* Where pages go, what is shown of what comes, and what is told of it. */

#include "pages.h"
#include "proxy.h"

#include <string.h>

static const char *header(WebKitURIResponse *response, const char *name)
{
	SoupMessageHeaders *headers = webkit_uri_response_get_http_headers(response);
	return headers ? soup_message_headers_get_one(headers, name) : NULL;
}

void load_failed(WebKitWebView *view, int failure)
{
	struct page *p = pages_find(view);
	if (p && p != pages_top()) {
		p->failed = failure;
		return;
	}
	if (p)
		p->failed = -1;
	tell_later(EV_FAILED, failure);
}

/* A popup that was opened for what is refused would stand there empty. */
static void refuse(WebKitWebView *view, WebKitPolicyDecision *decision, int what)
{
	struct page *p = pages_find(view);
	webkit_policy_decision_ignore(decision);
	tell_later(EV_REFUSED, what);
	if (p && pages_is_popup(view) && !p->alive)
		pages_close(view);
}

/* What the main frame cannot show, or FAILED_*. */
static int main_failure(WebKitURIResponse *response)
{
	guint status = webkit_uri_response_get_status_code(response);
	const char *length = header(response, "Content-Length");
	/* What no site made, such as a blob of a frame without an origin, is for
	 * frames only: here alone is it told which frame it is for, and no script
	 * of it has run. */
	if (!is_content(webkit_uri_response_get_uri(response)))
		return FAILED_DENIED;
	if (status == 401 && header(response, "WWW-Authenticate"))
		return FAILED_LOGIN;
	if (status >= 400 && length && strcmp(length, "0") == 0)
		return FAILED_NETWORK;
	return proxy_failure(response);
}

static void decide_response(WebKitWebView *view, WebKitPolicyDecision *decision)
{
	WebKitResponsePolicyDecision *r = WEBKIT_RESPONSE_POLICY_DECISION(decision);
	WebKitURIResponse *response = webkit_response_policy_decision_get_response(r);
	gboolean main_frame = webkit_response_policy_decision_is_main_frame_main_resource(r);
	gboolean attached = has_scheme(header(response, "Content-Disposition"), "attachment");
	gboolean pdf = g_strcmp0(webkit_uri_response_get_mime_type(response), "application/pdf") == 0;
	int failure = main_frame ? main_failure(response) : -1;

	if (failure >= 0) {
		webkit_policy_decision_ignore(decision);
		load_failed(view, failure);
	} else if (attached && pdf && !main_frame) {
		/* Sites save a document through a frame that nobody sees. */
		webkit_policy_decision_ignore(decision);
		pages_open(view, webkit_uri_response_get_uri(response));
	} else if ((attached && !pdf) || !webkit_response_policy_decision_is_mime_type_supported(r)) {
		refuse(view, decision, REFUSED_DOWNLOAD);
	} else {
		webkit_policy_decision_use(decision);
	}
}

static gboolean on_decide_policy(WebKitWebView *view, WebKitPolicyDecision *decision,
	WebKitPolicyDecisionType type, gpointer data)
{
	if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE) {
		decide_response(view, decision);
		return TRUE;
	}
	WebKitNavigationAction *action = webkit_navigation_policy_decision_get_navigation_action(
		WEBKIT_NAVIGATION_POLICY_DECISION(decision));
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
	gboolean popup = type == WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION;
	struct page *p = pages_find(view);
	if (p)
		p->login = FALSE;
	if (popup && !webkit_navigation_action_is_user_gesture(action))
		webkit_policy_decision_ignore(decision);
	else if (tell(EV_NAVIGATE, uri, 0))
		webkit_policy_decision_use(decision);
	else
		refuse(view, decision, REFUSED_LINK);
	return TRUE;
}

void load_tell_uri(WebKitWebView *view, gboolean committed)
{
	const char *uri = webkit_web_view_get_uri(view);
	struct page *p = pages_find(view);
	/* A popup in which no page has come yet is nowhere: what was asked for may
	 * be refused. */
	if (p && p == pages_top() && (!pages_is_popup(view) || (p->alive && is_content(uri))))
		tell(EV_URI, uri, committed);
}

static void on_load_changed(WebKitWebView *view, WebKitLoadEvent event, gpointer data)
{
	const char *uri = webkit_web_view_get_uri(view);
	struct page *p = pages_find(view);
	if (p)
		p->coming = event == WEBKIT_LOAD_STARTED || event == WEBKIT_LOAD_REDIRECTED;
	if (p && p == pages_top())
		tell(EV_COMING, NULL, p->coming);
	/* That a load wants a password is told by another process than that it
	 * began, and may be heard first. */
	if (p && p->login && event == WEBKIT_LOAD_STARTED)
		load_failed(view, FAILED_LOGIN);
	if (event == WEBKIT_LOAD_COMMITTED) {
		if (p)
			p->alive = is_content(uri);
		load_tell_uri(view, TRUE);
		mask_committed(view);
	}
	if (event == WEBKIT_LOAD_FINISHED && p && p == pages_top())
		tell(EV_LOADED, uri, 0);
}

/* A script moves within its page ten thousand times a second if it likes: what
 * came of it is told at once, and then ten times a second. */
static struct {
	guint timer; /* 0 = none */
	gboolean more;
} moves;

static void on_move(void);

static gboolean move_again(gpointer data)
{
	moves.timer = 0;
	if (moves.more)
		on_move();
	return G_SOURCE_REMOVE;
}

static void on_move(void)
{
	enum { PAUSE_MS = 100 };
	WebKitWebView *view = pages_top()->view;
	moves.more = moves.timer != 0;
	if (moves.more)
		return;
	moves.timer = g_timeout_add(PAUSE_MS, move_again, NULL);
	/* While a load is only provisional the address is not that of what is shown. */
	if (!webkit_web_view_is_loading(view))
		load_tell_uri(view, FALSE);
	load_tell_history();
}

static gboolean on_load_failed(WebKitWebView *view, WebKitLoadEvent event, char *uri, GError *error, gpointer data)
{
	gboolean ours = g_error_matches(error, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED) ||
		error->domain == WEBKIT_POLICY_ERROR || error->domain == WEBKIT_PLUGIN_ERROR;
	if (!ours)
		load_failed(view, FAILED_NETWORK);
	return TRUE;
}

static gboolean on_tls_failed(WebKitWebView *view, char *uri, GTlsCertificate *certificate,
	GTlsCertificateFlags flags, gpointer data)
{
	load_failed(view, FAILED_TLS);
	return TRUE;
}

void load_tell_history(void)
{
	WebKitWebView *view = pages_top()->view;
	WebKitBackForwardListItem *back =
		webkit_back_forward_list_get_back_item(webkit_web_view_get_back_forward_list(view));
	/* The empty page that warmed the engine is nowhere to go back to. */
	gboolean earlier = back && is_content(webkit_back_forward_list_item_get_uri(back));
	tell(EV_HISTORY, NULL, earlier || pages_is_popup(view));
}

void load_connect(WebKitWebView *v)
{
	g_signal_connect(v, "decide-policy", G_CALLBACK(on_decide_policy), NULL);
	g_signal_connect(v, "load-changed", G_CALLBACK(on_load_changed), NULL);
	g_signal_connect(v, "notify::uri", G_CALLBACK(on_move), NULL);
	g_signal_connect(v, "load-failed", G_CALLBACK(on_load_failed), NULL);
	g_signal_connect(v, "load-failed-with-tls-errors", G_CALLBACK(on_tls_failed), NULL);
	g_signal_connect(webkit_web_view_get_back_forward_list(v), "changed", G_CALLBACK(on_move), NULL);
}
