//go:build webkit

package main_test

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"guichet.example/kiosk/view/wire"
)

const (
	screenWidth, screenHeight = 1280, 800
	patience                  = 60 * time.Second
)

// program builds the real program once for all tests.
var program = sync.OnceValues(func() (string, error) { return buildView("webkit") })

func buildView(tags string, flags ...string) (string, error) {
	dir, err := os.MkdirTemp("", "kiosk-view-test")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "kiosk-view")
	alias, err := filepath.Abs("../../internal/pkgconfig")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", append(append([]string{"build", "-tags", tags, "-o", bin}, flags...), ".")...)
	cmd.Env = append(os.Environ(), "PKG_CONFIG_PATH="+alias)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
}

// display is a private X server.
type display struct {
	name string
	size image.Point
	x    *xgb.Conn
	root xproto.Window
	pid  int // of the program that draws on it
}

func startDisplay(t *testing.T) *display {
	t.Helper()
	return startDisplayOf(t, image.Pt(screenWidth, screenHeight))
}

func startDisplayOf(t *testing.T, size image.Point, options ...string) *display {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("Xvfb is not installed: apt-get install xvfb")
	}
	return startServer(t, size, "Xvfb", append([]string{"-screen", "0", fmt.Sprintf("%dx%dx24", size.X, size.Y)}, options...)...)
}

func startServer(t *testing.T, size image.Point, program string, options ...string) *display {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"-displayfd", "3", "-nolisten", "tcp"}, options...)...)
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	xgb.Logger.SetOutput(io.Discard) // it tells that a server without a cookie has none
	d := &display{name: ":" + strings.TrimSpace(number), size: size}
	if d.x, err = xgb.NewConnDisplay(d.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.x.Close)
	if err := xtest.Init(d.x); err != nil {
		t.Fatal(err)
	}
	d.root = xproto.Setup(d.x).DefaultScreen(d.x).Root
	return d
}

// shot returns what is on the screen.
func (d *display) shot(t *testing.T) *image.RGBA {
	t.Helper()
	reply, err := xproto.GetImage(d.x, xproto.ImageFormatZPixmap, xproto.Drawable(d.root), 0, 0,
		uint16(d.size.X), uint16(d.size.Y), ^uint32(0)).Reply()
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(image.Rectangle{Max: d.size})
	for i := 0; i+3 < len(reply.Data); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = reply.Data[i+2], reply.Data[i+1], reply.Data[i], 255
	}
	return img
}

// eventually waits until the screen is as ok says. A picture of one that never
// is can be kept.
func (d *display) eventually(t *testing.T, what string, ok func(*image.RGBA) bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok(d.shot(t)) {
			return
		}
	}
	d.never(t, what)
}

// never ends a test in which the screen did not become what it had to.
func (d *display) never(t *testing.T, what string) {
	t.Helper()
	keepPicture(t, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"), d.shot(t))
	t.Fatalf("never on the screen: %s", what)
}

func (d *display) eventuallyColour(t *testing.T, x, y int, want color.RGBA) {
	t.Helper()
	d.eventually(t, fmt.Sprintf("%v at %d,%d", want, x, y), func(img *image.RGBA) bool { return img.RGBAAt(x, y) == want })
}

// click presses and lets go of the first button, as a mouse would.
func (d *display) click(x, y int16) {
	xtest.FakeInput(d.x, xproto.MotionNotify, 0, 0, d.root, x, y, 0)
	xtest.FakeInput(d.x, xproto.ButtonPress, 1, 0, d.root, 0, 0, 0)
	xtest.FakeInput(d.x, xproto.ButtonRelease, 1, 0, d.root, 0, 0, 0)
	d.x.Sync()
}

// keys presses the key symbols together and lets go of them in reverse.
func (d *display) keys(t *testing.T, symbols ...xproto.Keysym) {
	t.Helper()
	var codes []byte
	for _, s := range symbols {
		codes = append(codes, d.keycode(t, s))
	}
	for _, c := range codes {
		xtest.FakeInput(d.x, xproto.KeyPress, c, 0, d.root, 0, 0, 0)
	}
	for i := range codes {
		xtest.FakeInput(d.x, xproto.KeyRelease, codes[len(codes)-1-i], 0, d.root, 0, 0, 0)
	}
	d.x.Sync()
}

func (d *display) keycode(t *testing.T, symbol xproto.Keysym) byte {
	t.Helper()
	setup := xproto.Setup(d.x)
	count := byte(setup.MaxKeycode - setup.MinKeycode + 1)
	m, err := xproto.GetKeyboardMapping(d.x, setup.MinKeycode, count).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range m.Keysyms {
		if s == symbol {
			return byte(setup.MinKeycode) + byte(i/int(m.KeysymsPerKeycode))
		}
	}
	t.Fatalf("no key for symbol %#x", symbol)
	return 0
}

// said is a message of the view and when it came.
type said struct {
	at  time.Time
	msg wire.FromView
}

// view is the real program at the other end of a link.
type view struct {
	cmd    *exec.Cmd
	link   *os.File
	said   chan said
	exited chan int
	stderr *strings.Builder
}

// startView starts the program; start may be nil to send nothing.
func startView(t *testing.T, bin string, d *display, start *wire.Start, env ...string) *view {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "link"), os.NewFile(uintptr(pair[1]), "view's link")
	v := &view{link: ours, said: make(chan said, 1000), exited: make(chan int, 1), stderr: &strings.Builder{}}
	v.cmd = exec.Command(bin)
	v.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + t.TempDir(),
		"XDG_RUNTIME_DIR=" + t.TempDir(),
		// No buses, as on a kiosk: looking for them would start some that stay.
		"NO_AT_BRIDGE=1", "DBUS_SESSION_BUS_ADDRESS="}, env...)
	if d != nil {
		v.cmd.Env = append(v.cmd.Env, "DISPLAY="+d.name)
	}
	v.cmd.ExtraFiles = []*os.File{theirs}
	v.cmd.Stderr = v.stderr
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	if d != nil {
		d.pid = v.cmd.Process.Pid
	}
	go v.read()
	go func() { v.cmd.Wait(); v.exited <- v.cmd.ProcessState.ExitCode() }()
	t.Cleanup(func() { syscall.Kill(-v.cmd.Process.Pid, syscall.SIGKILL); ours.Close() })
	if start != nil {
		v.send(t, *start)
	}
	return v
}

func (v *view) read() {
	for in := bufio.NewReader(v.link); ; {
		line, err := in.ReadBytes('\n')
		if err != nil {
			close(v.said)
			return
		}
		msg, err := wire.DecodeFromView(line)
		if err != nil {
			msg = wire.Gone{Err: err}
		}
		if _, beat := msg.(wire.Beat); !beat {
			v.said <- said{time.Now(), msg}
		}
	}
}

func (v *view) send(t *testing.T, msg wire.ToView) time.Time {
	t.Helper()
	line, err := wire.EncodeToView(msg)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if _, err := v.link.Write(line); err != nil {
		t.Fatal(err)
	}
	return now
}

// await returns the next message of type T and when it came; others before it
// are dropped.
func await[T wire.FromView](t *testing.T, v *view) (T, time.Time) {
	t.Helper()
	var want T
	for timeout := time.After(patience); ; {
		select {
		case s, ok := <-v.said:
			if !ok {
				t.Fatalf("link ended before %T; stderr:\n%s", want, v.stderr)
			}
			if m, ok := s.msg.(T); ok {
				return m, s.at
			}
			if g, ok := s.msg.(wire.Gone); ok {
				t.Fatal(g.Err)
			}
		case <-timeout:
			t.Fatalf("no %T within %v", want, patience)
		}
	}
}

func (v *view) exitCode(t *testing.T) int {
	t.Helper()
	select {
	case code := <-v.exited:
		return code
	case <-time.After(patience):
		t.Fatal("still running")
		return 0
	}
}

// site is a forward proxy that answers every plain request itself.
func site(t *testing.T, pages map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "denied.test" {
			w.Header().Set("Proxy-Status", "guichet; error=http_request_denied")
			http.Error(w, "denied", http.StatusForbidden)
			return
		}
		if r.URL.Path == "/never" {
			<-r.Context().Done()
			return
		}
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if status := head(w.Header(), r.URL.Path); status != http.StatusOK {
			w.WriteHeader(status)
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// head says what a path means here, and answers with the status.
func head(h http.Header, path string) int {
	h.Set("Content-Type", "text/html; charset=utf-8")
	if strings.HasSuffix(path, ".pdf") {
		h.Set("Content-Type", "application/pdf")
	}
	if strings.HasSuffix(path, ".bin") || strings.HasPrefix(path, "/save/") {
		h.Set("Content-Disposition", "attachment")
	}
	switch path {
	case "/broken":
		return http.StatusInternalServerError
	case "/secret":
		h.Set("WWW-Authenticate", `Basic realm="x"`)
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

func startOf(proxy string) *wire.Start {
	s := &wire.Start{Proxy: proxy, Place: "Mairie", Languages: []wire.Language{{Code: "fr", Name: "Français"}, {Code: "en", Name: "English"}}}
	for _, id := range []string{"one", "two", "three", "four", "five", "six", "seven"} {
		s.Tiles = append(s.Tiles, wire.Tile{Procedure: id, Theme: "logement",
			Pictogram: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24"><circle cx="12" cy="12" r="9" fill="currentColor"/></svg>`,
			Texts:     map[string]wire.TileText{"fr": {Title: "Titre " + id, Purpose: "Pour essayer.", Minutes: [2]int{5, 10}}}})
	}
	return s
}

func opening(url string) wire.Open {
	return wire.Open{Procedure: "one", URL: url, Success: "demo.test/done*",
		Guides: map[string]wire.Guide{"fr": {Purpose: "Pour essayer.", Steps: []string{"Regardez."}}},
		Names:  map[string]string{"fr": "Essai"}}
}

// ready starts a view whose engine is warm, with the session on the screen and
// the page open.
func ready(t *testing.T, pages map[string]string, path string) (*display, *view) {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	v := startView(t, bin, d, startOf(site(t, pages)))
	await[wire.Ready](t, v)
	v.send(t, opening("http://demo.test"+path))
	v.send(t, wire.Show{Surface: wire.SurfaceSession})
	await[wire.At](t, v)
	return d, v
}
