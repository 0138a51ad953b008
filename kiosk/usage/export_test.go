package usage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestFinishedIsTheSameWheneverAsked: later sessions, and the months that pass,
// change nothing of a month that is over, and every period passes the check
// that is made before it leaves the kiosk.
func TestFinishedIsTheSameWheneverAsked(t *testing.T) {
	for seed := range uint64(20) {
		c := newCrowd(seed, 12)
		b := c.month(t, 5+int(seed)*40)
		first, err := json.Marshal(b.Finished())
		if err != nil || len(b.Finished()) != 1 {
			t.Fatal(err, len(b.Finished()))
		}
		for m := range 4 {
			later := &Book{Calendar: Calendar{Day: day(2026, time.Month(11+m), 2)}}
			for range 30 {
				if err := later.Add(c.session()); err != nil {
					t.Fatal(err)
				}
			}
			b = b.Sum(later)
			list := b.Finished()
			again, err := json.Marshal(list[len(list)-1:])
			if err != nil || !bytes.Equal(first, again) {
				t.Fatalf("%v\n%s\n%s", err, first, again)
			}
			for _, p := range list {
				if err := p.Check(); err != nil || !p.Over {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestParseReportReadsWhatIsWritten(t *testing.T) {
	for seed := range uint64(30) {
		b := newCrowd(seed, 12).month(t, int(seed)*30)
		b.Switched = int(seed) * 77
		if err := b.Add(newCrowd(seed, 3).session()); err != nil { // of a month in progress
			t.Fatal(err)
		}
		var text, again bytes.Buffer
		if err := NewReport(b).WriteJSON(&text); err != nil {
			t.Fatal(err)
		}
		r, err := ParseReport(text.Bytes())
		if err == nil {
			err = r.WriteJSON(&again)
		}
		if err != nil || text.String() != again.String() {
			t.Fatalf("%v\n%s\n%s", err, text.String(), again.String())
		}
	}
}

// TestParseReportRefuses: nothing that is not of a list, and no small figure,
// gets past, also not to a terminal.
func TestParseReportRefuses(t *testing.T) {
	var good bytes.Buffer
	if err := NewReport(newCrowd(3, 6).month(t, 600)).WriteJSON(&good); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"2026-10"`, `"2026-10-05"`}, {`"2026-10"`, `"\u001b[31m"`}, {`"over": true`, `"over": false`},
		{`"themes"`, `"badges"`}, {`"fr"`, `"fra"`}, {`"finished"`, `"04:A3:1F"`}, {`"exactly": `, `"at_most": `},
		{`"exactly": `, `"exactly": -`}, {`"monday"`, `"09:15"`}, {`"_others"`, `"Jean"`}, {`"key": "_all"`, `"key": "https://x/"`},
		{`"periods"`, `"persons"`}, {`"month"`, `"at": 1, "month"`},
	} {
		if !strings.Contains(good.String(), c[0]) {
			t.Fatalf("%s is not in the report", c[0])
		}
		if _, err := ParseReport([]byte(strings.ReplaceAll(good.String(), c[0], c[1]))); err == nil {
			t.Errorf("%s for %s passes", c[1], c[0])
		}
	}
	for n := 1; n < least; n++ {
		p := Period{Month: "2026-10", Over: true, Sessions: exactly(n)}
		if p.Check() == nil {
			t.Errorf("%d sessions pass", n)
		}
	}
	if _, err := ParseReport(append(good.Bytes(), '{')); err == nil {
		t.Error("something behind the end passes")
	}
}

func FuzzReport(f *testing.F) {
	var good bytes.Buffer
	if err := NewReport(newCrowd(3, 6).month(f, 600)).WriteJSON(&good); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add([]byte(`{"periods":[{"month":"2026-10","over":true,"sessions":null,"tables":null}],"relay_switched":{"at_least":100}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseReport(data)
		if err != nil {
			return
		}
		var text bytes.Buffer
		if err := r.WriteText(&text, "fr"); err != nil || strings.ContainsAny(text.String(), "\x1b\r\x00") {
			t.Fatalf("%v %q", err, text.String())
		}
	})
}

// TestFindingsTellLess: of a diagnosis only what is to be mended leaves the
// kiosk, and only of months that are over; the names that fewer than five
// sessions asked for stay.
func TestFindingsTellLess(t *testing.T) {
	b := &Book{Calendar: Calendar{Day: day(2026, time.October, 5)}}
	add := func(n int, outcome Outcome, refused ...string) {
		for range n {
			s := Session{Procedure: "caf-rsa", Theme: ThemeFamily, Outcome: outcome, Length: LengthUnder15,
				Autonomy: AutonomyAlone, Language: "fr", Calls: CallsNone, Refused: sites(refused...)}
			if err := b.Add(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(14, OutcomeLeft, "login.caf.fr", "xiti.com")
	add(6, OutcomeLeft, "aide.caf.fr")
	add(2, OutcomeLeft, "jean-dupont.example.org")
	add(20, OutcomeFinished, "xiti.com")
	if got := b.Findings(nil); got != nil {
		t.Errorf("a month in progress: %+v", got)
	}
	b.Calendar.Day = day(2026, time.November, 1)
	add(9, OutcomeLeft, "running.example.net")
	got := b.Findings(nil)
	want := "[{caf-rsa [{login.caf.fr add 10+} {aide.caf.fr add ·}]}]"
	if said := fmt.Sprint(got); said != want {
		t.Errorf("%s\nwant %s", said, want)
	}
	for _, f := range got {
		if err := f.Check(); err != nil {
			t.Error(err)
		}
	}
	crowded := &Book{Calendar: Calendar{Day: day(2026, time.August, 5)}}
	for month := range 2 { // as many names as are kept, in both months that are
		for i := range maxNames {
			for range leastJudged {
				s := Session{Procedure: "caf-rsa", Theme: ThemeFamily, Outcome: OutcomeLeft, Length: LengthUnder15, Autonomy: AutonomyAlone,
					Language: "fr", Calls: CallsNone, Refused: []Site{site(fmt.Sprintf("site-%d-%d.example", month, i))}}
				if err := crowded.Add(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		crowded = (&Book{}).Sum(crowded)
		crowded.Calendar.Day += 31
	}
	if got := crowded.Findings(nil); len(got) != 1 || len(got[0].Origins) <= maxNames || got[0].Check() != nil {
		t.Errorf("%d: %+v", len(got), got)
	}
	for _, bad := range []Finding{{}, {Procedure: "a"}, {"a", []FoundOrigin{{"a/b", AdviceAdd, hidden()}}},
		{"a", []FoundOrigin{{"a.b", AdviceTooFew, hidden()}}}, {"a", []FoundOrigin{{"a.b", AdviceAdd, exactly(3)}}}} {
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
