package hwtest

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"

	"guichet.example/hw"
)

// paperReader is a badge reader that keeps its contract and reads nothing.
type paperReader struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made anew at each change
	lies    hw.Badge
	told    hw.Badge
	queue   []hw.Badge
	gone    bool
	closed  bool
}

func newPaperReader() *paperReader { return &paperReader{changed: make(chan struct{})} }

func (r *paperReader) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	close(r.changed)
	r.changed = make(chan struct{})
}

// lay puts a badge there; the one before is taken away first.
func (r *paperReader) lay(b hw.Badge) {
	r.change(func() {
		r.lies = b
		r.look(true)
	})
}

func (r *paperReader) plug(in bool) {
	r.change(func() {
		r.gone = !in
		r.look(r.lies != r.told)
	})
}

func (r *paperReader) look(moved bool) {
	if r.gone || !moved {
		return
	}
	if r.told != (hw.Badge{}) {
		r.queue = append(r.queue, hw.Badge{})
	}
	if r.lies != (hw.Badge{}) {
		r.queue = append(r.queue, r.lies)
	}
	r.told = r.lies
}

func (r *paperReader) Next(ctx context.Context) (hw.Badge, error) {
	for {
		r.mu.Lock()
		changed := r.changed
		switch {
		case r.closed:
			r.mu.Unlock()
			return hw.Badge{}, os.ErrClosed
		case ctx.Err() != nil:
			r.mu.Unlock()
			return hw.Badge{}, ctx.Err()
		case len(r.queue) > 0:
			b := r.queue[0]
			r.queue = slices.Delete(r.queue, 0, 1)
			r.mu.Unlock()
			return b, nil
		case r.gone:
			r.mu.Unlock()
			return hw.Badge{}, hw.ErrGone
		}
		r.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

func (r *paperReader) Close() error {
	r.change(func() { r.closed = true })
	return nil
}

// TestPaperReader: what the broken readers are made of is not broken.
func TestPaperReader(t *testing.T) {
	TestBadgeReader(t, bendReader(func(good nextBadge) nextBadge { return good }))
}
