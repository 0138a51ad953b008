package trust_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"guichet.example/provisioning"
	"guichet.example/provisioning/trust"
)

func TestGoodStick(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	first := m.stick()
	v := k.accept(first)
	if len(v.Files) != 3 || v.Version != 1 || !v.Made.Equal(today) || v.Site != trust.SiteID(first["metadata/1.root.json"].Data) || v.Site != k.trusted.Site() {
		t.Errorf("%+v", v)
	}
	if data, err := v.Read(t.Context(), "logo.png"); err != nil || string(data) != "logo" {
		t.Errorf("%q, %v", data, err)
	}
	if r, err := v.Release(t.Context()); err != nil || r.Config.ID != "accueil" || r.Machine.Place != "Accueil" {
		t.Errorf("%+v, %v", r, err)
	}
	again := k.accept(first) // the same stick, once more
	m.targets["logo.png"] = "new logo"
	m.publish("targets", "snapshot", "timestamp")
	if v := k.accept(m.stick()); v.Version != 2 {
		t.Errorf("version %d", v.Version)
	}
	// What was checked is checked again when it is read.
	first[stored("logo.png", "logo")] = &fstest.MapFile{Data: []byte("l0go")}
	var refusal *trust.Refusal
	if _, err := again.Read(t.Context(), "logo.png"); !errors.As(err, &refusal) || refusal.Code != trust.Target {
		t.Errorf("changed after the check: %v", err)
	}
	if _, err := again.Read(t.Context(), "none"); !errors.As(err, &refusal) || refusal.Code != trust.Missing {
		t.Errorf("a file that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trust.Check(ctx, trust.Request{Repository: first, Kiosk: k.id}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// Each way to attack a stick has its own code. The kiosk has accepted stick 2.
func TestRefusals(t *testing.T) {
	file := func(s fstest.MapFS, name, data string) { s[name] = &fstest.MapFile{Data: []byte(data)} }
	for _, c := range []struct {
		name string
		want trust.Code
		make func(*maker, *kiosk, fstest.MapFS) fstest.MapFS // the last is stick 1
	}{
		{"rollback: yesterday's stick", trust.Rollback, func(_ *maker, _ *kiosk, one fstest.MapFS) fstest.MapFS { return one }},
		{"rollback: an old timestamp on the newest stick", trust.Rollback, func(m *maker, _ *kiosk, one fstest.MapFS) fstest.MapFS {
			s := m.stick()
			s["metadata/timestamp.json"] = one["metadata/timestamp.json"]
			return s
		}},
		{"freeze: a stick whose time is over", trust.Freeze, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.clock = today.AddDate(0, 3, 0)
			return m.stick()
		}},
		{"expired: root", trust.Expired, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.clock = today.AddDate(6, 0, 0)
			return m.stick()
		}},
		{"mix-and-match: a snapshot of another stick", trust.Mix, func(m *maker, _ *kiosk, one fstest.MapFS) fstest.MapFS {
			s := m.stick()
			s["metadata/2.snapshot.json"] = one["metadata/1.snapshot.json"]
			return s
		}},
		{"mix-and-match: targets of another stick", trust.Mix, func(m *maker, _ *kiosk, one fstest.MapFS) fstest.MapFS {
			s := m.stick()
			s["metadata/2.targets.json"] = one["metadata/1.targets.json"]
			return s
		}},
		{"mix-and-match: one version, two contents", trust.Mix, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.made = m.made.Add(time.Hour)
			m.write("timestamp")
			return m.stick()
		}},
		{"fast-forward: a version far ahead", trust.Forward, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["timestamp"].version += 10_000
			m.publish("timestamp")
			return m.stick()
		}},
		{"fast-forward: the largest version there is", trust.Form, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["timestamp"].version = math.MaxInt64
			m.write("timestamp")
			return m.stick()
		}},
		{"fast-forward: made in ten years", trust.Forward, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.made = today.AddDate(10, 0, 0)
			m.roles["timestamp"].expires = m.made.AddDate(1, 0, 0)
			m.publish("timestamp")
			return m.stick()
		}},
		{"wrong kiosk", trust.WrongKiosk, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.id = "k-bbbbbbbbbbbbbbbb"
			return m.stick()
		}},
		{"wrong kiosk: files under another's name", trust.WrongKiosk, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.id = "k-bbbbbbbbbbbbbbbb"
			for _, f := range []string{"site.toml", "machine.toml"} {
				m.targets[provisioning.KioskTarget(k.id, f)] = m.targets[provisioning.KioskTarget(kioskID(), f)]
			}
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"wrong site", trust.WrongSite, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["root"].keys, m.roles["root"].sigs = []int{50}, []int{50}
			m.write("root")
			return m.stick()
		}},
		{"damaged: our own first root, and no other site's", trust.Unsigned, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			stick := m.stick()
			data := bytes.Clone(stick["metadata/1.root.json"].Data)
			at := bytes.Index(data, []byte(`"expires":"2`)) + len(`"expires":"202`)
			data[at] ^= 1
			stick["metadata/1.root.json"] = &fstest.MapFile{Data: data}
			return stick
		}},
		{"damaged: our own first root, cut off", trust.Form, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			stick := m.stick()
			stick["metadata/1.root.json"] = &fstest.MapFile{Data: stick["metadata/1.root.json"].Data[:200]}
			return stick
		}},
		{"unsigned: no signature", trust.Unsigned, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["timestamp"].sigs = nil
			m.publish("timestamp")
			return m.stick()
		}},
		{"unsigned: somebody else's signature", trust.Unsigned, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["timestamp"].sigs = []int{50}
			m.publish("timestamp")
			return m.stick()
		}},
		{"unsigned: another's root behind ours", trust.Unsigned, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["root"].keys, m.roles["root"].sigs = []int{50}, []int{50}
			m.publish("root")
			return m.stick()
		}},
		{"threshold: one of two for targets", trust.Threshold, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["targets"].keys, m.roles["targets"].threshold = []int{3, 51}, 2
			m.publish("root", "targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"threshold: one of two for root", trust.Threshold, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.roles["root"].keys, m.roles["root"].threshold = []int{0, 51}, 2
			m.publish("root")
			return m.stick()
		}},
		{"target: one byte changed", trust.Target, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			file(s, stored("logo.png", "new logo"), "new l0go")
			return s
		}},
		{"target: longer", trust.Target, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			file(s, stored("logo.png", "new logo"), "new logo and more")
			return s
		}},
		{"target: shorter", trust.Target, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			file(s, stored("logo.png", "new logo"), "new")
			return s
		}},
		{"target: not there", trust.Missing, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			delete(s, stored("logo.png", "new logo"))
			return s
		}},
		{"target: a folder in its place", trust.Read, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			delete(s, stored("logo.png", "new logo"))
			file(s, stored("logo.png", "new logo")+"/x", "")
			return s
		}},
		{"target: of a name that no kiosk knows", trust.Form, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.targets["../etc/passwd"] = "x"
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"size: a timestamp that is too long", trust.Size, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			file(s, "metadata/timestamp.json", strings.Repeat(" ", provisioning.MaxTimestamp+1))
			return s
		}},
		{"size: a target that is too long", trust.Size, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.targets["logo.png"] = strings.Repeat("x", provisioning.MaxTarget+1)
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"size: lengths that add up to more than there is", trust.Size, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.twist["targets"] = func(d doc) {
				for i := range 40 {
					d["targets"].(doc)[fmt.Sprintf("packs/p/f%d", i)] = doc{"length": 16 << 20, "hashes": doc{"sha256": sum("")}}
				}
			}
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"endless: more targets than there may be", trust.Endless, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.twist["targets"] = func(d doc) {
				for i := range provisioning.MaxFiles {
					d["targets"].(doc)[fmt.Sprintf("packs/p/f%d", i)] = doc{"length": 0, "hashes": doc{"sha256": sum("")}}
				}
			}
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"none: a stick of photographs", trust.None, func(*maker, *kiosk, fstest.MapFS) fstest.MapFS {
			return fstest.MapFS{"photo.jpg": {}}
		}},
		{"missing: no timestamp", trust.Missing, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			delete(s, "metadata/timestamp.json")
			return s
		}},
		{"form: not JSON", trust.Form, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			s := m.stick()
			file(s, "metadata/timestamp.json", "{")
			return s
		}},
		{"content: a site.toml of a later kioskd", trust.Content, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.targets[provisioning.KioskTarget(k.id, "site.toml")] = "format = 2\n"
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"content: no machine.toml", trust.Content, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			delete(m.targets, provisioning.KioskTarget(k.id, "machine.toml"))
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"content: a logo that nobody signed", trust.Content, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			machine := provisioning.KioskTarget(kioskID(), "machine.toml")
			m.targets[machine] = strings.Replace(m.targets[machine], "place = ", "logo = \"logo.png\"\nplace = ", 1)
			delete(m.targets, "logo.png")
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"content: a pack that nobody signed", trust.Content, func(m *maker, _ *kiosk, _ fstest.MapFS) fstest.MapFS {
			m.withPack()
			m.publish("targets", "snapshot", "timestamp")
			return m.stick()
		}},
		{"state: what the kiosk remembers is damaged", trust.State, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.trusted.Root = k.trusted.Root[:100]
			return m.stick()
		}},
		{"state: another timestamp in its place", trust.State, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.trusted.Timestamp = k.trusted.Snapshot
			return m.stick()
		}},
		{"state: another snapshot in its place", trust.State, func(m *maker, k *kiosk, _ fstest.MapFS) fstest.MapFS {
			k.trusted.Snapshot = k.trusted.Timestamp
			return m.stick()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, k := newMaker(t), newKiosk(t)
			one := m.stick()
			m.targets["logo.png"] = "new logo"
			m.publish("targets", "snapshot", "timestamp")
			k.accept(one)
			k.accept(m.stick()) // the control: without the attack it is good
			k.refuse(c.make(m, k, one), c.want)
		})
	}
}

// A kiosk without a site takes the first site that comes, but no broken one.
func TestFirstStick(t *testing.T) {
	m := newMaker(t)
	m.roles["root"].sigs = []int{50}
	m.write("root")
	newKiosk(t).refuse(m.stick(), trust.Unsigned)
	m.roles["root"].keys, m.roles["root"].threshold = []int{50, 51}, 2
	m.write("root")
	newKiosk(t).refuse(m.stick(), trust.Threshold)
}

// A file that never ends is read to its limit and no further.
func TestEndlessFile(t *testing.T) {
	m := newMaker(t)
	e := &endless{FS: m.stick()}
	newKiosk(t).refuse(e, trust.Size)
	if e.read > provisioning.MaxRoot+1<<20 {
		t.Errorf("%d bytes read", e.read)
	}
}

type endless struct {
	fs.FS
	read int
}

type endlessFile struct {
	fs.File
	e *endless
}

func (e *endless) Open(name string) (fs.File, error) {
	f, err := e.FS.Open(name)
	return endlessFile{f, e}, err
}

func (f endlessFile) Read(p []byte) (int, error) {
	f.e.read += len(p)
	return len(p), nil
}

// Roots without end, each signed as it should be by a thief of the key.
func TestEndlessRoots(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	k.accept(m.stick())
	for range provisioning.MaxRoots {
		m.publish("root")
	}
	k.accept(m.stick())
	for range provisioning.MaxRoots + 1 {
		m.publish("root")
	}
	k.refuse(m.stick(), trust.Endless)
}

// What go-tuf takes and then cannot hold.
func TestMetadataThatBreaksGoTUF(t *testing.T) {
	id, _ := keyDoc(1)
	for name, c := range map[string]struct {
		role  string
		twist func(doc)
	}{
		"a key that is null":        {"root", func(d doc) { d["keys"].(doc)[id] = nil }},
		"a key of one byte":         {"root", func(d doc) { d["keys"].(doc)[id].(doc)["keyval"] = doc{"public": "00"} }},
		"an RSA key":                {"root", func(d doc) { d["keys"].(doc)[id].(doc)["keytype"] = "rsa" }},
		"a role that is null":       {"root", func(d doc) { d["roles"].(doc)["timestamp"] = nil }},
		"no roles":                  {"root", func(d doc) { d["roles"] = nil }},
		"a threshold of none":       {"root", func(d doc) { d["roles"].(doc)["timestamp"].(doc)["threshold"] = 0 }},
		"no consistent snapshots":   {"root", func(d doc) { d["consistent_snapshot"] = false }},
		"a snapshot that is null":   {"timestamp", func(d doc) { d["meta"] = doc{"snapshot.json": nil} }},
		"no snapshot":               {"timestamp", func(d doc) { d["meta"] = doc{} }},
		"a length below none":       {"timestamp", func(d doc) { d["meta"].(doc)["snapshot.json"].(doc)["length"] = -1 }},
		"a length that is too long": {"timestamp", func(d doc) { d["meta"].(doc)["snapshot.json"].(doc)["length"] = 1 << 40 }},
		"no date":                   {"timestamp", func(d doc) { delete(d, "x-guichet-made") }},
		"targets that are null":     {"snapshot", func(d doc) { d["meta"].(doc)["targets.json"] = nil }},
		"a target that is null":     {"targets", func(d doc) { d["targets"].(doc)["logo.png"] = nil }},
		"a target without hash":     {"targets", func(d doc) { d["targets"].(doc)["logo.png"].(doc)["hashes"] = doc{} }},
		"roles by hash bins": {"targets", func(d doc) {
			d["delegations"] = doc{"keys": doc{}, "succinct_roles": doc{"keyids": []string{id}, "threshold": 1, "bit_length": 64, "name_prefix": "p"}}
		}},
		"an unknown hash": {"targets", func(d doc) { d["targets"].(doc)["logo.png"].(doc)["hashes"] = doc{"md5": "00"} }},
	} {
		t.Run(name, func(t *testing.T) {
			m, k := newMaker(t), newKiosk(t)
			k.accept(m.stick())
			m.twist[c.role] = c.twist
			m.publish("root", "targets", "snapshot", "timestamp")
			k.refuse(m.stick(), trust.Form)
			first := newMaker(t) // and as the first thing a kiosk ever sees
			first.twist[c.role] = c.twist
			first.write("root", "targets", "snapshot", "timestamp")
			newKiosk(t).refuse(first.stick(), trust.Form)
		})
	}
}

// Every code has a sentence of its own in both languages, short enough to be
// read from a screen, and none names a date where it stands.
func TestSentences(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		seen := map[string]bool{}
		for _, c := range trust.Codes() {
			text := (&trust.Refusal{Code: c, Time: today}).In(lang)
			if text == "" || seen[text] || strings.ContainsAny(text, "{}") || utf8.RuneCountInString(text) > 200 || !strings.HasSuffix(text, ".") {
				t.Errorf("%s in %s: %q", c, lang, text)
			}
			seen[text] = true
		}
	}
	if text := (&trust.Refusal{Code: trust.Freeze, Time: today}).In("fr"); !strings.Contains(text, "22/12/2026") {
		t.Error(text)
	}
}

// What a kiosk remembers is all there or the kiosk says so; it never begins
// anew by itself.
func TestTrustedIsWhole(t *testing.T) {
	if got, err := trust.TrustedFrom(nil); err != nil || !got.Empty() || got.Site() != "" {
		t.Errorf("no files: %+v, %v", got, err)
	}
	k := newKiosk(t)
	v := k.accept(newMaker(t).stick())
	for name := range v.Trusted().Files() {
		files := v.Trusted().Files()
		delete(files, name)
		var refusal *trust.Refusal
		if _, err := trust.TrustedFrom(files); !errors.As(err, &refusal) || refusal.Code != trust.State {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
