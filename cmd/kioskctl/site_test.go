package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"guichet.example/kiosk/config"
	"guichet.example/provisioning"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/trust"
)

// unbox NAME STICK plays a kiosk that starts without a site: it makes a key in
// the folder NAME and writes its enrolment on the stick. The id goes to the
// file NAME/id.
func unbox(args []string) int {
	name, stick := args[0], args[1]
	for _, dir := range []string{name, filepath.Join(stick, provisioning.EnrolmentFolder)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			panic(err)
		}
	}
	id, err := identity.Open(filepath.Join(name, "key"))
	if err != nil {
		panic(err)
	}
	e := id.Enrolment(identity.Facts{Serial: "10000000a1b2c3d4", Model: "Raspberry Pi 4 Model B Rev 1.4"}, "0.5.0")
	for path, data := range map[string][]byte{
		filepath.Join(stick, provisioning.EnrolmentFile(e.Kiosk)): e.Encode(),
		filepath.Join(name, "id"):                                 []byte(e.Kiosk),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			panic(err)
		}
	}
	return 0
}

// siteOffice is an administrator's, with a clock that can be set.
type siteOffice struct {
	t   *testing.T
	dir string
	now time.Time
	say bytes.Buffer
}

const phrase = "agrafe lavande tramway neuf"

func newSiteOffice(t *testing.T) *siteOffice {
	o := &siteOffice{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	o.run("init", o.path("site"), o.path("keys"), "--name", "Mairie de Valbourg", "--passphrase-fd", "0")
	return o
}

func (o *siteOffice) path(name string) string { return filepath.Join(o.dir, filepath.FromSlash(name)) }

func (o *siteOffice) read(name string) []byte {
	o.t.Helper()
	data, err := os.ReadFile(o.path(name))
	if err != nil {
		o.t.Fatal(err)
	}
	return data
}

func (o *siteOffice) write(name, data string) {
	o.t.Helper()
	if err := os.WriteFile(o.path(name), []byte(data), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *siteOffice) try(args ...string) int {
	s := surroundings{now: func() time.Time { return o.now }, cost: 10,
		passphrase: func(context.Context, int, bool) ([]byte, error) { return []byte(phrase), nil }}
	o.say.Reset()
	return run(o.t.Context(), append([]string{"site"}, args...), &o.say, &o.say, s)
}

func (o *siteOffice) run(args ...string) string {
	o.t.Helper()
	if code := o.try(args...); code != exitOK {
		o.t.Fatalf("%q: exit code %d\n%s", args, code, o.say.String())
	}
	return o.say.String()
}

func (o *siteOffice) stick(name string) string {
	o.t.Helper()
	return o.run("stick", o.path("site"), o.path("keys"), o.path(name), "--passphrase-fd", "0")
}

// box is a kiosk with a key of its own.
func (o *siteOffice) box(name, stick string) *identity.Identity {
	o.t.Helper()
	unbox([]string{o.path(name), o.path(stick)})
	id, err := identity.Open(o.path(name + "/key"))
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

func (o *siteOffice) check(id *identity.Identity, stick string, known trust.Trusted) (*trust.Verified, error) {
	return trust.Check(o.t.Context(), trust.Request{
		Repository: os.DirFS(o.path(stick + "/guichet")), Kiosk: id.Kiosk(), Trusted: known, Clock: o.now,
	})
}

// What kioskd finds in the release, it can use.
func TestKioskTakesSticks(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"), "--id", "mairie-accueil", "--place", "Accueil")
	o.stick("stick")
	v, err := o.check(id, "stick", trust.Trusted{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := v.Release(t.Context())
	if err != nil || r.Config.ID != "mairie-accueil" || r.Machine.Place != "Accueil" || len(r.Config.Languages) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if data, err := v.Read(t.Context(), provisioning.SiteFile); err != nil {
		t.Error(err)
	} else if _, err := config.Decode("site.toml", data); err != nil {
		t.Error(err)
	}
	// A copy of it is older than the next one, and over after sixty days.
	if err := os.CopyFS(o.path("old"), os.DirFS(o.path("stick"))); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.AddDate(0, 0, 10)
	o.stick("stick")
	next, err := o.check(id, "stick", v.Trusted())
	if err != nil {
		t.Fatal(err)
	}
	refused(t, trust.Rollback)(o.check(id, "old", next.Trusted()))
	o.now = o.now.AddDate(0, 0, 61)
	refused(t, trust.Freeze)(o.check(id, "stick", next.Trusted()))
	if code := o.try("show", o.path("stick")); code != exitFailed || !strings.Contains(o.say.String(), "G-TUF-FREEZE") {
		t.Errorf("exit code %d: %s", code, o.say.String())
	}
	// After a theft: the old signing key opens nothing any more.
	if err := os.CopyFS(o.path("thief/site"), os.DirFS(o.path("site"))); err != nil {
		t.Fatal(err)
	}
	for name, data := range snapshot(t, o.path("keys")) {
		put(t, o.path("thief/keys/"+name), data)
	}
	o.run("rotate", o.path("site"), o.path("keys"), "site", "--passphrase-fd", "0")
	o.stick("stick")
	last, err := o.check(id, "stick", next.Trusted())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(o.path("evil"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		o.run("stick", o.path("thief/site"), o.path("thief/keys"), o.path("evil"), "--passphrase-fd", "0")
	}
	refused(t, trust.Rollback)(o.check(id, "evil", last.Trusted()))
	if _, err := o.check(id, "evil", next.Trusted()); err != nil {
		t.Errorf("the control, a kiosk that has not seen the new root: %v", err)
	}
}

func refused(t *testing.T, want trust.Code) func(*trust.Verified, error) {
	return func(_ *trust.Verified, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), string(want)) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// What will be over soon is told three months before, and the site's keys six.
func TestCheckWarns(t *testing.T) {
	o := newSiteOffice(t)
	site := strings.Replace(string(o.read("site/site.toml")), `# ca = `, `ca = `, 1)
	o.write("site/site.toml", site)
	put(t, o.path("site/network/ca.pem"), certificate(t, o.now.AddDate(1, 0, 0)))
	if said := o.run("check", o.path("site")); strings.Contains(said, "Autorité de la ville") || strings.Contains(said, "rotate") {
		t.Errorf("too early:\n%s", said)
	}
	o.now = o.now.AddDate(0, 10, 0)
	if said := o.run("check", o.path("site")); !strings.Contains(said, "Le certificat « Autorité de la ville » ne compte que jusqu’au 22 novembre 2027.") {
		t.Errorf("too late:\n%s", said)
	}
	o.now = o.now.AddDate(3, 9, 0)
	if said := o.run("check", o.path("site"), "--lang", "en"); !strings.Contains(said, "To be done before 22 November 2031: kioskctl site rotate SITE KEYS dates") {
		t.Errorf("nothing of the keys:\n%s", said)
	}
	o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	o.now = o.now.AddDate(1, 0, 0)
	if code := o.try("stick", o.path("site"), o.path("keys"), o.path("stick"), "--passphrase-fd", "0"); code != exitFailed ||
		!strings.Contains(o.say.String(), "the site's keys are over since 2031-11-22: kioskctl site rotate SITE KEYS dates") {
		t.Errorf("exit code %d\n%s", code, o.say.String())
	}
	o.run("rotate", o.path("site"), o.path("keys"), "dates", "--passphrase-fd", "0")
	o.stick("stick")
}

func certificate(t *testing.T, until time.Time) []byte {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Autorité de la ville"}, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// A stick that is pulled while it is written is refused or whole, at any file.
func TestStickCutOff(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	o.stick("stick")
	before := snapshot(t, o.path("stick"))
	o.write("site/site.toml", strings.Replace(string(o.read("site/site.toml")), `# idle = "3m"`, `idle = "2m"`, 1))
	o.stick("stick")
	after := snapshot(t, o.path("stick"))
	v, err := o.check(id, "stick", trust.Trusted{})
	if err != nil || v.Version != 2 {
		t.Fatal(v, err)
	}
	// timestamp.json is removed first and written last: without it nothing is
	// taken, whatever else has arrived.
	mixed := 0
	for name, data := range after {
		if bytes.Equal(before[name], data) || strings.HasSuffix(name, "timestamp.json") {
			continue
		}
		mixed++
		dir := o.path("cut")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for n, d := range before {
			if !strings.HasSuffix(n, "timestamp.json") {
				put(t, filepath.Join(dir, n), d)
			}
		}
		put(t, filepath.Join(dir, name), data)
		refused(t, trust.Missing)(o.check(id, "cut", trust.Trusted{}))
	}
	if mixed < 3 {
		t.Errorf("only %d files differ", mixed)
	}
}

func snapshot(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever changes on however many kiosks, it is told on one screen of 80 by 40.
func TestOneScreen(t *testing.T) {
	o := newSiteOffice(t)
	for i := range 30 {
		o.box(fmt.Sprintf("box%d", i), "stick")
	}
	o.run("enrol", o.path("site"), o.path("stick"))
	screen := func(said string) {
		t.Helper()
		lines := strings.Split(strings.ReplaceAll(said, o.dir, "/media"), "\n")
		for _, l := range lines {
			if utf8.RuneCountInString(l) > 80 {
				t.Errorf("longer than 80: %q", l)
			}
		}
		if len(lines) > 40 {
			t.Errorf("%d lines:\n%s", len(lines), said)
		}
	}
	screen(o.stick("stick"))
	file := "site/kiosks/borne-7.toml"
	o.write(file, strings.Replace(string(o.read(file)), `place = "?"`, `place = "Salle des mariages"`, 1))
	o.write("site/site.toml", strings.Replace(string(o.read("site/site.toml")), `# idle = "3m"`, `idle = "2m"`, 1))
	said := o.stick("stick")
	screen(said)
	for _, want := range []string{"borne-7, Salle des mariages", "? → Salle des mariages", "et 21 autres bornes", "3 min → 2 min"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing:\n%s", want, said)
		}
	}
}
