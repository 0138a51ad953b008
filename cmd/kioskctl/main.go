// Command kioskctl is for the administrator's own computer, not for the kiosk:
// it reads what a kiosk has counted, checks packs of procedures and says what to
// mend in them, makes and revokes badges, and makes the sticks that set kiosks
// up. It needs no network, and changes no file but those of a badge folder, a
// site and a stick.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// commands is the command line.
type commands struct {
	Usage     usageCommands     `cmd:"" help:"What a kiosk has counted."`
	Procedure procedureCommands `cmd:"" help:"Packs of procedures."`
	Site      siteCommands      `cmd:"" help:"Sticks that set kiosks up."`
	Badge     badgeCommands     `cmd:"" help:"Badges of helpers and technicians."`
	Version   versionCommand    `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, here())
	stop()
	os.Exit(code)
}

// output is where a command writes its result.
type output struct{ io.Writer }

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command was understood
	exitUsage  = 2 // it was not
)

// here are the surroundings of a real command line.
func here() surroundings {
	return surroundings{now: time.Now, passphrase: passphrase, pin: askPIN, reader: openReader, secret: secretValue}
}

// run is main for tests: one command line, from arguments to exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, s surroundings) int {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("kioskctl"),
		kong.Description("Reads what a kiosk has counted, checks packs of procedures, and makes badges and sticks."),
		kong.Vars{"reader": defaultReader},
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.Bind(output{stdout}, s),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return tell(stderr, err, exitFailed)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		return tell(stderr, &hintError{err, "kioskctl --help lists the commands"}, exitUsage)
	}
	if err := command.Run(); err != nil {
		return tell(stderr, err, exitFailed)
	}
	return exitOK
}

// hintError is an error with what the administrator can do about it.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

func tell(stderr io.Writer, err error, code int) int {
	fmt.Fprintf(stderr, "kioskctl: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
	var h *hintError
	if errors.As(err, &h) {
		fmt.Fprintf(stderr, "kioskctl: hint: %s\n", h.hint)
	}
	return code
}

type versionCommand struct{}

// Run prints the version that the Go tool has recorded.
func (versionCommand) Run(out output) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	_, err := fmt.Fprintf(out, "kioskctl %s\n", version)
	return err
}
