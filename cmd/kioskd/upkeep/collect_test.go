package upkeep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagedb"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	reports "guichet.example/provisioning/report"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

// reporting is a kiosk whose site asks for reports, with something to report.
type reporting struct {
	*box
	key   *age.X25519Identity
	asked string // site.toml
	u     *Upkeep
}

func newReporting(t testing.TB) *reporting {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r := &reporting{box: newBox(t), key: key}
	text := strings.Replace(string(provisioning.NewSiteFile("Mairie")), "# collect = ", "collect = ", 1)
	r.asked = string(provisioning.WithReports([]byte(text), key.Recipient().String()))
	r.count(t)
	r.begin()
	r.plug(image(t, r.Publish()))
	check(t, r.u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, r.u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	r.Configure(r.asked)
	return r
}

func (r *reporting) begin() {
	r.u, _ = r.start(Trial{})
	r.u.config.Usage = filepath.Join(r.data, "usage.db")
	r.u.config.Faults = OpenFaults(r.data, slog.New(slog.NewTextHandler(r.t.Output(), nil)))
}

const canary = "canari-dupont"

// count has the kiosk see 40 sessions in September and 7 in October 2026, in
// each of which a page asked for a site with a name in it.
func (r *reporting) count(t testing.TB) {
	t.Helper()
	now := time.Date(2026, 9, 14, 10, 41, 7, 0, time.UTC)
	db, err := usagedb.Open(filepath.Join(r.data, "usage.db"), usagedb.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	site, err := usage.NewSite(canary+".example.org", "example.org")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 47 {
		if i == 40 {
			now = now.AddDate(0, 1, 0)
		}
		s := usage.Session{Procedure: "caf-rsa", Theme: usage.ThemeFamily, Outcome: usage.OutcomeFinished, Length: usage.LengthUnder15,
			Autonomy: usage.AutonomyAlone, Language: "fr", Calls: usage.CallsNone}
		if i < 2 { // two sessions of one person
			s.Refused = []usage.Site{site}
		}
		if err := db.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// opened reads the reports on a stick, as the organisation does.
func (r *reporting) opened(t *testing.T, stick string) map[string]reports.Report {
	t.Helper()
	all := map[string]reports.Report{}
	for name, sealed := range r.on(t, stick) {
		in, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), r.key)
		if err != nil {
			t.Fatal(err)
		}
		proved, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		private, err := provisioning.IdentityKey(r.key.String())
		if err != nil {
			t.Fatal(err)
		}
		public, err := provisioning.RecipientKey(r.Enrolment.Recipient)
		if err != nil {
			t.Fatal(err)
		}
		if err := reports.Proved(proved, private, public); err != nil {
			t.Fatal(err)
		}
		text, _ := reports.Text(proved)
		for _, word := range []string{canary, "dupont", "example.org", "10:41", "14:05", `"exactly":7`, "2026-10\""} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%q is in the report:\n%s", word, text)
			}
		}
		if all[name], err = reports.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// on reads the sealed reports on a stick.
func (r *reporting) on(t *testing.T, stick string) map[string][]byte {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if _, _, err := r.u.config.Reader.Read(t.Context(), stick, to); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(to, "reports", "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		if all[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// clean has fsck.vfat judge the partition of an image.
func clean(t *testing.T, stick string) {
	t.Helper()
	data, err := os.ReadFile(stick)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("fsck.vfat", "-n", write(t, data[64<<10:])).CombinedOutput(); err != nil {
		t.Errorf("fsck.vfat: %v\n%s", err, out)
	}
}

// TestReports takes a kiosk through its reports.
func TestReports(t *testing.T) {
	r := newReporting(t)
	stick := image(t, r.Publish())
	r.plug(stick)
	check(t, r.u.Read(t.Context(), ignore), wire.StepPlan, "", "Rapports sur la clé USB : ajout")
	if got := r.on(t, stick); len(got) != 0 {
		t.Errorf("a kiosk that trusts no site yet reports: %v", slices.Collect(maps.Keys(got)))
	}
	r.confirm()

	r.plug(stick)
	check(t, r.u.Read(t.Context(), ignore), wire.StepPlan, "", "est écrit sur la clé USB") // asked for by the plan alone
	got := r.opened(t, stick)
	name := string(r.Enrolment.Kiosk) + "-1.age"
	first, ok := got[name]
	today := usage.Calendar{Day: usage.DayOf(time.Date(2026, 10, 14, 0, 0, 0, 0, time.UTC))}.Advance(usage.DayOf(time.Now())).Today()
	if !ok || len(got) != 1 || first.Number != 1 || first.Day != today.String() || len(first.Periods) != 1 || first.Periods[0].Month != "2026-09" ||
		first.Periods[0].Sessions != (usage.Figure{Kind: usage.Exact, N: 40}) || first.Health == nil || first.Health.Release != "1" || first.Findings != nil {
		t.Fatalf("%+v", got)
	}
	clean(t, stick)
	check(t, r.u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	r.confirm()

	r.begin()
	r.plug(stick) // once more, on the same day
	check(t, r.u.Read(t.Context(), ignore), wire.StepNothing, "", "déjà sur la clé USB")
	if again := r.opened(t, stick); len(again) != 1 {
		t.Errorf("%d reports", len(again))
	}
	other := image(t, r.Publish()) // another stick
	r.plug(other)
	r.u.config.Faults.Count(reports.FaultWipe)
	check(t, r.u.Read(t.Context(), ignore), wire.StepNothing, "", "est écrit sur la clé USB")
	second := r.opened(t, other)[string(r.Enrolment.Kiosk)+"-2.age"]
	if second.Number != 2 || second.Health.Faults[reports.FaultWipe] != reports.NumberOne || !slices.EqualFunc(first.Periods, second.Periods, func(a, b usage.Period) bool { return a.Month == b.Month && a.Sessions == b.Sessions }) {
		t.Errorf("%+v", second)
	}
	r.plug(stick) // whose report is no longer the last
	check(t, r.u.Read(t.Context(), ignore), wire.StepNothing, "", "est écrit sur la clé USB")
	if all := r.opened(t, stick); len(all) != 2 || all[name].Number != 1 {
		t.Errorf("%v", all)
	}
	clean(t, stick)

	// A kiosk that has lost its count writes over nothing.
	if err := os.Remove(filepath.Join(r.data, markFile)); err != nil {
		t.Fatal(err)
	}
	check(t, r.u.Read(t.Context(), ignore), wire.StepNothing, "", "est écrit sur la clé USB")
	if all := r.opened(t, stick); len(all) != 3 || all[string(r.Enrolment.Kiosk)+"-4.age"].Number != 4 {
		t.Errorf("%v", all)
	}
}

// TestReportsAreNotForOthers: neither what the site has not asked for, nor
// anything to another site.
func TestReportsAreNotForOthers(t *testing.T) {
	r := newReporting(t)
	r.confirm()
	for what, text := range map[string]string{
		"nothing":     strings.Replace(r.asked, "collect = ", "# collect = ", 1),
		"health only": strings.Replace(r.asked, `["usage", "health", "procedures"]`, `["health"]`, 1),
	} {
		r.Configure(text)
		stick := image(t, r.Publish())
		r.plug(stick)
		r.u.Read(t.Context(), ignore)
		for _, got := range r.opened(t, stick) {
			if what == "nothing" || got.Periods != nil || got.Findings != nil || got.Health == nil {
				t.Errorf("%s: %+v", what, got)
			}
		}
	}
	thief := testoffice.New(t, r.Enrolment) // who knows the kiosk's public key
	thief.Own(provisioning.SecretsFile, testoffice.Seal(t, r.Enrolment.Recipient, badgeKey))
	thief.Configure(r.asked)
	stick := image(t, thief.Publish())
	before, err := os.ReadFile(stick)
	if err != nil {
		t.Fatal(err)
	}
	r.plug(stick)
	check(t, r.u.Read(t.Context(), ignore), wire.StepRefused, "G-TUF-SITE", "")
	if after, err := os.ReadFile(stick); err != nil || !bytes.Equal(before, after) {
		t.Error("a stick of another site was written to", err)
	}
}

// pulling is a port whose stick goes away right before it is written to.
type pulling struct{ *port }

func (p pulling) Stick() (string, error) {
	path, err := p.port.Stick()
	if p.looks == 3 {
		err = errors.Join(err, os.Remove(path))
	}
	return path, err
}

// fillUp leaves less room on a stick than a report takes.
func fillUp(t *testing.T, stick fattest.Memory) {
	t.Helper()
	for n, size := 0, 1<<20; size > 0; n++ {
		v, err := fat.Find(stick, int64(len(stick)))
		if err != nil {
			t.Fatal(err)
		}
		if v.Write(stick, fmt.Sprintf("ballast/%d", n), make([]byte, size), time.Now()) != nil {
			size /= 2
		}
	}
}

// TestReportsThatFail: each reason has its sentence, keeps nothing else from
// its course, and the next stick has everything.
func TestReportsThatFail(t *testing.T) {
	r := newReporting(t)
	r.confirm()
	good := r.Publish()
	full, err := fattest.Make(8<<20, 16, "mbr", good)
	if err != nil {
		t.Fatal(err)
	}
	fillUp(t, full)
	for _, c := range []struct {
		name, image, code, says string
		look                    int // when it is pulled; 0 = never
	}{
		{"full", write(t, full), "G-STICK-FULL", "plus de place", 0},
		{"pulled before it is written", image(t, good), "G-USB-GONE", "", 3},
		{"pulled while it is written", image(t, good), "G-USB-GONE", "", 4},
		{"gone from the kernel, not from the port", image(t, good), "G-STICK-UNREAD", "ne répond plus", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.plug(c.image)
			r.port.pulled = c.look
			if c.look > 3 {
				r.u.config.Port = pulling{r.port}
			}
			w := r.u.Read(t.Context(), ignore)
			check(t, w, wire.StepPlan, "", "n’est pas écrit. Rien n’est perdu")
			check(t, w, wire.StepPlan, "", "("+c.code+")")
			check(t, w, wire.StepPlan, "", c.says)
			if m, err := readMark(r.data); err != nil || m.Day != "" {
				t.Errorf("%+v, %v: it is marked as delivered", m, err)
			}
		})
	}
	r.u.config.Port = r.port
	clean(t, write(t, full))
	if err := os.WriteFile(r.u.config.Usage, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	last := image(t, good)
	r.plug(last)
	check(t, r.u.Read(t.Context(), ignore), wire.StepPlan, "", "est écrit sur la clé USB")
	for _, got := range r.opened(t, last) {
		if !got.Health.CountsDamaged {
			t.Errorf("%+v", got)
		}
	}
}
