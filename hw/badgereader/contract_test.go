package badgereader_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/badgereader"
	"guichet.example/hw/hwtest"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// desk is the reader with everything below it: driver, chip, field, cards.
type desk struct {
	sim   *mfrc522sim.Chip
	press *badge.Press
	site  *badge.Site
	tries badgereader.Tries // nil = no badge is asked for a PIN
	cards map[hw.Role]picc.Card
	lies  []picc.Card
}

// newDesk returns a desk with a badge for each role; that of RoleNone is of
// another town.
func newDesk(t *testing.T, c mfrc522sim.Config) *desk {
	t.Helper()
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	master, aid := &badge.Key{1, 2, 3, 4}, badge.AID{0x30, 0x42, 0xF5}
	press := &badge.Press{
		AID: aid, Site: badge.SiteKey(master, "mairie"), Admin: badge.AdminKey(master, "mairie"),
		Signer: signer, Random: rand.Reader,
	}
	d := &desk{sim: mfrc522sim.New(c), press: press, cards: map[hw.Role]picc.Card{}}
	t.Cleanup(func() { d.sim.Close() })
	d.site = &badge.Site{Organisation: 1, AID: aid, Key: press.Site, Issuer: signer.Public().(ed25519.PublicKey)}
	for i, role := range []hw.Role{hw.RoleNone, hw.RoleHelper, hw.RoleTechnician} {
		card, err := picc.NewCard(picc.Content{UID: []byte{4, 1, 2, 3, 4, 5, byte(i)}})
		if err != nil {
			t.Fatal(err)
		}
		record := badge.Record{Role: role, Organisation: 1, Serial: uint64(i), NotAfter: badge.DayOf(time.Now())}
		if role == hw.RoleNone {
			record.Role, record.Organisation = hw.RoleTechnician, 2
		}
		d.write(t, press, card, record)
		d.cards[role] = card
	}
	return d
}

// write makes a card a badge, in simulated time and on a chip of its own.
func (d *desk) write(t *testing.T, press *badge.Press, card picc.Card, r badge.Record) {
	t.Helper()
	sim := mfrc522sim.New(mfrc522sim.Config{})
	defer sim.Close()
	chip, err := mfrc522.Open(t.Context(), sim.Port(), mfrc522.Config{Interrupt: sim.IRQ()})
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	sim.Place(card)
	if err := chip.Field(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := press.Write(t.Context(), chip, r); err != nil {
		t.Fatal(err)
	}
	sim.Remove(card)
}

func (d *desk) open(t *testing.T, c mfrc522.Config) *badgereader.Reader {
	t.Helper()
	chip, err := mfrc522.Open(t.Context(), d.sim.Port(), c)
	if err != nil {
		t.Fatal(err)
	}
	r := badgereader.New(chip, d.site, d.tries, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { r.Close() })
	return r
}

func (d *desk) tap(r hw.Role) {
	d.remove()
	d.lay(d.cards[r])
}

func (d *desk) tapTwo() {
	d.remove()
	d.lay(d.cards[hw.RoleHelper], d.cards[hw.RoleTechnician])
}

func (d *desk) lay(cards ...picc.Card) {
	d.lies = cards
	for _, c := range cards {
		d.sim.Place(c)
	}
}

func (d *desk) remove() {
	for _, c := range d.lies {
		d.sim.Remove(c)
	}
	d.lies = nil
}

func (d *desk) plug(in bool) {
	d.sim.Break(mfrc522sim.BusFault{Gone: !in, Level: 0xFF})
}

// TestContract holds driver, chip and cards together to what the kiosk wants
// of a badge reader, in real time.
func TestContract(t *testing.T) {
	for _, wired := range []bool{false, true} {
		name := map[bool]string{false: "polled", true: "with interrupt"}[wired]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hwtest.TestBadgeReader(t, func(t *testing.T) (hw.BadgeReader, hwtest.ReaderProbe) {
				d := newDesk(t, mfrc522sim.Config{RealTime: true})
				var c mfrc522.Config
				if wired {
					c.Interrupt, c.Reset = d.sim.IRQ(), d.sim.NRSTPD()
				}
				return d.open(t, c), hwtest.ReaderProbe{Tap: d.tap, TapTwo: d.tapTwo, Remove: d.remove, Plug: d.plug}
			})
		})
	}
}

// TestTapToRole measures what the person waits for, from the moment that the
// badge lies there, over all moments of a poll's period. The target is 250 ms.
func TestTapToRole(t *testing.T) {
	took := make([]time.Duration, 75)
	for i := range took {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, mfrc522sim.Config{Overhead: 20 * time.Microsecond, RealTime: true})
			r := d.open(t, mfrc522.Config{Interrupt: d.sim.IRQ()})
			time.Sleep(time.Second + time.Duration(i)*2*time.Millisecond)
			d.tap(hw.RoleHelper)
			begin := time.Now()
			b, err := r.Next(t.Context())
			if err != nil || b.Role != hw.RoleHelper {
				t.Fatal(b, err)
			}
			took[i] = time.Since(begin)
		})
	}
	slices.Sort(took)
	longest := took[len(took)-1]
	t.Logf("tap to role: median %v, at most %v", took[len(took)/2].Round(time.Millisecond), longest.Round(time.Millisecond))
	if longest > 250*time.Millisecond {
		t.Error("more than 250 ms")
	}
}

// A reader that comes back is polled as before, and what lies there is told.
func TestBackAfterALongTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, mfrc522sim.Config{RealTime: true})
		r := d.open(t, mfrc522.Config{})
		d.plug(false)
		time.Sleep(time.Hour)
		if _, err := r.Next(t.Context()); !errors.Is(err, hw.ErrGone) {
			t.Fatal(err)
		}
		d.tap(hw.RoleTechnician)
		d.plug(true)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if b, err := r.Next(ctx); err != nil || b.Role != hw.RoleTechnician {
			t.Error(b, err)
		}
	})
}

// TestRefusalsTakeAlike: how long a refusal takes does not tell why.
func TestRefusalsTakeAlike(t *testing.T) {
	refused := func(t *testing.T, card func(d *desk) picc.Card) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, mfrc522sim.Config{RealTime: true})
			r := d.open(t, mfrc522.Config{Interrupt: d.sim.IRQ()})
			time.Sleep(1030 * time.Millisecond) // between two polls
			d.sim.Place(card(d))
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			b, err := r.Next(ctx)
			if err != nil || b != (hw.Badge{Present: true}) {
				t.Error(b, err)
			}
			took = time.Since(begin)
		})
		return took
	}
	empty := func(d picc.Delays) picc.Card {
		card, err := picc.NewCard(picc.Content{UID: []byte{4, 1, 2, 3, 4, 5, 1}, Delays: d})
		if err != nil {
			t.Fatal(err)
		}
		return card
	}
	want := refused(t, func(d *desk) picc.Card { return d.cards[hw.RoleNone] })
	for name, card := range map[string]picc.Card{
		"without the application": empty(picc.Delays{}),
		"slow, without it":        empty(picc.Delays{Command: 200 * time.Millisecond}),
	} {
		if got := refused(t, func(*desk) picc.Card { return card }); (got - want).Abs() > time.Millisecond {
			t.Errorf("%s: %v; one of another town %v", name, got, want)
		}
	}
}

// A card that draws everything out does not take the reader away.
func TestCardThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, mfrc522sim.Config{RealTime: true})
		content, err := picc.NewDESFire(picc.Content{UID: []byte{4, 1, 2, 3, 4, 5, 1}})
		if err != nil {
			t.Fatal(err)
		}
		// Each block is within its time, and there is no end of them.
		card, err := content.Card(picc.Config{WTX: -1, Timing: picc.Timing{Block: 3 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		r := d.open(t, mfrc522.Config{Interrupt: d.sim.IRQ()})
		d.sim.Place(card)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if b, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(b, err)
		}
		d.sim.Remove(card)
		d.tap(hw.RoleHelper)
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if b, err := r.Next(ctx); err != nil || b.Role != hw.RoleHelper {
			t.Error(b, err)
		}
	})
}
