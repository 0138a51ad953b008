// Package badgereader is the kiosk's badge reader: it polls a reader chip for
// badges of one site and tells who comes and leaves. What a badge is and
// whether one counts is decided in package badge; this one adds the clock and
// the goroutine.
//
// It may be imported by programs, by the package that opens the board and by
// tests.
package badgereader

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

const (
	// interval is from the begin of one poll to that of the next.
	interval = 150 * time.Millisecond
	// lookout is the same while nothing is on the reader: a badge that is laid
	// down waits for half of it on average, and all of it counts into what a
	// person waits for.
	lookout = 100 * time.Millisecond
	// retry is the pause before a reader that is gone is tried again.
	retry = 500 * time.Millisecond
	// deadline bounds one poll. A badge takes 70 ms; only one that draws
	// things out takes longer.
	deadline = time.Second
	// refusal is from the begin of a poll until a badge that opens nothing is
	// told. It is no less than deadline, so that its time does not say why:
	// another town's, revoked, expired or without the keys.
	refusal = deadline
	// quiet is how long after a badge that could not be read no more of them
	// are logged: who waves one about must not push other lines out of a log
	// that is kept small.
	quiet = time.Minute
)

// errSlow is why a badge that uses up a poll's time is unreadable.
var errSlow = errors.New("badge takes too long")

// A PCD is the reader chip with what closes it.
type PCD interface {
	badge.PCD
	io.Closer
}

// Reader polls a PCD until it is closed. It is an hw.BadgeReader; its methods
// may be called at the same time.
type Reader struct {
	pcd    PCD
	tries  Tries
	log    *slog.Logger
	work   chan struct{} // holds one while a PIN is checked
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	site    *badge.Site
	count   int           // of badges that came
	lies    sighting      // what lies on the reader
	told    sighting      // what Next has told last
	gone    error         // why the reader is gone; nil while it polls
	closed  bool          // no Next will tell anything more
	changed chan struct{} // closed and made anew at each change
}

var _ hw.BadgeReader = (*Reader)(nil)

// sighting is what lies on the reader; the number of a badge tells one from the
// next. The zero value is nothing.
type sighting struct {
	number  int // 0 = no badge that was read
	role    hw.Role
	pin     *asked // nil = asks for none
	several bool
}

func (s sighting) badge() hw.Badge {
	b := hw.Badge{Present: s.number != 0, Role: s.role, Several: s.several}
	if s.pin != nil { // a nil *asked in an interface would not be nil
		b.PIN = s.pin
	}
	return b
}

// New starts to poll pcd, which is the reader's from now on: Close closes it.
// Its goroutine is ended by Close. Without tries, nil, a badge that asks for a
// PIN is refused.
func New(pcd PCD, site *badge.Site, tries Tries, log *slog.Logger) *Reader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reader{pcd: pcd, site: site, tries: tries, log: log, work: make(chan struct{}, 1), cancel: cancel,
		done: make(chan struct{}), changed: make(chan struct{})}
	go r.run(ctx)
	return r
}

// SetSite puts another site in force, for instance one with a newer revocation
// list. It counts from the next badge that is read.
func (r *Reader) SetSite(s *badge.Site) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.site = s
}

// Next returns the next change. It may leave out badges that came and left
// while nobody called it, never mix up the order.
func (r *Reader) Next(ctx context.Context) (hw.Badge, error) {
	for {
		if err := ctx.Err(); err != nil {
			return hw.Badge{}, fmt.Errorf("wait for badge: %w", err)
		}
		r.mu.Lock()
		b, ok, err := r.next()
		changed := r.changed
		r.mu.Unlock()
		if ok || err != nil {
			return b, err
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

// next returns what there is to tell. r.mu is held.
func (r *Reader) next() (b hw.Badge, ok bool, err error) {
	switch {
	case r.closed:
		return b, false, fmt.Errorf("wait for badge: %w", os.ErrClosed)
	case r.gone != nil:
		return b, false, r.gone
	case r.told == r.lies:
		return b, false, nil
	case r.told.number != 0:
		r.told = sighting{} // before anything else comes, this one leaves
		return hw.Badge{}, true, nil
	default:
		r.told = r.lies
		return r.lies.badge(), true, nil
	}
}

// Close ends polling and closes the chip. It is harmless to call it again.
func (r *Reader) Close() error {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	r.wake()
	r.mu.Unlock()
	if !first {
		return nil
	}
	r.cancel()
	<-r.done
	if err := r.pcd.Close(); err != nil {
		return fmt.Errorf("close badge reader: %w", err)
	}
	return nil
}

// wake lets every Next look again. r.mu is held.
func (r *Reader) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *Reader) run(ctx context.Context) {
	defer close(r.done)
	poller := badge.NewReader(r.pcd, nil, rand.Reader)
	var presence badge.Presence
	var last badge.Seen
	var logged time.Time // when a badge could not be read
	for ctx.Err() == nil {
		begin := time.Now()
		r.mu.Lock()
		poller.SetSite(r.site)
		r.mu.Unlock()
		s, err := poll(ctx, poller, begin)
		if s.PIN != nil && r.tries == nil {
			s.Role, s.PIN = hw.RoleNone, nil
		}
		if s.Seen == badge.SeenBadge && s.Role == hw.RoleNone {
			rest(ctx, refusal-time.Since(begin))
		}
		if ctx.Err() != nil {
			return
		}
		r.note(presence.Saw(s), s.PIN, err)
		if s.Seen == badge.SeenUnreadable && last != s.Seen && begin.Sub(logged) >= quiet {
			r.log.Info("badge could not be read", "error", s.Err)
			logged = begin
		}
		last = s.Seen
		pause := interval
		switch {
		case err != nil:
			pause = retry
		case s.Seen == badge.SeenNothing && r.empty():
			pause = lookout
		}
		rest(ctx, pause-time.Since(begin))
	}
}

// poll looks once. Running out of time is the badge's fault, not the reader's:
// the chip's own waits are far shorter.
func poll(ctx context.Context, poller *badge.Reader, begin time.Time) (badge.Sighting, error) {
	bounded, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	s, err := poller.Poll(bounded, begin)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return badge.Sighting{Seen: badge.SeenUnreadable, Err: errSlow}, nil
	}
	return s, err
}

// note keeps what a poll brought for Next; pin is that of the badge that came.
func (r *Reader) note(changes []hw.Badge, pin *badge.PIN, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch was := r.gone; {
	case err != nil:
		if !errors.Is(err, hw.ErrGone) {
			err = fmt.Errorf("%w: %w", hw.ErrGone, err)
		}
		r.gone = fmt.Errorf("poll badge reader: %w", err)
		if was == nil {
			r.log.Error("badge reader is gone", "error", err)
		}
	case was != nil:
		r.gone = nil
		r.log.Info("badge reader is back")
	}
	for _, b := range changes {
		r.lies.pin.forget()
		if b.Present {
			r.count++
			r.lies = sighting{number: r.count, role: b.Role, pin: r.ask(pin)}
		} else {
			r.lies = sighting{several: b.Several}
		}
	}
	if len(changes) > 0 || err != nil {
		r.wake()
	}
}

// empty says whether nothing lies on the reader, as far as is known.
func (r *Reader) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lies == sighting{}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
