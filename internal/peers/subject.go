package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/internal/escape"
)

// patient is how long evidence may take on any browser after an attempt.
const patient = 1500 * time.Millisecond

// subject is a browser of others under attack.
type subject struct{ *running }

// Name implements escape.Subject.
func (s subject) Name() string { return s.name }

// Page implements escape.Subject: nothing on the screen is the browser's own.
func (s subject) Page() image.Rectangle { return image.Rectangle{Max: s.screen.Size()} }

// Steady implements escape.Subject.
func (s subject) Steady() []image.Rectangle { return nil }

// Root implements escape.Subject.
func (s subject) Root() int { return s.cmd.Process.Pid }

// Places implements escape.Subject.
func (s subject) Places() []string { return []string{home, volatile, "/tmp", "/dev/shm"} }

// Patience implements escape.Subject.
func (s subject) Patience() time.Duration { return patient }

// Open implements escape.Subject: by the key that leads home where there is
// one, else as anybody who sits before such a kiosk has to, by starting anew.
func (s subject) Open(ctx context.Context) error {
	if s.homeKey == "" {
		return s.Restart(ctx)
	}
	return s.screen.Key(ctx, s.homeKey)
}

// Tidy implements escape.Subject.
func (s subject) Tidy(ctx context.Context) error { return s.Restart(ctx) }

// Restart implements escape.Subject.
func (s subject) Restart(ctx context.Context) error {
	if err := s.Reset(ctx); err != nil {
		return err
	}
	if err := s.shown(ctx); err != nil {
		return err
	}
	return s.wake(ctx)
}

// Crash implements escape.Subject.
func (s subject) Crash(context.Context) error {
	pids, err := browsers()
	if err != nil {
		return err
	}
	found := false
	for _, pid := range pids {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.Contains(string(line), s.renderer) {
			found = syscall.Kill(pid, syscall.SIGSEGV) == nil || found
		}
	}
	if !found {
		return fmt.Errorf("crash %s: no process shows a page", s.name)
	}
	return nil
}

// shown waits until the backdrop is covered.
func (s subject) shown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	points := grid(s.screen.Size())
	return s.screen.Watch(ctx, points, 10*time.Millisecond, func(sample display.Sample) bool {
		for _, c := range sample.Colours {
			if c.R == escape.Backdrop>>16 && c.G == escape.Backdrop>>8&0xff && c.B == escape.Backdrop&0xff {
				return true
			}
		}
		return false
	})
}

// handler puts a program first on the path that stands for every other of a
// computer: it writes what it was asked to open where the escapes look.
func handler(dir string) error {
	handed := filepath.Join(home, "handed")
	script := "#!/bin/sh\nmkdir -p " + handed + "\nexec mktemp " + handed +
		"/$(printf %s \"$1\" | tr -c 'a-z0-9\\n' _ | cut -c1-40)-XXXXXX >/dev/null\n"
	return errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o755))
}
