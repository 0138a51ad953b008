//go:build webkit

package main

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
	"time"

	"guichet.example/kiosk/view/wire"
)

// Exit codes; see the package comment.
const (
	exitUsage   = 2
	exitEngine  = 3
	exitDisplay = 4
	exitLink    = 5
)

func main() {
	// Before anything can start a process: a child that kept the link open
	// would hide our death from the daemon.
	syscall.CloseOnExec(3)
	if code, err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kiosk-view:", err)
		os.Exit(code)
	}
}

func run() (int, error) {
	if err := prepareProcess(); err != nil {
		return exitUsage, err
	}
	link := os.NewFile(3, "link")
	in := bufio.NewReaderSize(link, 64<<10)
	start, err := readStart(in)
	if err != nil {
		return exitUsage, fmt.Errorf("read start from descriptor 3: %w; kiosk-view is started by the daemon", err)
	}
	words, err := readCatalog()
	if err != nil {
		return exitUsage, err
	}
	out := newOutbox(link)
	began := time.Now()
	l := newLoop(start, words, func() time.Duration { return time.Since(began) }, out.send)
	w, code, err := newWindow(l)
	if err != nil {
		return code, err
	}
	out.send(wire.Hello{Proto: wire.Proto, Engine: w.version(), Ephemeral: true, Sandbox: true})
	l.begin(w)
	go follow(in, func(msg wire.ToView) { w.dispatch(func() { l.receive(msg) }) })
	w.run()
	return 0, nil
}

// prepareProcess sets what must hold before GTK or WebKit read it.
func prepareProcess() error {
	if err := refuseEnvironment(os.Environ()); err != nil {
		return err
	}
	// A core file would be a copy of the session.
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("set core limit: %w", err)
	}
	// JavaScriptCore would take SIGUSR1 from the Go runtime.
	settings := map[string]string{"JSC_SIGNAL_FOR_GC": "35", "GSETTINGS_BACKEND": "memory"}
	if os.Getenv("AT_SPI_BUS_ADDRESS") == "" && os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		settings["NO_AT_BRIDGE"] = "1" // no bus: nothing to bridge to
	}
	for name, value := range settings {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}
