package kiosk

import (
	"context"
	"errors"
	"sync"
	"time"

	"guichet.example/kiosk/session"
)

// quiet is how long nobody must have been there before a server is asked
// anything, so that nobody's first touch falls into it.
const quiet = time.Minute

// Fleet brings releases from the site's server (cmd/kioskd). Its methods are
// called one after another.
type Fleet interface {
	// Wait returns when there is something to do, or the error of ctx.
	Wait(ctx context.Context) error
	// Bring asks, fetches, checks and stores. ctx ends as soon as somebody comes.
	// true: a release is stored, whole, and may be put in force now.
	Bring(ctx context.Context) bool
	// Leave gives up what was stored: somebody is there.
	Leave()
	// Try puts what was stored in force, on trial.
	Try(ctx context.Context) error
}

// listenFleet lets the fleet work while nobody is there. A person never waits
// for it: it is told to stop, and not waited for.
func (k *Kiosk) listenFleet(ctx context.Context) {
	for k.parts.Fleet.Wait(ctx) == nil {
		rest, ok := k.rest.long(ctx, quiet)
		if !ok {
			return
		}
		k.observe("fleet", "asks")
		if !k.parts.Fleet.Bring(rest) {
			continue
		}
		if k.Do(ctx, session.Renew{}) == nil {
			k.observe("fleet", "renews")
			return // the loop goes on to Try
		}
		k.parts.Fleet.Leave()
	}
}

// renew is the last thing that is done before the daemon ends for a release
// that the fleet has brought.
func (k *Kiosk) renew(ctx context.Context) {
	if !k.renewing || !errors.Is(k.ends, ErrRestart) {
		return
	}
	if err := k.parts.Fleet.Try(ctx); err != nil {
		k.parts.Log.Error("put a release of the server in force", "err", err)
	}
}

// rest tells when nobody is at the kiosk.
type rest struct {
	mu    sync.Mutex
	ctx   context.Context // of this rest; nil: somebody is there
	end   context.CancelFunc
	begun chan struct{} // closed when the next rest begins
}

// set begins or ends a rest.
func (r *rest) set(ctx context.Context, is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case is == (r.ctx != nil):
	case is:
		r.ctx, r.end = context.WithCancel(ctx)
		if r.begun != nil {
			close(r.begun)
			r.begun = nil
		}
	default:
		r.end()
		r.ctx = nil
	}
}

// now returns the present rest, or what is closed when the next one begins.
func (r *rest) now() (context.Context, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx == nil && r.begun == nil {
		r.begun = make(chan struct{})
	}
	return r.ctx, r.begun
}

// long waits for a rest that has lasted for d, and returns what ends with it;
// false when ctx ends first.
func (r *rest) long(ctx context.Context, d time.Duration) (context.Context, bool) {
	for {
		resting, begun := r.now()
		if resting != nil {
			if sleep(resting, d) {
				return resting, true
			}
			if ctx.Err() != nil {
				return nil, false
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-begun:
		}
	}
}
