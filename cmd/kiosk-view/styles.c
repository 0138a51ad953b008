//go:build webkit

/* Our style sheets over sites. They are of level "user": !important wins over
 * anything that a page says. */

#include "pages.h"

static WebKitUserStyleSheet *add(const char *css, WebKitUserContentInjectedFrames frames, const char *const *where,
	const char *const *except)
{
	WebKitUserStyleSheet *sheet =
		webkit_user_style_sheet_new(css, frames, WEBKIT_USER_STYLE_LEVEL_USER, where, except);
	webkit_user_content_manager_add_style_sheet(engine.content, sheet);
	return sheet;
}

static void drop(gpointer sheet)
{
	webkit_user_content_manager_remove_style_sheet(engine.content, sheet);
	webkit_user_style_sheet_unref(sheet);
}

/* The new one comes before the old one goes: pages draw in between. */
static void put(WebKitUserStyleSheet **sheet, const char *css, WebKitUserContentInjectedFrames frames,
	const char *const *where)
{
	WebKitUserStyleSheet *old = *sheet;
	*sheet = *css ? add(css, frames, where, NULL) : NULL;
	if (old)
		drop(old);
}

void engine_style(const char *top_frame, const char *pdf)
{
	static const char *const viewer[] = { "webkit-pdfjs-viewer://*/*", NULL };
	static WebKitUserStyleSheet *sheets[2];
	put(&sheets[0], top_frame, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME, NULL);
	put(&sheets[1], pdf, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES, viewer);
}

static GPtrArray *coming; /* of the next mask, on pages already */

/* hosts are separated by spaces. */
void engine_mask_add(const char *css, const char *except)
{
	char **hosts = g_strsplit(except, " ", -1);
	char **patterns = g_new0(char *, g_strv_length(hosts) + 1);
	int n = 0;
	for (char **host = hosts; *host; host++) {
		if (**host)
			patterns[n++] = g_strdup_printf("*://%s/*", *host);
	}
	if (!coming)
		coming = g_ptr_array_new_with_free_func(drop);
	g_ptr_array_add(coming, add(css, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES, NULL, n ? (const char *const *)patterns : NULL));
	g_strfreev(patterns);
	g_strfreev(hosts);
}

void engine_mask_done(void)
{
	static GPtrArray *worn;
	if (worn)
		g_ptr_array_unref(worn);
	worn = g_steal_pointer(&coming);
	if (!worn)
		mask_off();
}
