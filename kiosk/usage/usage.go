// Package usage is the closed list of what the kiosk may count. Whatever is
// not a constant here cannot be written down: facts carry no text, no address,
// no identifier and no time. It also turns counts into the report that an
// institution reads, and into the diagnosis with which a technician mends the
// list of allowed sites.
//
// The vocabulary is that of French digital-help statistics (La Coop de la
// médiation numérique: thématiques administratives, durée, autonomie,
// structure de redirection), so that the figures fit what institutions
// already report.
//
// Package usage is pure: it has no clock and touches no file.
package usage

import "time"

// Theme is the administrative theme of a procedure
// (La Coop, «thématiques administratives»).
type Theme string

const (
	ThemePapers    Theme = "papiers_elections_citoyennete"
	ThemeFamily    Theme = "famille_scolarite"
	ThemeHealth    Theme = "social_sante"
	ThemeWork      Theme = "travail_formation"
	ThemeHousing   Theme = "logement"
	ThemeTransport Theme = "transports_mobilite"
	ThemeMoney     Theme = "argent_impots"
	ThemeJustice   Theme = "justice"
	ThemeForeign   Theme = "etrangers_europe"
	ThemeLeisure   Theme = "loisirs_sports_culture"
	ThemeCharities Theme = "associations"
)

// Outcome is how a session ended.
type Outcome string

const (
	OutcomeFinished Outcome = "finished"  // the page of success was reached; where none is known, the person said so
	OutcomeLeft     Outcome = "left"      // the person ended it before the page of success
	OutcomeTimedOut Outcome = "timed_out" // nobody answered the warning, or the queue limit was reached
	OutcomeFailed   Outcome = "failed"    // a fault of the kiosk or the site ended it
)

// Length is the range a session's duration falls in. The bounds are those of
// the mediation statistics below an hour, cut finer because a kiosk session is
// shorter than an appointment.
type Length string

const (
	LengthUnder5  Length = "0-5"   // less than 5 min
	LengthUnder15 Length = "5-15"  // 5 min to less than 15 min
	LengthUnder30 Length = "15-30" // 15 min to less than 30 min
	LengthUnder60 Length = "30-60" // 30 min to less than 1 h
	LengthOver60  Length = "60+"   // 1 h and more
)

// LengthOf returns the range that d falls in; a negative d counts as 0.
func LengthOf(d time.Duration) Length {
	switch {
	case d < 5*time.Minute:
		return LengthUnder5
	case d < 15*time.Minute:
		return LengthUnder15
	case d < 30*time.Minute:
		return LengthUnder30
	case d < time.Hour:
		return LengthUnder60
	default:
		return LengthOver60
	}
}

// Autonomy is how much of a session a helper shared
// (La Coop, «niveau d'autonomie du bénéficiaire»).
type Autonomy string

const (
	AutonomyAlone      Autonomy = "autonome"               // no helper at all
	AutonomyPartly     Autonomy = "partiellement_autonome" // a helper for a part of it
	AutonomyThroughout Autonomy = "entierement_accompagne" // a helper for nearly all of it
)

// Help is what the helper says they did, in one tap.
type Help string

const (
	HelpUnsaid    Help = "unsaid"    // helped, but nobody answered the question
	HelpExplained Help = "explained" // told how
	HelpGuided    Help = "guided"    // showed where, the person did it
	HelpTogether  Help = "together"  // did it with them
	HelpInstead   Help = "instead"   // did it for them
)

// Referral is where the helper sent the person next
// (La Coop, «structure de redirection»).
type Referral string

const (
	ReferralAdministration Referral = "administration"
	ReferralMediation      Referral = "mediation_numerique"
	ReferralOperator       Referral = "operateur_ou_organisme_en_charge"
	ReferralSocial         Referral = "aide_sociale"
	ReferralEmployment     Referral = "insertion_professionnelle"
	ReferralFormalities    Referral = "aide_aux_demarches_administratives"
	ReferralOther          Referral = "autre"
)

// Aid is an accessibility aid that was switched on during a session.
type Aid string

const (
	AidTextSize Aid = "text_size"
	AidContrast Aid = "contrast"
	AidMoreTime Aid = "more_time"
)

// Calls is what became of calls for help.
type Calls string

const (
	CallsNone       Calls = "none"       // nobody called
	CallsAnswered   Calls = "answered"   // called, and a helper's badge came
	CallsUnanswered Calls = "unanswered" // called, and nobody came
)

// Session is the fact that one session took place. Each field is a value of a
// closed list; none is finer than its list.
type Session struct {
	Procedure string // id of a procedure of the catalogue, [a-z0-9-]{1,40}
	Theme     Theme
	Outcome   Outcome
	Length    Length
	Autonomy  Autonomy
	Help      Help     // "" when nobody helped
	Referral  Referral // "" when nobody was referred, or nobody said
	Language  string   // two-letter code of a language of the kiosk
	Aids      []Aid    // sorted, each once
	Calls     Calls
	Refused   []Site // asked for and not in the procedure's origins, sorted, each once
}
