// Package hwcheck walks a technician through the parts of a box: it drives
// and senses what it can by itself, and asks where only eyes can tell. Only
// cmd/kioskd may import it.
//
// The relay is energised for the test alone, and released whatever happens:
// the caller closes the board.
package hwcheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"guichet.example/hw"
)

const (
	// rounds is how often the film is moved and measured: a relay that sticks
	// seldom sticks at the first try.
	rounds = 3
	// rest is the pause between two movements, as in service.
	rest = 500 * time.Millisecond
)

// Parts are those of the box. Badges, Indicator, Help and Service are nil
// where the box has none.
type Parts struct {
	Relay     hw.Relay
	Film      hw.FilmContact
	Badges    hw.BadgeReader
	Indicator hw.Indicator
	Help      hw.Button
	Service   hw.Button

	Follow   time.Duration // the contact must follow the relay this soon
	Switched string        // how often the relay was energised in its life, rounded; "" = not known
}

// Talk is how the technician is spoken to.
type Talk struct {
	In       io.Reader
	Out      io.Writer
	Language string        // "fr" or "en"
	Limit    time.Duration // for each answer and each act
}

// ErrFailed is returned when a part is not right; which ones was printed.
var ErrFailed = errors.New("the hardware is not right")

// checker is one walk.
type checker struct {
	Parts
	Talk
	words   words
	answers <-chan string
	late    bool // the last question had no answer: what comes first is no answer to the next
	film    sensor
}

// verdict is how a step ended.
type verdict int

const (
	right verdict = iota
	wrong
	absent // the box has no such part
)

type step struct {
	name  string
	check func(context.Context) verdict
}

// Run checks every part and prints what it found. It returns nil when all
// that are there are right, ErrFailed, or the error of ctx.
func Run(ctx context.Context, p Parts, t Talk) error {
	c := &checker{Parts: p, Talk: t, words: french, answers: lines(t.In), film: sensor{contact: p.Film}}
	if t.Language == "en" {
		c.words = english
	}
	steps := []step{
		{c.words.filmStep, c.checkFilm}, {c.words.eyeStep, c.checkEye}, {c.words.lampStep, c.checkLamp},
		{c.words.help.step, func(ctx context.Context) verdict { return c.checkButton(ctx, c.Help, c.words.help) }},
		{c.words.service.step, func(ctx context.Context) verdict { return c.checkButton(ctx, c.Service, c.words.service) }},
		{c.words.readerStep, c.checkReader},
	}
	c.say(c.words.intro+"\n", t.Limit)
	var bad []string
	for i, s := range steps {
		c.say("\n%d/%d  %s\n", i+1, len(steps), s.name)
		if s.check(ctx) == wrong {
			bad = append(bad, s.name)
		}
		if err := ctx.Err(); err != nil {
			c.say("\n%s\n", c.words.stopped)
			return err
		}
	}
	if len(bad) > 0 {
		c.say("\n"+c.words.bad+"\n", strings.Join(bad, ", "))
		return ErrFailed
	}
	c.say("\n%s\n", c.words.good)
	return nil
}

func (c *checker) say(format string, args ...any) { fmt.Fprintf(c.Out, format, args...) }

// tell prints one finding of a step.
func (c *checker) tell(format string, args ...any) { c.say("     "+format+"\n", args...) }

// checkFilm is the interlock: the contact has to say what the relay does, each
// time, in time, and for as long.
func (c *checker) checkFilm(ctx context.Context) verdict {
	if !c.move(ctx, hw.FilmPrivate, c.words.atRest, c.words.mendRest) {
		return wrong
	}
	for range rounds {
		if !c.move(ctx, hw.FilmClear, c.words.energised, c.words.mendClear) {
			_ = c.Relay.Set(ctx, hw.FilmPrivate)
			return wrong
		}
		if !c.move(ctx, hw.FilmPrivate, c.words.released, c.words.mendPrivate) {
			return wrong
		}
	}
	if c.Switched != "" {
		c.tell(c.words.switched, c.Switched)
	}
	return right
}

// move drives the film, prints how long the contact took, and says how to
// mend it when it did not follow or did not stay.
func (c *checker) move(ctx context.Context, to hw.Film, did, mend string) bool {
	began := time.Now()
	err := c.Relay.Set(ctx, to)
	if err == nil {
		err = c.film.await(ctx, to, c.Follow)
	}
	took := time.Since(began)
	if err == nil {
		err = c.film.stays(ctx, rest)
	}
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		c.tell(c.words.notFollowed, did, c.words.film(to), c.Follow, c.words.film(c.film.last))
		c.tell("(%v)", err)
		c.tell("%s", mend)
		return false
	}
	c.tell(c.words.followed, did, c.words.film(to), took.Round(time.Millisecond))
	return true
}

// checkEye asks what no contact can tell: whether the film itself moves.
func (c *checker) checkEye(ctx context.Context) verdict {
	defer func() { _ = c.Relay.Set(context.WithoutCancel(ctx), hw.FilmPrivate) }() // also when stopped between the two
	result := right
	for _, q := range []struct {
		film hw.Film
		ask  string
	}{{hw.FilmClear, c.words.canRead}, {hw.FilmPrivate, c.words.cannotRead}} {
		if err := c.Relay.Set(ctx, q.film); err != nil {
			c.tell("%v", err)
			return wrong
		}
		if !c.yes(ctx, q.ask) {
			c.tell("%s", c.words.mendEye)
			result = wrong
		}
	}
	return result
}

func (c *checker) checkLamp(ctx context.Context) verdict {
	if c.Indicator == nil {
		c.tell("%s", c.words.noLamp)
		return absent
	}
	for _, l := range []hw.Light{hw.LightHelp, hw.LightAssisted, hw.LightFault, hw.LightOff} {
		if err := c.Indicator.Show(ctx, l); err != nil {
			c.tell("%v", err)
			return wrong
		}
		if !c.yes(ctx, c.words.lamp[l]) {
			c.tell("%s", c.words.mendLamp)
			return wrong
		}
	}
	return right
}

func (c *checker) checkButton(ctx context.Context, b hw.Button, w buttonWords) verdict {
	if b == nil {
		c.tell("%s", w.none)
		return absent
	}
	c.tell("%s", w.press)
	bounded, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	if err := b.Next(bounded); err != nil {
		c.tell(w.notPressed, c.Limit)
		c.tell("(%v)", err)
		return wrong
	}
	c.tell("%s", c.words.pressed)
	return right
}

// checkReader takes any badge: whether it opens something is the badge's
// business, not that of the reader.
func (c *checker) checkReader(ctx context.Context) verdict {
	if c.Badges == nil {
		c.tell("%s", c.words.noReader)
		return absent
	}
	for _, want := range []struct {
		present  bool
		ask, did string
	}{{true, c.words.lay, c.words.laid}, {false, c.words.take, c.words.taken}} {
		c.tell("%s", want.ask)
		bounded, cancel := context.WithTimeout(ctx, c.Limit)
		badge, err := c.Badges.Next(bounded)
		for err == nil && badge.Present != want.present {
			badge, err = c.Badges.Next(bounded)
		}
		cancel()
		if err != nil {
			c.tell(c.words.noBadge, c.Limit)
			c.tell("(%v)", err)
			return wrong
		}
		c.tell("%s", want.did)
	}
	return right
}
