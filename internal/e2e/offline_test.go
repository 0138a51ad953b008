package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nowhere is a host that the bench answers for nowhere. Its name has no address,
// or one of this machine's, which the gate refuses.
const nowhere = "nulle-part.localhost"

// packOfNowhere is the demo pack with its first procedure alone, whose site
// nobody answers for.
func packOfNowhere(t *testing.T) string {
	t.Helper()
	from, to := "../../kiosk/procedure/packs/demo", t.TempDir()
	change := strings.NewReplacer("mairie.localhost", nowhere, "connexion.localhost", "connexion."+nowhere,
		`id = "demo"`, `id = "nowhere"`, "\n  \"demo\",", "\n  \"nowhere\",", "\n  \"demo-pieges\",", "", "\n  \"demo-mandats\",", "")
	for name, as := range map[string]string{"pack.toml": "pack.toml", "demo": "nowhere"} {
		err := filepath.WalkDir(filepath.Join(from, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			out := filepath.Join(to, as, strings.TrimPrefix(path, filepath.Join(from, name)))
			if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
				return err
			}
			return os.WriteFile(out, []byte(change.Replace(string(data))), 0o644)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestSiteThatDoesNotAnswer: a person without network gets a sentence and one
// way on, not a white page.
func TestSiteThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	needAccess(t)
	b := startBench(t, sharedDir(t), "--compositor", "x11", "--pack", packOfNowhere(t))
	r := startReader(b)
	french := readTexts(t, "fr")
	b.post("/api/procedure", map[string]string{"id": "nowhere"})
	l := &listener{r, french, readTexts(t, "en")}
	r.until("the panel", func(root *element) []string {
		shown := root.String()
		if !strings.Contains(shown, l.say("trouble.network.2")) && !strings.Contains(shown, l.say("trouble.denied.1")) {
			return []string{"neither panel is there"}
		}
		return nil
	})
	b.keep("site-does-not-answer")
	r.named(l.say("trouble.home"))
	b.post("/api/end", nil)
	b.until("idle", func(s state) bool { return s.Session.State == "idle" && s.Wipe.Last == "verified" })
}
