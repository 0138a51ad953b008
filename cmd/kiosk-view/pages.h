//go:build webkit

/* What the files of the engine share among themselves. */

#ifndef KIOSK_PAGES_H
#define KIOSK_PAGES_H

#include "engine.h"

/* The first page and the popups that sites open over it, on top of one
 * another in one GtkStack: none is ever a window of its own. */
#define MAX_PAGES 5

struct page {
	WebKitWebView *view;
	gboolean alive; /* a site's page stands in it and its process lives */
	gboolean coming; /* a page was asked for and has not come yet */
	gboolean login; /* a password was asked for since a load was last decided on */
	gboolean dead;  /* its process ended; not yet told */
	int failed;     /* FAILED_* not yet told, as it is not on top; else -1 */
	int masked;     /* number of the mask that all it ever drew, or last drew, has on */
	int asks;       /* how often it may still be asked for that */
};

struct engine {
	char *proxy;
	int memory_mib;
	uintptr_t handle;
	double zoom;
	gboolean muted;
	WebKitWebContext *context;
	WebKitUserContentManager *content;
	WebKitWebView *first;
	char *going; /* where the first page is to go once it is left; NULL = nowhere */
};

extern struct engine engine;

int tell(int kind, const char *a, int n);
/* For what our widgets answer by changing: not in the middle of a decision
 * that WebKit waits for. The same thing is told once, however often a page
 * does it meanwhile. */
void tell_later(int kind, int n);

gboolean has_scheme(const char *uri, const char *scheme);
gboolean is_site(const char *uri);
/* Of a site, or made by one: what may fill a page. */
gboolean is_content(const char *uri);

/* engine.c: a view with every door shut; related is the page that opens it. */
WebKitWebView *engine_view(WebKitWebView *related);
const char *engine_check(WebKitWebView *view);
/* The first page is left: goes where it was to go, if anywhere. */
void engine_go(void);

/* canvas.c: the type of our web views. */
GType canvas_get_type(void);

/* pages.c */
void pages_begin(GtkWidget *stack, WebKitWebView *first);
struct page *pages_find(WebKitWebView *view);
struct page *pages_top(void);
int pages_count(void);
void pages_each(void (*f)(WebKitWebView *));
gboolean pages_is_popup(WebKitWebView *view);
/* A popup of ours over view, e.g. for a document. */
void pages_open(WebKitWebView *view, const char *uri);
/* Closes a popup, and those over it, once WebKit has returned to us. */
void pages_close(WebKitWebView *view);
void pages_close_all(void);
void pages_connect(WebKitWebView *view);

/* load.c */
void load_connect(WebKitWebView *view);
void load_failed(WebKitWebView *view, int failure);
void load_tell_uri(WebKitWebView *view, gboolean committed);
void load_tell_history(void);

/* mask.c */
int mask_number(void); /* of the mask that is on, 0 = none */
void mask_off(void);
/* Another page came in the view. */
void mask_committed(WebKitWebView *view);
void mask_connect(WebKitWebView *view);

/* dialog.c */
void dialog_connect(WebKitWebView *view);
/* Answers with no what a page that goes away asked. */
void dialog_drop(WebKitWebView *view);

/* deny.c */
void deny_connect(WebKitWebView *view);
void deny_downloads(WebKitWebContext *context);
void deny_scripts(WebKitUserContentManager *content);

#endif
