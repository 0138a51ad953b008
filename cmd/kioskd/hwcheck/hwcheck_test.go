package hwcheck

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/simboard"
)

// technician sits at a scripted terminal: looks at the board when asked, and
// says or does what is true.
type technician struct {
	board *simboard.Board
	// badges are what the technician lays down and takes away.
	badges chan hw.Badge
	in     *io.PipeWriter
	deaf   bool // answers nothing, does nothing

	mu      sync.Mutex
	read    strings.Builder
	puzzled bool // has not understood the question, and said so
}

func (h *technician) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.read.Write(p)
	if text := string(p); !h.deaf {
		go h.act(strings.TrimSpace(text)) // ends when its answer was read
	}
	return len(p), nil
}

func (h *technician) said() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.read.String()
}

func (h *technician) act(text string) {
	time.Sleep(time.Second) // to look, and for the film to move
	for _, w := range []words{french, english} {
		switch text {
		case w.help.press, w.service.press:
			h.board.PressHelp()
		case w.lay:
			h.badges <- hw.Badge{Present: true, Role: hw.RoleHelper}
		case w.take:
			h.badges <- hw.Badge{}
		case w.canRead + " " + w.choice:
			h.answer(h.board.Sensed() == hw.FilmClear)
		case w.cannotRead + " " + w.choice:
			h.answer(h.board.Sensed() == hw.FilmPrivate)
		}
		for light, question := range w.lamp {
			if text == question+" "+w.choice {
				h.answer(h.board.Light() == light)
			}
		}
	}
}

func (h *technician) answer(yes bool) {
	h.mu.Lock()
	h.puzzled = !h.puzzled
	word := "hm?"
	if !h.puzzled {
		word = map[bool]string{true: "O", false: "n"}[yes]
	}
	h.mu.Unlock()
	_, _ = io.WriteString(h.in, word+"\n")
}

// walk runs a check on a board in virtual time.
func walk(t *testing.T, b *simboard.Board, change func(*Parts, *Talk, *technician)) (string, time.Duration, error) {
	t.Helper()
	in, typed := io.Pipe()
	h := &technician{board: b, in: typed, badges: make(chan hw.Badge, 2)}
	p := Parts{Relay: b.Relay(), Film: b.FilmContact(), Badges: paperReader(h.badges), Indicator: b.Indicator(),
		Help: b.HelpButton(), Service: b.HelpButton(), Follow: time.Second}
	talk := Talk{In: in, Out: h, Language: "fr", Limit: time.Minute}
	if change != nil {
		change(&p, &talk, h)
	}
	began := time.Now()
	err := Run(t.Context(), p, talk)
	took := time.Since(began)
	time.Sleep(time.Minute) // the technician reads to the end
	_ = typed.Close()
	_ = in.Close()
	if b.Commanded() != hw.FilmPrivate || b.Light() != hw.LightOff && err == nil {
		t.Errorf("left behind: film %v, lamp %v", b.Commanded(), b.Light())
	}
	return h.said(), took, err
}

func TestEverythingIsRight(t *testing.T) {
	for language, w := range map[string]words{"fr": french, "en": english, "": french} {
		t.Run(language, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				said, _, err := walk(t, simboard.New(simboard.Options{}), func(p *Parts, talk *Talk, _ *technician) {
					talk.Language, p.Switched = language, "1200+"
				})
				if err != nil || !strings.Contains(said, w.good) || !strings.Contains(said, " 1200+ ") {
					t.Errorf("%v\n%s", err, said)
				}
				if n := strings.Count(said, "120ms"); n != 2*rounds {
					t.Errorf("%d times printed, want %d\n%s", n, 2*rounds, said)
				}
			})
		})
	}
}

func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		part   simboard.Part
		kind   simboard.Kind
		change func(*Parts, *Talk, *technician)
		says   []string
	}{
		{"welded", simboard.PartRelay, simboard.KindStuckClear, nil, []string{french.mendRest, "à revoir : Relais et contact"}},
		{"relay gone", simboard.PartRelay, simboard.KindGone, nil, []string{french.mendClear, "device is gone"}},
		{"no feedback", simboard.PartRelay, simboard.KindNoFeedback, nil, []string{french.mendRest, "rien de sûr"}},
		{"contact gone", simboard.PartContact, simboard.KindGone, nil, []string{french.mendRest}},
		{"too slow", "", "", func(p *Parts, _ *Talk, _ *technician) { p.Follow = 119 * time.Millisecond },
			[]string{french.mendClear, "119ms"}},
		{"lamp that stays dark", "", "", func(p *Parts, _ *Talk, _ *technician) { p.Indicator = darkLamp{} },
			[]string{french.mendLamp, "à revoir : Lampe."}},
		{"reader gone", "", "", func(p *Parts, _ *Talk, _ *technician) { p.Badges = goneReader{} }, []string{"à revoir : Lecteur de badges."}},
		{"nobody there", "", "", func(_ *Parts, _ *Talk, h *technician) { h.deaf = true },
			[]string{"Pas de réponse en 1m0s", "Aucun appui en 1m0s", "à revoir : Film, à l'œil, Lampe, Bouton d'aide, Bouton de service, Lecteur"}},
		{"no terminal", "", "", func(_ *Parts, talk *Talk, h *technician) { talk.In, h.deaf = strings.NewReader(""), true },
			[]string{french.noInput}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := simboard.New(simboard.Options{})
				if c.part != "" {
					if err := b.Fault(c.part, c.kind); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				said, took, err := walk(t, b, c.change)
				if !errors.Is(err, ErrFailed) {
					t.Errorf("no fault found: %v", err)
				}
				for _, want := range c.says {
					if !strings.Contains(said, want) {
						t.Errorf("does not say %q:\n%s", want, said)
					}
				}
				if took > 8*time.Minute {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// paperReader tells what it is given.
type paperReader chan hw.Badge

func (r paperReader) Next(ctx context.Context) (hw.Badge, error) {
	select {
	case <-ctx.Done():
		return hw.Badge{}, ctx.Err()
	case b := <-r:
		return b, nil
	}
}

func (paperReader) Close() error { return nil }

// goneReader does not answer.
type goneReader struct{ paperReader }

func (goneReader) Next(context.Context) (hw.Badge, error) { return hw.Badge{}, hw.ErrGone }

// darkLamp takes every command and stays off.
type darkLamp struct{ hw.Indicator }

func (darkLamp) Show(context.Context, hw.Light) error { return nil }

// TestWelds: a relay that welds while it is tested is the one fault that can
// show a session to others, and is called a danger.
func TestWelds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := simboard.New(simboard.Options{Observe: nil})
		time.AfterFunc(time.Second, func() { _ = b.Fault(simboard.PartRelay, simboard.KindStuckClear) })
		said, _, err := walk(t, b, nil)
		if !errors.Is(err, ErrFailed) || !strings.Contains(said, french.mendPrivate) {
			t.Errorf("%v\n%s", err, said)
		}
	})
}

func TestAbsentPartsAreNoFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said, _, err := walk(t, simboard.New(simboard.Options{}), func(p *Parts, _ *Talk, _ *technician) {
			p.Badges, p.Indicator, p.Help, p.Service = nil, nil, nil, nil
		})
		for _, want := range []string{french.noLamp, french.help.none, french.service.none, french.noReader, french.good} {
			if err != nil || !strings.Contains(said, want) {
				t.Errorf("%v; does not say %q:\n%s", err, want, said)
			}
		}
	})
}

func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := simboard.New(simboard.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		in, typed := io.Pipe()
		h := &technician{board: b, in: typed, deaf: true}
		err := Run(ctx, Parts{Relay: b.Relay(), Film: b.FilmContact(), Follow: time.Second},
			Talk{In: in, Out: h, Limit: time.Minute})
		_ = typed.Close()
		if !errors.Is(err, context.DeadlineExceeded) || b.Commanded() != hw.FilmPrivate || !strings.Contains(h.said(), french.stopped) {
			t.Errorf("%v, film %v\n%s", err, b.Commanded(), h.said())
		}
	})
}

// TestBothLanguagesSayAll: an empty word is a forgotten one.
func TestBothLanguagesSayAll(t *testing.T) {
	for name, w := range map[string]words{"fr": french, "en": english} {
		if len(w.lamp) != 4 || len(w.films) != 3 {
			t.Errorf("%s: %d lights, %d states of the film", name, len(w.lamp), len(w.films))
		}
		for i, text := range []string{w.intro, w.good, w.bad, w.stopped, w.filmStep, w.eyeStep, w.lampStep, w.help.step, w.service.step,
			w.readerStep, w.atRest, w.energised, w.released, w.followed, w.notFollowed, w.switched, w.mendRest, w.mendClear, w.mendPrivate,
			w.mendEye, w.mendLamp, w.choice, w.noAnswer, w.noInput, w.canRead, w.cannotRead, w.noLamp, w.help.none, w.service.none, w.noReader,
			w.help.press, w.service.press, w.pressed, w.help.notPressed, w.service.notPressed, w.lay, w.laid, w.take, w.taken, w.noBadge} {
			if text == "" {
				t.Errorf("%s: word %d is missing", name, i)
			}
		}
	}
}
