package badge

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/internal/picc"
)

// air is a PCD without a chip: frames go straight to software cards. Time is
// simulated.
type air struct {
	field  picc.Field
	now    time.Duration
	frames int
}

func onAir(cards ...picc.Card) *air {
	a := &air{}
	a.place(cards...)
	a.reset()
	return a
}

func (a *air) place(cards ...picc.Card) {
	for _, c := range cards {
		a.field.Place(a.now, c)
	}
}

func (a *air) remove(c picc.Card) { a.field.Remove(a.now, c) }

func (a *air) reset() {
	a.field.Switch(a.now, false)
	a.now += 5 * time.Millisecond
	a.field.Switch(a.now, true)
	a.now += 5 * time.Millisecond
}

func (a *air) Field(_ context.Context, on bool) error {
	a.field.Switch(a.now, on)
	a.now += 5 * time.Millisecond
	return nil
}

func (a *air) Transceive(_ context.Context, f Frame) (Answer, error) {
	began := a.now
	answer, err := a.exchange(f)
	answer.Took = a.now - began - f.Guard
	return answer, err
}

func (a *air) exchange(f Frame) (Answer, error) {
	a.frames++
	data := f.Data
	if f.CRC {
		data = picc.CRCA(data)
	}
	sent := picc.Encode(data, f.LastBits)
	a.now += picc.Periods(1172) + f.Guard + sent.Duration()
	signals := a.field.Send(a.now, sent, a.field.Cards())
	if len(signals) == 0 || signals[0].Begin > a.now+f.Wait {
		a.now += f.Wait
		return Answer{}, ErrNoAnswer
	}
	got := picc.Superpose(signals)
	a.now = signals[0].Begin + got.Duration()
	return received(f, got.Decode(f.Align))
}

// received judges an answer as a reader chip does.
func received(f Frame, d picc.Decoded) (Answer, error) {
	switch {
	case d.ParityErr:
		return Answer{}, ErrParity
	case len(d.Data) > 64:
		return Answer{}, ErrOverflow
	case !f.CRC:
		return Answer{Data: d.Data, LastBits: d.LastBits, Collision: d.Collision}, nil
	case d.LastBits != 0 || len(d.Data) < 3:
		return Answer{}, ErrFraming
	}
	n := len(d.Data) - 2
	if !bytes.Equal(picc.CRCA(d.Data[:n])[n:], d.Data[n:]) {
		return Answer{}, ErrCRC
	}
	return Answer{Data: d.Data[:n], Collision: d.Collision}, nil
}

// town is an organisation with one site.
type town struct {
	press *Press
	site  *Site
}

func newTown(t testing.TB) town {
	t.Helper()
	public, private := signer()
	master := keyOf(t, "00112233445566778899AABBCCDDEEFF")
	key := SiteKey(master, "mairie")
	return town{
		press: &Press{AID: testAID, Site: key, Admin: AdminKey(master, "mairie"), Signer: private, Random: rand.Reader},
		site:  &Site{Organisation: 217500016, AID: testAID, Key: key, Issuer: public},
	}
}

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func (town) record(role hw.Role) Record {
	return Record{Role: role, Organisation: 217500016, Serial: 42, NotAfter: DayOf(today)}
}

func blank(t testing.TB, c picc.Content) *picc.TypeA {
	t.Helper()
	if c.UID == nil {
		c.UID = testUID
	}
	card, err := picc.NewCard(c)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// badgeFor is a card made a badge by the press.
func (w town) badgeFor(t testing.TB, c picc.Content, role hw.Role) *picc.TypeA {
	t.Helper()
	card := blank(t, c)
	if err := w.press.Write(t.Context(), onAir(card), w.record(role)); err != nil {
		t.Fatal(err)
	}
	return card
}

func (w town) read(t testing.TB, cards ...picc.Card) (hw.Role, error) {
	return Read(t.Context(), onAir(cards...), w.site, rand.Reader, today)
}

func (w town) wants(t *testing.T, want hw.Role, cards ...picc.Card) {
	t.Helper()
	if role, err := w.read(t, cards...); role != want || err != nil {
		t.Errorf("role %v, error %v; want %v", role, err, want)
	}
}

// Every kind of card is made a badge, read, renewed and read again.
func TestBadges(t *testing.T) {
	w := newTown(t)
	for _, generation := range []picc.Generation{picc.EV1, picc.EV2} {
		for _, uid := range []string{"01020304", "88040506", "04782E21801D80", "0102030405060708090A"} {
			for _, random := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %s random %v", generation, uid, random), func(t *testing.T) {
					card := w.badgeFor(t, picc.Content{Generation: generation, UID: unhex(t, uid), RandomUID: random}, hw.RoleHelper)
					w.wants(t, hw.RoleHelper, card)
					if err := w.press.Write(t.Context(), onAir(card), w.record(hw.RoleTechnician)); err != nil {
						t.Fatal(err)
					}
					w.wants(t, hw.RoleTechnician, card)
				})
			}
		}
	}
}

func TestNoBadges(t *testing.T) {
	w := newTown(t)
	good := w.badgeFor(t, picc.Content{}, hw.RoleHelper)
	stranger := newTown(t)
	stranger.press.Site, stranger.press.Admin = *keyOf(t, repeat("11", 16)), *keyOf(t, repeat("22", 16))
	forger := newTown(t)
	forger.press.Signer = otherSigner()
	for name, card := range map[string]picc.Card{
		"factory card with the UID of a badge": blank(t, picc.Content{}),
		"application with other keys":          stranger.badgeFor(t, picc.Content{}, hw.RoleTechnician),
		"record signed by somebody else":       forger.badgeFor(t, picc.Content{}, hw.RoleTechnician),
		"ISO/IEC 14443-3 only":                 typeA(t, picc.Config{UID: testUID}),
		"bank card":                            typeA(t, picc.Config{UID: testUID, Processor: fixed("6E00")}),
		"answers nothing":                      typeA(t, picc.Config{UID: testUID, Processor: fixed("")}),
		"says yes to everything":               typeA(t, picc.Config{UID: testUID, Processor: fixed("9100")}),
		"has always more":                      typeA(t, picc.Config{UID: testUID, Processor: fixed(repeat("00", 59) + "91AF")}),
	} {
		t.Run(name, func(t *testing.T) { w.wants(t, hw.RoleNone, card) })
	}
	w.wants(t, hw.RoleHelper, good) // they all failed, and this would have worked

	expired := *w.site
	if role, err := Read(t.Context(), onAir(good), &expired, rand.Reader, today.AddDate(0, 0, 1)); role != hw.RoleNone || err != nil {
		t.Errorf("expired: %v %v", role, err)
	}
	for name, change := range map[string]func(*Site){
		"other key":          func(s *Site) { s.Key[0]++ },
		"other application":  func(s *Site) { s.AID[0]++ },
		"other organisation": func(s *Site) { s.Organisation++ },
		"other issuer":       func(s *Site) { s.Issuer = otherSigner().Public().(edPublic) },
		"revoked":            func(s *Site) { s.Revoked = revoking(t, 42) },
	} {
		other := *w.site
		change(&other)
		if role, err := Read(t.Context(), onAir(good), &other, rand.Reader, today); role != hw.RoleNone || err != nil {
			t.Errorf("%s: %v %v", name, role, err)
		}
	}
}

// A card with everything of a badge but its UID, keys included, is none.
func TestCopyOnAnotherCard(t *testing.T) {
	w := newTown(t)
	for _, generation := range []picc.Generation{picc.EV1, picc.EV2} {
		original, err := picc.NewDESFire(picc.Content{Generation: generation, UID: testUID})
		if err != nil {
			t.Fatal(err)
		}
		card, err := original.Card(picc.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.press.Write(t.Context(), onAir(card), w.record(hw.RoleHelper)); err != nil {
			t.Fatal(err)
		}
		for _, random := range []bool{false, true} {
			content := picc.Content{Generation: generation, UID: testUID, RandomUID: random, Applications: original.Applications()}
			w.wants(t, hw.RoleHelper, blank(t, content))
			content.UID = unhex(t, "04782E21801D81")
			w.wants(t, hw.RoleNone, blank(t, content))
		}
	}
}

// What was heard yesterday opens nothing today.
func TestReplay(t *testing.T) {
	w := newTown(t)
	for _, random := range []bool{false, true} {
		for _, generation := range []picc.Generation{picc.EV1, picc.EV2} {
			heard := &picc.Recorder{Card: w.badgeFor(t, picc.Content{Generation: generation, RandomUID: random}, hw.RoleHelper)}
			w.wants(t, hw.RoleHelper, heard)
			if len(heard.Exchanges) < 8 {
				t.Fatalf("only %d frames were heard", len(heard.Exchanges))
			}
			if role, err := w.read(t, &picc.Replay{Exchanges: heard.Exchanges}); role != hw.RoleNone {
				t.Errorf("replay is a %v (%v)", role, err)
			}
		}
	}
}

func TestSeveral(t *testing.T) {
	w := newTown(t)
	if _, err := w.read(t); !errors.Is(err, ErrNoBadge) {
		t.Error(err)
	}
	for name, uids := range map[string][]string{
		"first level differs":        {"01020304", "01020305"},
		"sizes differ":               {"01020304", "04782E21801D80"},
		"second level differs":       {"04782E21801D80", "04782E21801D82"},
		"third level differs":        {"0102030405060708090A", "0102030405060708090B"},
		"three":                      {"01020304", "01020305", "01020306"},
		"badge and one of four byte": {"04782E21801D80", "88047803"},
		"far apart":                  {"FFFFFFFF", "00000000"},
	} {
		var cards []picc.Card
		for _, uid := range uids {
			cards = append(cards, w.badgeFor(t, picc.Content{UID: unhex(t, uid)}, hw.RoleHelper))
		}
		for range 2 {
			if role, err := w.read(t, cards...); !errors.Is(err, ErrTwoBadges) || role != hw.RoleNone {
				t.Errorf("%s: %v %v", name, role, err)
			}
			cards[0], cards[1] = cards[1], cards[0]
		}
		w.wants(t, hw.RoleHelper, cards[0])
	}
}

// BenchmarkRead reads a badge: our time and the software card's on this
// machine, frame times at 106 kbit/s simulated. Cards think for no time here.
func BenchmarkRead(b *testing.B) {
	w := newTown(b)
	for name, content := range map[string]picc.Content{
		"EV1": {Generation: picc.EV1}, "EV2": {}, "EV2 with random UID": {RandomUID: true},
	} {
		b.Run(name, func(b *testing.B) {
			card := w.badgeFor(b, content, hw.RoleHelper)
			var onAirTime time.Duration
			frames := 0
			for b.Loop() {
				a := onAir(card)
				start := a.now
				if role, err := Read(b.Context(), a, w.site, rand.Reader, today); role != hw.RoleHelper || err != nil {
					b.Fatal(role, err)
				}
				onAirTime, frames = a.now-start, a.frames
			}
			b.ReportMetric(float64(onAirTime.Microseconds())/1000, "ms-on-air")
			b.ReportMetric(float64(frames), "frames")
		})
	}
}
