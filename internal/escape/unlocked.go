package escape

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"guichet.example/cmd/kiosk-bench/display"
)

// Unlocked is the program internal/unlocked on a screen of its own, in a home
// directory of its own.
type Unlocked struct {
	program, url, search string
	dir                  string
	screen               *display.Screen
	cmd                  *exec.Cmd
	in                   io.WriteCloser
	ended                chan struct{}
}

// OpenUnlocked starts the program in the directory dir, which is empty. It
// shows url; its error pages lead to search.
func OpenUnlocked(ctx context.Context, program, dir, url, search string) (*Unlocked, error) {
	u := &Unlocked{program: program, dir: dir, url: url, search: search}
	for _, name := range []string{"bin", handed, "Downloads", "Documents"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return nil, fmt.Errorf("open unlocked browser: %w", err)
		}
	}
	// Stands for every other program of a computer.
	recorder := "#!/bin/sh\nexec mktemp " + filepath.Join(dir, handed) + "/$(printf %s \"$1\" | tr -c 'a-z0-9\\n' _ | cut -c1-40)-XXXXXX >/dev/null\n"
	if err := os.WriteFile(filepath.Join(dir, "bin", "xdg-open"), []byte(recorder), 0o755); err != nil {
		return nil, fmt.Errorf("open unlocked browser: %w", err)
	}
	var err error
	if u.screen, err = display.Open(ctx, display.Options{Compositor: display.X11, Dir: dir}); err != nil {
		return nil, err
	}
	if err := errors.Join(u.screen.Paint(ctx, Backdrop), u.start(ctx)); err != nil {
		return nil, errors.Join(err, u.Close())
	}
	return u, nil
}

// start starts the program and waits for its window.
func (u *Unlocked) start(ctx context.Context) error {
	client := u.screen.Client()
	u.cmd = exec.Command(u.program, u.search)
	u.cmd.Env = []string{"PATH=" + filepath.Join(u.dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + u.dir, "LANG=C.UTF-8",
		"DISPLAY=" + client.X11, "XAUTHORITY=" + client.Xauthority, "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory",
		"XDG_RUNTIME_DIR=" + u.dir, "XDG_DOWNLOAD_DIR=" + filepath.Join(u.dir, "Downloads")}
	u.cmd.Dir = u.dir
	u.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.OpenFile(filepath.Join(u.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	u.cmd.Stdout, u.cmd.Stderr = log, log
	if u.in, err = u.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := u.cmd.Start(); err != nil {
		return fmt.Errorf("start unlocked browser: %w", err)
	}
	u.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { // ends with the program
		_ = cmd.Wait() // how it ended is of no interest
		close(ended)
	}(u.cmd, u.ended)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		windows, err := u.screen.Windows(ctx)
		if err != nil {
			return err
		}
		if len(windows) > 0 && windows[0].Bounds.Dx() == u.screen.Size().X {
			return nil
		}
	}
	return errors.New("start unlocked browser: it shows no window")
}

func (u *Unlocked) stop() {
	if u.cmd == nil || u.cmd.Process == nil {
		return
	}
	_ = syscall.Kill(-u.cmd.Process.Pid, syscall.SIGKILL) // fails when all have ended
	<-u.ended
}

// Close ends the program and its screen.
func (u *Unlocked) Close() error {
	u.stop()
	return u.screen.Close()
}

// Name implements Subject.
func (u *Unlocked) Name() string { return "unlocked" }

// Screen implements Subject.
func (u *Unlocked) Screen() *display.Screen { return u.screen }

// bar is the height of the strip above its page, in pixels.
const bar = 95

// Page implements Subject.
func (u *Unlocked) Page() image.Rectangle {
	return image.Rectangle{image.Pt(0, bar), u.screen.Size()}
}

// Steady implements Subject.
func (u *Unlocked) Steady() []image.Rectangle {
	return []image.Rectangle{image.Rect(0, 0, u.screen.Size().X, bar)}
}

// Root implements Subject.
func (u *Unlocked) Root() int { return u.cmd.Process.Pid }

// Places implements Subject.
func (u *Unlocked) Places() []string { return []string{u.dir} }

// Patience implements Subject.
func (u *Unlocked) Patience() time.Duration { return 6 * time.Second }

// Open implements Subject.
func (u *Unlocked) Open(ctx context.Context) error {
	select {
	case <-u.ended:
		return errors.New("it has ended")
	default:
	}
	_, err := io.WriteString(u.in, "open "+u.url+"\n")
	return err
}

// End implements Ender, as the button that closes a window does.
func (u *Unlocked) End(context.Context) error {
	_, err := io.WriteString(u.in, "close\n")
	return err
}

// Tidy implements Subject.
func (u *Unlocked) Tidy(ctx context.Context) error {
	select {
	case <-u.ended:
		return u.start(ctx)
	default:
	}
	_, err := io.WriteString(u.in, "tidy\n")
	return err
}

// Restart implements Subject.
func (u *Unlocked) Restart(ctx context.Context) error {
	u.stop()
	return u.start(ctx)
}

// Crash implements Subject.
func (u *Unlocked) Crash(context.Context) error { return crash(u.Root()) }

// crash kills every process below root that shows a page.
func crash(root int) error {
	found := false
	for _, pid := range Tree(root) {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err == nil && len(comm) > 12 && string(comm[:12]) == "WebKitWebPro" {
			found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
		}
	}
	if !found {
		return errors.New("crash the page: no process shows one")
	}
	return nil
}
