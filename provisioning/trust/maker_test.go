package trust_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"

	"guichet.example/provisioning"
	"guichet.example/provisioning/trust"
)

const recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"

// Days of the tests. The kiosk's program was built on the first.
var (
	built = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	today = built.AddDate(0, 1, 0)
)

type doc = map[string]any

// role is who signs what, and how.
type role struct {
	keys, sigs []int // numbers of keys: that count, and that sign
	threshold  int
	version    int
	expires    time.Time
}

// maker makes repositories, good ones and all others. It knows the
// specification and neither go-tuf nor package repository.
type maker struct {
	t       testing.TB
	roles   map[string]*role
	files   fstest.MapFS
	targets map[string]string            // of the site, by logical name
	packs   map[string]map[string]string // of others
	paths   map[string][]string          // that a pack's author may sign, where not the pack's folder
	made    time.Time
	twist   map[string]func(doc) // changes what a role says before it is signed
	known   doc                  // what the snapshot lists
}

var four = []string{"root", "timestamp", "snapshot", "targets"}

func newMaker(t testing.TB) *maker {
	m := &maker{
		t: t, roles: map[string]*role{}, files: fstest.MapFS{}, packs: map[string]map[string]string{}, paths: map[string][]string{},
		made: today, twist: map[string]func(doc){}, known: doc{},
	}
	for i, name := range four {
		m.roles[name] = &role{keys: []int{i}, sigs: []int{i}, threshold: 1, expires: today.AddDate(0, 2, 0)}
	}
	m.roles["root"].expires = today.AddDate(5, 0, 0)
	m.targets = kioskFiles(t, "")
	m.publish("root", "targets", "snapshot", "timestamp")
	return m
}

func kioskID() provisioning.KioskID { return provisioning.KioskIDOf(recipient) }

// kioskFiles are the targets of one kiosk, with more lines in the site.
func kioskFiles(t testing.TB, more string) map[string]string {
	t.Helper()
	site, err := provisioning.ParseSite("site.toml", append(provisioning.NewSiteFile("Mairie"), more...))
	if err != nil {
		t.Fatal(err)
	}
	e := provisioning.NewEnrolment(recipient, "1", "Pi", "0.5.0")
	k, err := provisioning.ParseKiosk("k", provisioning.NewKioskFile(e, "accueil", "Accueil"))
	if err != nil {
		t.Fatal(err)
	}
	s, m, err := site.For(k)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		provisioning.KioskTarget(e.Kiosk, "site.toml"): string(s), provisioning.KioskTarget(e.Kiosk, "machine.toml"): string(m),
		provisioning.KioskTarget("k-aaaaaaaaaaaaaaaa", "site.toml"): "of another kiosk", "logo.png": "logo",
	}
}

// withPack makes the kiosk want the pack "nord".
func (m *maker) withPack() {
	site := kioskFiles(m.t, "")
	own := provisioning.KioskTarget(kioskID(), "site.toml")
	m.targets[own] = strings.Replace(site[own], "directories = []", `directories = ["/var/lib/guichet/site/current/packs/nord"]`, 1)
	if m.targets[own] == site[own] {
		m.t.Fatal("the pack was not asked for")
	}
}

// withAuthor puts it into the hands of somebody else.
func (m *maker) withAuthor() {
	m.withPack()
	m.roles["pack-nord"] = &role{keys: []int{9}, sigs: []int{9}, threshold: 1, expires: today.AddDate(0, 2, 0)}
	m.packs["nord"] = map[string]string{"packs/nord/pack.toml": "pack", "packs/nord/caf/fr.md": "texte"}
	m.publish("pack-nord", "targets", "snapshot", "timestamp")
}

func key(n int) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte{byte(n)})
	return ed25519.NewKeyFromSeed(seed[:])
}

func keyDoc(n int) (string, doc) {
	k := doc{"keytype": "ed25519", "scheme": "ed25519", "keyval": doc{"public": hex.EncodeToString(key(n).Public().(ed25519.PublicKey))}}
	text, _ := cjson.EncodeCanonical(k)
	id := sha256.Sum256(text)
	return hex.EncodeToString(id[:]), k
}

// publish writes the next version of roles.
func (m *maker) publish(roles ...string) {
	for _, name := range roles {
		m.roles[name].version++
		m.write(name)
	}
}

// write writes roles as they are.
func (m *maker) write(roles ...string) {
	for _, name := range roles {
		r := m.roles[name]
		signed := doc{"_type": name, "spec_version": "1.0.31", "version": r.version, "expires": r.expires.Format(time.RFC3339)}
		file := fmt.Sprintf("%d.%s.json", r.version, name)
		switch name {
		case "root":
			m.rootDoc(signed)
		case "timestamp":
			file = "timestamp.json"
			signed["meta"] = doc{"snapshot.json": m.meta("snapshot")}
			signed["x-guichet-made"] = m.made.Format(time.RFC3339)
		case "snapshot":
			for other := range m.roles {
				if other == "targets" || strings.HasPrefix(other, "pack-") {
					m.known[other+".json"] = m.meta(other)
				}
			}
			signed["meta"] = maps.Clone(m.known)
		case "targets":
			m.targetsDoc(signed, m.targets)
			m.delegations(signed)
		default:
			signed["_type"] = "targets"
			m.targetsDoc(signed, m.packs[strings.TrimPrefix(name, "pack-")])
		}
		if twist := m.twist[name]; twist != nil {
			twist(signed)
		}
		m.files["metadata/"+file] = &fstest.MapFile{Data: signDoc(m.t, signed, r.sigs...)}
	}
}

func signDoc(t testing.TB, signed doc, keys ...int) []byte {
	t.Helper()
	text, err := cjson.EncodeCanonical(signed)
	if err != nil {
		t.Fatal(err)
	}
	sigs := []doc{}
	for _, n := range keys {
		id, _ := keyDoc(n)
		sigs = append(sigs, doc{"keyid": id, "sig": hex.EncodeToString(ed25519.Sign(key(n), text))})
	}
	data, err := json.Marshal(doc{"signed": signed, "signatures": sigs})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (m *maker) rootDoc(signed doc) {
	keys, roles := doc{}, doc{}
	for _, name := range four {
		roles[name] = roleDoc(m.roles[name], keys)
	}
	signed["keys"], signed["roles"], signed["consistent_snapshot"] = keys, roles, true
}

func roleDoc(r *role, keys doc) doc {
	ids := []string{}
	for _, n := range r.keys {
		id, k := keyDoc(n)
		keys[id] = k
		ids = append(ids, id)
	}
	return doc{"keyids": ids, "threshold": r.threshold}
}

func (m *maker) meta(name string) doc {
	r := m.roles[name]
	data := m.files[fmt.Sprintf("metadata/%d.%s.json", r.version, name)].Data
	return doc{"version": r.version, "length": len(data), "hashes": doc{"sha256": sum(string(data))}}
}

func sum(data string) string {
	h := sha256.Sum256([]byte(data))
	return hex.EncodeToString(h[:])
}

// targetsDoc lists targets, and puts the files beside.
func (m *maker) targetsDoc(signed doc, targets map[string]string) {
	list := doc{}
	for name, data := range targets {
		list[name] = doc{"length": len(data), "hashes": doc{"sha256": sum(data)}}
		m.files[stored(name, data)] = &fstest.MapFile{Data: []byte(data)}
	}
	signed["targets"] = list
}

// stored is where a target lies on the stick.
func stored(name, data string) string {
	return path.Join("targets", path.Dir(name), sum(data)+"."+path.Base(name))
}

func (m *maker) delegations(signed doc) {
	if len(m.packs) == 0 {
		return
	}
	keys, roles := doc{}, []doc{}
	for _, pack := range slices.Sorted(maps.Keys(m.packs)) {
		r := roleDoc(m.roles["pack-"+pack], keys)
		r["name"], r["terminating"] = "pack-"+pack, true
		r["paths"] = []string{"packs/" + pack + "/*", "packs/" + pack + "/*/*"}
		if p := m.paths[pack]; p != nil {
			r["paths"] = p
		}
		roles = append(roles, r)
	}
	signed["delegations"] = doc{"keys": keys, "roles": roles}
}

// stick returns a copy that later publications do not change.
func (m *maker) stick() fstest.MapFS { return maps.Clone(m.files) }

// kiosk is one that remembers.
type kiosk struct {
	t       testing.TB
	id      provisioning.KioskID
	trusted trust.Trusted
	clock   time.Time
}

func newKiosk(t testing.TB) *kiosk { return &kiosk{t: t, id: kioskID(), clock: today} }

func (k *kiosk) check(stick fs.FS) (*trust.Verified, error) {
	return trust.Check(k.t.Context(), trust.Request{
		Repository: stick, Kiosk: k.id, Trusted: k.trusted, Built: built, Clock: k.clock,
	})
}

// accept takes a stick and remembers it, through files as a kiosk does.
func (k *kiosk) accept(stick fs.FS) *trust.Verified {
	k.t.Helper()
	v, err := k.check(stick)
	if err != nil {
		k.t.Fatalf("a good stick: %v", err)
	}
	if k.trusted, err = trust.TrustedFrom(v.Trusted().Files()); err != nil {
		k.t.Fatal(err)
	}
	return v
}

// refuse wants a refusal with this code.
func (k *kiosk) refuse(stick fs.FS, want trust.Code) {
	k.t.Helper()
	_, err := k.check(stick)
	var refusal *trust.Refusal
	if !errors.As(err, &refusal) || refusal.Code != want {
		k.t.Errorf("got %v, want %s", err, want)
	}
}
