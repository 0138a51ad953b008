package usage

// The closed lists. The order of each is part of the file format: a new value
// goes to the end, none is ever removed or moved.

// Themes returns all themes.
func Themes() []Theme {
	return []Theme{ThemePapers, ThemeFamily, ThemeHealth, ThemeWork, ThemeHousing, ThemeTransport,
		ThemeMoney, ThemeJustice, ThemeForeign, ThemeLeisure, ThemeCharities}
}

// Outcomes returns all outcomes.
func Outcomes() []Outcome {
	return []Outcome{OutcomeFinished, OutcomeLeft, OutcomeTimedOut, OutcomeFailed}
}

// Lengths returns all ranges of duration, shortest first.
func Lengths() []Length {
	return []Length{LengthUnder5, LengthUnder15, LengthUnder30, LengthUnder60, LengthOver60}
}

// Autonomies returns all levels of autonomy, most autonomous first.
func Autonomies() []Autonomy {
	return []Autonomy{AutonomyAlone, AutonomyPartly, AutonomyThroughout}
}

// Helps returns all kinds of help.
func Helps() []Help {
	return []Help{HelpUnsaid, HelpExplained, HelpGuided, HelpTogether, HelpInstead}
}

// Referrals returns all places a person can be sent to.
func Referrals() []Referral {
	return []Referral{ReferralAdministration, ReferralMediation, ReferralOperator, ReferralSocial,
		ReferralEmployment, ReferralFormalities, ReferralOther}
}

// AidList returns all accessibility aids.
func AidList() []Aid { return []Aid{AidContrast, AidMoreTime, AidTextSize} }

// CallsList returns all that can become of calls for help.
func CallsList() []Calls { return []Calls{CallsNone, CallsAnswered, CallsUnanswered} }
