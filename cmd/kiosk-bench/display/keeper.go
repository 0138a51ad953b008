package display

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// grace is how long a process may take to end by itself.
const grace = 2 * time.Second

// overwriteFreed makes the C library overwrite memory that a program frees
// (mallopt(3), M_PERTURB): what views have drawn and copied does not outlive
// them in the servers.
const overwriteFreed = "MALLOC_PERTURB_=165"

// keeper starts processes and ends them. The kernel delivers a parent's death
// signal when the *thread* that forked ends, so all are forked from one
// thread that the keeper holds for as long as they live.
type keeper struct {
	jobs chan func()
	once sync.Once

	mu    sync.Mutex
	procs []*process // in the order in which they were started
}

// newKeeper starts the keeper's goroutine, which stop ends.
func newKeeper() *keeper {
	k := &keeper{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for job := range k.jobs {
			job()
		}
	}()
	return k
}

// process is one running child and the group that it leads.
type process struct {
	name string
	pid  int
	log  string        // path of what it wrote to its standard error
	done chan struct{} // closed once it was reaped and its group is gone

	quit  func() // asks it to end, better than SIGTERM does; nil = SIGTERM
	after func() // clears up after it, whatever way it ended; may be nil
}

// nice is how servers of a display are scheduled: as a box's compositor, see
// firmware/units/guichet-screen.service.
const nice = -10

// start starts cmd in a process group of its own. What it writes goes to the
// file log.
func (k *keeper) start(name string, cmd *exec.Cmd, log string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stderr = out
	if cmd.Stdout == nil {
		cmd.Stdout = out
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if cmd.Stdin == nil { // else it ends when we let go of that
		cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM // not SIGKILL: servers remove their sockets
	}
	started := make(chan error)
	k.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, nice) // without root it stays with everybody else
	p := &process{name: name, pid: cmd.Process.Pid, log: log, done: make(chan struct{})}
	go p.reap(cmd)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.procs = append(k.procs, p)
	return p, nil
}

// reap waits for the process, ends what is left of its group while the
// process still holds the group's number, and only then lets the number go.
func (p *process) reap(cmd *exec.Cmd) {
	defer close(p.done)
	const (
		pPID    = 1          // P_PID
		exited  = 0x00000004 // WEXITED
		noReap  = 0x01000000 // WNOWAIT
		siBytes = 128        // sizeof(siginfo_t)
	)
	var info [siBytes]byte
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pPID, uintptr(p.pid),
			uintptr(unsafe.Pointer(&info)), exited|noReap, 0, 0)
		if errno != syscall.EINTR {
			break
		}
	}
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	_ = cmd.Wait() // how it ended is of no interest: its log is
}

// stop ends the process: asked first, then killed. It may be called again.
func (p *process) stop() error {
	ways := []func(){
		func() { _ = syscall.Kill(-p.pid, syscall.SIGTERM) },
		func() { _ = syscall.Kill(-p.pid, syscall.SIGKILL) },
	}
	if p.quit != nil {
		ways = append([]func(){p.quit}, ways...)
	}
	for _, end := range ways {
		if p.ended(0) {
			break
		}
		end()
		p.ended(grace)
	}
	if p.after != nil {
		p.after()
	}
	if !p.ended(0) {
		return fmt.Errorf("end %s: process %d does not die", p.name, p.pid)
	}
	return nil
}

// ended waits for the end of the process, no longer than d.
func (p *process) ended(d time.Duration) bool {
	select {
	case <-p.done:
		return true
	default:
	}
	select {
	case <-p.done:
		return true
	case <-time.After(d):
		return false
	}
}

// stop ends all processes, the last started first, and the keeper.
func (k *keeper) stop() error {
	k.mu.Lock()
	procs := slices.Clone(k.procs)
	k.mu.Unlock()
	var errs []error
	for _, p := range slices.Backward(procs) {
		errs = append(errs, p.stop())
	}
	k.once.Do(func() { close(k.jobs) })
	return errors.Join(errs...)
}

// drop kills the process that was started last and forgets it. It cannot clear
// up after itself: what it would remove may be another's by now.
func (k *keeper) drop() error {
	k.mu.Lock()
	last := len(k.procs) - 1
	p := k.procs[last]
	k.procs = k.procs[:last]
	k.mu.Unlock()
	_ = syscall.Kill(-p.pid, syscall.SIGKILL) // it may have ended
	return p.stop()
}

// said returns the last line that the process wrote, for an error message.
func (p *process) said() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return "it said nothing"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return "it said: " + last
	}
	return "it said nothing"
}

// until calls ready every few milliseconds until it says true; it fails when
// the process ends before, when ctx ends, or after patience.
func (p *process) until(ctx context.Context, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("wait for %s: %s ended; %s", what, p.name, p.said())
		case <-ctx.Done():
			return fmt.Errorf("wait for %s of %s: %w; %s", what, p.name, ctx.Err(), p.said())
		}
	}
	return nil
}

// find returns the path of a program, or an error that names its package.
func find(program, pkg string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("find %s: %w (it is in the Debian package %s)", program, err, pkg)
	}
	return path, nil
}
