package view

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// TestAsPlainUser runs this package's tests once more without root: a user
// namespace then takes the place of root's privileges.
func TestAsPlainUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("this whole run is without root")
	}
	dir := publicDir(t)
	program, err := os.ReadFile(testBinary(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "view.test") // go test's own directory is closed to others
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir+"/tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir+"/tmp", Nobody, Nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-test.run=^(TestStory|TestNothingIsLeftBehind|TestSurroundings|TestTreeDiesWithTheDaemon|TestMisbehaviour|TestFilterInTheKernel)$")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir+"/tmp", "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: Nobody, Gid: Nobody}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestNoIsolation: where the kernel refuses, Open says so and goes on only when
// weak isolation is allowed.
func TestNoIsolation(t *testing.T) {
	c := setting(t, "good")
	c.Command[0] = filepath.Join(publicDir(t), "program") // not there
	if _, err := Open(t.Context(), c); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
	c = setting(t, "good")
	c.refuse = errors.New("kernel says no")
	if _, err := Open(t.Context(), c); !errors.Is(err, ErrIsolation) || !strings.Contains(err.Error(), "kernel says no") {
		t.Errorf("Open: %v", err)
	}
	c.WeakIsolation = true
	b := open(t, c)
	if i := b.Isolation(); i.Level != Weak || !errors.Is(i.Why, ErrIsolation) {
		t.Errorf("isolation %+v", i)
	}
}

func TestWrongConfig(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"command is not an absolute path":                          func(c *Config) { c.Command = []string{"kiosk-view"} },
		`directory "views" is not an absolute path below the root`: func(c *Config) { c.Dir = "views" },
		`directory "/" is not an absolute path below the root`:     func(c *Config) { c.Dir = "/" },
		"nobody attends to the way out":                            func(c *Config) { c.Attend = nil },
		"need an X11 or a Wayland display, and only one":           func(c *Config) { c.Display = Display{} },
		`display "far:1" is not on this machine`:                   func(c *Config) { c.Display.X11 = "far:1" },
		`display ":x" is not on this machine`:                      func(c *Config) { c.Display.X11 = ":x" },
		"is not the absolute path of a socket":                     func(c *Config) { c.Display.X11Socket = "/etc/passwd" },
		"no such file or directory":                                func(c *Config) { c.Display.AccessBus = "/nowhere" },
	} {
		c := setting(t, "good")
		change(&c)
		p, err := Open(t.Context(), c)
		if err == nil {
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestWarmFails(t *testing.T) {
	both(t, func(t *testing.T, weak bool) {
		b := open(t, with(weak, setting(t, "good")))
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if n, err := b.Warm(cancelled); err == nil {
			t.Errorf("view %d was started", n)
		}
		if err := os.Mkdir(filepath.Join(b.dir, "2"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Warm(t.Context()); !errors.Is(err, os.ErrExist) {
			t.Errorf("took a directory that nobody wiped: %v", err)
		}
		if n := b.warm(); n != 3 {
			t.Errorf("view %d, want 3: numbers are never used twice", n)
		}
		entries, err := os.ReadDir(b.dir)
		if err != nil || len(entries) != 2 {
			t.Errorf("directories: %v, %v", entries, err)
		}
		if traces := b.Kill(77); traces != (wire.Traces{View: 77}) {
			t.Errorf("traces of a view that never was: %+v", traces)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if _, err := b.Warm(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Warm after Close: %v", err)
		}
		for range b.Reports() { // ends
		}
	})
}

// TestFirstProcessRefusesStrangers: the argument alone does nothing.
func TestFirstProcessRefusesStrangers(t *testing.T) {
	for _, args := range [][]string{{Stage2Arg}, {Stage2Arg, stage3Arg, "/bin/sh", "sh"}} {
		out, err := exec.Command(testBinary(t), args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "for the daemon's own use") {
			t.Errorf("%v: %s", err, out)
		}
	}
}
