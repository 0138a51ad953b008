package trust

import (
	"fmt"
	"strings"
	"time"
)

// Code names a reason to refuse a stick. It is short and made of letters, to be
// read over the phone; it never changes its meaning.
type Code string

// The reasons.
const (
	None       Code = "G-TUF-NONE"      // no data for kiosks
	Read       Code = "G-TUF-READ"      // the medium failed
	Missing    Code = "G-TUF-MISSING"   // a file is not there
	Form       Code = "G-TUF-FORM"      // not metadata that this version knows
	Size       Code = "G-TUF-SIZE"      // a file is longer than it may be
	Endless    Code = "G-TUF-ENDLESS"   // more files, or roots, than there may be
	WrongSite  Code = "G-TUF-SITE"      // made by another organisation
	WrongKiosk Code = "G-TUF-KIOSK"     // made for other kiosks
	Unsigned   Code = "G-TUF-UNSIGNED"  // no signature that counts
	Threshold  Code = "G-TUF-THRESHOLD" // some signatures, too few
	Rollback   Code = "G-TUF-ROLLBACK"  // older than what the kiosk has
	Freeze     Code = "G-TUF-FREEZE"    // the stick's own time is over
	Expired    Code = "G-TUF-EXPIRED"   // a key or a signature is over
	Mix        Code = "G-TUF-MIX"       // parts of different sticks
	Forward    Code = "G-TUF-FORWARD"   // versions or dates that jump too far
	Target     Code = "G-TUF-TARGET"    // a file is not the one that was signed
	Author     Code = "G-TUF-AUTHOR"    // somebody signed what is not theirs
	Content    Code = "G-TUF-CONTENT"   // signed, but this kiosk cannot use it
	State      Code = "G-TUF-STATE"     // what the kiosk itself remembers is damaged
)

// Codes lists all reasons.
func Codes() []Code {
	return []Code{None, Read, Missing, Form, Size, Endless, WrongSite, WrongKiosk, Unsigned, Threshold,
		Rollback, Freeze, Expired, Mix, Forward, Target, Author, Content, State}
}

// A Refusal says why a stick is not used. Nothing of it was.
type Refusal struct {
	Code  Code
	File  string    // the file of the repository it is about, "" for none
	Time  time.Time // that was taken for now
	Cause error     // for the log; nil where Code says all
}

// Error is for a log, in English.
func (r *Refusal) Error() string {
	text := "refuse stick: " + string(r.Code)
	if r.File != "" {
		text += fmt.Sprintf(": %q", r.File)
	}
	if r.Cause != nil {
		text += ": " + r.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// In says for a technician what is wrong and what to do, in the language "fr"
// or "en".
func (r *Refusal) In(lang string) string {
	day := r.Time.Format("02/01/2006")
	if lang == "en" {
		day = r.Time.Format("2 January 2006")
	}
	return strings.ReplaceAll(r.Code.In(lang), "{date}", day)
}

// words are said in both languages.
type words struct{ fr, en string }

// In says what the code means, in the language "fr" or "en"; {date} stands for
// the date that the kiosk takes for today.
func (c Code) In(lang string) string {
	w, ok := sentences()[c]
	if !ok {
		w = sentences()[Form]
	}
	if lang == "en" {
		return w.en
	}
	return w.fr
}

func sentences() map[Code]words {
	return map[Code]words{
		None: {
			"Il n’y a rien pour une borne sur cette clé. Demandez une clé préparée pour cette borne.",
			"There is nothing for a kiosk on this stick. Ask for a stick made for this kiosk."},
		Read: {
			"La clé ne se lit pas jusqu’au bout. Laissez-la branchée et recommencez. Si cela revient, prenez une autre clé.",
			"The stick cannot be read to its end. Leave it plugged in and try again. If this comes back, take another stick."},
		Missing: {
			"Il manque un fichier sur la clé. Copiez de nouveau la clé en entier.",
			"A file is missing on the stick. Copy the whole stick again."},
		Form: {
			"Cette borne ne comprend pas la clé. Faites refaire la clé avec une version récente de kioskctl.",
			"This kiosk does not understand the stick. Have the stick made again with a recent kioskctl."},
		Size: {
			"Un fichier de la clé est trop gros. Rien n’est utilisé. Faites refaire la clé.",
			"A file on the stick is too large. Nothing is used. Have the stick made again."},
		Endless: {
			"La clé contient trop de fichiers. Rien n’est utilisé. Faites refaire la clé.",
			"The stick holds too many files. Nothing is used. Have the stick made again."},
		WrongSite: {
			"Cette clé vient d’une autre organisation. Prenez la clé de l’organisation de cette borne.",
			"This stick comes from another organisation. Take the stick of this kiosk’s organisation."},
		WrongKiosk: {
			"Cette clé est pour d’autres bornes. Comparez le numéro de la borne à ceux de la clé, ou faites ajouter cette borne.",
			"This stick is for other kiosks. Compare the kiosk’s number with those of the stick, or have this kiosk added."},
		Unsigned: {
			"La signature de la clé n’est pas bonne. N’utilisez pas cette clé. Prévenez la personne qui prépare les clés.",
			"The signature of the stick is not right. Do not use this stick. Tell the person who makes the sticks."},
		Threshold: {
			"Il manque une signature sur la clé. La personne qui prépare les clés doit la faire signer par les autres responsables.",
			"A signature is missing on the stick. The person who makes the sticks needs the other people in charge to sign."},
		Rollback: {
			"Cette clé est plus ancienne que les réglages de la borne. Prenez la clé la plus récente.",
			"This stick is older than the settings of the kiosk. Take the newest stick."},
		Freeze: {
			"Cette clé n’est plus valable. Pour la borne, nous sommes le {date}. Si la date est bonne, faites refaire la clé.",
			"This stick counts no more. For the kiosk, today is {date}. If the date is right, have the stick made again."},
		Expired: {
			"Une signature de la clé est trop ancienne. Pour la borne, nous sommes le {date}. Si la date est bonne, faites renouveler les clés de signature.",
			"A signature on the stick is too old. For the kiosk, today is {date}. If the date is right, have the signing keys renewed."},
		Mix: {
			"La clé mélange des fichiers de plusieurs versions. Effacez le dossier « guichet » de la clé et copiez-le de nouveau.",
			"The stick mixes files of several versions. Delete the folder “guichet” on the stick and copy it again."},
		Forward: {
			"Le numéro ou la date de cette clé sont trop loin dans l’avenir. N’utilisez pas cette clé. Prévenez la personne qui prépare les clés.",
			"The number or the date of this stick is too far in the future. Do not use this stick. Tell the person who makes the sticks."},
		Target: {
			"Un fichier de la clé a été abîmé ou changé. Copiez de nouveau la clé en entier. Si cela revient, prenez une autre clé.",
			"A file on the stick was damaged or changed. Copy the whole stick again. If this comes back, take another stick."},
		Author: {
			"Un ensemble de démarches n’est pas signé par la bonne personne. Prévenez la personne qui prépare les clés.",
			"A pack of procedures is not signed by the right person. Tell the person who makes the sticks."},
		Content: {
			"La clé est bonne, mais cette borne ne peut pas utiliser ses réglages. Mettez la borne à jour, ou faites refaire la clé.",
			"The stick is good, but this kiosk cannot use its settings. Update the kiosk, or have the stick made again."},
		State: {
			"La mémoire de la borne est abîmée. La clé n’y est pour rien. Appelez le service technique.",
			"The memory of the kiosk is damaged. It is not the stick’s fault. Call the technical service."},
	}
}
