package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// nobody is whom the others run as: browsers refuse to be root, or give up
// their sandbox for it.
const nobody = 65534

// Where a peer keeps its things.
const (
	home     = disk + "/home" // on the disk, as on a box; removed by its reset
	journal  = disk + "/log"  // what it says, as a box's journal keeps it
	volatile = "/tmp/runtime" // XDG_RUNTIME_DIR, in memory
)

// handlers is the directory of the program that stands for all others.
const handlers = "/tmp/handlers"

// peer is a browser of others, with what its administrator would write.
type peer struct {
	name       string                                     // of its package, too
	compositor string                                     // what it draws on
	packages   []string                                   // whose versions are told
	reset      string                                     // how an administrator ends a session, in words
	renderer   string                                     // what is in the command line of the processes that show pages
	homeKey    string                                     // combination that leads home; "" = none
	prepare    func(start string, origins []string) error // writes what it is configured with: all that may be reached
	command    func(start string) []string
}

// filterFile is where cog's list of what may be reached stands.
const filterFile = "/tmp/filter.json"

// peers lists the browsers of others. They are to believe authority, in the
// form DER.
func peers(authority []byte) []*peer {
	return []*peer{
		{name: "chromium", compositor: display.X11, packages: []string{"chromium"}, renderer: "--type=renderer", homeKey: "alt+Home",
			reset: "SIGTERM, remove its home directory, start it again",
			prepare: func(start string, origins []string) error {
				return installPolicy(chromiumPolicy(start, origins, authority))
			},
			command: func(start string) []string {
				return []string{"chromium", "--kiosk", "--incognito", "--noerrdialogs", "--no-first-run", "--disable-pinch",
					"--overscroll-history-navigation=0", "--disable-features=Translate,TranslateUI", "--disable-session-crashed-bubble",
					"--disable-component-update", "--disable-breakpad", "--disk-cache-dir=/dev/null", "--password-store=basic",
					"--window-position=0,0", "--window-size=1280,800", start}
			}},
		{name: "cog", compositor: display.Cage, packages: []string{"cog", "libwpewebkit-1.1-0"}, renderer: "WPEWebProcess",
			reset:   "SIGTERM, remove its home directory, start it again",
			prepare: func(_ string, origins []string) error { return os.WriteFile(filterFile, contentFilter(origins), 0o644) },
			command: func(start string) []string {
				return []string{"cog", "--platform=wl", "--enable-sandbox", "--content-filter=" + filterFile, "--set-permissions=none",
					"--cookie-store=no-third-party", "--webprocess-failure=restart", "--enable-page-cache=0", "--enable-developer-extras=0",
					"--allow-modal-dialogs=0", "--javascript-can-open-windows-automatically=0", "--javascript-can-access-clipboard=0",
					"--enable-media-stream=0", "--enable-webrtc=0", "--enable-dns-prefetching=0", "--enable-hyperlink-auditing=0",
					"--enable-fullscreen=0", "--enable-offline-web-application-cache=0", start}
			}},
		{name: "surf", compositor: display.X11, packages: []string{"surf", "libwebkit2gtk-4.1-0"}, renderer: "WebKitWebProcess",
			reset:   "SIGTERM, remove its home directory, start it again",
			prepare: func(string, []string) error { return nil }, // it knows no list,
			command: func(start string) []string {
				return []string{"surf", "-K", "-F", "-d", "-g", "-n", "-T", "-x", "-m", "-a", "@", start}
			}},
	}
}

// contentFilter is cog's only list of what may be reached: WebKit's content
// rules, of which the last that fits decides.
func contentFilter(origins []string) []byte {
	rules := []string{`{"trigger": {"url-filter": ".*"}, "action": {"type": "block"}}`}
	allow := func(pattern string) {
		rules = append(rules, fmt.Sprintf(`{"trigger": {"url-filter": %q}, "action": {"type": "ignore-previous-rules"}}`, pattern))
	}
	for _, inside := range []string{"^data:", "^blob:", "^about:"} {
		allow(inside)
	}
	for _, origin := range origins {
		quoted := strings.ReplaceAll(origin, ".", `\.`)
		allow("^" + quoted + "/")
		allow("^ws" + strings.TrimPrefix(quoted, "http") + "/")
	}
	return []byte("[" + strings.Join(rules, ",\n ") + "]\n")
}

// running is a peer that shows something.
type running struct {
	*peer
	screen *display.Screen
	start  string // where it begins
	wm     *manager
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the first process has ended
}

// open gives a peer a screen and starts it there. Nothing but origins, such as
// "http://a.localhost:8080", may be reached.
func (p *peer) open(ctx context.Context, start string, origins []string) (*running, error) {
	if err := p.prepare(start, origins); err != nil {
		return nil, fmt.Errorf("configure %s: %w", p.name, err)
	}
	if err := handler(handlers); err != nil {
		return nil, fmt.Errorf("configure %s: %w", p.name, err)
	}
	screen, err := display.Open(ctx, display.Options{Compositor: p.compositor, Dir: "/tmp"})
	if err != nil {
		return nil, err
	}
	r := &running{peer: p, screen: screen, start: start}
	if p.compositor == display.X11 {
		if r.wm, err = manage(screen); err != nil {
			_ = screen.Close()
			return nil, err
		}
	}
	if err := r.launch(); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// launch starts the browser in an empty home.
func (r *running) launch() error {
	for _, dir := range []string{home, volatile} {
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			err = os.Chown(dir, nobody, nobody)
		}
		if err != nil {
			return fmt.Errorf("start %s: %w", r.name, err)
		}
	}
	args := r.command(r.start)
	if err := os.MkdirAll(journal, 0o755); err != nil {
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	log, err := os.OpenFile(filepath.Join(journal, r.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	defer log.Close()
	r.cmd = exec.Command(args[0], args[1:]...)
	r.cmd.Dir, r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = home, r.environ(), log, log
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	r.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { // ends with the browser
		_ = cmd.Wait() // how it ended does not matter
		close(ended)
	}(r.cmd, r.ended)
	return nil
}

// environ is that of a service without a desktop. Nobody answers on the bus
// it names: else some would start one of their own and leave it behind.
func (r *running) environ() []string {
	c := r.screen.Client()
	env := []string{"PATH=" + handlers + ":/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + home, "XDG_RUNTIME_DIR=" + volatile,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + volatile + "/bus", "NO_AT_BRIDGE=1"}
	if c.WaylandSocket != "" {
		return append(env, "WAYLAND_DISPLAY="+c.WaylandSocket)
	}
	return append(env, "DISPLAY="+c.X11, "XAUTHORITY="+c.Xauthority)
}

// stop ends every process of the browser: as it is asked to, or by force
// after a time.
func (r *running) stop() error {
	if r.cmd == nil {
		return nil
	}
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGTERM) // it may have ended
	const patience = 5 * time.Second
	select {
	case <-r.ended:
	case <-time.After(patience):
	}
	for end := time.Now().Add(patience); ; {
		left, err := browsers()
		if err != nil {
			return err
		}
		if len(left) == 0 {
			<-r.ended
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("end %s: %v do not end", r.name, left)
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Reset ends a person's session as the administrator would.
func (r *running) Reset(context.Context) error {
	if err := r.stop(); err != nil {
		return err
	}
	for _, dir := range []string{home, volatile} {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("reset %s: %w", r.name, err)
		}
	}
	return r.launch()
}

// Close ends the browser and its screen.
func (r *running) Close() error {
	err := r.stop()
	if r.wm != nil {
		r.wm.close()
	}
	if closed := r.screen.Close(); err == nil {
		err = closed
	}
	return err
}

// Screen is the one that was opened for it.
func (r *running) Screen() *display.Screen { return r.screen }

// Home is the page that we serve.
func (r *running) Home(context.Context) (*image.RGBA, error) {
	return homePicture(r.screen.Size()), nil
}

// Ready has nothing to wait for besides the pixels.
func (r *running) Ready(context.Context) error {
	select {
	case <-r.ended:
		return fmt.Errorf("%s has ended by itself", r.name)
	default:
		return nil
	}
}

// Enter begins a session by a touch on the home page's one link, again when
// nothing comes of it, as a person would.
func (r *running) Enter(ctx context.Context, begun func() bool) error {
	for range 4 {
		if err := r.wake(ctx); err != nil {
			return err
		}
		at := r.screen.Size().Div(2)
		if err := r.screen.Tap(ctx, at.X, at.Y); err != nil {
			return err
		}
		for end := time.Now().Add(4 * time.Second); !begun() && time.Now().Before(end); {
			pause(ctx, 10*time.Millisecond)
		}
		if begun() {
			return nil
		}
	}
	return fmt.Errorf("begin a session on %s: it does not follow its link", r.name)
}

// wake touches the last corner: the first touch after a start teaches cog
// 0.16 no more than that there is a pointer, and lands in the first corner.
func (r *running) wake(ctx context.Context) error {
	at := r.screen.Size().Sub(image.Pt(1, 1))
	return r.screen.Tap(ctx, at.X, at.Y)
}
