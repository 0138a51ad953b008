package periphboard

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"

	"guichet.example/hw"
)

const (
	// debounce is how long a level must hold to count. Datasheets of small
	// switches and signal relays name 5 to 10 ms of bounce.
	debounce = 20 * time.Millisecond
	// slice is the longest single wait. periph's WaitForEdge disagrees with
	// its own contract about 0 and -1 (gpioioctl: 0 waits for ever, -1 not at
	// all) and loses a Halt that comes before it, so a watch waits in slices
	// and looks at its context in between. It is also the period at which a
	// level is read anew on a chip that reports no edges.
	slice = 200 * time.Millisecond
	// restless is how long a contact may bounce before its state counts as
	// unknown.
	restless = 200 * time.Millisecond
	// retry is the pause before a line that cannot be read is tried again.
	retry = time.Second
)

// reading is what a watched line says.
type reading int

const (
	unread    reading = iota // nothing read so far
	inactive                 // open contact
	active                   // closed contact
	unsettled                // bounces for longer than restless
	gone                     // cannot be read
)

// Contact is an input with its wiring.
type Contact struct {
	Pin       gpio.PinIn
	Pull      gpio.Pull
	ActiveLow bool
}

// watch follows one input and reports its settled readings. Its goroutine is
// started by startWatch and ended by close; only it touches the pin between.
type watch struct {
	Contact
	report func(reading) // called from the goroutine, for each change and each failed try
	cancel context.CancelFunc
	done   chan struct{}
}

// startWatch makes the contact an input and follows it until close.
func startWatch(c Contact, report func(reading)) (*watch, error) {
	if err := c.Pin.In(c.Pull, gpio.BothEdges); err != nil {
		free(c.Pin)
		return nil, fmt.Errorf("open input %q: %w", name(c.Pin), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{Contact: c, report: report, cancel: cancel, done: make(chan struct{})}
	go w.run(ctx)
	return w, nil
}

// close ends the goroutine, which takes up to a slice, and frees the line.
func (w *watch) close() {
	w.cancel()
	<-w.done
	free(w.Pin)
}

func (w *watch) run(ctx context.Context) {
	defer close(w.done)
	last := unread
	for ctx.Err() == nil {
		r := w.settle(ctx)
		if ctx.Err() != nil {
			return
		}
		if r != last || r == gone {
			w.report(r)
		}
		last = r
		switch r {
		case gone:
			w.reopen(ctx)
		case active, inactive:
			w.rest(ctx, w.Pin.Read())
		}
	}
}

// settle returns the reading once the level held for debounce.
func (w *watch) settle(ctx context.Context) reading {
	begin, l := time.Now(), w.Pin.Read()
	for ctx.Err() == nil {
		edge, err := w.wait(debounce)
		if err != nil {
			return gone
		}
		now := w.Pin.Read()
		if !edge && now == l {
			return w.meaning(l)
		}
		if l = now; time.Since(begin) > restless {
			return unsettled
		}
	}
	return unsettled
}

// rest returns when the level may have changed or the line no longer answers.
func (w *watch) rest(ctx context.Context, l gpio.Level) {
	for ctx.Err() == nil {
		edge, err := w.wait(slice)
		if edge || err != nil || w.Pin.Read() != l {
			return
		}
	}
}

// wait waits for an edge, for d at most. A WaitForEdge that gives up long
// before its time is the only sign by which periph shows that a line cannot
// be read: its Read returns low then.
func (w *watch) wait(d time.Duration) (edge bool, err error) {
	begin := time.Now()
	if w.Pin.WaitForEdge(d) {
		return true, nil
	}
	if time.Since(begin) < d/2 {
		return false, fmt.Errorf("read input %q: %w", name(w.Pin), hw.ErrGone)
	}
	return false, nil
}

// reopen waits for retry and requests the line again. Whether that helped is
// for the next settle to see.
func (w *watch) reopen(ctx context.Context) {
	t := time.NewTimer(retry)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
		_ = w.Pin.In(w.Pull, gpio.BothEdges)
	}
}

func (w *watch) meaning(l gpio.Level) reading {
	if l == level(true, w.ActiveLow) {
		return active
	}
	return inactive
}
