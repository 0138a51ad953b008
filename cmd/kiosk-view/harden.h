//go:build webkit

#ifndef KIOSK_HARDEN_H
#define KIOSK_HARDEN_H

#include <webkit2/webkit2.h>

WebKitSettings *hardened_settings(void);

/* Ephemeral, sandboxed, behind the proxy; a web process over memory_mib is
 * ended, 0 leaves that to the engine. */
WebKitWebContext *hardened_context(const char *proxy_uri, int memory_mib);

/* Bounds what the engine's processes, which inherit it, send each other in one
 * message; says whether it holds. */
gboolean harden_messages(void);
gboolean hardened_messages(void);

#endif
