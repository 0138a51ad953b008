package upkeep

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/kiosk"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/stick"
	"guichet.example/provisioning/stick/fattest"
)

const badgeKey = "000102030405060708090a0b0c0d0e0f"

// port is one that images are put into by hand.
type port struct {
	mu     sync.Mutex
	image  string
	looks  int    // how often the stick was asked for
	pulled int    // it is gone from this time on; 0 = never
	other  string // shows itself as this one from the second time on; "" = does not
	events chan kiosk.Port
}

func (p *port) Next(ctx context.Context) (kiosk.Port, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case what := <-p.events:
		return what, nil
	}
}

func (p *port) Stick() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.looks++; p.image == "" || p.pulled > 0 && p.looks >= p.pulled {
		return "", pulled()
	}
	if p.other != "" && p.looks > 1 {
		return p.other, nil
	}
	return p.image, nil
}

// box is a kiosk's data, its port, and the office that makes its sticks.
type box struct {
	*testoffice.Office
	t    testing.TB
	data string
	port *port
}

func newBox(t testing.TB) *box {
	t.Helper()
	b := &box{t: t, data: t.TempDir(), port: &port{events: make(chan kiosk.Port)}}
	id, err := identity.Open(filepath.Join(b.data, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	b.Office = testoffice.New(t, id.Enrolment(identity.Facts{}, "test"))
	b.Own(provisioning.SecretsFile, testoffice.Seal(t, b.Enrolment.Recipient, badgeKey))
	b.Configure(string(provisioning.NewSiteFile("Mairie")))
	return b
}

// start is what kioskd does when it starts.
func (b *box) start(trial Trial) (*Upkeep, apply.State) {
	b.t.Helper()
	state := b.site((*apply.Site).Boot)
	log := slog.New(slog.NewTextHandler(b.t.Output(), nil))
	if _, measured := b.t.(*testing.B); measured {
		log = slog.New(slog.DiscardHandler)
	}
	u, err := New(Config{Data: b.data, Port: b.port, Reader: childUser(), Running: state.Current, Trial: trial, Log: log})
	if err != nil {
		b.t.Fatal(err)
	}
	return u, state
}

func (b *box) site(act func(*apply.Site) (apply.State, error)) apply.State {
	b.t.Helper()
	site, err := OpenSite(b.t.Context(), filepath.Join(b.data, SiteDir))
	if err != nil {
		b.t.Fatal(err)
	}
	state, err := act(site)
	if err = errors.Join(err, site.Close()); err != nil {
		b.t.Fatal(err)
	}
	return state
}

// childUser owns nothing and runs nothing but children of these tests.
func childUser() stick.Reader { return stick.Reader{UID: 64533, GID: 64533, Stderr: os.Stderr} }

func (b *box) confirm() {
	b.t.Helper()
	b.site(func(s *apply.Site) (apply.State, error) { return s.State(), s.Confirm() })
}

// release reads what is in force.
func (b *box) release() provisioning.Release {
	b.t.Helper()
	var release *provisioning.Release
	b.site(func(s *apply.Site) (_ apply.State, err error) {
		release, err = inForce(s)
		return s.State(), err
	})
	return *release
}

func (b *box) state() apply.State {
	return b.site(func(s *apply.Site) (apply.State, error) { return s.State(), nil })
}

// image writes a stick with these files to a file.
func image(t testing.TB, files map[string][]byte) string {
	t.Helper()
	m, err := fattest.Make(8<<20, 16, "mbr", files)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, m)
}

func write(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stick.img")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// plug puts a stick in.
func (b *box) plug(image string) { b.port.image, b.port.looks, b.port.pulled = image, 0, 0 }

func ignore(wire.Work) {}

// check holds the outcome of a piece of work.
func check(t testing.TB, w wire.Work, step wire.Step, code, says string) {
	t.Helper()
	said := strings.Join(slices.Concat(w.Lines["fr"], w.Lines["en"], []string{w.Says["fr"], w.Says["en"]}), "\n")
	if w.Step != step || w.Code != code || !strings.Contains(said, says) || len(w.Lines["fr"]) != len(w.Lines["en"]) ||
		(code != "") != (w.Says["fr"] != "" && w.Says["en"] != "") {
		t.Fatalf("%+v; want %s %s %q", w, step, code, says)
	}
}

// cleared holds that no copy of a stick is left.
func (b *box) cleared() {
	b.t.Helper()
	if _, err := os.Stat(filepath.Join(b.data, incoming)); !errors.Is(err, fs.ErrNotExist) {
		b.t.Errorf("the copy of the stick is left: %v", err)
	}
}

// TestAKiosksLife takes a kiosk through its sticks.
func TestAKiosksLife(t *testing.T) {
	b := newBox(t)
	good := online(t)
	first := image(t, b.Publish())

	u, _ := b.start(good)
	b.plug(first)
	told := map[wire.Step][]int{}
	w := u.Read(t.Context(), func(w wire.Work) { told[w.Step] = append(told[w.Step], w.Percent) })
	check(t, w, wire.StepPlan, "", "Première installation")
	for _, step := range []wire.Step{wire.StepReading, wire.StepChecking} {
		if p := told[step]; !slices.IsSorted(p) || len(p) < 2 || p[len(p)-1] != 100 {
			t.Errorf("progress of %s: %v", step, p)
		}
	}
	b.plug("") // it is not needed any more
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.cleared()

	u, state := b.start(good)
	if !state.Trial || state.Current.Version != "1" {
		t.Fatalf("%+v", state)
	}
	w = u.Test(t.Context(), ignore)
	check(t, w, wire.StepDone, "", "Sites that answer: 1 of 1")
	if s := b.state(); s.Trial || s.Trusted != s.Current.Number {
		t.Errorf("%+v is not confirmed", s)
	}

	b.plug(first)
	check(t, u.Read(t.Context(), ignore), wire.StepNothing, "", "Rien ne change")
	b.cleared()
	b.Configure(string(provisioning.NewSiteFile("Médiathèque")))
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "Médiathèque")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")

	u, _ = b.start(Trial{Procedures: good.Procedures, Gates: unreachable(t), Within: time.Millisecond})
	check(t, u.Test(t.Context(), ignore), wire.StepFailed, string(NoNetwork), "câble réseau")
	if err := u.TakeBack(t.Context()); err != nil {
		t.Error(err)
	}
	if s := b.state(); s.Trial || s.Current.Version != "1" || s.TakenBack != "2" {
		t.Errorf("%+v is not taken back", s)
	}
	u, _ = b.start(good)
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "Médiathèque") // what failed can come again
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	u, _ = b.start(good)
	check(t, u.Test(t.Context(), ignore), wire.StepDone, "", "")
	b.plug(first)
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-TUF-ROLLBACK", "")
	b.cleared()
}

func TestRefuses(t *testing.T) {
	b := newBox(t)
	good := b.Publish()
	tampered := b.Publish()
	for name := range tampered {
		if strings.HasSuffix(name, ".site.toml") {
			tampered[name] = []byte("other")
		}
	}
	b.Files["packs/mairie/pack.toml"] = "format = 1\n"
	b.Configure(string(provisioning.NewSiteFile("Mairie")) + "\n")
	b.Own(provisioning.SiteFile, strings.Replace(b.Files[provisioning.KioskTarget(b.Enrolment.Kiosk, provisioning.SiteFile)],
		"directories = []", `directories = ["`+provisioning.SiteRoot+`/packs/mairie"]`, 1))
	badPack := b.Publish()
	delete(b.Files, "packs/mairie/pack.toml")
	b.Configure(string(provisioning.NewSiteFile("Mairie")))
	b.Own(provisioning.SecretsFile, testoffice.Seal(t, newBox(t).Enrolment.Recipient, badgeKey))
	foreignSecrets := b.Publish()
	exFAT := make([]byte, 1<<20)
	copy(exFAT, "\xeb\x76\x90EXFAT   ")
	exFAT[510], exFAT[511] = 0x55, 0xaa

	u, before := b.start(Trial{})
	for name, c := range map[string]struct{ image, code string }{
		"tampered":           {image(t, tampered), "G-TUF-TARGET"},
		"a pack that is bad": {image(t, badPack), "G-TUF-CONTENT"},
		"foreign secrets":    {image(t, foreignSecrets), "G-TUF-CONTENT"},
		"exFAT":              {write(t, exFAT), "G-STICK-EXFAT"},
		"nothing":            {"", "G-USB-GONE"},
	} {
		t.Run(name, func(t *testing.T) {
			b.plug(c.image)
			w := u.Read(t.Context(), ignore)
			check(t, w, wire.StepRefused, c.code, " ")
			check(t, u.Install(t.Context(), ignore), wire.StepFailed, "G-USB-GONE", "")
			if b.state() != before {
				t.Errorf("%+v is in force", b.state())
			}
			b.cleared()
		})
	}
	b.plug(image(t, good))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
}

// TestPulled pulls the stick at each instant at which that shows.
func TestPulled(t *testing.T) {
	b := newBox(t)
	u, before := b.start(Trial{})
	good := image(t, b.Publish())
	b.plug(good)
	b.port.pulled = 2 // while it is copied
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-USB-GONE", "")
	b.cleared()

	b.plug(good)
	b.port.other = good + ".other" // one stick went while it was copied, another came
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-USB-GONE", "")
	b.cleared()
	b.port.other = ""

	ctx, cancel := context.WithCancel(t.Context()) // the loop ends the work
	b.plug(good)
	u.Read(ctx, func(wire.Work) { cancel() })
	b.cleared()

	b.plug(good)
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	go func() { b.port.events <- kiosk.StickOut }()
	if what, err := u.Next(t.Context()); what != kiosk.StickOut || err != nil {
		t.Error(what, err)
	}
	b.cleared()
	check(t, u.Install(t.Context(), ignore), wire.StepFailed, "G-USB-GONE", "")
	if b.state() != before {
		t.Errorf("%+v", b.state())
	}
}

// TestEnrols: a new kiosk leaves its name on a stick that has nothing for it,
// and one that has a site does not.
func TestEnrols(t *testing.T) {
	b := newBox(t)
	u, _ := b.start(Trial{})
	for name, files := range map[string]map[string][]byte{"empty": nil, "of another kiosk": newBox(t).Publish()} {
		stick := image(t, files)
		b.plug(stick)
		check(t, u.Read(t.Context(), ignore), wire.StepEnrolled, "", string(b.Enrolment.Kiosk))
		b.cleared()
		to := filepath.Join(t.TempDir(), "copy")
		if _, _, err := u.config.Reader.Read(t.Context(), stick, to); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(to, enrolmentName(b.Enrolment.Kiosk)))
		if e, bad := provisioning.ParseEnrolment("e", data); err != nil || bad != nil || e.Recipient != b.Enrolment.Recipient {
			t.Errorf("%s: %v %v", name, err, bad)
		}
	}
	changed := image(t, nil)
	before, err := os.ReadFile(changed)
	if err != nil {
		t.Fatal(err)
	}
	b.plug(changed)
	b.port.pulled = 2 // it shows a second medium once it was read
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-USB-GONE", "")
	if now, err := os.ReadFile(changed); err != nil || !bytes.Equal(now, before) {
		t.Errorf("written on all the same: %v", err)
	}
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.site(func(s *apply.Site) (apply.State, error) { return s.State(), s.TakeBack() })
	b.plug(image(t, nil)) // its first site did not work: it has none
	check(t, u.Read(t.Context(), ignore), wire.StepEnrolled, "", string(b.Enrolment.Kiosk))
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.confirm()
	b.plug(image(t, newBox(t).Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-TUF-SITE", "")
	b.plug(image(t, nil))
	check(t, u.Read(t.Context(), ignore), wire.StepRefused, "G-STICK-NO-FOLDER", "")
}

// TestLeavesOthersWorkAlone: what somebody else has put in force meanwhile is
// neither confirmed nor taken back, and no plan goes over it.
func TestLeavesOthersWorkAlone(t *testing.T) {
	b := newBox(t)
	u, _ := b.start(Trial{})
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	other, _ := b.start(Trial{}) // removes the copy, as another process would not
	check(t, other.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, other.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	check(t, u.Install(t.Context(), ignore), wire.StepFailed, string(Meanwhile), "")
	b.confirm()
	b.Configure(string(provisioning.NewSiteFile("Médiathèque")))
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	other, _ = b.start(Trial{})
	check(t, other.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, other.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.confirm() // not even on trial any more
	check(t, u.Install(t.Context(), ignore), wire.StepFailed, string(Meanwhile), "")
	was := b.state()
	check(t, u.Test(t.Context(), ignore), wire.StepFailed, string(Meanwhile), "")
	if err := u.TakeBack(t.Context()); err != nil || b.state() != was {
		t.Errorf("%+v, %v", b.state(), err)
	}
}

// TestCodes: each has a sentence in both languages.
func TestCodes(t *testing.T) {
	for _, c := range Codes() {
		if fr, en := c.In("fr"), c.In("en"); fr == "" || en == "" || fr == en {
			t.Errorf("%s: %q %q", c, fr, en)
		}
	}
}
