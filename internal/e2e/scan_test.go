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

// inMemory counts the canary in the readable memory of a process.
func inMemory(t *testing.T, pid int, canary string) int {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0 // ended meanwhile
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return 0
	}
	defer mem.Close()
	count := 0
	for s := bufio.NewScanner(maps); s.Scan(); {
		fields := strings.Fields(s.Text())
		from, to, ok := strings.Cut(fields[0], "-")
		if !ok || !strings.HasPrefix(fields[1], "r") || len(fields) > 5 && strings.HasPrefix(fields[5], "[v") {
			continue
		}
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("maps line %q", s.Text())
		}
		count += inRange(mem, int64(start), int64(end), canary)
	}
	return count
}

func inRange(mem *os.File, start, end int64, canary string) int {
	const chunk = 4 << 20
	buffer := make([]byte, chunk+256)
	count := 0
	for at := start; at < end; at += chunk {
		n, _ := mem.ReadAt(buffer[:min(int64(len(buffer)), end-at)], at) // a page that is not there reads short
		for _, form := range forms(canary) {
			count += bytes.Count(buffer[:n], form)
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
