package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/provisioning"
)

// office is an administrator's, with one kiosk.
type office struct {
	*testoffice.Office
	t testing.TB
}

// newOffice enrols the kiosk whose state that is.
func newOffice(t testing.TB, state string) *office {
	t.Helper()
	_, stdout, _ := kioskd(t, "--state", state, "enrolment")
	e, err := provisioning.ParseEnrolment("enrolment", []byte(stdout))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{testoffice.New(t, e), t}
	o.Own(provisioning.SecretsFile, testoffice.Seal(t, e.Recipient, keyDigits))
	o.Configure(string(provisioning.NewSiteFile("Mairie")))
	return o
}

// stick publishes the next version into a folder.
func (o *office) stick() string {
	o.t.Helper()
	dir := o.t.TempDir()
	for name, data := range o.Publish() {
		file := filepath.Join(dir, provisioning.Folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			o.t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			o.t.Fatal(err)
		}
	}
	return dir
}

// TestSiteApply takes a kiosk through its first stick and later ones.
func TestSiteApply(t *testing.T) {
	t.Setenv("LANG", "fr_FR.UTF-8")
	state := t.TempDir()
	do := func(want int, says string, args ...string) {
		t.Helper()
		code, stdout, stderr := kioskd(t, append([]string{"--state", state}, args...)...)
		if code != want || !strings.Contains(stdout+stderr, says) || strings.Contains(stdout+stderr, keyDigits) {
			t.Errorf("%v: %d, %q, %q; want %d, %q", args, code, stdout, stderr, want, says)
		}
	}
	o := newOffice(t, state)
	first, second := o.stick(), o.stick()
	do(0, "First set-up", "site", "--lang=en", "apply", "--dry-run", first)
	do(0, "No release is in force", "site", "--lang=en", "show")
	do(0, "Première installation", "site", "apply", first)
	do(1, "hint: kioskd site confirm", "site", "apply", second)
	if version, _ := taken(t, state); version != "1" {
		t.Errorf("%q is taken", version)
	}
	do(0, `kiosk "accueil"`, "check")
	do(0, "Release 1 is in force", "site", "--lang=en", "confirm")
	do(0, "Rien ne change", "site", "apply", filepath.Join(second, provisioning.Folder))
	do(0, "Release 2 was taken back", "site", "--lang=en", "back")
	do(0, "à l’essai", "site", "apply", second) // what failed can be tried again
	do(0, "Avant elle : la version 1", "site", "confirm")
	do(1, "G-TUF-ROLLBACK", "site", "apply", first)
	do(0, "Release 2 was taken back", "site", "--lang=en", "back") // by hand, later;
	do(1, "G-TUF-ROLLBACK", "site", "apply", first)                // that lowers nothing
	do(0, "à l’essai", "site", "apply", second)
}

func TestSiteApplyRefuses(t *testing.T) {
	state := t.TempDir()
	o := newOffice(t, state)
	good := o.stick()
	o.Own(provisioning.SecretsFile, testoffice.Seal(t, another(t), keyDigits))
	sealedToAnother := o.stick()
	elsewhere := newOffice(t, t.TempDir()).stick()
	tampered := o.stick()
	for _, file := range glob(t, filepath.Join(tampered, "guichet/targets/kiosks/*/*.site.toml")) {
		if err := os.WriteFile(file, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leading := t.TempDir() // a folder whose metadata lies outside it
	if err := os.Symlink(filepath.Join(good, "guichet"), filepath.Join(leading, "guichet")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, says string }{
		"for another kiosk":      {elsewhere, "G-TUF-KIOSK"},
		"secrets of another":     {sealedToAnother, "these secrets are for another kiosk"},
		"tampered":               {tampered, "G-TUF-TARGET"},
		"nothing in it":          {t.TempDir(), "G-TUF-NONE"},
		"a link that leads away": {leading, "G-TUF-NONE"},
	} {
		code, stdout, stderr := kioskd(t, "--state", state, "site", "apply", c.dir)
		if code != 1 || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: %d, %q, %q", name, code, stdout, stderr)
		}
	}
	if version, _ := taken(t, state); version != "" {
		t.Errorf("%q is in force", version)
	}
	if code, _, stderr := kioskd(t, "--state", state, "site", "apply", good); code != 0 {
		t.Errorf("the good one: %q", stderr)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	return files
}
