package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"guichet.example/kiosk/view/wire"
)

// readStart reads the one message that comes before everything else.
func readStart(in *bufio.Reader) (wire.Start, error) {
	line, err := readLine(in)
	if err != nil {
		return wire.Start{}, err
	}
	msg, err := wire.DecodeToView(line)
	if err != nil {
		return wire.Start{}, err
	}
	start, ok := msg.(wire.Start)
	switch {
	case !ok:
		return wire.Start{}, errors.New("first message is not start")
	case start.Proxy == "":
		// Without one the engine would go to the network by itself.
		return wire.Start{}, errors.New("no proxy")
	}
	return start, nil
}

// readLine reads up to the next newline, at most wire.MaxDown bytes.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > wire.MaxDown {
			return nil, wire.ErrTooLong
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, err
		}
		return line, nil
	}
}

// next reads the next message after Start.
func next(in *bufio.Reader) (wire.ToView, error) {
	line, err := readLine(in)
	if err != nil {
		return nil, err
	}
	msg, err := wire.DecodeToView(line)
	if err != nil {
		return nil, err
	}
	if _, again := msg.(wire.Start); again {
		return nil, errors.New("start came twice")
	}
	return msg, nil
}

// follow hands every message to receive until the link ends, and the process
// with it: a view without a daemon must not be seen a moment longer.
func follow(in *bufio.Reader, receive func(wire.ToView)) {
	for {
		msg, err := next(in)
		switch {
		case errors.Is(err, io.EOF):
			os.Exit(0)
		case err != nil:
			fmt.Fprintln(os.Stderr, "kiosk-view: read link:", err)
			os.Exit(5)
		}
		receive(msg)
	}
}

// outbox writes messages in their order without holding up the GTK thread.
type outbox struct{ lines chan []byte }

// newOutbox starts the goroutine that writes to link; it ends with the process.
func newOutbox(link io.Writer) *outbox {
	o := &outbox{lines: make(chan []byte, 256)}
	go o.write(link)
	return o
}

func (o *outbox) write(link io.Writer) {
	for line := range o.lines {
		if _, err := link.Write(line); err != nil {
			os.Exit(0) // the daemon is gone
		}
		clear(line) // a PIN may be in it
	}
}

// send queues msg. A daemon that has not read 256 messages is stuck; ending is
// what it will notice.
func (o *outbox) send(msg wire.FromView) {
	line, err := wire.EncodeFromView(msg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kiosk-view:", err)
		os.Exit(5)
	}
	select {
	case o.lines <- line:
	default:
		fmt.Fprintln(os.Stderr, "kiosk-view: the daemon does not read")
		os.Exit(5)
	}
}
