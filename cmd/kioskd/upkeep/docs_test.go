package upkeep

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"guichet.example/internal/docsection"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/trust"
	"guichet.example/provisioning/usb"
)

var update = flag.Bool("update", false, "write docs/technician.md's list of codes")

const root = "../../.."

// saying is a code with its sentences.
type saying struct{ code, fr, en string }

// sayings is every code that a technician can meet, by what it is about.
func sayings() [][]saying {
	return [][]saying{group(usb.Codes()), group(fat.Codes()), group(trust.Codes()), group(Codes())}
}

// group sorts codes of one kind.
func group[C interface {
	~string
	In(lang string) string
}](codes []C) []saying {
	var all []saying
	for _, c := range codes {
		all = append(all, saying{string(c), c.In("fr"), c.In("en")})
	}
	slices.SortFunc(all, func(a, b saying) int { return strings.Compare(a.code, b.code) })
	return all
}

// TestTechniciansPage keeps the list of codes of docs/technician.md what the
// kiosk says.
func TestTechniciansPage(t *testing.T) {
	headings := []string{"L’appareil branché · What was plugged in", "La clé · The stick", "Ce que la clé apporte · What the stick brings",
		"L’installation · The installation"}
	var text strings.Builder
	for i, all := range sayings() {
		fmt.Fprintf(&text, "\n### %s\n\n| Code | La borne dit | The kiosk says |\n|---|---|---|\n", headings[i])
		for _, s := range all {
			fmt.Fprintf(&text, "| `%s` | %s | %s |\n", s.code, s.fr, s.en)
		}
	}
	docsection.Check(t, root+"/docs/technician.md", "refusals", text.String()+"\n", *update)
}

// TestEveryCodeIsListed finds codes in the source, so that none can be left out
// of the lists above.
func TestEveryCodeIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, s := range slices.Concat(sayings()...) {
		listed[s.code] = true
	}
	found := 0
	for _, dir := range []string{"provisioning", "cmd/kioskd", "kiosk"} {
		err := fs.WalkDir(os.DirFS(root), dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, code := range codesIn(t, filepath.Join(root, path)) {
				found++
				if !listed[code] {
					t.Errorf("%s: %s is in no list", path, code)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < len(listed) {
		t.Errorf("%d codes in the source, %d in the lists: this test does not see them", found, len(listed))
	}
}

// codesIn returns the texts of a source file that have the form of a code.
func codesIn(t *testing.T, path string) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^"(G-[A-Z]+(?:-[A-Z]+)*)"$`)
	ast.Inspect(file, func(n ast.Node) bool {
		if text, ok := n.(*ast.BasicLit); ok {
			if m := form.FindStringSubmatch(text.Value); m != nil {
				codes = append(codes, m[1])
			}
		}
		return true
	})
	return codes
}

// TestTechniciansPictures: the page shows pictures that are there, with words
// for whoever does not see them, and none is left over.
func TestTechniciansPictures(t *testing.T) {
	page, err := os.ReadFile(root + "/docs/technician.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?s)!\[([^\]]*)\]\(technician/([^)]*)\)`).FindAllStringSubmatch(string(page), -1) {
		if len(m[1]) < 20 {
			t.Errorf("%s has no words", m[2])
		}
		shown[m[2]] = true
	}
	there, err := os.ReadDir(root + "/docs/technician")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range there {
		if info, err := file.Info(); err != nil || info.Size() > 60<<10 || !shown[file.Name()] {
			t.Errorf("%s: shown %v, %v", file.Name(), shown[file.Name()], err)
		}
	}
	if len(there) != len(shown) || len(there) == 0 {
		t.Errorf("%d pictures, %d on the page", len(there), len(shown))
	}
}
