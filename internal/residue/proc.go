package residue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// memoryFS are file systems that lie in memory, by their names in mountinfo.
var memoryFS = map[string]bool{"tmpfs": true, "ramfs": true, "overlay": true, "devtmpfs": true, "mqueue": true}

// Mounts searches every file system in memory that any of the processes sees,
// in whatever mount namespace, each once. It returns how many there were.
func (s *Set) Mounts(found Found, pids ...int) (int, error) {
	seen, namespaces := map[uint64]bool{}, map[string]bool{}
	for _, pid := range pids {
		namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
		if err != nil || namespaces[namespace] {
			continue
		}
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
		if err != nil {
			continue // ended meanwhile
		}
		namespaces[namespace] = true
		for line := range strings.Lines(string(table)) {
			point := memoryMount(line)
			path := filepath.Join(fmt.Sprintf("/proc/%d/root", pid), point)
			var st unix.Stat_t
			if point == "" || unix.Stat(path, &st) != nil || seen[st.Dev] {
				continue
			}
			seen[st.Dev] = true
			if err := s.FilesSince(found, path, time.Time{}); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return len(seen), err
			}
		}
	}
	return len(seen), nil
}

// memoryMount returns the mount point of a line of proc_pid_mountinfo(5), ""
// when the file system is not one in memory.
func memoryMount(line string) string {
	before, after, ok := strings.Cut(line, " - ")
	fields, kind := strings.Fields(before), strings.Fields(after)
	if !ok || len(fields) < 5 || len(kind) < 1 || !memoryFS[kind[0]] {
		return ""
	}
	return fields[4]
}

// OpenFiles searches files that processes hold open although they have no name
// any more, shared memory included.
func (s *Set) OpenFiles(found Found, pids ...int) {
	seen := map[[2]uint64]bool{}
	for _, pid := range pids {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			continue // the pattern is well-formed
		}
		for _, link := range links {
			var st unix.Stat_t
			if unix.Stat(link, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Nlink > 0 || seen[[2]uint64{st.Dev, st.Ino}] {
				continue
			}
			seen[[2]uint64{st.Dev, st.Ino}] = true
			f, err := os.Open(link)
			if err != nil {
				continue // closed meanwhile
			}
			_ = s.Reader(found, io.LimitReader(f, 1<<30), "nameless file of "+Name(pid)) // closed meanwhile
			f.Close()
		}
	}
}

// Told searches what the kernel tells anybody about processes and the network:
// command lines, environments, names, links of open files, sockets.
func (s *Set) Told(found Found) error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		dir := filepath.Join("/proc", e.Name())
		for _, name := range []string{"cmdline", "environ", "comm", "mountinfo"} {
			if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				s.Search(data, "/proc: "+name, found)
			}
		}
		for _, name := range []string{"fd", "cwd", "exe", "root"} {
			s.links(filepath.Join(dir, name), found)
		}
	}
	files, err := filepath.Glob("/proc/net/*")
	for _, path := range files {
		if data, err := os.ReadFile(path); err == nil {
			s.Search(data, path, found)
		}
	}
	return err
}

func (s *Set) links(path string, found Found) {
	paths := []string{path}
	if entries, err := os.ReadDir(path); err == nil {
		for _, e := range entries {
			paths = append(paths, filepath.Join(path, e.Name()))
		}
	}
	for _, path := range paths {
		if target, err := os.Readlink(path); err == nil {
			s.Search([]byte(target), "/proc: links", found)
		}
	}
}

// KernelLog searches the kernel's ring buffer and the text consoles.
func (s *Set) KernelLog(found Found) error {
	const readAll, size = 3, 10 // syslog(2)
	n, err := unix.Klogctl(size, nil)
	if err != nil {
		return fmt.Errorf("read kernel log: %w", err)
	}
	buffer := make([]byte, n)
	if n, err = unix.Klogctl(readAll, buffer); err != nil {
		return fmt.Errorf("read kernel log: %w", err)
	}
	s.Search(buffer[:n], "kernel log", found)
	consoles, err := filepath.Glob("/dev/vcs*")
	for _, path := range consoles {
		if data, err := os.ReadFile(path); err == nil {
			s.Search(data, path, found)
			s.Search(bytes.ReplaceAll(data, []byte{7}, nil), path, found) // text without its colours
		}
	}
	return err
}

// Swapped returns how much of the processes' memory is on a disk, in KiB.
func Swapped(pids ...int) (total int) {
	for _, pid := range pids {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		if _, rest, ok := strings.Cut(string(status), "VmSwap:"); ok {
			if fields := strings.Fields(rest); len(fields) > 0 {
				n, _ := strconv.Atoi(fields[0])
				total += n
			}
		}
	}
	return total
}
