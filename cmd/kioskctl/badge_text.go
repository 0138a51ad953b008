package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"guichet.example/cmd/kioskctl/issuer"
	"guichet.example/hw/badge"
)

// text is something said to the administrator, in both languages.
type text struct{ fr, en string }

func (t text) in(lang string) string {
	if lang == "en" {
		return t.en
	}
	return t.fr
}

// say prints a text.
func say(out output, lang string, t text, args ...any) error {
	_, err := fmt.Fprintf(out, t.in(lang), args...)
	return err
}

// textInit is what init has made.
func textInit() text {
	return text{
		fr: `Le dossier %s est prêt. Il contient :

  keys/organisation.age  les clés, protégées par la phrase secrète
  register.toml          la liste des badges, sans clé et sans nom de personne

Sauvegardez ce dossier. Gardez la phrase secrète à un autre endroit.
Sans l’un ou l’autre, il faut refaire tous les badges.

La suite : kioskctl badge site DOSSIER LIEU DOSSIER-DU-LIEU
`,
		en: `The folder %s is ready. It holds:

  keys/organisation.age  the keys, protected by the passphrase
  register.toml          the list of badges, without a key or a person's name

Keep a copy of this folder. Keep the passphrase in another place.
Without either, all badges have to be made again.

Next: kioskctl badge site DIR SITE OUT
`,
	}
}

// textSite is what a site's folder is and how to keep it.
func textSite() text {
	return text{
		fr: `Lieu %s : le dossier %s est prêt.

  site.key     SECRET : la clé de ce lieu. Avec elle on lit ses badges, et on
               imite un badge déjà lu ; on ne peut pas en fabriquer.
  issuer.pem   la clé publique, pour reconnaître les badges et les listes
  badge.toml   les lignes à mettre dans /etc/guichet/site.toml

Mettez les deux clés dans /etc/guichet/badge des bornes de ce lieu : elles
sont à root, et site.key n’est lisible que par lui (mode 0600).
Ensuite, effacez ce dossier : cette commande le refait à tout moment.
Si la clé est volée, ce lieu change de nom, donc de clé, et ses badges sont
à refaire.

La suite : kioskctl badge make DOSSIER LIEU --role helper --until DATE
`,
		en: `Site %s: the folder %s is ready.

  site.key     SECRET: the key of this site. With it one can read its badges,
               and imitate one that was read; one can make none.
  issuer.pem   the public key, to know badges and lists by
  badge.toml   the lines for /etc/guichet/site.toml

Put the two keys into /etc/guichet/badge of the kiosks of this site: they
belong to root, who alone may read site.key (mode 0600).
Then delete this folder: this command makes it again at any time.
If the key is stolen, this site needs another name, and so another key, and
its badges are to be made again.

Next: kioskctl badge make DIR SITE --role helper --until DATE
`,
	}
}

// textLay is said when a card is wanted.
func textLay() text {
	return text{"Posez une seule carte sur le lecteur, et laissez-la.\n", "Lay one card on the reader, and leave it there.\n"}
}

// textMade is said of a badge that is ready.
func textMade(withPIN bool) text {
	made := text{
		"Le badge n° %d est prêt : %s, valable jusqu’au %s.\n",
		"Badge %d is ready: %s, valid until %s.\n",
	}
	if withPIN {
		made.fr += "La borne demandera son code à chaque fois. Le code n’est écrit nulle part :\n" +
			"s’il est oublié, refaites le badge avec --renew --pin.\n"
		made.en += "Kiosks will ask for its PIN each time. The PIN is written nowhere: when it is\n" +
			"forgotten, make the badge anew with --renew --pin.\n"
	}
	return made
}

// pinState says whether a badge asks for a PIN.
func pinState(r badge.Record, lang string) string {
	if r.PIN.Set() {
		return text{"demandé à chaque fois", "asked for each time"}.in(lang)
	}
	return text{"aucun", "none"}.in(lang)
}

// textNoBadge is said of any other card.
func textNoBadge() text {
	return text{
		"Cette carte n’est pas un badge de l’organisation %d.\n",
		"This card is no badge of organisation %d.\n",
	}
}

// textRevoked is said of badges revoked now.
func textRevoked() text {
	return text{
		fr: "Retiré : badge n° %s.\n" +
			"Les bornes ne le savent pas encore. Apportez-leur une nouvelle liste :\n" +
			"kioskctl badge revocations %s FICHIER --until DATE\n",
		en: "Revoked: badge %s.\n" +
			"The kiosks do not know yet. Bring them a new list:\n" +
			"kioskctl badge revocations %s OUT --until DATE\n",
	}
}

// textRevokedBefore is said when there was nothing to do.
func textRevokedBefore() text {
	return text{"C’était déjà fait.\n", "That was done before.\n"}
}

// textList is said of a list that is written.
func textList() text {
	return text{
		fr: "La liste n° %d est écrite : %s\n" +
			"Badges refusés : %d. Apportez-la à toutes les bornes de l’organisation.\n" +
			"Après le %s, elles refusent les aidants jusqu’à la liste suivante.\n",
		en: "List %d is written: %s\n" +
			"Badges refused: %d. Bring it to all kiosks of the organisation.\n" +
			"After %s they refuse helpers until the next list.\n",
	}
}

// word is what a role or a state is called.
func word(lang, name string) string {
	words := map[string]text{
		"helper":                  {"aidant", "helper"},
		"technician":              {"technicien", "technician"},
		string(issuer.Ready):      {"en service", "in use"},
		string(issuer.Revoked):    {"retiré", "revoked"},
		string(issuer.Unfinished): {"inachevé", "unfinished"},
		"expired":                 {"périmé", "expired"},
	}
	return words[name].in(lang)
}

// state is the word for what a badge is today.
func state(b issuer.Badge, today badge.Day, lang string) string {
	if b.State == issuer.Ready && b.Until < today {
		return word(lang, "expired")
	}
	return word(lang, string(b.State))
}

// plainDay writes a day as people do: 31 mars 2027.
func plainDay(d badge.Day, lang string) string {
	months := text{
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"January February March April May June July August September October November December",
	}
	part := strings.Split(d.String(), "-") // 2027-03-31
	month, _ := strconv.Atoi(part[1])
	day := strings.TrimPrefix(part[2], "0")
	if lang != "en" && day == "1" {
		day = "1er"
	}
	return day + " " + strings.Fields(months.in(lang))[month-1] + " " + part[0]
}

func numbers(serials []uint64) string {
	words := make([]string, len(serials))
	for i, s := range serials {
		words[i] = strconv.FormatUint(s, 10)
	}
	return strings.Join(words, ", ")
}

// Widths of the list, in characters: with its gaps a line has 79.
const (
	serialWidth = 6
	labelWidth  = 24
	roleWidth   = 10
	untilWidth  = 17
)

// listText is the register by site, at most 80 columns wide.
func listText(r *issuer.Register, today badge.Day, lang string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, text{"Badges de l’organisation %d\n", "Badges of organisation %d\n"}.in(lang), r.Organisation)
	if len(r.Badges) == 0 {
		fmt.Fprintf(&b, "  %s\n", text{"Aucun badge n’est encore fait.", "No badge is made yet."}.in(lang))
	}
	head := text{"N°|Étiquette|Rôle|Valable jusqu’au|État", "No.|Label|Role|Valid until|State"}.in(lang)
	for _, site := range slices.Sorted(slices.Values(r.Sites)) {
		lines := [][]string{strings.Split(head, "|")}
		for _, e := range r.Badges {
			if e.Site == site {
				lines = append(lines, []string{
					strconv.FormatUint(e.Serial, 10), e.Label, word(lang, e.Role.String()),
					plainDay(e.Until, lang), state(e, today, lang),
				})
			}
		}
		if len(lines) > 1 {
			fmt.Fprintf(&b, "\n%s\n", site)
			columns(&b, lines)
		}
	}
	if r.List > 0 {
		fmt.Fprintf(&b, text{"\nDernière liste pour les bornes : n° %d\n", "\nNewest list for kiosks: %d\n"}.in(lang), r.List)
	}
	return b.Bytes()
}

// columns writes lines with a rule under the first; numbers stand on the right.
func columns(b *bytes.Buffer, lines [][]string) {
	for i, l := range lines {
		line := fmt.Sprintf("%*s  %s  %s  %s  %s", serialWidth, l[0],
			fill(l[1], labelWidth), fill(l[2], roleWidth), fill(l[3], untilWidth), l[4])
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if i == 0 {
			fmt.Fprintf(b, "  %s\n", strings.Repeat("─", serialWidth+labelWidth+roleWidth+untilWidth+8+8))
		}
	}
}

func fill(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// showText says what a card is at one site.
func showText(site string, r badge.Record, register *issuer.Register, today badge.Day, lang string) string {
	known := register.Find(r.Serial)
	label, now := "", text{"inconnu du registre : prenez le plus récent", "not in the register: take the newest one"}.in(lang)
	if known != nil {
		label, now = known.Label, state(*known, today, lang)
	}
	return fmt.Sprintf(text{
		"Badge n° %d\n  Lieu       %s\n  Rôle       %s\n  Étiquette  %s\n  Valable    jusqu’au %s\n  Code       %s\n  État       %s\n",
		"Badge %d\n  Site       %s\n  Role       %s\n  Label      %s\n  Valid      until %s\n  PIN        %s\n  State      %s\n",
	}.in(lang), r.Serial, site, word(lang, r.Role.String()), label, plainDay(r.NotAfter, lang), pinState(r, lang), now)
}
