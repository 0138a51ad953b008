package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/cmd/kiosk-bench/office"
	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/kiosk"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/stick"
	"guichet.example/provisioning/usb"
)

// childUser is whose the child that reads a stick is, where the bench is root:
// nobody's on this machine.
const childUser = 64532

// stickPort is a port for sticks whose sticks are images.
type stickPort struct {
	events chan kiosk.Port

	mu    sync.Mutex
	image string // in the port; "" for none
}

func newStickPort() *stickPort { return &stickPort{events: make(chan kiosk.Port, 64)} }

// begin makes a kiosk that starts hear of the stick that is there.
func (p *stickPort) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.events) > 0 {
		<-p.events
	}
	if p.image != "" {
		p.events <- kiosk.StickIn
	}
}

var errQueue = errors.New("the kiosk has not taken notice of the port for a while")

// change puts an image in, or with "" pulls the one that is there.
func (p *stickPort) change(image string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(p.events)-len(p.events) < 2 {
		return fmt.Errorf("%w: %w", control.ErrNotNow, errQueue)
	}
	if p.image != "" {
		p.events <- kiosk.StickOut
	}
	if p.image = image; image != "" {
		p.events <- kiosk.StickIn
	}
	return nil
}

func (p *stickPort) press() error {
	select {
	case p.events <- kiosk.ServiceSwitch:
		return nil
	default:
		return fmt.Errorf("%w: %w", control.ErrNotNow, errQueue)
	}
}

// Next implements upkeep.Port.
func (p *stickPort) Next(ctx context.Context) (kiosk.Port, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case what := <-p.events:
		return what, nil
	}
}

// Stick implements upkeep.Port.
func (p *stickPort) Stick() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.image == "" {
		return "", &usb.Refusal{Code: usb.Gone, Err: errors.New("no image is in")}
	}
	return p.image, nil
}

// Stick puts an image of a stick in.
func (b *box) Stick(_ context.Context, image string) error {
	info, err := os.Stat(image)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		return fmt.Errorf("%w: image of a stick: %w", control.ErrInvalid, err)
	}
	image, err = filepath.Abs(image)
	if err != nil {
		return err
	}
	return b.port.change(image)
}

// Sticks are those that the bench makes.
func (b *box) Sticks() []string {
	var names []string
	for _, e := range office.Examples() {
		names = append(names, string(e))
	}
	return names
}

var errNoSite = errors.New("the kiosk has no site yet, for which this stick would be the first: install a good one before")

// ExampleStick makes a stick for this kiosk and puts it in.
func (b *box) ExampleStick(ctx context.Context, name string) error {
	example := office.Example(name)
	if example.NeedsSite() && !b.inForce.Load() {
		return fmt.Errorf("%w: %w", control.ErrNotNow, errNoSite)
	}
	id, err := identity.Open(filepath.Join(b.data, upkeep.KeyFile))
	if err != nil {
		return err
	}
	image, err := b.office.Stick(ctx, example, id.Enrolment(identity.Facts{}, benchVersion()))
	if err != nil {
		return err
	}
	return b.port.change(image)
}

func (b *box) RemoveStick(context.Context) error { return b.port.change("") }

func (b *box) ServiceSwitch(context.Context) error { return b.port.press() }

// openUpkeep does what kioskd does at its start with what a stick has brought.
// Whatever a site says, the bench goes on with its own packs and its own board.
func (b *box) openUpkeep(ctx context.Context, p *kiosk.Parts) (*upkeep.Upkeep, error) {
	if err := os.MkdirAll(b.data, 0o700); err != nil { // of its own: the bench holds the one above locked
		return nil, err
	}
	site, err := upkeep.OpenSite(ctx, filepath.Join(b.data, upkeep.SiteDir))
	if err != nil {
		return nil, err
	}
	state, err := site.Boot()
	if err == nil {
		p.Self, err = b.self(site)
	}
	if err = errors.Join(err, site.Close()); err != nil {
		return nil, err
	}
	b.inForce.Store(state.Current != apply.Release{})
	p.Release = session.ReleaseInForce
	switch {
	case state.Trial:
		p.Release = session.ReleaseOnTrial
	case b.unprovisioned && state.Current == apply.Release{}:
		p.Release = session.ReleaseNone
	}
	b.port.begin()
	trial := upkeep.Trial{Procedures: p.Procedures, Start: p.StartURL, Gates: b.gates,
		Badges: func(context.Context) error { return nil }} // it has answered at this start, see open
	faults := upkeep.OpenFaults(b.data, p.Log)
	p.Faults = faults
	u, err := upkeep.New(upkeep.Config{Data: b.data, Usage: b.usage, Faults: faults, Port: b.port, Reader: stick.Reader{UID: childUser, GID: childUser, Stderr: os.Stderr},
		Firmware: benchVersion(), Running: state.Current, Trial: trial, Log: p.Log})
	p.Upkeep = u
	return u, err
}

// self is who the kiosk is: with a site, who that says.
func (b *box) self(site *apply.Site) (wire.Kiosk, error) {
	id, err := identity.Open(filepath.Join(b.data, upkeep.KeyFile))
	if err != nil {
		return wire.Kiosk{}, err
	}
	self := wire.Kiosk{ID: string(id.Kiosk())}
	held, err := site.Current()
	if errors.Is(err, fs.ErrNotExist) {
		return self, nil
	}
	if err != nil {
		return self, err
	}
	release, err := provisioning.ReadRelease(held)
	self.Name, self.Place = release.Config.ID, release.Config.Place
	return self, errors.Join(err, held.Close())
}

func benchVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "bench"
}
