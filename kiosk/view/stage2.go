package view

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
)

// Stage2Arg is the first argument of the daemon's program when it is to be the
// first process of a view.
const Stage2Arg = "guichet-view-stage2"

// The same program once more, without any privilege.
const (
	stage3Arg = "run"
	holdArg   = "hold" // to be looked at only
)

// File descriptors of the first process.
const (
	fdControl = 3
	fdLink    = 4
	fdCommand = 5 // the view's program: with weak isolation its user may not be able to reach it by path
)

// Stage2 is the first process of a view. main calls it with what follows
// Stage2Arg and exits with the result:
//
//	if len(os.Args) > 1 && os.Args[1] == view.Stage2Arg {
//		os.Exit(view.Stage2(os.Args[2:]))
//	}
//
// It builds the view's surroundings, hands the listener to the daemon, gives up
// all privileges by executing itself again, and then starts the view, reaps
// what the view leaves behind and ends everything when the view or the daemon
// ends.
func Stage2(args []string) int {
	unix.CloseOnExec(fdControl)
	unix.CloseOnExec(fdLink)
	unix.CloseOnExec(fdCommand)
	fd, err := unix.FcntlInt(fdControl, unix.F_DUPFD_CLOEXEC, 0) // fdControl itself is for the next program
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is for the daemon's own use\n", Stage2Arg)
		return 2
	}
	control, err := socket(fd)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is for the daemon's own use\n", Stage2Arg)
		return 2
	}
	switch {
	case len(args) > 2 && args[0] == stage3Arg:
		err = run(control, args[1:])
	case len(args) > 0 && args[0] == holdArg:
		err = hold(control)
	default:
		err = setUp(control)
	}
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	_ = send(control, note{Error: err.Error()}) // nobody listens when the daemon has ended
	return 1
}

// exitCode is how the view ended, as a shell would put it.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

// setUp runs on one thread, whose credentials are those of the program it
// executes at the end.
func setUp(control *net.UnixConn) error {
	runtime.LockOSThread()
	var p plan
	if _, err := receive(control, &p); err != nil {
		return err
	}
	place, err := p.surround()
	if err != nil {
		return err
	}
	listener, err := listen(p.Weak)
	if err != nil {
		return err
	}
	if err := send(control, note{}, listener); err != nil {
		return err
	}
	listener.Close()
	var n note
	if _, err := receive(control, &n); err != nil || !n.Go {
		return fmt.Errorf("not let go: %w", err)
	}
	if err := p.limit(); err != nil {
		return err
	}
	if err := p.drop(); err != nil {
		return err
	}
	if err := p.keep(); err != nil {
		return err
	}
	argv := append([]string{"guichet", Stage2Arg, stage3Arg, place.command}, p.Command...)
	if p.Hold {
		argv = []string{"guichet", Stage2Arg, holdArg}
	}
	if err := unix.Chdir(place.home); err != nil {
		return fmt.Errorf("enter %q: %w", place.home, err)
	}
	return fmt.Errorf("execute first process: %w", syscall.Exec("/proc/self/exe", argv, place.env))
}

// keep hands the files over that the next program needs.
func (p plan) keep() error {
	files := []int{fdControl, fdLink}
	if p.Weak {
		files = append(files, fdCommand)
	}
	for _, fd := range files {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("keep file %d: %w", fd, err)
		}
	}
	return nil
}

// surround builds what the view will see, and says where things are in it.
func (p plan) surround() (place, error) {
	unix.Umask(0o077)
	if p.Weak {
		return p.directories()
	}
	pl, err := p.root()
	if err != nil {
		return place{}, err
	}
	if err := unix.Sethostname([]byte("localhost")); err != nil {
		return place{}, fmt.Errorf("set host name: %w", err)
	}
	if err := loopbackUp(); err != nil {
		return place{}, fmt.Errorf("bring up loopback: %w", err)
	}
	return pl, nil
}

// ceilings are what one process of a view may use, by the names that
// /proc/PID/limits gives them. Files are what Debian gives a desktop session.
// Processes, threads included, are those of all views of this user together;
// what one view may have is watched, or limited by its cgroup. The largest file
// is as large as the largest tmpfs.
var ceilings = []struct {
	resource int
	name     string
	most     uint64
}{
	{unix.RLIMIT_CORE, "Max core file size", 0},
	{unix.RLIMIT_NOFILE, "Max open files", 4096},
	{unix.RLIMIT_NPROC, "Max processes", 4096},
	{unix.RLIMIT_FSIZE, "Max file size", 256 << 20},
	{unix.RLIMIT_MEMLOCK, "Max locked memory", 1 << 20},
	{unix.RLIMIT_MSGQUEUE, "Max msgqueue size", 0},
	{unix.RLIMIT_NICE, "Max nice priority", 0},
	{unix.RLIMIT_RTPRIO, "Max realtime priority", 0},
}

// limit sets the ceilings, and that the kernel takes a view before anything
// else of the machine when memory runs out.
func (p plan) limit() error {
	_, _ = unix.KeyctlJoinSessionKeyring("") // without keys in the kernel there is nothing to join
	for _, c := range ceilings {
		var now unix.Rlimit
		if err := unix.Getrlimit(c.resource, &now); err != nil {
			return fmt.Errorf("read limit %q: %w", c.name, err)
		}
		most := min(c.most, now.Max)
		if err := unix.Setrlimit(c.resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("set limit %q: %w", c.name, err)
		}
	}
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("500"), 0); err != nil {
		return fmt.Errorf("be ended first: %w", err)
	}
	return nil
}

// drop gives up user, groups, capabilities and the way back to them on this
// thread. Without root the daemon's supplementary groups stay: the kernel does
// not let a user give up a group.
func (p plan) drop() error {
	keep := confine.Privileges{UID: p.UID, GID: p.GID, SetUser: p.Root, Bounding: !p.Weak || p.Root}
	if err := confine.Drop(keep); err != nil {
		return err
	}
	if !p.Weak { // the change of user cleared it
		if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
			return fmt.Errorf("die with the daemon: %w", err)
		}
	}
	return filterCalls()
}

// hold stays to be looked at until the daemon has seen enough.
func hold(control *net.UnixConn) error {
	if err := send(control, note{}); err != nil {
		return err
	}
	var n note
	_, err := receive(control, &n)
	return err
}

// run starts the view and stays until it or the daemon ends. When it returns in
// a pid namespace the kernel ends everything else there; without one it has
// made itself the parent of every orphan and ends them one by one.
//
// command is the path of the view's program, its name and its arguments.
func run(control *net.UnixConn, command []string) error {
	weak := os.Getpid() != 1
	// The view's user is ours: no tracing. A weak tree must stay readable for
	// the wipe; it adopts its orphans instead.
	option, value := unix.PR_SET_DUMPABLE, 0
	if weak {
		option, value = unix.PR_SET_CHILD_SUBREAPER, 1
	}
	if err := unix.Prctl(option, uintptr(value), 0, 0, 0); err != nil {
		return fmt.Errorf("prepare first process: %w", err)
	}
	link := os.NewFile(fdLink, "link")
	child, err := os.StartProcess(command[0], command[1:],
		&os.ProcAttr{Env: os.Environ(), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr, link}})
	link.Close()
	if err != nil {
		return fmt.Errorf("execute view: %w", err)
	}
	unix.Close(fdLink)
	if err := send(control, note{}); err != nil {
		return err
	}
	go func() {
		var n note
		_, _ = receive(control, &n) // nothing comes any more: it returns when the daemon is gone
		endOrphans(weak)
		os.Exit(1)
	}()
	status := reap(child.Pid)
	endOrphans(weak)
	return status
}

// reap waits for every child until the view itself has ended.
func reap(view int) exitCode {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR || pid != view && err == nil:
		case err != nil:
			return 1
		case status.Signaled():
			return exitCode(128 + int(status.Signal()))
		case status.Exited():
			return exitCode(status.ExitStatus())
		}
	}
}

func endOrphans(weak bool) {
	if weak {
		killBelow(os.Getpid())
	}
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
