package usage

import (
	"fmt"
	"slices"
)

// maxRefused is how many refused sites one session may name; it is the number
// that a gate tells of one view.
const maxRefused = 64

// Check says why s may not be counted, or nil. Its error names the field and,
// of a value that is not in its list, nothing: it may be text of a page.
func (s Session) Check() error {
	for _, field := range []struct {
		name string
		ok   bool
	}{
		{"procedure", isID(s.Procedure)},
		{"theme", slices.Contains(Themes(), s.Theme)},
		{"outcome", slices.Contains(Outcomes(), s.Outcome)},
		{"length", slices.Contains(Lengths(), s.Length)},
		{"autonomy", slices.Contains(Autonomies(), s.Autonomy)},
		{"help", s.Help == "" || slices.Contains(Helps(), s.Help)},
		{"referral", s.Referral == "" || slices.Contains(Referrals(), s.Referral)},
		{"language", isLanguage(s.Language)},
		{"aids", isSet(s.Aids) && isSubset(s.Aids, AidList())},
		{"calls", slices.Contains(CallsList(), s.Calls)},
		{"refused", len(s.Refused) <= maxRefused && isSiteSet(s.Refused)},
	} {
		if !field.ok {
			return fmt.Errorf("count session: %s is not in the closed list", field.name)
		}
	}
	return s.checkHelp()
}

// checkHelp keeps two sums equal that the report relies on: the sessions with
// a helper, and the answers about what the helper did.
func (s Session) checkHelp() error {
	switch helped := s.Autonomy != AutonomyAlone; {
	case helped && s.Help == "":
		return fmt.Errorf("count session: helped, but no kind of help")
	case !helped && s.Help != "":
		return fmt.Errorf("count session: alone, but a kind of help")
	case !helped && s.Referral != "":
		return fmt.Errorf("count session: alone, but a referral")
	default:
		return nil
	}
}

// isSet says whether list is sorted and holds each value once.
func isSet[T ~string](list []T) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

// isSiteSet is isSet for sites; the zero Site is none.
func isSiteSet(list []Site) bool {
	for i, s := range list {
		if s.host == "" || i > 0 && list[i-1].Compare(s) >= 0 {
			return false
		}
	}
	return true
}

func isSubset[T comparable](list, of []T) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !slices.Contains(of, v) })
}

// isID says whether s is [a-z0-9-]{1,40}.
func isID(s string) bool {
	return len(s) >= 1 && len(s) <= 40 && only(s, "-")
}

func isLanguage(s string) bool {
	return len(s) == 2 && 'a' <= s[0] && s[0] <= 'z' && 'a' <= s[1] && s[1] <= 'z'
}

// only says whether s consists of a-z, 0-9 and the characters of more.
func only(s, more string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !slices.Contains([]byte(more), c) {
			return false
		}
	}
	return true
}
