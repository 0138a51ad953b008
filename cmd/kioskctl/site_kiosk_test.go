package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/trust"
)

// TestFromImageToRelease goes the whole way that a stick goes: made by the
// administrator's commands, read from FAT, checked, planned, staged, confirmed,
// and the next one against what the first has left.
func TestFromImageToRelease(t *testing.T) {
	o := newSiteOffice(t)
	id := o.box("one", "stick")
	o.run("enrol", o.path("site"), o.path("stick"), "--id", "mairie-accueil", "--place", "Accueil")
	kept, err := apply.Open(o.path("data"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	o.stick("first.img")
	plan := o.apply(kept, id, "first.img")
	if !plan.First || plan.ID != "mairie-accueil" || plan.Kiosk != id.Kiosk() {
		t.Errorf("%+v", plan)
	}
	o.write("site/site.toml", strings.Replace(string(o.read("site/site.toml")), `# idle = "3m"`, `idle = "2m"`, 1))
	o.stick("second.img")
	plan = o.apply(kept, id, "second.img")
	if said := plan.In("en"); plan.First || len(plan.Changes) != 1 || !strings.Contains(said[2], "3 min → 2 min") {
		t.Errorf("%q", said)
	}
	var refusal *trust.Refusal
	if _, err := o.verify(kept, id, "first.img"); !errors.As(err, &refusal) || refusal.Code != trust.Rollback {
		t.Errorf("the first stick again: %v", err)
	}
	if plan := o.apply(kept, id, "second.img"); !plan.Same() {
		t.Errorf("the same stick again: %q", plan.In("en"))
	}
}

// verify reads an image and checks it against what the kiosk has kept.
func (o *siteOffice) verify(kept *apply.Site, id *identity.Identity, image string) (*trust.Verified, error) {
	o.t.Helper()
	f, err := os.Open(o.path(image))
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		o.t.Fatal(err)
	}
	volume, err := fat.Find(f, info.Size())
	if err != nil {
		o.t.Fatal(err)
	}
	err = volume.Walk(fat.Limits{Entries: 100, File: 1 << 20, Total: 10 << 20, Depth: 7}, func(name string, _ int64, content io.Reader) error {
		data, err := io.ReadAll(content)
		put(o.t, o.path(image+".read/"+name), data)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	files, err := kept.Trusted()
	if err != nil {
		o.t.Fatal(err)
	}
	trusted, err := trust.TrustedFrom(files)
	if err != nil {
		o.t.Fatal(err)
	}
	return trust.Check(o.t.Context(), trust.Request{
		Repository: os.DirFS(o.path(image + ".read")), Kiosk: id.Kiosk(), Trusted: trusted, Clock: o.now,
	})
}

// apply takes a stick to the end and returns the plan that was shown before.
func (o *siteOffice) apply(kept *apply.Site, id *identity.Identity, image string) provisioning.Plan {
	o.t.Helper()
	v, err := o.verify(kept, id, image)
	if err != nil {
		o.t.Fatal(err)
	}
	get, err := v.Release(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	plan := provisioning.Compare(o.inForce(kept), get)
	candidate := apply.Candidate{Version: strconv.FormatInt(v.Version, 10), Files: os.DirFS(o.path(image + ".read")), Metadata: v.Trusted().Files()}
	for name, f := range v.Files {
		candidate.List = append(candidate.List, apply.File{Name: name, From: f.Path(), Size: f.Length, SHA256: f.SHA256})
	}
	if err := errors.Join(kept.Stage(o.t.Context(), candidate, nil), kept.Try(), kept.Confirm(), kept.Link()); err != nil {
		o.t.Fatal(err)
	}
	held, err := kept.Current()
	if err != nil {
		o.t.Fatal(err)
	}
	defer held.Close()
	sealed, err := fs.ReadFile(held, provisioning.SecretsFile)
	if err == nil {
		_, err = id.Unseal(sealed)
	}
	if err != nil {
		o.t.Errorf("secrets of the release: %v", err)
	}
	return plan
}

// inForce is the release that a kiosk has, nil for none.
func (o *siteOffice) inForce(kept *apply.Site) *provisioning.Release {
	held, err := kept.Current()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		o.t.Fatal(err)
	}
	defer held.Close()
	r, err := provisioning.ReadRelease(held)
	if err != nil {
		o.t.Fatal(err)
	}
	return &r
}
