package hwtest

import (
	"context"
	"errors"
	"testing"

	"guichet.example/hw"
)

type nextBadge = func(context.Context) (hw.Badge, error)

// badReader is a good reader with its calls bent.
type badReader struct {
	hw.BadgeReader
	next nextBadge
}

func (r badReader) Next(ctx context.Context) (hw.Badge, error) { return r.next(ctx) }

func bendReader(bend func(good nextBadge) nextBadge) func(*testing.T) (hw.BadgeReader, ReaderProbe) {
	return func(t *testing.T) (hw.BadgeReader, ReaderProbe) {
		good := newPaperReader()
		return badReader{good, bend(good.Next)}, ReaderProbe{
			Tap:    func(r hw.Role) { good.lay(hw.Badge{Present: true, Role: r}) },
			TapTwo: func() { good.lay(hw.Badge{Several: true}) },
			Remove: func() { good.lay(hw.Badge{}) },
			Plug:   good.plug,
		}
	}
}

func TestBadgeReaderContractCanFail(t *testing.T) {
	helper := hw.Badge{Present: true, Role: hw.RoleHelper}
	comesOnly := func(good nextBadge) nextBadge { // forgets that badges leave
		return func(ctx context.Context) (hw.Badge, error) {
			for {
				if b, err := good(ctx); err != nil || b.Present {
					return b, err
				}
			}
		}
	}
	repeats := func(good nextBadge) nextBadge { // says at each poll what lies there
		var last hw.Badge
		return func(ctx context.Context) (hw.Badge, error) {
			if last.Present {
				return last, nil
			}
			b, err := good(ctx)
			last = b
			return b, err
		}
	}
	hidesGone := func(good nextBadge) nextBadge {
		return func(ctx context.Context) (hw.Badge, error) {
			b, err := good(ctx)
			if errors.Is(err, hw.ErrGone) {
				return hw.Badge{}, never(ctx, false)
			}
			return b, err
		}
	}
	mustFail(t, readerClauses(), []broken[hw.BadgeReader, ReaderProbe]{
		{"an empty field says nothing", bendReader(func(nextBadge) nextBadge {
			return func(context.Context) (hw.Badge, error) { return hw.Badge{}, nil }
		})},
		{"a badge comes with its role, then leaves", bendReader(comesOnly)},
		{"a badge comes with its role, then leaves", bendReader(func(nextBadge) nextBadge {
			return func(context.Context) (hw.Badge, error) { return helper, nil }
		})},
		{"a badge that lies there comes once", bendReader(repeats)},
		{"a badge leaves before another comes", bendReader(comesOnly)},
		{"of two at once none comes", bendReader(func(good nextBadge) nextBadge {
			return func(ctx context.Context) (hw.Badge, error) { // reads the one that answers first
				b, err := good(ctx)
				if b.Several {
					b = helper
				}
				return b, err
			}
		})},
		{"comes and leaves alternate while nobody waits", bendReader(comesOnly)},
		{"the context ends a wait and loses nothing", bendReader(func(good nextBadge) nextBadge {
			return func(ctx context.Context) (hw.Badge, error) { return hw.Badge{}, never(ctx, true) }
		})},
		{"gone is told, also again, and then it reads on", bendReader(hidesGone)},
		{"gone is told, also again, and then it reads on", bendReader(func(good nextBadge) nextBadge {
			var dead error // gone once, gone for ever
			return func(ctx context.Context) (hw.Badge, error) {
				if dead != nil {
					return hw.Badge{}, dead
				}
				b, err := good(ctx)
				dead = err
				return b, err
			}
		})},
		{"a badge that left while the reader was gone is not there any more", bendReader(
			func(good nextBadge) nextBadge {
				gone := 0 // tells once more what lay there when it went
				return func(ctx context.Context) (hw.Badge, error) {
					if gone == 2 {
						gone = 0
						return helper, nil
					}
					badge, err := good(ctx)
					if errors.Is(err, hw.ErrGone) {
						gone++
					}
					return badge, err
				}
			})},
		{"close ends a wait", bendReader(func(nextBadge) nextBadge {
			return func(ctx context.Context) (hw.Badge, error) { return hw.Badge{}, never(ctx, true) }
		})},
	})
}

// badIndicator is an indicator of the simulated board with its calls bent.
type badIndicator struct {
	hw.Indicator
	show  func(context.Context, hw.Light) error
	close func() error
}

func (i badIndicator) Show(ctx context.Context, l hw.Light) error { return i.show(ctx, l) }
func (i badIndicator) Close() error                               { return i.close() }

func bendIndicator(bend func(i *badIndicator, live hw.Indicator)) func(*testing.T) (hw.Indicator, IndicatorProbe) {
	return func(t *testing.T) (hw.Indicator, IndicatorProbe) {
		b := board()
		good, live := b.Indicator(), b.Indicator()
		bad := badIndicator{good, good.Show, good.Close}
		bend(&bad, live)
		return bad, IndicatorProbe{Seen: b.Light}
	}
}

func TestIndicatorContractCanFail(t *testing.T) {
	bg := context.Background()
	mustFail(t, indicatorClauses(), []broken[hw.Indicator, IndicatorProbe]{
		{"opening leaves the lamp off", bendIndicator(func(_ *badIndicator, live hw.Indicator) {
			_ = live.Show(bg, hw.LightFault)
		})},
		{"it shows what it is told", bendIndicator(func(i *badIndicator, live hw.Indicator) {
			i.show = func(ctx context.Context, l hw.Light) error {
				if l == hw.LightHelp { // a lamp that cannot blink
					l = hw.LightAssisted
				}
				return live.Show(ctx, l)
			}
		})},
		{"a cancelled context changes nothing", bendIndicator(func(i *badIndicator, live hw.Indicator) {
			i.show = func(_ context.Context, l hw.Light) error { return live.Show(bg, l) }
		})},
		{"close switches the lamp off", bendIndicator(func(i *badIndicator, _ hw.Indicator) {
			i.close = func() error { return nil }
		})},
	})
}

// badButton is a help button of the simulated board with its calls bent.
type badButton struct {
	hw.Button
	next func(context.Context) error
}

func (b badButton) Next(ctx context.Context) error { return b.next(ctx) }

func bendButton(bend func(good func(context.Context) error) func(context.Context) error) func(*testing.T) (hw.Button, ButtonProbe) {
	return func(t *testing.T) (hw.Button, ButtonProbe) {
		b := board()
		good := b.HelpButton()
		return badButton{good, bend(good.Next)}, ButtonProbe{Press: b.PressHelp}
	}
}

func TestHelpButtonContractCanFail(t *testing.T) {
	type nextPress = func(context.Context) error
	numb := func(nextPress) nextPress {
		return func(ctx context.Context) error { return never(ctx, false) }
	}
	deaf := func(nextPress) nextPress {
		return func(ctx context.Context) error { return never(ctx, true) }
	}
	mustFail(t, buttonClauses(), []broken[hw.Button, ButtonProbe]{
		{"a button at rest says nothing", bendButton(func(nextPress) nextPress {
			return func(context.Context) error { return nil }
		})},
		{"one press counts once", bendButton(func(good nextPress) nextPress {
			again := false // contact bounce
			return func(ctx context.Context) error {
				if again = !again; !again {
					return nil
				}
				return good(ctx)
			}
		})},
		{"a press while nobody waits is not lost", bendButton(numb)},
		{"a press ends a wait", bendButton(numb)},
		{"the context ends a wait", bendButton(deaf)},
		{"close ends a wait", bendButton(deaf)},
	})
}
