package usagedb

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagetest"
)

// asking is a session that was refused a host made anew, which nothing but it
// holds.
func asking(n int, name string, i int) usage.Session {
	s := fact(n)
	s.Refused = usagetest.Sites(fmt.Sprintf("%s%d.suivi.example", name, i))
	return s
}

// TestNameOfOneSessionIsNowhere looks for the name that one session alone was
// refused: in the heap while it waits for its group, and in the file. The name
// of two sessions is found in both, so the search works.
func TestNameOfOneSessionIsNowhere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "usage.db")
	d := mustOpen(t, path, Options{Group: 100})
	for i := range 4 {
		if err := d.Add(asking(i, "kanarieins", i)); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(asking(i, "kanarizwei", 1)); err != nil {
			t.Fatal(err)
		}
	}
	if pending, _ := d.Counts(); pending != 8 {
		t.Errorf("%d sessions wait", pending)
	}
	heap := heapOf(t, filepath.Join(dir, "heap"))
	if !bytes.Contains(heap, []byte("kanarizwei1.")) {
		t.Error("the name of four sessions is not in the heap")
	}
	for i := range 4 {
		if name := fmt.Sprintf("kanarieins%d.", i); bytes.Contains(heap, []byte(name)) {
			t.Errorf("the heap holds %q", name)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte("kanarizwei1 ")) || bytes.Contains(file, []byte("kanarieins")) {
		t.Errorf("the file holds\n%q", file)
	}
}

// heapOf returns all objects that are in use.
func heapOf(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	runtime.GC()
	runtime.GC() // what the first one found dead is swept
	debug.WriteHeapDump(f.Fd())
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
