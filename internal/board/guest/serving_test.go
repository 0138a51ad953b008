package guest

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// view is a kiosk-view that shows nothing and says that it has. The board has
// neither a screen nor a browser; to kioskd and its isolation it is a view like
// any other.
func view(link *os.File) int {
	say := func(m wire.FromView) bool {
		line, err := wire.EncodeFromView(m)
		if err == nil {
			_, err = link.Write(line)
		}
		return err == nil
	}
	if !say(wire.Hello{Proto: wire.Proto, Engine: "none", Ephemeral: true, Sandbox: true}) || !say(wire.Ready{}) {
		return 1
	}
	go func() {
		for say(wire.Beat{Alive: true}) {
			time.Sleep(500 * time.Millisecond)
		}
	}()
	for lines := bufio.NewReaderSize(link, wire.MaxDown); ; {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return 0
		}
		m, err := wire.DecodeToView(line)
		if err != nil {
			return 1
		}
		switch m := m.(type) {
		case wire.Show:
			say(wire.Shown{Surface: m.Surface})
		case wire.Blank:
			say(wire.Blanked{})
		case wire.Mask:
			if m.On {
				say(wire.Masked{})
			}
		case wire.Work:
			technician(m, func(b wire.Button) { say(wire.Pressed{Button: b}) })
		}
	}
}

// wayland is the compositor's socket that kioskd is told of.
func wayland(start []string) string { return strings.TrimPrefix(start[len(start)-1], "--wayland=") }

// unit returns the command of a line of kioskd.service.
func unit(t *testing.T, key string) []string {
	t.Helper()
	text, err := os.ReadFile("/kioskd.service")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			return strings.Fields(command)
		}
	}
	t.Fatalf("kioskd.service has no %s", key)
	return nil
}

// install puts in place what make install and the compositor do on a box, and a
// configuration at name.
func install(t *testing.T, name, text, wayland string) {
	t.Helper()
	for name, content := range map[string]string{
		name:          text,
		"/etc/passwd": "root:x:0:0:root:/:/none\nguichet-view:x:990:990:view:/:/none\nguichet-stick:x:991:991:stick:/:/none\n",
		"/etc/group":  "root:x:0:\nguichet-view:x:990:\nguichet-stick:x:991:\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"/run/guichet", filepath.Dir(wayland)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", wayland)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

// TestKilledServing kills kioskd while it serves, the film clear, and then does
// what systemd would do: both commands are those of kioskd.service.
func TestKilledServing(t *testing.T) {
	h := board(t)
	start, after := unit(t, "ExecStart"), unit(t, "ExecStopPost")
	text, err := os.ReadFile(site(t, `follow_within = "5s"`))
	if err != nil {
		t.Fatal(err)
	}
	install(t, "/etc/guichet/site.toml", string(text), wayland(start))
	t.Cleanup(func() { _ = os.Remove("/etc/guichet/site.toml") }) // the next test has a box without one
	h.input(t, privateLine, true)
	h.input(t, clearLine, false)

	var said screen
	cmd := exec.Command(start[0], start[1:]...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	wasHigh := false
	for began := time.Now(); !strings.Contains(said.String(), "to=idle") || !wasHigh; time.Sleep(10 * time.Millisecond) {
		if high, _ := h.output(t, relayLine); high != wasHigh {
			wasHigh = high
			h.input(t, privateLine, !high)
			h.input(t, clearLine, high)
		}
		select {
		case err := <-ended:
			t.Fatalf("kioskd ended: %v\n%s", err, said.String())
		default:
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("kioskd does not serve:\n%s", said.String())
		}
	}
	_ = cmd.Process.Kill()
	<-ended
	if high, _ := h.output(t, relayLine); !high {
		t.Fatal("this kernel lets the line go by itself: the test shows nothing")
	}
	if out, err := exec.Command(after[0], after[1:]...).CombinedOutput(); err != nil || strings.Count(string(out), " is safe.") != 2 {
		t.Errorf("%v: %v, %s", after, err, out)
	}
	if high, _ := h.output(t, relayLine); high {
		t.Error("the relay is energised after kioskd was killed and systemd has run safe-state")
	}
	if t.Failed() {
		t.Log(said.String())
	}
}
