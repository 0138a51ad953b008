package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// forms returns a canary as it may lie in memory or in a file.
func forms(canary string) [][]byte {
	var wide []byte
	for _, u := range utf16.Encode([]rune(canary)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	return [][]byte{[]byte(canary), wide}
}

// inFiles returns the files below dir that hold a form of the canary.
func inFiles(t *testing.T, dir, canary string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // gone meanwhile
		}
		data, err := os.ReadFile(path)
		if err == nil && holds(data, canary) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func holds(data []byte, canary string) bool {
	for _, form := range forms(canary) {
		if bytes.Contains(data, form) {
			return true
		}
	}
	return false
}

// inMemory counts the canary in the memory of a process: in the pages that are
// there. An engine reserves many times what the machine has; to read that would
// make the kernel fill it in.
func inMemory(t *testing.T, pid int, canary string) int {
	t.Helper()
	m, err := openMemory(pid)
	if err != nil {
		return 0 // ended meanwhile
	}
	defer m.close()
	count := 0
	for _, r := range m.regions() {
		count += m.search(r, canary)
	}
	return count
}

// memory is the address space of another process (proc(5): maps, mem, pagemap).
type memory struct {
	maps, mem, pagemap *os.File
}

type region struct{ start, end int64 }

func openMemory(pid int) (*memory, error) {
	var m memory
	for name, file := range map[string]**os.File{"maps": &m.maps, "mem": &m.mem, "pagemap": &m.pagemap} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			m.close()
			return nil, err
		}
		*file = f
	}
	return &m, nil
}

func (m *memory) close() {
	for _, f := range []*os.File{m.maps, m.mem, m.pagemap} {
		if f != nil {
			f.Close()
		}
	}
}

func (m *memory) regions() []region {
	var list []region
	for s := bufio.NewScanner(m.maps); s.Scan(); {
		fields := strings.Fields(s.Text())
		from, to, _ := strings.Cut(fields[0], "-")
		if !strings.HasPrefix(fields[1], "r") || len(fields) > 5 && strings.HasPrefix(fields[5], "[v") {
			continue
		}
		start, err1 := strconv.ParseInt(from, 16, 64)
		end, err2 := strconv.ParseInt(to, 16, 64)
		if err1 == nil && err2 == nil {
			list = append(list, region{start, end})
		}
	}
	return list
}

// search reads runs of pages that are present, with some overlap where a run
// is longer than the buffer.
func (m *memory) search(r region, canary string) int {
	const page, overlap = 4096, 256
	const most = 1024 // pages at once
	entries := make([]byte, 8*most)
	buffer := make([]byte, page*most+overlap)
	count := 0
	for at := r.start; at < r.end; at += page * most {
		pages := min(most, (r.end-at)/page)
		n, _ := m.pagemap.ReadAt(entries[:8*pages], at/page*8)
		for i := int64(0); i < int64(n)/8; {
			run := i
			for run < int64(n)/8 && entries[8*run+7]&0xc0 != 0 { // bit 63 present, 62 swapped
				run++
			}
			if run == i {
				i++
				continue
			}
			length := min((run-i)*page+overlap, r.end-at-i*page)
			got, _ := m.mem.ReadAt(buffer[:length], at+i*page) // what is not there reads short
			for _, form := range forms(canary) {
				count += bytes.Count(buffer[:got], form)
			}
			i = run
		}
	}
	return count
}

// tree returns the processes below pid, itself included.
func tree(t *testing.T, pid int) []int {
	t.Helper()
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, ok := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 2 {
			continue
		}
		child, err1 := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, err2 := strconv.Atoi(fields[1])
		if err1 == nil && err2 == nil {
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// marked returns the processes that carry the mark of any view.
func marked(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte("GUICHET_VIEW=")) {
			comm, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "comm"))
			found = append(found, filepath.Base(filepath.Dir(path))+" "+strings.TrimSpace(string(comm)))
		}
	}
	return found
}
