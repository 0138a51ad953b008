#ifndef BROWSER_H
#define BROWSER_H

#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

/* browser.c: windows, and what pages may do in them */
void browser_unlock(void *window, const char *search);
void browser_open(const char *uri);
void browser_tidy(void);
void browser_close(void);
GtkWidget *browser_window(const char *title, GtkWidget *content);
WebKitWebView *browser_new(const char *uri);
WebKitWebView *browser_main(void);
void browser_bar(gboolean shown);
gboolean browser_is_main(GtkWidget *window);

/* chords.c: what keys, wheel and buttons do */
void chords_connect(GtkWidget *window, WebKitWebView *view);

#endif
