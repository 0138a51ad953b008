package hwtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"guichet.example/hw"
)

// RelayProbe is the coil's side of a relay.
type RelayProbe struct {
	// Energised reports whether the coil has current now.
	Energised func() bool

	// Break makes the line refuse to be energised from now on; releasing it
	// still works, as the coil then has no supply. nil = the clauses that
	// need it are skipped with that reason.
	Break func()
}

// TestRelay checks a relay. open opens it anew, with a coil that was
// energised before if the hardware can be left so.
func TestRelay(t *testing.T, open func(t *testing.T) (hw.Relay, RelayProbe)) {
	t.Helper()
	run(t, relayClauses(), open)
}

func relayClauses() []clause[hw.Relay, RelayProbe] {
	return []clause[hw.Relay, RelayProbe]{
		{"opening leaves the coil released", func(_ hw.Relay, p RelayProbe) error {
			return coil(p, false, "after opening")
		}},
		{"clear energises, everything else releases", relayStates},
		{"set twice is set once", relayTwice},
		{"close releases the coil", func(r hw.Relay, p RelayProbe) error {
			if err := setAndSee(r, p, hw.FilmClear); err != nil {
				return err
			}
			if err := bounded("close", r.Close); err != nil {
				return err
			}
			return coil(p, false, "after closing")
		}},
		{"an error leaves the coil released, and close too", relayBroken},
		{"a cancelled context never energises", relayCancelled},
		{"a closed relay stays released", relayClosed},
		{"close while setting does not hang and releases", relayRace},
	}
}

func coil(p RelayProbe, want bool, when string) error {
	if got := p.Energised(); got != want {
		return fmt.Errorf("coil energised %s: %v, want %v", when, got, want)
	}
	return nil
}

func set(ctx context.Context, r hw.Relay, f hw.Film) error {
	return bounded("set "+f.String(), func() error { return r.Set(ctx, f) })
}

func setAndSee(r hw.Relay, p RelayProbe, f hw.Film) error {
	if err := set(context.Background(), r, f); err != nil {
		return err
	}
	return coil(p, f == hw.FilmClear, "after set "+f.String())
}

func relayStates(r hw.Relay, p RelayProbe) error {
	for _, f := range []hw.Film{
		hw.FilmClear, hw.FilmPrivate, hw.FilmClear, hw.FilmUnknown, hw.FilmClear, hw.Film(7), hw.Film(-1),
	} {
		if err := setAndSee(r, p, f); err != nil {
			return err
		}
	}
	return nil
}

func relayTwice(r hw.Relay, p RelayProbe) error {
	for _, f := range []hw.Film{hw.FilmPrivate, hw.FilmPrivate, hw.FilmClear, hw.FilmClear, hw.FilmPrivate, hw.FilmPrivate} {
		if err := setAndSee(r, p, f); err != nil {
			return err
		}
	}
	return nil
}

func relayBroken(r hw.Relay, p RelayProbe) error {
	if p.Break == nil {
		return cannot("Break")
	}
	if err := setAndSee(r, p, hw.FilmClear); err != nil {
		return err
	}
	p.Break()
	if err := set(context.Background(), r, hw.FilmClear); err == nil {
		return errors.New("set clear on a broken line: no error")
	}
	if err := coil(p, false, "after an error"); err != nil {
		return err
	}
	_ = bounded("close", r.Close)
	return coil(p, false, "after closing a broken relay")
}

func relayCancelled(r hw.Relay, p RelayProbe) error {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := set(over, r, hw.FilmClear); !errors.Is(err, context.Canceled) {
		return unlike("set clear under a cancelled context", err, context.Canceled)
	}
	if err := coil(p, false, "by a cancelled context"); err != nil {
		return err
	}
	if err := setAndSee(r, p, hw.FilmClear); err != nil {
		return err
	}
	_ = set(over, r, hw.FilmPrivate) // releasing is right whether or not it is called an error
	return coil(p, false, "after set private under a cancelled context")
}

func relayClosed(r hw.Relay, p RelayProbe) error {
	if err := bounded("close", r.Close); err != nil {
		return err
	}
	if err := set(context.Background(), r, hw.FilmClear); err == nil {
		return errors.New("set clear after close: no error")
	}
	if err := coil(p, false, "after set on a closed relay"); err != nil {
		return err
	}
	return bounded("second close", func() error { _ = r.Close(); return nil })
}

func relayRace(r hw.Relay, p RelayProbe) error {
	var setters sync.WaitGroup
	for range 4 {
		setters.Go(func() {
			for range 25 {
				if r.Set(context.Background(), hw.FilmClear) != nil {
					return
				}
			}
		})
	}
	if err := bounded("close while setting", r.Close); err != nil {
		return err
	}
	if err := bounded("set while closing", func() error { setters.Wait(); return nil }); err != nil {
		return err
	}
	return coil(p, false, "after closing while setting")
}
