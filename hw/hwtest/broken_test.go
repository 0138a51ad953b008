package hwtest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/simboard"
)

// broken is an implementation that violates one clause.
type broken[D, P any] struct {
	clause string
	open   func(t *testing.T) (D, P)
}

// mustFail holds every broken implementation to the clause that it violates,
// and wants each clause to be violated by one.
func mustFail[D interface{ Close() error }, P any](t *testing.T, clauses []clause[D, P], list []broken[D, P]) {
	t.Helper()
	for _, c := range clauses {
		t.Run(c.name, func(t *testing.T) {
			found := false
			for _, b := range list {
				if b.clause != c.name {
					continue
				}
				found = true
				synctest.Test(t, func(t *testing.T) { // Bound passes at once
					device, probe := b.open(t)
					err := c.check(device, probe)
					var skip cannot
					if err == nil || errors.As(err, &skip) {
						t.Errorf("a broken implementation passes: %v", err)
					}
					t.Log(err)
					time.Sleep(2 * aeon) // until what the clause left behind has ended
				})
			}
			if !found {
				t.Error("no implementation breaks this clause")
			}
		})
	}
	for _, b := range list {
		known := false
		for _, c := range clauses {
			known = known || b.clause == c.name
		}
		if !known {
			t.Errorf("no clause %q", b.clause)
		}
	}
}

func board() *simboard.Board { return simboard.New(simboard.Options{FollowDelay: -1}) }

// aeon is longer than any clause waits.
const aeon = 100 * Bound

// never waits for the end of a context, or for an aeon; deaf is for an
// implementation that does not listen to its context.
func never(ctx context.Context, deaf bool) error {
	if deaf {
		ctx = context.Background()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(aeon):
		return errors.New("an aeon has passed")
	}
}

// badRelay is a relay of the simulated board with its calls bent.
type badRelay struct {
	hw.Relay
	set   func(ctx context.Context, f hw.Film) error
	close func() error
}

func (r badRelay) Set(ctx context.Context, f hw.Film) error { return r.set(ctx, f) }
func (r badRelay) Close() error                             { return r.close() }

func bendRelay(bend func(r *badRelay, b *simboard.Board, live hw.Relay)) func(*testing.T) (hw.Relay, RelayProbe) {
	return func(t *testing.T) (hw.Relay, RelayProbe) {
		b := board()
		good, live := b.Relay(), b.Relay() // live stays open whatever happens to good
		bad := badRelay{good, good.Set, good.Close}
		bend(&bad, b, live)
		return bad, RelayProbe{
			Energised: func() bool { return b.Commanded() == hw.FilmClear },
			Break:     func() { _ = b.Fault(simboard.PartRelay, simboard.KindGone) },
		}
	}
}

func TestRelayContractCanFail(t *testing.T) {
	bg := context.Background()
	mustFail(t, relayClauses(), []broken[hw.Relay, RelayProbe]{
		{"opening leaves the coil released", bendRelay(func(_ *badRelay, _ *simboard.Board, live hw.Relay) {
			_ = live.Set(bg, hw.FilmClear)
		})},
		{"clear energises, everything else releases", bendRelay(func(r *badRelay, _ *simboard.Board, live hw.Relay) {
			r.set = func(ctx context.Context, f hw.Film) error {
				if f == hw.FilmUnknown { // "do not touch it" instead of "release it"
					return nil
				}
				return live.Set(ctx, f)
			}
		})},
		{"set twice is set once", bendRelay(func(r *badRelay, _ *simboard.Board, live hw.Relay) {
			on := false // a latching relay that toggles
			r.set = func(ctx context.Context, f hw.Film) error {
				if f == hw.FilmClear {
					on = !on
				} else {
					on = false
				}
				if on {
					return live.Set(ctx, hw.FilmClear)
				}
				return live.Set(ctx, hw.FilmPrivate)
			}
		})},
		{"close releases the coil", bendRelay(func(r *badRelay, _ *simboard.Board, _ hw.Relay) {
			r.close = func() error { return nil }
		})},
		{"an error leaves the coil released, and close too", bendRelay(func(r *badRelay, b *simboard.Board, live hw.Relay) {
			r.set = func(ctx context.Context, f hw.Film) error {
				err := live.Set(ctx, f)
				if err != nil {
					_ = b.Fault(simboard.PartRelay, simboard.KindNone)
					_ = live.Set(ctx, f)
				}
				return err
			}
		})},
		{"a cancelled context never energises", bendRelay(func(r *badRelay, _ *simboard.Board, live hw.Relay) {
			r.set = func(_ context.Context, f hw.Film) error { return live.Set(bg, f) }
		})},
		{"a closed relay stays released", bendRelay(func(r *badRelay, _ *simboard.Board, live hw.Relay) {
			r.set = live.Set
		})},
		{"close while setting does not hang and releases", bendRelay(func(r *badRelay, _ *simboard.Board, _ hw.Relay) {
			r.close = func() error { return never(bg, true) }
		})},
	})
}

// badContact is a film contact of the simulated board with its calls bent.
type badContact struct {
	hw.FilmContact
	next func(context.Context) (hw.Film, error)
}

func (c badContact) Next(ctx context.Context) (hw.Film, error) { return c.next(ctx) }

func bendContact(bend func(good hw.FilmContact, b *simboard.Board) func(context.Context) (hw.Film, error)) func(*testing.T) (hw.FilmContact, ContactProbe) {
	return func(t *testing.T) (hw.FilmContact, ContactProbe) {
		b := board()
		good := b.FilmContact()
		return badContact{good, bend(good, b)}, ContactProbe{
			Move: func(f hw.Film) {
				_ = b.Fault(simboard.PartRelay, []simboard.Kind{
					simboard.KindNoFeedback, simboard.KindNone, simboard.KindStuckClear}[f])
			},
			Plug: func(in bool) {
				kind := simboard.KindGone
				if in {
					kind = simboard.KindNone
				}
				_ = b.Fault(simboard.PartContact, kind)
			},
		}
	}
}

func TestFilmContactContractCanFail(t *testing.T) {
	type nextFilm = func(context.Context) (hw.Film, error)
	// edges knows only of changes, as a contact read through edges does.
	edges := func(good hw.FilmContact, _ *simboard.Board) nextFilm {
		_, _ = good.Next(context.Background())
		return good.Next
	}
	level := func(_ hw.FilmContact, b *simboard.Board) nextFilm {
		return func(context.Context) (hw.Film, error) { return b.Sensed(), nil }
	}
	mustFail(t, contactClauses(), []broken[hw.FilmContact, ContactProbe]{
		{"the first call returns the state at once", bendContact(edges)},
		{"the first call returns the state of now, not of opening", bendContact(
			func(_ hw.FilmContact, b *simboard.Board) nextFilm {
				f := b.Sensed()
				return func(context.Context) (hw.Film, error) { return f, nil }
			})},
		{"later calls return changes only", bendContact(level)},
		{"a change and back is no change", bendContact(level)},
		{"a change while nobody waits is not lost", bendContact(
			func(good hw.FilmContact, b *simboard.Board) nextFilm {
				calls := 0
				return func(ctx context.Context) (hw.Film, error) {
					if calls++; calls == 1 {
						return good.Next(ctx)
					}
					return hw.FilmUnknown, never(ctx, false)
				}
			})},
		{"the context ends a wait", bendContact(func(good hw.FilmContact, _ *simboard.Board) nextFilm {
			first := true
			return func(ctx context.Context) (hw.Film, error) {
				if first {
					first = false
					return good.Next(ctx)
				}
				return hw.FilmUnknown, never(ctx, true)
			}
		})},
		{"gone is told, and the state once it is back", bendContact(
			func(good hw.FilmContact, b *simboard.Board) nextFilm { // hides that it is gone
				return func(ctx context.Context) (hw.Film, error) {
					f, err := good.Next(ctx)
					if errors.Is(err, hw.ErrGone) {
						return hw.FilmPrivate, nil
					}
					return f, err
				}
			})},
		{"gone is told, and the state once it is back", bendContact(
			func(good hw.FilmContact, b *simboard.Board) nextFilm { // back, but as if nothing had been
				gone := 0
				return func(ctx context.Context) (hw.Film, error) {
					if gone == 2 {
						return hw.FilmUnknown, never(ctx, false)
					}
					f, err := good.Next(ctx)
					if errors.Is(err, hw.ErrGone) {
						gone++
					}
					return f, err
				}
			})},
		{"close ends a wait", bendContact(func(good hw.FilmContact, _ *simboard.Board) nextFilm {
			first := true
			return func(ctx context.Context) (hw.Film, error) {
				if first {
					first = false
					return good.Next(ctx)
				}
				return hw.FilmUnknown, never(ctx, false)
			}
		})},
	})
}
