package mfrc522sim_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// The chip and the cards here, the driver and the protocol there, were written
// apart from the same documents. This is where they meet.

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func signer() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
}

// dice is a source of random numbers that can be repeated.
type dice struct{ n byte }

func (d *dice) Read(p []byte) (int, error) {
	for i := range p {
		d.n = d.n*5 + 17
		p[i] = d.n
	}
	return len(p), nil
}

func press() *badge.Press {
	master := badge.Key{1, 2, 3}
	return &badge.Press{AID: badge.AID{0x31, 0x42, 0xF5}, Site: badge.SiteKey(&master, "mairie"),
		Admin: badge.AdminKey(&master, "mairie"), Signer: signer(), Random: &dice{}}
}

func site() *badge.Site {
	p := press()
	return &badge.Site{Organisation: 217500016, AID: p.AID, Key: p.Site, Issuer: signer().Public().(ed25519.PublicKey)}
}

// open starts the driver on a chip.
func open(t *testing.T, chip *mfrc522sim.Chip, interrupt bool) *mfrc522.Chip {
	t.Helper()
	c := mfrc522.Config{Reset: chip.NRSTPD()}
	if interrupt {
		c.Interrupt = chip.IRQ()
	}
	d, err := mfrc522.Open(t.Context(), chip.Port(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Close()
		_ = chip.Close()
	})
	return d
}

func field(t *testing.T, d *mfrc522.Chip) {
	t.Helper()
	for _, on := range []bool{false, true} {
		if err := d.Field(t.Context(), on); err != nil {
			t.Fatal(err)
		}
	}
}

func blank(t *testing.T, c picc.Content) *picc.TypeA {
	t.Helper()
	if c.UID == nil {
		c.UID = []byte{0x04, 0x78, 0x2E, 0x21, 0x80, 0x1D, 0x80}
	}
	card, err := picc.NewCard(c)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// bubble runs a test in virtual time: neither driver nor chip really waits.
func bubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// pressed makes a badge of a blank card, over the air.
func pressed(t *testing.T, d *mfrc522.Chip) {
	t.Helper()
	field(t, d)
	r := badge.Record{Role: hw.RoleHelper, Organisation: 217500016, Serial: 1, NotAfter: badge.DayOf(noon) + 1}
	if err := press().Write(t.Context(), d, r); err != nil {
		t.Fatal(err)
	}
}

// TestBadges makes and reads badges of every kind.
func TestBadges(t *testing.T) {
	for _, interrupt := range []bool{true, false} {
		for name, content := range map[string]picc.Content{
			"EV2":            {},
			"EV1":            {Generation: picc.EV1},
			"random UID":     {RandomUID: true},
			"EV1 random UID": {Generation: picc.EV1, RandomUID: true},
		} {
			t.Run(fmt.Sprintf("%s/interrupt=%v", name, interrupt), func(t *testing.T) {
				bubble(t, func(t *testing.T) { makeAndRead(t, content, interrupt) })
			})
		}
	}
}

func makeAndRead(t *testing.T, content picc.Content, interrupt bool) {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	d := open(t, chip, interrupt)
	chip.Place(blank(t, content))
	pressed(t, d)
	field(t, d)
	begin := chip.Elapsed()
	role, err := badge.Read(t.Context(), d, site(), &dice{}, noon)
	if err != nil || role != hw.RoleHelper {
		t.Fatalf("role %v, %v", role, err)
	}
	t.Logf("read in %v of the chip's time", chip.Elapsed()-begin)
}

func TestSelfTestOfDriver(t *testing.T) { bubble(t, selfTestOfDriver) }

func selfTestOfDriver(t *testing.T) {
	for _, v := range []byte{0x91, 0x92} {
		chip := mfrc522sim.New(mfrc522sim.Config{Version: v})
		d := open(t, chip, true)
		if err := d.SelfTest(t.Context()); err != nil || byte(d.Version()) != v {
			t.Errorf("version %02X: %v", byte(d.Version()), err)
		}
	}
}

// TestHowMany tells no card, each kind of card and two cards.
func TestHowMany(t *testing.T) { bubble(t, howMany) }

func howMany(t *testing.T) {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	d := open(t, chip, true)
	activate := func() (badge.PICC, error) {
		t.Helper()
		field(t, d)
		return badge.Activate(t.Context(), d)
	}
	if _, err := activate(); !errors.Is(err, badge.ErrNoBadge) {
		t.Errorf("an empty field: %v", err)
	}
	uids := []string{"\x10bcd", "\x04bcdefg", "\x04bcdefghij"}
	for _, uid := range uids {
		card, err := picc.New(picc.Config{UID: []byte(uid)})
		if err != nil {
			t.Fatal(err)
		}
		chip.Place(card)
		if p, err := activate(); err != nil || string(p.UID) != uid {
			t.Errorf("UID %X was read as %X: %v", uid, p.UID, err)
		}
		chip.Remove(card)
	}
	for bit := range 56 {
		one, other := []byte("\x04bcdefg"), []byte("\x04bcdefg")
		other[bit/8] ^= 1 << (bit % 8)
		if other[0] == 0x88 || other[3] == 0x88 {
			continue
		}
		cards := []*picc.TypeA{blank(t, picc.Content{UID: one}), blank(t, picc.Content{UID: other})}
		chip.Place(cards[0])
		chip.Place(cards[1])
		if p, err := activate(); !errors.Is(err, badge.ErrTwoBadges) {
			t.Errorf("two cards that differ in bit %d: %X, %v", bit, p.UID, err)
		}
		chip.Remove(cards[0])
		chip.Remove(cards[1])
	}
}

// TestStrangers are clones, replays and cards that forge: none is let in, and
// the next true badge is. A true one of which an answer is lost is asked
// again; one that loses all of them takes too long.
func TestStrangers(t *testing.T) { bubble(t, strangers) }

func strangers(t *testing.T) {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	d := open(t, chip, true)
	true1 := blank(t, picc.Content{})
	tape := &picc.Recorder{Card: true1}
	chip.Place(true1)
	pressed(t, d)
	chip.Remove(true1)
	read := func(c picc.Card) hw.Role {
		t.Helper()
		chip.Place(c)
		defer chip.Remove(c)
		field(t, d)
		role, _ := badge.Read(t.Context(), d, site(), &dice{n: byte(chip.Elapsed())}, noon)
		return role
	}
	if read(tape) != hw.RoleHelper {
		t.Fatal("the true badge was refused")
	}
	aid := picc.AID(press().AID)
	file := picc.File{No: 1, Comm: picc.Full, Rights: picc.Rights{Read: 2, ReadWrite: 0x0F}, Data: bytes.Repeat([]byte{1}, badge.RecordSize)}
	for name, c := range map[string]struct {
		picc.Card
		want hw.Role
	}{
		"blank":  {blank(t, picc.Content{}), hw.RoleNone},
		"clone":  {blank(t, picc.Content{Applications: []picc.Application{{AID: aid, Keys: make([]picc.Key, 3), Files: []picc.File{file}}}}), hw.RoleNone},
		"replay": {&picc.Replay{Exchanges: tape.Exchanges}, hw.RoleNone},
		"forger": {&picc.Faulty{Card: true1, Where: picc.Blocks, Fault: picc.Rewrite(func(b []byte) []byte { b[len(b)/2] ^= 1; return b })}, hw.RoleNone},
		"short":  {&picc.Faulty{Card: true1, Where: picc.Blocks, Fault: picc.Rewrite(func(b []byte) []byte { return b[:len(b)/2+1] })}, hw.RoleNone},
		"long":   {&picc.Faulty{Card: true1, Where: picc.Blocks, Fault: picc.Oversize(200, true)}, hw.RoleHelper},
		"silent": {&picc.Faulty{Card: true1, Where: picc.Blocks, Fault: picc.LoseAnswer()}, hw.RoleNone},
		"quiet":  {&picc.Faulty{Card: true1, Where: picc.Nth(8), Fault: picc.LoseAnswer()}, hw.RoleHelper},
	} {
		if role := read(c.Card); role != c.want {
			t.Errorf("%s is %v, want %v", name, role, c.want)
		}
	}
	if read(true1) != hw.RoleHelper {
		t.Error("the true badge was refused after the strangers")
	}
}

// TestGlitches lose or spoil one frame, of any number, of a badge's reading:
// the reader may fail, it may not let somebody else in, and it recovers.
func TestGlitches(t *testing.T) { bubble(t, glitches) }

func glitches(t *testing.T) {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	d := open(t, chip, true)
	card := blank(t, picc.Content{})
	chip.Place(card)
	pressed(t, d)
	chip.Remove(card)
	healed := 0
	for name, fault := range map[string]picc.Fault{
		"flip": picc.FlipAnswer(12), "lose": picc.LoseAnswer(), "deaf": picc.LoseSent(), "cut": picc.Truncate(13),
		"late": picc.Late(300 * time.Millisecond), "long": picc.Oversize(90, false),
	} {
		for n := range 25 {
			c := &picc.Faulty{Card: card, Fault: fault, Where: picc.Nth(n)}
			chip.Place(c)
			field(t, d)
			role, err := badge.Read(t.Context(), d, site(), &dice{}, noon)
			if role == hw.RoleHelper {
				healed++
			}
			if errors.Is(err, hw.ErrGone) {
				t.Errorf("%s %d: the reader is taken for gone: %v", name, n, err)
			}
			chip.Remove(c)
		}
	}
	t.Logf("%d of 150 readings went through", healed)
	if healed < 50 {
		t.Errorf("%d of 150 readings went through a glitch", healed)
	}
	chip.Place(card)
	field(t, d)
	if role, err := badge.Read(t.Context(), d, site(), &dice{}, noon); role != hw.RoleHelper {
		t.Errorf("the badge without a glitch: %v, %v", role, err)
	}
}

// TestLostChip is a chip that falls off the bus and comes back.
func TestLostChip(t *testing.T) { bubble(t, lostChip) }

func lostChip(t *testing.T) {
	for _, f := range []mfrc522sim.BusFault{{Gone: true, Level: 0}, {Gone: true, Level: 0xFF}, {Err: errors.New("lost")}} {
		chip := mfrc522sim.New(mfrc522sim.Config{})
		d := open(t, chip, true)
		field(t, d)
		chip.Break(f)
		if _, err := badge.Activate(t.Context(), d); !errors.Is(err, hw.ErrGone) {
			t.Errorf("%+v: %v", f, err)
		}
		chip.Break(mfrc522sim.BusFault{})
		_ = d.Field(t.Context(), true)
		chip.Place(blank(t, picc.Content{}))
		field(t, d)
		if _, err := badge.Activate(t.Context(), d); err != nil {
			t.Errorf("%+v: after it came back: %v", f, err)
		}
	}
}

// TestRemovals takes the badge away at moments all over its reading.
func TestRemovals(t *testing.T) { bubble(t, removals) }

func removals(t *testing.T) {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	d := open(t, chip, true)
	card := blank(t, picc.Content{})
	chip.Place(card)
	pressed(t, d)
	helpers, none := 0, 0
	for after := time.Duration(0); after < 60*time.Millisecond; after += 1300 * time.Microsecond {
		chip.Place(card)
		field(t, d)
		gone := chip.Elapsed() + after
		chip.RemoveAt(gone, card)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		role, err := badge.Read(ctx, d, site(), &dice{}, noon)
		cancel()
		switch {
		case errors.Is(err, hw.ErrGone):
			t.Errorf("taken away after %v: %v", after, err)
		case role == hw.RoleHelper:
			helpers++
		default:
			none++
		}
		for chip.Elapsed() < gone {
			field(t, d)
		}
	}
	if helpers == 0 || none == 0 {
		t.Errorf("%d readings went through, %d did not: want some of each", helpers, none)
	}
}

// TestBitFlips turns over one bit on the bus, anywhere in a reading: whatever
// comes of it, the next reading on a sound bus succeeds.
func TestBitFlips(t *testing.T) { bubble(t, bitFlips) }

func bitFlips(t *testing.T) {
	chip := mfrc522sim.New(mfrc522sim.Config{})
	d := open(t, chip, true)
	chip.Place(blank(t, picc.Content{}))
	pressed(t, d)
	read := func() (hw.Role, error) {
		for range 2 { // a chip that was lost is set up by the second
			_ = d.Field(t.Context(), false)
			_ = d.Field(t.Context(), true)
		}
		return badge.Read(t.Context(), d, site(), &dice{}, noon)
	}
	through := 0
	for bit := 1; bit < 12000; bit += 23 {
		for _, f := range []mfrc522sim.BusFault{{FlipIn: bit}, {FlipOut: bit}} {
			chip.Break(f)
			if role, _ := read(); role == hw.RoleHelper {
				through++
			}
			chip.Break(mfrc522sim.BusFault{})
			if role, err := read(); role != hw.RoleHelper {
				t.Fatalf("%+v: the reading after it: %v", f, err)
			}
		}
	}
	t.Logf("%d readings went through in spite of a bit", through)
}

// TestPeople lay badges down and take them away while the kiosk reads.
func TestPeople(t *testing.T) { bubble(t, people) }

func people(t *testing.T) {
	chip := mfrc522sim.New(mfrc522sim.Config{RealTime: true})
	d := open(t, chip, true)
	card := blank(t, picc.Content{})
	chip.Place(card)
	pressed(t, d)
	var hands sync.WaitGroup
	hands.Go(func() {
		for i := range 100 {
			chip.Remove(card)
			time.Sleep(time.Duration(i) * time.Millisecond)
			chip.Place(card)
			time.Sleep(time.Duration(2*i) * time.Millisecond)
		}
	})
	seen := 0
	for range 100 {
		field(t, d)
		if role, _ := badge.Read(t.Context(), d, site(), &dice{}, noon); role == hw.RoleHelper {
			seen++
		}
		time.Sleep(100 * time.Millisecond)
	}
	hands.Wait()
	if seen < 20 || seen == 100 {
		t.Errorf("the badge was read %d times of 100", seen)
	}
}
