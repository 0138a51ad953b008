package badge

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"guichet.example/hw"
	"guichet.example/internal/picc"
)

// hall is a reader with its presence.
type hall struct {
	t        *testing.T
	air      *air
	reader   *Reader
	presence Presence
}

func (w town) hall(t *testing.T) *hall {
	a := onAir()
	return &hall{t: t, air: a, reader: NewReader(a, w.site, rand.Reader)}
}

// sees polls once and wants that, and these changes.
func (h *hall) sees(want Seen, changes ...hw.Badge) Sighting {
	h.t.Helper()
	s, err := h.reader.Poll(h.t.Context(), today)
	if err != nil || s.Seen != want {
		h.t.Fatalf("sees %+v (%v), want %v", s, err, want)
	}
	got := h.presence.Saw(s)
	if len(got) != len(changes) {
		h.t.Fatalf("changes %+v, want %+v", got, changes)
	}
	for i := range got {
		if got[i] != changes[i] {
			h.t.Fatalf("changes %+v, want %+v", got, changes)
		}
	}
	return s
}

func came(r hw.Role) hw.Badge { return hw.Badge{Present: true, Role: r} }

func TestReader(t *testing.T) {
	w := newTown(t)
	for _, content := range []picc.Content{{Generation: picc.EV1}, {}, {RandomUID: true}} {
		helper := w.badgeFor(t, content, hw.RoleHelper)
		h := w.hall(t)
		h.sees(SeenNothing)
		h.air.place(helper)
		h.sees(SeenBadge, came(hw.RoleHelper))
		before := h.air.frames
		h.sees(SeenSame)
		if n := h.air.frames - before; n != 1 {
			t.Errorf("%d frames to see that a badge is still there", n)
		}
		h.air.remove(helper)
		h.sees(SeenNothing)
		h.air.place(helper)
		h.sees(SeenSame)
		h.air.remove(helper)
		h.sees(SeenNothing)
		h.sees(SeenNothing, hw.Badge{})
		before = h.air.frames
		h.sees(SeenNothing)
		if n := h.air.frames - before; n != 1 {
			t.Errorf("%d frames to see that nothing is there", n)
		}
		h.air.place(helper)
		h.sees(SeenBadge, came(hw.RoleHelper))
	}
}

// A helper's badge cannot be kept alive by another card, whatever lies beside
// it or takes its place.
func TestReaderOtherCards(t *testing.T) {
	w := newTown(t)
	helper := w.badgeFor(t, picc.Content{}, hw.RoleHelper)
	transit := typeA(t, picc.Config{UID: []byte{1, 2, 3, 4}})
	unknown := blank(t, picc.Content{UID: unhex(t, "04000000000001")})
	second := w.record(hw.RoleTechnician)
	second.Serial++
	other := blank(t, picc.Content{UID: unhex(t, "04000000000002")})
	if err := w.press.Write(t.Context(), onAir(other), second); err != nil {
		t.Fatal(err)
	}

	h := w.hall(t)
	h.air.place(helper)
	h.sees(SeenBadge, came(hw.RoleHelper))
	h.air.place(transit)
	h.sees(SeenSame)
	h.air.remove(helper)
	h.sees(SeenBadge, hw.Badge{}, came(hw.RoleNone))
	h.sees(SeenSame)
	h.air.place(unknown)
	h.sees(SeenSeveral)
	h.air.remove(transit)
	h.sees(SeenSame) // refused as well: told apart nowhere
	h.air.remove(unknown)
	h.air.place(helper)
	h.sees(SeenBadge, hw.Badge{}, came(hw.RoleHelper))
	h.air.remove(helper)
	h.air.place(other)
	h.sees(SeenBadge, hw.Badge{}, came(hw.RoleTechnician))
}

// A badge taken away in the middle of any frame is ordinary: it is read when
// it comes back.
func TestReaderTakenAway(t *testing.T) {
	w := newTown(t)
	badge := w.badgeFor(t, picc.Content{}, hw.RoleHelper)
	for n := range w.framesOf(t, badge) {
		h := w.hall(t)
		leaving := picc.Leaving(badge, n, 30)
		h.air.place(leaving)
		s, err := h.reader.Poll(t.Context(), today)
		if err != nil || s.Seen == SeenBadge || h.presence.Saw(s) != nil {
			t.Fatalf("frame %d: %+v %v", n, s, err)
		}
		h.sees(SeenNothing)
		leaving.Back()
		h.air.reset()
		h.sees(SeenBadge, came(hw.RoleHelper))
	}
}

// breaking is a reader chip that fails when told so.
type breaking struct {
	*air
	err error
}

func (b *breaking) Transceive(ctx context.Context, f Frame) (Answer, error) {
	if b.err != nil {
		return Answer{}, b.err
	}
	return b.air.Transceive(ctx, f)
}

func TestReaderBreaks(t *testing.T) {
	w := newTown(t)
	b := &breaking{air: onAir(w.badgeFor(t, picc.Content{}, hw.RoleHelper))}
	r := NewReader(b, w.site, rand.Reader)
	wants := func(want Seen) {
		t.Helper()
		if s, err := r.Poll(t.Context(), today); err != nil || s.Seen != want {
			t.Fatalf("%+v %v", s, err)
		}
	}
	wants(SeenBadge)
	b.err = errors.New("no such chip")
	for range 2 {
		if s, err := r.Poll(t.Context(), today); !errors.Is(err, b.err) || s != (Sighting{}) {
			t.Fatalf("%+v %v", s, err)
		}
	}
	b.err = nil
	wants(SeenBadge)

	// A newer list counts from the next reading.
	newer := *w.site
	newer.Revoked = revoking(t, 42)
	r.SetSite(&newer)
	wants(SeenSame)
	b.reset()
	for _, on := range []bool{false, true} {
		b.err = map[bool]error{false: ErrNoAnswer}[on]
		_, _ = r.Poll(t.Context(), today)
		_, _ = r.Poll(t.Context(), today)
	}
	wants(SeenSame)
}

// No error names a UID, a key, a MAC or anything that was sent.
func TestErrorsKeepSecrets(t *testing.T) {
	w := newTown(t)
	card := w.badgeFor(t, picc.Content{}, hw.RoleHelper)
	for n := range w.framesOf(t, card) {
		for _, fault := range []picc.Fault{picc.Truncate(20), picc.Rewrite(func(b []byte) []byte { return append(b, 0x78, 0x2E) })} {
			faulty := &picc.Faulty{Card: card, Fault: fault, Where: func(i int, _ []byte) bool { return i >= n }}
			_, err := w.read(t, faulty)
			if err == nil {
				continue
			}
			text := strings.ToLower(err.Error())
			if !strings.HasPrefix(text, "read badge: ") && !errors.Is(err, ErrNoBadge) {
				t.Errorf("frame %d: %v", n, err)
			}
			for _, secret := range []string{"782e", "78 2e", "[4 120", "a8dd", "0x", "51 47"} {
				if strings.Contains(text, secret) {
					t.Errorf("frame %d: %v", n, err)
				}
			}
		}
	}
}

// A badge with serial number 0 is not the same as one that is not known.
func TestReaderSerialZero(t *testing.T) {
	w := newTown(t)
	zero := w.record(hw.RoleHelper)
	zero.Serial = 0
	card := blank(t, picc.Content{})
	if err := w.press.Write(t.Context(), onAir(card), zero); err != nil {
		t.Fatal(err)
	}
	h := w.hall(t)
	unknown := blank(t, picc.Content{UID: []byte{1, 2, 3, 4}})
	h.air.place(unknown)
	h.sees(SeenBadge, came(hw.RoleNone))
	h.air.remove(unknown)
	h.air.place(card)
	h.sees(SeenBadge, hw.Badge{}, came(hw.RoleHelper))
}
