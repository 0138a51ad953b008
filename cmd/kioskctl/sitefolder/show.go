package sitefolder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// Show checks a stick as a new kiosk would, for each kiosk that it is for.
func Show(ctx context.Context, stick string, now time.Time) (*Shown, error) {
	root := filepath.Join(stick, provisioning.Folder)
	entries, _ := os.ReadDir(filepath.Join(stick, filepath.FromSlash(provisioning.TargetsFolder), "kiosks")) // none: said below
	s := &Shown{}
	for _, e := range entries {
		id, err := provisioning.ParseKioskID(e.Name())
		if err != nil || !e.IsDir() {
			continue
		}
		k, v, err := showKiosk(ctx, root, id, now)
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
	_, err := trust.Check(ctx, trust.Request{Repository: os.DirFS(root), Kiosk: "k-aaaaaaaaaaaaaaaa", Clock: now})
	if !errors.As(err, &s.Refusal) {
		return nil, fmt.Errorf("read stick %q: %w", stick, err)
	}
	return s, nil
}

func showKiosk(ctx context.Context, root string, id provisioning.KioskID, now time.Time) (ShownKiosk, *trust.Verified, error) {
	k := ShownKiosk{Kiosk: id}
	v, err := trust.Check(ctx, trust.Request{Repository: os.DirFS(root), Kiosk: id, Clock: now})
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
