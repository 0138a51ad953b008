package upkeep

import (
	"errors"
	"slices"
	"syscall"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/trust"
	"guichet.example/provisioning/usb"
)

// Code names why a piece of work failed, where neither the stick nor what is on
// it is the reason. It never changes its meaning.
type Code string

// The reasons.
const (
	CardFull    Code = "G-CARD-FULL"
	CardDamaged Code = "G-CARD-DAMAGED" // the kiosk's own record of releases
	Meanwhile   Code = "G-MEANWHILE"    // somebody else worked on the site
	Machine     Code = "G-KIOSK"        // anything else; the journal says what
	NoNetwork   Code = "G-TEST-NETWORK" // no start page can be reached
	NoReader    Code = "G-TEST-READER"  // the badge reader does not answer
	NoServer    Code = "G-TEST-SERVER"  // the site's server does not answer any more, from which the release came
)

// text is said in both languages.
type text struct{ fr, en string }

func (t text) in(lang string) string {
	if lang == "en" {
		return t.en
	}
	return t.fr
}

// Codes lists the reasons.
func Codes() []Code {
	return []Code{CardFull, CardDamaged, Meanwhile, Machine, NoNetwork, NoReader, NoServer}
}

// In says the code in the language "fr" or "en", and what to do.
func (c Code) In(lang string) string {
	return map[Code]text{
		CardFull: {"La carte mémoire de la borne est pleine. Rien n’a changé. Appelez l’assistance.",
			"The kiosk’s memory card is full. Nothing has changed. Call support."},
		CardDamaged: {"La carte mémoire de la borne est abîmée. Remplacez-la et installez la borne à nouveau.",
			"The kiosk’s memory card is damaged. Replace it and set the kiosk up again."},
		Meanwhile: {"Quelqu’un d’autre a modifié la borne en même temps. Retirez la clé USB et recommencez.",
			"Somebody else has changed the kiosk at the same time. Take the stick out and begin again."},
		Machine: {"La borne n’y est pas arrivée. Rien n’a changé. Recommencez, puis appelez l’assistance.",
			"The kiosk could not do it. Nothing has changed. Try again, then call support."},
		NoNetwork: {"Aucun site ne répond. La configuration d’avant revient. Vérifiez le câble réseau, puis recommencez avec la même clé USB.",
			"No site answers. The configuration from before comes back. Check the network cable, then try again with the same stick."},
		NoReader: {"Le lecteur de badges ne répond pas. La configuration d’avant revient. Vérifiez son câble, puis recommencez avec la même clé USB.",
			"The badge reader does not answer. The configuration from before comes back. Check its cable, then try again with the same stick."},
		NoServer: {"Le serveur des bornes ne répond plus. La configuration d’avant revient. Prévenez la personne qui prépare les clés USB.",
			"The server for kiosks answers no more. The configuration from before comes back. Tell the person who makes the sticks."},
	}[c].in(lang)
}

// inWords returns a step that ends for this reason, with its code and sentence.
func inWords(step wire.Step, err error) wire.Work {
	code, in := reason(err)
	return because(step, code, in)
}

// reason is the code of an error, and its sentence.
func reason(err error) (code string, in func(lang string) string) {
	var ofUSB *usb.Refusal
	var ofStick *fat.Refusal
	var ofTrust *trust.Refusal
	switch {
	case errors.As(err, &ofUSB):
		return string(ofUSB.Code), ofUSB.In
	case errors.As(err, &ofStick):
		return string(ofStick.Code), ofStick.In
	case errors.As(err, &ofTrust):
		return string(ofTrust.Code), ofTrust.In
	}
	other := Machine
	for _, one := range []struct {
		err  error
		code Code
	}{{apply.ErrFull, CardFull}, {syscall.ENOSPC, CardFull}, {apply.ErrDamaged, CardDamaged}, {ErrMeanwhile, Meanwhile}, {apply.ErrTrial, Meanwhile}} {
		if errors.Is(err, one.err) {
			other = one.code
		}
	}
	return string(other), other.In
}

func because(step wire.Step, code string, in func(lang string) string) wire.Work {
	return wire.Work{Step: step, Code: code, Says: says(in)}
}

// says is one sentence in every language of the screens.
func says(in func(lang string) string) map[string]string {
	return map[string]string{"fr": in("fr"), "en": in("en")}
}

// lines are said in every language of the screens.
func lines(in func(lang string) []string) map[string][]string {
	return map[string][]string{"fr": in("fr"), "en": in("en")}
}

// below puts what became of a report below the name of the kiosk: a plan may be
// longer than the screen.
func below(plan, report []string) []string { return slices.Insert(plan, 1, report...) }

// reportText says what became of a report, and what to do.
func reportText(w text, then func(lang string) string) func(lang string) []string {
	return func(lang string) []string { return []string{w.in(lang), "  " + then(lang)} }
}

func reportWritten() func(lang string) []string {
	return reportText(text{"Le rapport de la borne est écrit sur la clé USB.", "The kiosk’s report is on the stick."},
		text{"Rapportez la clé USB à l’administrateur.", "Take the stick back to the administrator."}.in)
}

func reportThere() func(lang string) []string {
	return reportText(text{"Le rapport de la borne est déjà sur la clé USB.", "The kiosk’s report is on the stick already."},
		text{"Rapportez la clé USB à l’administrateur.", "Take the stick back to the administrator."}.in)
}

func reportLost(err error) func(lang string) []string {
	code, in := reason(err)
	return reportText(text{"Le rapport n’est pas écrit. Rien n’est perdu : la borne le garde.", "The report is not written. Nothing is lost: the kiosk keeps it."},
		func(lang string) string { return in(lang) + " (" + code + ")" })
}
