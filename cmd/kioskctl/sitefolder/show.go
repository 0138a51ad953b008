package sitefolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/trust"
)

// Shown is a stick as kiosks see it.
type Shown struct {
	Site    string // id; "" where no kiosk would take the stick
	Version int64
	Made    time.Time
	Expires time.Time
	Kiosks  []ShownKiosk
	Refusal *trust.Refusal // of the stick as a whole; nil where there are kiosks
}

// ShownKiosk is one kiosk of a stick.
type ShownKiosk struct {
	Kiosk   provisioning.KioskID
	Plan    provisioning.Plan // for a kiosk that has nothing
	Files   int
	Bytes   int64
	Refusal *trust.Refusal // nil where the kiosk would take the stick
}

// Show checks a stick, or an image of one, as a new kiosk would, for each kiosk
// that it is for.
func Show(ctx context.Context, stick string, now time.Time) (*Shown, error) {
	repository, ids, err := openStick(stick)
	if err != nil {
		return nil, fmt.Errorf("read stick %q: %w", stick, err)
	}
	s := &Shown{}
	for _, id := range ids {
		k, v, err := showKiosk(ctx, repository, id, now)
		if err != nil {
			return nil, err
		}
		if v != nil {
			s.Site, s.Version, s.Made, s.Expires = v.Site, v.Version, v.Made, v.Expires
		}
		s.Kiosks = append(s.Kiosks, k)
	}
	if len(s.Kiosks) > 0 {
		return s, nil
	}
	_, err = trust.Check(ctx, trust.Request{Repository: repository, Kiosk: "k-aaaaaaaaaaaaaaaa", Clock: now})
	if !errors.As(err, &s.Refusal) {
		return nil, fmt.Errorf("read stick %q: %w", stick, err)
	}
	return s, nil
}

// openStick returns what stands below guichet, and the kiosks that have files.
func openStick(stick string) (fs.FS, []provisioning.KioskID, error) {
	if _, err := os.Stat(stick); err != nil {
		return nil, nil, err
	}
	var names []string
	var repository fs.FS
	if IsImage(stick) {
		files, err := readImage(stick)
		if err != nil {
			return nil, nil, err
		}
		repository = files
		for name := range files {
			if rest, ok := strings.CutPrefix(name, "targets/kiosks/"); ok {
				name, _, _ := strings.Cut(rest, "/")
				names = append(names, name)
			}
		}
	} else {
		repository = os.DirFS(filepath.Join(stick, provisioning.Folder))
		entries, _ := fs.ReadDir(repository, "targets/kiosks") // none: the check says what is missing
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	var ids []provisioning.KioskID
	for _, name := range slices.Compact(names) {
		if id, err := provisioning.ParseKioskID(name); err == nil {
			ids = append(ids, id)
		}
	}
	return repository, ids, nil
}

func showKiosk(ctx context.Context, repository fs.FS, id provisioning.KioskID, now time.Time) (ShownKiosk, *trust.Verified, error) {
	k := ShownKiosk{Kiosk: id}
	v, err := trust.Check(ctx, trust.Request{Repository: repository, Kiosk: id, Clock: now})
	if errors.As(err, &k.Refusal) {
		return k, nil, nil
	}
	if err != nil {
		return k, nil, err
	}
	release, err := v.Release(ctx)
	if err != nil {
		return k, nil, err
	}
	k.Plan = provisioning.Compare(nil, release)
	k.Files = len(v.Files)
	for _, f := range v.Files {
		k.Bytes += f.Length
	}
	return k, v, nil
}
