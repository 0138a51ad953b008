package residue

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// Whatever stands around a canary, each of its forms is found and named, and
// nothing is found of another run's.
func TestSearch(t *testing.T) {
	s, other := NewSet(), NewSet()
	spell := map[Form]func(c Canary) []byte{
		ASCII: func(c Canary) []byte { return []byte(c) }, UTF16: func(c Canary) []byte { return wide(string(c)) },
		Percent: func(c Canary) []byte { return []byte(percent(string(c))) },
		Pixels:  func(c Canary) []byte { return pixels(string(c), 0xff) },
	}
	rapid.Check(t, func(t *rapid.T) {
		id := fmt.Sprintf("R%02d", rapid.IntRange(1, 36).Draw(t, "place"))
		form := rapid.SampledFrom([]Form{ASCII, UTF16, Percent, Pixels}).Draw(t, "form")
		before, after := rapid.SliceOf(rapid.Byte()).Draw(t, "before"), rapid.SliceOf(rapid.Byte()).Draw(t, "after")
		data := slices.Concat(before, spell[form](s.Canary(id)), after)
		found := Found{}
		s.Search(data, "here", found)
		if found.Has(id) != form {
			t.Fatalf("%v found as %v", form, found)
		}
		other.Search(data, "here", found)
		if len(found) != 1 {
			t.Fatalf("found of another run: %v", found)
		}
	})
}

func TestBase64InEveryAlignment(t *testing.T) {
	s := NewSet()
	c := s.Canary("R01")
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.SliceOf(rapid.Byte()).Draw(t, "before"), rapid.SliceOf(rapid.Byte()).Draw(t, "after")
		found := Found{}
		s.Search([]byte(base64.StdEncoding.EncodeToString(slices.Concat(before, []byte(c), after))), "here", found)
		if found.Has("R01")&Base64 == 0 {
			t.Fatal("not found")
		}
	})
}

func TestFormsOfBinary(t *testing.T) {
	s := NewSet()
	for i := range 200 { // whatever a compressor makes of it
		id := fmt.Sprint(i)
		found := Found{}
		s.Search(s.Canary(id).Binary(), "here", found)
		if found.Has(id) != Binary || found.Has("?") != 0 {
			t.Fatalf("found as %v: %v", found.Has(id), found)
		}
	}
	found := Found{}
	s.Search([]byte(s.Canary("x"))[:20], "here", found)
	if found.Has("?") != ASCII {
		t.Error("a part of a canary is not found")
	}
	found = Found{}
	s.Search([]byte(s.Canary("x").Text()), "here", found)
	if found.Has("x") != Text {
		t.Errorf("Text holds %v", found.Has("x"))
	}
}

// A canary on the edge of what is read at once, in a name, in a link, inside
// compressed data.
func TestFiles(t *testing.T) {
	s := NewSet()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("edge", append(make([]byte, piece-9), s.Canary("edge")...))
	write("name "+string(s.Canary("name")), nil)
	write("zip", append([]byte("\x1f\x8b"), Canary("a little text, then "+s.Canary("zip")).Gzip()...))
	write("zlib", Canary(strings.Repeat("text ", 99)+string(s.Canary("zlib"))).Zlib())
	if err := os.Symlink(string(s.Canary("link")), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	found := Found{}
	if err := s.Files(found, dir); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"edge", "name", "zip", "zlib", "link"} {
		if found.Has(id) == 0 {
			t.Errorf("%s: not found", id)
		}
	}
	if strings.Contains(found.String(), s.marker) {
		t.Error("the report holds a canary")
	}
	if err := s.Files(found, filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing directory is no error")
	}
}

// A file system mounted below a directory is searched with it, and passed over
// where each is searched for itself.
func TestFilesOfOtherFileSystems(t *testing.T) {
	s, point := NewSet(), t.TempDir()
	if err := unix.Mount("none", point, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("not run: cannot mount here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(point, 0); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(filepath.Join(point, "file"), []byte(s.Canary("file")), 0o600); err != nil {
		t.Fatal(err)
	}
	all, since := Found{}, Found{}
	if err := errors.Join(s.Files(all, filepath.Dir(point)), s.FilesSince(since, filepath.Dir(point), time.Time{})); err != nil {
		t.Fatal(err)
	}
	if all.Has("file") == 0 || len(since) > 0 {
		t.Errorf("found %v, and on one file system %v", all, since)
	}
	if err := s.FilesSince(since, point, time.Time{}); err != nil || since.Has("file") == 0 {
		t.Errorf("found %v on its own, %v", since, err)
	}
}

// A process, a nameless file, a command line and a file in memory.
func TestProcesses(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not run: other processes are searched as root only")
	}
	s := NewSet()
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	program := fmt.Sprintf("kept=$(cat %[1]s/heap); exec 3<>%[1]s/gone; rm %[1]s/gone; echo; read end", dir)
	for name, id := range map[string]string{"heap": "heap", "gone": "gone"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s.Canary(id)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(script, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", script, string(s.Canary("line")))
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		t.Fatal(err1, err2)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	out.Read(make([]byte, 1))
	found := Found{}
	s.Memory(found, cmd.Process.Pid)
	s.OpenFiles(found, cmd.Process.Pid)
	if err := s.Told(found); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"heap", "gone", "line"} {
		if found.Has(id)&ASCII == 0 {
			t.Errorf("%s: not found", id)
		}
	}
	tree, err := Tree(os.Getpid())
	if err != nil || !slices.Contains(tree, cmd.Process.Pid) {
		t.Errorf("tree %v: %v", tree, err)
	}
}

func TestPlaces(t *testing.T) {
	places, err := Places()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, p := range places {
		if p.ID != fmt.Sprintf("R%02d", i+1) || p.Name == "" || p.Wiped == "" {
			t.Errorf("place %d: %+v", i+1, p)
		}
		if (len(p.Plants) == 0 && p.Specimen == "") != (p.Absent != "") || (p.Absent == "") != (p.Guard == "") {
			t.Errorf("%s is neither planted nor absent with a guard", p.ID)
		}
		for _, planting := range p.Plants {
			if seen[planting.ID] || !strings.HasPrefix(planting.ID, p.ID) || planting.Forms == 0 || planting.How == "" {
				t.Errorf("%s: %+v", p.ID, planting)
			}
			seen[planting.ID] = true
		}
	}
	if len(places) != 36 {
		t.Errorf("%d places", len(places))
	}
}

// What the page needs is served.
func TestSite(t *testing.T) {
	set := NewSet()
	site, err := NewSite(set)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	found := Found{}
	set.Search(get("/").Body.Bytes(), "page", found)
	for _, id := range site.ids {
		if found.Has(id)&Text != Text {
			t.Errorf("%s is not on the page in all forms", id)
		}
	}
	for _, path := range []string{"/common.js", "/plant.js", "/read.js"} {
		if w := get(path); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/report?step=planted", bytes.NewBufferString(`{"R01": "true"}`)))
	if err := site.Await(t.Context(), "planted"); err != nil || site.Evidence()["R01"] != "true" {
		t.Error(err, site.Evidence())
	}
	site.Open(Read)
	found = Found{}
	set.Search(get("/").Body.Bytes(), "page", found)
	if len(found) != 0 {
		t.Errorf("the page that reads holds %v", found)
	}
}
