package board

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// office is where sticks come from: an administrator's computer, and a drawer.
type office struct {
	dir     string
	plugged thing // what is in the port now; belongs to the goroutine that serves
}

// newOffice makes the sticks that need nothing of a kiosk, with the programs
// that people make sticks with.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{dir: t.TempDir()}
	for _, args := range [][]string{
		{"go", "build", "-o", o.path("kioskctl"), "../../cmd/kioskctl"},
		{"mkfs.vfat", "-C", o.image("blank"), "16384"},
		{"mkfs.vfat", "-C", o.image("second"), "16384"},
		{"mkfs.vfat", "-C", o.image("large"), "65536"},
		{"truncate", "--size=16K", o.image("small")},
		{"truncate", "--size=12M", o.path("film")},
		{"mmd", "-i", o.image("large"), "::guichet"},
		{"mcopy", "-i", o.image("large"), o.path("film"), "::guichet/film"},
	} {
		if err := o.run("", args...); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *office) path(name string) string { return filepath.Join(o.dir, name) }

func (o *office) image(name string) string { return o.path(name + ".img") }

func (o *office) run(stdin string, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

// enrol is an administrator's day: a stick with a kiosk's enrolment has come,
// and one with a site for it is made. The stick is read by others' programs.
func (o *office) enrol() error {
	const phrase = "un deux trois quatre cinq\n"
	site, keys, ctl := o.path("mairie"), o.path("keys"), o.path("kioskctl")
	err := errors.Join(
		o.run("", "fsck.vfat", "-n", o.image("blank")),
		o.run("", "mcopy", "-s", "-i", o.image("blank"), "::guichet", o.path("guichet")),
		o.run(phrase, ctl, "site", "init", site, keys, "--name", "Mairie", "--passphrase-fd", "0"),
	)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(site, "site.toml"))
	if err != nil {
		return err
	}
	for old, its := range map[string]string{
		`(?m)^relay = .*`:        wire("relay", 0),
		`(?m)^contact = .*`:      wire("contact", 4) + "\n" + wire("inverse_contact", 5) + "\nfollow_within = \"5s\"",
		`(?m)^# procedures = .*`: `procedures = ["ameli-attestation"]`,
	} {
		text = regexp.MustCompile(old).ReplaceAllLiteral(text, []byte(its))
	}
	if bytes.Contains(text, []byte("\nrelay = { chip = \"pinctrl")) {
		return errors.New("the wiring is not the board's")
	}
	return errors.Join(os.WriteFile(filepath.Join(site, "site.toml"), text, 0o600),
		o.run("", ctl, "site", "enrol", site, o.dir, "--id", "accueil", "--place", "Accueil"),
		o.run(phrase, ctl, "site", "stick", site, keys, o.image("site"), "--passphrase-fd", "0"))
}

// wire is a line of a site.toml, as the guest's tests have it.
func wire(part string, line int) string {
	return fmt.Sprintf("%s = { chip = \"9030000.pl061\", line = %d, active = \"high\" }", part, line)
}
