package wire

import (
	"errors"
	"slices"
)

var errField = errors.New("field outside its list")

// check holds what a view may say. Values of usage types are only bounded
// here; the loop matches them against the closed lists.
func check(msg any) error {
	ok := true
	switch m := msg.(type) {
	case Hello:
		ok = len(m.Engine) <= 64
	case Shown:
		ok = slices.Contains([]Surface{SurfaceHome, SurfaceSession, SurfaceBlank, SurfaceUnprovisioned,
			SurfaceOutOfService, SurfaceMaintenance}, m.Surface)
	case Chose:
		ok = isID(m.Procedure)
	case Pressed:
		ok = slices.Contains([]Button{ButtonFinish, ButtonHelp, ButtonCancelHelp, ButtonContinue,
			ButtonMoreTime, ButtonAccept, ButtonRefuse, ButtonCancelPIN, ButtonStopHelp, ButtonSkip, ButtonCloseOffer, ButtonInstall, ButtonLeave}, m.Button)
	case Answered:
		ok = isWord(m.Help) && (m.Referral == "" || isWord(m.Referral))
	case Spoke:
		ok = len(m.Language) == 2 && isWord(m.Language)
	case Aided:
		ok = isWord(m.Aid)
	case At:
		ok = m.Host == "" || isHost(m.Host)
	case Page:
		ok = slices.Contains([]PageEvent{PageHung, PageCrashed, PageMemory}, m.Event)
	}
	if !ok {
		return errField
	}
	return nil
}

func isID(s string) bool {
	return only(s, 40, func(c byte) bool { return c == '-' || isLower(c) || isDigit(c) })
}

func isWord(s string) bool {
	return only(s, 40, func(c byte) bool { return c == '_' || isLower(c) })
}

// isHost accepts an ASCII host name without port; an IPv6 literal is not one.
func isHost(s string) bool {
	return only(s, 253, func(c byte) bool { return c == '-' || c == '.' || c == '_' || isLower(c) || isDigit(c) })
}

func only(s string, limit int, ok func(byte) bool) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
