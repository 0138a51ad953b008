package escape

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
	"guichet.example/internal/hostile"
)

// Kiosk is a running kiosk-bench with the hostile site's pack, in a session.
type Kiosk struct {
	pid    int
	base   string
	screen *display.Screen
	places []string
	cage   bool
}

// AttachKiosk finds the display of the kiosk-bench with that process number
// and control page, and begins a session on the hostile site. places are the
// bench's own directories.
func AttachKiosk(ctx context.Context, pid int, base string, places ...string) (*Kiosk, error) {
	k := &Kiosk{pid: pid, base: base, places: places}
	client, err := displayOf(pid)
	if err != nil {
		return nil, err
	}
	k.cage = client.WaylandSocket != ""
	if k.screen, err = display.Attach(ctx, client); err != nil {
		return nil, err
	}
	if err := errors.Join(k.screen.Paint(ctx, Backdrop), k.begin(ctx)); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// displayOf finds the X server below a process, and the compositor in it.
func displayOf(root int) (display.Client, error) {
	var c display.Client
	for _, pid := range Tree(root) {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(string(line), "\x00")
		if filepath.Base(args[0]) == "cage" {
			c.WaylandSocket = "nested"
		}
		if i := slices.Index(args, "-auth"); filepath.Base(args[0]) == "Xvfb" && i > 0 {
			c.Xauthority, c.X11 = args[i+1], number(pid)
		}
	}
	if c.X11 == "" {
		return c, fmt.Errorf("find display of process %d: none", root)
	}
	return c, nil
}

// number returns the display of an X server: the socket on which it listens
// tells.
func number(pid int) string {
	const sockets = "/tmp/.X11-unix/X"
	own := map[string]bool{}
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	all, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(all)) { // Num RefCount Protocol Flags Type St Inode Path
		fields := strings.Fields(line)
		if len(fields) == 8 && own[fields[6]] && strings.HasPrefix(fields[7], sockets) {
			return ":" + strings.TrimPrefix(fields[7], sockets)
		}
	}
	return ""
}

// Close lets go of the display.
func (k *Kiosk) Close() error { return k.screen.Close() }

// Name implements Subject.
func (k *Kiosk) Name() string {
	if k.cage {
		return "kiosk on cage"
	}
	return "kiosk"
}

// Screen implements Subject.
func (k *Kiosk) Screen() *display.Screen { return k.screen }

// Page implements Subject: below the bar and beside the steps.
func (k *Kiosk) Page() image.Rectangle {
	return image.Rectangle{image.Pt(332, 94), k.screen.Size()}
}

// Steady implements Subject: the bar's buttons that no attempt comes near.
func (k *Kiosk) Steady() []image.Rectangle {
	return []image.Rectangle{image.Rect(510, 0, 800, 93), image.Rect(1072, 11, 1263, 83)}
}

// Root implements Subject.
func (k *Kiosk) Root() int { return k.pid }

// Places implements Subject: the bench's own, and those that its processes see
// in their namespaces.
func (k *Kiosk) Places() []string {
	all := slices.Clone(k.places)
	seen := map[string]bool{}
	for _, pid := range Tree(k.pid) {
		namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
		if err != nil || seen[namespace] {
			continue
		}
		seen[namespace] = true
		own, err := os.Readlink("/proc/self/ns/mnt")
		if err != nil || own == namespace {
			continue
		}
		for _, dir := range []string{"home", "root", "tmp", "var/tmp", "run", "dev/shm", "srv", "mnt", "media"} {
			all = append(all, fmt.Sprintf("/proc/%d/root/%s", pid, dir))
		}
	}
	return all
}

// Patience implements Subject.
func (k *Kiosk) Patience() time.Duration { return 250 * time.Millisecond }

// Open implements Subject, by the bar's first button.
func (k *Kiosk) Open(ctx context.Context) error {
	return k.screen.Press(ctx, image.Pt(59, 47), display.ButtonLeft, dwell)
}

// End implements Ender, by the bar's last button.
func (k *Kiosk) End(ctx context.Context) error {
	return k.screen.Press(ctx, image.Pt(1167, 47), display.ButtonLeft, dwell)
}

// Tidy implements Subject.
func (k *Kiosk) Tidy(ctx context.Context) error { return k.Restart(ctx) }

// Restart implements Subject: it ends the session and begins another.
func (k *Kiosk) Restart(ctx context.Context) error {
	if err := k.post(ctx, "/api/end", nil); err != nil && !errors.Is(err, errNotNow) {
		return err
	}
	return k.begin(ctx)
}

// Crash implements Subject.
func (k *Kiosk) Crash(ctx context.Context) error {
	return k.post(ctx, "/api/fault", map[string]string{"part": "view", "kind": "crash"})
}

// begin waits for the home surface and chooses the hostile procedure.
func (k *Kiosk) begin(ctx context.Context) error {
	if err := k.until(ctx, func(s KioskState) bool { return s.Session.State == "idle" && s.View.Spare }); err != nil {
		return err
	}
	if err := k.post(ctx, "/api/procedure", map[string]string{"id": hostile.Procedure}); err != nil {
		return err
	}
	return k.until(ctx, func(s KioskState) bool { return s.Session.State == "active" && s.View.Host == hostile.Attack })
}

// KioskState is what matters here of the control page's state.
type KioskState struct {
	Session struct{ State string }
	View    struct {
		Host  string
		Spare bool
	}
}

// State asks the control page.
func (k *Kiosk) State(ctx context.Context) (KioskState, error) {
	var s KioskState
	body, err := k.do(ctx, http.MethodGet, "/api/state", nil)
	if err == nil {
		err = json.Unmarshal(body, &s)
	}
	return s, err
}

func (k *Kiosk) until(ctx context.Context, ok func(KioskState) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	for {
		s, err := k.State(ctx)
		if err != nil || ok(s) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for the kiosk, which is %+v: %w", s, ctx.Err())
		}
	}
}

// errNotNow is the control page's word that something makes no sense now.
var errNotNow = errors.New("not now")

func (k *Kiosk) post(ctx context.Context, path string, body any) error {
	_, err := k.do(ctx, http.MethodPost, path, body)
	return err
}

func (k *Kiosk) do(ctx context.Context, method, path string, body any) ([]byte, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, k.base+path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusConflict:
		return nil, fmt.Errorf("%s %s: %w", method, path, errNotNow)
	case res.StatusCode/100 != 2:
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	return answer, nil
}
