package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdviceCanBePasted puts the lines that the doctor prints into the pack:
// the pack is still good, and the doctor content.
func TestAdviceCanBePasted(t *testing.T) {
	dir := t.TempDir()
	file, pack := filepath.Join(dir, "usage.db"), filepath.Join(dir, "pack")
	ask([]string{file, "2026-11-05", "20", "demo", "left", "pisteur.localhost", "aN.suivi.localhost", "bN.suivi.localhost"})
	if err := os.CopyFS(pack, os.DirFS("../../kiosk/procedure/packs/demo")); err != nil {
		t.Fatal(err)
	}
	said := succeed(t, "procedure", "doctor", "--pack", pack, file)
	_, lines, found := strings.Cut(said, "    [[origins]]")
	lines, _, _ = strings.Cut("[[origins]]"+lines, "\n\n")
	if !found || !strings.Contains(lines, `host = "*.suivi.localhost"`) || !strings.Contains(lines, `host = "pisteur.localhost"`) {
		t.Fatalf("the doctor said\n%s", said)
	}
	f, err := os.OpenFile(filepath.Join(pack, "demo", "procedure.toml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("\n" + lines + "\n"); err != nil {
		t.Fatal(err)
	}
	succeed(t, "procedure", "check", pack)
	if said := succeed(t, "procedure", "doctor", "--pack", pack, file); strings.Contains(said, "[[origins]]") ||
		!strings.Contains(said, "Déjà dans la liste") || !strings.Contains(said, "✓ fonctionne") {
		t.Errorf("afterwards the doctor said\n%s", said)
	}
}

func succeed(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, &stdout, &stderr, here()); code != exitOK {
		t.Fatalf("%q: exit code %d, said %q", args, code, stderr.String())
	}
	return stdout.String()
}
