package provisioning

import (
	"fmt"
	"strings"
)

// words are said in both languages.
type words struct{ fr, en string }

func (w words) in(lang string) string {
	if lang == "en" {
		return w.en
	}
	return w.fr
}

// In says what the subject is called, in the language "fr" or "en".
func (s Subject) In(lang string) string {
	names := [subjects]words{
		SubjectName:         {"Nom affiché", "Name shown"},
		SubjectID:           {"Nom dans les statistiques", "Name in usage reports"},
		SubjectPlace:        {"Emplacement", "Where it stands"},
		SubjectLanguages:    {"Langues", "Languages"},
		SubjectIdle:         {"Temps sans toucher avant l’avertissement", "Time without a touch before the warning"},
		SubjectIdleInHelp:   {"Même temps pendant un appel à l’aide", "The same while help is called"},
		SubjectWarning:      {"Durée de l’avertissement", "Length of the warning"},
		SubjectConsent:      {"Temps pour accepter de l’aide", "Time to accept help"},
		SubjectAssistedIdle: {"Aide : temps sans toucher", "Help: time without a touch"},
		SubjectAssistedMax:  {"Aide : durée la plus longue", "Help: longest time"},
		SubjectQueue:        {"Durée la plus longue d’une séance", "Longest session"},
		SubjectNotice:       {"Temps d’affichage d’un message", "How long a message stays"},
		SubjectQuestion:     {"Temps d’affichage de la question à l’aidant", "How long the question to the helper stays"},
		SubjectBadgeLeft:    {"Badge oublié : temps avant le rappel", "Badge left behind: time before the reminder"},
		SubjectForgotten:    {"Badge oublié : temps avant la fin de l’aide", "Badge left behind: time before help ends"},
		SubjectProcedures:   {"Choix des démarches", "Choice of procedures"},
		SubjectPack:         {"Démarches", "Procedures"},
		SubjectWiring:       {"Câblage (film, voyant, bouton)", "Wiring (film, lamp, button)"},
		SubjectReader:       {"Lecteur de badges", "Badge reader"},
		SubjectIssuer:       {"Clé publique des badges", "Public key of badges"},
		SubjectRevocations:  {"Liste des badges retirés", "List of revoked badges"},
		SubjectHours:        {"Horaires d’ouverture", "Opening hours"},
		SubjectWired:        {"Adresse fixe sur le câble réseau", "Fixed address on the network cable"},
		SubjectWiFi:         {"Wi-Fi", "Wi-Fi"},
		SubjectProxy:        {"Proxy", "Proxy"},
		SubjectCA:           {"Certificats de l’organisation", "Certificates of the organisation"},
		SubjectPrinter:      {"Imprimante", "Printer"},
		SubjectFleet:        {"Serveur des bornes", "Server for kiosks"},
		SubjectNotices:      {"Textes d’information", "Notices"},
		SubjectLogo:         {"Logo", "Logo"},
		SubjectReports:      {"Rapports sur la clé USB", "Reports on the stick"},
		SubjectSecrets:      {"Mots de passe et clés", "Passwords and keys"},
		SubjectOther:        {"Autres réglages", "Other settings"},
	}
	if s < 0 || s >= subjects {
		s = SubjectOther
	}
	return names[s].in(lang)
}

// In says the change in one line, in the language "fr" or "en".
func (c Change) In(lang string) string {
	what := c.Subject.In(lang)
	if c.Name != "" {
		what += words{" « " + c.Name + " »", " “" + c.Name + "”"}.in(lang)
	}
	colon := words{" : ", ": "}.in(lang)
	switch {
	case c.From != "" && c.To != "":
		return what + colon + c.From + " → " + c.To
	case c.To != "":
		return what + colon + c.To
	}
	return what + colon + [...]words{Changed: {"changement", "changed"}, Added: {"ajout", "added"}, Removed: {"suppression", "removed"}}[c.Kind].in(lang)
}

// In says the whole plan, a line each, in the language "fr" or "en".
func (p Plan) In(lang string) []string {
	lines := []string{fmt.Sprintf(words{"Borne %s, %s (%s)", "Kiosk %s, %s (%s)"}.in(lang), p.ID, p.Place, p.Kiosk.Groups())}
	switch {
	case p.Same():
		return append(lines, words{"Rien ne change.", "Nothing changes."}.in(lang))
	case p.First:
		lines = append(lines, words{"Première installation :", "First set-up:"}.in(lang))
	default:
		lines = append(lines, words{"Ce qui change :", "What changes:"}.in(lang))
	}
	for _, c := range p.Changes {
		lines = append(lines, "  "+c.In(lang))
	}
	if said := CarriedText(p.Carried, lang); said != "" {
		lines = append(lines, said)
	}
	return lines
}

// CarriedText says what is kept although kioskd does not use it yet; "" where
// there is nothing of it.
func CarriedText(list []Subject, lang string) string {
	if len(list) == 0 {
		return ""
	}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.In(lang)
	}
	return words{"Apporté mais pas encore utilisé par la borne : ", "Brought, but not used by the kiosk yet: "}.in(lang) + strings.Join(names, ", ")
}
