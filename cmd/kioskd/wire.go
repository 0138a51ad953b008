package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/hw/periphboard"
	"guichet.example/kiosk"
	"guichet.example/kiosk/chime"
	"guichet.example/kiosk/config"
	"guichet.example/kiosk/egress"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/usage/usagedb"
	"guichet.example/kiosk/view"
	"guichet.example/kiosk/view/wire"
	"guichet.example/kiosk/wipe"
)

// serve builds the kiosk from its real parts, runs it until ctx ends and takes
// it down again, last part first.
func serve(ctx context.Context, flags Flags, log *slog.Logger) (err error) {
	var open parts
	defer func() { err = errors.Join(err, open.close()) }()
	release, err := takeSite(ctx, flags, log)
	if err != nil {
		return err
	}
	if release != nil {
		open.add(release)
	}
	name, site, procedures, err := flags.read()
	if err != nil {
		return &setupError{err}
	}
	p, err := assemble(ctx, flags, site, procedures, release, log, &open)
	if err != nil {
		return err
	}
	if flags.Config == "" && name == flags.Factory {
		log.Info("this kiosk is not set up, and waits for a stick")
		p.Release = session.ReleaseNone
		p.Self.Name, p.Self.Place = "", nil // nobody has named it yet
	}
	k, err := kiosk.New(p)
	if err != nil {
		return err
	}
	stop := watch(ctx, k, log)
	defer stop()
	return k.Run(ctx)
}

// parts are those that must be closed.
type parts []io.Closer

func (p *parts) add(c io.Closer) { *p = append(*p, c) }

func (p parts) close() error {
	var errs []error
	for _, c := range slices.Backward(p) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// assemble is the only list of the daemon's parts.
func assemble(ctx context.Context, flags Flags, site config.Site, procedures procedure.Catalogue, release *takenSite,
	log *slog.Logger, open *parts) (kiosk.Parts, error) {
	wiring := lines(site)
	if err := remember(flags.Runtime, wiring.Outputs()); err != nil {
		log.Warn("safe-state will rely on the configuration alone", "err", err)
	}
	board, err := periphboard.Open(wiring)
	if err != nil {
		return kiosk.Parts{}, &setupError{&hintError{err, wiringHint}}
	}
	open.add(board)
	badges, err := flags.openBadges(ctx, site.Badge, board, log)
	if err != nil {
		return kiosk.Parts{}, err
	}
	if badges != nil {
		open.add(badges)
	}
	counts, err := usagedb.Open(site.Usage.File, usagedb.Options{Now: time.Now, Log: log})
	if err != nil {
		return kiosk.Parts{}, err
	}
	open.add(counts)
	refused := make(kiosk.Refusals, 64)
	gates, err := flags.openGates(release, egress.Config{Log: log, Refused: refused.Tell})
	if err != nil {
		return kiosk.Parts{}, err
	}
	viewDir := filepath.Join(flags.Runtime, "views")
	views, err := openViews(ctx, flags, site, procedures, release, viewDir, gates, log)
	if err != nil {
		return kiosk.Parts{}, err
	}
	open.add(views)
	p := kiosk.Parts{
		Relay: board.Relay, Film: board.Film, View: views, Gates: gates, Refused: refused,
		Wiper: &wipe.Wiper{Dir: viewDir, Cgroups: views.Cgroups()}, Usage: counts, Procedures: procedures.All(), Languages: site.Languages,
		Limits: limits(site), Release: session.ReleaseInForce, Self: wire.Kiosk{Name: site.ID, Place: site.Place}, Log: log,
	}
	addOptional(&p, board, badges, log)
	return p, flags.addUpkeep(&p, release, trial(p.Procedures, gates, badges), site.Usage.File, board, log, open)
}

// addOptional adds what a box can do without. A nil *Indicator in an interface
// would not be nil, hence the conditions.
func addOptional(p *kiosk.Parts, board *periphboard.Board, badges *staffReader, log *slog.Logger) {
	if badges != nil {
		p.Badges = badges
	}
	if board.Indicator != nil {
		p.Indicator = board.Indicator
	}
	if board.HelpButton != nil {
		p.Help = board.HelpButton
	}
	player, err := chime.New("")
	if err != nil {
		log.Warn("no sound: the warning is seen, not heard", "err", err)
		return
	}
	p.Chime = player
}

// read takes the configuration and the packs it names, whole or not at all.
func read(name string) (config.Site, procedure.Catalogue, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return config.Site{}, procedure.Catalogue{}, &hintError{fmt.Errorf("read configuration: %w", err),
			"copy example-site.toml there and fill in the place and the lines of the film; make install brings factory.toml"}
	}
	if err != nil {
		return config.Site{}, procedure.Catalogue{}, fmt.Errorf("read configuration: %w", err)
	}
	site, err := config.Decode(name, data)
	if err != nil {
		return config.Site{}, procedure.Catalogue{}, err
	}
	all, err := upkeep.Catalogue(site, func(dir string) (fs.FS, error) { return os.DirFS(dir), nil })
	return site, all, err
}

func openViews(ctx context.Context, flags Flags, site config.Site, procedures procedure.Catalogue, release *takenSite, dir string,
	gates *egress.Gates, log *slog.Logger) (*view.Pool, error) {
	uid, gid, err := account(site.View.User)
	if err != nil {
		return nil, &setupError{&hintError{err, "make install creates the users; [view] user in site.toml names another"}}
	}
	start, err := kiosk.Home(site.Place[site.Languages[0]], site.Languages, procedures.All())
	if err != nil {
		return nil, err
	}
	if release != nil {
		dress(&start, release, log)
	}
	if _, err := os.Stat(flags.Serve.Wayland); err != nil {
		return nil, &hintError{fmt.Errorf("find compositor: %w", err), "systemctl status guichet-screen"}
	}
	views, err := view.Open(ctx, view.Config{
		Command: []string{site.View.Command}, Dir: dir, Start: start, UID: uid, GID: gid, MemoryLimitMiB: site.View.MemoryLimitMiB,
		Display: view.Display{WaylandSocket: flags.Serve.Wayland}, Attend: gates.Attend, Log: log,
	})
	if errors.Is(err, view.ErrIsolation) {
		return nil, &setupError{&hintError{err, "this machine cannot keep sessions apart, so it shows none; kioskd runs as root, on a kernel with namespaces and seccomp, from kioskd.service"}}
	}
	return views, err
}

func account(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("find user: %w", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(err1, err2)
}

func lines(site config.Site) periphboard.Config {
	c := periphboard.Config{
		Relay: *line(&site.Film.Relay), PulseHz: site.Film.PulseHz, Film: *line(&site.Film.Contact), FilmInverse: line(site.Film.InverseContact),
		Indicator: line(site.Indicator), HelpButton: line(site.HelpButton),
		ServiceSwitch: line(site.ServiceSwitch),
	}
	if site.Badge != nil {
		c.ReaderInterrupt, c.ReaderReset = line(site.Badge.Interrupt), line(site.Badge.Reset)
	}
	return c
}

func line(l *config.Line) *periphboard.Line {
	if l == nil {
		return nil
	}
	return &periphboard.Line{Chip: l.Chip, Offset: l.Offset, ActiveLow: l.ActiveLow}
}

func limits(site config.Site) session.Limits {
	l := session.DefaultLimits()
	s := site.Session
	l.Idle, l.IdleInHelp, l.Warning, l.Consent = s.Idle, s.IdleInHelp, s.Warning, s.Consent
	l.AssistedIdle, l.AssistedMax, l.Queue = s.AssistedIdle, s.AssistedMax, s.Queue
	l.Notice, l.Question, l.Badge, l.Forgotten = s.Notice, s.Question, s.BadgeLeft, s.Forgotten
	l.Film, l.Dwell, l.Clears = site.Film.FollowWithin, site.Film.Rest, site.Film.ChangesAMinute
	return l
}
