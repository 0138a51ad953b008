package view

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// place is where a view finds things.
type place struct {
	command string // path of its program
	home    string
	env     []string
}

// held are the files of the machine that are bound into the private root.
type held struct {
	command, x11, wayland, access int // file descriptors; 0 = not there
	cookie                        []byte
}

// bound is a held file and where the view finds it.
type bound struct {
	fd   int
	path string
}

// hold opens them without any access: a handle to bind from is enough.
func (p plan) hold() (held, error) {
	var h held
	for _, f := range []struct {
		path string
		fd   *int
	}{
		{p.Command[0], &h.command}, {p.Display.X11Socket, &h.x11},
		{p.Display.WaylandSocket, &h.wayland}, {p.Display.AccessBus, &h.access},
	} {
		if f.path == "" {
			continue
		}
		fd, err := unix.Open(f.path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return held{}, fmt.Errorf("open %q: %w", f.path, err)
		}
		*f.fd = fd
	}
	var err error
	h.cookie, err = p.cookie()
	return h, err
}

func (p plan) cookie() ([]byte, error) {
	if p.Display.Xauthority == "" {
		return nil, nil
	}
	return os.ReadFile(p.Display.Xauthority)
}

// furnish puts the command and the sockets into the private root.
func (p plan) furnish(r tree, h held) (place, error) {
	const runtime, home, own = "/run/view", "/home/view", "/run/guichet"
	pl := place{command: own + "/" + filepath.Base(p.Command[0]), home: home}
	if err := r.parents(own + "/x"); err != nil {
		return place{}, err
	}
	for _, dir := range []string{home, runtime} {
		if err := p.give(r.in(dir)); err != nil {
			return place{}, err
		}
	}
	links := displayLinks{home: home, tmp: "/tmp", runtime: runtime}
	binds := []bound{{h.command, pl.command}}
	if h.x11 != 0 {
		binds = append(binds, bound{h.x11, "/tmp/.X11-unix/X" + p.Display.number()})
	}
	if h.wayland != 0 {
		links.wayland = filepath.Base(p.Display.WaylandSocket)
		binds = append(binds, bound{h.wayland, runtime + "/" + links.wayland})
	}
	if h.access != 0 {
		links.access = own + "/at-spi-bus"
		binds = append(binds, bound{h.access, links.access})
	}
	for _, b := range binds {
		if err := r.bind(handle(b.fd), b.path, restricted); err != nil {
			return place{}, err
		}
	}
	if h.cookie != nil {
		links.cookie = runtime + "/Xauthority"
		if err := p.write(r.in(links.cookie), h.cookie); err != nil {
			return place{}, err
		}
	}
	pl.env = p.environ(links)
	return pl, nil
}

// directories is the weak counterpart of a private root.
func (p plan) directories() (place, error) {
	links := displayLinks{home: p.Dir + "/home", tmp: p.Dir + "/tmp", runtime: p.Dir + "/run",
		access: p.Display.AccessBus}
	for _, dir := range []string{p.Dir, links.home, links.tmp, links.runtime} {
		if err := p.give(dir); err != nil {
			return place{}, err
		}
	}
	cookie, err := p.cookie()
	if err != nil {
		return place{}, err
	}
	if cookie != nil {
		links.cookie = links.runtime + "/Xauthority"
		if err := p.write(links.cookie, cookie); err != nil {
			return place{}, err
		}
	}
	if socket := p.Display.WaylandSocket; socket != "" {
		links.wayland = filepath.Base(socket)
		if err := os.Symlink(socket, links.runtime+"/"+links.wayland); err != nil {
			return place{}, err
		}
	}
	if p.Root { // the view's user has to get through to its own directory
		if err := os.Chmod(filepath.Dir(p.Dir), 0o711); err != nil {
			return place{}, err
		}
	}
	return place{command: handle(fdCommand), home: links.home, env: p.environ(links)}, nil
}

// give makes a directory that belongs to the view's user.
func (p plan) give(dir string) error {
	if err := makeDir(dir, 0o700); err != nil {
		return err
	}
	if !p.Root {
		return nil
	}
	return os.Chown(dir, p.UID, p.GID)
}

func (p plan) write(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	if !p.Root {
		return nil
	}
	return os.Chown(path, p.UID, p.GID)
}

// displayLinks are the paths that go into the environment.
type displayLinks struct {
	home, tmp, runtime string
	access, cookie     string // "" = not there
	wayland            string // in runtime: WebKit's sandbox looks nowhere else; "" = not there
}

// environ is all a view knows from its environment: nothing is inherited.
// JSC_SIGNAL_FOR_GC keeps the engine off SIGUSR1, the rest keeps libraries from
// starting services or writing caches.
func (p plan) environ(l displayLinks) []string {
	env := []string{
		p.Mark,
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=C.UTF-8",
		"LANGUAGE=" + p.Words,
		"HOME=" + l.home,
		"TMPDIR=" + l.tmp,
		"XDG_RUNTIME_DIR=" + l.runtime,
		"XDG_CACHE_HOME=" + l.home + "/.cache",
		"XDG_CONFIG_HOME=" + l.home + "/.config",
		"XDG_DATA_HOME=" + l.home + "/.local/share",
		"XDG_STATE_HOME=" + l.home + "/.local/state",
		"GSETTINGS_BACKEND=memory",
		"GIO_USE_VFS=local",
		"MESA_SHADER_CACHE_DISABLE=true",
		"JSC_SIGNAL_FOR_GC=35",
	}
	if l.wayland != "" {
		env = append(env, "WAYLAND_DISPLAY="+l.wayland, "GDK_BACKEND=wayland")
	} else {
		env = append(env, "DISPLAY="+p.Display.X11, "GDK_BACKEND=x11")
	}
	if l.cookie != "" {
		env = append(env, "XAUTHORITY="+l.cookie)
	}
	if l.access == "" {
		return append(env, "NO_AT_BRIDGE=1")
	}
	return append(env, "AT_SPI_BUS_ADDRESS=unix:path="+l.access)
}
