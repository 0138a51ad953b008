// Package desk is the badge reader of the bench with what is laid on it: the
// kiosk's own driver and cryptography, on an emulated reader chip with
// software cards in its field. Frames take as long as on air.
//
// Only kiosk-bench may import it: a kiosk in a town hall reads real cards. What
// its keys are made from lies in the bench's directory, so that a badge is the
// same one after a restart; they open nothing but the bench.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/badgereader"
	"guichet.example/hw/mfrc522"
	"guichet.example/hw/pintries"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// lifting is how long Remove waits at most until the kiosk has noticed: ten times
// what two missed polls take on a busy machine, since a badge that is laid down
// again before that never left.
const lifting = 5 * time.Second

// transferOverhead is what a Pi's kernel needs to start one SPI transfer; the
// emulated chip counts it into Elapsed.
const transferOverhead = 20 * time.Microsecond

// Desk is the reader and the badges beside it. Its methods may be called at
// the same time.
type Desk struct {
	log   *slog.Logger
	chip  *mfrc522sim.Chip
	site  *badge.Site
	tries string // file of wrong PINs
	cards map[string][]picc.Card

	laying sync.Mutex // held for a whole Lay or Remove
	lies   []picc.Card

	mu      sync.Mutex
	reader  *badgereader.Reader // nil until Open
	told    bool                // the kiosk was told of badges, and not yet that they left
	pulled  bool                // the reader's cable is out: it notices nothing
	changed chan struct{}       // closed and made anew when told or pulled changes
}

// New makes an organisation, its badges and a reader chip with an empty field.
// dir holds what outlasts the desk.
func New(ctx context.Context, dir string, log *slog.Logger) (*Desk, error) {
	org, err := found(dir)
	if err != nil {
		return nil, fmt.Errorf("set up badge desk: %w", err)
	}
	cards, err := org.issue(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up badge desk: %w", err)
	}
	return &Desk{
		log: log, site: org.site, tries: filepath.Join(dir, "pin-tries"), cards: cards, changed: make(chan struct{}),
		chip: mfrc522sim.New(mfrc522sim.Config{RealTime: true, Overhead: transferOverhead}),
	}, nil
}

// Open opens the reader as a box does when it starts; one that was open is
// closed first. Close of the Desk closes it too.
func (d *Desk) Open(ctx context.Context) (hw.BadgeReader, error) {
	if err := d.shut(); err != nil {
		return nil, err
	}
	chip, err := mfrc522.Open(ctx, d.chip.Port(), mfrc522.Config{Interrupt: d.chip.IRQ(), Reset: d.chip.NRSTPD()})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reader = badgereader.New(chip, d.site, pintries.Open(d.tries, d.log), d.log)
	return &watched{d.reader, d}, nil
}

// shut closes the reader, if there is one, and lets go of the port.
func (d *Desk) shut() error {
	d.mu.Lock()
	reader := d.reader
	d.reader = nil
	d.mu.Unlock()
	d.note(false)
	if reader == nil {
		return nil
	}
	return errors.Join(reader.Close(), d.chip.Port().Close())
}

// Close closes the reader and ends the chip.
func (d *Desk) Close() error { return errors.Join(d.shut(), d.chip.Close()) }

// Lay lays a badge down; what lay there is taken away first. Five badges
// count, the others open nothing, each for a reason that the reader tells
// nobody:
//
//	helper, technician
//	helper-pin, technician-pin  the same, and they ask for a PIN
//	random   a helper's that shows another UID each time
//	unknown  a helper's of another organisation
//	revoked  a helper's on the organisation's list
//	expired  a helper's until yesterday
//	clone    UID and record of the helper's, without its keys
//	two      the helper's and the technician's at once
func (d *Desk) Lay(ctx context.Context, card string) error {
	cards, ok := d.cards[card]
	if !ok {
		return fmt.Errorf("lay badge %q: no such badge", card)
	}
	d.laying.Lock()
	defer d.laying.Unlock()
	if err := d.remove(ctx); err != nil {
		return err
	}
	for _, c := range cards {
		d.chip.Place(c)
	}
	d.lies = cards
	return nil
}

// Remove takes away what lies there, and returns when the kiosk was told: a
// badge that is back at once never left.
func (d *Desk) Remove(ctx context.Context) error {
	d.laying.Lock()
	defer d.laying.Unlock()
	return d.remove(ctx)
}

func (d *Desk) remove(ctx context.Context) error {
	for _, c := range d.lies {
		d.chip.Remove(c)
	}
	d.lies = nil
	limit := time.NewTimer(lifting)
	defer limit.Stop()
	for {
		d.mu.Lock()
		waits, changed := d.told && !d.pulled, d.changed
		d.mu.Unlock()
		if !waits {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("remove badge: %w", ctx.Err())
		case <-limit.C:
			return nil
		case <-changed:
		}
	}
}

// Plug pulls the reader's cable out, or puts it back.
func (d *Desk) Plug(in bool) {
	d.chip.Break(mfrc522sim.BusFault{Gone: !in, Level: 0xFF})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pulled = !in
	d.change()
}

// Elapsed is the time that has passed for the chip: that of the clock and what
// its bus would have taken.
func (d *Desk) Elapsed() time.Duration { return d.chip.Elapsed() }

// note keeps whether the kiosk believes that a badge is there.
func (d *Desk) note(told bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.told != told {
		d.told = told
		d.change()
	}
}

// change wakes who waits. The caller holds the mutex.
func (d *Desk) change() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// watched is the reader as the kiosk has it.
type watched struct {
	*badgereader.Reader
	desk *Desk
}

// Next implements hw.BadgeReader.
func (w *watched) Next(ctx context.Context) (hw.Badge, error) {
	b, err := w.Reader.Next(ctx)
	if err == nil {
		w.desk.note(b != hw.Badge{})
	}
	return b, err
}
