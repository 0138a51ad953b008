package guest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is what kioskd prints, read while it prints.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestHardwareCheck goes through kioskd hw check to its end: a film that
// follows the relay, a technician who says yes, and a press of the button.
func TestHardwareCheck(t *testing.T) {
	h := board(t)
	config := site(t, `follow_within = "5s"`)
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "[help_button]\nchip = %q\nline = %d\nactive = \"high\"\n", chip, buttonLine)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	h.input(t, privateLine, true)
	h.input(t, clearLine, false)
	h.input(t, buttonLine, false)

	var said screen
	cmd := exec.Command(kioskd, "--config", config, "hw", "check", "--lang=fr", "--limit=20s")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Repeat("o\n", 6)), &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	wasHigh, pressed := false, false
	for {
		select {
		case err := <-ended:
			if err != nil || !strings.Contains(said.String(), "tout est bon") || !pressed {
				t.Errorf("%v, pressed: %v\n%s", err, pressed, said.String())
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
		if high, _ := h.output(t, relayLine); high != wasHigh {
			wasHigh = high
			h.input(t, privateLine, !high)
			h.input(t, clearLine, high)
		}
		if !pressed && strings.Contains(said.String(), "Appuyez") {
			pressed = true
			h.input(t, buttonLine, true)
			h.input(t, buttonLine, false)
		}
	}
}
