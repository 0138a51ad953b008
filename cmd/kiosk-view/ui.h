//go:build webkit

#ifndef KIOSK_UI_H
#define KIOSK_UI_H

#include <gtk/gtk.h>
#include <stdint.h>

/* Go's side of a connected signal and of a frame that was drawn. */
void kioskCall(uintptr_t handle);
void kioskRelease(uintptr_t handle);
int kioskTick(uintptr_t handle);

/* 0 without a display. */
int ui_init(uintptr_t input_handle);
void ui_css(const char *css);
/* All widgets named in xml, in one builder; NULL on malformed xml. */
GtkBuilder *ui_build(const char *xml);
GtkWidget *ui_find(GtkBuilder *builder, const char *id);

void ui_fill(GtkWidget *window, int width, int height);
void ui_size(GtkWidget *window, int *width, int *height);
/* Styles, measures and places everything while the window stays hidden:
 * ui_raise need not wait for it. Once, before ui_raise. */
void ui_lay_out(GtkWidget *window);
void ui_raise(GtkWidget *window);
/* Calls once the next frame of window is on its way to the display. */
void ui_after_frame(GtkWidget *window, uintptr_t handle);
void ui_paint_now(GtkWidget *window);
/* Takes away menus and lists that pages opened in windows of their own. */
void ui_close_popups(GtkWidget *window);

void ui_text(GtkWidget *widget, const char *text);
void ui_class(GtkWidget *widget, const char *name, int on);
void ui_accessible(GtkWidget *widget, const char *name);
void ui_describe(GtkWidget *widget, const char *description);
void ui_add_page(GtkWidget *stack, GtkWidget *child, const char *name);
/* Takes child out of the stack it stands in, if another, into this one. */
void ui_move_page(GtkWidget *stack, GtkWidget *child, const char *name);
void ui_page(GtkWidget *stack, const char *name);
void ui_image(GtkWidget *image, const char *svg, int size);
/* Shows a PNG file at its own size; 0 where it is none. */
int ui_picture(GtkWidget *image, const guchar *png, gsize size);
/* Of a button that is pressed, or of an entry in which Return is. */
void ui_clicked(GtkWidget *widget, uintptr_t handle);
void ui_resized(GtkWidget *widget, uintptr_t handle);
void ui_every(unsigned milliseconds, uintptr_t handle);
void ui_add(GtkWidget *container, GtkWidget *child);
void ui_attach(GtkWidget *grid, GtkWidget *child, int column, int row);
GtkWidget *ui_gap(void);
void ui_empty(GtkWidget *container);
/* How: scroll in maintenance.go. */
void ui_scroll(GtkWidget *scrolled, int how);
void ui_progress(GtkWidget *bar, int percent);
const char *ui_entry(GtkWidget *entry);
void ui_set_dots(GtkWidget *entry, int on);
void ui_set_entry(GtkWidget *entry, const char *text);

#endif
