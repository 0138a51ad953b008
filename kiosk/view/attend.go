package view

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"guichet.example/kiosk/view/wire"
)

// attend carries the traffic of a view until it is gone.
func (p *Pool) attend(v *running) {
	p.work.Go(func() { p.watchOver(v) })
	p.work.Go(func() {
		if err := p.config.limits.send(v.link, v.lines, v.ended); !errors.Is(err, ErrClosed) {
			select {
			case <-v.heard: // the reader knows better why, and waits for the status
				<-v.ended
			case <-time.After(reapLimit):
			}
			v.end(err)
		}
	})
	p.work.Go(func() {
		<-v.exited
		select {
		case <-v.heard:
		case <-time.After(reapLimit): // a process outside our reach holds the link open
		}
		v.end(io.EOF)
	})
	err := p.config.limits.read(v.link, func(m wire.FromView) bool { return p.heard(v, m) })
	close(v.heard)
	if isEnd(err) { // it may be ending by itself: then its status says why
		limit := p.config.limits.end
		if v.traces.PIDNamespace == 0 {
			limit *= 10 // its first process looks for the others before it ends itself
		}
		select {
		case <-v.exited:
		case <-v.ended:
		case <-time.After(limit):
		}
	}
	v.end(err)
	select {
	case <-v.exited:
	case <-time.After(reapLimit):
	}
	closeAll(v.listener, v.control)
	p.gone(v)
}

// heard reports what a view says. When it says that it is there, and again when
// its engine has started all its processes, what was promised of it must hold.
func (p *Pool) heard(v *running, m wire.FromView) bool {
	switch m.(type) {
	case wire.At, wire.Page:
		v.move()
	case wire.Hello, wire.Ready:
		checks, err := p.examine(v)
		if err != nil {
			p.config.Log.Error("view refused", "view", v.traces.View, "err", err)
			v.end(err)
			return false
		}
		p.note(checks)
	}
	if _, ok := m.(wire.Hello); ok { // before the engine has started its processes
		p.order(v, v.comeForward)
	}
	return p.report(v.traces.View, m)
}

// examine inspects a view, and again before it finds fault: a process that is
// just ending has lost some of what it was promised, and itself soon after.
func (p *Pool) examine(v *running) ([]Check, error) {
	checks, err := p.inspect(v)
	for range 5 {
		if err == nil {
			break
		}
		select {
		case <-v.exited: // it is going to be reported so
			return checks, nil
		case <-time.After(20 * time.Millisecond):
			checks, err = p.inspect(v)
		}
	}
	return checks, err
}

// note keeps what holds now, and logs what held before and no longer does, such
// as that there is no swap.
func (p *Pool) note(checks []Check) {
	p.mu.Lock()
	before := p.isolation.Checks
	p.isolation.Checks = checks
	p.mu.Unlock()
	for i, c := range checks {
		if !c.Holds && i < len(before) && before[i].Holds {
			p.config.Log.Warn("holds no longer for views", "what", c.Name, "why", c.Why)
		}
	}
}

func (p *Pool) gone(v *running) {
	err := v.why
	switch {
	case isEnd(err) && v.tooMuch():
		err = fmt.Errorf("%w: the session took its limit of %d MiB", ErrMemory, p.config.MemoryLimitMiB)
	case isEnd(err):
		err = errors.New("closed its link")
		select {
		case <-v.exited:
			err = errors.New("ended by itself")
			if v.exitErr != nil {
				err = fmt.Errorf("ended by itself: %w", v.exitErr)
			}
		default:
		}
	}
	p.mu.Lock()
	v.reported = true
	if v.claimed {
		delete(p.views, v.traces.View)
	}
	p.mu.Unlock()
	p.config.Log.Info("view gone", "view", v.traces.View, "why", err.Error())
	p.report(v.traces.View, wire.Gone{Err: err, Limit: limitOf(err)})
}

func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func (p *Pool) report(n int, m wire.FromView) bool {
	select {
	case p.reports <- wire.Report{View: n, Msg: m}:
		return true
	case <-p.closing:
		return false
	}
}
