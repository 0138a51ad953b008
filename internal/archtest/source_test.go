package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Budgets, from the 90th percentile of the code bases we admire.
const (
	maxFileLines = 400
	maxFuncLines = 45
)

// source is one parsed file.
type source struct {
	path string
	pkg  string
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for name, p := range ours(t) {
		for _, f := range append(p.GoFiles, p.CgoFiles...) {
			path := filepath.Join(p.Dir, f)
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, source{path, name, file, fset})
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d files found: the walk is broken", len(all))
	}
	return all
}

func (s source) lines(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

func TestOnePackageComment(t *testing.T) {
	comments := map[string]int{}
	for _, s := range sources(t) {
		comments[s.pkg] += 0
		if s.file.Doc != nil {
			comments[s.pkg]++
		}
	}
	for name, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments, want exactly one", name, n)
		}
	}
}

func TestSize(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.fset.File(s.file.Pos()).LineCount(); n > maxFileLines {
			t.Errorf("%s: %d lines, at most %d", s.path, n, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Body != nil && s.lines(f) > maxFuncLines && !mostlyTable(s, f) {
				t.Errorf("%s: %s has %d lines, at most %d", s.path, f.Name.Name, s.lines(f), maxFuncLines)
			}
		}
	}
}

// TestSizeOfC holds the C files to the same length.
func TestSizeOfC(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "cmd/kiosk-view/*.[ch]"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no C files: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > maxFileLines {
			t.Errorf("%s: %d lines, at most %d", f, n, maxFileLines)
		}
	}
}

// mostlyTable says whether more than half of a function is one switch or one
// literal: splitting such a one makes it harder to read.
func mostlyTable(s source, f *ast.FuncDecl) bool {
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.CompositeLit:
			found = found || 2*s.lines(n) > s.lines(f)
		}
		return !found
	})
	return found
}

// TestPureMeansPure looks for clocks, goroutines, globals that change and
// init in places where imports alone do not tell.
func TestPureMeansPure(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init: what happens at start is written in main", s.path)
			}
		}
		if tiers[s.pkg] != pure {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a pure package starts no goroutine", s.fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && isClock(n.Sel.Name) {
					t.Errorf("%s: time.%s: in a pure package time is a value", s.fset.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
}

func isClock(name string) bool {
	switch name {
	case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick":
		return true
	default:
		return false
	}
}
