package residue

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Memory searches the memory of processes: the pages that are there. An engine
// reserves many times what the machine has; to read that would make the kernel
// fill it in. A process that has ended is passed over.
func (s *Set) Memory(found Found, pids ...int) {
	var searches []func(Found) error
	for _, pid := range pids {
		searches = append(searches, func(f Found) error {
			s.process(f, pid)
			return nil
		})
	}
	_ = Together(found, searches...) // none of them fails
}

func (s *Set) process(found Found, pid int) {
	m, err := openMemory(pid)
	if err != nil {
		return // ended meanwhile
	}
	defer m.close()
	where := "memory of " + Name(pid)
	m.read(func(piece []byte) { s.Search(piece, where, found) })
}

// Name returns a process's name and number.
func Name(pid int) string {
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("%s %d", strings.TrimSpace(string(comm)), pid)
}

// memory is the address space of another process (proc(5): maps, mem, pagemap).
type memory struct {
	maps, mem, pagemap *os.File
}

const (
	page = 4096 // bytes
	most = 1024 // pages at once
)

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
		if !strings.HasPrefix(fields[1], "r") || len(fields) > 5 && strings.HasPrefix(fields[5], "[v") { // the kernel's own pages
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

// read hands over what is there of every region.
func (m *memory) read(piece func([]byte)) {
	entries, buffer := make([]byte, 8*most), make([]byte, page*most+overlap)
	for _, r := range m.regions() {
		for at := r.start; at < r.end; at += page * most {
			pages := min(most, (r.end-at)/page)
			n, _ := m.pagemap.ReadAt(entries[:8*pages], at/page*8)
			m.runs(entries[:n], at, r.end, buffer, piece)
		}
	}
}

// runs hands over runs of pages that are present, by their entries in pagemap,
// with some overlap where a run is longer than the buffer.
func (m *memory) runs(entries []byte, start, end int64, buffer []byte, piece func([]byte)) {
	for i, n := int64(0), int64(len(entries))/8; i < n; {
		run := i
		for run < n && entries[8*run+7]&0xc0 != 0 { // bit 63 present, 62 swapped
			run++
		}
		if run == i {
			i++
			continue
		}
		length := min((run-i)*page+overlap, end-start-i*page)
		got, _ := m.mem.ReadAt(buffer[:length], start+i*page) // what is not there reads short
		piece(buffer[:got])
		i = run
	}
}

// Tree returns the processes below pid, itself included.
func Tree(pid int) ([]int, error) {
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
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
	return all, nil
}

// Marked returns the processes whose environment holds the text, wherever
// they hang in the tree by now.
func Marked(text string) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, path := range files {
		data, err := os.ReadFile(path)
		if pid, bad := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && bad == nil && strings.Contains(string(data), text) {
			found = append(found, pid)
		}
	}
	return found, nil
}

// Holding returns the processes whose memory holds text, as bytes or in
// UTF-16: for what cannot be one of the canaries of a Set.
func Holding(text string, pids ...int) (names []string) {
	forms := [][]byte{[]byte(text), wide(text)}
	for _, pid := range pids {
		m, err := openMemory(pid)
		if err != nil {
			continue // ended meanwhile
		}
		held := false
		m.read(func(piece []byte) {
			held = held || slices.ContainsFunc(forms, func(f []byte) bool { return bytes.Contains(piece, f) })
		})
		m.close()
		if held {
			names = append(names, Name(pid))
		}
	}
	return names
}
