package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"guichet.example/hw/periphboard"
)

// TestSafeState: whatever is wrong, every output that anybody can know of is
// put safe, and what is wrong is said.
func TestSafeState(t *testing.T) {
	on := func(part string, line int) periphboard.Output {
		return periphboard.Output{Part: part, Line: periphboard.Line{Chip: "pinctrl-bcm2711", Offset: line}}
	}
	relay, lamp, old := on("relay", 17), on("indicator", 23), on("relay", 5)
	drove := t.TempDir()
	if err := remember(drove, []periphboard.Output{old, lamp}); err != nil {
		t.Fatal(err)
	}
	spoilt := t.TempDir()
	if err := os.WriteFile(filepath.Join(spoilt, outputsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "site.toml")
	for _, c := range []struct {
		name    string
		config  string
		runtime string
		broken  error
		want    []periphboard.Output
		code    int
		says    []string
	}{
		{"all is right", site(t), t.TempDir(), nil, []periphboard.Output{relay, lamp}, 0, nil},
		{"wired otherwise since", site(t), drove, nil, []periphboard.Output{relay, lamp, old}, 0, nil},
		{"wrong elsewhere", site(t, "[usage]", "[usage]\nnames = true"), t.TempDir(), nil,
			[]periphboard.Output{relay, lamp}, exitConfig, []string{"names", "could be told all the same"}},
		{"of the wrong kind elsewhere", site(t, "[usage]", "[usage]\nfile = 7"), t.TempDir(), nil,
			[]periphboard.Output{relay, lamp}, exitConfig, []string{"usage.file"}},
		{"no TOML after the film", site(t, "[help_button]", "[help_button"), t.TempDir(), nil,
			[]periphboard.Output{relay, lamp}, exitConfig, []string{"could be told all the same"}},
		{"no TOML before the film", site(t, "[session]", "[session"), t.TempDir(), nil,
			nil, exitConfig, []string{"does not tell where the relay is"}},
		{"the same, but it drove them", site(t, "[session]", "[session"), drove, nil,
			[]periphboard.Output{old, lamp}, exitConfig, nil},
		{"no active level", site(t, `line = 17, active = "high"`, `line = 17`), t.TempDir(), nil,
			[]periphboard.Output{lamp}, exitConfig, []string{"active", "does not tell where the relay is"}},
		{"no configuration", none, drove, nil, []periphboard.Output{old, lamp}, exitConfig, []string{"read configuration"}},
		{"nothing at all", none, t.TempDir(), nil, nil, exitConfig, []string{"does not tell where the relay is"}},
		{"word of the daemon is spoilt", site(t), spoilt, nil, []periphboard.Output{relay, lamp}, 1, []string{"which outputs"}},
		{"a line is in use", site(t), t.TempDir(), errors.New("busy"), []periphboard.Output{relay, lamp}, 1,
			[]string{"busy", "hint: while kioskd serves"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []periphboard.Output
			release := func(o []periphboard.Output) error { got = o; return c.broken }
			code, stdout, stderr := kioskdOn(t, process{release: release}, "--config", c.config, "--runtime", c.runtime, "safe-state")
			if code != c.code || !slices.Equal(got, c.want) {
				t.Errorf("exit %d, released %v; want %d, %v\n%s", code, got, c.code, c.want, stderr)
			}
			if safe := strings.Count(stdout, " is safe."); (c.broken == nil && c.code != 1) != (safe == len(c.want)) {
				t.Errorf("says of %d outputs that they are safe: %q", safe, stdout)
			}
			for _, want := range c.says {
				if !strings.Contains(stderr, want) {
					t.Errorf("%q does not say %q", stderr, want)
				}
			}
		})
	}
}

// TestServeIsTheDefault: the unit of older installations names no command.
func TestServeIsTheDefault(t *testing.T) {
	busy := site(t, "pinctrl-bcm2711", "no-such-chip")
	for _, args := range [][]string{{"--wayland=/nowhere"}, {"serve", "--wayland=/nowhere"}} {
		code, _, stderr := kioskd(t, append([]string{"--config", busy, "--runtime", t.TempDir()}, args...)...)
		if code != exitConfig || !strings.Contains(stderr, "hint: compare [film]") {
			t.Errorf("%q: %d, %q", args, code, stderr)
		}
	}
	if code, _, stderr := kioskd(t, "--nonsense"); code == 0 || !strings.Contains(stderr, "kioskd --help") {
		t.Errorf("--nonsense: %d, %q", code, stderr)
	}
}

// TestServeRemembers: the daemon leaves word before it drives anything.
func TestServeRemembers(t *testing.T) {
	runtime := t.TempDir()
	kioskd(t, "--config", site(t), "--runtime", runtime)
	if got, err := recall(runtime); err != nil || len(got) != 2 || got[0].Part != "relay" {
		t.Errorf("%v, %v", got, err)
	}
}
