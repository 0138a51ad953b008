package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/usage"
	"guichet.example/provisioning"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/report"
	"guichet.example/provisioning/stick/fattest"
)

// recipient is the key that site.toml names.
func (o *siteOffice) recipient() string {
	o.t.Helper()
	found := regexp.MustCompile(`(?m)^recipient = "(age1[a-z0-9]+)"$`).FindSubmatch(o.read("site/site.toml"))
	if found == nil {
		o.t.Fatal("site.toml names no recipient for reports")
	}
	return string(found[1])
}

// seal is what a kiosk writes.
func (o *siteOffice) seal(id *identity.Identity, r report.Report, to string) []byte {
	o.t.Helper()
	text, err := r.Encode()
	if err != nil {
		o.t.Fatal(err)
	}
	sealed, err := id.SealReport(text, to)
	if err != nil {
		o.t.Fatal(err)
	}
	return sealed
}

// reportOf is one with months and findings.
func reportOf(t *testing.T, id *identity.Identity, number int) report.Report {
	t.Helper()
	b := &usage.Book{Calendar: usage.Calendar{Day: usage.DayOf(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC))}}
	site, err := usage.NewSite("login.caf.example", "caf.example")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for range 30 {
			s := usage.Session{Procedure: "caf-rsa", Theme: usage.ThemeFamily, Outcome: usage.OutcomeLeft, Length: usage.LengthUnder15,
				Autonomy: usage.AutonomyAlone, Language: "fr", Calls: usage.CallsNone, Refused: []usage.Site{site}}
			if err := b.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		b.Calendar.Day += 31
	}
	h := &report.Health{Firmware: "v1.4.0", Release: "12", TakenBack: report.Unknown, Uptime: report.UptimeMonth, Free: report.FreeFew,
		Faults: map[report.Fault]report.Number{}, Switched: usage.Figure{Kind: usage.AtLeast, N: 1200}}
	for _, f := range report.Faults() {
		h.Faults[f] = report.NumberNone
	}
	h.Faults[report.FaultFilm] = report.NumberFew
	return report.Report{Kiosk: id.Kiosk(), ID: "accueil", Number: number, Day: "2026-11-03", Collected: provisioning.CollectAll(),
		Periods: b.Finished(), Health: h, Findings: b.Findings(nil)}
}

// reports runs the command.
func (o *siteOffice) reports(from string, more ...string) int {
	return o.try(append([]string{"reports", o.path("site"), o.path("keys"), o.path(from), "--passphrase-fd", "0"}, more...)...)
}

func TestSiteReports(t *testing.T) {
	o := newSiteOffice(t)
	first := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"), "--id", "accueil", "--place", "Accueil, rez-de-chaussée")
	if code := o.reports("stick"); code != exitFailed || !strings.Contains(o.say.String(), "there is none") {
		t.Errorf("%d %s", code, o.say.String())
	}
	key := o.recipient()
	lay := func(id *identity.Identity, n int, data []byte) {
		put(t, o.path("stick/"+provisioning.ReportFile(id.Kiosk(), n)), data)
	}
	lay(first, 6, o.seal(first, reportOf(t, first, 6), key))
	lay(first, 7, o.seal(first, reportOf(t, first, 7), key))
	if code := o.reports("stick", "--to", o.path("out"), "--lang", "fr"); code != exitOK {
		t.Fatal(o.say.String())
	}
	said := o.say.String()
	for _, want := range []string{
		"Rapports de « Mairie de Valbourg » : 1 borne\n", "accueil, Accueil, rez-de-chaussée (" + string(first.Kiosk()) + ")",
		"Rapport n° 7, du 3 novembre 2026, et 1 plus ancien\n", "Statistiques : 2 mois, de 2026-09 à 2026-10 ; en 2026-10, 30 séances",
		"! Démarche caf-rsa : sans doute bloquée, à ajouter login.caf.example", "7 à 30\n", "  ! Pannes : le film ne suit pas", "2 à 9\n",
		"1200 et plus\n", "  ! Place libre", "6 nouveaux fichiers",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if lines := strings.Count(said, "\n"); lines > 24 {
		t.Errorf("%d lines are more than a screen:\n%s", lines, said)
	}
	if code := o.reports("stick", "--to", o.path("out"), "--lang", "en"); code != exitOK || !strings.Contains(o.say.String(), "0 new files\n") {
		t.Error(o.say.String())
	}
	o.write("out/accueil/usage-2026-09.json", "{}\n")
	if code := o.reports("stick", "--to", o.path("out"), "--lang", "en"); code != exitOK || !strings.Contains(strings.Join(strings.Fields(o.say.String()), " "), "it stays as it was") ||
		string(o.read("out/accueil/usage-2026-09.json")) != "{}\n" {
		t.Error(o.say.String())
	}
	if err := os.Remove(o.path("out/accueil/usage-2026-09.json")); err != nil {
		t.Fatal(err)
	}
	stick, err := fattest.Make(8<<20, 16, "mbr", map[string][]byte{
		strings.TrimPrefix(provisioning.ReportFile(first.Kiosk(), 8), provisioning.Folder+"/"): o.seal(first, reportOf(t, first, 8), key), "reports/lisez-moi.txt": []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	put(t, o.path("stick.img"), stick)
	if code := o.reports("stick.img", "--lang", "en"); code != exitOK || !strings.Contains(o.say.String(), "Report 8, of 3 November 2026\n") {
		t.Errorf("%d %s", code, o.say.String())
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"usage", "show", o.path("out/accueil"), "--lang", "en"}, &out, &out, surroundings{}); code != exitOK || !strings.Contains(out.String(), "30") {
		t.Errorf("%d %s", code, out.String())
	}
}

// TestSiteReportsRefuses: each reason has a sentence of its own, and what is
// right beside it is told all the same.
func TestSiteReportsRefuses(t *testing.T) {
	o := newSiteOffice(t)
	ours, theirs, stranger := o.box("one", "stick"), o.box("two", "stick"), o.box("three", "elsewhere")
	o.run("enrol", o.path("site"), o.path("stick"))
	key := o.recipient()
	good := o.seal(ours, reportOf(t, ours, 1), key)
	forged := reportOf(t, ours, 2) // by another kiosk of the same site
	changed := bytes.Clone(good)
	changed[len(changed)/2] ^= 1
	other := newSiteOffice(t)
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"another key":     {o.seal(ours, reportOf(t, ours, 3), other.recipient()), "encrypted to another key"},
		"cut":             {good[:len(good)-50], "its end is missing"},
		"empty":           {nil, "its end is missing"},
		"changed":         {changed, "somebody has changed it"},
		"no report":       {[]byte("Bonjour, voici le rapport.\n"), "somebody has changed it"},
		"forged":          {o.seal(theirs, forged, key), "somebody passes for it"},
		"a stranger's":    {o.seal(stranger, reportOf(t, stranger, 1), key), "not in this site"},
		"another version": {sealText(t, ours, `{"format":2}`, key), "Take a newer kioskctl"},
		"too long":        {bytes.Repeat(good, provisioning.MaxReport/len(good)+1), "too long for a report"},
		"escape codes":    {sealText(t, ours, "\x1b[31m", key), "Take a newer kioskctl"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := strings.ReplaceAll("files "+name, "'", "")
			put(t, o.path(dir+"/"+provisioning.ReportFile(ours.Kiosk(), 1)), good)
			put(t, o.path(dir+"/"+provisioning.ReportFile(ours.Kiosk(), 9)), c.data)
			code := o.reports(dir, "--to", o.path(dir+"/out"), "--lang", "en")
			said := strings.Join(strings.Fields(o.say.String()), " ")
			if code != exitFailed || !strings.Contains(said, c.says) || !strings.Contains(said, "Report 1, of 3 November 2026") ||
				!strings.Contains(said, "1 of 2 files are no reports to rely on") || strings.Contains(said, "\x1b") {
				t.Errorf("%d\n%s", code, o.say.String())
			}
		})
	}
	o.run("revoke", o.path("site"), string(ours.Kiosk()))
	put(t, o.path("revoked/a.age"), good)
	if code := o.reports("revoked/a.age", "--lang", "en"); code != exitOK || !strings.Contains(o.say.String(), "! Revoked on") {
		t.Errorf("%d\n%s", code, o.say.String())
	}
}

func sealText(t *testing.T, id *identity.Identity, text, to string) []byte {
	t.Helper()
	sealed, err := id.SealReport([]byte(text), to)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// TestRotateReports: what was sealed to the key before still opens, and a site
// that is older than reports gets its first key.
func TestRotateReports(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	rotate := func() {
		o.run("rotate", o.path("site"), o.path("keys"), "reports", "--passphrase-fd", "0")
	}
	before := o.recipient()
	put(t, o.path("stick/"+provisioning.ReportFile(id.Kiosk(), 1)), o.seal(id, reportOf(t, id, 1), before))
	rotate()
	after := o.recipient()
	if after == before {
		t.Fatal("the key is the same")
	}
	put(t, o.path("stick/"+provisioning.ReportFile(id.Kiosk(), 2)), o.seal(id, reportOf(t, id, 2), after))
	if code := o.reports("stick", "--lang", "en"); code != exitOK || !strings.Contains(o.say.String(), "Report 2, of 3 November 2026, and 1 older") {
		t.Error(o.say.String())
	}
	if err := os.Remove(o.path("keys/reports.age")); err != nil {
		t.Fatal(err)
	}
	o.write("site/site.toml", strings.Split(string(o.read("site/site.toml")), "# Reports that kiosks leave")[0])
	if code := o.reports("stick"); code != exitFailed || !strings.Contains(o.say.String(), "site rotate SITE KEYS reports") {
		t.Error(o.say.String())
	}
	rotate()
	put(t, o.path("new/a.age"), o.seal(id, reportOf(t, id, 3), o.recipient()))
	if code := o.reports("new/a.age"); code != exitOK {
		t.Error(o.say.String())
	}
	inline := strings.Replace(string(o.read("site/site.toml")), "\n[reports]\nrecipient = ", "\n", 1) // somebody's own way to write it
	inline = strings.Replace(inline, "format = 1\n", "format = 1\nreports = { recipient = \""+o.recipient()+"\" }\n", 1)
	inline = strings.Replace(inline, "\n\""+o.recipient()+"\"", "", 1)
	o.write("site/site.toml", inline)
	o.run("check", o.path("site"))
	if code := o.try("rotate", o.path("site"), o.path("keys"), "reports", "--passphrase-fd", "0"); code != exitFailed ||
		!strings.Contains(o.say.String(), "write the table [reports]") || string(o.read("site/site.toml")) != inline {
		t.Errorf("what cannot be changed is changed: %s", o.say.String())
	}
}

// TestStickWantsAKeyOfOurs: a stick that would have kiosks report to somebody
// else is not made.
func TestStickWantsAKeyOfOurs(t *testing.T) {
	o := newSiteOffice(t)
	o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	asks := strings.Replace(string(o.read("site/site.toml")), "# collect = ", "collect = ", 1)
	o.write("site/site.toml", asks)
	if said := o.run("check", o.path("site"), "--lang", "en"); !strings.Contains(said, "Kiosks leave reports on sticks: usage, health, procedures.") {
		t.Error(said)
	}
	o.stick("stick")
	o.write("site/site.toml", strings.Replace(asks, o.recipient(), newSiteOffice(t).recipient(), 1))
	if code := o.try("stick", o.path("site"), o.path("keys"), o.path("stick"), "--passphrase-fd", "0"); code != exitFailed ||
		!strings.Contains(o.say.String(), "recipient is none of your keys") {
		t.Error(o.say.String())
	}
}
