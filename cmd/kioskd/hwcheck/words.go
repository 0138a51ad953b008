package hwcheck

import "guichet.example/hw"

// words are what the technician reads.
type words struct {
	intro, good, bad, stopped                           string
	filmStep, eyeStep, lampStep, readerStep             string
	films                                               map[hw.Film]string
	atRest, energised, released                         string
	followed, notFollowed, switched                     string
	mendRest, mendClear, mendPrivate, mendEye, mendLamp string
	choice, noAnswer, noInput                           string
	canRead, cannotRead                                 string
	lamp                                                map[hw.Light]string
	noLamp, noReader                                    string
	help, service                                       buttonWords
	pressed, lay, laid, take, taken, noBadge            string
}

// buttonWords are about one button.
type buttonWords struct{ step, none, press, notPressed string }

func (w words) film(f hw.Film) string { return w.films[f] }

var french = words{
	intro: "Contrôle du matériel de la borne. Vous avez %s pour chaque réponse.\n" +
		"Ctrl+C arrête tout : le film redevient privé.",
	good:     "Résultat : tout est bon.",
	bad:      "Résultat : à revoir : %s.",
	stopped:  "Contrôle arrêté. Le relais est relâché.",
	filmStep: "Relais et contact du film", eyeStep: "Film, à l'œil", lampStep: "Lampe",
	readerStep: "Lecteur de badges",
	films:      map[hw.Film]string{hw.FilmPrivate: "privé", hw.FilmClear: "clair", hw.FilmUnknown: "rien de sûr"},
	atRest:     "relais au repos", energised: "relais alimenté", released: "relais relâché",
	followed:    "%s : le contact dit « %s » après %s.",
	notFollowed: "%s : le contact doit dire « %s » en %s et le rester. Il dit : %s.",
	switched:    "Le relais a commuté %s fois depuis sa mise en service.",
	mendRest:    "Vérifiez les fils du contact, et [film] contact dans site.toml.",
	mendClear:   "Vérifiez l'alimentation du film, le relais et son fil, et [film] relay dans site.toml.",
	mendPrivate: "DANGER : le film peut rester clair. Coupez son alimentation, puis changez le relais.",
	mendEye:     "Le contact et le film ne disent pas la même chose. Vérifiez le film et son alimentation.",
	mendLamp:    "Vérifiez le fil de la lampe, et [indicator] dans site.toml.",
	choice:      "[o/n]",
	noAnswer:    "Pas de réponse en %s : compté comme « non ».",
	noInput:     "Personne ne peut répondre ici : compté comme « non ».",
	canRead:     "Le film est alimenté. Regardez l'écran de côté. Pouvez-vous le lire ?",
	cannotRead:  "Le film est au repos. Regardez l'écran de côté. Est-il illisible ?",
	lamp: map[hw.Light]string{
		hw.LightHelp: "La lampe clignote-t-elle lentement ?", hw.LightAssisted: "La lampe est-elle allumée sans clignoter ?",
		hw.LightFault: "La lampe clignote-t-elle vite ?", hw.LightOff: "La lampe est-elle éteinte ?"},
	noLamp:   "site.toml n'a pas de lampe : étape passée.",
	noReader: "site.toml n'a pas de lecteur de badges : étape passée.",
	help: buttonWords{"Bouton d'aide", "site.toml n'a pas de bouton d'aide : étape passée.", "Appuyez sur le bouton d'aide.",
		"Aucun appui en %s. Vérifiez le fil du bouton, et [help_button] dans site.toml."},
	service: buttonWords{"Bouton de service", "site.toml n'a pas de bouton de service : étape passée.",
		"Ouvrez le boîtier. Appuyez sur le bouton de service.",
		"Aucun appui en %s. Vérifiez le fil du bouton, et [service_switch] dans site.toml."},
	pressed: "Appui reçu.",
	lay:     "Posez un badge sur le lecteur.", laid: "Badge vu.", take: "Reprenez le badge.", taken: "Lecteur libre.",
	noBadge: "Rien vu en %s. Vérifiez le lecteur et ses fils.",
}

var english = words{
	intro: "Check of the kiosk's hardware. You have %s for each answer.\n" +
		"Ctrl+C stops everything: the film goes private.",
	good:     "Result: everything is right.",
	bad:      "Result: to be looked at: %s.",
	stopped:  "Check stopped. The relay is released.",
	filmStep: "Relay and contact of the film", eyeStep: "Film, by eye", lampStep: "Lamp",
	readerStep: "Badge reader",
	films:      map[hw.Film]string{hw.FilmPrivate: "private", hw.FilmClear: "clear", hw.FilmUnknown: "nothing certain"},
	atRest:     "relay at rest", energised: "relay energised", released: "relay released",
	followed:    "%s: the contact says %q after %s.",
	notFollowed: "%s: the contact has to say %q within %s and to stay so. It says: %s.",
	switched:    "The relay has switched %s times since it was put into service.",
	mendRest:    "Check the wires of the contact, and [film] contact in site.toml.",
	mendClear:   "Check the film's supply, the relay and its wire, and [film] relay in site.toml.",
	mendPrivate: "DANGER: the film may stay clear. Cut its supply, then replace the relay.",
	mendEye:     "Contact and film do not agree. Check the film and its supply.",
	mendLamp:    "Check the wire of the lamp, and [indicator] in site.toml.",
	choice:      "[y/n]",
	noAnswer:    "No answer within %s: taken as no.",
	noInput:     "Nobody can answer here: taken as no.",
	canRead:     "The film has power. Look at the screen from the side. Can you read it?",
	cannotRead:  "The film is at rest. Look at the screen from the side. Is it unreadable?",
	lamp: map[hw.Light]string{
		hw.LightHelp: "Does the lamp blink slowly?", hw.LightAssisted: "Is the lamp on, without blinking?",
		hw.LightFault: "Does the lamp blink fast?", hw.LightOff: "Is the lamp off?"},
	noLamp:   "site.toml has no lamp: step passed over.",
	noReader: "site.toml has no badge reader: step passed over.",
	help: buttonWords{"Help button", "site.toml has no help button: step passed over.", "Press the help button.",
		"No press within %s. Check the wire of the button, and [help_button] in site.toml."},
	service: buttonWords{"Service switch", "site.toml has no service switch: step passed over.",
		"Open the case. Press the service switch.",
		"No press within %s. Check the wire of the switch, and [service_switch] in site.toml."},
	pressed: "Press received.",
	lay:     "Lay a badge on the reader.", laid: "Badge seen.", take: "Take the badge away.", taken: "Reader free.",
	noBadge: "Nothing seen within %s. Check the reader and its wires.",
}
