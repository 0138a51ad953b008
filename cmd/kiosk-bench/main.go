package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"guichet.example/kiosk/view"
	"guichet.example/kiosk/wipe"
	"guichet.example/provisioning/stick"
)

// Flags are what a person can set.
type Flags struct {
	Listen        string            `default:"127.0.0.1:8480" help:"Loopback address of the control page."`
	Data          string            `type:"path" placeholder:"DIR" help:"Data directory that lasts. Without it, a temporary one."`
	Pack          []string          `type:"existingdir" placeholder:"DIR" sep:"none" help:"A pack of procedures of your own; may be repeated."`
	Map           map[string]string `placeholder:"HOST=127.0.0.1:PORT" help:"Answer an origin from a site on this machine over plain http; may be repeated."`
	MapTLS        map[string]string `name:"map-tls" placeholder:"HOST=127.0.0.1:PORT" help:"Answer an origin, or *.HOST, from a site on this machine over https, whose certificate this machine trusts; may be repeated."`
	Compositor    string            `enum:"auto,cage,x11" default:"auto" help:"What shows the views: cage nested in an X server, or the X server alone (${enum})."`
	WeakIsolation bool              `help:"Go on where the kernel refuses namespaces. The control page says so."`

	Unprovisioned bool `help:"Begin as a kiosk that nobody has set up, until a stick brings a site."`

	MemoryLimitMiB int `name:"memory-limit-mib" default:"700" placeholder:"MIB" help:"What a session may use: all processes of its view, and its files in memory."`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == view.Stage2Arg {
		os.Exit(view.Stage2(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == stick.ChildArg {
		os.Exit(stick.Child(os.Args[2:]))
	}
	if err := wipe.OverwriteFreed(); err != nil {
		os.Exit(exit(os.Stderr, err))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 2 && os.Args[1] == siteArg {
		os.Exit(exit(os.Stderr, runSite(ctx, os.Stdout)))
	}
	if len(os.Args) == 2 && os.Args[1] == measureArg {
		os.Exit(exit(os.Stderr, runMeasure(ctx, os.Stdout)))
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var flags Flags
	stopped := false
	parser, err := kong.New(&flags, kong.Name("kiosk-bench"), kong.Writers(stdout, stderr),
		kong.Exit(func(int) { stopped = true }),
		kong.Description("The kiosk on a simulated board, with a control page in your browser."))
	if err != nil {
		return exit(stderr, err)
	}
	if _, err := parser.Parse(args); stopped {
		return 0
	} else if err != nil {
		return exit(stderr, &hintError{err, "kiosk-bench --help lists what there is"})
	}
	return exit(stderr, runBench(ctx, flags, stdout, stderr))
}

// hintError is an error with what to do next.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// exit says what went wrong, once, and what to do next.
func exit(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "kiosk-bench: %v\n", err)
	var hint *hintError
	if errors.As(err, &hint) {
		fmt.Fprintf(stderr, "kiosk-bench: hint: %s\n", hint.hint)
	}
	return 1
}
