// Package chime plays the short sound of the warning that a session is about
// to end: two soft tones, the second lower, as of a bell in a train.
//
// It may be imported by cmd/* alone. It plays through aplay of alsa-utils,
// since a sound library would be cgo, and the daemon has none. The sound is
// made here and goes to aplay's standard input; nothing is written anywhere.
package chime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNoPlayer is returned by New when aplay is not installed. A kiosk without
// sound still warns on its screen, so the caller decides whether that is fatal.
var ErrNoPlayer = errors.New("aplay is not installed (Debian package alsa-utils)")

// limit is how long a chime may take. A sound card that does not take the
// samples must not hold anything up.
const limit = 3 * time.Second

// Player plays the chime.
type Player struct {
	command []string
	limit   time.Duration
	samples []byte

	busy sync.Mutex
}

// New makes the sound and finds aplay. device is an ALSA name such as
// "plughw:0,0", or empty for the default one.
func New(device string) (*Player, error) {
	path, err := exec.LookPath("aplay")
	if err != nil {
		return nil, fmt.Errorf("open chime: %w", ErrNoPlayer)
	}
	return newPlayer(command(path, device), limit), nil
}

func newPlayer(command []string, limit time.Duration) *Player {
	return &Player{command: command, limit: limit, samples: encode(synthesise())}
}

func command(path, device string) []string {
	c := []string{path, "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", strconv.Itoa(rate)}
	if device != "" {
		c = append(c, "-D", device)
	}
	return c
}

// Play plays the chime to its end, for 3 s at most. While one plays another
// is not started: it returns nil at once, since the person hears one anyway.
func (p *Player) Play(ctx context.Context) error {
	if !p.busy.TryLock() {
		return nil
	}
	defer p.busy.Unlock()
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()

	var said strings.Builder
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	cmd.Stdin = bytes.NewReader(p.samples)
	cmd.Stderr = limited{&said, 200}
	cmd.Env = []string{"LC_ALL=C"}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("play chime: %w", ended)
	}
	if err != nil {
		return fmt.Errorf("play chime: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// limited keeps the first bytes and drops the rest.
type limited struct {
	to   *strings.Builder
	room int
}

func (l limited) Write(b []byte) (int, error) {
	if room := l.room - l.to.Len(); room > 0 {
		l.to.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

var _ io.Writer = limited{}
