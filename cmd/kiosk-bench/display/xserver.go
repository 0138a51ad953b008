package display

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The keyboard of the screen: French, in the variant that has every letter,
// quotation mark and dash of French on a key. Server and compositor are told
// the same, since key codes travel through both.
const (
	xkbRules   = "evdev"
	xkbModel   = "pc105"
	xkbLayout  = "fr"
	xkbVariant = "oss"
)

// errNoSocket says that the file of an X server's socket has been removed.
var errNoSocket = errors.New("somebody removed its socket")

// mostServers is how many are started until one keeps its socket.
const mostServers = 5

// startX starts the X server, connects to it and gives it its keyboard. A
// server that is just ending, of whomever, gives up its number before it
// removes the file of its socket, which is ours by then: another is started.
func (s *Screen) startX(ctx context.Context) error {
	s.cookie = newCookie()
	s.client.Xauthority = s.path("Xauthority")
	if err := writeAuthority(s.client.Xauthority, s.cookie, s.options.UID, s.options.GID); err != nil {
		return err
	}
	for servers := 1; ; servers++ {
		err := s.startServer(ctx)
		if !errors.Is(err, errNoSocket) || servers == mostServers {
			return err
		}
		s.options.Log.Info("another X server", "display", s.client.X11, "why", err)
		if s.x != nil {
			s.x.close()
			s.x = nil
		}
		if err := s.keeper.drop(); err != nil {
			return err
		}
	}
}

// startServer is one try of startX.
func (s *Screen) startServer(ctx context.Context) error {
	number, err := s.runXvfb(ctx)
	if err != nil {
		return err
	}
	s.client.X11 = ":" + number
	s.client.X11Socket = "/tmp/.X11-unix/X" + number
	if s.x, err = dial(s.client.X11Socket, s.cookie); err != nil {
		return fmt.Errorf("connect to display %q: %w", s.client.X11, errors.Join(err, s.socketGone()))
	}
	if err := s.setKeyboard(ctx); err != nil {
		return errors.Join(err, s.socketGone())
	}
	if s.layout, err = readLayout(s.x); err != nil {
		return err
	}
	return s.socketGone()
}

func (s *Screen) socketGone() error {
	if _, err := os.Stat(s.client.X11Socket); errors.Is(err, fs.ErrNotExist) {
		return errNoSocket
	}
	return nil
}

// runXvfb starts Xvfb and returns the number of the display it chose. It has
// no cursor, as the kiosk has a touch screen, no keys that change how keys work
// when pressed often or long, and does not reset when its last client leaves,
// which would undo the keyboard.
func (s *Screen) runXvfb(ctx context.Context) (number string, err error) {
	program, err := find("Xvfb", "xvfb")
	if err != nil {
		return "", err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	cmd := exec.Command(program, "-displayfd", "3",
		"-screen", "0", fmt.Sprintf("%dx%dx24", s.options.Size.X, s.options.Size.Y),
		"-auth", s.client.Xauthority, "-nolisten", "tcp", "-nocursor", "-accessx", "-noreset", "-s", "0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + s.dir, overwriteFreed}
	cmd.ExtraFiles = []*os.File{w}
	p, err := s.keeper.start("Xvfb", cmd, s.path("xvfb.log"))
	_ = w.Close()
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = r.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_ = r.SetReadDeadline(time.Now().Add(patience))
	answer, err := io.ReadAll(r)
	number = strings.TrimSpace(string(answer))
	if _, bad := strconv.ParseUint(number, 10, 16); bad != nil || err != nil {
		return "", fmt.Errorf("start Xvfb: no display number (%w); %s",
			errors.Join(err, ctx.Err(), bad), p.said())
	}
	return number, nil
}

// setKeyboard loads the keyboard. Nothing but setxkbmap, which comes with
// Xvfb, can do that: Xvfb takes no layout on its command line.
func (s *Screen) setKeyboard(ctx context.Context) error {
	program, err := find("setxkbmap", "x11-xkb-utils")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-display", s.client.X11, "-rules", xkbRules,
		"-model", xkbModel, "-layout", xkbLayout, "-variant", xkbVariant, "-option", "")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + s.dir,
		"XAUTHORITY=" + s.client.Xauthority}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("set keyboard %q: %w: %s", xkbLayout, err, strings.TrimSpace(string(out)))
	}
	return nil
}
