package trust_test

import (
	"errors"
	"strings"
	"testing"

	"guichet.example/provisioning/trust"
)

// TestOffer: who is asked what a repository is for hears it before anything is
// read that could be large, and only what is signed.
func TestOffer(t *testing.T) {
	for _, c := range []struct {
		name  string
		field any
		want  int // -1: refused
	}{{"all", nil, 100}, {"nobody", 0, 0}, {"a few", 10, 10}, {"no number", "10", -1}, {"too many", 101, -1}, {"fewer than none", -1, -1}} {
		t.Run(c.name, func(t *testing.T) {
			m, k := newMaker(t), newKiosk(t)
			if c.field != nil {
				m.twist["timestamp"] = func(signed doc) { signed["x-guichet-rollout"] = c.field }
			}
			m.publish("timestamp")
			if c.want < 0 {
				k.refuse(m.stick(), trust.Form)
				return
			}
			stick, declined := m.stick(), errors.New("not now")
			for name := range stick {
				if strings.Contains(name, "snapshot") || strings.HasPrefix(name, "targets/") {
					delete(stick, name)
				}
			}
			got := -1
			_, err := trust.Check(t.Context(), trust.Request{Repository: stick, Kiosk: k.id, Clock: today, Accept: func(o trust.Offer) error {
				got = o.Rollout
				return declined
			}})
			if got != c.want || !errors.Is(err, declined) || errors.As(err, new(*trust.Refusal)) {
				t.Errorf("%d %%, %v", got, err)
			}
			m.files["metadata/timestamp.json"].Data[20] ^= 1
			_, err = trust.Check(t.Context(), trust.Request{Repository: m.stick(), Kiosk: k.id, Clock: today, Accept: func(trust.Offer) error {
				t.Error("asked about what nobody has signed")
				return nil
			}})
			if err == nil {
				t.Error("a timestamp that was changed is taken")
			}
		})
	}
}
