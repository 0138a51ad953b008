package renew

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/web"
)

func provisioningSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// rename makes another release.
func (p *place) rename(name string) {
	p.Configure(string(provisioning.NewSiteFile(name)))
	p.put()
}

// try puts in force what was stored, as the loop does.
func (p *place) try(f *Fleet, version string) {
	p.t.Helper()
	if err := f.Try(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		p.t.Fatal(err)
	}
	if s := p.state(); !s.Trial || s.Current.Version != version {
		p.t.Fatalf("%+v, want version %s on trial", s, version)
	}
}

// TestNews takes a kiosk through releases of a server.
func TestNews(t *testing.T) {
	p := newPlace(t)
	f := p.start(nil)
	if p.bring(f) || len(p.asked) == 0 {
		t.Fatal("it brings what the kiosk has", p.asked)
	}
	for range 2 {
		if p.bring(f) || len(p.asked) != 1 || f.memory.Failures != 0 {
			t.Error("asked again for what has not changed", p.asked)
		}
	}
	p.rename("Médiathèque")
	if !p.bring(f) {
		t.Fatal("it brings nothing new")
	}
	targets := slices.DeleteFunc(slices.Clone(p.asked), func(n string) bool { return !strings.HasPrefix(n, "targets/") })
	if len(targets) != 1 {
		t.Errorf("fetched %v; only site.toml has changed", targets)
	}
	f.Leave()
	p.asked = nil
	if !f.Bring(t.Context()) || len(p.asked) != 1 {
		t.Error("not stored again after somebody came, or fetched again", p.asked)
	}
	p.try(f, "2")
	f = p.start(nil)
	if !f.Brought() {
		t.Error("nobody knows where it came from")
	}
	if err := f.Answers(t.Context()); err != nil {
		t.Error(err)
	}
	p.site((*apply.Site).Confirm)
	if p.bring(f) {
		t.Error("it comes again")
	}
	if left, err := os.ReadDir(filepath.Join(p.data, fetched)); err != nil || len(left) != 0 {
		t.Error("left behind:", left, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if f = p.start(nil); p.bring(f) || len(p.asked) != 1 {
		t.Error("forgotten after a restart", p.asked)
	}
	if m := recall(filepath.Join(p.data, memoryFile), "test", "https://other.example"); m.Settled != (web.Validators{}) || m.Tried != "2" {
		t.Errorf("another server is asked with the words of this one: %+v", m)
	}
}

// TestServerWithoutWords: one that names nothing, or each time another way, is
// asked for one file while that does not change.
func TestServerWithoutWords(t *testing.T) {
	p := newPlace(t)
	n := 0
	p.instead = func(w http.ResponseWriter, name string) bool {
		if name != "metadata/timestamp.json" {
			return false
		}
		if n++; n%2 == 0 {
			w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
		}
		_, _ = w.Write(p.files[name])
		return true
	}
	var said bytes.Buffer
	f := p.start(func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&said, nil)) })
	p.bring(f)
	for range 3 {
		if p.bring(f) || len(p.asked) != 1 || f.memory.Failures != 0 {
			t.Error(p.asked)
		}
	}
	if strings.Contains(said.String(), "is over") {
		t.Error("too early:", said.String())
	}
	f.now = func() time.Time { return time.Now().AddDate(1, 0, 0) }
	if p.bring(f); !strings.Contains(said.String(), "what it shows is over") {
		t.Error("nobody is told that the server holds back what is new:", said.String())
	}
	f.now = time.Now
	always := []string{"00:00-24:00"}
	f.config.Hours = &provisioning.Hours{Monday: always, Tuesday: always, Wednesday: always, Thursday: always, Friday: always, Saturday: always, Sunday: always}
	p.rename("Médiathèque")
	p.bring(f)
	found := f.found
	for range 3 {
		if p.bring(f) || len(p.asked) != 1 || f.found == nil || f.found != found {
			t.Error(p.asked)
		}
	}
}

// TestTakenBack: what has failed here does not come again by itself.
func TestTakenBack(t *testing.T) {
	p := newPlace(t)
	f := p.start(nil)
	p.rename("Médiathèque")
	if !p.bring(f) {
		t.Fatal("nothing came")
	}
	p.try(f, "2")
	p.site((*apply.Site).TakeBack)
	f = p.start(nil)
	if p.bring(f) {
		t.Error("it comes again")
	}
	p.put()
	if p.bring(f) {
		t.Error("it comes again under another number")
	}
	p.rename("Bibliothèque")
	if !p.bring(f) {
		t.Error("the mended one does not come")
	}
}

// TestPutOff: what nothing has answered in its trial comes again later, twice,
// and by then a stick may have brought it.
func TestPutOff(t *testing.T) {
	p := newPlace(t)
	f := p.start(nil)
	p.rename("Médiathèque")
	for tries := 1; tries <= mostTries; tries++ {
		if !p.bring(f) {
			t.Fatal("it does not come after tries:", tries-1)
		}
		p.try(f, "2")
		if f = p.start(nil); !f.Brought() || f.Again() != (tries < mostTries) {
			t.Fatalf("%d tries: brought %v, again %v", tries, f.Brought(), f.Again())
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if !f.Again() {
			break
		}
		p.site((*apply.Site).PutOff)
		f = p.start(nil)
		if again, err := New(f.config); err != nil || time.Until(again.due) < f.config.Period<<tries/2-time.Minute {
			t.Errorf("asks in %v after %d tries, %v", time.Until(again.due), tries, err)
		}
	}
	p.site((*apply.Site).TakeBack)
	if f = p.start(nil); p.bring(f) {
		t.Error("it comes without end")
	}
	p.rename("Bibliothèque")
	if !p.bring(f) {
		t.Fatal("the mended one does not come")
	}
	p.try(f, "3")
	if f = p.start(nil); !f.Again() {
		t.Error("the tries of another release count")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p.site((*apply.Site).PutOff)
	if f = p.start(nil); f.memory.Tried != "" {
		t.Error("a stick that brings it needs the server")
	}
	p.stick()
	p.site((*apply.Site).TakeBack)
	if f = p.start(nil); p.bring(f) {
		t.Error("what somebody has taken back comes again")
	}
}

// TestMemoryOfBefore: what a kiosk has written that did not count tries.
func TestMemoryOfBefore(t *testing.T) {
	name := filepath.Join(t.TempDir(), "memory.json")
	old := `{"program":"test","server":"s","settled":{},"stamp":"a","over":"2026-11-22T00:00:00Z","failures":2,"tried":"7","content":"c"}`
	if err := os.WriteFile(name, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	m := recall(name, "test", "s")
	if f := (Fleet{memory: m, config: Config{Running: apply.Release{Number: 1, Version: "7"}}}); m.Failures != 2 || !f.Brought() || !f.Again() {
		t.Errorf("%+v", m)
	}
}

// TestRollout: the percentage that is signed decides, and raising it changes
// nothing on kiosks that have the release.
func TestRollout(t *testing.T) {
	p := newPlace(t)
	f := p.start(nil)
	set := func(percent int) {
		p.Rollout = &percent
		p.rename("Médiathèque")
	}
	set(0)
	if p.bring(f) || slices.ContainsFunc(p.asked, func(n string) bool { return !strings.Contains(n, "root") && !strings.Contains(n, "timestamp") }) {
		t.Error("brought, or fetched in vain:", p.asked)
	}
	set(100)
	if !p.bring(f) {
		t.Fatal("its turn has come")
	}
	p.try(f, "3")
	p.site((*apply.Site).Confirm)
	set(50)
	f = p.start(nil)
	if p.bring(f) {
		t.Error("the same release comes again")
	}
}

// TestHours: where the place has opening hours, a release waits for its closing,
// a day at most.
func TestHours(t *testing.T) {
	p := newPlace(t)
	always := []string{"00:00-24:00"}
	f := p.start(func(c *Config) {
		c.Hours = &provisioning.Hours{Monday: always, Tuesday: always, Wednesday: always, Thursday: always, Friday: always, Saturday: always, Sunday: always}
	})
	p.rename("Médiathèque")
	if p.bring(f) || f.found == nil {
		t.Fatal("put in force while people come")
	}
	if wait := time.Until(f.found.next); wait < again-time.Minute || wait > again {
		t.Error("looks again in", wait)
	}
	p.bring(f) // the server has nothing newer
	if len(p.asked) != 1 || f.found == nil {
		t.Error("forgotten, or fetched again:", p.asked)
	}
	f.found.since = time.Now().Add(-withinHours)
	if !f.Bring(t.Context()) {
		t.Error("a clock that is wrong keeps the release out")
	}
	f.Leave()
	f.found.since, f.config.Hours = time.Now(), &provisioning.Hours{Monday: []string{"08:00-12:00"}}
	f.now = func() time.Time { return time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC) }
	p.instead = func(http.ResponseWriter, string) bool { panic(http.ErrAbortHandler) } // the network is off at night
	if f.Bring(t.Context()) || f.found == nil || f.found.next != f.due || f.memory.Failures != 1 {
		t.Error("put in force where its trial must fail, or forgotten")
	}
	p.instead = nil
	if !f.Bring(t.Context()) {
		t.Error("not at night")
	}
}

// TestMakesWay: somebody comes while a file is fetched. That is no failure, and
// what was whole is not fetched again.
func TestMakesWay(t *testing.T) {
	p := newPlace(t)
	for name, text := range map[string]string{"notices/a.md": "a", "notices/b.md": "b", "notices/c.md": "c"} {
		p.Files[name] = text
	}
	f := p.start(nil)
	p.rename("Médiathèque")
	ctx, comes := context.WithCancel(t.Context())
	targets := 0
	p.instead = func(_ http.ResponseWriter, name string) bool {
		if strings.HasPrefix(name, "targets/") {
			if targets++; targets == 3 {
				comes()
				return false
			}
		}
		return false
	}
	due := f.due
	if f.Bring(ctx) || f.memory.Failures != 0 || f.due != due || f.found != nil {
		t.Fatal("it goes on, or counts as a failure")
	}
	p.instead = nil
	if !p.bring(f) {
		t.Fatal("it does not begin again")
	}
	for _, name := range p.asked {
		if strings.HasPrefix(name, "targets/") {
			targets++
		}
	}
	if targets > 3+2 {
		t.Errorf("4 files in %d requests", targets)
	}
}

// TestEachRequestFails cuts each request once, and answers it with something
// else once: the kiosk keeps what it has, asks less often, and takes the release
// when the server is right again.
func TestEachRequestFails(t *testing.T) {
	faults := map[string]func(w http.ResponseWriter){
		"cut":            func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"captive portal": func(w http.ResponseWriter) { _, _ = w.Write([]byte("<!doctype html><title>Wi-Fi</title>")) },
		"error":          func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"missing":        func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://example.com/")
			w.WriteHeader(http.StatusFound)
		},
		"longer": func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, provisioning.MaxTargets+1)) },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			before := p.state()
			f := p.start(nil)
			p.rename("Médiathèque")
			for n := 0; ; n++ {
				at, asked := n, ""
				p.instead = func(w http.ResponseWriter, name string) bool {
					if at--; at != -1 {
						return false
					}
					asked = name
					fault(w)
					return true
				}
				brought := p.bring(f)
				if asked == "" {
					if !brought || n < 6 {
						t.Fatalf("brought %v after %d requests", brought, n)
					}
					return // every request has failed once
				}
				// There is no newer root, as is right; and of a connection that is cut
				// the transport makes another, once.
				if brought && (strings.HasSuffix(asked, "/2.root.json") || name == "cut") {
					f.Leave()
					if err := errors.Join(f.drop(), f.clear()); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if brought || p.state() != before || f.memory.Failures == 0 || time.Until(f.due) < f.config.Period/2 {
					t.Fatalf("request %d, %s: brought %v, %d failures, asks in %v", n, asked, brought, f.memory.Failures, time.Until(f.due))
				}
			}
		})
	}
}

// TestLyingServers: whatever a server mixes, nothing is brought.
func TestLyingServers(t *testing.T) {
	for name, lie := range map[string]func(p *place, old map[string][]byte){
		"half updated: no snapshot": func(p *place, _ map[string][]byte) { delete(p.files, "metadata/2.snapshot.json") },
		"half updated: no targets":  func(p *place, _ map[string][]byte) { delete(p.files, "metadata/2.targets.json") },
		"a snapshot of before": func(p *place, old map[string][]byte) {
			p.files["metadata/2.snapshot.json"] = old["metadata/1.snapshot.json"]
		},
		"a changed file": func(p *place, _ map[string][]byte) {
			for name, data := range p.files {
				if strings.HasSuffix(name, ".site.toml") {
					p.files[name] = []byte(strings.Replace(string(data), "Médiathèque", "Mediatheque", 1))
				}
			}
		},
		"another site": func(p *place, _ map[string][]byte) {
			other := newPlace(p.t)
			p.files = other.files
		},
		"nothing": func(p *place, _ map[string][]byte) { p.files = nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			old, before := p.files, p.state()
			p.rename("Médiathèque")
			lie(p, old)
			f := p.start(nil)
			if p.bring(f) || p.state() != before || f.memory.Failures != 1 {
				t.Errorf("%d failures, %+v", f.memory.Failures, p.state())
			}
		})
	}
	t.Run("freeze", func(t *testing.T) {
		p := newPlace(t)
		p.rename("Médiathèque")
		f := p.start(func(c *Config) { c.Built = time.Now().AddDate(1, 0, 0) })
		if p.bring(f) || f.memory.Failures != 1 {
			t.Error("an old release is brought")
		}
	})
	t.Run("rollback", func(t *testing.T) {
		p := newPlace(t)
		old := p.files
		p.rename("Médiathèque")
		p.stick()
		p.files = old
		f := p.start(nil)
		if p.bring(f) || p.state().Current.Version != "2" {
			t.Error("an older release is brought")
		}
		if p.bring(f); len(p.asked) != 1 {
			t.Error("looked at again:", p.asked)
		}
	})
	t.Run("no newest root, for a while", func(t *testing.T) {
		p := newPlace(t)
		p.Rekey()
		p.put()
		p.stick()
		p.rename("Médiathèque")
		f := p.start(nil)
		p.instead = func(w http.ResponseWriter, name string) bool {
			if name == "metadata/2.root.json" {
				w.WriteHeader(http.StatusForbidden)
				return true
			}
			return false
		}
		if p.bring(f) || f.memory.Failures != 1 {
			t.Error("brought, or not a failure of the server")
		}
		p.instead = nil
		if !p.bring(f) {
			t.Error("the release is never looked at again")
		}
	})
	t.Run("the kiosk was revoked", func(t *testing.T) {
		p := newPlace(t)
		for _, file := range []string{provisioning.SiteFile, provisioning.MachineFile, provisioning.SecretsFile} {
			delete(p.Files, provisioning.KioskTarget(p.id.Kiosk(), file))
		}
		p.put()
		f := p.start(nil)
		if p.bring(f) || f.memory.Failures != 0 {
			t.Error("brought, or a failure of the server")
		}
		if p.bring(f); len(p.asked) != 1 {
			t.Error("the lists of the whole site are fetched again:", p.asked)
		}
	})
	t.Run("signed, and of no use", func(t *testing.T) {
		p := newPlace(t)
		p.Own(provisioning.SecretsFile, "not sealed")
		p.put()
		f := p.start(nil)
		if p.bring(f) || f.memory.Failures != 0 {
			t.Error("brought, or a failure of the server")
		}
		if p.bring(f); len(p.asked) != 1 {
			t.Error("fetched again:", p.asked)
		}
		if f = p.start(func(c *Config) { c.Firmware = "newer" }); f.memory.Settled.ETag != "" {
			t.Error("a newer program does not look")
		}
	})
}

// TestBackOff: a server that asks for it is left alone, also after a restart.
func TestBackOff(t *testing.T) {
	p := newPlace(t)
	p.instead = func(w http.ResponseWriter, _ string) bool {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	f := p.start(nil)
	if p.bring(f); time.Until(f.due) < 2*time.Hour-time.Minute || time.Until(f.due) > 2*time.Hour+20*time.Minute {
		t.Error("asks again in", time.Until(f.due))
	}
	for range 30 {
		p.bring(f)
	}
	if wait := time.Until(f.due); wait < 4*time.Hour-time.Minute || wait > 12*time.Hour {
		t.Error("asks again in", wait)
	}
	again, err := New(f.config)
	if err != nil || time.Until(again.due) < 4*time.Hour-time.Minute {
		t.Error("forgotten after a restart:", time.Until(again.due), err)
	}
	for _, damaged := range []string{"", "{", `{"failures":-1}`, `{"failures":1e9}`, `{"tries":-1}`, `{"over":"x"}`} {
		if err := os.WriteFile(filepath.Join(p.data, memoryFile), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if m := recall(filepath.Join(p.data, memoryFile), "test", "s"); m != (memory{Program: "test", Server: "s"}) {
			t.Errorf("%q: %+v", damaged, m)
		}
	}
}

// TestAnswers: a server with too much to do is there; what only stands where it
// should be is not.
func TestAnswers(t *testing.T) {
	p := newPlace(t)
	f := p.start(nil)
	for _, c := range []struct {
		status int
		later  string
		there  bool
	}{{429, "", true}, {503, "120", true}, {503, "", false}, {500, "", false}, {404, "", false}, {302, "", false}} {
		p.instead = func(w http.ResponseWriter, _ string) bool {
			w.Header().Set("Retry-After", c.later)
			w.WriteHeader(c.status)
			return true
		}
		if err := f.Answers(t.Context()); (err == nil) != c.there {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestAfterPowerCut: what a cut has left of a transfer is noticed and fetched
// anew.
func TestAfterPowerCut(t *testing.T) {
	p := newPlace(t)
	p.rename("Médiathèque")
	f := p.start(nil)
	for name := range p.files {
		if _, sum, ok := provisioning.LogicalTarget(strings.TrimPrefix(name, "targets/")); ok {
			for _, end := range []string{"", ".part"} {
				if err := os.WriteFile(filepath.Join(p.data, fetched, hex.EncodeToString(sum[:])+end), []byte("torn"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if p.bring(f) || f.memory.Failures != 1 {
		t.Fatal("brought what a cut has left")
	}
	if !p.bring(f) {
		t.Fatal("not fetched anew")
	}
	left, err := os.ReadDir(filepath.Join(p.data, fetched))
	if err != nil || len(left) != 1 { // site.toml, which is all that has changed
		t.Error(left, err)
	}
}

// TestCannotTry: what cannot be put in force is not tried again at once.
func TestCannotTry(t *testing.T) {
	p := newPlace(t)
	f := p.start(nil)
	if err := f.Try(t.Context()); err == nil {
		t.Error("nothing is put in force")
	}
	p.rename("Médiathèque")
	if !p.bring(f) {
		t.Fatal("nothing came")
	}
	if err := os.Mkdir(filepath.Join(p.data, "site/state.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.data, "site/state.new/x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Try(t.Context()); err == nil || f.memory.Failures != 1 {
		t.Error(err, f.memory.Failures)
	}
	if s := p.state(); s.Trial || s.Current.Version != "1" {
		t.Errorf("%+v", s)
	}
}

// TestWait: time passes on the monotonic clock.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := &Fleet{due: began.Add(time.Hour)}
		if err := f.Wait(t.Context()); err != nil || time.Since(began) != time.Hour {
			t.Error(err, time.Since(began))
		}
		f.due, f.found = began.Add(3*time.Hour), &found{next: began.Add(2 * time.Hour)}
		if err := f.Wait(t.Context()); err != nil || time.Since(began) != 2*time.Hour {
			t.Error(err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		f.found = nil
		if err := f.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
