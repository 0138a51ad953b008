package usage

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
)

// maxNames is how many names, of domains and of hosts, are kept for one
// procedure and month. The first ones are kept: a broken allow-list shows at
// once, and a page cannot fill the file with names.
const maxNames = 24

// endings counts sessions by how they ended.
type endings [3]int

// Places of endings.
const (
	endedOtherwise = iota // left, timed out, or a fault
	endedFinished
	endedUnsaid // how is not known: the first format did not keep it
)

func endingOf(o Outcome) endings {
	if o == OutcomeFinished {
		return endings{endedFinished: 1}
	}
	return endings{endedOtherwise: 1}
}

func (e endings) sessions() int { return sum(e[:]) }

func (e endings) plus(o endings) endings {
	addTo(e[:], o[:])
	return e
}

// isPart says whether no number of e is larger than that of whole.
func (e endings) isPart(whole endings) bool {
	for i, n := range e {
		if n > whole[i] {
			return false
		}
	}
	return true
}

// siteNames knows the refused sites of a month by a mark each, and by name only
// those that two sessions were refused. A page chooses what it asks for and
// could write what somebody typed into a name, and a name can be that of a
// person; so the name that one session alone asked for is nowhere, not even in
// memory: it is learned from the second one.
type siteNames struct {
	seed maphash.Seed
	of   map[mark]Site // the zero Site while one session alone asked for it
}

// mark stands for a site. It says nothing about it to whoever has not the seed,
// which is never written.
type mark struct {
	hash   uint64
	isHost bool
}

func newNames() siteNames { return siteNames{maphash.MakeSeed(), map[mark]Site{}} }

func (n siteNames) mark(s Site) mark {
	if s.host == "" {
		return mark{hash: maphash.String(n.seed, s.domain)}
	}
	return mark{maphash.String(n.seed, s.host), true}
}

// sight marks s, which another session asked for than those before.
func (n siteNames) sight(s Site) mark {
	m := n.mark(s)
	if _, again := n.of[m]; !again {
		s = Site{}
	}
	n.of[m] = Site{strings.Clone(s.host), strings.Clone(s.domain)}
	return m
}

// name returns the name behind a mark, if it is known.
func (n siteNames) name(m mark) (Site, bool) {
	s := n.of[m]
	return s, s != Site{}
}

// under returns the names of n by the marks of o, and those of o.
func (n siteNames) under(o siteNames) siteNames {
	all := siteNames{o.seed, map[mark]Site{}}
	for _, from := range []siteNames{n, o} {
		for _, s := range from.of {
			if s != (Site{}) {
				all.of[o.mark(s)] = s
			}
		}
	}
	return all
}

// refuse counts the sites that one session was refused, and each domain once.
func (t *Tally) refuse(p *procedureTally, sites []Site, end endings) {
	once := map[Site]bool{}
	for _, s := range sites {
		once[s], once[s.whole()] = true, true
	}
	for s := range once {
		m := t.names.sight(s)
		p.refused[m] = p.refused[m].plus(end)
	}
}

// siteSums is a site with its sums.
type siteSums struct {
	Site
	endings
}

// domainSums is a domain with those of its hosts that are known by name. A
// session counts once for its domain, whatever the number of hosts.
type domainSums struct {
	siteSums
	hosts []siteSums
}

// domains returns the known domains by name, and the sum over all others. There
// a session counts once for each domain.
func (p *procedureTally) domains(n siteNames) (list []domainSums, others endings) {
	others = p.others
	hosts := map[string][]siteSums{}
	for m, end := range p.refused {
		s, known := n.name(m)
		switch {
		case !known && !m.isHost:
			others = others.plus(end)
		case known && m.isHost:
			hosts[s.domain] = append(hosts[s.domain], siteSums{s, end})
		case known:
			list = append(list, domainSums{siteSums: siteSums{s, end}})
		}
	}
	for i, d := range list {
		list[i].hosts = hosts[d.domain]
		slices.SortFunc(list[i].hosts, func(a, b siteSums) int { return a.Compare(b.Site) })
	}
	slices.SortFunc(list, func(a, b domainSums) int { return a.Compare(b.Site) })
	return list, others
}

// mergeRefused adds what from was refused; its marks are those of n. The sites
// that most sessions asked for come first, as long as there is room.
func (t *Tally) mergeRefused(to, from *procedureTally, n siteNames) {
	domains, others := from.domains(n)
	to.others = to.others.plus(others)
	slices.SortStableFunc(domains, func(a, b domainSums) int { return mostFirst(a.siteSums, b.siteSums) })
	var hosts []siteSums
	for _, d := range domains {
		if t.keepRefused(to, d.siteSums) {
			hosts = append(hosts, d.hosts...)
		} else {
			to.others = to.others.plus(d.endings)
		}
	}
	slices.SortStableFunc(hosts, mostFirst)
	for _, h := range hosts {
		t.keepRefused(to, h)
	}
}

func mostFirst(a, b siteSums) int { return cmp.Compare(b.sessions(), a.sessions()) }

// keepRefused adds the sums of a site that is known by name, or says that there
// is no room for it.
func (t *Tally) keepRefused(p *procedureTally, s siteSums) bool {
	m := t.names.mark(s.Site)
	if _, kept := p.refused[m]; !kept && len(p.refused) >= maxNames {
		return false
	}
	t.names.of[m] = s.Site
	p.refused[m] = p.refused[m].plus(s.endings)
	return true
}

// forgetRefused drops the refused sites: they serve to mend an allow-list and
// nothing else, so they go with the month after.
func (t *Tally) forgetRefused() {
	t.names = newNames()
	for _, p := range t.procedures {
		p.refused, p.others = map[mark]endings{}, endings{}
	}
}
