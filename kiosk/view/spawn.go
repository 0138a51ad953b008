package view

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
)

const (
	startLimit = 10 * time.Second       // for setting up one view
	reapLimit  = 500 * time.Millisecond // for a killed process to be reaped before Gone
	closeLimit = 2 * time.Second
)

// running is one view. Its goroutines are started by attend and end when the
// process has ended or its link was closed.
type running struct {
	traces   wire.Traces
	cmd      *exec.Cmd
	link     net.Conn      // the view's fd 3
	control  *net.UnixConn // to the first process; its end ends the tree
	listener net.Listener
	lines    chan []byte

	once    sync.Once
	ended   chan struct{} // closed once the tree was killed
	why     error         // set before ended is closed
	heard   chan struct{} // closed when nothing more is read
	exited  chan struct{} // closed when the first process was reaped
	exitErr error         // set before exited is closed
	moved   chan struct{} // holds one when it was asked for a page or shows another: the watch looks

	files             int64       // bytes of files in memory at the last close look; the watch's own
	engine            []int       // processes of the engine; the watch's own, as pages
	pages             map[int]int // of them those that run pages, with their threads
	calm              bool        // its engine took little at the last look; the watch's own
	disordered        atomic.Bool // it was told that the processor cannot be shared out
	claimed, reported bool        // guarded by Pool.mu: Kill was called, Gone was reported
}

// end kills the tree. Only the first reason counts.
func (v *running) end(why error) {
	v.once.Do(func() {
		v.why = why
		v.kill()
		close(v.ended)
		v.link.Close()
	})
}

// kill ends every process of the tree and does not wait. The first process of a
// pid namespace takes all others with it. Without one they are looked for once;
// the first process, which inherits what they leave, ends the rest and itself
// when its control socket closes.
func (v *running) kill() {
	if v.traces.Cgroup != "" {
		_ = set(v.traces.Cgroup, "cgroup.kill", "1") // it may have ended; Linux before 5.14 has no such file
	}
	if v.traces.PIDNamespace != 0 {
		_ = v.cmd.Process.Kill() // it may have ended
		return
	}
	select {
	case <-v.exited: // its number may be another's by now
	default:
		killOnce(v.traces.PID)
	}
	closeAll(v.control)
}

// start brings up one view.
func (p *Pool) start(ctx context.Context, n int) (*running, error) {
	v, err := p.begin(ctx, n, p.Isolation().Level == Weak, false)
	if err != nil {
		return nil, err
	}
	if err := p.release(ctx, v); err != nil {
		v.discard()
		return nil, err
	}
	return v, nil
}

// begin starts the first process of a view and waits until it has built the
// surroundings and handed over the listener.
func (p *Pool) begin(ctx context.Context, n int, weak, hold bool) (_ *running, err error) {
	dir := filepath.Join(p.config.Dir, strconv.Itoa(n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	var random [16]byte
	rand.Read(random[:])
	mark := wire.Mark(p.config.Dir, random)
	traces := wire.Traces{View: n, Mark: mark, Dir: dir}
	if p.cgroups != "" {
		if traces.Cgroup, err = p.makeCgroup(n); err != nil {
			return nil, err
		}
	}
	v, err := p.spawn(traces, weak)
	if err != nil {
		if traces.Cgroup != "" {
			removeCgroup(traces.Cgroup)
		}
		return nil, err
	}
	stop := v.bound(ctx)
	defer stop()
	uid, gid := p.config.UID, p.config.GID
	listener, err := v.prepare(plan{Weak: weak, Command: p.config.Command, Dir: dir, Mark: mark,
		UID: uid, GID: gid, Root: os.Getuid() == 0, Display: p.config.Display,
		Words: firstLanguage(p.config.Start), Hold: hold, MemoryLimitMiB: p.config.MemoryLimitMiB})
	if err != nil {
		v.discard()
		return nil, err
	}
	v.listener = listener
	return v, nil
}

// firstLanguage is that of the engine's own words in pages, on the button of a
// file or beside a field that was left empty. A running engine cannot change
// it, and most people never do.
func firstLanguage(s wire.Start) string {
	if len(s.Languages) == 0 {
		return ""
	}
	return s.Languages[0].Code
}

// release lets the view's own program run.
func (p *Pool) release(ctx context.Context, v *running) error {
	start := p.config.Start
	start.Proxy = "http://" + v.listener.Addr().String()
	start.WeakIsolation = v.traces.PIDNamespace == 0
	start.MemoryLimitMiB = p.config.pageLimitMiB()
	line, err := wire.EncodeToView(start)
	if err != nil {
		return err
	}
	v.lines <- line
	p.config.Attend(v.traces.View, v.listener)
	return v.letGo(ctx)
}

// letGo has the first process give up everything and run what it is to run.
func (v *running) letGo(ctx context.Context) error {
	stop := v.bound(ctx)
	defer stop()
	if err := send(v.control, note{Go: true}); err != nil {
		return err
	}
	_, err := v.answer()
	return err
}

// spawn starts the first process.
func (p *Pool) spawn(t wire.Traces, weak bool) (*running, error) {
	control, controlEnd, err := pair(unix.SOCK_SEQPACKET)
	if err != nil {
		return nil, err
	}
	defer controlEnd.Close()
	link, linkEnd, err := pair(unix.SOCK_STREAM)
	if err != nil {
		closeAll(control)
		return nil, err
	}
	defer linkEnd.Close()
	cmd, err := p.execute(t, weak, controlEnd, linkEnd)
	if err != nil {
		closeAll(control, link)
		return nil, err
	}
	v := &running{traces: t, cmd: cmd, control: control, link: link,
		lines: make(chan []byte, p.config.limits.queue), ended: make(chan struct{}),
		heard: make(chan struct{}), exited: make(chan struct{}), moved: make(chan struct{}, 1)}
	v.traces.PID = cmd.Process.Pid
	p.work.Go(func() {
		v.exitErr = cmd.Wait()
		close(v.exited)
	})
	if weak {
		return v, nil
	}
	if err := v.namespaces(); err != nil {
		v.discard()
		return nil, err
	}
	return v, nil
}

// execute runs this program once more, with the files that fdControl, fdLink
// and fdCommand name.
func (p *Pool) execute(t wire.Traces, weak bool, control, link *os.File) (*exec.Cmd, error) {
	program, err := os.OpenFile(p.config.Command[0], unix.O_PATH, 0)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	cmd := exec.Command("/proc/self/exe", Stage2Arg)
	cmd.Env = []string{t.Mark}
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{control, link, program}
	cmd.Stdout, cmd.Stderr = p.config.Stderr, p.config.Stderr
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = attributes(weak)
	if t.Cgroup != "" {
		group, err := os.Open(t.Cgroup)
		if err != nil {
			return nil, err
		}
		defer group.Close()
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(group.Fd())
	}
	started := p.onThread(func() { err = cmd.Start() })
	return cmd, errors.Join(started, err)
}

// attributes of the first process. Without root a user namespace gives it the
// capabilities to build the surroundings; the daemon's user keeps its number
// in it, since that is what display and accessibility sockets look at.
func attributes(weak bool) *syscall.SysProcAttr {
	if weak { // it has to outlive the daemon for as long as it takes to end the others
		return &syscall.SysProcAttr{Setsid: true}
	}
	a := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	a.Cloneflags = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		a.Cloneflags |= unix.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		a.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_SETPCAP}
	}
	return a
}

// namespaces notes the inodes of the tree's namespaces.
func (v *running) namespaces() error {
	for name, inode := range map[string]*uint64{"pid": &v.traces.PIDNamespace, "mnt": &v.traces.MountNamespace} {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", v.traces.PID, name))
		if err != nil {
			return err
		}
		digits := strings.TrimSuffix(strings.TrimPrefix(target, name+":["), "]")
		if *inode, err = strconv.ParseUint(digits, 10, 64); err != nil {
			return fmt.Errorf("read namespace %q: %w", target, err)
		}
	}
	return nil
}

// bound ends the exchange over the control socket with the context, and in any
// case after startLimit.
func (v *running) bound(ctx context.Context) func() bool {
	_ = v.control.SetDeadline(time.Now().Add(startLimit)) // fails when closed, as reading then does
	return context.AfterFunc(ctx, func() { _ = v.control.SetDeadline(time.Unix(1, 0)) })
}

func (v *running) prepare(pl plan) (net.Listener, error) {
	if err := send(v.control, pl); err != nil {
		return nil, err
	}
	file, err := v.answer()
	if err != nil {
		return nil, err
	}
	if file == nil {
		return nil, errors.New("first process handed over no listener")
	}
	defer file.Close()
	return net.FileListener(file)
}

// answer waits for the first process's next note.
func (v *running) answer() (*os.File, error) {
	var n note
	file, err := receive(v.control, &n)
	switch {
	case err == nil && n.Error == "":
		return file, nil
	case err == nil:
		return nil, errors.New(n.Error)
	case errors.Is(err, io.EOF):
		<-v.exited // its control socket closed, so it has ended
		return nil, fmt.Errorf("first process ended: %w", v.exitErr)
	default:
		return nil, err
	}
}

// discard ends a view that nobody heard of and leaves nothing of it.
func (v *running) discard() {
	v.end(ErrKilled)
	select {
	case <-v.exited:
	case <-time.After(closeLimit):
	}
	closeAll(v.control)
	if v.listener != nil {
		closeAll(v.listener)
	}
	os.RemoveAll(v.traces.Dir)
	if v.traces.Cgroup != "" {
		removeCgroup(v.traces.Cgroup)
	}
}

// closeAll closes what has nothing to lose.
func closeAll(closers ...io.Closer) {
	for _, c := range closers {
		c.Close()
	}
}
