//go:build webkit

/* What the engine is told before it starts its first process. */

#include "harden.h"

#include <signal.h>
#include <sys/resource.h>

/* Features that reach the network ahead of the person, speak to other
 * windows, run on without a page, open windows of their own, or have no use on
 * a shared screen. */
static const char *const features_off[] = {
	"AsyncClipboardAPI", "BeaconAPI", "CookieStoreAPI", "DataListElement", "DirectoryUpload", "FullScreen", "Gamepads",
	"GeolocationAPI", "InputTypeColor", "LinkDNSPrefetch", "LinkPreconnect", "LinkPreconnectEarlyHints",
	"LinkPrefetch", "MediaCapabilities", "MediaDevices", "MediaRecorder", "MediaSession", "NotificationEvent",
	"Notifications", "PeerConnection", "PointerLock", "PrivateClickMeasurement", "PushAPI", "ScreenCapture",
	"ScreenWakeLockAPI", "ServiceWorkers", "SharedWorker", "SpeechRecognition", "SpeechSynthesisAPI",
	"VideoPresentationModeAPI", "WebGPU", "WebShare", "WebShareFileAPI", "WebXR", "WirelessPlaybackTargetAPI", NULL,
};

static void switch_features_off(WebKitSettings *s)
{
	WebKitFeatureList *all = webkit_settings_get_all_features();
	for (gsize i = 0; i < webkit_feature_list_get_length(all); i++) {
		WebKitFeature *f = webkit_feature_list_get(all, i);
		if (g_strv_contains(features_off, webkit_feature_get_identifier(f)))
			webkit_settings_set_feature_enabled(s, f, FALSE);
	}
	webkit_feature_list_unref(all);
}

WebKitSettings *hardened_settings(void)
{
	WebKitSettings *s = webkit_settings_new();
	g_object_set(s,
		"hardware-acceleration-policy", WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER,
		"allow-file-access-from-file-urls", FALSE,
		"allow-universal-access-from-file-urls", FALSE,
		"enable-back-forward-navigation-gestures", FALSE,
		"enable-caret-browsing", FALSE,
		"enable-developer-extras", FALSE,
		"enable-encrypted-media", FALSE,
		"enable-fullscreen", FALSE,
		"enable-media-stream", FALSE,
		"enable-page-cache", FALSE,
		"enable-webgl", FALSE,
		"enable-webrtc", FALSE,
		"enable-write-console-messages-to-stdout", FALSE,
		"enable-tabs-to-links", TRUE,
		"javascript-can-access-clipboard", FALSE,
		"javascript-can-open-windows-automatically", FALSE,
		"media-playback-requires-user-gesture", TRUE,
		"print-backgrounds", TRUE,
		NULL);
	switch_features_off(s);
	return s;
}

WebKitWebContext *hardened_context(const char *proxy_uri, int memory_mib)
{
	WebKitWebsiteDataManager *data = webkit_website_data_manager_new_ephemeral();
	webkit_website_data_manager_set_tls_errors_policy(data, WEBKIT_TLS_ERRORS_POLICY_FAIL);
	webkit_website_data_manager_set_persistent_credential_storage_enabled(data, FALSE);
	/* With tracking prevention on, the cookie policy below is ignored. */
	webkit_website_data_manager_set_itp_enabled(data, FALSE);
	webkit_cookie_manager_set_accept_policy(webkit_website_data_manager_get_cookie_manager(data),
		WEBKIT_COOKIE_POLICY_ACCEPT_NO_THIRD_PARTY);
	/* No ignore list: loopback and literal addresses go to the proxy too. */
	WebKitNetworkProxySettings *proxy = webkit_network_proxy_settings_new(proxy_uri, NULL);
	webkit_website_data_manager_set_network_proxy_settings(data, WEBKIT_NETWORK_PROXY_MODE_CUSTOM, proxy);
	webkit_network_proxy_settings_free(proxy);

	WebKitMemoryPressureSettings *memory = webkit_memory_pressure_settings_new();
	if (memory_mib > 0) {
		webkit_memory_pressure_settings_set_memory_limit(memory, memory_mib);
		webkit_memory_pressure_settings_set_strict_threshold(memory, 0.6);
		webkit_memory_pressure_settings_set_conservative_threshold(memory, 0.4);
		webkit_memory_pressure_settings_set_kill_threshold(memory, 1.0);
		webkit_memory_pressure_settings_set_poll_interval(memory, 0.5);
	}
	WebKitWebContext *c = g_object_new(WEBKIT_TYPE_WEB_CONTEXT,
		"website-data-manager", data, "memory-pressure-settings", memory,
		"process-swap-on-cross-site-navigation-enabled", TRUE, NULL);
	webkit_memory_pressure_settings_free(memory);
	g_object_unref(data);

	webkit_web_context_set_sandbox_enabled(c, TRUE);
	webkit_web_context_set_cache_model(c, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
	webkit_web_context_set_spell_checking_enabled(c, FALSE);
	webkit_web_context_set_automation_allowed(c, FALSE);
	return c;
}

/* One and a half pictures of all screens, in bytes: pages are drawn into memory
 * that is sent as one. */
static rlim_t largest_message(void)
{
	const rlim_t least = 12 << 20;
	rlim_t pixels = 0;
	GdkDisplay *display = gdk_display_get_default();
	for (int i = 0; i < gdk_display_get_n_monitors(display); i++) {
		GdkMonitor *m = gdk_display_get_monitor(display, i);
		GdkRectangle at;
		gdk_monitor_get_geometry(m, &at);
		rlim_t scale = gdk_monitor_get_scale_factor(m);
		pixels += at.width * at.height * scale * scale;
	}
	return MAX(least, pixels * 4 * 3 / 2);
}

/* A message of more than a few kilobytes is a file in memory, and the kernel
 * makes none larger than this: a page that asks a question of a hundred
 * megabytes waits for an answer until it is ended like any page that hangs,
 * instead of keeping this process, and the bar, at copying it. SIGXFSZ, which
 * would end the page at once, stays ignored in what we start: libraries for
 * sound and film try 64 MiB, and do with less. */
gboolean harden_messages(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
		return FALSE;
	limit.rlim_cur = MIN(limit.rlim_max, largest_message());
	signal(SIGXFSZ, SIG_IGN);
	return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

gboolean hardened_messages(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur <= largest_message();
}
