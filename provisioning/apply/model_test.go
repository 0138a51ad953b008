package apply

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing/fstest"
)

// world is what the package promises, as a model without files: versions by
// their names, "" for none.
type world struct {
	current, previous, trusted, takenBack string
	trial                                 bool
	starts                                int // left
}

func (w world) boot() world {
	if !w.trial {
		return w
	}
	if w.starts == 0 {
		return w.takeBack()
	}
	w.starts--
	return w
}

func (w world) try(version string) world {
	return world{version, w.current, w.trusted, w.takenBack, true, TrialBoots}
}

func (w world) confirm() world { return world{w.current, w.previous, w.current, "", false, 0} }

func (w world) takeBack() world { return world{w.previous, "", w.trusted, w.current, false, 0} }

func (w world) putOff() world { return world{w.previous, "", w.trusted, w.takenBack, false, 0} }

const emptyFile = "packs/p/empty"

// filesOf and metadataOf are what a version has in it. Two versions differ in
// each file and in which files there are.
func filesOf(version string) map[string]string {
	return map[string]string{
		"site.toml":             "version = " + version + strings.Repeat("x", 50),
		"secrets.age":           "sealed for " + version,
		emptyFile:               "",
		"packs/p/fr/" + version: strings.Repeat(version, 40),
	}
}

func metadataOf(version string) map[string][]byte {
	return map[string][]byte{"1.root.json": []byte("root"), "timestamp.json": []byte("at " + version)}
}

func candidate(version string) Candidate {
	files := fstest.MapFS{}
	c := Candidate{Version: version, Files: files, Metadata: metadataOf(version)}
	for name, content := range filesOf(version) {
		files["hash."+path.Base(name)] = &fstest.MapFile{Data: []byte(content)}
		c.List = append(c.List, File{name, "hash." + path.Base(name), int64(len(content)), sha256.Sum256([]byte(content))})
	}
	slices.SortFunc(c.List, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return c
}

// run is a site, with the model of what it must be: now, and once the step in
// hand is done.
type run struct {
	m         *memory
	site      *Site
	now, next world
}

// do takes one step, such as "stage 7" or "confirm".
func (r *run) do(step string) error {
	verb, version, _ := strings.Cut(step, " ")
	r.next = r.now
	var err error
	switch verb {
	case "boot":
		r.next = r.now.boot()
		if r.site, err = New(r.m); err == nil {
			_, err = r.site.Boot()
		}
		if err == nil {
			err = r.site.Link()
		}
	case "stage":
		err = r.site.Stage(context.Background(), candidate(version), nil)
	case "try":
		r.next = r.now.try(version)
		err = r.site.Try()
	case "confirm":
		r.next = r.now.confirm()
		err = r.site.Confirm()
	case "takeback":
		r.next = r.now.takeBack()
		err = r.site.TakeBack()
	case "putoff":
		r.next = r.now.putOff()
		err = r.site.PutOff()
	}
	if err == nil {
		r.now = r.next
	}
	return err
}

// judge reads back a site that was just opened, and says what is wrong unless
// it is one of the worlds, whole.
func judge(s *Site, allowed ...world) error {
	st := s.State()
	w := world{st.Current.Version, st.Previous.Version, "", st.TakenBack, st.Trial, st.Boots}
	if st.Trusted > 0 {
		trusted, err := s.Trusted()
		if err != nil {
			return err
		}
		w.trusted = strings.TrimPrefix(string(trusted["timestamp.json"]), "at ")
		if !maps.EqualFunc(trusted, metadataOf(w.trusted), bytes.Equal) {
			return fmt.Errorf("trusted metadata is %q", trusted)
		}
	}
	if !slices.Contains(allowed, w) {
		return fmt.Errorf("%+v, none of %+v", w, allowed)
	}
	for _, r := range []Release{st.Current, st.Previous} {
		if r.Number > 0 {
			if err := whole(s.fs, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// whole compares a release on the disk with what its version has in it.
func whole(fsys fs.FS, r Release) error {
	got := map[string]string{}
	top := path.Join(dir(r.Number), targets)
	err := fs.WalkDir(fsys, top, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		got[strings.TrimPrefix(name, top+"/")] = string(data)
		return err
	})
	if err == nil && !maps.Equal(got, filesOf(r.Version)) {
		err = fmt.Errorf("its files are %q", got)
	}
	if err != nil {
		return fmt.Errorf("release %+v: %w", r, err)
	}
	return nil
}

// recovered starts the kiosk after a cut, judges whether it is one of the worlds
// then, and sets it up once more: there is always a way on.
func recovered(m *memory, allowed ...world) error {
	r := &run{m: m}
	if err := r.do("boot"); err != nil {
		return fmt.Errorf("start after the cut: %w", err)
	}
	if err := judge(r.site, allowed...); err != nil {
		return err
	}
	if err := tidy(r.site); err != nil {
		return err
	}
	if r.site.State().Trial {
		if err := r.site.Confirm(); err != nil {
			return err
		}
	}
	for _, step := range []string{"stage 99", "try 99", "confirm"} {
		if err := r.do(step); err != nil {
			return fmt.Errorf("%s after the cut: %w", step, err)
		}
	}
	if st := r.site.State(); st.Current.Version != "99" || st.Trial {
		return errors.New("could not be set up again")
	}
	return whole(m, r.site.State().Current)
}

// tidy says what lies about that no state names.
func tidy(s *Site) error {
	on, err := s.numbers()
	for _, n := range on {
		if !s.state.keeps(n) {
			err = errors.Join(err, fmt.Errorf("release %d is left over", n))
		}
	}
	if _, stat := fs.Stat(s.fs, stateNew); stat == nil {
		err = errors.Join(err, errors.New("a state half written is left over"))
	}
	return err
}
