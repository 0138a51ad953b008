package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/hw/badge"
	"guichet.example/provisioning"
)

// textSiteInit is what init has made.
func textSiteInit() text {
	return text{
		fr: `Le site est prêt.

  %[1]s
    Les réglages, à compléter dans site.toml. Rien n’y est secret.
  %[2]s
    Les clés secrètes, protégées par la phrase secrète :
      site.age     signe les clés USB
      root.age     sert à remplacer une clé perdue
      spare.age    fait la même chose : gardez-le à un autre endroit
      secrets.age  les mots de passe que les bornes reçoivent
      reports.age  ouvre les rapports que les bornes laissent sur une clé USB

Numéro du site : %[3]s
kioskctl site show le montre aussi : il dit de quel site vient une clé USB.

Sauvegardez les deux dossiers. Gardez la phrase secrète à un autre endroit.
Sans root.age et sans spare.age, une clé volée ne peut plus être remplacée.

La suite : kioskctl site check %[1]s
`,
		en: `The site is ready.

  %[1]s
    The settings, to be filled in: site.toml. Nothing in there is secret.
  %[2]s
    The secret keys, under the passphrase:
      site.age     signs sticks
      root.age     replaces a key that is lost
      spare.age    does the same: keep it in another place
      secrets.age  the passwords that kiosks get
      reports.age  opens the reports that kiosks leave on a stick

Number of the site: %[3]s
kioskctl site show tells it too: it says which site a stick comes from.

Keep a copy of both folders. Keep the passphrase in another place.
Without root.age and spare.age a stolen key cannot be replaced any more.

Next: kioskctl site check %[1]s
`,
	}
}

func textEnrolled(e sitefolder.Enrolled) text {
	if e.Known {
		return text{"%[1]s est déjà dans le site : %[2]s\n", "%[1]s is in the site already: %[2]s\n"}
	}
	t := text{
		"Ajoutée : %[1]s\n  fichier %[2]s\n  matériel %[3]s, n° %[4]s\n",
		"Added: %[1]s\n  file %[2]s\n  hardware %[3]s, number %[4]s\n",
	}
	if e.Twin != "" {
		t.fr += "  Attention : ce matériel est déjà la borne " + e.Twin + ", avec une autre clé.\n  Si elle a été réinstallée : kioskctl site revoke SITE " + e.Twin + "\n  Sinon, effacez le fichier : quelqu’un se fait passer pour elle.\n"
		t.en += "  Beware: this hardware is the kiosk " + e.Twin + " already, with another key.\n  If it was set up anew: kioskctl site revoke SITE " + e.Twin + "\n  If not, delete the file: somebody passes for it.\n"
	}
	return t
}

func textEnrolNext() text {
	return text{
		fr: `
Comparez ce numéro à celui de la borne : s’il diffère, la clé USB vient d’une
autre machine, qui recevrait vos mots de passe. Effacez alors le fichier.
Complétez dans le fichier : id, et place (l’endroit où est la borne).

La suite : kioskctl site stick %s DOSSIER-DES-CLÉS CLÉ-USB
`,
		en: `
Compare this number with the kiosk’s: if it differs, the stick comes from
another machine, which would get your passwords. Then delete the file.
Fill in the file: id, and place (where the kiosk stands).

Next: kioskctl site stick %s KEYS STICK
`,
	}
}

func textSecret() text {
	return text{
		"C’est noté : %s. Les bornes le reçoivent avec la prochaine clé USB.\n",
		"Noted: %s. Kiosks get it with the next stick.\n",
	}
}

func textRotated(lost sitefolder.Kind) text {
	next := text{
		"Faites maintenant une clé USB, et apportez-la à toutes les bornes : kioskctl site stick\nJusque-là, elles acceptent encore l’ancienne signature.\n",
		"Now make a stick and bring it to all kiosks: kioskctl site stick\nUntil then they still take the old signature.\n",
	}
	done := text{"Les clés du site comptent de nouveau pour cinq ans.\n", "The site’s keys count for five years again.\n"}
	switch lost {
	case sitefolder.SiteKey:
		done = text{"Il y a une nouvelle clé pour signer : site.age.\n", "There is a new key for signing: site.age.\n"}
	case sitefolder.RootKey, sitefolder.SpareKey:
		done = text{
			"Il y a une nouvelle clé : " + string(lost) + ".age. L’ancienne ne sert plus.\n",
			"There is a new key: " + string(lost) + ".age. The old one is of no more use.\n",
		}
	}
	return text{done.fr + next.fr, done.en + next.en}
}

func textKioskRevoked() text {
	return text{"%s (%s) ne reçoit plus rien depuis le %s.\n", "%s (%s) gets nothing more since %s.\n"}
}

// textAfterRevoke says what the lost kiosk knows.
func textAfterRevoke(f *sitefolder.Folder) text {
	var fr, en []string
	if f.Site.Config.Badge != nil {
		fr = append(fr, "  la clé des badges de ce lieu : voyez docs/badges.md, une clé volée\n")
		en = append(en, "  the key of this site's badges: see docs/badges.md, a stolen key\n")
	}
	if f.Site.Machine.Network.WiFi != nil {
		fr = append(fr, "  le mot de passe du Wi-Fi : changez-le, puis kioskctl site secret CLÉS wifi\n")
		en = append(en, "  the password of the Wi-Fi: change it, then kioskctl site secret KEYS wifi\n")
	}
	if p := f.Site.Machine.Network.Proxy; p != nil && p.User != "" {
		fr = append(fr, "  le mot de passe du proxy : changez-le, puis kioskctl site secret CLÉS proxy\n")
		en = append(en, "  the password of the proxy: change it, then kioskctl site secret KEYS proxy\n")
	}
	t := text{}
	if len(fr) > 0 {
		t = text{"\nElle connaît encore :\n" + strings.Join(fr, ""), "\nIt still knows:\n" + strings.Join(en, "")}
	}
	t.fr += "\nUne clé USB déjà faite compte encore pour elle jusqu’à sa date de fin.\nLa suite : kioskctl site stick %s DOSSIER-DES-CLÉS CLÉ-USB\n"
	t.en += "\nA stick made before still counts for it until its last day.\nNext: kioskctl site stick %s KEYS STICK\n"
	return t
}

// width of a line, in characters.
const siteWidth = 79

// page is a text that is written line by line, none wider than the screen.
type page struct {
	bytes.Buffer
	lang string
}

// line writes a line; what is too wide goes on below, further in.
func (p *page) line(t text, args ...any) {
	words := strings.Split(fmt.Sprintf(t.in(p.lang), args...), " ")
	indent := 0
	for indent < len(words) && words[indent] == "" {
		indent++
	}
	column := 0
	for i, w := range words {
		n := utf8.RuneCountInString(w)
		switch {
		case i > indent && column+1+n > siteWidth:
			fmt.Fprintf(p, "\n%s%s", strings.Repeat(" ", indent+2), w)
			column = indent + 2 + n
		case i > 0:
			fmt.Fprintf(p, " %s", w)
			column += 1 + n
		default:
			fmt.Fprint(p, w)
			column = n
		}
	}
	p.WriteString("\n")
}

func (p *page) plain(s string) { p.line(text{"%s", "%s"}, s) }

func (p *page) date(t time.Time) string { return plainDay(badge.DayOf(t), p.lang) }

// checkText is a good site in a few lines.
func checkText(f *sitefolder.Folder, c *sitefolder.Content, now time.Time, lang string) ([]byte, error) {
	p := &page{lang: lang}
	expires, err := f.RootExpires()
	if err != nil {
		return nil, err
	}
	p.line(text{"Le site « %s » est bon. Numéro du site : %s", "The site “%s” is good. Number of the site: %s"}, f.Site.Name, f.ID())
	for _, k := range f.Kiosks {
		state := text{"", ""}
		if k.Revoked != "" {
			state = text{", retirée le " + k.Revoked, ", revoked on " + k.Revoked}
		}
		p.line(text{"  borne %s, %s (%s)%s", "  kiosk %s, %s (%s)%s"}, k.ID, k.Place, k.Enrolment.Kiosk, state.in(lang))
		if k.Place == sitefolder.NoPlace && k.Revoked == "" {
			p.line(text{"    À compléter : place, dans %s", "    To be filled in: place, in %s"}, k.File)
		}
	}
	for _, name := range c.LeftOut {
		p.line(text{"  %s reste ici : les bornes n’en ont pas besoin.", "  %s stays here: kiosks do not need it."}, name)
	}
	if carried := provisioning.CarriedText(f.Site.Carried(), lang); carried != "" {
		p.plain(carried + ".")
	}
	if r := f.Site.Machine.Reports; r != nil {
		p.line(text{"Les bornes laissent des rapports sur les clés USB : %s.", "Kiosks leave reports on sticks: %s."}, strings.Join(r.Collect, ", "))
	}
	p.badgeless(f.Site)
	p.warnings(c, now)
	if expires.Before(now.AddDate(0, 6, 0)) {
		p.line(text{"À faire avant le %s : kioskctl site rotate SITE CLÉS dates", "To be done before %s: kioskctl site rotate SITE KEYS dates"}, p.date(expires))
	}
	return p.Bytes(), nil
}

// badgeless says what a site gives up that has no badges.
func (p *page) badgeless(s provisioning.Site) {
	if s.Config.Badge == nil {
		p.line(text{"Sans [badge] dans site.toml, une borne prend sa première clé USB, puis aucune autre : il faut un badge de technicien.",
			"Without [badge] in site.toml a kiosk takes its first stick and then no other: that wants a technician’s badge."})
	}
}

// warnings says what will be wrong soon. What is right for three months more is
// not told.
func (p *page) warnings(c *sitefolder.Content, now time.Time) {
	for _, w := range c.Warn {
		if !w.Day.IsZero() && w.Day.After(now.AddDate(0, 3, 0)) {
			continue
		}
		switch w.What {
		case sitefolder.NoKiosk:
			p.line(text{"Il n’y a pas encore de borne : kioskctl site enrol SITE CLÉ-USB", "There is no kiosk yet: kioskctl site enrol SITE STICK"})
		case sitefolder.NotInList:
			p.line(text{"Le dossier packs/%s n’est pas dans site.toml, [packs] own : il reste ici.", "The folder packs/%s is not in site.toml, [packs] own: it stays here."}, w.Name)
		case sitefolder.ListOver:
			p.line(text{"La liste des badges retirés ne compte que jusqu’au %s.", "The list of revoked badges counts until %s only."}, p.date(w.Day))
		case sitefolder.PackOver:
			p.line(text{"La signature des démarches « %s » ne compte que jusqu’au %s.", "The signature of the procedures “%s” counts until %s only."}, w.Name, p.date(w.Day))
		case sitefolder.CertOver:
			p.line(text{"Le certificat « %s » ne compte que jusqu’au %s.", "The certificate “%s” counts until %s only."}, w.Name, p.date(w.Day))
		}
	}
}

// What is told of kiosks at most, so that the whole fits a screen.
const (
	maxDetails = 14 // lines of changes
	maxKiosks  = 8  // of those to which the same happens
)

// stickText says on one screen what a stick will do.
func stickText(f *sitefolder.Folder, m *sitefolder.Made, c *sitefolder.Content, now time.Time, out, lang string) []byte {
	p := &page{lang: lang}
	p.line(text{"La clé USB n° %d de « %s » est prête : %s", "Stick %d of “%s” is ready: %s"}, m.Version, f.Site.Name, out)
	p.line(text{"Elle compte jusqu’au %s. Site %s. %d fichiers, %s.", "It counts until %s. Site %s. %d files, %s."},
		p.date(m.Expires), f.ID(), m.Files, size(m.Bytes, lang))
	p.made(f, m, c, now)
	return p.Bytes()
}

// made says what goes out.
func (p *page) made(f *sitefolder.Folder, m *sitefolder.Made, c *sitefolder.Content, now time.Time) {
	lang := p.lang
	groups := alike(m.Plans, lang)
	for _, g := range groups {
		p.WriteString("\n")
		p.group(g, max(2, maxDetails/len(groups)))
	}
	if len(m.Gone) > 0 {
		p.WriteString("\n")
		p.line(text{"Ne reçoivent plus rien : %s", "Get nothing more: %s"}, strings.Join(m.Gone, ", "))
	}
	if len(m.Waiting) > 0 {
		p.WriteString("\n")
		p.line(text{"Sur la clé, des bornes attendent d’être ajoutées : %s. Faites kioskctl site enrol, puis de nouveau stick.",
			"On the stick there are kiosks to be added: %s. Run kioskctl site enrol, then stick again."}, strings.Join(m.Waiting, ", "))
	}
	p.WriteString("\n")
	if m.Version > 1 {
		p.line(text{"Comparé à la clé n° %d. Ce qu’une borne a vraiment, elle seule le sait.",
			"Compared with stick %d. What a kiosk has really, it alone knows."}, m.Version-1)
	}
	if carried := provisioning.CarriedText(f.Site.Carried(), lang); carried != "" {
		p.plain(carried + ".")
	}
	p.badgeless(f.Site)
	p.warnings(c, now)
}

// group is kiosks to which the same happens.
type group struct {
	first  bool
	kiosks []provisioning.Plan
	lines  []string
}

// alike puts plans together that say the same. A new kiosk's own names are told
// with it and are no change.
func alike(plans []provisioning.Plan, lang string) []group {
	var groups []group
	for _, plan := range plans {
		g := group{first: plan.First, kiosks: []provisioning.Plan{plan}}
		for _, c := range plan.Changes {
			if own := c.Subject == provisioning.SubjectID || c.Subject == provisioning.SubjectPlace; !plan.First || !own {
				g.lines = append(g.lines, c.In(lang))
			}
		}
		i := slices.IndexFunc(groups, func(other group) bool { return other.first == g.first && slices.Equal(other.lines, g.lines) })
		if i < 0 {
			groups = append(groups, g)
		} else {
			groups[i].kiosks = append(groups[i].kiosks, plan)
		}
	}
	return groups
}

// group writes what happens to some kiosks, in so many lines at most.
func (p *page) group(g group, most int) {
	title := text{"Rien ne change :", "Nothing changes:"}
	switch {
	case g.first:
		title = text{"Première installation :", "First set-up:"}
	case len(g.lines) > 0:
		title = text{"Ce qui change :", "What changes:"}
	}
	p.line(title)
	for i, k := range g.kiosks {
		if i == maxKiosks && len(g.kiosks) > maxKiosks+1 {
			p.line(text{"  et %d autres bornes", "  and %d more kiosks"}, len(g.kiosks)-i)
			break
		}
		p.line(text{"  borne %s, %s (%s)", "  kiosk %s, %s (%s)"}, k.ID, k.Place, k.Kiosk)
	}
	for i, line := range g.lines {
		if i == most && len(g.lines) > most+1 {
			p.line(text{"    et %d autres points", "    and %d more"}, len(g.lines)-i)
			break
		}
		p.plain("    " + line)
	}
}

// showStickText says what a stick is, and whether kiosks would take all of it.
func showStickText(s *sitefolder.Shown, site *sitefolder.Folder, lang string) (said []byte, good bool) {
	p := &page{lang: lang}
	if s.Refusal != nil {
		p.line(text{"%s", "%s"}, s.Refusal.Code)
		p.plain("  " + s.Refusal.In(lang))
		return p.Bytes(), false
	}
	good = s.Site != ""
	if good {
		p.line(text{"Clé USB n° %d du site %s", "Stick %d of the site %s"}, s.Version, s.Site)
		p.line(text{"Faite le %s, elle compte jusqu’au %s.", "Made on %s, it counts until %s."}, p.date(s.Made), p.date(s.Expires))
	}
	if site != nil {
		if site.ID() == s.Site {
			p.line(text{"C’est le site « %s ».", "This is the site “%s”."}, site.Site.Name)
		} else {
			p.line(text{"Ce n’est pas le site « %s ».", "This is not the site “%s”."}, site.Site.Name)
			good = false
		}
	}
	for _, k := range s.Kiosks {
		if k.Refusal != nil {
			good = false
			p.line(text{"Borne %s : %s", "Kiosk %s: %s"}, k.Kiosk, k.Refusal.Code)
			p.plain("  " + k.Refusal.In(lang))
			continue
		}
		p.line(text{"Borne %s, %s (%s) : %d fichiers, %s", "Kiosk %s, %s (%s): %d files, %s"},
			k.Plan.ID, k.Plan.Place, k.Kiosk, k.Files, size(k.Bytes, lang))
	}
	return p.Bytes(), good
}

// size is a length in words.
func size(n int64, lang string) string {
	unit := text{"Ko", "kB"}
	v := max(1, (n+999)/1000)
	if n >= 10_000_000 {
		v, unit = (n+999_999)/1_000_000, text{"Mo", "MB"}
	}
	return fmt.Sprintf("%d\u00a0%s", v, unit.in(lang)) // one word for the line
}
