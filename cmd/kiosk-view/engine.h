//go:build webkit

#ifndef KIOSK_ENGINE_H
#define KIOSK_ENGINE_H

#include <gtk/gtk.h>
#include <stdint.h>
#include <webkit2/webkit2.h>

/* What the engine tells; Go's kioskEngine receives it on the GTK thread. */
enum {
	EV_NAVIGATE,   /* a = URI; answer: 1 = go on */
	EV_URI,        /* a = URI of the main frame, committed */
	EV_LOADED,     /* the main frame finished loading */
	EV_FAILED,     /* n = FAILED_*: the main frame did not load */
	EV_TERMINATED, /* n = WebKitWebProcessTerminationReason */
	EV_DIALOG,     /* n = WebKitScriptDialogType, a = message, b = default text; answer: 1 = kept */
	EV_REFUSED,    /* n = REFUSED_*: something a page may not do here */
	EV_HISTORY,    /* n = 1 if there is a page to go back to */
	EV_PONG        /* n = number of the ping */
};

enum { FAILED_NETWORK, FAILED_TLS, FAILED_DENIED };
enum { REFUSED_LINK, REFUSED_DOWNLOAD, REFUSED_FILE, REFUSED_PRINT };

int kioskEngine(uintptr_t handle, int kind, char *a, char *b, int n);

/* Must come before the web view is made. */
void engine_prepare(const char *proxy, int memory_mib, uintptr_t handle);

/* After webview_go made its view: takes its script bridge away and checks the
 * view. Returns NULL, or what is wrong. */
const char *engine_adopt(void);

GtkWidget *engine_widget(void);
void engine_load(const char *uri);
void engine_back(void);
void engine_stop(void);
void engine_terminate(void);
void engine_ping(int n);
void engine_mute(void);
void engine_zoom(double level);
void engine_languages(const char *list);
void engine_style(const char *all_frames, const char *top_frame);
void engine_dialog_answer(int confirmed, const char *text);
char *engine_version(void);

#endif
