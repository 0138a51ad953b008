package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"filippo.io/age"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/hw/periphboard"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
)

// sent puts a release with these files on trial, as a stick would.
func sent(t *testing.T, state, version string, files map[string]string) {
	t.Helper()
	s, err := apply.Open(filepath.Join(state, siteDir))
	if err != nil {
		t.Fatal(err)
	}
	c := apply.Candidate{Version: version, Metadata: map[string][]byte{"timestamp.json": []byte(version)}}
	all := fstest.MapFS{}
	for name, content := range files {
		all[name] = &fstest.MapFile{Data: []byte(content)}
		c.List = append(c.List, apply.File{Name: name, Size: int64(len(content)), SHA256: sha256.Sum256([]byte(content))})
	}
	c.Files = all
	if err := errors.Join(s.Stage(t.Context(), c, nil), s.Try(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func confirm(t *testing.T, state string) {
	t.Helper()
	if code, _, stderr := kioskd(t, "--state", state, "site", "confirm"); code != 0 {
		t.Fatal(stderr)
	}
}

// taken starts the daemon as far as it takes the site's release.
func taken(t *testing.T, state string) (version, log string) {
	t.Helper()
	var text bytes.Buffer
	held, err := takeSite(t.Context(), Flags{State: state}, slog.New(slog.NewTextHandler(&text, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if held == nil {
		return "", text.String()
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	return held.Version, text.String()
}

// siteToml is the example for a kiosk of this name.
func siteToml(t *testing.T, id string) string {
	t.Helper()
	data, err := os.ReadFile(site(t, "mairie-accueil", id))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWhichConfiguration(t *testing.T) {
	state := t.TempDir()
	byHand := site(t)
	check := func(want string, args ...string) {
		t.Helper()
		_, stdout, stderr := kioskd(t, append(args, "--state", state, "check")...)
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("%v: %q %q, want %q", args, stdout, stderr, want)
		}
	}
	check("/usr/share/guichet/factory.toml")
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "sent")})
	check("/usr/share/guichet/factory.toml") // until the daemon takes it into use
	held, err := takeSite(t.Context(), Flags{State: state}, slog.New(slog.DiscardHandler))
	if err != nil || held == nil || held.Version != "1" {
		t.Fatal(held, err)
	}
	check(`kiosk "sent"`)
	check(byHand, "--config", byHand)
	if code, _, stderr := kioskd(t, "--state", state, "site", "back"); code != 0 {
		t.Error(stderr)
	}
	check(`kiosk "sent"`) // the daemon goes on with what it holds
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	if version, _ := taken(t, state); version != "" {
		t.Errorf("%q is taken", version)
	}
	check("/usr/share/guichet/factory.toml")
}

// TestFactory: the wiring that make install brings is right, and has what sets a
// kiosk up that has nothing else.
func TestFactory(t *testing.T) {
	const installed = "../../firmware/system/factory.toml"
	code, stdout, stderr := kioskd(t, "--state", t.TempDir(), "--factory", installed, "check")
	if code != 0 || !strings.Contains(stdout, "waits for a stick") {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	site, _, err := read(installed)
	if err != nil || site.ServiceSwitch == nil || site.Badge != nil || lines(site).ServiceSwitch == nil {
		t.Errorf("%+v %v", site, err)
	}
	var released []periphboard.Output
	p := process{release: func(o []periphboard.Output) error { released = o; return nil }}
	code, _, stderr = kioskdOn(t, p, "--state", t.TempDir(), "--runtime", t.TempDir(), "--factory", installed, "safe-state")
	if code != 0 || len(released) != 2 {
		t.Errorf("safe-state: %d %q, %v", code, stderr, released)
	}
}

func TestNothingSent(t *testing.T) {
	state := t.TempDir()
	if version, log := taken(t, state); version != "" || log != "" {
		t.Errorf("%q %q", version, log)
	}
	for _, command := range []string{"show", "confirm", "back"} {
		if code, _, stderr := kioskd(t, "--state", state, "site", command); code != 1 || !strings.Contains(stderr, "hint: kioskd enrolment") {
			t.Errorf("%s: %d %q", command, code, stderr)
		}
	}
	if left, err := os.ReadDir(state); err != nil || len(left) > 0 {
		t.Errorf("%v is made: %v", left, err)
	}
}

// TestTrial starts the daemon again and again with a release nobody confirms.
func TestTrial(t *testing.T) {
	state := t.TempDir()
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "one")})
	confirm(t, state)
	sent(t, state, "2", map[string]string{"site.toml": siteToml(t, "two")})
	for start := range apply.TrialBoots + 2 {
		want, says := "2", "on trial"
		switch start {
		case apply.TrialBoots:
			want, says = "1", "taken back"
		case apply.TrialBoots + 1:
			want, says = "1", ""
		}
		version, log := taken(t, state)
		if version != want || !strings.Contains(log, says) || says == "" && log != "" {
			t.Errorf("start %d: %q, %q", start+1, version, log)
		}
	}
	_, stdout, _ := kioskd(t, "--state", state, "site", "--lang=en", "show")
	if want := "Release 1 is in force.\nRelease 2 was taken back.\n"; stdout != want {
		t.Errorf("%q", stdout)
	}
}

// TestReleaseThatCannotStart: systemd does not start kioskd again after exit
// 78, so that a trial would never end by itself.
func TestReleaseThatCannotStart(t *testing.T) {
	state := t.TempDir()
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "one")})
	confirm(t, state)
	sent(t, state, "2", map[string]string{"site.toml": "format = 1\nnonsense = true\n"})
	code, _, stderr := kioskd(t, "--state", state, "--runtime", t.TempDir())
	if code != 1 || !strings.Contains(stderr, "release 2 of the site is taken back") || !strings.Contains(stderr, "nonsense") {
		t.Errorf("%d %q", code, stderr)
	}
	// Release 1 cannot start either, for want of a board; but it is confirmed.
	if code, _, stderr := kioskd(t, "--state", state, "--runtime", t.TempDir()); code != exitConfig || !strings.Contains(stderr, wiringHint) {
		t.Errorf("%d %q", code, stderr)
	}
	if version, _ := taken(t, state); version != "1" {
		t.Errorf("%q is taken", version)
	}
}

func TestDamagedSite(t *testing.T) {
	state := t.TempDir()
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "one")})
	if err := os.WriteFile(filepath.Join(state, siteDir, "state"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := kioskd(t, "--state", state); code != exitConfig || !strings.Contains(stderr, "replace the memory card") {
		t.Errorf("%d %q", code, stderr)
	}
}

// TestLostRelease: a kiosk that has a site is not a new one when the medium
// loses the site's files.
func TestLostRelease(t *testing.T) {
	for _, lost := range []string{"targets", "targets/site.toml"} {
		state := t.TempDir()
		for _, release := range []string{"1", "2"} {
			sent(t, state, release, map[string]string{"site.toml": siteToml(t, "kiosk-"+release)})
			confirm(t, state)
		}
		if err := os.RemoveAll(filepath.Join(state, siteDir, "releases", "2", lost)); err != nil {
			t.Fatal(err)
		}
		args := []string{"--state", state, "--runtime", t.TempDir(), "--factory", "../../firmware/system/factory.toml"}
		code, stdout, stderr := kioskd(t, args...)
		if code != exitConfig || !strings.Contains(stderr, "current/site.toml") || !strings.Contains(stderr, "hint: "+lostHint) {
			t.Errorf("without %s: %d %q %q", lost, code, stdout, stderr)
		}
		// What the hint says is true.
		if code, _, stderr := kioskd(t, "--state", state, "site", "back"); code != 0 {
			t.Error(stderr)
		}
		kioskd(t, args...) // ends for want of a board, after it took the release
		if _, stdout, stderr := kioskd(t, "--state", state, "check"); !strings.Contains(stdout, `kiosk "kiosk-1"`) {
			t.Errorf("without %s: %q %q", lost, stdout, stderr)
		}
	}
}

// TestLostWhileOpen: the directory of the release in force goes after its state
// was read. That is not a kiosk without a release.
func TestLostWhileOpen(t *testing.T) {
	state := t.TempDir()
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "one")})
	opened, err := apply.Open(filepath.Join(state, siteDir))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := os.RemoveAll(filepath.Join(state, siteDir, "releases", "1")); err != nil {
		t.Fatal(err)
	}
	hint := new(hintError)
	if held, err := hold(opened); held != nil || !errors.As(err, new(*setupError)) || !errors.As(err, &hint) || hint.hint != lostHint {
		t.Error(held, err)
	}
}

// TestWaitsForAnotherCommand: a start while a technician's command works on the
// site waits, and gives up with its caller.
func TestWaitsForAnotherCommand(t *testing.T) {
	state := t.TempDir()
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "one")})
	other, err := apply.Open(filepath.Join(state, siteDir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openSite(ctx, &Flags{State: state}); !errors.Is(err, apply.ErrBusy) {
		t.Error(err)
	}
	got := make(chan error)
	go func() {
		site, err := openSite(t.Context(), &Flags{State: state})
		if err == nil {
			err = site.Close()
		}
		got <- err
	}()
	if err := errors.Join(other.Close(), <-got); err != nil {
		t.Error(err)
	}
}

// TestSealedSiteKey: the key of the site's badges comes sealed to this kiosk,
// and stands in no file.
func TestSealedSiteKey(t *testing.T) {
	state := t.TempDir()
	files, _ := issuedFiles(t)
	if err := os.Remove(files.SiteKeyFile); err != nil {
		t.Fatal(err)
	}
	id, err := identity.Open(filepath.Join(state, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	toml := strings.Replace(siteToml(t, "sent"), "# [badge]", "[badge]\norganisation = 217800016\napplication = \"F54230\"\nsite_key_file = \""+
		files.SiteKeyFile+"\"\nissuer_file = \""+files.IssuerFile+"\"", 1)
	try := func(sealed string) (int, string) {
		t.Helper()
		release := map[string]string{"site.toml": toml}
		if sealed != "" {
			release["secrets.age"] = sealed
		}
		sent(t, state, "1", release)
		taken(t, state)
		code, stdout, stderr := kioskd(t, "--state", state, "check")
		if c, _, stderr := kioskd(t, "--state", state, "site", "back"); c != 0 {
			t.Fatal(stderr)
		}
		return code, stdout + stderr
	}
	mine := id.Enrolment(identity.Facts{}, "").Recipient
	for name, c := range map[string]struct {
		sealed string
		code   int
		says   string
	}{
		"for this kiosk":   {testoffice.Seal(t, mine, keyDigits), 0, "is right"},
		"without secrets":  {"", exitConfig, "read site key"},
		"for another":      {testoffice.Seal(t, another(t), keyDigits), exitConfig, "for another kiosk"},
		"damaged":          {testoffice.Seal(t, mine, keyDigits)[:200], exitConfig, "damaged"},
		"not a key":        {testoffice.Seal(t, mine, "short"), exitConfig, "badge key"},
		"much too long":    {strings.Repeat("x", 1<<20), exitConfig, "damaged"},
		"without this one": {testoffice.Seal(t, mine, ""), exitConfig, "read site key"},
	} {
		if code, says := try(c.sealed); code != c.code || !strings.Contains(says, c.says) || strings.Contains(says, keyDigits) {
			t.Errorf("%s: %d %q", name, code, says)
		}
	}
}

// TestKeyIsGone: what was sealed to a key that the medium has lost is not
// opened by a new one, and none is made.
func TestKeyIsGone(t *testing.T) {
	state := t.TempDir()
	sent(t, state, "1", map[string]string{"site.toml": siteToml(t, "sent"), "secrets.age": testoffice.Seal(t, another(t), keyDigits)})
	taken(t, state)
	if code, _, stderr := kioskd(t, "--state", state, "check"); code != exitConfig || !strings.Contains(stderr, keyFile) {
		t.Errorf("%d %q", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(state, keyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func another(t *testing.T) string {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key.Recipient().String()
}

func TestEnrolment(t *testing.T) {
	state, stick := t.TempDir(), t.TempDir()
	code, stdout, stderr := kioskd(t, "--state", state, "enrolment")
	e, err := provisioning.ParseEnrolment("enrolment", []byte(stdout))
	if code != 0 || stderr != "" || err != nil {
		t.Fatalf("%d %q %v", code, stderr, err)
	}
	if code, stdout, stderr := kioskd(t, "--state", state, "enrolment", "--to", stick); code != 0 || !strings.Contains(stdout, "kioskctl site enrol") {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	data, err := os.ReadFile(filepath.Join(stick, "guichet", "enrolment", string(e.Kiosk)+".toml"))
	if err != nil || string(data) != stdout {
		t.Errorf("%q %v", data, err)
	}
}
