package trust

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"guichet.example/kiosk/config"
	"guichet.example/provisioning"
)

// targets reads what the site has signed, what authors of packs have, and then
// every file that this kiosk gets.
func (c *check) targets() error {
	top, err := c.role(metadata.TARGETS, metadata.ROOT)
	if err != nil {
		return err
	}
	if err := checkDelegations(top.Signed.Delegations); err != nil {
		return &Refusal{Code: Form, File: "targets.json", Cause: err}
	}
	own := provisioning.KioskTarget(c.Kiosk, provisioning.SiteFile)
	if top.Signed.Targets[own] == nil {
		return &Refusal{Code: WrongKiosk, File: own}
	}
	site, err := c.site(top, own)
	if err != nil {
		return err
	}
	packs := provisioning.PacksOf(site)
	c.files = map[string]File{}
	if err := c.take(top, func(name string) bool { return isOurs(name, packs) }); err != nil {
		return err
	}
	if err := c.authors(top, packs); err != nil {
		return err
	}
	if err := c.compare(); err != nil {
		return err
	}
	return c.complete(site)
}

// role loads metadata of targets.
func (c *check) role(role, parent string) (*metadata.Metadata[metadata.TargetsType], error) {
	meta := c.set.Snapshot.Signed.Meta[role+".json"]
	if meta == nil {
		return nil, &Refusal{Code: Mix, File: role + ".json", Cause: errors.New("the snapshot does not list it")}
	}
	name := fmt.Sprintf("%d.%s.json", meta.Version, role)
	data, err := c.read(name, provisioning.MaxTargets)
	if err != nil {
		return nil, err
	}
	if c.listed += len(data); c.listed > maxListed {
		return nil, &Refusal{Code: Size, File: name, Cause: fmt.Errorf("%d bytes of lists in all", c.listed)}
	}
	m, err := parse(metadata.Targets(), data, meta, checkTargets)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.File = name
		return nil, refusal
	}
	if err == nil {
		_, err = c.set.UpdateDelegatedTargets(data, role, parent)
	}
	if err != nil {
		code := codeOf(err, Mix)
		switch {
		case code == Unsigned && parent == metadata.ROOT:
			code = shortfall(c.set.Root, role, m)
		case code == Unsigned:
			code = Author
		}
		return nil, &Refusal{Code: code, File: name, Cause: err}
	}
	return m, nil
}

// checkDelegations accepts packs in the hands of others, each in a role of its
// own with the folder of the pack and nothing else.
func checkDelegations(d *metadata.Delegations) error {
	if d == nil {
		return nil
	}
	if d.SuccinctRoles != nil || len(d.Roles) > provisioning.MaxPacks {
		return notOurs("delegations other than of packs, or more than %d", provisioning.MaxPacks)
	}
	if err := checkKeys(d.Keys); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, r := range d.Roles {
		pack, ok := strings.CutPrefix(r.Name, provisioning.PackRole(""))
		if !ok || !provisioning.IsPackName(pack) || seen[r.Name] {
			return notOurs("role %q is not that of one pack", r.Name)
		}
		seen[r.Name] = true
		if !r.Terminating || len(r.PathHashPrefixes) > 0 || len(r.Paths) == 0 {
			return notOurs("role %q is not closed, or is by hashes", r.Name)
		}
		for _, p := range r.Paths {
			if !strings.HasPrefix(p, provisioning.PackFolder(pack)+"/") {
				return notOurs("role %q may sign %q", r.Name, p)
			}
		}
		if err := checkRole(r.KeyIDs, r.Threshold, d.Keys); err != nil {
			return fmt.Errorf("role %q: %w", r.Name, err)
		}
		if r.Threshold != 1 {
			return notOurs("role %q needs several signatures", r.Name)
		}
	}
	return nil
}

// site reads the kiosk's site.toml, which says which packs it wants.
func (c *check) site(top *metadata.Metadata[metadata.TargetsType], own string) (config.Site, error) {
	f := fileOf(own, top.Signed.Targets[own])
	data, err := f.read(c.ctx, c.Repository)
	if err != nil {
		return config.Site{}, err
	}
	site, err := config.Decode(own, data)
	if err != nil {
		return config.Site{}, &Refusal{Code: Content, File: own, Cause: err}
	}
	return site, nil
}

// isOurs says whether a target of the site is for this kiosk, given its packs.
func isOurs(name string, packs []string) bool {
	pack, ok := strings.CutPrefix(name, provisioning.PackFolder(""))
	if !ok {
		return true
	}
	pack, _, _ = strings.Cut(pack, "/")
	return slices.Contains(packs, pack)
}

// authors loads the packs that others have signed. Only those that this kiosk
// wants count: somebody else's lapsed pack stops no kiosk without it.
func (c *check) authors(top *metadata.Metadata[metadata.TargetsType], packs []string) error {
	if top.Signed.Delegations == nil {
		return nil
	}
	for _, r := range top.Signed.Delegations.Roles {
		pack := strings.TrimPrefix(r.Name, provisioning.PackRole(""))
		if !slices.Contains(packs, pack) {
			continue
		}
		m, err := c.role(r.Name, metadata.TARGETS)
		if err != nil {
			return err
		}
		file := r.Name + ".json"
		if m.Signed.Delegations != nil {
			return &Refusal{Code: Author, File: file, Cause: errors.New("the author of a pack may delegate nothing")}
		}
		for name := range m.Signed.Targets {
			if ok, err := r.IsDelegatedPath(name); err != nil || !ok || top.Signed.Targets[name] != nil {
				return &Refusal{Code: Author, File: file, Cause: fmt.Errorf("%q is not the author's to sign", name)}
			}
		}
		if err := c.take(m, func(string) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// take notes the targets that this kiosk gets.
func (c *check) take(m *metadata.Metadata[metadata.TargetsType], wanted func(string) bool) error {
	for _, name := range slices.Sorted(maps.Keys(m.Signed.Targets)) {
		local, ours := provisioning.LocalName(name, c.Kiosk)
		if !ours || !wanted(name) {
			continue
		}
		c.files[local] = fileOf(name, m.Signed.Targets[name])
		if len(c.files) > provisioning.MaxFiles {
			return &Refusal{Code: Endless, Cause: fmt.Errorf("more than %d files", provisioning.MaxFiles)}
		}
	}
	return nil
}

// compare hashes every file that was noted.
func (c *check) compare() error {
	total := int64(0)
	for _, f := range c.files {
		total += f.Length
	}
	if total > provisioning.MaxRepository {
		return &Refusal{Code: Size, Cause: fmt.Errorf("%d bytes in all", total)}
	}
	so := &soFar{total: total, tell: c.Progress}
	for _, local := range slices.Sorted(maps.Keys(c.files)) {
		if err := c.files[local].copy(c.ctx, c.Repository, so); err != nil {
			return err
		}
	}
	return nil
}

// soFar keeps nothing of what it is written but how much it was.
type soFar struct {
	done, total int64
	tell        func(done, total int64)
}

// Write implements io.Writer.
func (s *soFar) Write(b []byte) (int, error) {
	if s.done += int64(len(b)); s.tell != nil {
		s.tell(min(s.done, s.total), s.total)
	}
	return len(b), nil
}

// complete sees that nothing is missing which the kiosk needs.
func (c *check) complete(site config.Site) error {
	for _, name := range provisioning.Needs(site) {
		if _, ok := c.files[name]; !ok {
			return &Refusal{Code: Content, File: name, Cause: errors.New("nobody has signed it")}
		}
	}
	f := c.files[provisioning.MachineFile]
	data, err := f.read(c.ctx, c.Repository)
	if err != nil {
		return err
	}
	m, err := provisioning.ParseMachine(f.target, data)
	if err == nil && m.Kiosk != string(c.Kiosk) {
		return &Refusal{Code: WrongKiosk, File: f.target, Cause: fmt.Errorf("made for %q", m.Kiosk)}
	}
	if err != nil {
		return &Refusal{Code: Content, File: f.target, Cause: err}
	}
	for _, name := range m.Named() {
		if _, ok := c.files[name]; !ok {
			return &Refusal{Code: Content, File: name, Cause: errors.New("nobody has signed it")}
		}
	}
	return nil
}

// File is a file that this kiosk gets.
type File struct {
	Length int64
	SHA256 provisioning.Digest
	target string // logical name
}

func fileOf(name string, t *metadata.TargetFiles) File {
	return File{Length: t.Length, SHA256: provisioning.Digest(t.Hashes["sha256"]), target: name}
}

// Path is where the file lies in the repository.
func (f File) Path() string {
	return path.Join(targetsFolder, provisioning.StoredTarget(f.target, f.SHA256))
}

// read reads the file and checks it.
func (f File) read(ctx context.Context, fsys fs.FS) ([]byte, error) {
	var data bytes.Buffer
	data.Grow(int(f.Length) + bytes.MinRead) // at most MaxTarget, as checkTargets has seen to
	if err := f.copy(ctx, fsys, &data); err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}

// copy hands the file on and checks it by the way: what it has handed on counts
// only when it returns no error.
func (f File) copy(ctx context.Context, fsys fs.FS, to io.Writer) error {
	file, err := open(ctx, fsys, f.Path())
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // read only
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(h, to), io.LimitReader(file, f.Length+1))
	if err != nil {
		return &Refusal{Code: Read, File: f.Path(), Cause: err}
	}
	if n != f.Length || provisioning.Digest(h.Sum(nil)) != f.SHA256 {
		return &Refusal{Code: Target, File: f.target, Cause: errors.New("it is not the one that was signed")}
	}
	return nil
}
