package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/cmd/kiosk-bench/desk"
	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/cmd/kiosk-bench/office"
	"guichet.example/hw/simboard"
	"guichet.example/kiosk"
	"guichet.example/kiosk/egress"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage/usagedb"
	"guichet.example/kiosk/view"
	"guichet.example/kiosk/view/wire"
	"guichet.example/kiosk/wipe"
)

// Of the bench's own making.
const (
	keepEvents = 4096 // a few sessions' worth for the control page
	place      = "Mairie de Ville-Démo"
)

// cleanup ends what was started, last first.
type cleanup []func() error

func (c *cleanup) add(f func() error) { *c = append(*c, f) }

func (c cleanup) run() error {
	var errs []error
	for _, f := range slices.Backward(c) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// runBench builds the bench, runs it until ctx ends and takes it down.
func runBench(ctx context.Context, flags Flags, stdout, stderr io.Writer) (err error) {
	var ends cleanup
	defer func() { err = errors.Join(err, ends.run()) }()
	log := slog.New(slog.NewTextHandler(stderr, nil))

	listener, err := control.Listen(ctx, flags.Listen)
	if err != nil {
		return &hintError{err, "is another bench running? --listen 127.0.0.1:0 takes any free port"}
	}
	ends.add(func() error { return closed(listener.Close()) })
	data, err := dataDir(flags.Data, &ends)
	if err != nil {
		return err
	}
	sites, stopSite, err := startSite(ctx, stderr)
	if err != nil {
		return err
	}
	ends.add(stopSite)
	b, parts, err := assemble(ctx, flags, data, merge(sites, flags.Map), log, &ends)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: control.Handler(b, listener.Addr().String()), ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ends.add(func() error { return ended(server.Close(), <-served) })
	fmt.Fprintf(stdout, "The kiosk is running. Its control page: http://%s/\n", listener.Addr())
	return runKiosk(ctx, b, parts)
}

// ended is what is wrong with the end of the control page's server.
func ended(closing, serving error) error {
	if errors.Is(serving, http.ErrServerClosed) {
		serving = nil
	}
	return errors.Join(closing, serving)
}

// closed passes over that somebody else closed it first.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// runKiosk runs the kiosk, again after each reboot or restart it asks for.
func runKiosk(ctx context.Context, b *box, parts kiosk.Parts) error {
	for {
		if err := b.open(ctx, &parts); err != nil {
			return err
		}
		u, err := b.openUpkeep(ctx, &parts)
		if err != nil {
			return err
		}
		k, err := kiosk.New(parts)
		if err != nil {
			return errors.Join(err, u.Close())
		}
		b.kiosk.Store(k)
		err = k.Run(ctx)
		closing := u.Close()
		if closing != nil || !errors.Is(err, kiosk.ErrReboot) && !errors.Is(err, kiosk.ErrRestart) {
			return errors.Join(err, closing)
		}
	}
}

// dataDir makes and locks the data directory: two benches on one would
// overwrite each other's counts and wipe each other's views.
func dataDir(given string, ends *cleanup) (string, error) {
	if given != "" {
		if err := os.MkdirAll(given, 0o700); err != nil {
			return "", fmt.Errorf("make data directory: %w", err)
		}
		d, err := os.Open(given)
		if err != nil {
			return "", fmt.Errorf("lock data directory: %w", err)
		}
		ends.add(d.Close)
		if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return "", &hintError{fmt.Errorf("lock data directory %q: %w", given, err), "another bench uses it"}
		}
		return given, nil
	}
	dir, err := os.MkdirTemp("", "kiosk-bench-")
	if err != nil {
		return "", fmt.Errorf("make data directory: %w", err)
	}
	ends.add(func() error { return os.RemoveAll(dir) })
	return dir, nil
}

// assemble is the only list of the bench's parts.
func assemble(ctx context.Context, flags Flags, data string, mapped map[string]string, log *slog.Logger,
	ends *cleanup) (*box, kiosk.Parts, error) {
	procedures, err := catalogue(flags.Pack)
	if err != nil {
		return nil, kiosk.Parts{}, err
	}
	board := simboard.New(simboard.Options{})
	badges, err := desk.New(ctx, data, log)
	if err != nil {
		return nil, kiosk.Parts{}, err
	}
	ends.add(badges.Close)
	screen, err := display.Open(ctx, display.Options{Size: screenSize, Compositor: flags.Compositor,
		Display: os.Getenv("DISPLAY"), Log: log})
	if err != nil {
		return nil, kiosk.Parts{}, err
	}
	ends.add(screen.Close)
	usageFile := filepath.Join(data, "usage.db")
	counts, err := usagedb.Open(usageFile, usagedb.Options{Now: board.Now, Log: log})
	if err != nil {
		return nil, kiosk.Parts{}, err
	}
	ends.add(counts.Close)
	refused := make(kiosk.Refusals, 64)
	gates, err := egress.New(egress.Config{Mapped: mapped, MappedTLS: flags.MapTLS, Log: log, Refused: refused.Tell})
	if err != nil {
		return nil, kiosk.Parts{}, err
	}
	viewDir := filepath.Join(data, "views")
	views, err := openViews(ctx, flags, viewDir, screen, gates, procedures, log)
	if err != nil {
		return nil, kiosk.Parts{}, err
	}
	ends.add(views.Close)
	b := &box{Log: control.NewLog(keepEvents), board: board, desk: badges, screen: screen, views: views, gates: gates,
		port: newStickPort(), data: filepath.Join(data, "kiosk"), usage: usageFile, office: office.New(filepath.Join(data, "office")),
		procedures: infos(procedures.All()), unprovisioned: flags.Unprovisioned}
	return b, kiosk.Parts{
		View: views, Gates: gates, Refused: refused,
		Wiper: &wipe.Wiper{Dir: viewDir, Cgroups: views.Cgroups()}, Usage: counts, // no Chime: the control page sounds it
		Procedures: procedures.All(), Languages: languages(), Limits: limits(), Release: session.ReleaseInForce,
		StartURL: startURL(mapped, flags.MapTLS), Observe: func(o kiosk.Observation) { b.Add(o.Event, o.Value) }, Log: log,
	}, nil
}

// screenSize is that of a small kiosk, in pixels: what fits here fits larger
// ones.
var screenSize = image.Pt(1280, 800)

func languages() []string { return []string{"fr", "en"} }

func openViews(ctx context.Context, flags Flags, dir string, screen *display.Screen, gates *egress.Gates,
	procedures procedure.Catalogue, log *slog.Logger) (*view.Pool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	start, err := kiosk.Home(place, languages(), procedures.All())
	if err != nil {
		return nil, err
	}
	start.Screen = wire.Size{Width: screenSize.X, Height: screenSize.Y}
	views, err := view.Open(ctx, view.Config{
		Command: []string{filepath.Join(filepath.Dir(self), "kiosk-view")}, Dir: dir, Start: start,
		Display:       viewDisplay(screen.Client()),
		WeakIsolation: flags.WeakIsolation, MemoryLimitMiB: flags.MemoryLimitMiB, Attend: gates.Attend, Log: log,
	})
	if errors.Is(err, view.ErrIsolation) {
		return nil, &hintError{err, "--weak-isolation goes on without, for trying out only"}
	}
	return views, err
}

// open opens the devices of the board, as a box does when it starts: the film's
// contact says what it senses once, to whoever opens it.
func (b *box) open(ctx context.Context, p *kiosk.Parts) (err error) {
	p.Relay, p.Film, p.Indicator, p.Help = b.board.Relay(), b.board.FilmContact(), b.board.Indicator(), b.board.HelpButton()
	p.Badges, err = b.desk.Open(ctx)
	return err
}

// viewDisplay prefers the compositor: a view on it cannot look at another.
func viewDisplay(c display.Client) view.Display {
	if c.WaylandSocket != "" {
		return view.Display{WaylandSocket: c.WaylandSocket, AccessBus: c.AccessBus}
	}
	return view.Display{X11: c.X11, X11Socket: c.X11Socket, Xauthority: c.Xauthority, AccessBus: c.AccessBus}
}

// limits are those of a box, without the care for a relay: a simulated one does
// not wear, and tests and demonstrations are quicker than people.
func limits() session.Limits {
	l := session.DefaultLimits()
	l.Clears = 0
	return l
}
