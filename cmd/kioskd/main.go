package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"guichet.example/kiosk"
	"guichet.example/kiosk/view"
	"guichet.example/kiosk/wipe"
)

// Flags are where things are on the box; what a site decides is in site.toml.
type Flags struct {
	Config  string           `default:"/etc/guichet/site.toml" type:"path" help:"The site's configuration."`
	Wayland string           `default:"/run/guichet-screen/wayland-0" type:"path" help:"Socket of the compositor that shows the views."`
	Runtime string           `default:"/run/guichet" type:"path" help:"Directory on a tmpfs for what lasts no longer than a session."`
	Check   bool             `help:"Check the configuration and the packs, then exit."`
	Version kong.VersionFlag `help:"Print the version and exit."`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == view.Stage2Arg {
		os.Exit(view.Stage2(os.Args[2:]))
	}
	if err := wipe.OverwriteFreed(); err != nil {
		os.Exit(exit(os.Stderr, err))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var flags Flags
	stopped := false
	parser, err := kong.New(&flags, kong.Name("kioskd"), kong.Writers(stdout, stderr),
		kong.Vars{"version": version()}, kong.Exit(func(int) { stopped = true }),
		kong.Description("The daemon of the kiosk. systemd starts it; see firmware/."))
	if err != nil {
		return exit(stderr, err)
	}
	if _, err := parser.Parse(args); stopped {
		return 0
	} else if err != nil {
		return exit(stderr, err)
	}
	err = serve(ctx, flags, stdout, slog.New(slog.NewTextHandler(stderr, nil)))
	if errors.Is(err, kiosk.ErrReboot) {
		err = reboot()
	}
	return exit(stderr, err)
}

// reboot asks systemd for one: units stop in order, but nothing may hold it up
// for long, because the kiosk is out of service.
func reboot() error {
	if out, err := exec.Command("systemctl", "reboot", "--no-wall").CombinedOutput(); err != nil {
		return fmt.Errorf("reboot: %w: %s", err, out)
	}
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}

// hintError is an error with what a technician does next.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// setupError is an error that a restart does not mend.
type setupError struct{ err error }

func (e *setupError) Error() string { return e.err.Error() }
func (e *setupError) Unwrap() error { return e.err }

// exitConfig tells systemd that a restart is of no use (sysexits.h EX_CONFIG;
// RestartPreventExitStatus= in kioskd.service).
const exitConfig = 78

func exit(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "kioskd: %v\n", err)
	var hint *hintError
	if errors.As(err, &hint) {
		fmt.Fprintf(stderr, "kioskd: hint: %s\n", hint.hint)
	}
	if setup := new(setupError); errors.As(err, &setup) {
		return exitConfig
	}
	return 1
}
