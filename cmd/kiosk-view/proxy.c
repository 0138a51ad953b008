//go:build webkit

#include "proxy.h"

#include "engine.h"

/* What the proxy says of a request that it did not carry out: the standard way
 * (RFC 9209) for a plain one; of a refused tunnel the engine passes on the
 * status alone, with no header, which no site's own answer looks like.
 * Returns FAILED_*, or -1 when the site itself answered. */
int proxy_failure(WebKitURIResponse *response)
{
	SoupMessageHeaders *headers = webkit_uri_response_get_http_headers(response);
	const char *told = headers ? soup_message_headers_get_one(headers, "Proxy-Status") : NULL;
	guint status = webkit_uri_response_get_status_code(response);
	SoupMessageHeadersIter iter;
	const char *name, *value;

	if (told && g_str_has_prefix(told, "guichet;"))
		return strstr(told, "error=http_request_denied") ? FAILED_DENIED : FAILED_NETWORK;
	if (headers)
		soup_message_headers_iter_init(&iter, headers);
	if (headers && soup_message_headers_iter_next(&iter, &name, &value))
		return -1;
	return status == 403 ? FAILED_DENIED : status == 502 ? FAILED_NETWORK : -1;
}
