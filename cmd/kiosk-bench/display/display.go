// Package display is the screen of the bench: a private X server in memory,
// with the compositor of the box nested in it where that works. It shows real
// pixels to whoever asks and makes real input events, through the X protocol
// itself and without any program besides Xvfb, setxkbmap and cage.
//
// Only cmd/kiosk-bench and tests may import it. The developer's own desktop
// is never the screen: a tap would move their pointer and a typed text could
// land in another window. With Options.Display the private screen is shown in
// a window there, which passes clicks and keys on.
package display

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Compositors.
const (
	Auto = "auto" // cage where it works, else plain X
	X11  = "x11"  // clients draw straight on the X server
	Cage = "cage" // clients draw on cage, nested in the X server
)

// nobody is the user and group that root gives cage, which refuses to run as
// root.
const nobody = 65534

// patience is how long a server may take to become usable.
const patience = 10 * time.Second

// Options of a Screen. The zero value is useful.
type Options struct {
	Size       image.Point // in pixels; zero = 1280x800
	Compositor string      // Auto, X11 or Cage; "" = Auto
	Display    string      // an X display such as ":0" on which to show the screen in a window; "" = nowhere
	Dir        string      // where to put the screen's own directory; "" = the system's temporary one. UID must be able to reach it
	UID, GID   int         // whom compositor and accessibility bus run as when we are root; 0 = nobody. Clients without namespaces must run as the same
	Log        *slog.Logger
}

// complete fills in what was left out, and refuses what makes no sense.
func (o *Options) complete() error {
	if o.Size == (image.Point{}) {
		o.Size = image.Pt(1280, 800)
	}
	if o.Size.X < 64 || o.Size.Y < 64 || o.Size.X > 8192 || o.Size.Y > 8192 {
		return fmt.Errorf("open screen of %dx%d: not between 64x64 and 8192x8192", o.Size.X, o.Size.Y)
	}
	switch o.Compositor {
	case "":
		o.Compositor = Auto
	case Auto, X11, Cage:
	default:
		return fmt.Errorf("open screen on %q: not one of auto, x11, cage", o.Compositor)
	}
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	if o.UID == 0 {
		o.UID, o.GID = nobody, nobody
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Client is what a program needs to draw on the screen. Paths are absolute.
type Client struct {
	X11           string // DISPLAY; set even when a compositor is there
	X11Socket     string
	Xauthority    string
	WaylandSocket string // of the compositor; "" = draw on X11
	AccessBus     string // socket of the AT-SPI bus; "" = none. It lets in every user that the machine knows by name
}

// Screen is one private screen. Its methods may be called from any goroutine.
type Screen struct {
	options Options
	dir     string
	cookie  []byte
	client  Client
	why     string // why the compositor is not what was asked for first
	keeper  *keeper
	x       *link // of Capture and of input
	mirror  *mirror

	input  sync.Mutex // held for one tap, text or key at a time
	layout *layout    // belongs to input

	closing  sync.Once
	closeErr error
}

// Open starts a screen. It returns when clients can connect to it, within
// about 20 s in the worst case. Close ends it; if this process dies, so does
// everything that Open started.
func Open(ctx context.Context, o Options) (*Screen, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "screen-")
	if err != nil {
		return nil, fmt.Errorf("make directory of screen: %w", err)
	}
	s := &Screen{options: o, dir: dir, keeper: newKeeper()}
	if err := s.open(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Screen) open(ctx context.Context) error {
	if err := os.Chmod(s.dir, 0o711); err != nil { // the compositor's user passes through it
		return err
	}
	if err := s.startX(ctx); err != nil {
		return err
	}
	if err := s.compose(ctx); err != nil {
		return err
	}
	if err := s.startAccess(ctx); err != nil {
		s.options.Log.Info("no accessibility bus", "why", err)
	}
	if s.options.Display == "" {
		return nil
	}
	m, err := openMirror(s, s.options.Display)
	if err != nil {
		return fmt.Errorf("show screen on display %q: %w", s.options.Display, err)
	}
	s.mirror = m
	return nil
}

// compose starts the compositor, or says why there is none.
func (s *Screen) compose(ctx context.Context) error {
	if s.options.Compositor == X11 {
		return nil
	}
	err := s.startCage(ctx)
	if err == nil {
		return nil
	}
	if s.options.Compositor == Cage || ctx.Err() != nil {
		return err
	}
	s.why = err.Error()
	s.options.Log.Info("no compositor, drawing on plain X", "why", err)
	return nil
}

// Client returns what a program needs to draw on the screen.
func (s *Screen) Client() Client { return s.client }

// Size returns the size of the screen in pixels.
func (s *Screen) Size() image.Point { return s.options.Size }

// Compositor returns X11 or Cage, and with Auto and X11 why it is not cage.
func (s *Screen) Compositor() (name, why string) {
	if s.client.WaylandSocket != "" {
		return Cage, ""
	}
	return X11, s.why
}

// Gone is closed when the X server has ended.
func (s *Screen) Gone() <-chan struct{} { return s.x.gone }

// WindowClosed is closed when the window on Options.Display was closed by
// hand or with its display; the screen runs on. nil without such a window.
func (s *Screen) WindowClosed() <-chan struct{} {
	if s.mirror == nil {
		return nil
	}
	return s.mirror.closed
}

// Close ends the screen and everything that was started for it, within a few
// seconds, and removes its files.
func (s *Screen) Close() error {
	s.closing.Do(func() {
		if s.mirror != nil {
			s.mirror.close()
		}
		if s.x != nil {
			s.x.close()
		}
		err := s.keeper.stop()
		s.closeErr = errors.Join(err, os.RemoveAll(s.dir))
	})
	return s.closeErr
}

// path returns the path of one of the screen's own files.
func (s *Screen) path(name string) string { return filepath.Join(s.dir, name) }
