// Package testoffice is an administrator's office for tests: the keys of a site
// with one kiosk, and the sticks that it makes for it. Tests may import it.
package testoffice

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"guichet.example/kiosk/procedure/packs/france"
	"guichet.example/provisioning"
	"guichet.example/provisioning/repository"
)

// Office has one kiosk.
type Office struct {
	Enrolment provisioning.Enrolment
	// Files are those of the next stick, by the names of targets.
	Files map[string]string
	// Rollout is for how many of a hundred kiosks a server has it; nil: all.
	Rollout *int

	t    testing.TB
	set  repository.Set
	root ed25519.PrivateKey
	key  ed25519.PrivateKey // of sticks
}

// New founds a site for a kiosk. Nothing is on its sticks yet.
func New(t testing.TB, e provisioning.Enrolment) *Office {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := &Office{Enrolment: e, Files: map[string]string{}, t: t, set: repository.Set{}, root: key, key: key}
	roots := repository.Roots{Root: []ed25519.PublicKey{public}, Threshold: 1, Site: public, Expires: time.Now().AddDate(5, 0, 0)}
	if err := o.set.AddRoot(roots, key); err != nil {
		t.Fatal(err)
	}
	return o
}

// Rekey replaces the key that signs sticks.
func (o *Office) Rekey() {
	o.t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	roots, err := o.set.Roots()
	if err != nil {
		o.t.Fatal(err)
	}
	roots.Site = public
	if err := o.set.AddRoot(roots, o.root); err != nil {
		o.t.Fatal(err)
	}
	o.key = key
}

// Own puts a file of the kiosk on the next stick.
func (o *Office) Own(file, content string) {
	o.Files[provisioning.KioskTarget(o.Enrolment.Kiosk, file)] = content
}

// Configure gives the kiosk what is in a site.toml of the administrator's.
func (o *Office) Configure(text string) {
	o.t.Helper()
	site, err := provisioning.ParseSite("site.toml", []byte(text))
	if err != nil {
		o.t.Fatal(err)
	}
	k, err := provisioning.ParseKiosk("kiosk", provisioning.NewKioskFile(o.Enrolment, "accueil", "Accueil"))
	if err != nil {
		o.t.Fatal(err)
	}
	siteToml, machine, err := site.For(k)
	if err != nil {
		o.t.Fatal(err)
	}
	o.Own(provisioning.SiteFile, string(siteToml))
	o.Own(provisioning.MachineFile, string(machine))
}

// Publish makes the next stick: its files by their names below guichet.
func (o *Office) Publish() map[string][]byte {
	o.t.Helper()
	p := repository.Publication{Targets: map[string]repository.Target{}, Made: time.Now(), Expires: time.Now().AddDate(0, 2, 0), Rollout: o.Rollout}
	files := map[string][]byte{}
	for name, content := range o.Files {
		p.Targets[name] = repository.TargetOf([]byte(content))
		files["targets/"+provisioning.StoredTarget(name, sha256.Sum256([]byte(content)))] = []byte(content)
	}
	if err := o.set.Publish(p, o.key); err != nil {
		o.t.Fatal(err)
	}
	for name, data := range o.set {
		files["metadata/"+name] = data
	}
	return files
}

// Pack puts a pack of twenty procedures on the next stick and says how large it
// is. site.toml has to name it.
func (o *Office) Pack(name string) (size int) {
	o.t.Helper()
	var ids []string
	for i := range 20 {
		ids = append(ids, fmt.Sprintf("%s-%02d", name, i))
		for _, file := range []string{"procedure.toml", "pictogram.svg", "fr.md", "en.md"} {
			data, err := fs.ReadFile(france.Files, path.Join("ameli-attestation", file))
			if err != nil {
				o.t.Fatal(err)
			}
			text := strings.Replace(string(data), "groups = [\"ameli\", \"franceconnect\"]\n",
				"\n[[origins]]\nhost = \"assure.ameli.fr\"\nsource = \"essai\"\n", 1)
			o.Files[path.Join(provisioning.PackFolder(name), ids[i], file)] = text
			size += len(text)
		}
	}
	o.Files[provisioning.PackFolder(name)+"/pack.toml"] = fmt.Sprintf(`format = 1
id = %q
languages = ["fr", "en"]
procedures = ["%s"]
[names]
fr = "Essai"
en = "Trial"
`, name, strings.Join(ids, `", "`))
	return size
}

// Seal seals secrets with this key of the site's badges, and more lines of their
// file.
func Seal(t testing.TB, recipient, badgeKey string, more ...string) string {
	t.Helper()
	text := "format = 1\nbadge_key = \"" + badgeKey + "\"\npin_pepper = \"" + strings.Repeat("5c", 32) + "\"\n" + strings.Join(more, "\n")
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return sealed.String()
}
