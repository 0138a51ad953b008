package main

import (
	"os"
	"strings"
	"testing"

	"guichet.example/provisioning/trust"
)

// A clock that was wrong once costs a key, and not the kiosks.
func TestWrongClock(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	right := o.now
	o.now = right.AddDate(3, 0, 0)
	o.stick("stick")
	v, err := o.check(id, "stick", trust.Trusted{})
	if err != nil {
		t.Fatal(err)
	}
	o.now = right
	if code := o.try("stick", o.path("site"), o.path("keys"), o.path("stick"), "--passphrase-fd", "0"); code != exitFailed ||
		!strings.Contains(o.say.String(), "today is 2026-11-22, and it was made on 2029-11-22") || !strings.Contains(o.say.String(), "rotate SITE KEYS site") {
		t.Errorf("exit code %d: %s", code, o.say.String())
	}
	o.run("rotate", o.path("site"), o.path("keys"), "site", "--passphrase-fd", "0")
	o.stick("stick")
	if _, err := o.check(id, "stick", v.Trusted()); err != nil {
		t.Errorf("the way out: %v", err)
	}
}

// A slip in the stick's name makes no folder on the computer and no stick.
func TestNoSuchStick(t *testing.T) {
	o := newSiteOffice(t)
	o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"))
	for out, want := range map[string]string{"stikc": "is mounted", "nowhere/stick.img": "is mounted", "one/key": "it is no folder"} {
		if code := o.try("stick", o.path("site"), o.path("keys"), o.path(out), "--passphrase-fd", "0"); code != exitFailed || !strings.Contains(o.say.String(), want) {
			t.Errorf("%s: exit code %d: %s", out, code, o.say.String())
		}
	}
	if _, err := os.Stat(o.path("stikc")); err == nil {
		t.Error("a folder was made")
	}
	if said := o.stick("stick"); !strings.Contains(said, "n° 1 ") {
		t.Errorf("a number was used up: %s", said)
	}
}

// Mistakes that only more than one file shows are told with file and line, too.
func TestCheckAcrossFiles(t *testing.T) {
	o := newSiteOffice(t)
	for _, name := range []string{"one", "two"} {
		o.box(name, "stick")
	}
	o.run("enrol", o.path("site"), o.path("stick"))
	fresh := string(o.read("site/site.toml"))
	for _, c := range []struct{ old, new, want string }{
		{`# own = `, `own = `, `site.toml:69: packs.own: there is no folder packs/valbourg: put the pack there`},
		{`# procedures = ["caf-aide-logement"`, `procedures = ["caf-aide-logment"`, `site.toml:71: procedure "caf-aide-logment" is in no pack: perhaps "caf-aide-logement"`},
		{`languages = ["fr", "en"]`, `languages = ["fr", "ar"]`, `site.toml:29: pack "france" has no texts in language "ar": leave the language out`},
		{"# [network.wired]\n# address = \"192.0.2.10/24\"\n# gateway = \"192.0.2.1\"\n# dns = ", "[network.wired]\naddress = \"192.0.2.10/24\"\ngateway = \"192.0.2.1\"\ndns = ",
			`kiosks/borne-2.toml:1: the fixed address 192.0.2.10 is that of kiosks/borne-1.toml too`},
	} {
		o.write("site/site.toml", strings.Replace(fresh, c.old, c.new, 1))
		if code := o.try("check", o.path("site")); code != exitFailed || !strings.Contains(o.say.String(), c.want) {
			t.Errorf("exit code %d, want %q:\n%s", code, c.want, o.say.String())
		}
	}
	o.write("site/kiosks/borne-2.toml", string(o.read("site/kiosks/borne-2.toml"))+"[network.wired]\naddress = \"192.0.2.11/24\"\ngateway = \"192.0.2.1\"\ndns = [\"192.0.2.53\"]\n")
	o.run("check", o.path("site"))
	put(t, o.path("site/packs/valbourg/pack.toml"), []byte("format = 1\n"))
	o.write("site/site.toml", strings.Replace(fresh, `# own = `, `own = `, 1))
	if code := o.try("check", o.path("site")); code != exitFailed || !strings.Contains(o.say.String(), "packs/valbourg/pack.toml:1: ") {
		t.Errorf("exit code %d:\n%s", code, o.say.String())
	}
}
