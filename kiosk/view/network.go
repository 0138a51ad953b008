package view

import (
	"fmt"
	"os"
	"strings"
)

// listenerAddress is the daemon's, 127.0.0.1:3128, as /proc/net/tcp writes it
// on the processors there are boxes with, which are little-endian.
const listenerAddress = "0100007F:0C38"

// States of sockets in /proc/net: a stream socket that listens, and any other
// that takes what comes.
const (
	stateListening   = "0A"
	stateUnconnected = "07"
)

// network holds for each network namespace of the view, of which bubblewrap
// makes one more for a page.
func (i inspection) network() error {
	if i.weak {
		return errWeak
	}
	known := map[string]bool{}
	for _, m := range i.seen {
		space := namespace(m.name, "net")
		if space == "" || known[space] {
			continue
		}
		own := m.pid == i.view.traces.PID
		known[space] = true
		if err := m.connected(); err != nil {
			return fmt.Errorf("%v: %w", m, err)
		}
		open := m.listening()
		if own && (len(open) != 1 || open[0] != "tcp "+listenerAddress) || !own && len(open) > 0 {
			return fmt.Errorf("%v: its network listens at %q", m, open)
		}
	}
	return nil
}

// connected says what leads out of a process's network.
func (m member) connected() error {
	for _, line := range m.table("dev") {
		if name, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && name != "lo" {
			return fmt.Errorf("its network has the interface %q", name)
		}
	}
	if routes := m.table("route"); len(routes) > 1 { // the first line is a heading
		return fmt.Errorf("its network has %d routes", len(routes)-1)
	}
	for _, line := range m.table("ipv6_route") {
		if fields := strings.Fields(line); len(fields) > 0 && fields[len(fields)-1] != "lo" {
			return fmt.Errorf("its network has a route to %q", fields[len(fields)-1])
		}
	}
	return nil
}

// listening returns the sockets of a process's network that take what comes.
func (m member) listening() (open []string) {
	for table, state := range map[string]string{"tcp": stateListening, "tcp6": stateListening, "udp": stateUnconnected,
		"udp6": stateUnconnected, "raw": stateUnconnected, "raw6": stateUnconnected} {
		for _, line := range m.table(table) {
			if fields := strings.Fields(line); len(fields) > 3 && fields[3] == state {
				open = append(open, table+" "+fields[1])
			}
		}
	}
	if packets := m.table("packet"); len(packets) > 1 {
		open = append(open, "packets")
	}
	return open
}

// table reads a file of /proc/net, nil when the kernel has none or the process
// has ended.
func (m member) table(name string) []string {
	data, err := os.ReadFile("/proc/" + m.name + "/net/" + name)
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}
