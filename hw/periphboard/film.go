package periphboard

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"guichet.example/hw"
)

// changeover is how long both wires of a changeover contact may say the same:
// its arm touches neither side on its way.
const changeover = 50 * time.Millisecond

// FilmContact senses the film through one contact that closes when the film
// is private or, better, two wires of a changeover contact of which exactly
// one is closed. With two wires a contradiction is hw.FilmUnknown; with one, a cut
// wire looks like hw.FilmClear.
type FilmContact struct {
	watches []*watch
	changed chan struct{} // holds one token after a change
	closed  chan struct{}
	once    sync.Once

	mu    sync.Mutex
	wires []reading
	since time.Time // of the last change of wires
	lost  bool      // a wire could not be read, and Next has not said so

	told    hw.Film // what Next returned last; belongs to its caller
	hasTold bool
}

var _ hw.FilmContact = (*FilmContact)(nil)

// NewFilmContact follows the contact that is active when the film is private
// and, unless nil, the one that is active when it is clear.
func NewFilmContact(private Contact, inverse *Contact) (*FilmContact, error) {
	contacts := []Contact{private}
	if inverse != nil {
		contacts = append(contacts, *inverse)
	}
	f := &FilmContact{
		changed: make(chan struct{}, 1),
		closed:  make(chan struct{}),
		wires:   make([]reading, len(contacts)),
	}
	for i, c := range contacts {
		w, err := startWatch(c, func(r reading) { f.note(i, r) })
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("open film contact: %w", err)
		}
		f.watches = append(f.watches, w)
	}
	return f, nil
}

// Next returns the sensed state: the first call as soon as the contact has
// held still for 20 ms, later calls when it differs from the last one
// returned. It is to be called by one goroutine at a time.
func (f *FilmContact) Next(ctx context.Context) (hw.Film, error) {
	for {
		if err := ctx.Err(); err != nil {
			return hw.FilmUnknown, err
		}
		film, settle, err := f.sense()
		if err != nil {
			return hw.FilmUnknown, err
		}
		var timer <-chan time.Time
		if settle > 0 {
			timer = time.After(settle)
		} else if settle == 0 && (!f.hasTold || film != f.told) {
			f.told, f.hasTold = film, true
			return film, nil
		}
		select {
		case <-ctx.Done():
			return hw.FilmUnknown, ctx.Err()
		case <-f.closed:
			return hw.FilmUnknown, fmt.Errorf("read film contact: %w", os.ErrClosed)
		case <-f.changed:
		case <-timer:
		}
	}
}

// sense returns the state, and for how long it must hold to count: negative
// when nothing is known yet.
func (f *FilmContact) sense() (film hw.Film, settle time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost {
		f.lost, f.hasTold = false, false
		return hw.FilmUnknown, 0, fmt.Errorf("read film contact: %w", hw.ErrGone)
	}
	for _, r := range f.wires {
		if r == unread || r == gone {
			return hw.FilmUnknown, -1, nil
		}
	}
	film = filmOf(f.wires)
	if film == hw.FilmUnknown && len(f.wires) > 1 {
		return film, max(0, changeover-time.Since(f.since)), nil
	}
	return film, 0, nil
}

// filmOf tells the film from its wires: private, and the inverse if there.
func filmOf(wires []reading) hw.Film {
	private, inverse := wires[0], wires[len(wires)-1]
	if len(wires) == 1 {
		inverse = map[reading]reading{active: inactive, inactive: active}[private]
	}
	switch {
	case private == active && inverse == inactive:
		return hw.FilmPrivate
	case private == inactive && inverse == active:
		return hw.FilmClear
	default:
		return hw.FilmUnknown
	}
}

// note takes a reading of wire i from its watch.
func (f *FilmContact) note(i int, r reading) {
	f.mu.Lock()
	f.wires[i], f.since = r, time.Now()
	// While several wires are gone each of them retries; one of them speaks
	// for all, so that the last of the failures is told before a return.
	if r == gone && !slices.Contains(f.wires[:i], gone) {
		f.lost = true
	}
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default: // Next has a token to wake on already
	}
}

// Close ends a Next in progress and frees the lines.
func (f *FilmContact) Close() error {
	f.once.Do(func() {
		close(f.closed)
		for _, w := range f.watches {
			w.cancel() // all of them first: each takes up to a slice to end
		}
		for _, w := range f.watches {
			w.close()
		}
	})
	return nil
}
