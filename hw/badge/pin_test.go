package badge

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"guichet.example/hw"
	"guichet.example/internal/picc"
)

const testPIN = "402817"

// withPIN is the record of a badge that asks for testPIN.
func (w town) withPIN(t testing.TB) Record {
	t.Helper()
	r := w.record(hw.RoleHelper)
	var err error
	if r.PIN, err = NewVerifier(&w.press.Site, r.Organisation, r.Serial, []byte(testPIN)); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPIN(t *testing.T) {
	w := newTown(t)
	r := w.withPIN(t)
	pin := w.site.PIN(r)
	if !pin.Matches([]byte(testPIN)) {
		t.Error("the right PIN is refused")
	}
	for _, typed := range []string{"", "402818", "40281", "4028170", "40281a", "４０２８１７"} {
		if pin.Matches([]byte(typed)) {
			t.Errorf("%q is taken", typed)
		}
	}
	if other := w.site.PIN(w.record(hw.RoleHelper)); other != nil {
		t.Error("a record without a PIN asks for one")
	}
	kept := pin.Copy()
	pin.Clear()
	if pin.Matches([]byte(testPIN)) || !kept.Matches([]byte(testPIN)) {
		t.Error("Clear clears too little or too much")
	}
}

// A verifier is worth nothing for another badge, another organisation or with
// the key of another site.
func TestVerifierElsewhere(t *testing.T) {
	w := newTown(t)
	r := w.withPIN(t)
	otherKey := SiteKey(keyOf(t, "00112233445566778899AABBCCDDEEFF"), "annexe")
	serial, organisation := r, r
	serial.Serial++
	organisation.Organisation++
	for name, pin := range map[string]*PIN{
		"other badge":        w.site.PIN(serial),
		"other organisation": w.site.PIN(organisation),
		"other site":         (&Site{Key: otherKey}).PIN(r),
	} {
		if pin.Matches([]byte(testPIN)) {
			t.Errorf("%s: the PIN is taken", name)
		}
		if pin.Name() == w.site.PIN(r).Name() && name != "other organisation" {
			t.Errorf("%s: counted under the same name", name)
		}
	}
	renewed := r
	renewed.PIN[0] ^= 1
	if w.site.PIN(renewed).Name() == w.site.PIN(r).Name() {
		t.Error("the name can be found from the number alone")
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	for _, pin := range []string{"", "12345", "1234567", "12345 ", "abcdef"} {
		if _, err := NewVerifier(&Key{}, 1, 1, []byte(pin)); !errors.Is(err, ErrPINForm) {
			t.Errorf("%q: %v", pin, err)
		}
	}
}

func TestPINsPrintNothing(t *testing.T) {
	w := newTown(t)
	r := w.withPIN(t)
	pin := w.site.PIN(r)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "record", r, "pin", pin, "sighting", Sighting{PIN: pin})
	text := log.String() + fmt.Sprintf("%v %+v %#v %s %x %v", r, pin, pin, r.PIN, r.PIN, Sighting{PIN: pin})
	for _, secret := range [][]byte{r.PIN[:], pin.salt[:], pin.name[:]} {
		for _, form := range []string{"%x", "%v", "%d"} {
			if strings.Contains(text, strings.Trim(fmt.Sprintf(form, secret[:3]), "[]")) {
				t.Errorf("printed: %s", text)
			}
		}
	}
}

// A badge with a PIN is made and read on every kind of card; a card from the
// time before PINs, whose file is too short, is made anew.
func TestPINBadges(t *testing.T) {
	w := newTown(t)
	for _, generation := range []picc.Generation{picc.EV1, picc.EV2} {
		for _, random := range []bool{false, true} {
			card := w.badgeFor(t, picc.Content{Generation: generation, RandomUID: random}, hw.RoleHelper)
			w.asks(t, false, card)
			w.renew(t, w.withPIN(t), card)
			w.asks(t, true, card)
			w.renew(t, w.record(hw.RoleHelper), card)
			w.asks(t, false, card)
			old := w.beforePINs(t, generation, random)
			w.asks(t, false, old)
			w.renew(t, w.withPIN(t), old)
			w.asks(t, true, old)
		}
	}
}

func (w town) renew(t *testing.T, r Record, card picc.Card) {
	t.Helper()
	if err := w.press.Write(t.Context(), onAir(card), r); err != nil {
		t.Fatal(err)
	}
}

// beforePINs is a badge whose file holds RecordSize bytes.
func (w town) beforePINs(t *testing.T, generation picc.Generation, random bool) *picc.TypeA {
	t.Helper()
	made, err := picc.NewDESFire(picc.Content{Generation: generation, UID: testUID})
	if err != nil {
		t.Fatal(err)
	}
	card, err := made.Card(picc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w.renew(t, w.record(hw.RoleHelper), card)
	apps := made.Applications()
	apps[0].Files[0].Data = apps[0].Files[0].Data[:RecordSize]
	return blank(t, picc.Content{Generation: generation, UID: testUID, RandomUID: random, Applications: apps})
}

// asks reads a helper's badge and says whether it asks for the PIN.
func (w town) asks(t *testing.T, want bool, card picc.Card) {
	t.Helper()
	h := w.hall(t)
	h.air.place(card)
	s := h.sees(SeenBadge, came(hw.RoleHelper))
	if (s.PIN != nil) != want || want && !s.PIN.Matches([]byte(testPIN)) {
		t.Errorf("asks for the PIN: %v, want %v", s.PIN != nil, want)
	}
}

func TestWeakPINs(t *testing.T) {
	for pin, want := range map[string]error{
		"000000": ErrPINSame, "777777": ErrPINSame,
		"123456": ErrPINRow, "654321": ErrPINRow, "890123": ErrPINRow, "210987": ErrPINRow,
		"121212": ErrPINRepeated, "123123": ErrPINRepeated, "112233": ErrPINRepeated, "111222": ErrPINRepeated,
		"987789": ErrPINRepeated, "507507": ErrPINRepeated,
		"140789": ErrPINDate, "071489": ErrPINDate, "890714": ErrPINDate, "290200": ErrPINDate, "198712": ErrPINDate, "121987": ErrPINDate,
		"159753": ErrPINCommon, "789456": ErrPINCommon, "142857": ErrPINCommon,
		"12345": ErrPINForm, "": ErrPINForm, "abcdef": ErrPINForm,
		"402817": nil, "730295": nil, "913047": nil, "320415": ErrPINDate, "320445": nil, "135792": nil,
	} {
		if err := CheckPIN([]byte(pin)); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", pin, err, want)
		}
	}
}

// Every rule and most PINs are left: how much choice there is.
func TestWeakPINsAreFew(t *testing.T) {
	count := map[error]int{}
	for n := range 1_000_000 {
		count[CheckPIN(fmt.Appendf(nil, "%06d", n))]++
	}
	for _, rule := range []error{ErrPINSame, ErrPINRow, ErrPINRepeated, ErrPINDate, ErrPINCommon} {
		if count[rule] == 0 {
			t.Errorf("%q refuses nothing", rule)
		}
	}
	if left := count[nil]; left < 850_000 {
		t.Errorf("%d PINs are left: %v", left, count)
	}
	if n := len(strings.Fields(common)); count[ErrPINCommon] != n {
		t.Errorf("%d of %d common PINs are refused by another rule", n-count[ErrPINCommon], n)
	}
	t.Log(count)
}

func FuzzCheckPIN(f *testing.F) {
	f.Add([]byte("123456"))
	f.Fuzz(func(t *testing.T, pin []byte) {
		err := CheckPIN(pin)
		if err == nil && !isPIN(pin) {
			t.Errorf("%q is taken", pin)
		}
		if err != nil && len(pin) > 2 && strings.Contains(err.Error(), string(pin)) && isPIN(pin) {
			t.Errorf("the error tells the PIN: %v", err)
		}
	})
}

func BenchmarkPIN(b *testing.B) {
	pin := newTown(b).site.PIN(newTown(b).withPIN(b))
	for b.Loop() {
		pin.Matches([]byte(testPIN))
	}
}
