package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == initArg {
		code, err := runInit(os.Args[2:])
		os.Exit(exit(code, err))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == workArg {
		os.Exit(exit(0, run(ctx, os.Args[2:], os.Stdout)))
	}
	code, err := begin(ctx, os.Args[1:])
	os.Exit(exit(code, err))
}

// exit says what went wrong, once.
func exit(code int, err error) int {
	if err == nil {
		return code
	}
	fmt.Fprintf(os.Stderr, "peers: %v\n", err)
	return max(1, code)
}

// options are what a person can set.
type options struct {
	bin, scratch string
	only         []string // names; none = all
	vectors      []string // IDs; none = all
	rounds       int
	skip         []string // of escapes, residue, times
}

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("peers", flag.ContinueOnError)
	set.StringVar(&o.bin, "bin", "bin", "directory with kiosk-bench and kiosk-view")
	set.StringVar(&o.scratch, "scratch", ".cache", "directory on a disk, for a file of 192 MiB")
	set.IntVar(&o.rounds, "rounds", 7, "sessions whose end is timed, on each")
	only := set.String("only", "", "guichet, chromium, cog, surf: these alone, separated by commas")
	vectors := set.String("vectors", "", "IDs of escapes: these alone, separated by commas")
	skip := set.String("skip", "", "escapes, sessions: leave these out, separated by commas")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	o.only, o.vectors, o.skip = list(*only), list(*vectors), list(*skip)
	if set.NArg() > 0 || o.rounds < 1 {
		return o, errors.New("read arguments: no others than the flags, and at least one round")
	}
	return o, nil
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// begin checks the arguments and enters the world in which all happens.
func begin(ctx context.Context, args []string) (int, error) {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0, nil
	}
	if err != nil {
		return 2, err
	}
	return enter(ctx, o.scratch, args)
}

// run measures everybody and prints the table.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	d, err := mountDisk(ctx)
	if err != nil {
		return err
	}
	w := &work{options: o, disk: d, log: out}
	return w.all(ctx, out)
}
