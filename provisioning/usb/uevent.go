package usb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Event is one that the kernel announces, of the subsystems block and usb.
type Event struct {
	Action    string // "add", "remove", "change", "bind", …
	Path      string // of the device in sysfs, from "devices/" on
	Subsystem string // "block" or "usb"
	Kind      string // "disk" or "partition", "usb_device" or "usb_interface"
	Name      string // in /dev, "sda" for one; "" for none
	Lost      bool   // events were lost: nothing else is said. Look at what there is
}

// Disk says whether a medium appeared or changed that Check can be asked about.
func (e Event) Disk() bool {
	return e.Subsystem == "block" && e.Kind == "disk" && (e.Action == "add" || e.Action == "change")
}

const (
	kernelGroup = 1 // of netlink; udev's own messages are another
	maxEvent    = 8 << 10
)

// Listen calls hear with events until the context ends, and returns its error;
// before that only when the kernel gives no events. begun is called once events
// arrive: what is looked at after it misses nothing.
func Listen(ctx context.Context, begun func(), hear func(Event)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return fmt.Errorf("listen for devices: %w", err)
	}
	f := os.NewFile(uintptr(fd), "uevents")
	defer f.Close()
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelGroup}); err != nil {
		return fmt.Errorf("listen for devices: %w", err)
	}
	socket, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("listen for devices: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) }) // it may be closed
	defer stop()
	begun()
	buffer := make([]byte, maxEvent)
	for {
		var n int
		var from unix.Sockaddr
		var failed error
		if err := socket.Read(func(fd uintptr) bool {
			n, from, failed = unix.Recvfrom(int(fd), buffer, 0)
			return !errors.Is(failed, unix.EAGAIN)
		}); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("listen for devices: %w", err)
		}
		switch sender, ok := from.(*unix.SockaddrNetlink); {
		case errors.Is(failed, unix.ENOBUFS):
			hear(Event{Lost: true})
		case errors.Is(failed, unix.EINTR):
		case failed != nil:
			return fmt.Errorf("listen for devices: %w", failed)
		case ok && sender.Pid == 0: // the kernel: anybody may send to this socket
			if e, ok := parse(buffer[:n]); ok {
				hear(e)
			}
		}
	}
}

// parse reads a message of the kernel: a heading, then KEY=value, each with a
// zero at its end. ok is false for what is none, and for other subsystems.
func parse(b []byte) (e Event, ok bool) {
	heading, rest, found := bytes.Cut(b, []byte{0})
	if !found || !bytes.Contains(heading, []byte("@/")) || len(rest) == 0 || rest[len(rest)-1] != 0 {
		return e, false
	}
	for _, pair := range bytes.Split(rest[:len(rest)-1], []byte{0}) {
		key, value, _ := bytes.Cut(pair, []byte("="))
		switch string(key) {
		case "ACTION":
			e.Action = string(value)
		case "DEVPATH":
			e.Path = string(bytes.TrimPrefix(value, []byte("/")))
		case "SUBSYSTEM":
			e.Subsystem = string(value)
		case "DEVTYPE":
			e.Kind = string(value)
		case "DEVNAME":
			e.Name = string(value)
		}
	}
	named := string(heading) == e.Action+"@/"+e.Path
	return e, named && (e.Subsystem == "block" || e.Subsystem == "usb")
}
