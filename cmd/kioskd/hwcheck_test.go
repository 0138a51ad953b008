package main

import (
	"fmt"
	"strings"
	"testing"

	"guichet.example/hw/periphboard"
)

// TestHardwareCheckRefuses: it opens the same lines as the daemon, so it sees
// that the daemon has them.
func TestHardwareCheckRefuses(t *testing.T) {
	serving := func(periphboard.Config) (*periphboard.Board, error) {
		return nil, fmt.Errorf("open relay: %w", periphboard.ErrInUse)
	}
	code, stdout, stderr := kioskdOn(t, process{board: serving}, "--config", site(t), "hw", "check")
	if code != 1 || stdout != "" || !strings.Contains(stderr, "hint: kioskd serves") {
		t.Errorf("%d, %q, %q", code, stdout, stderr)
	}
	for name, config := range map[string]string{
		"no such chip": site(t, "pinctrl-bcm2711", "no-such-chip"), "unknown key": site(t, "[usage]", "[usage]\nnames = true"),
	} {
		if code, _, stderr := kioskd(t, "--config", config, "hw", "check"); code != exitConfig || stderr == "" {
			t.Errorf("%s: %d, %q", name, code, stderr)
		}
	}
}

func TestHardwareCheckLanguage(t *testing.T) {
	for _, c := range []struct{ flag, env, want string }{
		{"", "C.UTF-8", ""}, {"", "fr_FR.UTF-8", ""}, {"", "en_GB.UTF-8", "en"}, {"fr", "en_GB.UTF-8", "fr"}, {"en", "", "en"},
	} {
		t.Setenv("LANG", c.env)
		if got := languageOf(c.flag); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
