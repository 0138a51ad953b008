package badge

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"guichet.example/hw"
	"guichet.example/internal/picc"
)

// direct hands commands to a card without any radio, as a reader does that
// speaks ISO/IEC 14443-4 itself.
type direct struct{ card *picc.DESFire }

func (d direct) Exchange(_ context.Context, message []byte) ([]byte, error) {
	answer, _ := d.card.Exchange(message)
	return answer, nil
}

// A badge made and read over whole commands is one for the kiosk's own reader.
func TestChannelWithoutLink(t *testing.T) {
	w := newTown(t)
	for _, random := range []bool{false, true} {
		uid := unhex(t, "04112233445566")
		card, err := picc.NewDESFire(picc.Content{UID: uid, RandomUID: random})
		if err != nil {
			t.Fatal(err)
		}
		seen := PICC{UID: uid}
		if random {
			seen.UID = unhex(t, "08010203")
		}
		if _, err := ReadRecord(t.Context(), seen, direct{card}, w.site, rand.Reader); !errors.Is(err, ErrRefused) {
			t.Errorf("an empty card: %v", err)
		}
		want := w.record(hw.RoleHelper)
		if err := w.press.WriteCard(t.Context(), seen, direct{card}, want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRecord(t.Context(), seen, direct{card}, w.site, rand.Reader)
		if err != nil || got != want {
			t.Errorf("read %+v, %v", got, err)
		}
		radio, err := card.Card(picc.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if role, err := Read(t.Context(), onAir(radio), w.site, rand.Reader, today); err != nil || role != hw.RoleHelper {
			t.Errorf("the kiosk reads %v, %v", role, err)
		}
	}
}
