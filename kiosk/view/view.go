// Package view starts, watches and ends kiosk-view processes: one process tree
// for each view, in mount, pid, network, IPC and UTS namespaces of its own,
// with a root directory that holds programs, fonts and certificates and
// nothing else of the machine, and with one way out, a loopback listener that
// the daemon serves.
//
// It is an adapter: main builds it, the loop drives it, and nothing else
// imports it. It has no notion of which view is on the screen.
//
// A program that opens a Pool must call Stage2 first thing in main, because
// the first process of a view is that same program, started again.
package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"guichet.example/kiosk/view/wire"
)

// Nobody is the user and group of views when Config names none: the kernel's
// overflow id, which owns nothing on the machine.
const Nobody = 65534

// Errors that callers tell apart.
var (
	// ErrIsolation is wrapped by Open when the kernel refuses a part of the
	// isolation and Config.WeakIsolation is not set.
	ErrIsolation = errors.New("views cannot be isolated here")
	// ErrKilled is what Gone carries after Kill and Close.
	ErrKilled = errors.New("killed by the daemon")
	// ErrUnknown is returned for a view that was never started or has ended.
	ErrUnknown = errors.New("no such view")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("pool is closed")
)

// Config says what a Pool starts and how.
type Config struct {
	// Command is the absolute path of kiosk-view and its arguments. The file
	// must be readable and executable for UID.
	Command []string
	// Dir is an absolute path; each view gets a directory of its own below it,
	// named after its number. Open makes it when it is missing. Nothing else
	// may live in it: the wipe removes what it finds there.
	Dir string
	// Start is the first message to every view; Proxy, WeakIsolation and
	// MemoryLimitMiB are filled in.
	Start wire.Start
	// MemoryLimitMiB is what a session may use, all processes of its view and
	// its files in memory together; 0 means DefaultMemoryLimitMiB.
	MemoryLimitMiB int
	// UID and GID are the user a view runs as when the daemon is root; 0 means
	// Nobody. Without root they are ignored: a view then runs as the daemon's
	// own user, in a user namespace, without capabilities.
	UID, GID int
	Display  Display
	// WeakIsolation lets Open go on without namespaces when the kernel refuses
	// them. For the bench only.
	WeakIsolation bool
	// Attend is given the listener that is each view's only way out, before
	// anything of the view runs. It must return at once; whoever serves the
	// listener closes it. The pool closes it too when the view ends, so that
	// Accept returns net.ErrClosed then.
	Attend func(view int, l net.Listener)
	// Stderr takes what views write to standard output and standard error. Nil
	// discards it, which is the only right choice where people's sessions are
	// shown: an engine quotes addresses in its messages.
	Stderr io.Writer
	Log    *slog.Logger // nil = none

	refuse error  // tests: what the kernel refuses
	limits limits // zero = standard
}

// Display says how views reach the screen: one of X11 and Wayland. The view's
// user must be allowed to connect to the socket (write permission on it).
type Display struct {
	X11           string // DISPLAY, such as ":99"
	X11Socket     string // its socket; "" = /tmp/.X11-unix/X<number>
	Xauthority    string // cookie file; copied for the view; "" = none
	WaylandSocket string // absolute path of the compositor's socket; its base name becomes WAYLAND_DISPLAY
	AccessBus     string // socket of an AT-SPI bus that lets the view's user in; "" = no accessibility bridge
}

// Level is how far a view is kept apart from the machine.
type Level string

const (
	Full Level = "full" // namespaces, private root, no network
	Weak Level = "weak" // none of it: own session, own directories, no new privileges
)

// Isolation says what holds for every view of a pool.
type Isolation struct {
	Level          Level
	Checks         []Check // as the last look found it
	MemoryLimitMiB int     // of a session
	Why            error   // with Weak: what the kernel refused
}

// Pool starts and ends views.
type Pool struct {
	config    Config
	cgroups   string // directory in which those of views are made; "" = none
	noCgroups error  // why there are none
	reports   chan wire.Report
	spawns    chan func() // run on one thread that lives as long as the pool
	closing   chan struct{}
	work      sync.WaitGroup // all goroutines of views
	spawner   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	last      int
	views     map[int]*running
	isolation Isolation
}

// Open checks the configuration and, by setting up and leaving one set of
// namespaces, what isolation is possible here. The context bounds that check.
func Open(ctx context.Context, c Config) (*Pool, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	p := &Pool{
		config:  c,
		reports: make(chan wire.Report, 64),
		spawns:  make(chan func()),
		closing: make(chan struct{}),
		views:   map[int]*running{},
	}
	p.cgroups, p.noCgroups = openCgroups()
	p.spawner.Go(p.spawnLoop)
	if err := p.isolate(ctx); err != nil {
		close(p.closing)
		p.spawner.Wait()
		return nil, err
	}
	return p, nil
}

func (c *Config) complete() error {
	switch {
	case len(c.Command) == 0 || !filepath.IsAbs(c.Command[0]):
		return errors.New("open views: command is not an absolute path")
	case !filepath.IsAbs(c.Dir) || filepath.Clean(c.Dir) == "/":
		return fmt.Errorf("open views: directory %q is not an absolute path below the root", c.Dir)
	case c.Attend == nil:
		return errors.New("open views: nobody attends to the way out")
	case c.MemoryLimitMiB != 0 && c.MemoryLimitMiB < leastMemoryMiB:
		return fmt.Errorf("open views: memory limit of %d MiB: the engine alone needs %d", c.MemoryLimitMiB, leastMemoryMiB)
	case (c.Display.X11 == "") == (c.Display.WaylandSocket == ""):
		return errors.New("open views: need an X11 or a Wayland display, and only one")
	}
	c.Dir = filepath.Clean(c.Dir)
	if c.UID == 0 {
		c.UID = Nobody
	}
	if c.GID == 0 {
		c.GID = Nobody
	}
	if c.MemoryLimitMiB == 0 {
		c.MemoryLimitMiB = DefaultMemoryLimitMiB
	}
	if os.Getuid() != 0 {
		c.UID, c.GID = os.Getuid(), os.Getgid()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.limits == (limits{}) {
		c.limits = standardLimits
	}
	if err := c.Display.complete(); err != nil {
		return fmt.Errorf("open views: %w", err)
	}
	if _, err := os.Stat(c.Command[0]); err != nil {
		return fmt.Errorf("open views: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("open views: %w", err)
	}
	return nil
}

// Reports returns what views say, in order for each view, which ends with one
// Gone. When it is not read, views are slowed down but not ended. It is closed
// by Close.
func (p *Pool) Reports() <-chan wire.Report { return p.reports }

// Isolation says how far views are kept apart.
func (p *Pool) Isolation() Isolation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isolation
}

// Warm starts one more view and returns its number. It returns when the view's
// program runs; its Hello and Ready come as reports. After an error nothing is
// reported about that view and nothing of it is left.
func (p *Pool) Warm(ctx context.Context) (int, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return 0, fmt.Errorf("start view: %w", ErrClosed)
	}
	p.last++
	n := p.last
	p.work.Add(1) // so that Close waits for this start
	p.mu.Unlock()
	defer p.work.Done()

	v, err := p.start(ctx, n)
	if err != nil {
		return 0, fmt.Errorf("start view %d: %w", n, err)
	}
	p.mu.Lock()
	p.views[n] = v
	closed := p.closed
	p.mu.Unlock()
	p.config.Log.Info("view started", "view", n)
	p.work.Go(func() { p.attend(v) })
	if closed {
		v.end(ErrKilled)
		return 0, fmt.Errorf("start view %d: %w", n, ErrClosed)
	}
	return n, nil
}

// Send queues a message for a view and never blocks. A view that reads so
// slowly that its queue is full is ended, and Send returns an error.
func (p *Pool) Send(view int, m wire.ToView) error {
	v := p.running(view)
	if v == nil {
		return fmt.Errorf("send to view %d: %w", view, ErrUnknown)
	}
	line, err := wire.EncodeToView(m)
	if err != nil {
		return fmt.Errorf("send to view %d: %w", view, err)
	}
	if _, ok := m.(wire.Open); ok {
		v.move()
	}
	select {
	case v.lines <- line:
		return nil
	default:
		v.end(errSlow)
		return fmt.Errorf("send to view %d: %w", view, errSlow)
	}
}

// Kill ends the whole process tree of a view with SIGKILL and returns at once
// with what the wipe has to prove gone. It also serves a view that is Gone
// already, once; for any other number the Traces hold nothing but the number,
// which no wipe accepts.
func (p *Pool) Kill(view int) wire.Traces {
	p.mu.Lock()
	v := p.views[view]
	if v == nil {
		p.mu.Unlock()
		return wire.Traces{View: view}
	}
	v.claimed = true
	if v.reported {
		delete(p.views, view)
	}
	p.mu.Unlock()
	v.end(ErrKilled)
	return v.traces
}

func (p *Pool) running(view int) *running {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.views[view]; v != nil && !v.reported {
		return v
	}
	return nil
}

// Close ends all views and every goroutine of the pool, and closes Reports. It
// does not wipe. An error means that a process did not end within two seconds.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.closing)
	for _, v := range p.views {
		v.end(ErrKilled)
	}
	p.mu.Unlock()

	done := make(chan struct{})
	go func() {
		p.work.Wait()
		p.spawner.Wait()
		close(p.reports)
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(closeLimit):
		return errors.New("close views: a process does not end")
	}
}

// spawnLoop is the thread whose death ends all views: the kernel sends them
// their parent-death signal when the thread that started them ends, not when
// the process does.
func (p *Pool) spawnLoop() {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for {
		select {
		case f := <-p.spawns:
			f()
		case <-p.closing:
			return
		}
	}
}

// onThread runs f on the spawning thread.
func (p *Pool) onThread(f func()) error {
	done := make(chan struct{})
	select {
	case p.spawns <- func() { defer close(done); f() }:
		<-done
		return nil
	case <-p.closing:
		return ErrClosed
	}
}
