package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/hw/periphboard"
	"guichet.example/kiosk/session"
)

// kioskd runs the command in process.
func kioskd(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return kioskdOn(t, process{board: periphboard.Open, release: periphboard.SafeState}, args...)
}

// kioskdOn is kioskd on another board.
func kioskdOn(t testing.TB, p process, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	p.stdin, p.stdout, p.stderr, p.forgetful = strings.NewReader(""), &out, &err, func() error { return nil }
	code = run(t.Context(), args, p)
	return code, out.String(), err.String()
}

// site writes the example with changes: pairs of old and new text.
func site(t *testing.T, changes ...string) string {
	t.Helper()
	example, err := os.ReadFile("../../kiosk/config/example-site.toml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(example)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the example has no %q to change", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	name := filepath.Join(t.TempDir(), "site.toml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCheck(t *testing.T) {
	code, stdout, stderr := kioskd(t, "--config", site(t), "check")
	if code != 0 || !strings.Contains(stdout, "is right") || stderr != "" {
		t.Errorf("%d, %q, %q", code, stdout, stderr)
	}
}

// TestRefusals are the ways in which a box can be set up wrongly: each is said
// once, with what to do next where that is not in the message itself.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		config string
		says   []string
	}{
		{"no configuration", filepath.Join(t.TempDir(), "site.toml"), []string{"read configuration", "hint: copy example-site.toml"}},
		{"no relay", site(t, "relay =", "# relay ="), []string{"site.toml:", "relay"}},
		{"unknown key", site(t, "[usage]", "[usage]\nnames = true"), []string{"site.toml:", "names"}},
		{"language without texts", site(t, `["fr", "en"]`, `["fr", "de"]`, "en = ", "de = "), []string{`"de"`}},
		{"missing pack", site(t, "# directories = [", "directories = ["), []string{"load pack", "/etc/guichet/packs/mairie"}},
		{"no such chip", site(t, "pinctrl-bcm2711", "no-such-chip"), []string{"kioskd: ", "hint: compare [film]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := kioskd(t, "--config", c.config)
			if code != exitConfig || stdout != "" || strings.Count(stderr, "kioskd: ") != 1+strings.Count(stderr, "kioskd: hint: ") {
				t.Errorf("%d, %q, %q", code, stdout, stderr)
			}
			for _, want := range c.says {
				if !strings.Contains(stderr, want) {
					t.Errorf("%q does not say %q", stderr, want)
				}
			}
		})
	}
}

// TestLimits: what a site sets reaches the machine, and nothing else changes.
func TestLimits(t *testing.T) {
	name := site(t, `# notice = "15s"`, `notice = "16s"`, `# question = "20s"`, `question = "21s"`, `# badge_left = "10s"`, `badge_left = "11s"`,
		`# badge_forgotten = "60s"`, `badge_forgotten = "61s"`, `# rest = "500ms"`, `rest = "501ms"`, `# changes_a_minute = 5`, `changes_a_minute = 4`,
		`# idle = "3m"`, `idle = "4m"`, `# follow_within = "1s"`, `follow_within = "2s"`)
	site, _, err := read(name)
	if err != nil {
		t.Fatal(err)
	}
	want := session.DefaultLimits()
	want.Notice, want.Question, want.Badge, want.Forgotten = 16*time.Second, 21*time.Second, 11*time.Second, 61*time.Second
	want.Dwell, want.Clears, want.Idle, want.Film = 501*time.Millisecond, 4, 4*time.Minute, 2*time.Second
	if got := limits(site); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Only the bench answers an origin from this machine.
func TestNothingIsMapped(t *testing.T) {
	for path, want := range map[string]bool{"wire.go": false, "../kiosk-bench/wire.go": true} {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(source, []byte("Mapped")) != want {
			t.Errorf("%s: maps origins: %v", path, !want)
		}
	}
}
