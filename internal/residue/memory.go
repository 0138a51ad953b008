package residue

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Memory searches the memory of processes: the pages that are there. An engine
// reserves many times what the machine has; to read that would make the kernel
// fill it in. A process that has ended is passed over.
func (s *Set) Memory(found Found, pids ...int) {
	for _, pid := range pids {
		m, err := openMemory(pid)
		if err != nil {
			continue // ended meanwhile
		}
		where := "memory of " + Name(pid)
		for _, r := range m.regions() {
			m.read(r, func(piece []byte) { s.Search(piece, where, found) })
		}
		m.close()
	}
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
		if !strings.HasPrefix(fields[1], "r") || len(fields) > 5 && unwritten(fields[1], fields[5]) {
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

// unwritten says of a mapping that the process could not write into it: the
// kernel's own page, or what it has of an installed program or library.
func unwritten(permissions, path string) bool {
	return strings.HasPrefix(path, "[v") || !strings.Contains(permissions, "w") &&
		(strings.HasPrefix(path, "/usr/") || strings.HasPrefix(path, "/lib"))
}

// read hands over runs of pages that are present, with some overlap where a
// run is longer than the buffer.
func (m *memory) read(r region, piece func([]byte)) {
	const page = 4096
	const most = 1024 // pages at once
	entries := make([]byte, 8*most)
	buffer := make([]byte, page*most+overlap)
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
			piece(buffer[:got])
			i = run
		}
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
