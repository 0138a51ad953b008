package mfrc522_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// today is in the synthetic time of testing/synctest.
var today = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// town returns an organisation with one site.
func town() (*badge.Press, *badge.Site) {
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	master := &badge.Key{1, 2, 3, 4}
	key, aid := badge.SiteKey(master, "mairie"), badge.AID{0x30, 0x42, 0xF5}
	return &badge.Press{AID: aid, Site: key, Admin: badge.AdminKey(master, "mairie"), Signer: signer, Random: rand.Reader},
		&badge.Site{Organisation: 217500016, AID: aid, Key: key, Issuer: signer.Public().(ed25519.PublicKey)}
}

func desfire(t testing.TB, c picc.Content) *picc.TypeA {
	t.Helper()
	c.UID = []byte{0x04, 0x78, 0x2E, 0x21, 0x80, 0x1D, 0x80}
	card, err := picc.NewCard(c)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

var kinds = map[string]picc.Content{
	"EV1": {Generation: picc.EV1}, "EV2": {Generation: picc.EV2}, "EV2 with random UID": {Generation: picc.EV2, RandomUID: true},
}

// The whole way: a card from the maker is made a badge and read, through the
// registers of the chip.
func TestSimBadge(t *testing.T) {
	each(t, func(t *testing.T, wiring string) {
		for kind, content := range kinds {
			press, site := town()
			r := newRig(t, wiring, mfrc522sim.Config{}, desfire(t, content))
			record := badge.Record{Role: hw.RoleHelper, Organisation: 217500016, Serial: 42, NotAfter: badge.DayOf(today)}
			if err := press.Write(t.Context(), r, record); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			for _, on := range []bool{false, true} {
				if err := r.Field(t.Context(), on); err != nil {
					t.Fatal(err)
				}
			}
			if role, err := badge.Read(t.Context(), r, site, rand.Reader, today); role != hw.RoleHelper || err != nil {
				t.Errorf("%s: %v, %v", kind, role, err)
			}
			site.Key[0]++
			for _, on := range []bool{false, true} {
				if err := r.Field(t.Context(), on); err != nil {
					t.Fatal(err)
				}
			}
			if role, err := badge.Read(t.Context(), r, site, rand.Reader, today); role != hw.RoleNone || err != nil {
				t.Errorf("%s at another site: %v, %v", kind, role, err)
			}
		}
	})
}

// A badge taken away at any moment of its reading is no fault of the reader,
// and the next one is read. An answer that loses exactly its last byte keeps a
// right CRC_A once in 256 times; then the badge is refused, and asked for again.
func TestSimTakenAwayInTheMiddle(t *testing.T) {
	for _, wiring := range []string{"alone", "with both"} {
		for after := time.Duration(0); after < 60*time.Millisecond; after += 700 * time.Microsecond {
			synctest.Test(t, func(t *testing.T) {
				press, site := town()
				card := desfire(t, picc.Content{})
				r := newRig(t, wiring, mfrc522sim.Config{}, card)
				record := badge.Record{Role: hw.RoleTechnician, Organisation: 217500016, Serial: 1, NotAfter: badge.DayOf(today)}
				if err := press.Write(t.Context(), r, record); err != nil {
					t.Fatal(err)
				}
				poller := badge.NewReader(r, site, rand.Reader)
				r.sim.RemoveAt(r.sim.Elapsed()+after, card)
				s, err := poller.Poll(t.Context(), today)
				if err != nil || s.Seen == badge.SeenBadge && s.Role == hw.RoleHelper {
					t.Errorf("%s, taken after %v: %+v, %v", wiring, after, s, err)
				}
				r.sim.Remove(card)
				for range 2 { // until it counts as gone
					if s, err := poller.Poll(t.Context(), today); err != nil || s.Seen != badge.SeenNothing {
						t.Errorf("%s, gone after %v: %+v, %v", wiring, after, s, err)
					}
				}
				r.sim.Place(card)
				if s, err := poller.Poll(t.Context(), today); err != nil || s.Seen != badge.SeenBadge || s.Role != hw.RoleTechnician {
					t.Errorf("%s, put back after %v: %+v, %v", wiring, after, s, err)
				}
			})
		}
	}
}

// TestCost bounds what a reading and an idle poll cost on the bus and in time,
// so that a change which makes them dearer is seen. Time is the chip's: frames
// at 106 kbit/s, the bus at 4 MHz with 20 µs for each transaction, the
// driver's pauses; cards think for no time.
func TestCost(t *testing.T) {
	for _, wiring := range []string{"alone", "with interrupt"} {
		for kind, content := range kinds {
			t.Run(fmt.Sprintf("%s %s", kind, wiring), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { cost(t, wiring, content) })
			})
		}
	}
}

func cost(t *testing.T, wiring string, content picc.Content) {
	press, site := town()
	card := desfire(t, content)
	r := newRig(t, wiring, mfrc522sim.Config{Overhead: 20 * time.Microsecond}, card)
	record := badge.Record{Role: hw.RoleHelper, Organisation: 217500016, Serial: 42, NotAfter: badge.DayOf(today)}
	if err := press.Write(t.Context(), r, record); err != nil {
		t.Fatal(err)
	}
	poller := badge.NewReader(r, site, rand.Reader)
	for _, step := range []struct {
		what         string
		before       func()
		want         badge.Seen
		transactions int
		bytes        int
		time         time.Duration
	}{
		{"field reset and badge read", func() {}, badge.SeenBadge, 300, 2500, 70 * time.Millisecond},
		{"badge still there", func() {}, badge.SeenSame, 20, 150, 2 * time.Millisecond},
		{"badge has left", func() { r.sim.Remove(card) }, badge.SeenNothing, 200, 1500, 150 * time.Millisecond},
		{"nothing there", func() {}, badge.SeenNothing, 20, 150, 2 * time.Millisecond},
	} {
		step.before()
		transactions, bytes, begin := r.bus.transactions, r.bus.bytes, r.sim.Elapsed()
		s, err := poller.Poll(t.Context(), today)
		if err != nil || s.Seen != step.want {
			t.Fatalf("%s: %+v, %v", step.what, s, err)
		}
		transactions, bytes = r.bus.transactions-transactions, r.bus.bytes-bytes
		took := r.sim.Elapsed() - begin
		t.Logf("%-28s %4d transactions %5d bytes %8v", step.what, transactions, bytes, took.Round(10*time.Microsecond))
		if transactions > step.transactions || bytes > step.bytes || took > step.time {
			t.Errorf("%s: more than %d transactions, %d bytes or %v", step.what, step.transactions, step.bytes, step.time)
		}
	}
	if err := r.Close(); err != nil && !errors.Is(err, hw.ErrGone) {
		t.Error(err)
	}
}

// TestProcessorTime says what a reading and an idle poll cost this machine's
// processor, the emulated chip and card included. In a bubble pauses take no
// time, so that what passes outside is work.
func TestProcessorTime(t *testing.T) {
	const n = 200
	for _, idle := range []bool{true, false} {
		outside := time.Now()
		synctest.Test(t, func(t *testing.T) {
			press, site := town()
			card := desfire(t, picc.Content{})
			r := newRig(t, "with interrupt", mfrc522sim.Config{}, card)
			record := badge.Record{Role: hw.RoleHelper, Organisation: 217500016, Serial: 42, NotAfter: badge.DayOf(today)}
			if err := press.Write(t.Context(), r, record); err != nil {
				t.Fatal(err)
			}
			if idle {
				r.sim.Remove(card)
			}
			poller := badge.NewReader(r, site, rand.Reader)
			for range n {
				if !idle {
					poller = badge.NewReader(r, site, rand.Reader)
				}
				if _, err := poller.Poll(t.Context(), today); err != nil {
					t.Fatal(err)
				}
			}
		})
		each := time.Since(outside) / n
		t.Logf("idle %v: %v each", idle, each)
		if each > 20*time.Millisecond {
			t.Errorf("idle %v: %v each, more than a tap may take of us", idle, each)
		}
	}
}
