package view

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/kiosk/view/wire"
)

// say writes what a view says on a link in virtual time.
func say(t *testing.T, link net.Conn, m wire.FromView) {
	t.Helper()
	line, err := wire.EncodeFromView(m)
	if err != nil {
		t.Fatal(err)
	}
	link.Write(line) // fails once the daemon's end has hung up
}

// read runs the daemon's end against the view's and returns after how long it
// gave up, and why.
func read(deliver func(wire.FromView) bool, view func(link net.Conn)) (time.Duration, error) {
	ours, theirs := net.Pipe()
	var other sync.WaitGroup
	other.Go(func() { view(theirs); io.Copy(io.Discard, theirs) })
	began := time.Now()
	err := standardLimits.read(ours, deliver)
	took := time.Since(began)
	ours.Close()
	theirs.Close()
	other.Wait()
	return took, err
}

func anything(wire.FromView) bool { return true }

func TestDeadlines(t *testing.T) {
	const hello, beat = 10 * time.Second, 10 * time.Second
	for name, row := range map[string]struct {
		view func(t *testing.T, link net.Conn)
		took time.Duration
		err  error
	}{
		"no hello": {func(*testing.T, net.Conn) {}, hello, errHello},
		"half a hello": {func(_ *testing.T, link net.Conn) {
			link.Write([]byte(`{"hello"`))
		}, hello, errHello},
		"hello in the last nanosecond, then no beat": {func(t *testing.T, link net.Conn) {
			time.Sleep(hello - 1)
			say(t, link, goodHello)
		}, hello - 1 + beat, errBeat},
		"talks but does not beat": {func(t *testing.T, link net.Conn) {
			say(t, link, goodHello)
			for range 30 {
				time.Sleep(time.Second)
				say(t, link, wire.Touched{})
			}
		}, beat, errBeat},
		"beats for an hour": {func(t *testing.T, link net.Conn) {
			say(t, link, goodHello)
			for range 2 * 3600 {
				time.Sleep(time.Second / 2)
				say(t, link, wire.Beat{Alive: true})
			}
		}, time.Hour + beat, errBeat},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took, err := read(anything, func(link net.Conn) { row.view(t, link) })
				if took != row.took || !errors.Is(err, row.err) {
					t.Errorf("after %v: %v, want after %v: %v", took, err, row.took, row.err)
				}
			})
		})
	}
}

// TestSlowListenerIsNotHeldAgainstTheView: the loop takes a minute for a
// message; the view's beats wait in the socket meanwhile.
func TestSlowListenerIsNotHeldAgainstTheView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(m wire.FromView) bool {
			if _, ok := m.(wire.Ready); ok {
				time.Sleep(time.Minute)
			}
			return true
		}
		took, err := read(slow, func(link net.Conn) {
			say(t, link, goodHello)
			say(t, link, wire.Ready{})
			for range 10 {
				say(t, link, wire.Beat{Alive: true})
			}
		})
		if want := time.Minute + standardLimits.beat; took != want || !errors.Is(err, errBeat) {
			t.Errorf("after %v: %v, want after %v", took, err, want)
		}
	})
}

func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := 0
		_, err := read(func(wire.FromView) bool { count++; return true }, func(link net.Conn) {
			say(t, link, goodHello)
			for range 1000 {
				say(t, link, wire.Beat{Alive: true})
			}
		})
		if !errors.Is(err, errFlood) || count != standardLimits.rate {
			t.Errorf("%d messages, then %v", count, err)
		}
	})
}

func TestSendToViewThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		lines := make(chan []byte, 1)
		lines <- []byte(strings.Repeat("x", 100) + "\n")
		began := time.Now()
		err := standardLimits.send(ours, lines, nil)
		if took := time.Since(began); took != standardLimits.write || !errors.Is(err, errSlow) {
			t.Errorf("after %v: %v", took, err)
		}
	})
}
