package session

import (
	"time"

	"guichet.example/kiosk/usage"
)

// visit is what the machine remembers of one session, to count it at its end.
// It is a comparable value, so that every reachable machine can be explored.
type visit struct {
	procedure Procedure
	since     time.Duration
	opened    bool // the site was on screen
	succeeded bool
	helped    time.Duration // total of the assistances that ended
	help      usage.Help
	referral  usage.Referral
	aids      aids // set when the session ends
	calls     usage.Calls
	outcome   usage.Outcome // set when the session ends
	length    time.Duration // set when the session ends
	language  Language      // set when the session ends
}

// aids is a set of accessibility aids.
type aids uint8

const (
	aidContrast aids = 1 << iota
	aidMoreTime
	aidTextSize
)

func aidOf(a usage.Aid) aids {
	switch a {
	case usage.AidContrast:
		return aidContrast
	case usage.AidMoreTime:
		return aidMoreTime
	case usage.AidTextSize:
		return aidTextSize
	default:
		return 0
	}
}

func (a aids) list() []usage.Aid {
	var list []usage.Aid
	for _, one := range []usage.Aid{usage.AidContrast, usage.AidMoreTime, usage.AidTextSize} {
		if a&aidOf(one) != 0 {
			list = append(list, one)
		}
	}
	return list
}

// throughout is the share of a session from which on a helper was there
// "throughout": they come after the person has begun and leave before the end.
const throughout = 0.8

func (v visit) autonomy() usage.Autonomy {
	switch {
	case v.helped == 0:
		return usage.AutonomyAlone
	case float64(v.helped) >= throughout*float64(v.length):
		return usage.AutonomyThroughout
	default:
		return usage.AutonomyPartly
	}
}

// fact is what may be counted of the visit.
func (v visit) fact() usage.Session {
	if v.helped > 0 && v.help == "" {
		v.help = usage.HelpUnsaid
	}
	return usage.Session{
		Procedure: v.procedure.ID,
		Theme:     v.procedure.Theme,
		Outcome:   v.outcome,
		Length:    usage.LengthOf(v.length),
		Autonomy:  v.autonomy(),
		Help:      v.help,
		Referral:  v.referral,
		Language:  string(v.language),
		Aids:      v.aids.list(),
		Calls:     v.calls,
	}
}

// helpRank orders the kinds of help by how much was done for the person, so
// that several assistances in one session count as the strongest.
func helpRank(h usage.Help) int {
	switch h {
	case usage.HelpUnsaid:
		return 1
	case usage.HelpExplained:
		return 2
	case usage.HelpGuided:
		return 3
	case usage.HelpTogether:
		return 4
	case usage.HelpInstead:
		return 5
	default:
		return 0
	}
}

func (v *visit) answered(a Answer) {
	if helpRank(a.Help) > helpRank(v.help) {
		v.help = a.Help
	}
	if a.Referral != "" {
		v.referral = a.Referral
	}
}
