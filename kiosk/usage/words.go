package usage

import "strings"

// Languages a report can be read in.
const (
	French  = "fr"
	English = "en"
)

// words is the French and the English of one thing.
type words struct{ fr, en string }

func (w words) in(lang string) string {
	if lang == English {
		return w.en
	}
	return w.fr
}

// titles of the tables, and what a column of numbers counts.
func titles() map[string]words {
	return map[string]words{
		TableThemes:    {"Thématiques administratives", "Administrative themes"},
		TableOutcome:   {"Démarches : comment la séance s’est terminée", "Procedures: how the session ended"},
		TableLength:    {"Démarches : durée de la séance, en minutes", "Procedures: length of the session, in minutes"},
		TableAutonomy:  {"Démarches : autonomie de la personne", "Procedures: autonomy of the person"},
		TableCalls:     {"Démarches : appels à l’aide", "Procedures: calls for help"},
		TableHelp:      {"Séances avec un aidant : ce qu’il a fait", "Sessions with a helper: what they did"},
		TableReferral:  {"Séances avec un aidant : orientation", "Sessions with a helper: where the person was sent"},
		TableLanguages: {"Langues", "Languages"},
		TableAids:      {"Aides d’accessibilité utilisées", "Accessibility aids used"},
		TableWeekdays:  {"Jours de la semaine", "Days of the week"},
		TableBlocked:   {"Sites refusés, par démarche", "Sites refused, by procedure"},
	}
}

// label is the word for a key of a row or column. What has no word is an id, a
// domain or a language code, and speaks for itself.
func label(table, key, lang string) string {
	if w, ok := commonLabels()[key]; ok {
		return w.in(lang)
	}
	if w, ok := labels()[table][key]; ok {
		return w.in(lang)
	}
	return key
}

func commonLabels() map[string]words {
	return map[string]words{
		RowAll:         {"Toutes les démarches", "All procedures"},
		RowOthers:      {"Le reste, ensemble", "All others together"},
		ColumnSessions: {"séances", "sessions"},
	}
}

func labels() map[string]map[string]words {
	return map[string]map[string]words{
		TableThemes:    themeLabels(),
		TableOutcome:   outcomeLabels(),
		TableAutonomy:  autonomyLabels(),
		TableCalls:     callsLabels(),
		TableHelp:      helpLabels(),
		TableReferral:  referralLabels(),
		TableAids:      aidLabels(),
		TableLanguages: languageLabels(),
		TableWeekdays:  weekdayLabels(),
	}
}

// themeLabels is La Coop's own wording.
func themeLabels() map[string]words {
	return map[string]words{
		string(ThemePapers):    {"Papiers - Élections - Citoyenneté", "Papers, elections, citizenship"},
		string(ThemeFamily):    {"Famille - Scolarité", "Family, school"},
		string(ThemeHealth):    {"Social - Santé", "Social matters, health"},
		string(ThemeWork):      {"Travail - Formation - Entreprise", "Work, training, business"},
		string(ThemeHousing):   {"Logement", "Housing"},
		string(ThemeTransport): {"Transports - Mobilité", "Transport"},
		string(ThemeMoney):     {"Argent - Impôts", "Money, taxes"},
		string(ThemeJustice):   {"Justice", "Justice"},
		string(ThemeForeign):   {"Étrangers - Europe", "Foreigners, Europe"},
		string(ThemeLeisure):   {"Loisirs - Sports - Culture", "Leisure, sports, culture"},
		string(ThemeCharities): {"Associations", "Associations"},
	}
}

func outcomeLabels() map[string]words {
	return map[string]words{
		string(OutcomeFinished): {"terminée", "finished"},
		string(OutcomeLeft):     {"quittée avant", "left before"},
		string(OutcomeTimedOut): {"sans réponse", "no answer"},
		string(OutcomeFailed):   {"panne", "fault"},
	}
}

func autonomyLabels() map[string]words {
	return map[string]words{
		string(AutonomyAlone):      {"autonome", "alone"},
		string(AutonomyPartly):     {"aidée en partie", "helped partly"},
		string(AutonomyThroughout): {"aidée tout du long", "helped throughout"},
	}
}

func callsLabels() map[string]words {
	return map[string]words{
		string(CallsNone):       {"aucun appel", "no call"},
		string(CallsAnswered):   {"aidant venu", "helper came"},
		string(CallsUnanswered): {"personne n’est venu", "nobody came"},
	}
}

func helpLabels() map[string]words {
	return map[string]words{
		string(HelpUnsaid):    {"non précisé", "not said"},
		string(HelpExplained): {"a expliqué", "explained"},
		string(HelpGuided):    {"a guidé", "guided"},
		string(HelpTogether):  {"a fait avec la personne", "did it with the person"},
		string(HelpInstead):   {"a fait à la place de la personne", "did it for the person"},
	}
}

func referralLabels() map[string]words {
	return map[string]words{
		string(ReferralAdministration): {"Administration", "Administration"},
		string(ReferralMediation):      {"Médiation numérique", "Digital mediation"},
		string(ReferralOperator):       {"Opérateur ou organisme en charge", "The operator in charge"},
		string(ReferralSocial):         {"Aide sociale", "Social services"},
		string(ReferralEmployment):     {"Insertion professionnelle", "Employment services"},
		string(ReferralFormalities):    {"Aide aux démarches administratives", "Help with formalities"},
		string(ReferralOther):          {"Autre structure", "Another place"},
		referralNone:                   {"aucune, ou non précisé", "nowhere, or not said"},
	}
}

func aidLabels() map[string]words {
	return map[string]words{
		string(AidContrast): {"Contraste renforcé", "High contrast"},
		string(AidMoreTime): {"Plus de temps", "More time"},
		string(AidTextSize): {"Texte plus grand", "Larger text"},
	}
}

// languageLabels names the languages that kiosks of town halls mostly have.
func languageLabels() map[string]words {
	return map[string]words{
		"fr": {"français", "French"}, "en": {"anglais", "English"}, "ar": {"arabe", "Arabic"},
		"es": {"espagnol", "Spanish"}, "pt": {"portugais", "Portuguese"}, "tr": {"turc", "Turkish"},
		"uk": {"ukrainien", "Ukrainian"}, "ru": {"russe", "Russian"}, "zh": {"chinois", "Chinese"},
		"de": {"allemand", "German"}, "it": {"italien", "Italian"}, "ro": {"roumain", "Romanian"},
	}
}

func weekdayLabels() map[string]words {
	fr := strings.Fields("lundi mardi mercredi jeudi vendredi samedi dimanche")
	all := map[string]words{}
	for i, name := range weekdayNames() {
		all[name] = words{fr[i], strings.ToUpper(name[:1]) + name[1:]}
	}
	return all
}

// in is "novembre 2026".
func (m Month) in(lang string) string {
	fr := strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
	d, err := ParseDay(string(m) + "-01")
	if err != nil {
		return string(m)
	}
	if lang == English {
		return d.Time().Format("January 2006")
	}
	return fr[d.Time().Month()-1] + d.Time().Format(" 2006")
}
