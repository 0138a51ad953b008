package sitefolder

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"guichet.example/hw/badge"
	"guichet.example/internal/keyfile"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/procedure/packs/france"
	"guichet.example/provisioning"
	"guichet.example/provisioning/content"
	"guichet.example/provisioning/repository"
)

// Content is what goes out, besides the sealed secrets.
type Content struct {
	Files   map[string][]byte // by logical name
	Authors []repository.Author
	LeftOut []string // files of packs that kiosks have no use for
	Warn    []Warning
	author  map[string]bool // names in Files that an author has signed
}

// Warning is something that is right today.
type Warning struct {
	What Warned
	Name string
	Day  time.Time
}

// Warned says what a Warning is about.
type Warned int

// The warnings.
const (
	ListOver  Warned = iota // the list of revoked badges: until Day
	PackOver                // the author's signature of pack Name: until Day
	CertOver                // a certificate: until Day
	NoKiosk                 // nobody is enrolled
	NotInList               // a pack stands in packs, but not in site.toml
)

// Read reads and checks every file that the site names, and makes what each
// kiosk gets. The error joins everything that is wrong.
func (f *Folder) Read(now time.Time) (*Content, error) {
	c := &Content{Files: map[string][]byte{}, author: map[string]bool{}}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	for _, name := range f.Site.Files {
		note(f.readFile(c, name))
	}
	note(f.checkBadges(c, now))
	note(f.readPacks(c, now))
	for _, k := range f.InUse() {
		note(f.readKiosk(c, k))
	}
	note(f.addresses())
	if len(f.InUse()) == 0 {
		c.Warn = append(c.Warn, Warning{What: NoKiosk})
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("check site %q:\n%w", f.Dir, errors.Join(errs...))
	}
	return c, nil
}

// InUse are the kiosks that get sticks.
func (f *Folder) InUse() []Kiosk {
	return slices.DeleteFunc(slices.Clone(f.Kiosks), func(k Kiosk) bool { return k.Revoked != "" })
}

// addresses refuses a fixed address that two kiosks would have.
func (f *Folder) addresses() error {
	var errs []error
	taken := map[netip.Addr]Kiosk{}
	for _, k := range f.InUse() {
		prefix, err := netip.ParsePrefix(f.Site.Address(k.SiteKiosk))
		if err != nil {
			continue // DHCP
		}
		if other, ok := taken[prefix.Addr()]; ok {
			errs = append(errs, fmt.Errorf("%s:1: the fixed address %s is that of %s too: give each kiosk its own, as [network.wired] in its file",
				k.File, prefix.Addr(), other.File))
		}
		taken[prefix.Addr()] = k
	}
	return errors.Join(errs...)
}

func (f *Folder) readKiosk(c *Content, k Kiosk) error {
	site, machine, err := f.Site.For(k.SiteKiosk)
	if err != nil {
		return fmt.Errorf("%s:1: %w", k.File, err)
	}
	c.Files[provisioning.KioskTarget(k.Enrolment.Kiosk, provisioning.SiteFile)] = site
	c.Files[provisioning.KioskTarget(k.Enrolment.Kiosk, provisioning.MachineFile)] = machine
	return nil
}

// readFile reads a file besides packs and checks its content.
func (f *Folder) readFile(c *Content, name string) error {
	data, err := keyfile.Read(f.path(name), provisioning.MaxTarget)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s:1: this file is missing, and site.toml names it: put it there, or take it out of site.toml", name)
	}
	if err != nil {
		return err
	}
	c.Files[name] = data
	if err := content.Check(name, data); err != nil {
		return fmt.Errorf("%s:1: %w", name, err)
	}
	if name != provisioning.CAFile {
		return nil
	}
	certificates, err := content.Certificates(data)
	for _, cert := range certificates {
		c.Warn = append(c.Warn, Warning{CertOver, cert.Subject.CommonName, cert.NotAfter})
	}
	return err
}

// checkBadges checks the public key and the list as a kiosk does.
func (f *Folder) checkBadges(c *Content, now time.Time) error {
	data, ok := c.Files[provisioning.IssuerFile]
	if !ok {
		return nil
	}
	issuer, err := badge.ParseIssuer(data)
	if err != nil {
		return fmt.Errorf("%s:1: %w", provisioning.IssuerFile, err)
	}
	list, ok := c.Files[provisioning.RevocationsFile]
	if !ok {
		return nil
	}
	l, err := badge.OpenRevocations(list, issuer, f.Site.Config.Badge.Organisation, 0)
	if err != nil {
		return fmt.Errorf("%s:1: %w: take the file that kioskctl badge revocations has written", provisioning.RevocationsFile, err)
	}
	until, err := time.Parse(time.DateOnly, l.Expires.String())
	if err == nil && until.AddDate(0, 0, 1).Before(now) {
		err = fmt.Errorf("%s:1: the list is over since %s: kioskctl badge revocations writes the next one", provisioning.RevocationsFile, l.Expires)
	}
	c.Warn = append(c.Warn, Warning{ListOver, "", until})
	return err
}

// readPacks reads the packs and checks that kioskd could offer what site.toml
// chooses.
func (f *Folder) readPacks(c *Content, now time.Time) error {
	builtIn, err := procedure.Load(france.Files)
	if err != nil {
		return err
	}
	all, errs := []procedure.Pack{builtIn}, []error{}
	for _, p := range f.Site.Packs {
		folder := provisioning.PackFolder(p.Name)
		pack, err := f.loadPack(p.Name)
		if err == nil {
			err = f.readPack(c, p, now)
		}
		if err != nil {
			errs = append(errs, below(folder, err))
			continue
		}
		all = append(all, pack)
	}
	f.unlisted(c)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	catalogue, err := procedure.NewCatalogue(all...)
	if err != nil {
		return f.Site.Wrong(err, "packs", "own")
	}
	if len(f.Site.Config.Packs.Procedures) > 0 {
		if catalogue, err = catalogue.Select(f.Site.Config.Packs.Procedures); err != nil {
			return f.Site.Wrong(err, "packs", "procedures")
		}
	}
	if err = catalogue.Speaks(f.Site.Config.Languages); err != nil {
		return f.Site.Wrong(fmt.Errorf("%w: leave the language out, or offer only procedures that have it", err), "kiosk", "languages")
	}
	return nil
}

// loadPack loads a pack that site.toml names.
func (f *Folder) loadPack(name string) (procedure.Pack, error) {
	dir := f.path(provisioning.PackFolder(name))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return procedure.Pack{}, f.Site.Wrong(fmt.Errorf("packs.own: there is no folder packs/%s: put the pack there, or take the name out", name), "packs", "own")
	}
	return LoadPack(dir)
}

// below gives errors of a pack the path of their file in the site.
func below(folder string, err error) error {
	var said []string
	for line := range strings.Lines(err.Error()) {
		if regexp.MustCompile(`^[^ :]+:\d+: `).MatchString(line) && !strings.HasPrefix(line, siteName) {
			line = folder + "/" + line
		}
		said = append(said, line)
	}
	return errors.New(strings.Join(said, ""))
}

// unlisted warns of folders in packs that site.toml does not name.
func (f *Folder) unlisted(c *Content) {
	entries, err := os.ReadDir(f.path("packs"))
	if err != nil {
		return // there are none, or readPack has said so
	}
	for _, e := range entries {
		if e.IsDir() && !slices.ContainsFunc(f.Site.Packs, func(p provisioning.Pack) bool { return p.Name == e.Name() }) {
			c.Warn = append(c.Warn, Warning{What: NotInList, Name: e.Name()})
		}
	}
}

// readPack reads the files of a pack, and what its author has signed of them.
func (f *Folder) readPack(c *Content, p provisioning.Pack, now time.Time) error {
	files, leftOut, err := PackFiles(f.path(provisioning.PackFolder(p.Name)), p.Name)
	if err != nil {
		return err
	}
	for _, name := range leftOut {
		c.LeftOut = append(c.LeftOut, path.Join(provisioning.PackFolder(p.Name), name))
	}
	for name, data := range files {
		c.Files[name], c.author[name] = data, p.Author != nil
	}
	if p.Author == nil {
		return nil
	}
	signature := provisioning.PackFolder(p.Name) + ".json"
	data, err := keyfile.Read(f.path(signature), provisioning.MaxTargets)
	if err != nil {
		return fmt.Errorf("%s: %w: site.toml names an author, who makes this file with kioskctl procedure sign", signature, err)
	}
	signed, until, err := repository.PackFiles(p.Name, data, p.Author)
	if err != nil {
		return fmt.Errorf("%s: %w", signature, err)
	}
	if until.Before(now) {
		return fmt.Errorf("%s: the author's signature is over since %s: ask for a new one", signature, until.Format(time.DateOnly))
	}
	for name, t := range signed {
		if data, ok := files[name]; !ok || repository.TargetOf(data) != t {
			return fmt.Errorf("%s: not the file that the author has signed: take the whole pack from the author again", name)
		}
	}
	for name := range files {
		if _, ok := signed[name]; !ok {
			return fmt.Errorf("%s: the author has not signed it: take the whole pack from the author again", name)
		}
	}
	c.Authors = append(c.Authors, repository.Author{Pack: p.Name, Key: p.Author, Metadata: data})
	c.Warn = append(c.Warn, Warning{PackOver, p.Name, until})
	return nil
}
