package apply

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// ready returns a site with release 1 confirmed.
func ready(t *testing.T, fsys FS) *Site {
	t.Helper()
	s, err := New(fsys)
	if err == nil {
		err = s.Stage(context.Background(), candidate("1"), nil)
	}
	if err = errors.Join(err, s.Try(), s.Confirm()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStepsOutOfOrder(t *testing.T) {
	s := ready(t, newMemory())
	for name, c := range map[string]struct{ got, want error }{
		"confirm twice":   {s.Confirm(), ErrNoTrial},
		"put nothing off": {s.PutOff(), ErrNoTrial},
		"back to nothing": {s.TakeBack(), ErrNothingBefore},
		"try nothing":     {s.Try(), ErrNothingStaged},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	if err := errors.Join(s.Stage(context.Background(), candidate("2"), nil), s.Try()); err != nil {
		t.Fatal(err)
	}
	if err := s.Stage(context.Background(), candidate("3"), nil); !errors.Is(err, ErrTrial) {
		t.Errorf("stage on trial: %v", err)
	}
	if err := s.Try(); !errors.Is(err, ErrTrial) {
		t.Errorf("try on trial: %v", err)
	}
}

func TestCandidateIsRefusedWhole(t *testing.T) {
	change := func(f func(*Candidate)) Candidate {
		c := candidate("2")
		f(&c)
		return c
	}
	for name, c := range map[string]struct {
		c    Candidate
		want error
	}{
		"other content": {change(func(c *Candidate) { c.List[0].SHA256[0] ^= 1 }), ErrMismatch},
		"longer":        {change(func(c *Candidate) { c.List[3].Size-- }), ErrMismatch},
		"shorter":       {change(func(c *Candidate) { c.List[3].Size++ }), ErrMismatch},
		"absent":        {change(func(c *Candidate) { c.List[2].From = "nothing" }), fs.ErrNotExist},
		"a folder":      {change(func(c *Candidate) { c.List[2].From = "." }), fs.ErrInvalid},
		"climbing":      {change(func(c *Candidate) { c.List[0].Name = "../../state" }), ErrLimit},
		"absolute":      {change(func(c *Candidate) { c.List[0].Name = "/etc/passwd" }), ErrLimit},
		"empty name":    {change(func(c *Candidate) { c.List[0].Name = "" }), ErrLimit},
		"zero byte":     {change(func(c *Candidate) { c.List[0].Name = "a\x00b" }), ErrLimit},
		"deep":          {change(func(c *Candidate) { c.List[0].Name = "a/a/a/a/a/a/a/a" }), ErrLimit},
		"long":          {change(func(c *Candidate) { c.List[0].Name = strings.Repeat("a", 200) }), ErrLimit},
		"twice":         {change(func(c *Candidate) { c.List[0].Name = c.List[1].Name }), ErrLimit},
		"file in file":  {change(func(c *Candidate) { c.List[0].Name = "site.toml/x" }), ErrLimit},
		"too much":      {change(func(c *Candidate) { c.List[0].Size, c.List[1].Size = maxBytes, 1 }), ErrLimit},
		"overflowing":   {change(func(c *Candidate) { c.List[0].Size, c.List[1].Size = 1<<63-1, 1<<63-1 }), ErrLimit},
		"negative":      {change(func(c *Candidate) { c.List[0].Size = -1 }), ErrLimit},
		"too many":      {change(func(c *Candidate) { c.List = make([]File, maxFiles+1) }), ErrLimit},
		"version":       {change(func(c *Candidate) { c.Version = "2\n" }), ErrLimit},
		"metadata path": {change(func(c *Candidate) { c.Metadata["../x"] = nil }), ErrLimit},
		"no metadata":   {change(func(c *Candidate) { c.Metadata = nil }), ErrLimit},
		"metadata ..":   {change(func(c *Candidate) { c.Metadata[".."] = nil }), ErrLimit},
	} {
		s := ready(t, newMemory())
		before := s.State()
		if err := s.Stage(context.Background(), c.c, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Try(); !errors.Is(err, ErrNothingStaged) {
			t.Errorf("%s: try: %v", name, err)
		}
		if err := errors.Join(tidy(s), judge(s, world{current: "1", trusted: "1"})); err != nil || s.State() != before {
			t.Errorf("%s: %v, %+v", name, err, s.State())
		}
	}
}

func TestFullDisk(t *testing.T) {
	m := newMemory()
	s := ready(t, m)
	m.free = reserve + 4*blockSize
	n := m.n
	err := s.Stage(context.Background(), candidate("2"), nil)
	if !errors.Is(err, ErrFull) || m.n != n {
		t.Errorf("%v, %d changes", err, m.n-n)
	}
	m.free = 1 << 30 // and then it is full all the same
	m.failAt, m.failure = m.n+8, syscall.ENOSPC
	if err := s.Stage(context.Background(), candidate("2"), nil); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if err := errors.Join(tidy(s), judge(s, world{current: "1", trusted: "1"})); err != nil {
		t.Error(err)
	}
}

func TestStageCanBeEnded(t *testing.T) {
	s := ready(t, newMemory())
	ctx, cancel := context.WithCancel(context.Background())
	var most, total int64
	err := s.Stage(ctx, candidate("2"), func(done, all int64) {
		if most, total = done, all; done > all/2 { // while it is read back
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || most == 0 || most >= total {
		t.Errorf("%v after %d of %d bytes", err, most, total)
	}
	if err := tidy(s); err != nil {
		t.Error(err)
	}
	if err := s.Stage(context.Background(), candidate("2"), func(done, _ int64) { most = done }); err != nil || most != total {
		t.Errorf("%v after %d of %d bytes", err, most, total)
	}
}

// rotten is a medium that acknowledges what it does not keep.
type rotten struct{ *memory }

func (r rotten) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "site.toml") {
		n, err := r.find(name)
		if err != nil {
			return nil, err
		}
		n.data[0] ^= 1
	}
	return r.memory.Open(name)
}

func TestMediumThatLies(t *testing.T) {
	s, err := New(rotten{newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stage(context.Background(), candidate("1"), nil); !errors.Is(err, ErrMismatch) {
		t.Error(err)
	}
}

// TestHeldReleaseStays holds release 1 while three others come.
func TestHeldReleaseStays(t *testing.T) {
	m := newMemory()
	s := ready(t, m)
	held, err := s.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"2", "3", "4"} {
		if err := errors.Join(s.Stage(context.Background(), candidate(version), nil), s.Try(), s.Confirm()); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range filesOf("1") {
		if got, err := fs.ReadFile(held, name); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Boot(); err != nil {
		t.Fatal(err)
	}
	if err := tidy(s); err != nil {
		t.Error(err)
	}
}

func TestDamagedState(t *testing.T) {
	whole := State{Release{3, "v3"}, Release{2, "v2"}, 2, true, 1, "x"}
	if got, err := decodeState(whole.encode()); err != nil || got != whole {
		t.Fatalf("%+v %v", got, err)
	}
	for i := range whole.encode() {
		data := whole.encode()
		data[i] ^= 1
		if _, err := decodeState(data); err == nil {
			t.Errorf("byte %d changed, and nobody sees it", i)
		}
		if _, err := decodeState(whole.encode()[:i]); err == nil {
			t.Errorf("cut off at %d, and nobody sees it", i)
		}
	}
	if _, err := decodeState(append(whole.encode(), "x"...)); err == nil {
		t.Error("more behind the end, and nobody sees it")
	}
	for name, s := range map[string]State{
		"negative":             {Current: Release{-1, "v"}},
		"trial of nothing":     {Trial: true},
		"starts without trial": {Current: Release{1, "v"}, Boots: 1},
		"too many starts":      {Current: Release{1, "v"}, Trial: true, Boots: TrialBoots + 1},
		"before itself":        {Current: Release{1, "v"}, Previous: Release{1, "v"}},
		"version of nothing":   {Previous: Release{0, "v"}},
	} {
		if _, err := decodeState(s.encode()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLostState: releases without a state, or a state without releases, is not
// taken for a kiosk that was never set up, because that one trusts anybody.
func TestLostState(t *testing.T) {
	for name, lose := range map[string]func(*memory){
		"state":    func(m *memory) { delete(m.root.names, stateName) },
		"releases": func(m *memory) { delete(m.root.names, releases) },
		"release":  func(m *memory) { delete(m.root.names[releases].names, "1") },
		"folder":   func(m *memory) { m.root.names[releases].names["1"] = &node{} },
		"content":  func(m *memory) { m.root.names[stateName].data = nil },
		"size":     func(m *memory) { m.root.names[stateName].data = bytes.Repeat([]byte("x"), maxState+1) },
	} {
		m := newMemory()
		ready(t, m)
		lose(m)
		if s, err := New(m); err == nil {
			t.Errorf("%s lost: opened as %+v", name, s.State())
		} else if !m.closed {
			t.Errorf("%s lost: left open", name)
		}
	}
}

func TestLostMetadata(t *testing.T) {
	m := newMemory()
	s := ready(t, m)
	m.root.names[releases].names["1"].names[metadata] = newDir()
	if all, err := s.Trusted(); !errors.Is(err, ErrDamaged) {
		t.Error(all, err)
	}
}

func TestStateOfAnotherFormat(t *testing.T) {
	text := "format = 2\nnew = true\n"
	if _, err := decodeState([]byte(text + sumLine(text))); err == nil || errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// TestUnknownAfterFailedFlush: what a failed flush has left is unknown, so that
// nothing more is done until the site is opened anew.
func TestUnknownAfterFailedFlush(t *testing.T) {
	m := newMemory()
	s := ready(t, m)
	if err := s.Stage(context.Background(), candidate("2"), nil); err != nil {
		t.Fatal(err)
	}
	m.failAt, m.failure = m.n+4, syscall.EIO // create, write, sync, rename, syncdir
	if err := s.Try(); !errors.Is(err, syscall.EIO) || m.log[m.n-1] != "syncdir ." {
		t.Fatal(err, m.log[m.n-1])
	}
	_, boot := s.Boot()
	for _, err := range []error{s.Try(), s.Confirm(), s.TakeBack(), s.PutOff(), boot, s.Stage(context.Background(), candidate("3"), nil)} {
		if !errors.Is(err, syscall.EIO) {
			t.Error(err)
		}
	}
}

func TestNothingInForce(t *testing.T) {
	s, err := New(newMemory())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if trusted, err := s.Trusted(); err != nil || len(trusted) > 0 {
		t.Error(trusted, err)
	}
}

// BenchmarkStage writes, flushes, reads back and tries a release whose packs
// have so many MiB, on the file system of the temporary directory.
func BenchmarkStage(b *testing.B) {
	for _, mib := range []int{1, 200} {
		b.Run(fmt.Sprint(mib, "MiB"), func(b *testing.B) {
			s, err := Open(filepath.Join(b.TempDir(), "site"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
			c := candidate("1")
			c.Files.(fstest.MapFS)["big"] = &fstest.MapFile{Data: content}
			for i := range mib {
				c.List = append(c.List, File{Name: fmt.Sprint("packs/p/", i), From: "big", Size: int64(len(content)), SHA256: sha256.Sum256(content)})
			}
			b.SetBytes(int64(mib) << 20)
			for b.Loop() {
				if err := errors.Join(s.Stage(b.Context(), c, nil), s.Try(), s.Confirm()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
