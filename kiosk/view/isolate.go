package view

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// isolate finds out what holds here by doing it once.
func (p *Pool) isolate(ctx context.Context) error {
	refused := p.config.refuse
	var checks []Check
	if refused == nil {
		checks, refused = p.try(ctx, false)
	}
	if refused == nil {
		p.settle(Isolation{Level: Full, Checks: checks})
		return nil
	}
	refused = fmt.Errorf("open views: %w: %w%s", ErrIsolation, refused, kernelHint())
	if !p.config.WeakIsolation {
		return refused
	}
	checks, err := p.try(ctx, true)
	if err != nil {
		return fmt.Errorf("open views: %w", err)
	}
	p.settle(Isolation{Level: Weak, Checks: checks, Why: refused})
	return nil
}

// settle notes and logs what holds.
func (p *Pool) settle(i Isolation) {
	i.MemoryLimitMiB = p.config.MemoryLimitMiB
	p.mu.Lock()
	p.isolation = i
	p.mu.Unlock()
	p.config.Log.Info("views are isolated", "level", i.Level, "memory_limit_mib", i.MemoryLimitMiB)
	for _, c := range i.Checks {
		if !c.Holds {
			p.config.Log.Warn("does not hold for views", "what", c.Name, "why", c.Why)
		}
	}
}

// try builds the surroundings of a view, has its first process give up
// everything, looks at that, and leaves it all again.
func (p *Pool) try(ctx context.Context, weak bool) ([]Check, error) {
	os.RemoveAll(filepath.Join(p.config.Dir, "0")) // of a try that was cut short
	if p.cgroups != "" {
		removeCgroup(filepath.Join(p.cgroups, cgroupOfView+"0"))
	}
	v, err := p.begin(ctx, 0, weak, true)
	if err != nil {
		return nil, err
	}
	defer v.discard()
	if err := v.letGo(ctx); err != nil {
		return nil, err
	}
	return p.inspect(v)
}

// kernelHint names the switch that forbids namespaces, where there is one.
func kernelHint() string {
	for path, closed := range map[string]string{
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1", // Ubuntu 24.04
		"/proc/sys/kernel/unprivileged_userns_clone":             "0", // Debian before 11
		"/proc/sys/user/max_user_namespaces":                     "0",
	} {
		value, err := os.ReadFile(path)
		if err == nil && strings.TrimSpace(string(value)) == closed && os.Getuid() != 0 {
			return fmt.Sprintf(" (%s is %s)", path, closed)
		}
	}
	return ""
}

// number is that of the X display, without the screen.
func (d *Display) number() string {
	number, _, _ := strings.Cut(strings.TrimPrefix(d.X11, ":"), ".")
	return number
}

func (d *Display) complete() error {
	if _, err := strconv.ParseUint(d.number(), 10, 16); d.X11 != "" && (err != nil || d.X11[0] != ':') {
		return fmt.Errorf("display %q is not on this machine", d.X11)
	}
	if d.X11 != "" && d.X11Socket == "" {
		d.X11Socket = "/tmp/.X11-unix/X" + d.number()
	}
	for _, path := range []string{d.X11Socket, d.WaylandSocket, d.AccessBus} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("use display: %w", err)
		}
		if info.Mode().Type() != os.ModeSocket || !filepath.IsAbs(path) {
			return fmt.Errorf("use display: %q is not the absolute path of a socket", path)
		}
	}
	return nil
}

// listen opens the view's only way out.
func listen(weak bool) (*os.File, error) {
	address := "127.0.0.1:3128"
	if weak {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.(*net.TCPListener).File()
}
