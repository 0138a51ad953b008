package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// patience is how long anything may take that has no limit of its own.
const patience = time.Minute

// guichet is our own kiosk, whole: the bench, which takes the place of the
// daemon and has a control page besides, and its views.
type guichet struct {
	procedure string
	base      string // of the control page's API
	cmd       *exec.Cmd
	ended     chan struct{}
	screen    *display.Screen
}

// openGuichet starts the kiosk on plain X. maps and secure say where the hosts
// of its procedure are, over http and https; pack, if any, is a directory with
// a pack.
func openGuichet(ctx context.Context, procedure, pack string, maps, secure map[string]string) (*guichet, error) {
	data := filepath.Join(disk, "guichet")
	args := []string{"--listen", "127.0.0.1:0", "--compositor", display.X11, "--data", data}
	if pack != "" {
		args = append(args, "--pack", pack)
	}
	for host, address := range maps {
		args = append(args, "--map", host+"="+address)
	}
	for host, address := range secure {
		args = append(args, "--map-tls", host+"="+address)
	}
	if err := os.MkdirAll(journal, 0o755); err != nil {
		return nil, fmt.Errorf("start the kiosk: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(journal, "guichet"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start the kiosk: %w", err)
	}
	defer log.Close()
	g := &guichet{procedure: procedure, ended: make(chan struct{})}
	g.cmd = exec.Command(filepath.Join(programs, "kiosk-bench"), args...)
	g.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=/root"}
	g.cmd.Stderr = log
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the kiosk: %w", err)
	}
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the kiosk: %w", err)
	}
	address := make(chan string, 1)
	go g.listen(out, address)
	if err := g.attach(ctx, address); err != nil {
		return nil, errors.Join(fmt.Errorf("start the kiosk: %w", err), g.Close())
	}
	return g, nil
}

// listen looks for the address of the control page, then waits for the end.
func (g *guichet) listen(out io.Reader, address chan<- string) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, rest, ok := strings.Cut(lines.Text(), "http://"); ok {
			address <- "http://" + strings.TrimSuffix(rest, "/")
		}
	}
	_ = g.cmd.Wait() // how it ended does not matter
	close(g.ended)
}

// attach waits until the kiosk is idle, and finds its screen, whose directory
// is the only one of its kind here.
func (g *guichet) attach(ctx context.Context, address <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case g.base = <-address:
	case <-g.ended:
		return errors.New("it ended")
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := g.until(ctx, (*state).ready); err != nil {
		return err
	}
	authorities, err1 := filepath.Glob("/tmp/screen-*/Xauthority")
	sockets, err2 := filepath.Glob("/tmp/.X11-unix/X*")
	if err := errors.Join(err1, err2); err != nil || len(authorities) != 1 || len(sockets) != 1 {
		return fmt.Errorf("find its screen: %d secrets and %d sockets, want one of each: %w", len(authorities), len(sockets), err)
	}
	number := strings.TrimPrefix(filepath.Base(sockets[0]), "X")
	g.screen, err1 = display.Attach(ctx, display.Client{X11: ":" + number, X11Socket: sockets[0], Xauthority: authorities[0]})
	return err1
}

// state is what the control page tells.
type state struct {
	Session struct{ State string }
	View    struct {
		Host  string
		Spare bool
	}
	Film struct{ Sensed string }
}

func (s *state) ready() bool {
	return s.Session.State == "idle" && s.View.Spare && s.Film.Sensed == "clear"
}

// until waits for a state.
func (g *guichet) until(ctx context.Context, ok func(*state) bool) error {
	for {
		var s state
		if err := g.ask(ctx, http.MethodGet, "/api/state", nil, &s); err != nil {
			return err
		}
		if ok(&s) {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-g.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("wait for the kiosk: %w; it is %+v", ctx.Err(), s)
		}
	}
}

// ask makes a request of the control page.
func (g *guichet) ask(ctx context.Context, method, path string, body, answer any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, g.base+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("ask the control page for %q: %s", path, res.Status)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// Screen is the kiosk's own.
func (g *guichet) Screen() *display.Screen { return g.screen }

// Home is what stands on the screen when nobody is there.
func (g *guichet) Home(ctx context.Context) (*image.RGBA, error) {
	if err := g.Ready(ctx); err != nil {
		return nil, err
	}
	return still(ctx, g.screen)
}

// Ready waits until the next person could begin.
func (g *guichet) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return g.until(ctx, (*state).ready)
}

// Enter begins a session, as a touch on the tile does.
func (g *guichet) Enter(ctx context.Context, _ func() bool) error {
	return g.ask(ctx, http.MethodPost, "/api/procedure", map[string]string{"id": g.procedure}, nil)
}

// Reset ends the session, as a touch on Finish does.
func (g *guichet) Reset(ctx context.Context) error {
	return g.ask(ctx, http.MethodPost, "/api/end", nil, nil)
}

// Close ends the kiosk.
func (g *guichet) Close() error {
	var err error
	if g.screen != nil {
		err = g.screen.Close()
	}
	_ = g.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-g.ended:
		return err
	case <-time.After(patience):
		_ = g.cmd.Process.Kill() // as above
		<-g.ended
		return errors.Join(err, errors.New("end the kiosk: it did not end when it was asked to"))
	}
}
