//go:build webkit

#ifndef KIOSK_PIN_H
#define KIOSK_PIN_H

#include <gtk/gtk.h>
#include <stdint.h>

/* Makes box a key of the PIN pad: pressed and released on it, it calls handle. */
void pin_key(GtkWidget *box, const char *name, uintptr_t handle);

#endif
