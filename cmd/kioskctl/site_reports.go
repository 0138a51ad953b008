package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/internal/keyfile"
	"guichet.example/kiosk/usage"
	"guichet.example/provisioning"
	"guichet.example/provisioning/report"
)

type siteReports struct {
	siteDirArg
	keysDirArg
	From string `arg:"" type:"path" help:"The stick: its folder on this computer, or an image of one (.img); or a report that was copied from it."`
	To   string `type:"path" placeholder:"DIR" help:"Also write what is in them into this folder, for kioskctl usage show and for other programs."`
	secretFlag
	langFlag
}

// Run opens the reports and tells the newest of each kiosk.
func (c *siteReports) Run(ctx context.Context, out output, s surroundings) error {
	f, err := c.siteDirArg.open()
	if err != nil {
		return err
	}
	passphrase, err := s.passphrase(ctx, c.PassphraseFD, false)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	keys, err := sitefolder.OpenReportKeys(c.Keys, passphrase)
	if errors.Is(err, sitefolder.ErrNoReportKeys) {
		return &hintError{err, "kioskctl site rotate SITE KEYS reports makes one; make a stick then"}
	}
	if err != nil {
		return keysHint(err)
	}
	all, err := f.Reports(c.From, keys)
	if errors.Is(err, fs.ErrNotExist) {
		return &hintError{err, "give the stick that was in a kiosk; kiosks write on sticks of their site when site.toml asks for it, in [reports]"}
	}
	if err != nil {
		return err
	}
	text, refused := reportsText(f, all, c.Lang)
	if c.To != "" {
		done, err := sitefolder.Export(c.To, all)
		if err != nil {
			return &hintError{err, "give a folder that you may write to"}
		}
		text = append(text, exportText(done, c.To, c.Lang)...)
	}
	if _, err := out.Write(text); err != nil {
		return err
	}
	if refused > 0 {
		return &hintError{fmt.Errorf("%d of %d files are no reports to rely on", refused, len(all)), "what is said of each above tells what to do; the others are right"}
	}
	return nil
}

// reportsText is a screen for each kiosk.
func reportsText(f *sitefolder.Folder, all []sitefolder.Received, lang string) (said []byte, refused int) {
	p := &page{lang: lang}
	var kiosks [][]sitefolder.Received
	for _, r := range all {
		switch last := len(kiosks) - 1; {
		case r.Err != nil:
			refused++
		case last >= 0 && kiosks[last][0].Kiosk.ID == r.Kiosk.ID:
			kiosks[last] = append(kiosks[last], r)
		default:
			kiosks = append(kiosks, []sitefolder.Received{r})
		}
	}
	p.line(text{"Rapports de « %s » : %s", "Reports of “%s”: %s"}, f.Site.Name, many(len(kiosks), text{"borne", "kiosk"}.in(lang)))
	for _, k := range kiosks {
		p.WriteString("\n")
		p.report(k)
	}
	for _, r := range all {
		if r.Err != nil {
			p.WriteString("\n")
			p.line(text{"Refusé : %s", "Refused: %s"}, r.File)
			p.plain("  " + whyRefused(r.Err).in(lang))
		}
	}
	return p.Bytes(), refused
}

// many writes a number with its word; both languages have an s.
func many(n int, word string) string {
	if n > 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// report tells the newest of a kiosk's.
func (p *page) report(all []sitefolder.Received) {
	k, r := all[0].Kiosk, all[0].Report
	p.line(text{"%s, %s (%s)", "%s, %s (%s)"}, k.ID, k.Place, k.Enrolment.Kiosk)
	if k.Revoked != "" {
		p.line(text{"  ! Borne retirée le %s : qui l’a peut faire ce rapport.", "  ! Revoked on %s: who has the kiosk can make this report."}, k.Revoked)
	}
	day, err := usage.ParseDay(r.Day)
	if err != nil { // it was checked
		return
	}
	older := ""
	if n := len(all) - 1; n > 0 {
		older = text{", et " + many(n, "plus ancien"), ", and " + fmt.Sprint(n) + " older"}.in(p.lang)
	}
	p.line(text{"  Rapport n° %d, du %s%s", "  Report %d, of %s%s"}, r.Number, p.date(day.Time()), older)
	p.figures(r)
	p.findings(r)
	if r.Health != nil {
		for _, f := range report.Facts() {
			p.fact(f, *r.Health)
		}
	}
}

func (p *page) figures(r report.Report) {
	months := r.Periods
	switch n := len(months); {
	case n == 1:
		p.line(text{"  Statistiques : %s, %s séances", "  Figures: %s, %s sessions"}, months[0].Month, months[0].Sessions)
	case n > 1:
		p.line(text{"  Statistiques : %d mois, de %s à %s ; en %[3]s, %[4]s séances", "  Figures: %d months, from %s to %s; in %[3]s, %[4]s sessions"},
			n, months[n-1].Month, months[0].Month, months[0].Sessions)
	case slices.Contains(r.Collected, provisioning.CollectUsage):
		p.line(text{"  Statistiques : aucun mois n’est terminé", "  Figures: no month is over yet"})
	}
}

func (p *page) findings(r report.Report) {
	if len(r.Findings) == 0 && slices.Contains(r.Collected, provisioning.CollectProcedures) {
		p.line(text{"  Démarches : rien à réparer", "  Procedures: nothing to mend"})
	}
	for _, f := range r.Findings {
		for _, advice := range []usage.Advice{usage.AdviceAdd, usage.AdviceLook} {
			var names []string
			for _, o := range f.Origins {
				if o.Advice == advice {
					names = append(names, o.Origin)
				}
			}
			what := map[usage.Advice]text{
				usage.AdviceAdd:  {"  ! Démarche %s : sans doute bloquée, à ajouter %s", "  ! Procedure %s: probably breaks, to be added %s"},
				usage.AdviceLook: {"    Démarche %s : à vérifier %s", "    Procedure %s: to be checked %s"},
			}[advice]
			if len(names) > 0 {
				p.line(what, f.Procedure, strings.Join(names, ", "))
			}
		}
	}
}

// factWidth is that of a fact's name.
const factWidth = 50

// fact writes one, marked where somebody should look.
func (p *page) fact(f report.Fact, h report.Health) {
	name, value, mark := f.In(p.lang), f.Of(h), " "
	if troubling(f.Key, value) {
		mark = "!"
	}
	switch {
	case value == string(report.Unknown) || value == "·":
		value = "–"
	case value == "yes":
		value = text{"oui", "yes"}.in(p.lang)
	case value == "no":
		value = text{"non", "no"}.in(p.lang)
	case f.Values != nil || f.Key == "relay_switched":
		value = strings.Replace(value, "-", text{" à ", " to "}.in(p.lang), 1)
		if n, more := strings.CutSuffix(value, "+"); more {
			value = n + text{" et plus", " or more"}.in(p.lang)
		}
	}
	fmt.Fprintf(p, "  %s %s%s%s\n", mark, name, strings.Repeat(" ", max(1, factWidth-utf8.RuneCountInString(name))), value)
}

// troubling says whether a fact is a reason to look at the box.
func troubling(key, value string) bool {
	switch {
	case strings.HasPrefix(key, "faults."):
		return value != string(report.NumberNone)
	case key == "free":
		return value == string(report.FreeFew)
	default:
		return key == "counts_damaged" && value == "yes"
	}
}

// whyRefused is a sentence for each reason.
func whyRefused(err error) text {
	for _, w := range []struct {
		is   error
		said text
	}{
		{keyfile.ErrOtherKey, text{"Il est chiffré pour une autre clé : celle d’un autre site, ou une clé que ce dossier n’a plus.",
			"It is encrypted to another key: another site’s, or one that this folder has no more."}},
		{keyfile.ErrCut, text{"Il est coupé : sa fin manque. Copiez-le de nouveau. La borne écrit tout de nouveau sur la prochaine clé USB.",
			"It is cut off: its end is missing. Copy it again. The kiosk writes everything anew on the next stick."}},
		{keyfile.ErrChanged, text{"Il est abîmé, ou quelqu’un l’a modifié. La borne écrit tout de nouveau sur la prochaine clé USB.",
			"It is damaged, or somebody has changed it. The kiosk writes everything anew on the next stick."}},
		{report.ErrSender, text{"La borne qu’il nomme ne l’a pas fait : quelqu’un se fait passer pour elle.",
			"The kiosk that it names has not made it: somebody passes for it."}},
		{sitefolder.ErrNoKiosk, text{"Il vient d’une borne qui n’est pas dans ce site. Rien ne dit qui l’a fait.",
			"It comes from a kiosk that is not in this site. Nothing says who has made it."}},
		{sitefolder.ErrUnread, text{"Il ne se lit pas, ou il est trop long pour un rapport. La borne écrit tout de nouveau sur la prochaine clé USB.",
			"It cannot be read, or is too long for a report. The kiosk writes everything anew on the next stick."}},
		{sitefolder.ErrNoForm, text{"Il est écrit d’une façon que ce kioskctl ne connaît pas. Prenez un kioskctl plus récent.",
			"It is written in a way that this kioskctl does not know. Take a newer kioskctl."}},
	} {
		if errors.Is(err, w.is) {
			return w.said
		}
	}
	return text{err.Error(), err.Error()}
}

func exportText(e sitefolder.Exported, to, lang string) []byte {
	p := &page{lang: lang}
	p.WriteString("\n")
	p.line(text{"%s : %d %s", "%s: %d %s"}, to, e.New, text{"nouveaux fichiers", "new files"}.in(lang))
	for _, name := range e.Differs {
		p.line(text{"  ! %s était déjà là avec un autre contenu : il reste comme il était.", "  ! %s was there with another content: it stays as it was."}, name)
	}
	return p.Bytes()
}

func textReportsRotated() text {
	return text{
		"Il y a une nouvelle clé pour les rapports, et site.toml la nomme. Les anciennes restent\ndans reports.age : elles ouvrent les rapports déjà faits.\nFaites maintenant une clé USB, et apportez-la à toutes les bornes : kioskctl site stick\n",
		"There is a new key for reports, and site.toml names it. The old ones stay in\nreports.age: they open reports made before.\nNow make a stick and bring it to all kiosks: kioskctl site stick\n",
	}
}
