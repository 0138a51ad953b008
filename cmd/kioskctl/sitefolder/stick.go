package sitefolder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/repository"
	"guichet.example/provisioning/trust"
)

// Made is a stick that was written.
type Made struct {
	Version int64
	Expires time.Time
	Plans   []provisioning.Plan // against the stick before, by kiosk
	Gone    []string            // ids of kiosks that were on the stick before and get nothing more
	Files   int
	Bytes   int64
	Waiting []string // enrolments on the stick of kiosks that are not enrolled
}

// Stick makes the next stick of a site in the folder out, which may hold other
// things: it touches guichet/metadata and guichet/targets. Where out is to be an
// image, it is made anew. The number of the stick is used up even when writing
// it fails.
func (f *Folder) Stick(ctx context.Context, out string, keys *Keys, c *Content, now time.Time) (*Made, error) {
	if err := there(out); err != nil {
		return nil, err
	}
	if err := f.ready(out, provisioning.MetadataFolder, keys, now); err != nil {
		return nil, err
	}
	m, stick, err := f.next(ctx, keys, c, now)
	if err != nil {
		return nil, err
	}
	if IsImage(out) {
		err = writeImage(out, stick, now)
	} else if err = writeStick(out, stick); err == nil {
		m.Waiting, err = f.waiting(out)
	}
	if err != nil {
		return nil, fmt.Errorf("write stick %q: %w", out, err)
	}
	return m, nil
}

// next signs what goes out next, and gives it by its path on a stick.
func (f *Folder) next(ctx context.Context, keys *Keys, c *Content, now time.Time) (*Made, map[string][]byte, error) {
	files := maps.Clone(c.Files)
	sealed, err := f.sealAll(keys.Secrets)
	if err != nil {
		return nil, nil, err
	}
	for id, s := range sealed {
		files[provisioning.KioskTarget(id, provisioning.SecretsFile)] = s.data
	}
	m := &Made{Expires: now.AddDate(0, 0, f.Site.Days), Files: len(files)}
	if err := f.plans(m, files); err != nil {
		return nil, nil, err
	}
	if err := f.publish(m, c, files, keys, now); err != nil {
		return nil, nil, err
	}
	stick := f.stickFiles(files)
	if err := f.tryOut(ctx, stick, now); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(f.keep(), f.keepSealed(sealed), f.keepSent(files)); err != nil {
		return nil, nil, fmt.Errorf("keep what goes out: %w", err)
	}
	for _, data := range stick {
		m.Bytes += int64(len(data))
	}
	return m, stick, nil
}

// there says whether a stick is where it should be.
func there(out string) error {
	place := out
	if IsImage(out) {
		place = filepath.Dir(out)
	}
	if info, err := os.Stat(place); err != nil {
		return fmt.Errorf("write stick: %w", err) // a slip in the name would make a folder on this computer
	} else if !info.IsDir() {
		return fmt.Errorf("write stick %q: it is no folder", place)
	}
	return nil
}

// ready says whether a stick can be made, or a server's folder, which have their
// metadata in different folders of out.
func (f *Folder) ready(out, metadata string, keys *Keys, now time.Time) error {
	for _, name := range []string{siteName, SiteKey.file(), RootKey.file()} {
		if _, err := os.Stat(filepath.Join(out, name)); err == nil {
			return fmt.Errorf("write %q: this is the folder of the site or of its keys", out)
		}
	}
	if err := keys.Secrets.Serve(f.Site.Config.Badge != nil, f.Site.Machine.Network); err != nil {
		return err
	}
	roots, err := f.set.Roots()
	if err != nil {
		return err
	}
	if !roots.Site.Equal(public(keys.Site)) {
		return errors.New("the folder of keys belongs to another site, or is an old copy: its site.age is not the key that kiosks know")
	}
	if roots.Expires.Before(now) {
		return fmt.Errorf("the site's keys are over since %s: kioskctl site rotate SITE KEYS dates", roots.Expires.Format(time.DateOnly))
	}
	if err := f.later(now); err != nil {
		return err
	}
	if err := f.newest(out, metadata); err != nil {
		return err
	}
	if len(f.InUse()) == 0 {
		return errors.New("there is no kiosk in the site yet: kioskctl site enrol SITE STICK")
	}
	return nil
}

// ErrClock is returned where a stick would be made before the one before it.
var ErrClock = errors.New("this computer's clock stands before the last stick")

// later compares the clock with what kiosks take for the earliest date. A clock
// that once ran ahead would so have all later sticks refused.
func (f *Folder) later(now time.Time) error {
	made, err := f.set.Made()
	if err == nil && now.AddDate(0, 0, 1).Before(made) {
		err = fmt.Errorf("%w: today is %s, and it was made on %s", ErrClock, now.Format(time.DateOnly), made.Format(time.DateOnly))
	}
	return err
}

// ErrOldCopy is returned when a stick shows that the site's folder is not the
// newest.
var ErrOldCopy = errors.New("the folder of the site is an old copy: kiosks would refuse what it makes")

// newest compares with what is on the stick, or in a server's folder. One that
// cannot be read, or is another site's, tells nothing and is made over.
func (f *Folder) newest(out, metadata string) error {
	if IsImage(out) {
		return nil
	}
	set, err := readSet(filepath.Join(out, filepath.FromSlash(metadata)))
	if err != nil || !bytes.Equal(set["1.root.json"], f.set["1.root.json"]) {
		return nil //nolint:nilerr // as the comment says
	}
	there, err := set.Version()
	if err != nil {
		return nil //nolint:nilerr // likewise
	}
	here, err := f.set.Version()
	if err == nil && (there > here || set.RootVersion() > f.set.RootVersion()) {
		err = fmt.Errorf("number %d is there already, and the last one of %q was %d: %w", there, f.Dir, here, ErrOldCopy)
	}
	return err
}

// publish signs. Packs of authors are listed by what they have signed.
func (f *Folder) publish(m *Made, c *Content, files map[string][]byte, keys *Keys, now time.Time) error {
	targets := map[string]repository.Target{}
	for name, data := range files {
		if !c.author[name] {
			targets[name] = repository.TargetOf(data)
		}
	}
	err := f.set.Publish(repository.Publication{Targets: targets, Authors: c.Authors, Made: now, Expires: m.Expires, Rollout: f.Site.Rollout}, keys.Site)
	if err != nil {
		return err
	}
	m.Version, err = f.set.Version()
	return err
}

// stickFiles is everything that goes on the stick, by path below it.
func (f *Folder) stickFiles(files map[string][]byte) map[string][]byte {
	stick := map[string][]byte{}
	for name, data := range f.set {
		stick[provisioning.MetadataFolder+"/"+name] = data
	}
	for name, data := range files {
		stick[provisioning.TargetsFolder+"/"+provisioning.StoredTarget(name, repository.TargetOf(data).SHA256)] = data
	}
	return stick
}

// tryOut checks the stick as a new kiosk would, before anything is written.
func (f *Folder) tryOut(ctx context.Context, stick map[string][]byte, now time.Time) error {
	fsys := memory{}
	for name, data := range stick {
		fsys[strings.TrimPrefix(name, provisioning.Folder+"/")] = data
	}
	_, err := trust.Check(ctx, trust.Request{Repository: fsys, Kiosk: f.InUse()[0].Enrolment.Kiosk, Clock: now})
	if err != nil {
		return fmt.Errorf("a kiosk would not take this stick, so it is not written: %w", err)
	}
	return nil
}

// writeStick writes the files and takes away what an older stick had, so that
// whenever it is cut off, a kiosk finds the stick whole or refuses it.
func writeStick(out string, stick map[string][]byte) error {
	const last = provisioning.MetadataFolder + "/timestamp.json"
	if err := os.Remove(filepath.Join(out, filepath.FromSlash(last))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names := slices.Sorted(maps.Keys(stick))
	for _, name := range names {
		if name != last {
			if err := writeFile(filepath.Join(out, filepath.FromSlash(name)), stick[name]); err != nil {
				return err
			}
		}
	}
	for _, folder := range []string{provisioning.MetadataFolder, provisioning.TargetsFolder} {
		if err := removeOthers(out, folder, stick); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(out, filepath.FromSlash(last)), stick[last])
}

// writeFile brings a file to the medium. A stick's file system has no rights
// that could be set, and no rename that is worth more than the order above.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err = file.Write(data); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// removeOthers takes away files of an older stick, and the folders that this
// leaves empty.
func removeOthers(out, folder string, keep map[string][]byte) error {
	root := filepath.Join(out, filepath.FromSlash(folder))
	var folders []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		if e.IsDir() {
			folders = append(folders, path)
			return nil
		}
		name, err := filepath.Rel(out, path)
		if err == nil && keep[filepath.ToSlash(name)] == nil {
			err = os.Remove(path)
		}
		return err
	})
	for _, dir := range slices.Backward(folders) {
		_ = os.Remove(dir) // refused where something is in it
	}
	return err
}
