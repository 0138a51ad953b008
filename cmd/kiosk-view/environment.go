package main

import (
	"fmt"
	"strings"
)

// dangerous variables switch the sandbox off, open the inspector, or load
// foreign code into this process.
var dangerous = [...]string{
	"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "WEBKIT_FORCE_SANDBOX", "WEBKIT_INSPECTOR_SERVER",
	"WEBKIT_INSPECTOR_HTTP_SERVER", "WEBKIT_EXEC_PATH", "WEBKIT_INJECTED_BUNDLE_PATH",
	"GTK_MODULES", "GTK3_MODULES", "GTK_DEBUG", "GTK_PATH", "GTK_EXE_PREFIX", "GTK_DATA_PREFIX",
	"GDK_PIXBUF_MODULE_FILE", "GIO_EXTRA_MODULES", "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH",
}

// refuseEnvironment returns an error that names the first dangerous variable
// set in environ. An empty value counts as set: WebKit looks only at presence.
func refuseEnvironment(environ []string) error {
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		for _, d := range dangerous {
			if name == d {
				return fmt.Errorf("environment holds %s; start kiosk-view without it", name)
			}
		}
	}
	return nil
}
