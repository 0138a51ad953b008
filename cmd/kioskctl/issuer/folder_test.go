package issuer

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

const phrase = "agrafe lavande tramway neuf"

func founded(t *testing.T, organisation uint32) (string, *Folder) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "badges")
	if err := Init(dir, Founding{organisation, []byte(phrase), 2, rand.Reader}); err != nil {
		t.Fatal(err)
	}
	return dir, opened(t, dir)
}

func opened(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// filled has two sites and a badge in each state.
func filled(t *testing.T) (string, *Folder) {
	t.Helper()
	dir, f := founded(t, 217500016)
	for _, s := range []string{"mairie", "gare"} {
		if err := f.AddSite(s); err != nil {
			t.Fatal(err)
		}
	}
	for i, label := range []string{"Accueil 1", "", "Étage n° 2"} {
		n, err := f.Begin(Badge{Site: "gare", Role: hw.RoleHelper, Label: label, Until: 21000, Made: 20779})
		if err != nil || n != uint64(i)+1 {
			t.Fatal(n, err)
		}
	}
	if err := errors.Join(f.Finish(1, 0, 20779), f.Finish(3, 1, 20780)); err != nil {
		t.Fatal(err)
	}
	return dir, f
}

func TestRegisterComesBack(t *testing.T) {
	dir, f := filled(t)
	if again := opened(t, dir); !reflect.DeepEqual(again.Register, f.Register) {
		t.Errorf("read %+v, wrote %+v", again.Register, f.Register)
	}
	if got := fmt.Sprint(f.Register.Refused()); got != "[1 2]" {
		t.Errorf("refused: %s", got)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700, "keys": 0o700, "register.toml": 0o600, "keys/organisation.age": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, %v", name, info.Mode(), err)
		}
	}
}

// A register that was cut off is refused with its line, wherever the cut is;
// only the last line end may be missing.
func TestRegisterTruncated(t *testing.T) {
	_, f := filled(t)
	for n := range len(f.data) - 1 {
		_, err := parseRegister("r", f.data[:n])
		if err == nil || !strings.HasPrefix(err.Error(), "r:") {
			t.Fatalf("%d bytes, ends with %q: %v", n, f.data[max(0, n-30):n], err)
		}
	}
}

func TestRegisterRefused(t *testing.T) {
	_, f := filled(t)
	for _, c := range []struct{ old, new, want string }{
		{"format = 1", "format = 2", ": format = 2"},
		{"organisation = 217500016", "organisation = 0", ": number of an organisation"},
		{`issuer = "`, `issuer = "0`, ": issuer has not 64"},
		{"list = 0", "list = -1", ": list is below 0"},
		{`"gare"]`, `"Gare"]`, ": name of a site"},
		{"count = 3", "count = 4", ": there are 3 badges here and not 4"},
		{"serial = 2", "serial = 7", ": badge 7 stands where badge 2 should"},
		{`site = "gare"`, `site = "port"`, `: site "port" is not in the register`},
		{`role = "helper"`, `role = "mayor"`, ": role is not"},
		{`label = "Accueil 1"`, `label = "Accueil\t1"`, ": label has"},
		{`until = "2027`, `until = "2227`, ": until: day"},
		{`state = "unfinished"`, `state = ""`, ": state is not"},
		{`state = `, `staet = `, `: unknown key "badges.staet"`},
	} {
		data := strings.Replace(string(f.data), "\n"+c.old, "\n"+c.new, 1)
		if c.old == `"gare"]` {
			data = strings.Replace(string(f.data), c.old, c.new, 1)
		}
		line := 1 + strings.Count(data[:strings.Index(data, c.new)], "\n")
		_, err := parseRegister("r", []byte(data))
		if want := fmt.Sprintf("r:%d%s", line, c.want); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", c.new, err, want)
		}
	}
}

// TestFailedWrites makes every write fail in turn: the register in memory and
// the file stay as they were, and the next attempt goes on.
func TestFailedWrites(t *testing.T) {
	dir, f := filled(t)
	full := errors.New("no space left")
	for name, change := range map[string]func() error{
		"AddSite":  func() error { return f.AddSite("port") },
		"Begin":    func() error { _, err := f.Begin(Badge{Site: "gare", Role: hw.RoleHelper}); return err },
		"Finish":   func() error { return f.Finish(2, 0, 20780) },
		"Revoke":   func() error { _, err := f.Revoke([]uint64{3}, 20780); return err },
		"NextList": func() error { _, err := f.NextList(); return err },
	} {
		before := opened(t, dir).Register
		write := f.write
		f.write = func(string, []byte, fs.FileMode) error { return full }
		if err := change(); !errors.Is(err, full) {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(f.Register, before) || !reflect.DeepEqual(opened(t, dir).Register, before) {
			t.Errorf("%s: a failed write changed the register", name)
		}
		f.write = write
		if err := change(); err != nil || reflect.DeepEqual(opened(t, dir).Register, before) {
			t.Errorf("%s: again: %v", name, err)
		}
	}
}

// Two programs at once: the second does not write over what the first wrote.
func TestChangedMeanwhile(t *testing.T) {
	dir, one := filled(t)
	two := opened(t, dir)
	if _, err := one.NextList(); err != nil {
		t.Fatal(err)
	}
	if _, err := two.NextList(); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
}

func TestKeys(t *testing.T) {
	dir, f := founded(t, 217500016)
	keys, err := f.Keys([]byte(phrase))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %+v %x", keys, keys, keys); got != "keys keys keys" {
		t.Errorf("keys print as %q", got)
	}
	if _, err := f.Keys([]byte("another one")); !errors.Is(err, ErrPassphrase) {
		t.Error(err)
	}
	path := filepath.Join(dir, keysFolder, keysName)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	otherDir, other := founded(t, 217500016)
	foreign, err := os.ReadFile(filepath.Join(otherDir, keysFolder, keysName))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(data []byte, want string) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Keys([]byte(phrase)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	refused(foreign, "another register")
	for n := 0; n < len(sealed); n += 7 {
		refused(sealed[:n], "damaged")
	}
	refused(bytes.Replace(sealed, []byte("scrypt"), []byte("script"), 1), "")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Keys([]byte(phrase)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Error(err)
	}
	again, err := other.Keys([]byte(phrase))
	if err != nil || again.Master == keys.Master {
		t.Error("two folders have the same keys", err)
	}
}

// Init leaves alone what is there, and leaves nothing behind when it fails.
func TestInit(t *testing.T) {
	dir := t.TempDir()
	founding := Founding{1, []byte(phrase), 2, rand.Reader}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, dir} {
		if err := Init(path, founding); !errors.Is(err, ErrExists) {
			t.Errorf("%q: %v", path, err)
		}
	}
	founding.Random = bytes.NewReader(make([]byte, 20))
	if err := Init(filepath.Join(dir, "new"), founding); err == nil {
		t.Error("keys without random numbers")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	founding.Random = rand.Reader
	if err := Init(empty+"/", founding); err != nil {
		t.Error(err)
	}
	opened(t, empty)
}

func TestRevokeAllOrNone(t *testing.T) {
	_, f := filled(t)
	if _, err := f.Revoke([]uint64{3, 4}, 20780); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if f.Register.Find(3).State != Ready {
		t.Error("revoked one of two")
	}
	fresh, err := f.Revoke([]uint64{3, 1, 3}, 20790)
	if err != nil || len(fresh) != 1 || f.Register.Find(1).Since != 20780 {
		t.Errorf("%v %v %+v", fresh, err, f.Register)
	}
	if fresh, err := f.Revoke([]uint64{0}, 20790); err == nil {
		t.Error(fresh)
	}
}

// Whatever the register holds comes back as it was, and a label is taken or
// refused before it is written.
func TestLabelsComeBack(t *testing.T) {
	dir, f := filled(t)
	rapid.Check(t, func(rt *rapid.T) {
		label := rapid.String().Draw(rt, "label")
		b := Badge{Site: "gare", Role: hw.RoleTechnician, Label: label, Until: badge.Day(rapid.Uint16().Draw(rt, "until"))}
		n, err := f.Begin(b)
		if err != nil {
			return
		}
		again, err := Open(dir)
		if err != nil {
			rt.Fatal(err)
		}
		if got := again.Register.Find(n); got.Label != label || got.Until != b.Until {
			rt.Errorf("%q came back as %+v", label, got)
		}
	})
}

func FuzzParseRegister(f *testing.F) {
	r := Register{Organisation: 1, Issuer: make([]byte, 32), Sites: []string{"a"}, Badges: []Badge{
		{Serial: 1, Site: "a", Role: hw.RoleHelper, State: Ready},
	}}
	f.Add(r.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseRegister("r", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "r:") {
				t.Errorf("error without a place: %v", err)
			}
			return
		}
		again, err := parseRegister("r", got.encode())
		if err != nil || len(again.Badges) != len(got.Badges) {
			t.Errorf("%q does not come back: %v", data, err)
		}
	})
}

// The folder of a site holds its key for its owner alone, and appears whole or
// not at all.
func TestWriteSite(t *testing.T) {
	dir, f := filled(t)
	keys, err := f.Keys([]byte(phrase))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(dir), "site")
	if err := keys.WriteSite(out, "gare"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700, siteKeyName: 0o600, issuerName: 0o644, badgeTomlName: 0o644} {
		info, err := os.Stat(filepath.Join(out, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, %v", name, info.Mode(), err)
		}
	}
	if err := keys.WriteSite(out, "mairie"); !errors.Is(err, ErrExists) {
		t.Errorf("written over another site: %v", err)
	}
	if err := keys.WriteSite(filepath.Join(dir, "none", "site"), "gare"); err == nil {
		t.Error("written where there is no folder")
	}
	if keys.Site("gare").Key == keys.Site("mairie").Key || keys.Site("gare").AID == keys.Site("mairie").AID {
		t.Error("two sites are one")
	}
}

func TestCheckSite(t *testing.T) {
	for name, want := range map[string]bool{
		"mairie": true, "mairie-de-saint-denis": true, "a1-2": true, strings.Repeat("a", 40): true,
		"": false, "Mairie": false, "é": false, "-a": false, "a-": false, "a--b": false, "a b": false, "a\n": false, strings.Repeat("a", 41): false,
	} {
		if got := CheckSite(name) == nil; got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
