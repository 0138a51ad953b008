package repository_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/repository"
	"guichet.example/provisioning/trust"
)

var today = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func key(n byte) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte{n})
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(n byte) ed25519.PublicKey { return key(n).Public().(ed25519.PublicKey) }

// site is an administrator's, as small as it can be.
type site struct {
	t       *testing.T
	set     repository.Set
	files   map[string][]byte
	authors []repository.Author
	more    map[string][]byte // of authors
	signer  byte
}

const recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"

func newSite(t *testing.T) *site {
	s := &site{t: t, set: repository.Set{}, files: map[string][]byte{}, signer: 3, more: map[string][]byte{}}
	s.root(roots(), 1)
	text := strings.Replace(string(provisioning.NewSiteFile("Mairie")), `# own = ["valbourg"]`, `own = ["valbourg"]`, 1)
	config, err := provisioning.ParseSite("site.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	e := provisioning.NewEnrolment(recipient, "1", "Pi", "0.5.0")
	k, err := provisioning.ParseKiosk("k", provisioning.NewKioskFile(e, "accueil", "Accueil"))
	if err != nil {
		t.Fatal(err)
	}
	siteToml, machine, err := config.For(k)
	if err != nil {
		t.Fatal(err)
	}
	s.files[provisioning.KioskTarget(e.Kiosk, "site.toml")] = siteToml
	s.files[provisioning.KioskTarget(e.Kiosk, "machine.toml")] = machine
	s.files["packs/valbourg/pack.toml"] = []byte("pack")
	return s
}

func roots() repository.Roots {
	return repository.Roots{Root: []ed25519.PublicKey{public(1), public(2)}, Threshold: 1, Site: public(3), Expires: today.AddDate(5, 0, 0)}
}

func (s *site) root(r repository.Roots, signers ...byte) {
	s.t.Helper()
	var keys []ed25519.PrivateKey
	for _, n := range signers {
		keys = append(keys, key(n))
	}
	if err := s.set.AddRoot(r, keys...); err != nil {
		s.t.Fatal(err)
	}
}

// publish returns the stick.
func (s *site) publish() fstest.MapFS {
	s.t.Helper()
	targets, stick := map[string]repository.Target{}, fstest.MapFS{}
	for name, data := range s.files {
		targets[name] = repository.TargetOf(data)
	}
	for _, files := range []map[string][]byte{s.files, s.more} {
		for name, data := range files {
			stick["targets/"+provisioning.StoredTarget(name, sha256.Sum256(data))] = &fstest.MapFile{Data: data}
		}
	}
	p := repository.Publication{Targets: targets, Authors: s.authors, Made: today, Expires: today.AddDate(0, 2, 0)}
	if err := s.set.Publish(p, key(s.signer)); err != nil {
		s.t.Fatal(err)
	}
	for name, data := range s.set {
		stick["metadata/"+name] = &fstest.MapFile{Data: data}
	}
	return stick
}

type kiosk struct{ trusted trust.Trusted }

func (k *kiosk) check(t *testing.T, stick fstest.MapFS) (*trust.Verified, error) {
	v, err := trust.Check(t.Context(), trust.Request{Repository: stick, Kiosk: provisioning.KioskIDOf(recipient), Trusted: k.trusted, Clock: today})
	if err == nil {
		k.trusted = v.Trusted()
	}
	return v, err
}

func code(err error) trust.Code {
	var r *trust.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

// What is made here, a kiosk takes; through changes of both keys, and with a
// pack of somebody else.
func TestSticksAreAccepted(t *testing.T) {
	s, k := newSite(t), &kiosk{}
	accept := func(stick fstest.MapFS, version int64) {
		t.Helper()
		v, err := k.check(t, stick)
		if err != nil || v.Version != version || !v.Made.Equal(today) || v.Files["packs/valbourg/pack.toml"].Length == 0 {
			t.Fatalf("%+v, %v", v, err)
		}
	}
	old := s.publish()
	accept(old, 1)
	accept(s.publish(), 2)
	if _, err := k.check(t, old); code(err) != trust.Rollback {
		t.Errorf("an old stick: %v", err)
	}
	// The site's key is lost: the root key names another.
	r := roots()
	r.Site = public(4)
	s.root(r, 2)
	s.signer = 4
	accept(s.publish(), 3)
	// A root key is lost: the other one names a new one.
	r.Root = []ed25519.PublicKey{public(2), public(5)}
	s.root(r, 2)
	accept(s.publish(), 4)
	// The pack goes to an author.
	delete(s.files, "packs/valbourg/pack.toml")
	s.more["packs/valbourg/pack.toml"] = []byte("the author's")
	sign := func(version int64) {
		t.Helper()
		data, err := repository.SignPack("valbourg", version, map[string]repository.Target{
			"packs/valbourg/pack.toml": repository.TargetOf(s.more["packs/valbourg/pack.toml"])}, today.AddDate(1, 0, 0), key(9))
		if err != nil {
			t.Fatal(err)
		}
		s.authors = []repository.Author{{Pack: "valbourg", Key: public(9), Metadata: data}}
	}
	sign(7)
	accept(s.publish(), 5)
	s.more["packs/valbourg/pack.toml"] = []byte("the author's, once more")
	sign(8)
	accept(s.publish(), 6)
	// And back to the site: what was listed once stays listed.
	s.authors, s.more = nil, nil
	s.files["packs/valbourg/pack.toml"] = []byte("the site's")
	accept(s.publish(), 7)
	if v, err := s.set.Version(); err != nil || v != 7 || s.set.RootVersion() != 3 {
		t.Errorf("version %d, root %d, %v", v, s.set.RootVersion(), err)
	}
}

// Whoever signs with the wrong key hears of it, and the set stays as it was.
func TestWrongKeys(t *testing.T) {
	s := newSite(t)
	s.publish()
	before := fmt.Sprint(s.set)
	p := repository.Publication{Made: today, Expires: today.AddDate(0, 1, 0)}
	for name, err := range map[string]error{
		"another's key for a stick":          s.set.Publish(p, key(8)),
		"the root key for a stick":           s.set.Publish(p, key(1)),
		"another's key for root":             s.set.AddRoot(roots(), key(8)),
		"no key for root":                    s.set.AddRoot(roots()),
		"a new root without the old one":     s.set.AddRoot(repository.Roots{Root: []ed25519.PublicKey{public(8)}, Threshold: 1, Site: public(3), Expires: today}, key(8)),
		"a threshold that nobody can reach":  s.set.AddRoot(repository.Roots{Root: []ed25519.PublicKey{public(1)}, Threshold: 2, Site: public(3), Expires: today}, key(1)),
		"a stick before there is a root":     repository.Set{}.Publish(p, key(3)),
		"a name that no kiosk knows":         s.set.Publish(repository.Publication{Targets: map[string]repository.Target{"README": {}}}, key(3)),
		"a file that is too long":            s.set.Publish(repository.Publication{Targets: map[string]repository.Target{"logo.png": {Length: provisioning.MaxTarget + 1}}}, key(3)),
		"an author's signature that is none": s.set.Publish(repository.Publication{Authors: []repository.Author{{Pack: "p", Key: public(9), Metadata: []byte("{}")}}}, key(3)),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if fmt.Sprint(s.set) != before {
		t.Error("an error has changed the set")
	}
}

func TestPackSignatures(t *testing.T) {
	files := map[string]repository.Target{"packs/nord/pack.toml": repository.TargetOf([]byte("x"))}
	data, err := repository.SignPack("nord", 1, files, today, key(9))
	if err != nil {
		t.Fatal(err)
	}
	got, expires, err := repository.PackFiles("nord", data, public(9))
	if err != nil || len(got) != 1 || got["packs/nord/pack.toml"] != files["packs/nord/pack.toml"] || !expires.Equal(today) {
		t.Errorf("%v, %v, %v", got, expires, err)
	}
	if _, _, err := repository.PackFiles("nord", data, public(8)); err == nil {
		t.Error("another's key fits")
	}
	if _, _, err := repository.PackFiles("nord", bytes.Replace(data, []byte(`"version":1`), []byte(`"version":2`), 1), public(9)); err == nil {
		t.Error("a changed signature fits")
	}
	for _, bad := range []string{`{"signed":{"_type":"targets","targets":{"packs/nord/x":null}}}`, "{", ""} {
		if _, _, err := repository.PackFiles("nord", []byte(bad), public(9)); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	if _, err := repository.SignPack("sud", 1, files, today, key(9)); err == nil {
		t.Error("signs another's folder")
	}
}

// The largest site there may be fits the limits that kiosks hold to.
func TestLargestSite(t *testing.T) {
	s := newSite(t)
	for i := range provisioning.MaxKiosks {
		id := provisioning.KioskIDOf(fmt.Sprint(i))
		for _, file := range []string{provisioning.SiteFile, provisioning.MachineFile, provisioning.SecretsFile} {
			s.files[provisioning.KioskTarget(id, file)] = []byte(file)
		}
	}
	for i := range 3 * 100 {
		s.files[fmt.Sprintf("packs/valbourg/the-name-of-a-procedure-%d/procedure.toml", i)] = []byte("x")
	}
	stick := s.publish()
	if n := len(stick["metadata/1.targets.json"].Data); n > provisioning.MaxTargets {
		t.Errorf("%d bytes", n)
	}
	if _, err := (&kiosk{}).check(t, stick); err != nil {
		t.Error(err)
	}
}
