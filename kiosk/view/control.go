package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// plan is the first packet to the first process of a view.
type plan struct {
	Weak    bool
	Command []string
	Dir     string // the view's directory; base of the private root, or with Weak its home
	Mark    string
	UID     int
	GID     int
	Root    bool // the daemon is root, so that users can be changed
	Display Display
	Words   string // language of the engine's own words in pages, as gettext's LANGUAGE has it; "" = English
	Hold    bool   // to be looked at only: give up everything, then run nothing

	MemoryLimitMiB int
}

// note is every later packet, in both directions. The listener travels with
// the first one from the first process.
type note struct {
	Go    bool   // to the first process: run the view
	Error string // from the first process: what it could not do
}

const packetLimit = 64 << 10

// pair returns a socket and the other end as a file for a child.
func pair(kind int) (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "their end")
	ours, err := socket(fds[0])
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// socket takes over the file descriptor.
func socket(fd int) (*net.UnixConn, error) {
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("use socket: %w", err)
	}
	c, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, errors.New("use socket: not a unix socket")
	}
	return c, nil
}

// send writes one packet, with files attached.
func send(c *net.UnixConn, packet any, files ...*os.File) error {
	data, err := json.Marshal(packet)
	if err != nil {
		return fmt.Errorf("write control packet: %w", err)
	}
	var rights []byte
	for _, f := range files {
		rights = append(rights, unix.UnixRights(int(f.Fd()))...)
	}
	if _, _, err := c.WriteMsgUnix(data, rights, nil); err != nil {
		return fmt.Errorf("write control packet: %w", err)
	}
	return nil
}

// receive reads one packet and the file that came with it, if any.
func receive(c *net.UnixConn, packet any) (*os.File, error) {
	data := make([]byte, packetLimit)
	rights := make([]byte, unix.CmsgSpace(4))
	n, nr, _, _, err := c.ReadMsgUnix(data, rights)
	if err != nil {
		return nil, fmt.Errorf("read control packet: %w", err)
	}
	if n == 0 {
		return nil, fmt.Errorf("read control packet: %w", io.EOF)
	}
	file, err := attached(rights[:nr])
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data[:n], packet); err != nil {
		if file != nil {
			file.Close()
		}
		return nil, fmt.Errorf("read control packet: %w", err)
	}
	return file, nil
}

func attached(rights []byte) (*os.File, error) {
	if len(rights) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil || len(messages) != 1 {
		return nil, errors.New("read control packet: malformed rights")
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, errors.New("read control packet: malformed rights")
	}
	return os.NewFile(uintptr(fds[0]), "listener"), nil
}
