package upkeep

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"sync"
	"time"

	"guichet.example/hw"
	"guichet.example/kiosk"
	"guichet.example/provisioning/usb"
)

// USB is the port of a real kiosk, with the switch beside it inside the case.
type USB struct {
	sys    fs.FS
	log    *slog.Logger
	events chan kiosk.Port
	failed chan error
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	before usb.Present // devices that belong to the kiosk, or have been there all the time
	disk   string      // the last that came, in sysfs; "" for none
}

// OpenUSB begins to listen. sys is /sys; what is plugged in already is taken
// for the kiosk's own until it is pulled. service is the switch inside the case,
// nil where there is none; it stays the caller's to close, after the port.
func OpenUSB(sys fs.FS, service hw.Button, log *slog.Logger) *USB {
	ctx, cancel := context.WithCancel(context.Background())
	p := newUSB(sys, log)
	p.cancel = cancel
	p.work.Go(func() { p.listen(ctx) })
	if service != nil {
		p.work.Go(func() { p.attend(ctx, service) })
	}
	return p
}

func newUSB(sys fs.FS, log *slog.Logger) *USB {
	return &USB{sys: sys, log: log, events: make(chan kiosk.Port, 16), failed: make(chan error)}
}

// listen ends with Close. What the kernel refuses is tried again each time that
// somebody asks for what happens.
func (p *USB) listen(ctx context.Context) {
	for {
		err := usb.Listen(ctx, func() { p.look(ctx) }, func(e usb.Event) { p.hear(ctx, e) })
		select {
		case <-ctx.Done():
			return
		case p.failed <- err:
		}
	}
}

// switchRetry is how long a switch that cannot be read is left alone.
const switchRetry = time.Second

// attend tells of the switch. It ends with Close, or with a switch that has
// failed for good. One that cannot be read is told of once until it was pressed
// again.
func (p *USB) attend(ctx context.Context, service hw.Button) {
	warned := false
	for {
		err := service.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			p.tell(ctx, kiosk.ServiceSwitch)
			warned = false
			continue
		}
		lasting := !errors.Is(err, hw.ErrGone)
		if !warned || lasting {
			p.log.Warn("read service switch", "err", err)
			warned = true
		}
		if lasting {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(switchRetry):
		}
	}
}

// Close ends listening.
func (p *USB) Close() error {
	p.cancel()
	p.work.Wait()
	return nil
}

// Next implements Port.
func (p *USB) Next(ctx context.Context) (kiosk.Port, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case err := <-p.failed:
		return 0, err
	case what := <-p.events:
		return what, nil
	}
}

// Stick implements Port.
func (p *USB) Stick() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.disk == "" {
		return "", pulled()
	}
	s, err := usb.Check(p.sys, p.disk, p.before)
	return s.Device, err
}

func (p *USB) tell(ctx context.Context, what kiosk.Port) {
	select {
	case p.events <- what:
	case <-ctx.Done():
	}
}

// look takes stock, when listening begins and when events were lost.
func (p *USB) look(ctx context.Context) {
	p.mu.Lock()
	if p.before == nil {
		there, err := usb.Look(p.sys)
		if err != nil {
			p.log.Warn("look at what is plugged in", "err", err)
			there = usb.Present{}
		}
		p.before = there
	}
	known := p.disk
	p.mu.Unlock()
	if known != "" && !p.isUSB(known) {
		p.out(ctx, known)
	}
	disks, err := fs.Glob(p.sys, "block/*")
	if err != nil {
		return // the pattern is well-formed
	}
	for _, link := range disks {
		if to, err := fs.ReadLink(p.sys, link); err == nil {
			p.in(ctx, strings.TrimPrefix(path.Join("block", to), "../"))
		}
	}
}

// isUSB says whether a disk is there and hangs on USB, whatever it is.
func (p *USB) isUSB(disk string) bool {
	_, err := usb.Check(p.sys, disk, nil)
	r := new(usb.Refusal)
	return err == nil || errors.As(err, &r) && r.Code != usb.NotUSB && r.Code != usb.Gone
}

func (p *USB) in(ctx context.Context, disk string) {
	if !p.isUSB(disk) { // the kiosk's own card, or pulled again
		return
	}
	p.mu.Lock()
	p.disk = disk
	p.mu.Unlock()
	p.tell(ctx, kiosk.StickIn)
}

func (p *USB) out(ctx context.Context, disk string) {
	p.mu.Lock()
	was := p.disk == disk
	if was {
		p.disk = ""
	}
	p.mu.Unlock()
	if was {
		p.tell(ctx, kiosk.StickOut)
	}
}

func (p *USB) hear(ctx context.Context, e usb.Event) {
	switch {
	case e.Lost:
		p.look(ctx)
	case e.Disk():
		p.in(ctx, e.Path)
	case e.Action == "remove" && e.Subsystem == "block" && e.Kind == "disk":
		p.out(ctx, e.Path)
	case e.Action == "remove" && e.Kind == "usb_device":
		p.mu.Lock()
		p.before.Pull(path.Base(e.Path))
		p.mu.Unlock()
	}
}
