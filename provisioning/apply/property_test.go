package apply

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAnyLife goes through random steps, possible ones and others, with power
// cuts anywhere, and compares each time with the model.
func TestAnyLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &run{m: newMemory()}
		if err := r.do("boot"); err != nil {
			t.Fatal(err)
		}
		staged, version := "", 0
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			step := rapid.SampledFrom([]string{"boot", "stage", "try", "confirm", "takeback", "putoff", "cut"}).Draw(t, "step")
			if step == "cut" {
				r.m.cutAt = r.m.n + rapid.IntRange(0, 60).Draw(t, "before change")
				continue
			}
			switch step {
			case "stage":
				version++
				step += " " + strconv.Itoa(version)
			case "try":
				step += " " + staged
			}
			may := possible(r.now, staged, step)
			was := r.now
			err := r.do(step)
			if r.m.cut {
				way := randomLoss(rapid.Uint64().Draw(t, "loss"))
				would := r.next
				if !may {
					would = was
				}
				r = &run{m: r.m.afterCut(way)}
				if err := r.do("boot"); err != nil {
					t.Fatalf("start after %s was cut: %v", step, err)
				}
				r.now = found(t, r.site, was.boot(), would.boot())
				staged = ""
				continue
			}
			if (err == nil) != may {
				t.Fatalf("%s in %+v: %v", step, was, err)
			}
			switch {
			case err != nil:
				r.now = was
			case step == "boot", strings.HasPrefix(step, "try"):
				staged = ""
			case strings.HasPrefix(step, "stage"):
				staged = strconv.Itoa(version)
			}
			found(t, r.site, r.now)
		}
	})
}

// possible says whether the model has that step.
func possible(w world, staged, step string) bool {
	switch step[:3] {
	case "sta":
		return !w.trial
	case "try":
		return !w.trial && staged != ""
	case "con", "put":
		return w.trial
	case "tak":
		return w.trial || w.previous != ""
	}
	return true
}

// found returns which of the worlds the site is.
func found(t *rapid.T, s *Site, allowed ...world) world {
	var problems error
	for _, w := range allowed {
		err := judge(s, w)
		if err == nil {
			return w
		}
		problems = errors.Join(problems, err)
	}
	t.Fatal(problems)
	return world{}
}

// TestStateSurvivesItsFile encodes and decodes any state.
func TestStateSurvivesItsFile(t *testing.T) {
	version := rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`)
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfNDistinct(rapid.IntRange(1, 1<<40), 3, 3, rapid.ID[int]).Draw(t, "numbers")
		s := State{Current: Release{numbers[0], version.Draw(t, "current")}, Previous: Release{numbers[1], version.Draw(t, "previous")},
			Trusted: numbers[2], Trial: rapid.Bool().Draw(t, "trial"), TakenBack: version.Draw(t, "taken back")}
		if s.Trial {
			s.Boots = rapid.IntRange(0, TrialBoots).Draw(t, "boots")
		}
		if got, err := decodeState(s.encode()); err != nil || got != s {
			t.Fatalf("%+v %v", got, err)
		}
	})
}

// FuzzState reads any file: it is refused, or it is a state that can be.
func FuzzState(f *testing.F) {
	f.Add(State{}.encode())
	f.Add(State{Release{3, "v3"}, Release{2, "v2"}, 2, true, 1, "x"}.encode())
	f.Add([]byte(sumLine("")))
	f.Fuzz(func(t *testing.T, data []byte) {
		summed := slices.Concat(data, []byte(sumLine(string(data)))) // else nothing gets past the hash
		for _, data := range [][]byte{data, summed} {
			if s, err := decodeState(data); err == nil && s.check() != nil {
				t.Errorf("%q gives %+v", data, s)
			}
		}
	})
}
