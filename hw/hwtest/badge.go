package hwtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"guichet.example/hw"
)

// ReaderProbe is the field of a badge reader.
type ReaderProbe struct {
	// Tap lays a badge of a role down; one that lay there is taken away
	// first. RoleNone is a badge that entitles to nothing. It returns once
	// the reader could see it.
	Tap func(hw.Role)

	// TapTwo lays two badges down together; one that lay there is taken away
	// first.
	TapTwo func()

	// Remove takes what lies there away and returns once the reader could see that.
	Remove func()

	// Plug pulls the reader out (false) or puts it back (true).
	Plug func(in bool)
}

// TestBadgeReader checks a badge reader. open opens it anew with an empty
// field.
func TestBadgeReader(t *testing.T, open func(t *testing.T) (hw.BadgeReader, ReaderProbe)) {
	t.Helper()
	run(t, readerClauses(), open)
}

func readerClauses() []clause[hw.BadgeReader, ReaderProbe] {
	return []clause[hw.BadgeReader, ReaderProbe]{
		{"an empty field says nothing", func(r hw.BadgeReader, _ ReaderProbe) error {
			return silent("next", r.Next)
		}},
		{"a badge comes with its role, then leaves", readerRoles},
		{"a badge that lies there comes once", func(r hw.BadgeReader, p ReaderProbe) error {
			p.Tap(hw.RoleHelper)
			if err := reads(r, hw.Badge{Present: true, Role: hw.RoleHelper}); err != nil {
				return err
			}
			return silent("next while the badge lies there", r.Next)
		}},
		{"a badge leaves before another comes", readerSwap},
		{"of two at once none comes", readerSeveral},
		{"comes and leaves alternate while nobody waits", readerUnread},
		{"the context ends a wait and loses nothing", func(r hw.BadgeReader, p ReaderProbe) error {
			if err := cancelled("next", r.Next); err != nil {
				return err
			}
			p.Tap(hw.RoleTechnician)
			return reads(r, hw.Badge{Present: true, Role: hw.RoleTechnician})
		}},
		{"gone is told, also again, and then it reads on", readerGone},
		{"a badge that left while the reader was gone is not there any more", readerGoneWithBadge},
		{"close ends a wait", func(r hw.BadgeReader, _ ReaderProbe) error {
			return closing("next", r.Next, r.Close)
		}},
	}
}

func reads(r hw.BadgeReader, want hw.Badge) error {
	got, err := next("next", r.Next)
	if err != nil {
		return unlike("next", err, want)
	}
	if got != want {
		return fmt.Errorf("next: %+v, want %+v", got, want)
	}
	return nil
}

func readerRoles(r hw.BadgeReader, p ReaderProbe) error {
	for _, role := range []hw.Role{hw.RoleHelper, hw.RoleNone, hw.RoleTechnician, hw.RoleHelper, hw.RoleHelper} {
		p.Tap(role)
		if err := reads(r, hw.Badge{Present: true, Role: role}); err != nil {
			return err
		}
		p.Remove()
		if err := reads(r, hw.Badge{}); err != nil {
			return err
		}
	}
	return nil
}

func readerSwap(r hw.BadgeReader, p ReaderProbe) error {
	p.Tap(hw.RoleHelper)
	if err := reads(r, hw.Badge{Present: true, Role: hw.RoleHelper}); err != nil {
		return err
	}
	p.Tap(hw.RoleTechnician)
	if err := reads(r, hw.Badge{}); err != nil {
		return err
	}
	return reads(r, hw.Badge{Present: true, Role: hw.RoleTechnician})
}

// readerSeveral lays two badges down: nobody may be taken for one of them.
func readerSeveral(r hw.BadgeReader, p ReaderProbe) error {
	p.TapTwo()
	if err := reads(r, hw.Badge{Several: true}); err != nil {
		return err
	}
	if err := silent("next while two badges lie there", r.Next); err != nil {
		return err
	}
	p.Remove()
	if err := reads(r, hw.Badge{}); err != nil {
		return err
	}
	p.Tap(hw.RoleHelper)
	return reads(r, hw.Badge{Present: true, Role: hw.RoleHelper})
}

// readerUnread moves badges faster than anybody reads. A reader may miss the
// ones in between; it may not mix up the order, and must know the last.
func readerUnread(r hw.BadgeReader, p ReaderProbe) error {
	p.Tap(hw.RoleHelper)
	p.Remove()
	p.Tap(hw.RoleNone)
	p.Tap(hw.RoleTechnician)
	last := hw.Badge{}
	for {
		b, err := next("next", r.Next)
		if err != nil {
			return unlike("next", err, "the last badge")
		}
		if b.Present == last.Present {
			return fmt.Errorf("next: %+v after %+v, want come and leave in turn", b, last)
		}
		if last = b; b == (hw.Badge{Present: true, Role: hw.RoleTechnician}) {
			return silent("next after the last badge", r.Next)
		}
	}
}

func goesGone(r hw.BadgeReader) error {
	for range 2 {
		if _, err := next("next", r.Next); !errors.Is(err, hw.ErrGone) {
			return unlike("next of an unplugged reader", err, hw.ErrGone)
		}
	}
	return nil
}

func readerGone(r hw.BadgeReader, p ReaderProbe) error {
	p.Plug(false)
	if err := goesGone(r); err != nil {
		return err
	}
	p.Plug(true)
	p.Tap(hw.RoleHelper)
	return readsPast(r, hw.Badge{Present: true, Role: hw.RoleHelper})
}

func readerGoneWithBadge(r hw.BadgeReader, p ReaderProbe) error {
	p.Tap(hw.RoleHelper)
	if err := reads(r, hw.Badge{Present: true, Role: hw.RoleHelper}); err != nil {
		return err
	}
	p.Plug(false)
	if err := goesGone(r); err != nil {
		return err
	}
	p.Remove()
	p.Plug(true)
	p.Tap(hw.RoleTechnician)
	return readsPast(r, hw.Badge{Present: true, Role: hw.RoleTechnician})
}

// readsPast reads want, for which a reader that comes back may first need a
// few calls that say gone, and may first tell that the badge of before left.
func readsPast(r hw.BadgeReader, want hw.Badge) error {
	ctx, cancel := context.WithTimeout(context.Background(), Bound)
	defer cancel()
	left := false
	for {
		var b hw.Badge
		err := bounded("next", func() (err error) { b, err = r.Next(ctx); return err })
		switch {
		case errors.Is(err, hw.ErrGone) && ctx.Err() == nil:
			time.Sleep(quiet / 4) // as a caller would, before it tries again
		case err != nil:
			return unlike("next after the reader came back", err, want)
		case b == want:
			return nil
		case b.Present || left:
			return fmt.Errorf("next after the reader came back: %+v, want %+v", b, want)
		default:
			left = true
		}
	}
}
