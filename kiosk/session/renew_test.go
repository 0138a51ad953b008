package session

import (
	"testing"

	"guichet.example/hw"
)

// TestRenew: a release from a server waits until nobody is there.
func TestRenew(t *testing.T) {
	limits := DefaultLimits()
	for _, c := range []struct {
		name   string
		events []Event
		state  State
		does   string // at the last event
	}{
		{"at rest", path(toIdle, Renew{}), Wiping, `Blank, SetFilm private, Allow ""`},
		{"the daemon anew, after a verified wipe", path(toIdle, Renew{}, Blanked{}, Wiped{true}), Wiping, "Restart"},
		{"not after a wipe that failed", path(toIdle, Renew{}, Blanked{}, Wiped{false}), OutOfService, "Light fault, TakeSpare, Warm, Show out-of-service"},
		{"not under somebody's hand", path(toIdle, Touched{}, Renew{}), Idle, "Ignored"},
		{"once they have gone", path(toIdle, Touched{}, wait(limits.Idle), Blanked{}, Wiped{true}, wait(limits.Dwell), SpareReady{}, private, Renew{}), Wiping, `Blank, SetFilm private, Allow ""`},
		{"not in a session", path(toActive, Renew{}), Active, "Ignored"},
		{"not while help is called", path(toIdle, Help{}, Renew{}), Idle, "Ignored"},
		{"not with a badge on the reader", path(toIdle, BadgeArrived{Role: hw.RoleTechnician}, Renew{}), Idle, "Ignored"},
		{"not while a technician works", path(toPlan, Renew{}), Maintenance, "Ignored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, effects := walk(c.events, limits, ReleaseInForce)
			if m.State() != c.state || names(effects) != c.does {
				t.Errorf("%v doing %q, want %v doing %q", m.State(), names(effects), c.state, c.does)
			}
		})
	}
}
