package usage

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// originLine is the width of an origin beside four columns of numbers.
const originLine = 42

// textWidth is that of a terminal.
const textWidth = 80

// WriteJSON writes the diagnosis as one JSON document.
func (d Diagnosis) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// WriteText writes the diagnosis as plain text, in French unless lang is
// English. Lines have at most 80 columns, longer host names apart.
func (d Diagnosis) WriteText(w io.Writer, lang string) error {
	var b strings.Builder
	paragraph(&b, 0, words{"Sites refusés, par démarche", "Sites refused, by procedure"}.in(lang))
	if len(d.Procedures) == 0 {
		paragraph(&b, 2, words{"Rien n’a été refusé deux fois.", "Nothing was refused twice."}.in(lang))
	}
	for _, p := range d.Procedures {
		p.text(&b, lang)
	}
	b.WriteString("\n" + diagnosisLegend().in(lang))
	_, err := io.WriteString(w, b.String())
	return err
}

func diagnosisLegend() words {
	return words{
		fr: "D’après les deux derniers mois comptés. La borne voit le nom d’un site, jamais\n" +
			"la page, et n’en garde le nom que si deux séances l’ont demandé.\n" +
			"Terminée : la page de succès a été atteinte. Si la démarche n’en nomme pas, la\n" +
			"personne l’a dit elle-même.\n" +
			"Pour réparer la liste seulement ; le rapport à diffuser est « usage show ».\n",
		en: "From the last two months counted. The kiosk sees the name of a site, never the\n" +
			"page, and keeps the name only if two sessions asked for it.\n" +
			"Finished: the page of success was reached. If the procedure names none, the\n" +
			"person said so.\n" +
			"For mending the list only; the report to hand on is \"usage show\".\n",
	}
}

func verdictWords() map[Verdict]words {
	return map[Verdict]words{
		VerdictBreaks:  {"✗ bloque sans doute", "✗ probably breaks"},
		VerdictUnclear: {"? à vérifier", "? to be checked"},
		VerdictWorks:   {"✓ fonctionne", "✓ works"},
	}
}

func adviceWords() map[Advice]words {
	return map[Advice]words{
		AdviceAdd: {"On termine rarement là où ces sites sont refusés. S’ils sont bien ceux de l’organisme, ajoutez dans %s/procedure.toml :",
			"People rarely finish where these sites are refused. If they belong to the operator, add to %s/procedure.toml:"},
		AdviceLook: {"Les chiffres ne tranchent pas. Faites la démarche : si elle bloque, ajoutez dans %s/procedure.toml :",
			"The figures do not decide. Do the procedure: if it breaks, add to %s/procedure.toml:"},
		AdviceTooFew: {"Moins de 5 séances dont on connaît la fin, trop peu pour juger. Faites la démarche vous-même, ou attendez :",
			"Fewer than 5 sessions with a known ending, too few to judge. Do the procedure yourself, or wait:"},
		AdviceNotNeeded: {"À laisser refusé, la moitié des séances ou plus se terminent sans :",
			"Leave it refused, half of the sessions or more finish without:"},
		AdviceTracker: {"À laisser refusé, mesure d’audience ou publicité :",
			"Leave it refused, a tracker:"},
		AdviceListed: {"Déjà dans la liste, plus refusé dès que la borne a ce paquet :",
			"In the list already, no longer refused once the kiosk has this pack:"},
	}
}

func (p ProcedureDiagnosis) text(b *strings.Builder, lang string) {
	name := p.ID
	if p.Title != "" {
		name = p.Title + " (" + p.ID + ")"
	}
	b.WriteByte('\n')
	paragraph(b, 0, verdictWords()[p.Verdict].in(lang)+words{" : ", ": "}.in(lang)+name)
	paragraph(b, 2, p.figures(lang))
	if p.Title == "" {
		paragraph(b, 2, words{"Elle n’est dans aucun paquet donné : --pack DIR compare avec sa liste.",
			"It is in no pack given: --pack DIR compares with its list."}.in(lang))
	}
	if len(p.Refused) > 0 {
		b.WriteByte('\n')
		align(b, p.table(lang), originLine)
	}
	for _, a := range Advices() {
		p.advise(b, a, lang)
	}
	if p.Unnamed >= leastNamed {
		b.WriteByte('\n')
		paragraph(b, 2, fmt.Sprintf(words{
			"%d fois un site sans nom ici : une seule séance l’a demandé. Faites la démarche trois fois de suite, et les noms seront gardés.",
			"%d times a site without a name here: one session alone asked for it. Do the procedure three times in a row, and the names will be kept.",
		}.in(lang), p.Unnamed))
	}
}

func (p ProcedureDiagnosis) figures(lang string) string {
	return fmt.Sprintf(words{"%d %s, %d %s", "%d %s, %d %s"}.in(lang),
		p.Sessions, plural(p.Sessions, words{"séance", "session"}, words{"séances", "sessions"}).in(lang),
		p.Finished, plural(p.Finished, words{"terminée", "finished"}, words{"terminées", "finished"}).in(lang))
}

// plural chooses as French does: 0 and 1 are singular.
func plural(n int, one, more words) words {
	if n < 2 {
		return words{one.fr, more.en}
	}
	return more
}

func (p ProcedureDiagnosis) table(lang string) [][]string {
	lines := [][]string{{words{"site refusé", "site refused"}.in(lang),
		words{"séances", "sessions"}.in(lang), words{"dont finies", "of them finished"}.in(lang),
		words{"séances sans", "sessions without"}.in(lang), words{"dont finies", "of them finished"}.in(lang)}}
	for _, o := range p.Refused {
		line := []string{o.Origin, strconv.Itoa(o.Sessions), strconv.Itoa(o.Finished), strconv.Itoa(o.Others), strconv.Itoa(o.OthersFinished)}
		if o.Unsaid > 0 {
			line[3] = "-"
		}
		if o.Others == 0 {
			line[4] = "-"
		}
		if o.Unsaid == o.Sessions {
			line[2] = "-"
		}
		lines = append(lines, line)
	}
	return lines
}

// advise writes what to do about the origins with that advice.
func (p ProcedureDiagnosis) advise(b *strings.Builder, a Advice, lang string) {
	first := true
	for _, o := range p.Refused {
		if o.Advice != a {
			continue
		}
		if first {
			text := adviceWords()[a].in(lang)
			if strings.Contains(text, "%s") {
				text = fmt.Sprintf(text, p.ID)
			}
			b.WriteByte('\n')
			paragraph(b, 2, text)
			first = false
		}
		o.text(b, lang)
	}
}

// text writes the lines for procedure.toml, or the name alone.
func (o RefusedOrigin) text(b *strings.Builder, lang string) {
	if o.Advice != AdviceAdd && o.Advice != AdviceLook {
		fmt.Fprintf(b, "    %s\n", o.Origin)
		return
	}
	note := ""
	if o.Own {
		note = words{" # même domaine que la démarche", " # same domain as the procedure"}.in(lang)
	}
	fmt.Fprintf(b, "    [[origins]]%s\n    host = %q\n    source = %q\n", note, o.Origin,
		words{"d’où on sait à qui il est", "how it is known whose it is"}.in(lang))
}

// paragraph writes text in lines that fit a terminal, indented.
func paragraph(b *strings.Builder, indent int, text string) {
	for _, line := range wrap(text, textWidth-indent) {
		fmt.Fprintf(b, "%s%s\n", strings.Repeat(" ", indent), line)
	}
}
