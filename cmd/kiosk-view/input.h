//go:build webkit

#ifndef KIOSK_INPUT_H
#define KIOSK_INPUT_H

#include <gtk/gtk.h>
#include <stdint.h>

/* Go's side: the person did something; may this key go on? */
void kioskTouch(uintptr_t handle);
int kioskKey(uintptr_t handle, int down, unsigned code, unsigned key, unsigned state);

/* Lets through to our widgets and to pages only what a person at a kiosk
 * needs. After gtk_init, before anything is shown. */
void input_filter(uintptr_t handle);

/* Keeps keys that a page has had from our window that holds it. */
void input_window(GtkWidget *window);

#endif
