package view

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"

	"guichet.example/kiosk/view/wire"
)

var (
	errSlow  = errors.New("does not read its messages")
	errFlood = errors.New("sends too many messages")
	errHello = errors.New("said no hello in time")
	errBeat  = errors.New("main loop hangs")
)

// limits bound what a view may do on its link.
type limits struct {
	hello time.Duration // until Hello, from the start of the process
	beat  time.Duration // between two Beats, and from Hello to the first
	write time.Duration // for one message to be taken by the socket
	end   time.Duration // for a view that closed its link to end by itself
	rate  int           // messages in one second
	queue int           // messages waiting to be sent
}

// standardLimits: a view says Hello about 170 ms after its start on a desktop
// machine and beats twice a second. A person cannot cause more than some ten
// messages a second.
var standardLimits = limits{
	hello: 10 * time.Second,
	beat:  10 * time.Second,
	write: 10 * time.Second,
	end:   200 * time.Millisecond,
	rate:  200,
	queue: 64,
}

// read passes on what a view says until it breaks the protocol, misses a
// deadline or deliver returns false; it returns why it stopped. Time that
// deliver takes does not count against the view.
func (l limits) read(conn net.Conn, deliver func(wire.FromView) bool) error {
	lines := bufio.NewReaderSize(conn, wire.MaxUp)
	deadline := time.Now().Add(l.hello)
	late := errHello
	greeted := false
	var window time.Time
	count := 0
	for {
		if err := conn.SetReadDeadline(deadline); err != nil {
			return fmt.Errorf("read link: %w", err)
		}
		msg, err := next(lines, late)
		if err != nil {
			return err
		}
		now := time.Now()
		if now.Sub(window) > time.Second {
			window, count = now, 0
		}
		if count++; count > l.rate {
			return errFlood
		}
		if err := greet(msg, greeted); err != nil {
			return err
		}
		if _, beat := msg.(wire.Beat); beat || !greeted {
			deadline, late = now.Add(l.beat), errBeat
		}
		greeted = true
		if !deliver(msg) {
			return ErrClosed
		}
		deadline = deadline.Add(time.Since(now))
	}
}

// next reads one line. Deadlines are monotonic: net turns them into durations.
func next(lines *bufio.Reader, late error) (wire.FromView, error) {
	line, err := lines.ReadSlice('\n')
	var timeout net.Error
	switch {
	case err == nil:
		defer clear(line) // a PIN may have been in it
		return wire.DecodeFromView(line)
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, wire.ErrTooLong
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, late
	default:
		return nil, fmt.Errorf("read link: %w", err)
	}
}

// greet holds that Hello comes first and once, and what it must say.
func greet(msg wire.FromView, greeted bool) error {
	hello, ok := msg.(wire.Hello)
	switch {
	case !ok && !greeted:
		return errors.New("did not say hello first")
	case ok && greeted:
		return errors.New("said hello twice")
	case !ok:
		return nil
	case hello.Proto != wire.Proto:
		return fmt.Errorf("speaks protocol %d, want %d", hello.Proto, wire.Proto)
	case !hello.Ephemeral:
		return errors.New("keeps what it is shown")
	case !hello.Sandbox:
		return errors.New("has no sandbox for pages")
	}
	return nil
}

// send writes queued lines until done is closed or the view does not read.
func (l limits) send(conn net.Conn, lines <-chan []byte, done <-chan struct{}) error {
	for {
		select {
		case <-done:
			return ErrClosed
		case line := <-lines:
			if err := conn.SetWriteDeadline(time.Now().Add(l.write)); err != nil {
				return fmt.Errorf("write link: %w", err)
			}
			_, err := conn.Write(line)
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				return errSlow
			}
			if err != nil {
				return fmt.Errorf("write link: %w", err)
			}
		}
	}
}
