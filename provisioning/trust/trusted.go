package trust

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"guichet.example/provisioning"
)

// Trusted is what a kiosk remembers of the last stick that it accepted. The
// zero value is a kiosk without a site.
type Trusted struct {
	First     []byte // root 1: which site it is
	Root      []byte // the newest
	Timestamp []byte
	Snapshot  []byte
}

// names of the files that Trusted is kept in.
const (
	firstName     = "1.root.json"
	newestName    = "root.json"
	timestampName = "timestamp.json"
	snapshotName  = "snapshot.json"
)

// Files returns what to keep, by file name: all of it, or what was kept before.
// provisioning/apply keeps it with the release that it vouches for.
func (t Trusted) Files() map[string][]byte {
	return map[string][]byte{firstName: t.First, newestName: t.Root, timestampName: t.Timestamp, snapshotName: t.Snapshot}
}

// TrustedFrom reads what Files gave. No file at all is a kiosk without a site;
// when one is missing it is a Refusal with the code State.
func TrustedFrom(files map[string][]byte) (Trusted, error) {
	if len(files) == 0 {
		return Trusted{}, nil
	}
	t := Trusted{files[firstName], files[newestName], files[timestampName], files[snapshotName]}
	for name, data := range t.Files() {
		if data == nil {
			return Trusted{}, &Refusal{Code: State, File: name, Cause: errors.New("it is missing")}
		}
	}
	return t, nil
}

// Empty says that there is no site yet.
func (t Trusted) Empty() bool { return t.First == nil }

// Site names the site, "" where there is none.
func (t Trusted) Site() string {
	if t.Empty() {
		return ""
	}
	return SiteID(t.First)
}

// made is when the last stick was made.
func (t Trusted) made() (time.Time, error) {
	if t.Empty() {
		return time.Time{}, nil
	}
	m, err := decode(metadata.Timestamp(), t.Timestamp, checkTimestamp)
	var made time.Time
	if err == nil {
		made, err = madeAt(m)
	}
	if err != nil {
		return time.Time{}, &Refusal{Code: State, File: "timestamp.json", Cause: err}
	}
	return made, nil
}

// Verified is a stick that was checked.
type Verified struct {
	Site    string // SiteID
	Version int64  // of the stick
	Made    time.Time
	Expires time.Time
	Files   map[string]File // what this kiosk gets, by local name; each was hashed

	trusted    Trusted
	repository fs.FS
}

// Trusted is what to keep for the next stick. It can differ from what the kiosk
// had although no file does.
func (v *Verified) Trusted() Trusted { return v.trusted }

// Read reads a file again by its local name, and checks it again: a stick can
// answer differently the second time. The error is a *Refusal, or that of ctx.
func (v *Verified) Read(ctx context.Context, name string) ([]byte, error) {
	f, ok := v.Files[name]
	if !ok {
		return nil, &Refusal{Code: Missing, File: name}
	}
	return f.read(ctx, v.repository)
}

// Release reads what the plan compares.
func (v *Verified) Release(ctx context.Context) (provisioning.Release, error) {
	files := map[string]provisioning.Digest{}
	for name, f := range v.Files {
		files[name] = f.SHA256
	}
	return provisioning.NewRelease(files, func(name string) ([]byte, error) { return v.Read(ctx, name) })
}
