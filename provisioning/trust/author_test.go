package trust_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"guichet.example/provisioning"
	"guichet.example/provisioning/trust"
)

// A pack can be signed by somebody else, who gets that folder and no more.
func TestAuthors(t *testing.T) {
	for _, c := range []struct {
		name string
		want trust.Code // "" where it is accepted
		make func(*maker)
	}{
		{"a good pack", "", func(*maker) {}},
		{"not signed", trust.Author, func(m *maker) { m.roles["pack-nord"].sigs = nil }},
		{"signed by the site's key", trust.Author, func(m *maker) { m.roles["pack-nord"].sigs = []int{3} }},
		{"over", trust.Expired, func(m *maker) { m.roles["pack-nord"].expires = built.AddDate(0, 0, 1) }},
		{"over, and not wanted here", "", func(m *maker) {
			m.roles["pack-nord"].expires = built.AddDate(0, 0, 1)
			m.targets = kioskFiles(m.t, "")
		}},
		{"signs another pack", trust.Author, func(m *maker) { m.packs["nord"]["packs/sud/pack.toml"] = "x" }},
		{"signs the kiosk's settings", trust.Author, func(m *maker) { maps.Copy(m.packs["nord"], kioskFiles(m.t, "")) }},
		{"signs what a kiosk does not know", trust.Form, func(m *maker) { m.packs["nord"]["etc/passwd"] = "x" }},
		{"signs deeper than it may", trust.Author, func(m *maker) { m.packs["nord"]["packs/nord/a/b/c"] = "x" }},
		{"signs what the site has signed too", trust.Author, func(m *maker) { m.targets["packs/nord/pack.toml"] = "site's" }},
		{"delegates further", trust.Author, func(m *maker) {
			m.twist["pack-nord"] = func(d doc) {
				id, key := keyDoc(9)
				d["delegations"] = doc{"keys": doc{id: key}, "roles": []doc{{
					"name": "pack-sud", "keyids": []string{id}, "threshold": 1, "terminating": true, "paths": []string{"packs/sud/*"}}}}
			}
		}},
		{"may sign everything", trust.Form, func(m *maker) { m.paths["nord"] = []string{"*"} }},
		{"may sign another's folder", trust.Form, func(m *maker) { m.paths["nord"] = []string{"packs/nord/*", "packs/sud/*"} }},
		{"may sign a folder that begins the same", trust.Form, func(m *maker) { m.paths["nord"] = []string{"packs/nord*/*"} }},
		{"is not closed", trust.Form, func(m *maker) { m.twist["targets"] = roleOf(func(r doc) { r["terminating"] = false }) }},
		{"has a role of another name", trust.Form, func(m *maker) { m.twist["targets"] = roleOf(func(r doc) { r["name"] = "root" }) }},
		{"has no key", trust.Form, func(m *maker) { m.twist["targets"] = roleOf(func(r doc) { r["keyids"] = []string{} }) }},
		{"has a key that is null", trust.Form, func(m *maker) {
			id, _ := keyDoc(9)
			m.twist["targets"] = func(d doc) { d["delegations"].(doc)["keys"] = doc{id: nil} }
		}},
		{"is by hash prefixes", trust.Form, func(m *maker) {
			m.twist["targets"] = roleOf(func(r doc) {
				delete(r, "paths")
				r["path_hash_prefixes"] = []string{"00"}
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, k := newMaker(t), newKiosk(t)
			m.withAuthor()
			k.accept(m.stick()) // the control
			c.make(m)
			m.publish("pack-nord", "targets", "snapshot", "timestamp")
			if c.want != "" {
				k.refuse(m.stick(), c.want)
				return
			}
			v := k.accept(m.stick())
			_, has := v.Files["packs/nord/caf/fr.md"]
			if has == strings.Contains(c.name, "not wanted") {
				t.Errorf("files %v", v.Files)
			}
		})
	}
}

// roleOf changes the one delegation.
func roleOf(change func(doc)) func(doc) {
	return func(d doc) { change(d["delegations"].(doc)["roles"].([]doc)[0]) }
}

// Authors together cannot fill the memory with lists, each of which is no
// longer than it may be.
func TestListsOfAuthors(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	own, dirs := provisioning.KioskTarget(kioskID(), "site.toml"), []string{}
	for _, pack := range []string{"a", "b", "c"} {
		dirs = append(dirs, fmt.Sprintf("%q", provisioning.SiteRoot+"/packs/"+pack))
		m.roles["pack-"+pack] = &role{keys: []int{9}, sigs: []int{9}, threshold: 1, expires: today.AddDate(0, 2, 0)}
		m.packs[pack] = map[string]string{"packs/" + pack + "/pack.toml": "pack"}
	}
	m.targets[own] = strings.Replace(m.targets[own], "directories = []", "directories = ["+strings.Join(dirs, ", ")+"]", 1)
	all := []string{"pack-a", "pack-b", "pack-c", "targets", "snapshot", "timestamp"}
	m.publish(all...)
	k.accept(m.stick())
	for _, pack := range all[:3] {
		m.twist[pack] = func(d doc) { d["x"] = strings.Repeat("x", 1500<<10) }
	}
	m.publish(all...)
	k.refuse(m.stick(), trust.Size)
}

// A pack's own version cannot go back either.
func TestPackRollback(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	m.withAuthor()
	m.publish("pack-nord", "targets", "snapshot", "timestamp")
	k.accept(m.stick())
	m.roles["pack-nord"].version = 0
	m.publish("pack-nord", "targets", "snapshot", "timestamp")
	k.refuse(m.stick(), trust.Rollback)
}

// BenchmarkCheck checks packs of one size altogether, in memory.
func BenchmarkCheck(b *testing.B) {
	for _, mib := range []int{1, 200} {
		b.Run(fmt.Sprintf("%dMiB", mib), func(b *testing.B) {
			m := newMaker(b)
			m.withPack()
			m.targets["packs/nord/pack.toml"] = "x"
			for i := range 20 {
				m.targets[fmt.Sprintf("packs/nord/p/f%d", i)] = strings.Repeat(string(rune('a'+i)), mib<<20/20)
			}
			m.publish("targets", "snapshot", "timestamp")
			benchmark(b, m)
		})
	}
	b.Run("9800files", func(b *testing.B) {
		m := newMaker(b)
		for i := range 9800 {
			m.targets[fmt.Sprintf("packs/sud/procedure-%d/fr.md", i)] = fmt.Sprint(i)
		}
		m.publish("targets", "snapshot", "timestamp")
		benchmark(b, m)
	})
}

func benchmark(b *testing.B, m *maker) {
	k, s := newKiosk(b), m.stick()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.check(s); err != nil {
			b.Fatal(err)
		}
	}
}
