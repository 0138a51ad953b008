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

	"guichet.example/hw/periphboard"
	"guichet.example/kiosk"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view"
	"guichet.example/kiosk/wipe"
	"guichet.example/provisioning/stick"
)

// Flags are where things are on the box; what a site decides is in site.toml.
type Flags struct {
	Config  string           `type:"path" placeholder:"FILE" help:"The configuration to use, whatever a site has sent. Without it: the release in force in STATE/site, else /etc/guichet/site.toml, else FACTORY."`
	Factory string           `default:"/usr/share/guichet/factory.toml" type:"path" help:"How a kiosk is wired that nobody has set up yet, in the form of a site.toml. It waits for a stick then."`
	Runtime string           `default:"/run/guichet" type:"path" help:"Directory on a tmpfs for what lasts no longer than a session."`
	State   string           `default:"/var/lib/guichet" type:"path" help:"Directory for what outlasts a restart: the last list of revoked badges, the kiosk's own key, what its site has sent."`
	Version kong.VersionFlag `help:"Print the version and exit."`

	Serve     serveCommand     `cmd:"" default:"withargs" help:"Be the kiosk, until told to stop. What kioskd does without a command."`
	Check     checkCommand     `cmd:"" help:"Check the configuration and the packs."`
	SafeState safeStateCommand `cmd:"" name:"safe-state" help:"Release the relay, which makes the film private, and switch the lamp off. After the daemon has died, systemd runs it."`
	HW        hwCommands       `cmd:"" name:"hw" help:"The hardware of the box."`
	Enrolment enrolmentCommand `cmd:"" help:"Write what an administrator needs to make a stick for this kiosk: its public key, serial number and model. The first time makes the key."`
	Site      siteCommands     `cmd:"" help:"What the site has sent to this kiosk."`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == view.Stage2Arg {
		os.Exit(view.Stage2(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == stick.ChildArg {
		os.Exit(stick.Child(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], process{os.Stdin, os.Stdout, os.Stderr, wipe.OverwriteFreed, periphboard.Open, periphboard.SafeState}))
}

func run(ctx context.Context, args []string, p process) int {
	var flags Flags
	stopped := false
	parser, err := kong.New(&flags, kong.Name("kioskd"), kong.Writers(p.stdout, p.stderr),
		kong.Vars{"version": version()}, kong.Exit(func(int) { stopped = true }),
		kong.Description("The daemon of the kiosk. systemd starts it; see firmware/."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&flags, p))
	if err != nil {
		return exit(p.stderr, err)
	}
	command, err := parser.Parse(args)
	switch {
	case stopped:
		return 0
	case err != nil:
		return exit(p.stderr, &hintError{err, "kioskd --help lists the commands"})
	}
	return exit(p.stderr, command.Run())
}

// process is what a command has of the process it runs in.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	forgetful      func() error // starts the program anew so that it overwrites what it frees
	board          func(periphboard.Config) (*periphboard.Board, error)
	release        func([]periphboard.Output) error
}

// serveCommand is the daemon itself.
type serveCommand struct {
	Wayland string `default:"/run/guichet-screen/wayland-0" type:"path" help:"Socket of the compositor that shows the views."`
}

// Run is the daemon's life.
func (c *serveCommand) Run(ctx context.Context, flags *Flags, p process) error {
	if err := p.forgetful(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(p.stderr, nil))
	err := serve(ctx, *flags, log)
	if setup := new(setupError); errors.As(err, &setup) {
		err = giveUpTrial(ctx, *flags, err)
	}
	if errors.Is(err, kiosk.ErrReboot) {
		err = reboot()
	}
	if errors.Is(err, kiosk.ErrRestart) { // systemd starts it again: Restart=always
		err = nil
	}
	return err
}

// checkCommand looks at what serve would read.
type checkCommand struct{}

// Run reads the configuration, the packs and the badges' keys, and prints what they amount to.
func (checkCommand) Run(flags *Flags, p process) error {
	name, site, procedures, err := flags.read()
	if err != nil {
		return &setupError{err}
	}
	if name == flags.Factory {
		_, err = fmt.Fprintf(p.stdout, "%s is right: the kiosk is not set up, and waits for a stick.\n", name)
		return err
	}
	secrets, err := flags.secrets()
	if err != nil {
		return &setupError{err}
	}
	if site.Badge != nil {
		_, revoked, err := badgeSite(site.Badge, secrets.BadgeKey, flags.State, slog.New(slog.DiscardHandler))
		if err == nil {
			err = revoked.Fault()
		}
		if err != nil {
			return &setupError{err}
		}
	}
	helpers := ""
	if n := procedures.Count(procedure.AudienceHelper); n > 0 {
		helpers = fmt.Sprintf(", and to helpers %d of their own", n)
	}
	_, err = fmt.Fprintf(p.stdout, "%s is right: kiosk %q offers %d procedures in %v%s.\n", name, site.ID,
		procedures.Count(procedure.AudienceAll), site.Languages, helpers)
	return err
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
