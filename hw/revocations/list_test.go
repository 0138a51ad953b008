package revocations

import (
	"bytes"
	"crypto/ed25519"
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

	"guichet.example/hw"
	"guichet.example/hw/badge"
)

const organisation = 217800016

// bench is a kiosk's two files and an organisation that signs lists.
type bench struct {
	t       *testing.T
	private ed25519.PrivateKey
	log     journal
	Config
}

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := benchAt(t, filepath.Join(dir, "revoked"), filepath.Join(dir, "state"))
	b.must(os.Mkdir(b.Dir, 0o700))
	return b
}

// benchAt is one where there is a place for it already.
func benchAt(t *testing.T, file, dir string) *bench {
	b := &bench{t: t, private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))}
	b.Config = Config{File: file, Dir: dir, Issuer: b.private.Public().(ed25519.PublicKey), Organisation: organisation,
		Log: slog.New(slog.NewTextHandler(&b.log, nil))}
	return b
}

func (b *bench) list(number uint64, serials ...uint64) []byte {
	b.t.Helper()
	data, err := badge.SignRevocations(badge.RevocationHead{Organisation: organisation, Sequence: number, Issued: 1, Expires: 60000}, serials, b.private)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// bring puts the file there as a careful technician does: whole.
func (b *bench) bring(data []byte) {
	b.t.Helper()
	b.must(os.WriteFile(b.File+".new", data, 0o600))
	b.must(os.Rename(b.File+".new", b.File))
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// open is a start of kioskd.
func (b *bench) open() *List {
	b.t.Helper()
	l, err := Open(b.Config)
	if err != nil {
		b.t.Fatal(err)
	}
	l.Keep()
	return l
}

func (b *bench) said(what string) bool { return strings.Contains(b.log.String(), what) }

// force wants a list in force by its number, before and after a restart.
func (b *bench) force(l *List, number uint64) {
	b.t.Helper()
	for _, l := range []*List{l, b.open()} {
		if l.InForce() == nil || l.InForce().Sequence != number || !l.InForce().Revoked(number) {
			b.t.Fatalf("in force %+v, not %d; fault %v", l.InForce(), number, l.Fault())
		}
	}
}

func TestNewerListsReplaceOlderOnes(t *testing.T) {
	b := newBench(t)
	b.bring(b.list(5, 5))
	l := b.open()
	b.force(l, 5)
	if l.Look() {
		t.Error("the same file is another list")
	}
	b.bring(b.list(9, 5, 9))
	if !l.Look() || l.Fault() != nil {
		t.Fatal("not taken", l.Fault())
	}
	l.Keep()
	b.force(l, 9)
	if names := b.state(); len(names) != 1 {
		t.Error("left behind:", names)
	}
}

func (b *bench) state() []string {
	b.t.Helper()
	entries, err := os.ReadDir(b.Dir)
	b.must(err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestRefused: whatever comes instead of a newer list, the last one goes on,
// over restarts too, the log says why once, and a good one is taken after it.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(b *bench) error
		says  string
	}{
		{"rollback", func(b *bench) error { b.bring(b.list(4, 4)); return nil }, "number 4 is older than 5"},
		{"rollback to 0", func(b *bench) error { b.bring(b.list(0)); return nil }, "number 0 is older than 5"},
		{"same number, other badges", func(b *bench) error { b.bring(b.list(5)); return nil }, "another list has had the number 5"},
		{"gone", func(b *bench) error { return os.Remove(b.File) }, "no such file"},
		{"empty", func(b *bench) error { b.bring(nil); return nil }, "not a revocation list"},
		{"cut off", func(b *bench) error { d := b.list(6, 6); b.bring(d[:len(d)-1]); return nil }, "not as long as it says"},
		{"cut off within its head", func(b *bench) error { b.bring(b.list(6, 6)[:20]); return nil }, "not a revocation list"},
		{"longer", func(b *bench) error { b.bring(append(b.list(6, 6), 0)); return nil }, "not as long as it says"},
		{"oversize", func(b *bench) error { return os.Truncate(b.File, 8*badge.MaxRevoked+4096) }, "at most"},
		{"tampered", func(b *bench) error {
			d := b.list(6, 6)
			d[len(d)-70] ^= 1
			b.bring(d)
			return nil
		}, "not signed by the organisation"},
		{"signed by somebody else", func(b *bench) error {
			other := &bench{t: b.t, private: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
			b.bring(other.list(6, 6))
			return nil
		}, "not signed by the organisation"},
		{"link to a good list", func(b *bench) error {
			return errors.Join(os.WriteFile(b.File+".6", b.list(6, 6), 0o600), os.Remove(b.File), os.Symlink(b.File+".6", b.File))
		}, "symbolic link"},
		{"directory", func(b *bench) error { return errors.Join(os.Remove(b.File), os.Mkdir(b.File, 0o700)) }, "not a regular file"},
		{"writable by others", func(b *bench) error { b.bring(b.list(6, 6)); return os.Chmod(b.File, 0o622) }, "its mode is 0622"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.bring(b.list(5, 5))
			l := b.open()
			b.must(c.spoil(b))
			for range 3 {
				if l.Look() {
					t.Fatal("another list is in force")
				}
			}
			l.Keep()
			if l.Fault() == nil || !b.said(c.says) || strings.Count(b.log.String(), "level=ERROR") != 1 {
				t.Errorf("fault %v, log %s", l.Fault(), &b.log)
			}
			b.force(l, 5)
			b.must(os.RemoveAll(b.File))
			b.bring(b.list(7, 7))
			if !l.Look() || l.Fault() != nil || l.InForce().Sequence != 7 {
				t.Errorf("a good list after it: %v, %v", l.InForce(), l.Fault())
			}
		})
	}
}

func TestRightAgain(t *testing.T) {
	b := newBench(t)
	b.bring(b.list(5, 5))
	l := b.open()
	b.must(os.Chmod(b.File, 0o666))
	l.Look()
	b.must(os.Chmod(b.File, 0o600))
	if l.Look() || l.Fault() != nil || !b.said("right again") {
		t.Errorf("%v, %s", l.Fault(), &b.log)
	}
}

// TestPartWritten: who copies a list into place by hand may be looked at
// halfway.
func TestPartWritten(t *testing.T) {
	b := newBench(t)
	b.bring(b.list(5, 5))
	l, next := b.open(), b.list(6, 6, 7, 8)
	for n := range len(next) {
		b.must(os.WriteFile(b.File, next[:n], 0o600))
		if l.Look() || l.InForce().Sequence != 5 {
			t.Fatal("half a list is in force:", n)
		}
	}
	b.must(os.WriteFile(b.File, next, 0o600))
	if !l.Look() || l.InForce().Sequence != 6 {
		t.Error("the whole one is not", l.Fault())
	}
}

func TestWithoutAList(t *testing.T) {
	b := newBench(t)
	file := b.File
	b.File = ""
	if l := b.open(); l.InForce() != nil || l.Fault() != nil || l.Look() || len(b.state()) != 0 {
		t.Error("none is expected:", l.InForce(), l.Fault(), b.state())
	}
	b.File = file
	if l, err := Open(b.Config); err == nil || !errors.Is(err, fs.ErrNotExist) || l != nil {
		t.Error("one is expected, and none ever came:", err)
	}
	b.bring(b.list(5, 5))
	b.open()
	b.File = "" // whoever takes the line out of site.toml does not bring badges back
	l := b.open()
	b.force(l, 5)
	if l.Fault() == nil || !b.said("revocations_file is not set any more") {
		t.Errorf("%v, %s", l.Fault(), &b.log)
	}
}

// TestDamagedCopy: nobody is let in, whatever is brought, until somebody has
// removed it.
func TestDamagedCopy(t *testing.T) {
	for name, damage := range map[string]func(name string) error{
		"bit":     func(n string) error { return flip(n) },
		"cut off": func(n string) error { return os.Truncate(n, 50) },
		"empty":   func(n string) error { return os.Truncate(n, 0) },
		"mode":    func(n string) error { return os.Chmod(n, 0o644) },
		"link":    func(n string) error { return errors.Join(os.Rename(n, n+"2"), os.Symlink(n+"2", n)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.bring(b.list(5, 5))
			b.must(damage(b.open().Copy()))
			before := b.state()
			b.bring(b.list(6, 6))
			l := b.open()
			site := badge.Site{Organisation: organisation, Revoked: l.InForce()}
			for _, role := range []badge.Record{{Role: hw.RoleHelper, Organisation: organisation, Serial: 1, NotAfter: 65535},
				{Role: hw.RoleTechnician, Organisation: organisation, Serial: 1, NotAfter: 65535}} {
				if site.Judge(role, time.Now()) != hw.RoleNone {
					t.Error("lets in", role)
				}
			}
			if l.Look() || l.Fault() == nil || !b.said("no badge counts") || !slices.Equal(b.state(), before) {
				t.Errorf("%v, %v, %s", l.Fault(), b.state(), &b.log)
			}
			b.must(os.Remove(l.Copy()))
			b.force(b.open(), 6)
		})
	}
}

// flip turns over one bit in the middle of a file.
func flip(name string) error {
	data, err := os.ReadFile(name)
	if err == nil {
		data[len(data)/2] ^= 1
		err = os.WriteFile(name, data, 0o600)
	}
	return err
}

// TestAnotherIssuer: an organisation that has made everything anew begins
// with 1 again.
func TestAnotherIssuer(t *testing.T) {
	b := newBench(t)
	b.bring(b.list(5, 5))
	b.open()
	b.private = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, ed25519.SeedSize))
	b.Issuer = b.private.Public().(ed25519.PublicKey)
	b.bring(b.list(1, 1))
	b.force(b.open(), 1)
}
