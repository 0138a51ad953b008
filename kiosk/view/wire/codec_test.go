package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var word = rapid.StringMatching(`[a-z][a-z_]{0,30}`)

func pick[T any](values ...T) *rapid.Generator[T] { return rapid.SampledFrom(values) }

// fromViews makes any message that a view may send.
func fromViews() *rapid.Generator[FromView] {
	return rapid.Custom(func(t *rapid.T) FromView {
		switch rapid.IntRange(0, len(fromView)-1).Draw(t, "kind") {
		case 0:
			return Hello{rapid.Int().Draw(t, "proto"), rapid.StringMatching(`[ -~]{0,64}`).Draw(t, "engine"), rapid.Bool().Draw(t, "e"), rapid.Bool().Draw(t, "s")}
		case 1:
			return Ready{}
		case 2:
			return Shown{pick(SurfaceHome, SurfaceSession, SurfaceBlank, SurfaceUnprovisioned, SurfaceOutOfService, SurfaceMaintenance).Draw(t, "surface")}
		case 3:
			return Blanked{}
		case 4:
			return Touched{}
		case 5:
			return Chose{rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "id")}
		case 6:
			return Pressed{pick(ButtonFinish, ButtonHelp, ButtonCancelHelp, ButtonContinue, ButtonMoreTime, ButtonAccept, ButtonRefuse, ButtonCancelPIN, ButtonStopHelp, ButtonSkip, ButtonCloseOffer, ButtonInstall, ButtonLeave).Draw(t, "button")}
		case 7:
			return Answered{word.Draw(t, "help"), rapid.OneOf(rapid.Just(""), word).Draw(t, "referral")}
		case 8:
			return Spoke{rapid.StringMatching(`[a-z]{2}`).Draw(t, "language")}
		case 9:
			return Aided{word.Draw(t, "aid")}
		case 10:
			return At{rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z0-9_.-]{1,253}`)).Draw(t, "host")}
		case 11:
			return Succeeded{}
		case 12:
			return Masked{}
		case 13:
			return Page{pick(PageHung, PageCrashed, PageMemory).Draw(t, "event")}
		default:
			return Beat{rapid.Bool().Draw(t, "alive")}
		}
	})
}

// toViews makes any message of the daemon, field by field.
func toViews() *rapid.Generator[ToView] {
	return rapid.OneOf(
		rapid.Map(rapid.Make[Start](), func(m Start) ToView { return m }),
		rapid.Map(rapid.Make[Show](), func(m Show) ToView { return m }),
		rapid.Map(rapid.Make[Work](), func(m Work) ToView { return m }),
		rapid.Just[ToView](Blank{}),
		rapid.Map(rapid.Make[Open](), func(m Open) ToView { return m }),
		rapid.Map(rapid.Make[Cover](), func(m Cover) ToView { return m }),
		rapid.Map(rapid.Make[Status](), func(m Status) ToView { return m }),
		rapid.Map(rapid.Make[Mask](), func(m Mask) ToView { return m }),
	)
}

func TestRoundTripFromView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msg := fromViews().Draw(t, "msg")
		line, err := EncodeFromView(msg)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeFromView(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got != msg {
			t.Fatalf("got %#v, want %#v", got, msg)
		}
		if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' {
			t.Fatalf("not one line: %q", line)
		}
	})
}

func TestRoundTripToView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msg := toViews().Draw(t, "msg")
		line, err := EncodeToView(msg)
		if errors.Is(err, ErrTooLong) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeToView(line)
		if err != nil {
			t.Fatal(err)
		}
		again, err := EncodeToView(got)
		if err != nil || !bytes.Equal(again, line) {
			t.Fatalf("%s\nbecame\n%s (%v)", line, again, err)
		}
	})
}

// Every message type stands in exactly one table of the codec.
func TestEveryMessageIsNamed(t *testing.T) {
	for key, typ := range toView {
		if _, both := fromView[key]; both || !reflect.PointerTo(typ).Implements(reflect.TypeFor[ToView]()) {
			t.Errorf("%s stands in the wrong table", key)
		}
	}
	for key, typ := range fromView {
		if !typ.Implements(reflect.TypeFor[FromView]()) {
			t.Errorf("%s stands in the wrong table", key)
		}
	}
	if len(toView) != 8 || len(fromView) != 15 {
		t.Errorf("%d and %d messages", len(toView), len(fromView))
	}
}

func TestRefusesFromView(t *testing.T) {
	for name, line := range map[string]string{
		"empty":              ``,
		"nothing":            `{}`,
		"null":               `null`,
		"list":               `[{"ready":{}}]`,
		"two messages":       `{"ready":{},"blanked":{}}`,
		"the same twice":     `{"ready":{},"ready":{}}`,
		"null body":          `{"ready":null}`,
		"cut":                `{"ready":{}`,
		"two lines":          `{"ready":{}}` + "\n" + `{"ready":{}}`,
		"trailing":           `{"ready":{}} x`,
		"unknown message":    `{"run":{"command":"sh"}}`,
		"message of daemon":  `{"blank":{}}`,
		"never sent":         `{"gone":{}}`,
		"unknown field":      `{"at":{"host":"a.fr","path":"/secret"}}`,
		"field of another":   `{"touched":{"host":"a.fr"}}`,
		"wrong type":         `{"beat":{"alive":"yes"}}`,
		"body not an object": `{"ready":[]}`,
		"surface":            `{"shown":{"surface":"desktop"}}`,
		"no surface":         `{"shown":{}}`,
		"button":             `{"pressed":{"button":"reboot"}}`,
		"no button":          `{"pressed":{"button":""}}`,
		"page event":         `{"page":{"event":"slow"}}`,
		"procedure":          `{"chose":{"procedure":"../etc"}}`,
		"procedure length":   `{"chose":{"procedure":"` + strings.Repeat("a", 41) + `"}}`,
		"no procedure":       `{"chose":{}}`,
		"help":               `{"answered":{"help":"Alice Dupont"}}`,
		"no help":            `{"answered":{"referral":"autre"}}`,
		"referral":           `{"answered":{"help":"guided","referral":"12 rue"}}`,
		"language":           `{"spoke":{"language":"fra"}}`,
		"language case":      `{"spoke":{"language":"FR"}}`,
		"aid":                `{"aided":{"aid":"text size"}}`,
		"host with a path":   `{"at":{"host":"a.fr/secret"}}`,
		"host with a port":   `{"at":{"host":"a.fr:443"}}`,
		"host in upper case": `{"at":{"host":"A.fr"}}`,
		"host length":        `{"at":{"host":"` + strings.Repeat("a", 254) + `"}}`,
		"engine length":      `{"hello":{"proto":1,"engine":"` + strings.Repeat("a", 65) + `"}}`,
		"line length":        `{"ready":{}}` + strings.Repeat(" ", MaxUp),
	} {
		if msg, err := DecodeFromView([]byte(line)); err == nil {
			t.Errorf("%s: taken as %#v", name, msg)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "Dupont") {
			t.Errorf("%s: the error quotes the line: %v", name, err)
		}
	}
}

func TestRefusesToView(t *testing.T) {
	for name, line := range map[string]string{
		"unknown field":   `{"mask":{"on":true,"off":false}}`,
		"two messages":    `{"blank":{},"mask":{"on":true}}`,
		"message of view": `{"ready":{}}`,
		"line length":     `{"blank":{}}` + strings.Repeat(" ", MaxDown),
	} {
		if msg, err := DecodeToView([]byte(line)); err == nil {
			t.Errorf("%s: taken as %#v", name, msg)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	if _, err := EncodeFromView(Gone{}); err == nil {
		t.Error("gone was encoded")
	}
	if _, err := EncodeFromView(At{Host: strings.Repeat("a", MaxUp)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("error %v", err)
	}
	if _, err := EncodeToView(Open{URL: strings.Repeat("a", MaxDown)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("error %v", err)
	}
}

// The longest line that fits is read; one byte more is not.
func TestLineLimit(t *testing.T) {
	line := `{"ready":{}}`
	fits := line + strings.Repeat(" ", MaxUp-len(line))
	if _, err := DecodeFromView([]byte(fits)); err != nil {
		t.Errorf("%d bytes: %v", len(fits), err)
	}
	if _, err := DecodeFromView([]byte(fits + " ")); !errors.Is(err, ErrTooLong) {
		t.Errorf("%d bytes: %v", len(fits)+1, err)
	}
}

func FuzzDecodeFromView(f *testing.F) {
	f.Add([]byte(`{"at":{"host":"www.caf.fr"}}`))
	f.Add([]byte(`{"typed":{"pin":"402817"}}`))
	f.Add([]byte(`{"answered":{"help":"guided","referral":"autre"}}`))
	f.Add([]byte(`{"ready":{},"ready":{}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		msg, err := DecodeFromView(line)
		if err != nil {
			return
		}
		again, err := EncodeFromView(msg)
		if err != nil {
			t.Fatalf("%#v was read but cannot be written: %v", msg, err)
		}
		if typed, ok := msg.(Typed); ok {
			if !bytes.Equal(bytes.TrimSuffix(again, []byte("\n")), bytes.TrimSuffix(line, []byte("\n"))) {
				t.Fatalf("%s became %s, %v", line, again, typed)
			}
			return
		}
		if back, err := DecodeFromView(again); err != nil || back != msg {
			t.Fatalf("%#v became %#v (%v)", msg, back, err)
		}
	})
}

func FuzzDecodeToView(f *testing.F) {
	f.Add([]byte(`{"show":{"surface":"home"}}`))
	f.Add([]byte(`{"open":{"procedure":"demo","url":"https://a.fr/","guides":{"fr":{"steps":["x"]}}}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		msg, err := DecodeToView(line)
		if err != nil {
			return
		}
		// Escaping may make a line longer than it was read.
		if _, err := EncodeToView(msg); err != nil && !errors.Is(err, ErrTooLong) {
			t.Fatalf("%#v was read but cannot be written: %v", msg, err)
		}
	})
}
