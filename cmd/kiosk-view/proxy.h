/* What the answers of the kiosk's proxy mean. */
#ifndef PROXY_H
#define PROXY_H

#include <webkit2/webkit2.h>

int proxy_failure(WebKitURIResponse *response);

#endif
