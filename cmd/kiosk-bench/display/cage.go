package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jezek/xgb/xproto"
)

// startCage nests cage in the X server, makes it fill the screen and waits
// until it does.
func (s *Screen) startCage(ctx context.Context) error {
	program, err := find("cage", "cage")
	if err != nil {
		return err
	}
	runtime := s.path("run")
	if err := s.ownDir(runtime); err != nil {
		return err
	}
	const magenta = 0xff00ff
	if err := s.paintRoot(magenta); err != nil {
		return err
	}
	p, err := s.runCage(program, runtime)
	if err != nil {
		return err
	}
	if err := s.fillWithCage(ctx, p, runtime); err != nil {
		return errors.Join(fmt.Errorf("nest cage: %w", err), p.stop(), s.paintRoot(0))
	}
	return s.paintRoot(0)
}

// ownDir makes a directory that only the compositor's user may enter.
func (s *Screen) ownDir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		return os.Chown(path, s.options.UID, s.options.GID)
	}
	return nil
}

// unprivileged makes cmd run as the compositor's user when we are root.
func (s *Screen) unprivileged(cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{
			Uid: uint32(s.options.UID), Gid: uint32(s.options.GID)}}
	}
}

// runCage starts cage. It wants a first client and ends with it; that one is
// cat at the end of a pipe which only we hold, so that it ends when we do. To
// SIGTERM cage 0.1.4 answers with an abort, which leaves files behind.
//
// wlroots checks that Xwayland is there, but starts it only when an X client
// connects, and the kiosk has none: false stands in for it.
func (s *Screen) runCage(program, runtime string) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command(program, "-d", "--", "cat")
	cmd.Stdin = r
	cmd.Dir = runtime
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + runtime, "XDG_RUNTIME_DIR=" + runtime, overwriteFreed,
		"DISPLAY=" + s.client.X11, "XAUTHORITY=" + s.client.Xauthority,
		"WLR_BACKENDS=x11", "WLR_X11_OUTPUTS=1", "WLR_RENDERER=pixman", "WLR_XWAYLAND=/bin/false",
		"XKB_DEFAULT_RULES=" + xkbRules, "XKB_DEFAULT_MODEL=" + xkbModel,
		"XKB_DEFAULT_LAYOUT=" + xkbLayout, "XKB_DEFAULT_VARIANT=" + xkbVariant,
	}
	s.unprivileged(cmd)
	p, err := s.keeper.start("cage", cmd, s.path("cage.log"))
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	p.quit = func() { _ = w.Close() }
	p.after = func() { _ = w.Close(); unlock(p.pid) }
	return p, nil
}

// unlock removes what a cage that crashed leaves of the X display that
// wlroots reserves for Xwayland: the lock file, which holds its process
// number, and the socket.
func unlock(pid int) {
	locks, _ := filepath.Glob("/tmp/.X*-lock")
	for _, lock := range locks {
		text, err := os.ReadFile(lock)
		if err != nil || strings.Trim(string(text), " \n\x00") != strconv.Itoa(pid) {
			continue
		}
		number := strings.TrimSuffix(strings.TrimPrefix(lock, "/tmp/.X"), "-lock")
		_ = os.Remove("/tmp/.X11-unix/X" + number)
		_ = os.Remove(lock)
	}
}

// fillWithCage waits for cage's window and socket, sizes the window, which
// wlroots makes 1024x768, and waits until cage has drawn its black into every
// corner of the magenta screen.
func (s *Screen) fillWithCage(ctx context.Context, p *process, runtime string) error {
	var window xproto.Window
	err := p.until(ctx, "window", func() bool {
		tree, err := xproto.QueryTree(s.x.conn, s.x.screen.Root).Reply()
		if err != nil || len(tree.Children) == 0 {
			return false
		}
		window = tree.Children[0]
		attributes, err := xproto.GetWindowAttributes(s.x.conn, window).Reply()
		return err == nil && attributes.MapState == xproto.MapStateViewable
	})
	if err != nil {
		return err
	}
	var socket string
	err = p.until(ctx, "socket", func() bool { socket = firstSocket(runtime); return socket != "" })
	if err != nil {
		return err
	}
	if err := s.fit(window); err != nil {
		return err
	}
	if err := p.until(ctx, "black frame in every corner", s.isBlack); err != nil {
		return err
	}
	// The directory around it keeps others out. A view in namespaces is handed
	// the socket alone, and then needs permission to write to it.
	if err := os.Chmod(socket, 0o777); err != nil {
		return err
	}
	s.client.WaylandSocket = socket
	return nil
}

// fit makes a window fill the screen and gives it the keyboard.
func (s *Screen) fit(window xproto.Window) error {
	size := s.options.Size
	err := xproto.ConfigureWindowChecked(s.x.conn, window,
		xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|
			xproto.ConfigWindowHeight|xproto.ConfigWindowBorderWidth,
		[]uint32{0, 0, uint32(size.X), uint32(size.Y), 0}).Check()
	if err != nil {
		return fmt.Errorf("size window: %w", err)
	}
	err = xproto.SetInputFocusChecked(s.x.conn, xproto.InputFocusPointerRoot, window, xproto.TimeCurrentTime).Check()
	if err != nil {
		return fmt.Errorf("focus window: %w", err)
	}
	return nil
}

// isBlack reports whether the four corners of the screen are black.
func (s *Screen) isBlack() bool {
	far := s.options.Size.Sub(image.Pt(1, 1))
	corners, err := s.x.colours([]image.Point{{}, {far.X, 0}, {0, far.Y}, far})
	for _, c := range corners {
		if c != (color.RGBA{A: 255}) {
			return false
		}
	}
	return err == nil
}

// firstSocket returns the path of the compositor's socket, or "".
func firstSocket(runtime string) string {
	found, _ := filepath.Glob(filepath.Join(runtime, "wayland-*"))
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && info.Mode().Type() == os.ModeSocket {
			return path
		}
	}
	return ""
}

// paintRoot gives the X server's own window a colour, 0xRRGGBB.
func (s *Screen) paintRoot(rgb uint32) error {
	root := s.x.screen.Root
	err := xproto.ChangeWindowAttributesChecked(s.x.conn, root, xproto.CwBackPixel, []uint32{rgb}).Check()
	if err != nil {
		return fmt.Errorf("paint root window: %w", err)
	}
	return xproto.ClearAreaChecked(s.x.conn, false, root, 0, 0, 0, 0).Check()
}
