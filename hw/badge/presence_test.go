package badge

import (
	"testing"

	"guichet.example/hw"
	"pgregory.net/rapid"
)

func TestPresence(t *testing.T) {
	came := func(r hw.Role) hw.Badge { return hw.Badge{Present: true, Role: r} }
	badge := func(r hw.Role) Sighting { return Sighting{Seen: SeenBadge, Role: r} }
	nothing, same, several, bad := Sighting{}, Sighting{Seen: SeenSame}, Sighting{Seen: SeenSeveral}, Sighting{Seen: SeenUnreadable}
	left, many := hw.Badge{}, hw.Badge{Several: true}
	for name, c := range map[string]struct {
		polls []Sighting
		want  []hw.Badge
	}{
		"nothing":                   {[]Sighting{nothing, same, bad}, nil},
		"several":                   {[]Sighting{several, several, nothing, several, bad, nothing}, []hw.Badge{many, left}},
		"one of several is left":    {[]Sighting{several, nothing, badge(1)}, []hw.Badge{many, came(1)}},
		"comes and leaves":          {[]Sighting{badge(1), same, nothing, nothing, nothing}, []hw.Badge{came(1), left}},
		"lifted for a moment":       {[]Sighting{badge(1), nothing, same, nothing, same}, []hw.Badge{came(1)}},
		"another in its place":      {[]Sighting{badge(1), nothing, badge(2)}, []hw.Badge{came(1), left, came(2)}},
		"refused":                   {[]Sighting{badge(0), same, nothing, nothing}, []hw.Badge{came(0), left}},
		"no longer to be read":      {[]Sighting{badge(1), bad, bad}, []hw.Badge{came(1), left}},
		"a second one laid over it": {[]Sighting{badge(1), several, several}, []hw.Badge{came(1), left, many}},
		"comes back after leaving":  {[]Sighting{badge(1), nothing, nothing, badge(1)}, []hw.Badge{came(1), left, came(1)}},
	} {
		var p Presence
		var got []hw.Badge
		for _, s := range c.polls {
			got = append(got, p.Saw(s)...)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}

// Whatever is seen: coming and leaving alternate, nothing is told twice, and
// nobody is there who was missed twice.
func TestPresenceAlternates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Presence
		present, missed, last := false, 0, hw.Badge{}
		for _, n := range rapid.SliceOf(rapid.IntRange(0, 4)).Draw(t, "polls") {
			for _, b := range p.Saw(Sighting{Seen: Seen(n)}) {
				if b == last || b.Present && present || b.Several && (present || b.Present) {
					t.Fatalf("%+v after %+v", b, last)
				}
				last = b
				present = b.Present
			}
			if missed++; Seen(n) == SeenBadge || Seen(n) == SeenSame {
				missed = 0
			}
			if present && missed >= 2 {
				t.Fatal("still there")
			}
		}
	})
}
