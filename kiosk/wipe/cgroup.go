package wipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cgroupOfView is how the names of views' cgroups begin; kiosk/view makes them.
const cgroupOfView = "view-"

// leftCgroups returns the cgroups of views below dir, which a daemon that
// crashed has left. Where systemd has given the daemon a new cgroup there is
// none.
func leftCgroups(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), cgroupOfView) {
			left = append(left, filepath.Join(dir, e.Name()))
		}
	}
	return left, nil
}

// removeCgroup ends what is in a cgroup and removes it, which the kernel allows
// once nothing is in it any more. It returns what is left, in words.
func removeCgroup(ctx context.Context, dir string) []string {
	if dir == "" {
		return nil
	}
	for pause := time.Millisecond; ; pause = min(2*pause, 32*time.Millisecond) {
		err := os.Remove(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			continue // and see that it is gone
		}
		_ = os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0) // Linux before 5.14 has no such file
		select {
		case <-ctx.Done():
			members, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			return []string{fmt.Sprintf("a cgroup with %d processes (%v)", len(strings.Fields(string(members))), errors.Unwrap(err))}
		case <-time.After(pause):
		}
	}
}
