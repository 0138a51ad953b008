// Package wipe ends what is left of a view and proves that nothing is: no
// process, no mount, no cgroup, no file. A session is over only when the proof succeeds;
// everything else is an error that says in words what is left and why, with
// counts, kinds and process names, never with a file's name or content. What
// has passed through the daemon's own memory is overwritten too (OverwriteFreed).
//
// It is an adapter: main builds it, the loop calls it, and nothing else
// imports it.
//
// A process is recognised by the mark in its environment, by its pid namespace
// and by its parents, a mount by the mark too, which kiosk/view writes into the
// source of every file system it makes. Inode numbers of namespaces alone prove
// nothing: the kernel gives the number of a dead namespace to the next one.
// Without root only processes of the daemon's own user can be looked at; views
// then run as that user and cannot become another.
package wipe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/kiosk/view/wire"
)

// DefaultTimeout bounds one wipe when Wiper.Timeout is zero: below the five
// seconds that the session allows. A view that has filled its memory and its
// files takes two on a busy machine.
const DefaultTimeout = 4 * time.Second

// Wiper wipes the views below one directory.
type Wiper struct {
	Dir     string        // absolute path: view.Config.Dir
	Cgroups string        // directory of the cgroups of views: view.Pool.Cgroups; "" = there are none
	Timeout time.Duration // for one Wipe or Clean; 0 = DefaultTimeout
}

// Wipe ends the tree that t tells of, removes its directory, and returns nil
// only when it has seen that nothing of it is left. It never takes much longer
// than Timeout. It may be called again with the same traces.
func (w *Wiper) Wipe(ctx context.Context, t wire.Traces) error {
	dir := filepath.Clean(w.Dir)
	prefix := wire.MarkPrefix(dir)
	if t.PID <= 0 || len(t.Mark) <= len(prefix) || !strings.HasPrefix(t.Mark, prefix) ||
		!filepath.IsAbs(t.Dir) || filepath.Dir(filepath.Clean(t.Dir)) != dir || !w.owns(t.Cgroup) {
		return fmt.Errorf("wipe view %d: its traces are not those of a view below %q", t.View, dir)
	}
	s := suspect{mark: t.Mark, pid: t.PID, pidns: t.PIDNamespace}
	s.dir = filepath.Join(resolved(dir), filepath.Base(t.Dir))
	s.below = s.dir + "/"
	if err := w.erase(ctx, s, []string{t.Cgroup}, t.Dir); err != nil {
		return fmt.Errorf("wipe view %d: %w", t.View, err)
	}
	return nil
}

// owns says whether a cgroup is one of a view, or none.
func (w *Wiper) owns(cgroup string) bool {
	return cgroup == "" || w.Cgroups != "" && filepath.Clean(cgroup) == cgroup &&
		filepath.Dir(cgroup) == filepath.Clean(w.Cgroups) && strings.HasPrefix(filepath.Base(cgroup), cgroupOfView)
}

// Clean does the same at power-on for whatever a crash of the daemon left of
// any view below Dir. Dir itself stays. No view may be running.
func (w *Wiper) Clean(ctx context.Context) error {
	dir := filepath.Clean(w.Dir)
	if !filepath.IsAbs(dir) || dir == "/" {
		return fmt.Errorf("clean views: directory %q is not an absolute path below the root", w.Dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("clean views: %w", err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	cgroups, err := leftCgroups(w.Cgroups)
	if err != nil {
		return fmt.Errorf("clean views: %w", err)
	}
	if err := w.erase(ctx, suspect{mark: wire.MarkPrefix(dir), below: resolved(dir) + "/"}, cgroups, paths...); err != nil {
		return fmt.Errorf("clean views: %w", err)
	}
	return nil
}

// resolved is the path under which the kernel lists mounts.
func resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

func (w *Wiper) erase(ctx context.Context, s suspect, cgroups []string, paths ...string) error {
	timeout := w.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// A process or cgroup that stays must not keep the files from being removed.
	ending, cancelEnding := context.WithTimeout(ctx, timeout*3/4)
	defer cancelEnding()
	left, err := s.end(ending)
	if err != nil {
		return err
	}
	for _, dir := range cgroups {
		left = append(left, removeCgroup(ending, dir)...)
	}
	for _, path := range paths {
		kinds, err := remove(ctx, path)
		if err != nil {
			return err
		}
		left = append(left, kinds...)
	}
	if len(left) > 0 {
		return errors.New("left behind: " + strings.Join(left, "; "))
	}
	forget()
	return nil
}

// end kills and unmounts until a look at everything finds nothing, and says
// what was left when time was up.
func (s suspect) end(ctx context.Context) ([]string, error) {
	s.await(ctx)
	for pause := time.Millisecond; ; pause = min(2*pause, 32*time.Millisecond) {
		seen, err := s.look()
		if err != nil {
			return nil, err
		}
		if seen.nothing() {
			return nil, nil
		}
		seen.unmount()
		for _, p := range seen.processes {
			// Without a pid namespace the first process goes last: the others
			// are known by it.
			if s.pidns != 0 || p.pid != s.pid || len(seen.processes) == 1 {
				p.kill()
			}
		}
		select {
		case <-ctx.Done():
			return seen.words(), nil
		case <-time.After(pause):
		}
	}
}
