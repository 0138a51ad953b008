//go:build webkit

package main_test

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// settled waits until the picture is another one than before, and stands.
func (d *display) settled(t *testing.T, before *image.RGBA) *image.RGBA {
	t.Helper()
	return d.stands(t, "another picture", func(img *image.RGBA) bool { return string(img.Pix) != string(before.Pix) })
}

// still waits until the picture stands.
func (d *display) still(t *testing.T) *image.RGBA {
	t.Helper()
	return d.stands(t, "a picture that stands", func(*image.RGBA) bool { return true })
}

// stands waits for a picture that is as ok says and stands: over several looks,
// at each of which the program that draws has nothing to do. For a button that
// is pressed or let go is a picture, too, and what it does comes some frames
// later, or when the program gets a turn of the processor.
func (d *display) stands(t *testing.T, what string, ok func(*image.RGBA) bool) *image.RGBA {
	t.Helper()
	const looks = 5 // over more than a frame
	last, stood := d.shot(t), 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		idle := d.idle(t)
		now := d.shot(t)
		if idle && string(now.Pix) == string(last.Pix) {
			stood++
		} else {
			last, stood = now, 0
		}
		if stood >= looks && ok(now) {
			return now
		}
	}
	d.never(t, what)
	return nil
}

// idle reports whether each thread of the program that draws sleeps: none runs,
// and none waits for its turn.
func (d *display) idle(t *testing.T) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", d.pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("no program draws: %v", err)
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended
		}
		_, state, _ := strings.Cut(string(stat), ") ")
		if !strings.HasPrefix(state, "S") {
			return false
		}
	}
	return true
}

// shows sends a message and returns the picture that comes of it.
func (d *display) shows(t *testing.T, v *view, msg wire.ToView) *image.RGBA {
	t.Helper()
	before := d.shot(t)
	v.send(t, msg)
	return d.settled(t, before)
}
