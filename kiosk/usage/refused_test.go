package usage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func manySites(n int) []Site {
	var hosts []string
	for i := range n {
		hosts = append(hosts, fmt.Sprintf("www.site%03d.example", i))
	}
	list := make([]Site, n)
	for i, h := range hosts {
		s, err := NewSite(h, strings.TrimPrefix(h, "www."))
		if err != nil {
			panic(err)
		}
		list[i] = s
	}
	return list
}

func TestSiteHoldsANameOnly(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, c := range []struct {
		host, domain string
		ok           bool
	}{
		{"www.caf.fr", "caf.fr", true}, {"caf.fr", "caf.fr", true}, {"pisteur.localhost", "pisteur.localhost", true},
		{"a.b.c.gouv.fr", "c.gouv.fr", true}, {"xn--bcher-kva.example", "xn--bcher-kva.example", true},
		{long + ".fr", long + ".fr", true},
		{"", "", false}, {"caf", "caf", false}, {"www.caf.fr", "", false}, {"www.caf.fr", "fr", false},
		{"wwwcaf.fr", "caf.fr", false}, {"www.caf.fr", "ameli.fr", false}, {"caf.fr", "www.caf.fr", false},
		{"www.caf.fr/rsa", "caf.fr/rsa", false}, {"www.caf.fr:443", "caf.fr:443", false}, {"marie@caf.fr", "caf.fr", false},
		{"https://caf.fr", "caf.fr", false}, {"www.caf.fr.", "caf.fr.", false}, {"www..caf.fr", "caf.fr", false},
		{"WWW.caf.fr", "caf.fr", false}, {"www.caf.fr?a", "fr?a", false}, {"*.caf.fr", "caf.fr", false},
		{"10.0.0.1", "0.1", false}, {"[::1]", "[::1]", false}, {"-a.caf.fr", "caf.fr", false}, {"a b.caf.fr", "caf.fr", false},
		{"é.caf.fr", "caf.fr", false}, {long + "a.fr", long + "a.fr", false}, {strings.Repeat(long+".", 4) + "fr", long + ".fr", false},
	} {
		s, err := NewSite(c.host, c.domain)
		if (err == nil) != c.ok || c.ok && s.Host() != c.host {
			t.Errorf("NewSite(%q, %q): %q, %v", c.host, c.domain, s.Host(), err)
		}
		if err != nil && c.host != "" && strings.Contains(err.Error(), c.host) {
			t.Errorf("the error repeats %q", c.host)
		}
	}
}

// FuzzNewSite: whatever it is given, a site is a name as the wire has it.
func FuzzNewSite(f *testing.F) {
	f.Add("www.caf.fr", "caf.fr")
	f.Add("caf.fr:443", "fr:443")
	f.Add("a@www.caf.fr/rsa?12:30", "caf.fr/rsa?12:30")
	f.Fuzz(func(t *testing.T, host, domain string) {
		s, err := NewSite(host, domain)
		if err != nil {
			return
		}
		if s.Host() != host || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || len(host) > 253 ||
			!strings.HasSuffix("."+host, "."+domain) || !strings.Contains(domain, ".") {
			t.Errorf("%q of %q", host, domain)
		}
		if back, err := siteAt(s.label(), domain); err != nil || back != s {
			t.Errorf("%q of %q is read back as %q, %v", host, domain, back, err)
		}
	})
}

// asking is a session of a procedure that was refused hosts.
func asking(c crowd, procedure string, o Outcome, hosts ...string) Session {
	s := c.session()
	s.Procedure, s.Theme, s.Outcome, s.Refused = procedure, ThemePapers, o, sites(hosts...)
	return s
}

func text(b *Book) string {
	var all strings.Builder
	for k, v := range b.Records() {
		if k == keyOver {
			v, _ = inflate(v)
		}
		fmt.Fprintf(&all, "%s\n%s\n", k, v)
	}
	return all.String()
}

// TestSiteOfOneSessionIsNotKept: a page can ask for a name that holds what
// somebody typed, and a name can be that of a person.
func TestSiteOfOneSessionIsNotKept(t *testing.T) {
	c, group := newCrowd(1, 8), &Book{}
	mustAdd(t, group, asking(c, "one", OutcomeLeft, "www.common.example", "marie.durand.example", "dupont.common.example"))
	if kept := fmt.Sprintf("%+v %s", group.months["2026-01"].names, text(group)); strings.Contains(kept, "common") {
		t.Errorf("after one session there is %s", kept)
	}
	mustAdd(t, group, asking(c, "one", OutcomeFinished, "www.common.example"))
	mustAdd(t, group, asking(c, "two", OutcomeFinished, "www.common.example"))
	if kept := fmt.Sprintf("%+v", group.months["2026-01"].names); !strings.Contains(kept, "www.common.example") {
		t.Errorf("after three sessions there is %s", kept)
	}
	kept := (&Book{}).Sum(group)
	records := text(kept)
	for _, want := range []string{"  common.example 1,1 www 1,1\n", "  common.example 0,1 www 0,1\n", "  other 1\n"} {
		if !strings.Contains(records, want) {
			t.Errorf("no line %q in %s", want, records)
		}
	}
	for _, name := range []string{"marie", "durand", "dupont"} {
		if strings.Contains(records, name) || strings.Contains(fmt.Sprintf("%+v", group.months["2026-01"].names), name) {
			t.Errorf("kept %q in %s", name, records)
		}
	}
	later := &Book{}
	mustAdd(t, later, asking(c, "two", OutcomeLeft, "www.common.example"))
	if records := text(kept.Sum(later)); !strings.Contains(records, "  common.example 1,1 www 1,1\n") {
		t.Errorf("a name once kept counts on: %s", records)
	}
}

// TestNamesNeedTwoSessions counts sessions in groups, merges the groups in any
// order and nesting, and asks of every name that is written whether two sessions
// of one group were refused it.
func TestNamesNeedTwoSessions(t *testing.T) {
	hosts := []string{"www.a.example", "b.a.example", "a.example", "c.b.example", "d.b.example", "e.c.example", "f.d.example"}
	written, hidden := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrowd(rapid.Uint64().Draw(rt, "seed"), 3)
		entitled := map[string]bool{}
		var parts []*Book
		for range rapid.IntRange(1, 6).Draw(rt, "groups") {
			group, seen := &Book{Calendar: Calendar{Day: day(2026, time.November, 2)}}, map[string]int{}
			for range rapid.IntRange(1, 6).Draw(rt, "sessions") {
				s := c.session()
				s.Refused = nil
				asked := map[string]bool{}
				for _, h := range rapid.SliceOfNDistinct(rapid.SampledFrom(hosts), 0, 3, rapid.ID[string]).Draw(rt, "hosts") {
					s.Refused = append(s.Refused, site(h))
					asked[h], asked["*."+site(h).domain] = true, true
				}
				slices.SortFunc(s.Refused, Site.Compare)
				mustAdd(t, group, s)
				for name := range asked {
					seen[name]++
					entitled[name] = entitled[name] || seen[name] >= 2
				}
			}
			parts = append(parts, group)
		}
		for len(parts) > 1 {
			i := rapid.IntRange(0, len(parts)-2).Draw(rt, "join")
			parts[i] = parts[i].Sum(parts[i+1])
			parts = slices.Delete(parts, i+1, i+2)
		}
		book := (&Book{}).Sum(parts[0])
		for _, b := range []*Book{parts[0], book} {
			for name := range namesIn(t, b) {
				if !entitled[name] {
					rt.Fatalf("%s is written and no two sessions of a group were refused it:\n%s", name, text(b))
				}
				written++
			}
		}
		hidden += len(hosts) - len(namesIn(t, book))
	})
	if written == 0 || hidden == 0 {
		t.Errorf("%d names written, %d not: nothing was compared", written, hidden)
	}
}

// namesIn reads the names back as whoever has the file does, "*.DOMAIN" for a
// domain.
func namesIn(t *testing.T, b *Book) map[string]bool {
	t.Helper()
	read, err := ParseRecords(b.Records())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range read.months {
		for _, p := range m.procedures {
			domains, _ := p.domains(m.names)
			for _, d := range domains {
				found["*."+d.domain] = true
				for _, h := range d.hosts {
					found[h.host] = true
				}
			}
		}
	}
	return found
}

// TestRefusedSumsAgree holds what is written against a count by hand, for names
// that two sessions of each group were refused.
func TestRefusedSumsAgree(t *testing.T) {
	c, book := newCrowd(3, 1), &Book{Calendar: Calendar{Day: day(2026, time.November, 2)}}
	for i := range 20 {
		group := &Book{Calendar: book.Calendar}
		for range 5 {
			o := Outcomes()[i%len(Outcomes())]
			mustAdd(t, group, asking(c, "one", o, "a.x.example", "b.x.example", "y.example"))
		}
		book = book.Sum(group)
	}
	domains, others := book.months["2026-11"].procedures[procedureKey{ThemePapers, "one"}].domains(book.months["2026-11"].names)
	want := endings{75, 25, 0}
	if len(domains) != 2 || others.sessions() != 0 || len(domains[0].hosts) != 2 || domains[0].endings != want ||
		domains[0].hosts[0].endings != want || domains[1].hosts[0].host != "y.example" {
		t.Errorf("%+v, others %v", domains, others)
	}
}

func TestRefusedNamesAreBounded(t *testing.T) {
	c, b := newCrowd(7, 1), &Book{Calendar: Calendar{Day: day(2026, time.November, 2)}}
	for i := range 3 {
		group := &Book{Calendar: b.Calendar}
		for range 2 {
			s := asking(c, "one", OutcomeLeft)
			s.Refused = manySites(maxRefused)
			if i == 0 {
				s.Refused = s.Refused[:2]
			}
			mustAdd(t, group, s)
		}
		b = b.Sum(group)
	}
	p := b.months["2026-11"].procedures[procedureKey{ThemePapers, "one"}]
	domains, others := p.domains(b.months["2026-11"].names)
	if len(p.refused) != maxNames || len(b.months["2026-11"].names.of) != maxNames || others.sessions() == 0 {
		t.Errorf("%d names kept, others %v", len(p.refused), others)
	}
	if domains[0].sessions() != 6 || len(domains[0].hosts) != 1 || len(domains[2].hosts) != 0 {
		t.Errorf("the first names are not the ones kept: %+v", domains[:3])
	}
	if _, err := ParseRecords(b.Records()); err != nil {
		t.Error(err)
	}
}

// TestFirstFormatIsRead: what was counted before hosts were kept is not lost.
func TestFirstFormatIsRead(t *testing.T) {
	month := "help 0\nreferral 0\naids 0\nweekdays 20\nlanguage fr 20\ntheme justice\n one 8,12 20 20 20\n  other 4\n  xiti.com 20\n"
	old := map[string][]byte{"format": []byte("1"), "calendar": []byte("2026-11-22 -"), "total": []byte("90"),
		"month/2026-11": []byte(month), "over": deflate([]byte("month 2026-10\n" + month))}
	b, err := ParseRecords(old)
	if err != nil {
		t.Fatal(err)
	}
	later := &Book{Calendar: b.Calendar}
	for range 5 {
		s := asking(newCrowd(1, 1), "one", OutcomeFinished, "logs.xiti.com")
		s.Theme = ThemeJustice
		mustAdd(t, later, s)
	}
	b = b.Sum(later)
	records := text(b)
	if b.Total != 95 || !strings.Contains(records, "  other 0,0,4\n  xiti.com 0,5,20 logs 0,5\n") ||
		!strings.Contains(records, "  other 0,0,4\n  xiti.com 0,0,20\n") || string(b.Records()["format"]) != "2" {
		t.Errorf("%d sessions in %s", b.Total, records)
	}
	if _, err := ParseRecords(b.Records()); err != nil {
		t.Error(err)
	}
	old["month/2026-11"] = []byte(strings.Replace(month, "xiti.com 20", "xiti.com 20 logs 20", 1))
	if _, err := ParseRecords(old); err == nil {
		t.Error("the first format has no hosts, and one is accepted")
	}
}

func TestRefusedLinesThatContradictThemselves(t *testing.T) {
	const head, tail = "theme justice\n a 5 5 5 5\n", "weekdays 5\nlanguage fr 5\n"
	if _, err := parseTally(head+"  xiti.com 0,5 logs 0,5\n"+tail, Format); err != nil {
		t.Fatal(err) // positive control
	}
	for _, line := range []string{"xiti.com", "xiti 0,5", "xiti.com 0,5 logs", "xiti.com 0,6", "xiti.com 5", "other 1 a 1", "xiti.com 0,5 logs 0,6",
		"xiti.com 0,5 logs 1", "xiti.com 0,5 logs 0,5 logs 0,5", "xiti.com 0,5 a/b 0,5", "xiti.com 0,5 a:1 0,5", "xiti.com 0,5,1",
		"xiti.com 0,0,6", "xiti.com 0", "xiti.com -1", "xiti.com 0,5\n  xiti.com 0,5", "other x", "other 1,2,3,4", "10.0.0.1 0,5"} {
		if _, err := parseTally(head+"  "+line+"\n"+tail, Format); err == nil {
			t.Errorf("%q: accepted", line)
		}
	}
	if _, err := parseTally("theme justice\n  xiti.com 0,5\n a 5 5 5 5\n"+tail, Format); err == nil {
		t.Error("a domain without its procedure is accepted")
	}
}
