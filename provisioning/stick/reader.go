package stick

import (
	"bytes"
	"cmp"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/internal/confine"
	"guichet.example/provisioning"
	"guichet.example/provisioning/stick/fat"
)

// TimeLimit is how long reading a stick or writing to it may take.
const TimeLimit = 20 * time.Second

// Limits are what is taken from a stick: what a repository may hold, with the
// folders that it stands in and what kiosks write beside it.
func Limits() fat.Limits {
	return fat.Limits{Entries: 2 * provisioning.MaxFiles, File: provisioning.MaxTarget, Total: provisioning.MaxRepository + 64<<20,
		Depth: provisioning.MaxDepth + 2}
}

// Reader reads sticks and writes to them. The zero value is one for a program
// without root.
type Reader struct {
	// UID and GID are whose the child is where this program is root: a user of
	// its own, who owns nothing. From 1 to 4294967293.
	UID, GID int
	// Stderr gets the words of a child that could not begin, for the log; nil
	// drops them. They come before it reads the first byte.
	Stderr io.Writer
	// Progress is told, by the goroutine of Read, how many bytes of how many it
	// has copied; nil = nobody asks. How many there are is the child's word.
	Progress func(done, total int64)
}

// Used is what a child took.
type Used struct {
	Time   time.Duration // from the start of the child until all was copied
	CPU    time.Duration
	Memory int64 // most that it held at once, in bytes; 0 where it ended by itself
}

// Read copies what stands below the folder guichet of a device or an image of
// one into the directory to, which it makes; its parent must be there. When
// that fails, nothing stays. What the stick is refused for is a *fat.Refusal,
// anything else is this machine's fault.
//
// The copies are 0600 and are not flushed: nobody trusts them yet.
func (r Reader) Read(ctx context.Context, device, to string) (Contents, Used, error) {
	d, size, err := r.open(device)
	if err != nil {
		return Contents{}, Used{}, err
	}
	defer d.Close()
	if err := os.Mkdir(to, 0o700); err != nil {
		return Contents{}, Used{}, fmt.Errorf("copy stick: %w", err)
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return Contents{}, Used{}, errors.Join(fmt.Errorf("copy stick: %w", err), os.Remove(to))
	}
	defer func() { _ = root.Close() }() // of a directory, opened for reading
	c := call{order: order{size: size, limits: Limits()}, reader: r, files: []*os.File{d}, sink: directory{root}, within: TimeLimit}
	contents, used, err := c.run(ctx)
	if err != nil {
		err = errors.Join(err, os.RemoveAll(to))
	}
	return contents, used, err
}

// Write puts a file below the folder guichet of a device, "enrolment/ID.toml"
// for one: see fat.Volume.Write for what a cut leaves. Names are of ASCII.
// Without a Refusal or another error the file has reached the medium, and was
// read back from it.
func (r Reader) Write(ctx context.Context, device, name string, data []byte) (Used, error) {
	d, size, err := r.open(device)
	if err != nil {
		return Used{}, err
	}
	defer d.Close()
	w, err := os.OpenFile(device, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) { // a switch on it forbids writing
		return Used{}, &fat.Refusal{Code: fat.Locked, Err: err}
	}
	if err != nil {
		return Used{}, pulled(err)
	}
	defer w.Close()
	now := time.Now()
	_, offset := now.Zone()
	c := call{order: order{size: size, name: name, when: now.Unix() + int64(offset)}, reader: r, files: []*os.File{d, w},
		stdin: bytes.NewReader(data), sink: nowhere{}, within: TimeLimit}
	_, used, err := c.run(ctx)
	return used, err
}

// open opens a device that nobody has mounted, or an image, if there is somebody
// to read it.
func (r Reader) open(path string) (*os.File, int64, error) {
	const most = 1<<32 - 3 // above are numbers that mean nobody, or no change
	if os.Getuid() == 0 && (r.UID < 1 || r.GID < 1 || r.UID > most || r.GID > most) {
		return nil, 0, fmt.Errorf("open stick: no user of its own to read it: %d, group %d", r.UID, r.GID)
	}
	if err := withoutC("/proc/self/exe"); err != nil {
		return nil, 0, fmt.Errorf("open stick: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, pulled(err)
	}
	flags := os.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK
	switch info.Mode().Type() {
	case 0:
	case os.ModeDevice:
		flags |= os.O_EXCL // fails when it is mounted
	default:
		return nil, 0, fmt.Errorf("open stick %q: it is neither a device nor an image of one", path)
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, 0, pulled(err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open stick: %w", err), f.Close())
	}
	return f, size, nil
}

// errC is of a program that a child cannot be: C starts threads with system
// calls that a child may not make, and would fall at random.
var errC = errors.New("this program uses C libraries, and nothing of that kind reads a stick: build it with CGO_ENABLED=0")

// withoutC says whether a program can be the child: none that loads C libraries.
func withoutC(program string) error {
	f, err := elf.Open(program)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	libraries, err := f.ImportedLibraries()
	if err == nil && len(libraries) > 0 {
		err = errC
	}
	return err
}

// pulled tells a device that has gone from one that may not be opened.
func pulled(err error) error {
	for _, gone := range []error{fs.ErrNotExist, unix.ENXIO, unix.ENODEV, unix.ENOMEDIUM, unix.EIO} {
		if errors.Is(err, gone) {
			return &fat.Refusal{Code: fat.Unread, Err: err}
		}
	}
	return fmt.Errorf("open stick: %w", err)
}

// directory is where files are copied to. Nothing leads out of it.
type directory struct{ root *os.Root }

func (d directory) create(name string, _ int64) (io.WriteCloser, error) {
	if parent := path.Dir(name); parent != "." {
		if err := d.root.MkdirAll(parent, 0o700); err != nil {
			return nil, fmt.Errorf("copy stick: %w", err)
		}
	}
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("copy stick: %w", err)
	}
	return f, nil
}

// nowhere takes nothing: a child that writes sends no file.
type nowhere struct{}

func (nowhere) create(string, int64) (io.WriteCloser, error) { return nil, nonsense("a file") }

// call is one child.
type call struct {
	order
	reader Reader
	files  []*os.File // from fdDevice on
	stdin  io.Reader
	sink   sink
	within time.Duration
}

// run starts the child, takes what it says and ends it.
func (c call) run(ctx context.Context) (Contents, Used, error) {
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		return Contents{}, Used{}, fmt.Errorf("start reader: %w", err)
	}
	defer r.Close()
	cmd := c.command(ctx, w)
	began := time.Now()
	err = cmd.Start()
	w.Close()
	if err != nil {
		return Contents{}, Used{}, fmt.Errorf("start reader: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = r.SetReadDeadline(time.Unix(1, 0)) }) // it may be closed
	defer stop()
	contents, err := c.listen(r)
	used := Used{Time: time.Since(began), Memory: mostMemory(cmd.Process.Pid)}
	if reap(cmd) {
		used.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = &fat.Refusal{Code: fat.TooSlow, Err: err}
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return contents, used, err
}

// listen takes what the child says once it is confined. One that cannot be is
// this machine's fault, and has not looked at the stick.
func (c call) listen(r io.Reader) (Contents, error) {
	word := make([]byte, len(confined))
	if _, err := io.ReadFull(r, word); err != nil || string(word) != confined {
		return Contents{}, fmt.Errorf("start reader: it was not confined: %w", cmp.Or(err, errSpeech))
	}
	return receive(r, c.limits, c.sink, c.reader.Progress)
}

// reapLimit is how long a killed child is waited for. One that waits for a
// device in the kernel ends when that answers; nobody waits for it so long.
const reapLimit = time.Second

// reap ends a child that has said all, and says whether it is gone. The
// goroutine ends with the child.
func reap(cmd *exec.Cmd) bool {
	_ = cmd.Process.Kill() // it may have ended
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended says nothing more
		close(gone)
	}()
	select {
	case <-gone:
		return true
	case <-time.After(reapLimit):
		return false
	}
}

// mostMemory asks the kernel, not the child. What wait(2) tells counts this
// program in, which the child was before it was executed.
func mostMemory(pid int) int64 {
	n, err := statusOf(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:")
	if err != nil {
		return 0
	}
	return int64(n)
}

// command is this program once more, in namespaces of its own: without a
// network, without other processes, without anybody's mounts to change.
func (c call) command(ctx context.Context, pipe *os.File) *exec.Cmd {
	root := os.Getuid() == 0
	c.user = confine.Privileges{UID: c.reader.UID, GID: c.reader.GID, SetUser: root}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{ChildArg}, c.arguments()...)...)
	cmd.Env = environment()
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stderr = c.stdin, c.reader.Stderr
	cmd.ExtraFiles = append([]*os.File{pipe}, c.files...)
	cmd.WaitDelay = time.Second
	a := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	a.Cloneflags = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	if uid, gid := os.Getuid(), os.Getgid(); !root {
		a.Cloneflags |= unix.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		a.AmbientCaps = []uintptr{unix.CAP_SETPCAP}
	}
	cmd.SysProcAttr = a
	return cmd
}
