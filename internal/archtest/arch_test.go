package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pkg is what "go list" says about a package.
type pkg struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
	Deps       []string
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// list runs go list for linux with the tag of the one cgo program, so that
// every file that is ever shipped is seen.
func list(t *testing.T, env []string, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Dir,Standard,GoFiles,CgoFiles,Imports,Deps"}, args...)...)
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS=linux")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(out); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func ours(t *testing.T) map[string]pkg {
	all := map[string]pkg{}
	for _, p := range list(t, []string{"CGO_ENABLED=1"}, "-tags=webkit", "./...") {
		all[strings.TrimPrefix(p.ImportPath, module)] = p
	}
	return all
}

func TestEveryPackageHasATier(t *testing.T) {
	all := ours(t)
	for name := range all {
		if _, ok := tiers[name]; !ok {
			t.Errorf("%s has no tier: say in rules_test.go where it stands", name)
		}
	}
	for name := range tiers {
		if _, ok := all[name]; !ok {
			t.Errorf("%s is listed but does not exist", name)
		}
	}
}

func TestImports(t *testing.T) {
	for name, p := range ours(t) {
		for _, problem := range importProblems(name, p.Imports) {
			t.Errorf("%s %s", name, problem)
		}
	}
}

// importProblems checks one package's direct imports against the rules.
func importProblems(name string, imports []string) []string {
	var problems []string
	for _, imported := range imports {
		if problem := importProblem(name, imported); problem != "" {
			problems = append(problems, fmt.Sprintf("imports %s: %s", imported, problem))
		}
	}
	return problems
}

func importProblem(name, imported string) string {
	from := tiers[name]
	if own, ok := strings.CutPrefix(imported, module); ok {
		return ownProblem(name, from, own)
	}
	first, _, _ := strings.Cut(imported, "/")
	if strings.Contains(first, ".") {
		return moduleProblem(name, from, imported)
	}
	if why, ok := impure[imported]; ok && from == pure {
		return why
	}
	return ""
}

func ownProblem(name string, from tier, own string) string {
	to := tiers[own]
	switch {
	case own == "cmd/kiosk-bench/display" && from == support:
		return "" // tests drive the bench's screen
	case own == "cmd/kioskd/upkeep" && name == "cmd/kioskd/renew":
		return "" // what a server has goes through the code of sticks
	case own == "cmd/kioskd/upkeep" && name == "cmd/kiosk-bench":
		return "" // sticks on the bench go through the code of the kiosk
	case own == "cmd/kioskctl/sitefolder" && name == "cmd/kiosk-bench/office":
		return "" // the bench's sticks are an administrator's
	case slices.Contains([]string{"hw/hwtest", "internal/archtest", "internal/docsection", "internal/e2e", "kiosk/usage/usagetest", "provisioning/stick/fattest"}, own):
		return "tests stay in tests"
	case to == support:
		if from == pure {
			return "a pure package touches no file"
		}
	case to == command && !strings.HasPrefix(own, name+"/"):
		return "a command is not a library"
	case from != command && to != pure:
		return fmt.Sprintf("a %v does not import a %v", from, to)
	case name == "cmd/kiosk-view" && own != "kiosk/view/wire":
		return "a view knows only the wire"
	}
	return ""
}

func moduleProblem(name string, from tier, imported string) string {
	if from == support {
		return ""
	}
	for prefix := range modules[name] {
		if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
			return ""
		}
	}
	return "third-party modules are listed with a reason in rules_test.go"
}

// TestImportRulesCanFail seeds violations.
func TestImportRulesCanFail(t *testing.T) {
	for _, c := range []struct{ name, imported string }{
		{"kiosk/session", "os"},
		{"kiosk/usage", "log/slog"},
		{"kiosk", "go.etcd.io/bbolt"},
		{"kiosk", module + "kiosk/view"},
		{"kiosk/view", module + "kiosk/wipe"},
		{"kiosk/wipe", module + "kiosk"},
		{"cmd/kioskd", module + "cmd/kiosk-bench/control"},
		{"cmd/kiosk-view", module + "kiosk/procedure"},
		{"hw/simboard", module + "hw/hwtest"},
	} {
		if importProblem(c.name, c.imported) == "" {
			t.Errorf("%s may import %s", c.name, c.imported)
		}
	}
}

// programs gives each command the environment and tags it is built with.
var programs = map[string][]string{
	"cmd/kioskd":      {"CGO_ENABLED=0"},
	"cmd/kiosk-bench": {"CGO_ENABLED=0"},
	"cmd/kioskctl":    {"CGO_ENABLED=0"},
	"cmd/kiosk-view":  {"CGO_ENABLED=1"},
}

func TestWhatIsLinkedIntoPrograms(t *testing.T) {
	for program, env := range programs {
		p := list(t, env, "-tags=webkit", "./"+program)
		if len(p) != 1 || len(p[0].Deps) == 0 {
			t.Fatalf("%s: nothing listed", program)
		}
		for bad, why := range forbidden[program] {
			if slices.ContainsFunc(p[0].Deps, func(dep string) bool { return within(dep, bad) }) {
				t.Errorf("%s contains %s: %s", program, bad, why)
			}
		}
	}
}

// within says whether dep is the forbidden package. A module of others is
// forbidden with everything below it, except that periph's host module is
// needed for its gpioioctl; a package of ours is forbidden alone, except
// commands.
func within(dep, bad string) bool {
	if dep == bad {
		return true
	}
	own := strings.HasPrefix(bad, module)
	return (!own || strings.HasPrefix(bad, module+"cmd/")) && strings.Contains(bad, ".") &&
		bad != "periph.io/x/host/v3" && strings.HasPrefix(dep, bad+"/")
}

func TestSimulatorIsFoundWhereItBelongs(t *testing.T) {
	p := list(t, programs["cmd/kiosk-bench"], "./cmd/kiosk-bench")
	for _, simulator := range []string{"hw/simboard", "internal/mfrc522sim", "internal/picc", "cmd/kiosk-bench/desk"} {
		if !slices.Contains(p[0].Deps, module+simulator) {
			t.Errorf("the check for %s sees none even in kiosk-bench: it could not fail", simulator)
		}
	}
}
