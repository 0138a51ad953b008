package badge

import "guichet.example/hw"

// missedPolls without a badge say that it left: one may have been lifted for
// a moment.
const missedPolls = 2

// Presence turns polls into a badge that comes and leaves. A badge counts
// again only after it has left. The zero value has seen nothing.
type Presence struct {
	present bool
	several bool // never with present
	misses  int
}

// Saw takes the result of one poll, also of one that failed (a zero Sighting),
// and returns what changed: nothing mostly, at most that one badge left and
// another, or several, came.
func (p *Presence) Saw(s Sighting) []hw.Badge {
	switch {
	case s.Seen == SeenBadge:
		var changes []hw.Badge
		if p.present {
			changes = append(changes, hw.Badge{})
		}
		*p = Presence{present: true}
		return append(changes, hw.Badge{Present: true, Role: s.Role})
	case s.Seen == SeenSeveral && !p.present:
		told := p.several
		*p = Presence{several: true}
		if told {
			return nil
		}
		return []hw.Badge{{Several: true}}
	case !p.present && !p.several:
		return nil
	case s.Seen == SeenSame && p.present:
		p.misses = 0
		return nil
	}
	if p.misses++; p.misses < missedPolls {
		return nil
	}
	*p = Presence{several: s.Seen == SeenSeveral}
	if p.several {
		return []hw.Badge{{}, {Several: true}}
	}
	return []hw.Badge{{}}
}
