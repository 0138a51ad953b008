package stick

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
	"guichet.example/provisioning/stick/fat"
)

// ChildArg is the first argument of the program when it is to read a stick.
const ChildArg = "guichet-stick-child"

// The same program once more, without any privilege.
const confinedArg = "confined"

// confined is what a child says first, once that is so.
const confined = "confined\n"

// Files of the child. Standard input is the content of a file to be written.
const (
	fdPipe   = 3
	fdDevice = 4 // for reading
	fdReport = 5 // the device for writing; the child that only reads has none
)

// order is what a child is to do; it travels as arguments.
type order struct {
	size   int64 // of the device, in bytes
	limits fat.Limits
	name   string // of the file to write; "" = read
	when   int64  // the time on the clock in the hall, in seconds
	user   confine.Privileges
}

// Child is the process that reads a stick. main calls it with what follows
// ChildArg, before anything else, and exits with the result:
//
//	if len(os.Args) > 1 && os.Args[1] == stick.ChildArg {
//		os.Exit(stick.Child(os.Args[2:]))
//	}
//
// It is executed twice: first it gives up its privileges, which only a thread
// can; then, as a program that has none, also the system calls it needs to
// start. The program is built without cgo: C libraries start threads with more
// system calls than a child has.
func Child(args []string) int { return child(args, order.work) }

// child does its work once it is confined. Tests give it other work.
func child(args []string, work func(order) error) int {
	err := func() error {
		if len(args) > 0 && args[0] == confinedArg {
			o, err := parseOrder(args[1:])
			if err != nil {
				return err
			}
			if err := o.confine(); err != nil {
				return err
			}
			if _, err := descriptor(fdPipe).Write([]byte(confined)); err != nil {
				return err
			}
			return work(o)
		}
		o, err := parseOrder(args)
		if err != nil {
			return err
		}
		return o.drop(args)
	}()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", ChildArg, err)
		return 1
	}
	return 0
}

func (o order) arguments() []string {
	numbers := []int64{o.size, int64(o.limits.Entries), o.limits.File, o.limits.Total, int64(o.limits.Depth), o.when,
		int64(o.user.UID), int64(o.user.GID), 0}
	if o.user.SetUser {
		numbers[8] = 1
	}
	args := []string{o.name}
	for _, n := range numbers {
		args = append(args, strconv.FormatInt(n, 10))
	}
	return args
}

func parseOrder(args []string) (o order, err error) {
	if len(args) != 10 {
		return o, errors.New("is for the kiosk's own use")
	}
	var numbers [9]int64
	for i := range numbers {
		if numbers[i], err = strconv.ParseInt(args[i+1], 10, 64); err != nil {
			return o, err
		}
	}
	o = order{name: args[0], size: numbers[0], when: numbers[5],
		limits: fat.Limits{Entries: int(numbers[1]), File: numbers[2], Total: numbers[3], Depth: int(numbers[4])},
		user:   confine.Privileges{UID: int(numbers[6]), GID: int(numbers[7]), SetUser: numbers[8] == 1, Bounding: true}}
	return o, nil
}

// drop gives up the privileges and executes the program once more.
func (o order) drop(args []string) error {
	runtime.LockOSThread()
	if err := o.limit(); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return fmt.Errorf("be ended first: %w", err)
	}
	last := fdDevice
	if o.name != "" {
		last = fdReport
	}
	if err := unix.CloseRange(uint(last+1), ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close other files: %w", err)
	}
	if err := confine.Drop(o.user); err != nil {
		return err
	}
	// The change of user cleared it.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("die with the kiosk: %w", err)
	}
	argv := append([]string{"guichet", ChildArg, confinedArg}, args...)
	return fmt.Errorf("execute reader: %w", syscall.Exec("/proc/self/exe", argv, environment()))
}

// environment is all that a child knows from its. One thread for Go's code is
// enough; how many there could be is then not asked of the cgroup, whose files
// would stay open.
func environment() []string {
	return []string{"GOMAXPROCS=1", "GODEBUG=containermaxprocs=0,updatemaxprocs=0", "GOTRACEBACK=none"}
}

// Of memory, 64 MiB in all: what the program itself takes, and this much that
// it may ask for after it has started. Go gives back what is above the soft limit.
const (
	dataLimit = 40 << 20
	softLimit = 24 << 20
)

// limit sets the limits that hold from the beginning. A file may not grow past
// what the device is; the one that only reads may write none.
func (o order) limit() error {
	file := uint64(0)
	if o.name != "" {
		file = uint64(o.size)
	}
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, file}, {unix.RLIMIT_CPU, uint64(TimeLimit / time.Second)},
		{unix.RLIMIT_NOFILE, 32}, {unix.RLIMIT_MEMLOCK, 0}, {unix.RLIMIT_MSGQUEUE, 0}, {unix.RLIMIT_NICE, 0},
		{unix.RLIMIT_RTPRIO, 0}, {unix.RLIMIT_STACK, 1 << 20},
		{unix.RLIMIT_NPROC, 32}, // threads: the kernel's memory for them is in no other limit
	} {
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return fmt.Errorf("set limit %d: %w", l.resource, err)
		}
	}
	return nil
}

// confine gives up memory, files and system calls.
func (o order) confine() error {
	debug.SetMemoryLimit(softLimit)
	time.Sleep(time.Microsecond) // has Go open the two files it wants for its timers
	// What this process has asked for that is its own, which the limit counts.
	now, err := statusOf("/proc/self/status", "VmData:")
	if err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: now + dataLimit, Max: now + dataLimit}); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	// From now on it is heard on the pipe alone: nobody fills a log through it.
	null, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("fall silent: %w", err)
	}
	if err := errors.Join(unix.Dup3(null, 2, 0), unix.Close(null)); err != nil {
		return fmt.Errorf("fall silent: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("limit files: %w", err)
	}
	return confine.Install(assemble(o.name != ""), unix.SECCOMP_FILTER_FLAG_TSYNC)
}

// work reads or writes, tells the parent and waits for its end.
func (o order) work() error {
	s := newSender(descriptor(fdPipe))
	if err := o.carryOut(s); err != nil {
		return err
	}
	time.Sleep(2 * TimeLimit) // the parent looks at it, and kills it
	return nil
}

func (o order) carryOut(s *sender) error {
	v, err := fat.Find(descriptor(fdDevice), o.size)
	switch {
	case err != nil:
		return s.end("", err)
	case o.name == "":
		err = o.read(v, s)
	default:
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(descriptor(0), fat.MaxReport+1)); err == nil {
			err = v.Write(descriptor(fdReport), o.name, data, time.Unix(o.when, 0).UTC())
		}
		if err == nil {
			err = o.readBack(data)
		}
	}
	return s.end(v.Kind(), err)
}

// readBack reads from the medium what was just written: not what the kernel has
// kept of it.
func (o order) readBack(data []byte) error {
	if err := unix.Fadvise(fdDevice, 0, 0, unix.FADV_DONTNEED); err != nil {
		return err
	}
	v, err := fat.Find(descriptor(fdDevice), o.size)
	if err != nil {
		return err
	}
	return v.Holds(o.name, data)
}

// read goes through the folders once for how much there is, and then for the
// files.
func (o order) read(v *fat.Volume, s *sender) error {
	total := int64(0)
	err := v.Walk(o.limits, func(_ string, size int64, _ io.Reader) error {
		total += size
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.total(total); err != nil {
		return err
	}
	return v.Walk(o.limits, s.file)
}

// descriptor is an open file, used by the system calls that the filter allows
// and no others, which package os does not promise.
type descriptor int

func (d descriptor) Read(b []byte) (int, error) {
	return d.fill(b, func(b []byte) (int, error) { return unix.Read(int(d), b) })
}

func (d descriptor) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = d.fill(b[n:], func(b []byte) (int, error) { return unix.Pread(int(d), b, at+int64(n)) })
		n += m
	}
	return n, err
}

// fill reads once, whatever signals come.
func (d descriptor) fill(b []byte, read func([]byte) (int, error)) (int, error) {
	for {
		n, err := read(b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (d descriptor) Write(b []byte) (int, error) {
	return d.drain(b, func(b []byte, _ int) (int, error) { return unix.Write(int(d), b) })
}

func (d descriptor) WriteAt(b []byte, at int64) (int, error) {
	return d.drain(b, func(b []byte, done int) (int, error) { return unix.Pwrite(int(d), b, at+int64(done)) })
}

func (d descriptor) drain(b []byte, write func(b []byte, done int) (int, error)) (done int, err error) {
	for done < len(b) {
		n, err := write(b[done:], done)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return done, err
		}
		done += max(n, 0)
	}
	return done, nil
}

// Sync is that of fat.Device.
func (d descriptor) Sync() error { return unix.Fsync(int(d)) }
