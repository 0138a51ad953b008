//go:build webkit

#ifndef KIOSK_ENGINE_H
#define KIOSK_ENGINE_H

#include <gtk/gtk.h>
#include <stdint.h>
#include <webkit2/webkit2.h>

/* What the engine tells; Go's kioskEngine receives it on the GTK thread.
 * Unless said otherwise it is about the page on top. */
enum {
	EV_NAVIGATE,   /* a = URI, of any page; answer: 1 = go on */
	EV_URI,        /* a = URI of the main frame; n = 1 if it was just committed */
	EV_COMING,     /* n = 1 if a page was asked for, 0 once it came or will not */
	EV_LOADED,     /* the main frame finished loading */
	EV_FAILED,     /* n = FAILED_*: the main frame did not load */
	EV_TERMINATED, /* n = WebKitWebProcessTerminationReason, but never our own doing */
	EV_REFUSED,    /* n = REFUSED_*: something a page may not do here */
	EV_HISTORY,    /* n = 1 if there is a page to go back to */
	EV_TOP,        /* n = popups over the first page; another page is on top */
	EV_PONG,       /* n = number of the ping */
	EV_MASKED      /* n = number of engine_confirm_mask */
};

enum { FAILED_NETWORK, FAILED_TLS, FAILED_DENIED, FAILED_LOGIN };
enum { REFUSED_LINK, REFUSED_DOWNLOAD, REFUSED_FILE, REFUSED_PRINT, REFUSED_POPUP };

int kioskEngine(uintptr_t handle, int kind, char *a, int n);

/* A page's dialog, of WebKitScriptDialogType: whose address, what it says and
 * what stands in its entry. Answer: 1 = engine_dialog_answer will be called. */
int kioskDialog(uintptr_t handle, int type, char *uri, char *message, char *preset);

/* Must come before the web view is made. */
void engine_prepare(const char *proxy, int memory_mib, uintptr_t handle);

/* After webview_go made its view: takes its script bridge away and checks the
 * view. Popups are laid over it in stack. Returns NULL, or what is wrong. */
const char *engine_adopt(GtkWidget *stack);

/* The page on top. */
GtkWidget *engine_widget(void);
/* Whether a page of a site stands there and lives, whatever failed after it. */
int engine_alive(void);
/* Back in the history of the page on top; a popup without any closes. */
void engine_back(void);
/* Closes the page on top without asking it, if it is a popup. */
void engine_close(void);
/* Loads in the first page, once that may be left; every popup is closed. */
void engine_load(const char *uri);
void engine_terminate(void);
void engine_ping(int n);
void engine_mute(void);
void engine_zoom(double level);
void engine_languages(const char *list);
void engine_style(const char *top_frame, const char *pdf);
/* One style sheet more of the mask to come, for all frames but those of these
 * hosts, separated by spaces. */
void engine_mask_add(const char *css, const char *except);
/* It is complete: what was there before goes. An empty one is none. */
void engine_mask_done(void);
/* Tells EV_MASKED when every page in view has drawn itself with the mask, number
 * > 0. One that hangs never does. One that is not in view now is not seen before
 * it has. */
void engine_confirm_mask(int number);
void engine_dialog_answer(int confirmed, const char *text);
char *engine_version(void);

#endif
