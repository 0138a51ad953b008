package chime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain is also the player, when its first argument says how it behaves.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "fake-player" {
		os.Exit(fakePlayer(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// fakePlayer records what it was given in file.
func fakePlayer(how, file string) int {
	switch how {
	case "broken":
		fmt.Fprintln(os.Stderr, "audio open error: "+strings.Repeat("no such device ", 100))
		return 1
	case "stuck":
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			return 3
		}
		time.Sleep(time.Hour)
	}
	b, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		return 3
	}
	return 0
}

func fake(t *testing.T, how string, limit time.Duration) (*Player, string) {
	file := filepath.Join(t.TempDir(), "played")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return newPlayer([]string{self, "fake-player", how, file}, limit), file
}

func TestPlayGivesEverySample(t *testing.T) {
	p, file := fake(t, "good", time.Minute)
	for range 2 {
		if err := p.Play(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, encode(synthesise())) {
			t.Errorf("the player got %d bytes, want the %d of the chime", len(got), len(p.samples))
		}
	}
}

func TestPlayTellsWhatThePlayerSaid(t *testing.T) {
	p, _ := fake(t, "broken", time.Minute)
	err := p.Play(t.Context())
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(err.Error(), "audio open error") || len(err.Error()) > 300 {
		t.Errorf("play: %v, want the player's words, not all of them", err)
	}
}

func TestPlayIsBounded(t *testing.T) {
	p, _ := fake(t, "stuck", 50*time.Millisecond)
	if err := p.Play(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("play on a card that takes nothing: %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestPlayEndsWithItsContextAndNeverOverlaps(t *testing.T) {
	p, started := fake(t, "stuck", time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- p.Play(ctx) }()
	for {
		if _, err := os.Stat(started); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := os.Remove(started); err != nil {
		t.Fatal(err)
	}
	if err := p.Play(t.Context()); err != nil {
		t.Errorf("play while one plays: %v, want nothing done", err)
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("two chimes at once")
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("play after its context ended: %v, want %v", err, context.Canceled)
	}
}

func TestNewWithoutPlayer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := New(""); !errors.Is(err, ErrNoPlayer) {
		t.Errorf("new without aplay: %v, want %v", err, ErrNoPlayer)
	}
}

// TestRealPlayer lets aplay itself judge the format, on the card "null".
func TestRealPlayer(t *testing.T) {
	p, err := New("null")
	if err != nil {
		t.Skip(err)
	}
	if err := p.Play(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSound(t *testing.T) {
	s := synthesise()
	if d := time.Duration(len(s)) * time.Second / rate; d > 800*time.Millisecond || d < 500*time.Millisecond {
		t.Errorf("lasts %v, want 0.5 to 0.8 s", d)
	}
	loudest, steepest, sum := 0.0, 0.0, 0.0
	for i, v := range s {
		loudest = max(loudest, math.Abs(v))
		sum += v
		if i > 0 {
			steepest = max(steepest, math.Abs(v-s[i-1]))
		}
	}
	if math.Abs(loudest-peak) > 1e-9 {
		t.Errorf("peak %v, want %v", loudest, peak)
	}
	if s[0] != 0 || s[len(s)-1] != 0 {
		t.Errorf("begins at %v and ends at %v: it would click", s[0], s[len(s)-1])
	}
	// A sine of 1400 Hz at the peak, above anything that is in the sound.
	if most := peak * 2 * math.Pi * 1400 / rate; steepest > most {
		t.Errorf("steepest step %v, want at most %v: a click", steepest, most)
	}
	if mean := sum / float64(len(s)); math.Abs(mean) > 1e-3 {
		t.Errorf("mean %v, want no direct current", mean)
	}
}

// TestTones looks for each tone, and finds none in between.
func TestTones(t *testing.T) {
	s := synthesise()
	between := power(s, 590)
	for _, tone := range strokes() {
		if p := power(s, tone.hertz); p < 10*between {
			t.Errorf("%v Hz has power %v, want at least ten times that of 590 Hz, %v", tone.hertz, p, between)
		}
	}
}

// power is that of one frequency (Goertzel 1958, here by its definition).
func power(s []float64, hertz float64) float64 {
	var re, im float64
	for i, v := range s {
		phase := 2 * math.Pi * hertz * float64(i) / rate
		re += v * math.Cos(phase)
		im += v * math.Sin(phase)
	}
	return re*re + im*im
}

func TestEncode(t *testing.T) {
	got := encode([]float64{0, 1, -1, 0.5})
	if want := []byte{0, 0, 0xff, 0x7f, 0x01, 0x80, 0x00, 0x40}; !bytes.Equal(got, want) {
		t.Errorf("encode: % x, want % x", got, want)
	}
}
