package wipe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// visitMounts looks at the mounts a process sees, once for each mount
// namespace, and says whether the process sees one of the suspect's by its
// mark. Mounts at or below the directory count wherever they are.
func (l *lookout) visitMounts(name string) (bool, error) {
	namespace, err := namespaceOf(name, "mnt")
	if err != nil {
		return false, nil // it has ended
	}
	if marked, visited := l.mounts[namespace]; visited {
		return marked, nil
	}
	table, err := os.ReadFile("/proc/" + name + "/mountinfo")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ESRCH) {
		return false, nil // it has ended, or is not ours to look at; the next one in that namespace will do
	}
	if err != nil {
		return false, fmt.Errorf("read mounts: %w", err)
	}
	own := namespace == l.ownMounts
	marked := false
	for line := range strings.Lines(string(table)) {
		point, source, ok := parseMount(line)
		byMark := ok && strings.HasPrefix(source, l.mark)
		switch {
		case !ok || !byMark && !l.holds(point):
		case own:
			l.seen.mounts = append(l.seen.mounts, point)
		default:
			l.seen.elsewhere++
			marked = marked || byMark
		}
	}
	l.mounts[namespace] = marked
	return marked, nil
}

// parseMount reads a line of proc_pid_mountinfo(5).
func parseMount(line string) (point, source string, ok bool) {
	before, after, found := strings.Cut(line, " - ")
	fields, more := strings.Fields(before), strings.Fields(after)
	if !found || len(fields) < 6 || len(more) < 2 {
		return "", "", false
	}
	return unescape(fields[4]), unescape(more[1]), true
}

// unescape undoes the kernel's \ooo for blanks and backslashes.
func unescape(s string) string {
	for i := strings.IndexByte(s, '\\'); i >= 0 && i+4 <= len(s); {
		c, err := strconv.ParseUint(s[i+1:i+4], 8, 8)
		if err != nil {
			return s
		}
		s = s[:i] + string([]byte{byte(c)}) + s[i+4:]
		next := strings.IndexByte(s[i+1:], '\\')
		if next < 0 {
			return s
		}
		i += 1 + next
	}
	return s
}

// holds says whether a mount point lies where the suspect's files are.
func (s suspect) holds(point string) bool {
	return s.dir != "" && point == s.dir || s.below != "" && strings.HasPrefix(point, s.below)
}

// unmount takes away what is mounted in our own namespace, innermost first. A
// busy mount stays: detaching it would only hide it.
func (s *seen) unmount() {
	for i := len(s.mounts) - 1; i >= 0; i-- {
		if err := unix.Unmount(s.mounts[i], unix.UMOUNT_NOFOLLOW); err != nil {
			s.unmounted = err
		}
	}
}
