package guest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// kioskd is the program itself, built for the board.
const kioskd = "/usr/lib/guichet/kioskd"

// site writes a site.toml with more lines in its table of the film.
func site(t *testing.T, film string) string {
	t.Helper()
	text := `format = 1
[site]
id = "board"
place = "Mairie"
languages = ["fr"]
[film]
` + film + "\n"
	for part, offset := range map[string]int{"relay": relayLine, "contact": privateLine, "inverse_contact": clearLine} {
		text += fmt.Sprintf("%s = { chip = %q, line = %d, active = \"high\" }\n", part, chip, offset)
	}
	text += fmt.Sprintf("[indicator]\nchip = %q\nline = %d\nactive = \"high\"\n", chip, lampLine)
	name := t.TempDir() + "/site.toml"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// energised starts kioskd and returns once it holds the relay: its check of the
// hardware energises it first thing, and waits for a film that never follows.
func energised(t *testing.T, h *hands, config string, isOn func() bool) *exec.Cmd {
	t.Helper()
	h.input(t, privateLine, true)
	h.input(t, clearLine, false)
	cmd := exec.Command(kioskd, "--config", config, "hw", "check")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for began := time.Now(); !isOn(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("kioskd has not energised the relay")
		}
	}
	return cmd
}

// run runs kioskd to its end.
func run(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	cmd := exec.Command(kioskd, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestKilled: this kernel keeps the level of a line whose process died, which
// is why systemd runs safe-state afterwards.
func TestKilled(t *testing.T) {
	h := board(t)
	config := site(t, `follow_within = "5s"`)
	high := func() bool { high, _ := h.output(t, relayLine); return high }
	cmd := energised(t, h, config, high)

	if code, said := run(t, "--config", config, "safe-state"); code != 1 || !strings.Contains(said, "in use by \"kioskd@") {
		t.Errorf("safe-state while another holds the lines: %d, %q", code, said)
	}
	if code, said := run(t, "--config", config, "hw", "check"); code != 1 || !strings.Contains(said, "hint: kioskd serves") {
		t.Errorf("a second check: %d, %q", code, said)
	}
	if !high() {
		t.Fatal("the relay dropped while its process lives")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if !high() {
		t.Fatal("this kernel lets the line go by itself: the test shows nothing")
	}
	if code, said := run(t, "--config", config, "safe-state"); code != 0 || strings.Count(said, " is safe.") != 2 {
		t.Errorf("safe-state: %d, %q", code, said)
	}
	if high() {
		t.Error("the relay is energised after safe-state")
	}
}

// TestKilledPulsing: behind a charge pump the death alone is enough.
func TestKilledPulsing(t *testing.T) {
	h := board(t)
	pulses := func() bool { return changes(t, h, relayLine, 50*time.Millisecond) >= 4 }
	cmd := energised(t, h, site(t, "follow_within = \"5s\"\npulse_hz = 500"), pulses)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if pulses() {
		t.Error("the line changes after its process died")
	}
	if code, said := run(t, "--config", site(t, ""), "safe-state"); code != 0 {
		t.Errorf("safe-state: %d, %q", code, said)
	}
}

// TestStopped: a process that is told to stop releases the relay itself.
func TestStopped(t *testing.T) {
	h := board(t)
	high := func() bool { high, _ := h.output(t, relayLine); return high }
	cmd := energised(t, h, site(t, `follow_within = "5s"`), high)
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if high() {
		t.Error("energised after it was told to stop")
	}
}
