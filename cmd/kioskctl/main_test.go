package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagedb"
	"guichet.example/kiosk/usage/usagetest"
)

// TestMain makes kioskctl a command of the scripts, and count, ask and unbox, which
// play a kiosk.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kioskctl": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, quick())) },
		"count":    func() { os.Exit(count(os.Args[1:])) },
		"ask":      func() { os.Exit(ask(os.Args[1:])) },
		"unbox":    func() { os.Exit(unbox(os.Args[1:])) },
	})
}

// quick are the surroundings of a real command line, but for keys that are
// cheap to open.
func quick() surroundings {
	s := here()
	s.cost = 10
	return s
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		packs, err := filepath.Abs("../../kiosk/procedure/packs")
		e.Setenv("PACKS", packs)
		return err
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){"sed": replace, "sedfile": replaceByFile, "application": application, "copydir": copyDir}})
}

// replace PATTERN NEW FILE edits a file, in one place at least.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	pattern, file := regexp.MustCompile(args[0]), ts.MkAbs(args[2])
	data := ts.ReadFile(file)
	if !pattern.MatchString(data) {
		ts.Fatalf("%s does not match %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(file, []byte(pattern.ReplaceAllLiteralString(data, args[1])), 0o644))
}

// replaceByFile PATTERN OTHER FILE puts the first line of a file in.
func replaceByFile(ts *testscript.TestScript, neg bool, args []string) {
	line, _, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	replace(ts, neg, []string{args[0], line, args[2]})
}

// application FROM TO copies the number of the badges' application.
func application(ts *testscript.TestScript, neg bool, args []string) {
	line := regexp.MustCompile(`(?m)^application = .*$`).FindString(ts.ReadFile(args[0]))
	replace(ts, neg, []string{"# application = .*", line, args[1]})
}

// copyDir FROM TO copies a folder.
func copyDir(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// count FILE DAY SESSIONS opens the file on the given day and counts.
func count(args []string) int { return counted(args, session) }

// ask FILE DAY SESSIONS PROCEDURE OUTCOME HOST... counts sessions that were
// refused the hosts. "N" in a host is the number of the session.
func ask(args []string) int {
	return counted(args, func(i int) usage.Session {
		s := session(1)
		s.Procedure, s.Theme, s.Outcome = args[3], usage.ThemeHousing, usage.Outcome(args[4])
		s.Refused = usagetest.Sites(strings.Fields(strings.ReplaceAll(strings.Join(args[5:], " "), "N", strconv.Itoa(i)))...)
		return s
	})
}

func counted(args []string, session func(int) usage.Session) int {
	day, err := time.Parse("2006-01-02", args[1])
	if err != nil {
		panic(err)
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		panic(err)
	}
	d, err := usagedb.Open(args[0], usagedb.Options{Now: func() time.Time { return day }})
	if err != nil {
		panic(err)
	}
	for i := range n {
		if err := d.Add(session(i)); err != nil {
			panic(err)
		}
	}
	if err := d.Close(); err != nil {
		panic(err)
	}
	return 0
}

func session(i int) usage.Session {
	s := usage.Session{
		Procedure: []string{"ameli-droits", "caf-aide-au-logement", "ameli-droits", "impots-declarer", "ameli-droits"}[i%5],
		Theme:     []usage.Theme{usage.ThemeHealth, usage.ThemeHousing, usage.ThemeHealth, usage.ThemeMoney, usage.ThemeHealth}[i%5],
		Outcome:   []usage.Outcome{usage.OutcomeFinished, usage.OutcomeFinished, usage.OutcomeLeft}[i%3],
		Length:    []usage.Length{usage.LengthUnder15, usage.LengthUnder30}[i%2],
		Autonomy:  usage.AutonomyAlone, Language: []string{"fr", "fr", "fr", "en"}[i%4], Calls: usage.CallsNone,
		Refused: usagetest.Sites("logs.xiti.com"),
	}
	if i%4 == 0 {
		s.Autonomy, s.Help, s.Calls = usage.AutonomyPartly, usage.HelpGuided, usage.CallsAnswered
	}
	if i%6 == 0 {
		s.Aids = []usage.Aid{usage.AidTextSize}
	}
	return s
}

// TestShowStopsWithoutSpace checks that a result that cannot be written is an
// error.
func TestShowStopsWithoutSpace(t *testing.T) {
	path := t.TempDir() + "/usage.db"
	count([]string{path, "2026-10-05", "20"})
	for _, format := range []string{"text", "json", "csv"} {
		var stderr bytes.Buffer
		if code := run(t.Context(), []string{"usage", "show", "--format", format, path}, full{}, &stderr, here()); code != exitFailed {
			t.Errorf("%s: exit code %d, said %q", format, code, stderr.String())
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left") }
