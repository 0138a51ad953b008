package trust

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"guichet.example/internal/atomicfile"
	"guichet.example/provisioning"
)

// trustedName is the one file of the directory, so that one rename replaces
// everything in it.
const trustedName = "trusted.json"

// Trusted is what a kiosk remembers of the last stick that it accepted. The
// zero value is a kiosk without a site.
type Trusted struct {
	Format    int    `json:"format"`
	First     []byte `json:"first"` // root 1: which site it is
	Root      []byte `json:"root"`  // the newest
	Timestamp []byte `json:"timestamp"`
	Snapshot  []byte `json:"snapshot"`
}

const trustedFormat = 1

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

// Load reads what Save wrote into a directory. Nothing there is a kiosk without
// a site; something damaged is a Refusal with the code State.
func Load(dir string) (Trusted, error) {
	file := filepath.Join(dir, trustedName)
	data, err := readFile(context.Background(), os.DirFS(dir), trustedName, 4*provisioning.MaxRoot)
	if errors.Is(err, fs.ErrNotExist) {
		return Trusted{}, nil
	}
	var t Trusted
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err == nil && (t.Format != trustedFormat || t.First == nil || t.Root == nil || t.Timestamp == nil || t.Snapshot == nil) {
		err = fmt.Errorf("read %q: not whole, or of another version", file)
	}
	if err != nil {
		return Trusted{}, &Refusal{Code: State, File: file, Cause: err}
	}
	return t, nil
}

// Save writes it into a directory, whole: after a power cut at any instant the
// directory holds the old or the new.
func (t Trusted) Save(dir string) error {
	t.Format = trustedFormat
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode %s: %w", trustedName, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep what is trusted: %w", err)
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, trustedName), data, 0o600); err != nil {
		return fmt.Errorf("keep what is trusted: %w", err)
	}
	return nil
}

// Verified is a stick that was checked.
type Verified struct {
	Site    string // SiteID
	Version int64  // of the stick
	Made    time.Time
	Files   map[string]File // what this kiosk gets, by local name; each was hashed

	trusted    Trusted
	repository fs.FS
}

// Trusted is what to keep for the next stick. It differs from what the kiosk
// had although nothing else does: keep it before the files are used.
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
