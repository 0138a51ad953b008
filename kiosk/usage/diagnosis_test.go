package usage

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name                                             string
		sessions, finished, unsaid, others, finishedThen int
		want                                             Advice
	}{
		{"four sessions", 4, 0, 0, 50, 50, AdviceTooFew},
		{"four of which the ending is known", 24, 0, 20, 0, 0, AdviceTooFew},
		{"half finish", 10, 5, 0, 40, 40, AdviceNotNeeded},
		{"all finish", 10, 10, 0, 0, 0, AdviceNotNeeded},
		{"nobody finishes, the others do", 5, 0, 0, 5, 5, AdviceAdd},
		{"nobody finishes, one of the others does", 5, 0, 0, 40, 1, AdviceAdd},
		{"nobody ever finishes", 40, 0, 0, 40, 0, AdviceLook},
		{"a third finish, all of the others", 9, 3, 0, 9, 9, AdviceAdd},
		{"a third finish, half of the others", 9, 3, 0, 10, 5, AdviceLook},
		{"nobody finishes, all ask for it", 5, 0, 0, 0, 0, AdviceAdd},
		{"a quarter finish, few others", 8, 2, 0, 4, 4, AdviceAdd},
		{"a third finish, few others", 9, 3, 0, 4, 4, AdviceLook},
		{"half of those known finish", 30, 5, 20, 0, 0, AdviceNotNeeded},
	} {
		o := RefusedOrigin{Sessions: c.sessions, Finished: c.finished, Unsaid: c.unsaid, Others: c.others, OthersFinished: c.finishedThen}
		if got := o.judge(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestListedOrigins(t *testing.T) {
	for _, c := range []struct {
		origin, name string
		covers, own  bool
	}{
		{"www.caf.fr", "www.caf.fr", true, true}, {"*.caf.fr", "www.caf.fr", true, true}, {"*.caf.fr", "a.b.caf.fr", true, true},
		{"*.caf.fr", "*.caf.fr", true, true}, {"www.caf.fr", "*.caf.fr", false, true}, {"*.caf.fr", "caf.fr", false, true},
		{"*.b.caf.fr", "*.caf.fr", false, true}, {"www.caf.fr", "wwwd.caf.fr", false, true}, {"*.caf.fr", "decaf.fr", false, false},
		{"caf.fr", "www.caf.fr", false, true}, {"www.ameli.fr", "www.caf.fr", false, false},
	} {
		if got := covers(c.origin, c.name); got != c.covers {
			t.Errorf("%s lets %s through: %v", c.origin, c.name, got)
		}
		s := site(strings.TrimPrefix(c.name, "*."))
		if strings.HasPrefix(c.name, "*.") {
			s = s.whole()
		}
		o := (&refusals{}).origin(s, endings{9}, Listed{Origins: []string{c.origin}})
		if o.Own != c.own || (o.Advice == AdviceListed) != c.covers || o.Origin != c.name {
			t.Errorf("%s beside %s: %+v", c.name, c.origin, o)
		}
	}
}

// TestTrackersAreDomains: a name that is none would never be met.
func TestTrackersAreDomains(t *testing.T) {
	list := trackers()
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
		t.Error("not sorted, or one twice")
	}
	for _, d := range list {
		if !isHostName(d) {
			t.Errorf("%q", d)
		}
	}
}

// diagnosed is the diagnosis of sessions of one procedure, all in one group.
func diagnosed(t *testing.T, listed Listed, list ...Session) Diagnosis {
	t.Helper()
	group := &Book{Calendar: Calendar{Day: day(2026, time.November, 2)}}
	for _, s := range list {
		mustAdd(t, group, s)
	}
	return Diagnose((&Book{}).Sum(group), map[string]Listed{"one": listed})
}

func TestDiagnosis(t *testing.T) {
	c := newCrowd(1, 1)
	var list []Session
	for i := range 10 {
		list = append(list, asking(c, "one", OutcomeLeft, "compte.operateur.example", "logs.xiti.com", "www.caf.fr",
			string(rune('a'+i))+".images.example", string(rune('a'+i))+".once.example"),
			asking(c, "one", OutcomeFinished, "plan.maps.example", "images.example"))
	}
	list[1].Refused, list[2].Outcome = sites("marie.secret.example"), OutcomeFinished
	p := diagnosed(t, Listed{Title: "Une", Origins: []string{"*.caf.fr", "www.operateur.example"}}, list...).Procedures[0]
	want := ProcedureDiagnosis{ID: "one", Title: "Une", Verdict: VerdictBreaks, Sessions: 20, Finished: 11, Unnamed: 1, Refused: []RefusedOrigin{
		{"*.once.example", 10, 1, 0, 10, 10, false, AdviceAdd}, {"compte.operateur.example", 10, 1, 0, 10, 10, true, AdviceAdd},
		{"*.images.example", 19, 10, 0, 1, 1, false, AdviceNotNeeded}, {"images.example", 9, 9, 0, 11, 2, false, AdviceNotNeeded},
		{"plan.maps.example", 9, 9, 0, 11, 2, false, AdviceNotNeeded},
		{"logs.xiti.com", 10, 1, 0, 10, 10, false, AdviceTracker}, {"www.caf.fr", 10, 1, 0, 10, 10, true, AdviceListed},
	}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

// TestDiagnosisNeverShowsOneSession draws books and holds what is printed
// against what happened.
func TestDiagnosisNeverShowsOneSession(t *testing.T) {
	hosts := []string{"www.a.example", "b.a.example", "a.example", "c.b.example", "d.b.example", "xiti.com"}
	shown, kept := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrowd(rapid.Uint64().Draw(rt, "seed"), 3)
		book, truth, sessions := &Book{}, map[string]map[string]int{}, map[string]int{}
		for range rapid.IntRange(1, 5).Draw(rt, "groups") {
			group := &Book{Calendar: Calendar{Day: day(2026, time.November, 2)}}
			for range rapid.IntRange(1, 6).Draw(rt, "sessions") {
				asked := rapid.SliceOfNDistinct(rapid.SampledFrom(hosts), 0, 3, rapid.ID[string]).Draw(rt, "hosts")
				s := asking(c, rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "procedure"), draw(c, Outcomes()), asked...)
				mustAdd(t, group, s)
				sessions[s.Procedure]++
				if truth[s.Procedure] == nil {
					truth[s.Procedure] = map[string]int{}
				}
				domains := map[string]bool{}
				for _, site := range s.Refused {
					truth[s.Procedure][site.Host()]++
					domains["*."+site.domain] = true
				}
				for d := range domains {
					truth[s.Procedure][d]++
				}
			}
			book = book.Sum(group)
		}
		kept += len(namesIn(t, book))
		for _, p := range Diagnose(book, nil).Procedures {
			for _, o := range p.Refused {
				shown++
				if o.Sessions < 2 || o.Sessions > truth[p.ID][o.Origin] || o.Finished > o.Sessions ||
					p.Sessions != sessions[p.ID] || o.Sessions+o.Others != p.Sessions || o.OthersFinished > o.Others {
					rt.Fatalf("%+v of %+v, truth %v", o, p, truth)
				}
			}
		}
	})
	if shown == 0 || kept == 0 {
		t.Error("nothing was compared")
	}
}

func TestDiagnosisForgetsWithTheBook(t *testing.T) {
	book := &Book{}
	for m := time.August; m <= time.November; m++ {
		group := &Book{Calendar: Calendar{Day: day(2026, m, 2)}}
		for range 5 {
			mustAdd(t, group, asking(newCrowd(1, 1), "one", OutcomeLeft, "www."+strings.ToLower(m.String())+".example"))
		}
		book = book.Sum(group)
	}
	d := Diagnose(book, nil)
	if len(d.Procedures) != 1 || d.Procedures[0].Sessions != 10 || len(d.Procedures[0].Refused) != 2 {
		t.Errorf("%+v", d)
	}
	if records := text(book); strings.Contains(records, "august") || strings.Contains(records, "september") || !strings.Contains(records, "october") {
		t.Errorf("kept %s", records)
	}
}

// TestDiagnosisText: it fits a terminal, has every word in both languages, and
// no path and no time.
func TestDiagnosisText(t *testing.T) {
	c := newCrowd(1, 1)
	var list []Session
	for range 12 {
		list = append(list, asking(c, "one", OutcomeLeft, strings.Repeat("a", 50)+".example", "xiti.com", "www.caf.fr"),
			asking(c, "one", OutcomeFinished, "plan.maps.example"))
	}
	for range 3 {
		list = append(list, asking(c, strings.Repeat("longue-", 5), OutcomeLeft, "www.seldom.example"),
			asking(c, "one", OutcomeLeft, "marie.example.org"), asking(c, "one", OutcomeLeft, "plan.look.example"), asking(c, "one", OutcomeLeft, "plan.look.example"))
	}
	for i := range 2 {
		list = append(list, asking(c, "one", OutcomeFinished, "plan.look.example"), asking(c, "one", OutcomeLeft, "x.unique"+string(rune('a'+i))+".example"))
	}
	d := diagnosed(t, Listed{Title: strings.Repeat("Titre ", 6), Origins: []string{"www.caf.fr"}}, list...)
	for _, lang := range []string{French, English} {
		var out bytes.Buffer
		if err := d.WriteText(&out, lang); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > textWidth || strings.TrimRight(line, " ") != line || strings.Contains(line, "%") {
				t.Errorf("%s: %d characters: %q", lang, n, line)
			}
		}
		for _, w := range []string{"2026", "unique", "not_needed", "too_few"} {
			if strings.Contains(out.String(), w) {
				t.Errorf("%s: there is %q in\n%s", lang, w, out.String())
			}
		}
	}
	for _, a := range Advices() {
		if !slices.ContainsFunc(d.Procedures, func(p ProcedureDiagnosis) bool {
			return slices.ContainsFunc(p.Refused, func(o RefusedOrigin) bool { return o.Advice == a })
		}) {
			t.Errorf("%s is not among the texts looked at", a)
		}
		if w := adviceWords()[a]; w.fr == "" || w.en == "" || strings.Count(w.fr, "%s") != strings.Count(w.en, "%s") {
			t.Errorf("%s has no words", a)
		}
	}
	for _, v := range []Verdict{VerdictBreaks, VerdictUnclear, VerdictWorks} {
		if w := verdictWords()[v]; w.fr == "" || w.en == "" {
			t.Errorf("%s has no words", v)
		}
	}
}

func TestDiagnosisJSON(t *testing.T) {
	d := diagnosed(t, Listed{}, asking(newCrowd(1, 1), "one", OutcomeLeft, "a.example"), asking(newCrowd(1, 1), "one", OutcomeLeft, "a.example"))
	var out bytes.Buffer
	if err := d.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var back Diagnosis
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || !reflect.DeepEqual(back, d) {
		t.Errorf("%v: %s", err, out.String())
	}
}
