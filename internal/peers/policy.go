package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// deny is the value of chromium's policies for permissions that asks nobody.
const deny = 2

// chromiumPolicy is what an administrator with the vendor's list of policies
// in hand writes for a kiosk: nothing but the hosts of the procedure, nothing
// kept, nothing offered. https://chromeenterprise.google/policies/
func chromiumPolicy(home string, origins []string, authority []byte) map[string]any {
	var allowed []string
	for _, origin := range origins {
		allowed = append(allowed, strings.Replace(origin, "://", "://.", 1)) // the dot: this host alone, none below it
	}
	policy := map[string]any{
		"CACertificates": []string{base64.StdEncoding.EncodeToString(authority)},
		"URLBlocklist":   []string{"*"}, "URLAllowlist": allowed,
		"HomepageLocation": home, "HomepageIsNewTabPage": false, "NewTabPageLocation": home, "RestoreOnStartup": 5,
		"IncognitoModeAvailability": 2, "ForceEphemeralProfiles": true, "BrowserAddPersonEnabled": false,
		"BrowserGuestModeEnabled": false, "SavingBrowserHistoryDisabled": true, "AllowDeletingBrowserHistory": false,
		"DefaultCookiesSetting": 4, "DiskCacheSize": 1, "ClearBrowsingDataOnExitList": []string{"browsing_history",
			"download_history", "cookies_and_other_site_data", "cached_images_and_files", "password_signin", "autofill",
			"site_settings", "hosted_app_data"},
		"DeveloperToolsAvailability": 2, "DownloadRestrictions": 3, "PrintingEnabled": false, "PrintPreviewUseSystemDefaultPrinter": false,
		"AllowFileSelectionDialogs": false, "DefaultPopupsSetting": deny,
		"ExtensionInstallBlocklist": []string{"*"}, "BlockExternalExtensions": true, "EditBookmarksEnabled": false,
		"BookmarkBarEnabled": false, "TaskManagerEndProcessEnabled": false, "AllowDinosaurEasterEgg": false,
		"DefaultBrowserSettingEnabled": false, "CommandLineFlagSecurityWarningsEnabled": false, "PromotionsEnabled": false,
		"SyncDisabled": true, "BrowserSignin": 0, "PasswordManagerEnabled": false, "AutofillAddressEnabled": false,
		"AutofillCreditCardEnabled": false, "TranslateEnabled": false, "BackgroundModeEnabled": false, "SafeBrowsingProtectionLevel": 0,
		"SearchSuggestEnabled": false, "SpellCheckServiceEnabled": false, "MetricsReportingEnabled": false, "NetworkPredictionOptions": 2,
		"ComponentUpdatesEnabled": false, "EnableMediaRouter": false, "ScreenCaptureAllowed": false, "LensRegionSearchEnabled": false,
		"AudioCaptureAllowed": false, "VideoCaptureAllowed": false, "SSLErrorOverrideAllowed": false, "QuicAllowed": false,
		"AuthSchemes": "", "BasicAuthOverHttpEnabled": false, "ShowFullUrlsInAddressBar": true, "WebRtcIPHandling": "disable_non_proxied_udp",
		"AlwaysOpenPdfExternally": false, "DefaultGeolocationSetting": deny, "AllowBackForwardCacheForCacheControlNoStorePageEnabled": false,
		"UserFeedbackAllowed": false, "HideWebStoreIcon": true, "ImportHistory": false, "ImportSavedPasswords": false,
	}
	for _, permission := range []string{"Notifications", "WebUsbGuard", "WebBluetoothGuard", "SerialGuard", "WebHidGuard",
		"Sensors", "LocalFonts", "FileSystemReadGuard", "FileSystemWriteGuard", "WindowManagement", "Clipboard"} {
		policy["Default"+permission+"Setting"] = deny
	}
	return policy
}

// installPolicy puts the policy where chromium looks, for this world alone:
// on a file system in memory that covers what the machine has there.
func installPolicy(policy map[string]any) error {
	text, err := json.MarshalIndent(policy, "", "  ")
	if err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	file := filepath.Join(policies, "guichet.json")
	if _, err := os.Stat(file); err == nil { // it is ours: the start has changed
		return os.WriteFile(file, text, 0o644)
	}
	top := filepath.Dir(filepath.Dir(policies))
	kept, err := hidden(top)
	if err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	if err := unix.Mount("tmpfs", top, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount %q: %w", top, err)
	}
	kept[file] = text
	for _, path := range slices.Sorted(maps.Keys(kept)) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write policy: %w", err)
		}
		if err := os.WriteFile(path, kept[path], 0o644); err != nil {
			return fmt.Errorf("write policy: %w", err)
		}
	}
	return nil
}

// hidden reads the files of the package itself that the new file system covers.
// Policies that the machine has are not ours to measure with.
func hidden(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if files[path], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return files, nil
}
