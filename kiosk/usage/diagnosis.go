package usage

import (
	"cmp"
	"slices"
	"strings"
)

// leastNamed is in how many sessions a procedure must have been refused a site
// to be shown with it: never one alone.
const leastNamed = 2

// leastJudged is the number of sessions under which a share says nothing.
const leastJudged = 5

// Diagnosis says what was refused to whom: to procedures, over the months of
// which the kiosk keeps it. It is for the technician who mends the list of
// origins and who has the usage file at hand; unlike a Report it prints counts
// from 2 on. They are counts of sessions that asked for the same site, not of
// what a person did, and a list that waits for 11 sessions to break on a
// procedure that ten people a month try is never mended.
type Diagnosis struct {
	Procedures []ProcedureDiagnosis `json:"procedures"` // those that break first
}

// ProcedureDiagnosis is what one procedure was refused.
type ProcedureDiagnosis struct {
	ID       string          `json:"id"`
	Title    string          `json:"title,omitempty"` // "" when it is in no pack given
	Verdict  Verdict         `json:"verdict"`
	Sessions int             `json:"sessions"`
	Finished int             `json:"finished"` // of these
	Refused  []RefusedOrigin `json:"refused"`
	Unnamed  int             `json:"unnamed"` // sessions with a domain that has no name here, once for each
}

// RefusedOrigin is one name, as it would stand in procedure.toml, with what the
// judgement about it rests on.
type RefusedOrigin struct {
	Origin         string `json:"origin"`          // "www.caf.fr"; "*.caf.fr" when the names below it vary
	Sessions       int    `json:"sessions"`        // that were refused it
	Finished       int    `json:"finished"`        // of these
	Unsaid         int    `json:"unsaid"`          // of these: counted when no ending was kept
	Others         int    `json:"others"`          // sessions that did not ask for it; 0 with Unsaid
	OthersFinished int    `json:"others_finished"` // of these
	Own            bool   `json:"own"`             // an origin of the procedure is of the same domain
	Advice         Advice `json:"advice"`
}

// Verdict says whether a procedure can be done on the kiosk.
type Verdict string

const (
	VerdictBreaks  Verdict = "breaks"  // some origin is AdviceAdd
	VerdictUnclear Verdict = "unclear" // some is to be looked at
	VerdictWorks   Verdict = "works"   // all refusals can stay
)

// Advice says what to do about a refused origin.
type Advice string

const (
	AdviceAdd       Advice = "add"        // people rarely finish where it is refused
	AdviceLook      Advice = "look"       // the figures do not decide
	AdviceTooFew    Advice = "too_few"    // fewer than 5 sessions
	AdviceNotNeeded Advice = "not_needed" // half of the sessions or more finish without it
	AdviceTracker   Advice = "tracker"    // known to measure visitors, or to advertise
	AdviceListed    Advice = "listed"     // the pack given has it
)

// Advices returns all advice, the most pressing first.
func Advices() []Advice {
	return []Advice{AdviceAdd, AdviceLook, AdviceTooFew, AdviceNotNeeded, AdviceTracker, AdviceListed}
}

// Listed is what the catalogue says of a procedure today.
type Listed struct {
	Title   string
	Origins []string // as in procedure.toml
}

// Diagnose judges what b keeps of refusals; listed has the procedures of the
// catalogue by id.
func Diagnose(b *Book, listed map[string]Listed) Diagnosis {
	d := Diagnosis{Procedures: []ProcedureDiagnosis{}}
	for id, sums := range b.refusals() {
		if p := sums.diagnose(id, listed[id]); len(p.Refused) > 0 || p.Unnamed >= leastNamed {
			d.Procedures = append(d.Procedures, p)
		}
	}
	order := []Verdict{VerdictBreaks, VerdictUnclear, VerdictWorks}
	slices.SortFunc(d.Procedures, func(x, y ProcedureDiagnosis) int {
		return cmp.Or(slices.Index(order, x.Verdict)-slices.Index(order, y.Verdict), y.Sessions-x.Sessions, strings.Compare(x.ID, y.ID))
	})
	return d
}

// refusals is what a procedure was refused, summed up over months and themes.
type refusals struct {
	sessions, finished int
	sites              map[Site]endings
	others             endings
}

func (b *Book) refusals() map[string]*refusals {
	all := map[string]*refusals{}
	for i, m := range b.Months() {
		if i >= refusedMonths {
			break
		}
		t := b.months[m]
		for k, p := range t.procedures {
			if all[k.id] == nil {
				all[k.id] = &refusals{sites: map[Site]endings{}}
			}
			all[k.id].add(p, t.names)
		}
	}
	return all
}

func (r *refusals) add(p *procedureTally, n siteNames) {
	r.sessions += p.sessions()
	r.finished += endingsOf(p)[endedFinished]
	domains, others := p.domains(n)
	r.others = r.others.plus(others)
	for _, d := range domains {
		for _, s := range append(d.hosts, d.siteSums) {
			r.sites[s.Site] = r.sites[s.Site].plus(s.endings)
		}
	}
}

func (r *refusals) diagnose(id string, l Listed) ProcedureDiagnosis {
	p := ProcedureDiagnosis{ID: id, Title: l.Title, Sessions: r.sessions, Finished: r.finished,
		Refused: []RefusedOrigin{}, Unnamed: r.others.sessions()}
	for s, end := range r.sites {
		if end.sessions() >= leastNamed && (s.host != "" || r.varies(s)) {
			p.Refused = append(p.Refused, r.origin(s, end, l))
		}
	}
	slices.SortFunc(p.Refused, func(x, y RefusedOrigin) int {
		return cmp.Or(slices.Index(Advices(), x.Advice)-slices.Index(Advices(), y.Advice),
			y.Sessions-x.Sessions, strings.Compare(x.Origin, y.Origin))
	})
	p.Verdict = verdict(p)
	return p
}

// varies says whether some session asked for hosts of the domain none of which
// is known by name.
func (r *refusals) varies(domain Site) bool {
	named := 0
	for s, end := range r.sites {
		if s.host != "" && s.domain == domain.domain {
			named += end.sessions()
		}
	}
	return r.sites[domain].sessions() > named
}

func (r *refusals) origin(s Site, end endings, l Listed) RefusedOrigin {
	o := RefusedOrigin{Origin: s.host, Sessions: end.sessions(), Finished: end[endedFinished], Unsaid: end[endedUnsaid]}
	if s.host == "" {
		o.Origin = "*." + s.domain
	}
	if o.Unsaid == 0 {
		o.Others, o.OthersFinished = r.sessions-o.Sessions, r.finished-o.Finished
	}
	o.Own = slices.ContainsFunc(l.Origins, func(of string) bool { return isWithin(strings.TrimPrefix(of, "*."), s.domain) })
	switch {
	case slices.ContainsFunc(l.Origins, func(of string) bool { return covers(of, o.Origin) }):
		o.Advice = AdviceListed
	case slices.ContainsFunc(trackers(), func(t string) bool { return isWithin(strings.TrimPrefix(o.Origin, "*."), t) }):
		o.Advice = AdviceTracker
	default:
		o.Advice = o.judge()
	}
	return o
}

// judge is the rule, in sessions of which the ending is known:
//
//	fewer than 5 were refused it                 too few
//	half of them or more finished                not needed
//	5 others or more did not ask for it:
//	  these finished at least twice as often     add
//	  otherwise                                  look
//	fewer others:
//	  a quarter of those refused, or less,
//	  finished                                   add
//	  otherwise                                  look
func (o RefusedOrigin) judge() Advice {
	said := o.Sessions - o.Unsaid
	needed := 4*o.Finished <= said
	if o.Others >= leastJudged {
		needed = o.OthersFinished > 0 && 2*o.Finished*o.Others <= o.OthersFinished*said
	}
	switch {
	case said < leastJudged:
		return AdviceTooFew
	case 2*o.Finished >= said:
		return AdviceNotNeeded
	case needed:
		return AdviceAdd
	default:
		return AdviceLook
	}
}

func verdict(p ProcedureDiagnosis) Verdict {
	has := func(a Advice) bool {
		return slices.ContainsFunc(p.Refused, func(o RefusedOrigin) bool { return o.Advice == a })
	}
	switch {
	case has(AdviceAdd):
		return VerdictBreaks
	case has(AdviceLook), has(AdviceTooFew), len(p.Refused) == 0:
		return VerdictUnclear
	default:
		return VerdictWorks
	}
}

// covers says whether the origin lets every host of name through; both are as
// in procedure.toml.
func covers(origin, name string) bool {
	if below, wild := strings.CutPrefix(origin, "*."); wild {
		return strings.HasSuffix(strings.TrimPrefix(name, "*"), "."+below)
	}
	return origin == name
}

// isWithin says whether host is domain or lies below it.
func isWithin(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// trackers are domains that serve to measure visitors or to advertise, and
// nothing that a procedure needs: companies that public sites in France mostly
// name. Each is in the category Analytics or Advertising of Disconnect's list
// (services.json, August 2026), but googletagmanager.com, which loads such
// scripts. It is no blocking list; what is not in it is judged by the figures.
func trackers() []string {
	return []string{
		"2o7.net", "abtasty.com", "adnxs.com", "aticdn.net", "clarity.ms", "commander1.com", "contentsquare.net",
		"criteo.com", "criteo.net", "demdex.net", "doubleclick.net", "eulerian.net", "google-analytics.com",
		"googleadservices.com", "googlesyndication.com", "googletagmanager.com", "hotjar.com", "kameleoon.eu",
		"matomo.cloud", "nr-data.net", "omtrdc.net", "scorecardresearch.com", "tagcommander.com", "xiti.com",
	}
}
