package badge

import "guichet.example/hw"

// missedPolls without a badge say that it left: one may have been lifted for
// a moment.
const missedPolls = 2

// Presence turns polls into a badge that comes and leaves. A badge counts
// again only after it has left. The zero value has seen nothing.
type Presence struct {
	present bool
	misses  int
}

// Saw takes the result of one poll, also of one that failed (a zero Sighting),
// and returns what changed: nothing mostly, at most that one badge left and
// another came.
func (p *Presence) Saw(s Sighting) []hw.Badge {
	switch {
	case s.Seen == SeenBadge:
		var changes []hw.Badge
		if p.present {
			changes = append(changes, hw.Badge{})
		}
		*p = Presence{present: true}
		return append(changes, hw.Badge{Present: true, Role: s.Role})
	case !p.present:
		return nil
	case s.Seen == SeenSame:
		p.misses = 0
		return nil
	}
	if p.misses++; p.misses < missedPolls {
		return nil
	}
	*p = Presence{}
	return []hw.Badge{{}}
}
