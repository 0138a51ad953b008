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
	if refused == nil {
		refused = p.try(ctx, false)
	}
	if refused == nil {
		p.isolation = Isolation{Level: Full, Holds: []string{
			"own process, mount, network, IPC and host name namespaces",
			"private root directory: programs, fonts and certificates, read-only",
			"files only in memory, gone with the last process",
			"no network but one loopback listener, served by the daemon",
			"no capabilities, no new privileges, no core dumps",
		}}
		if os.Getuid() == 0 {
			p.isolation.Holds = append(p.isolation.Holds, "a user of its own")
		}
		return nil
	}
	refused = fmt.Errorf("open views: %w: %w%s", ErrIsolation, refused, kernelHint())
	if !p.config.WeakIsolation {
		return refused
	}
	if err := p.try(ctx, true); err != nil {
		return fmt.Errorf("open views: %w", err)
	}
	p.isolation = Isolation{Level: Weak, Why: refused, Holds: []string{
		"own session and directories",
		"no capabilities, no new privileges, no core dumps",
	}}
	return nil
}

// try builds the surroundings of a view and leaves them again.
func (p *Pool) try(ctx context.Context, weak bool) error {
	os.RemoveAll(filepath.Join(p.config.Dir, "0")) // of a try that was cut short
	v, err := p.begin(ctx, 0, weak)
	if err != nil {
		return err
	}
	v.discard()
	return nil
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
