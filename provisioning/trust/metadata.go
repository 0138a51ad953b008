package trust

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"guichet.example/provisioning"
)

// Folders of a repository.
const (
	metadataFolder = "metadata"
	targetsFolder  = "targets"
)

const (
	maxVersion   = 1 << 40
	maxKeys      = 16 // of a role
	maxThreshold = maxKeys
)

// errForm is metadata that go-tuf would take and we do not.
var errForm = errors.New("metadata is not as kioskctl makes it")

func notOurs(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errForm, fmt.Sprintf(format, args...))
}

// read reads a file of metadata of at most limit bytes.
func (c *check) read(name string, limit int64) ([]byte, error) {
	return readFile(c.ctx, c.Repository, path.Join(metadataFolder, name), limit)
}

// readFile reads a regular file of at most limit bytes, however long it says it
// is.
func readFile(ctx context.Context, fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := open(ctx, fsys, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, &Refusal{Code: Read, File: name, Cause: err}
	}
	if int64(len(data)) > limit {
		return nil, &Refusal{Code: Size, File: name, Cause: fmt.Errorf("longer than %d bytes", limit)}
	}
	return data, nil
}

// open opens a regular file.
func open(ctx context.Context, fsys fs.FS, name string) (fs.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Refusal{Code: Missing, File: name, Cause: err}
	}
	if err != nil {
		return nil, &Refusal{Code: Read, File: name, Cause: err}
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close() // read only
		return nil, &Refusal{Code: Read, File: name, Cause: errors.New("not a regular file")}
	}
	return f, nil
}

func isMissing(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == Missing
}

// asNone says of a stick without its first file that there is nothing on it.
func asNone(err error) error {
	if isMissing(err) {
		return &Refusal{Code: None, Cause: err}
	}
	return err
}

// codeOf is the code of an error of go-tuf; version is that of a version that
// does not fit, which differs from step to step.
func codeOf(err error, version Code) Code {
	switch {
	case errors.Is(err, errForm):
		return Form
	case errors.As(err, new(*metadata.ErrUnsignedMetadata)):
		return Unsigned
	case errors.As(err, new(*metadata.ErrExpiredMetadata)):
		return Expired
	case errors.As(err, new(*metadata.ErrLengthOrHashMismatch)):
		return Mix
	case errors.As(err, new(*metadata.ErrBadVersionNumber)), errors.As(err, new(*metadata.ErrEqualVersionNumber)):
		return version
	case errors.As(err, new(*metadata.ErrRepository)): // a snapshot that leaves a role out
		return version
	}
	return Form
}

// shortfall says whether m has no signature that counts or too few of them, ""
// where there are enough.
func shortfall[T metadata.Roles](parent *metadata.Metadata[T], role string, m any) Code {
	if parent.VerifyDelegate(role, m) == nil {
		return ""
	}
	root, ok := any(parent).(*metadata.Metadata[metadata.RootType])
	if !ok {
		return Unsigned // the threshold of an author is one
	}
	lenient, one := *root, *root.Signed.Roles[role] // m can be the root itself: that one stays as it is
	one.Threshold = 1
	lenient.Signed.Roles = maps.Clone(root.Signed.Roles)
	lenient.Signed.Roles[role] = &one
	if lenient.VerifyDelegate(role, m) == nil {
		return Threshold
	}
	return Unsigned
}

// parse reads metadata that other metadata describes.
func parse[T metadata.Roles](into *metadata.Metadata[T], data []byte, meta *metadata.MetaFiles,
	check func(*metadata.Metadata[T]) error) (*metadata.Metadata[T], error) {
	if err := meta.VerifyLengthHashes(data); err != nil {
		return nil, err
	}
	return decode(into, data, check)
}

// decode reads metadata. The check of what is in it comes before anything else
// looks at it.
func decode[T metadata.Roles](into *metadata.Metadata[T], data []byte, check func(*metadata.Metadata[T]) error) (*metadata.Metadata[T], error) {
	if err := provisioning.CheckMetadata(data); err != nil {
		return nil, notOurs("%v", err)
	}
	m, err := into.FromBytes(data)
	if err != nil {
		return nil, notOurs("%v", err)
	}
	return m, check(m)
}

func checkRoot(m *metadata.Metadata[metadata.RootType]) error {
	r := m.Signed
	if r.Version < 1 || r.Version > maxVersion || !r.ConsistentSnapshot {
		return notOurs("version %d, consistent snapshots %v", r.Version, r.ConsistentSnapshot)
	}
	if err := checkKeys(r.Keys); err != nil {
		return err
	}
	for _, name := range metadata.TOP_LEVEL_ROLE_NAMES {
		role := r.Roles[name]
		if role == nil {
			return notOurs("no role %s", name)
		}
		if err := checkRole(role.KeyIDs, role.Threshold, r.Keys); err != nil {
			return fmt.Errorf("role %s: %w", name, err)
		}
	}
	if len(r.Roles) != len(metadata.TOP_LEVEL_ROLE_NAMES) {
		return notOurs("roles besides the four")
	}
	return nil
}

func checkKeys(keys map[string]*metadata.Key) error {
	for id, k := range keys {
		if k == nil || k.Type != metadata.KeyTypeEd25519 || k.Scheme != metadata.KeySchemeEd25519 {
			return notOurs("key %q is not Ed25519", id)
		}
		if data, err := hex.DecodeString(k.Value.PublicKey); err != nil || len(data) != ed25519.PublicKeySize {
			return notOurs("key %q has not %d bytes", id, ed25519.PublicKeySize)
		}
	}
	return nil
}

func checkRole(ids []string, threshold int, keys map[string]*metadata.Key) error {
	if len(ids) < 1 || len(ids) > maxKeys || threshold < 1 || threshold > maxThreshold {
		return notOurs("%d keys, threshold %d", len(ids), threshold)
	}
	for i, id := range ids {
		if keys[id] == nil || slices.Index(ids, id) != i {
			return notOurs("key %q is missing or there twice", id)
		}
	}
	return nil
}

func checkMeta(meta *metadata.MetaFiles, limit int64) error {
	if meta == nil || meta.Version < 1 || meta.Version > maxVersion || meta.Length < 1 || len(meta.Hashes["sha256"]) != sha256.Size {
		return notOurs("a file without version, length or SHA-256")
	}
	if meta.Length > limit {
		return notOurs("a file of %d bytes", meta.Length)
	}
	return nil
}

func checkTimestamp(m *metadata.Metadata[metadata.TimestampType]) error {
	if m.Signed.Version < 1 || m.Signed.Version > maxVersion || len(m.Signed.Meta) != 1 {
		return notOurs("version %d, %d files", m.Signed.Version, len(m.Signed.Meta))
	}
	return checkMeta(m.Signed.Meta["snapshot.json"], provisioning.MaxSnapshot)
}

// madeAt is when the stick was made.
func madeAt(m *metadata.Metadata[metadata.TimestampType]) (time.Time, error) {
	text, _ := m.Signed.UnrecognizedFields[provisioning.MadeField].(string)
	made, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, notOurs("%s: %v", provisioning.MadeField, err)
	}
	return made, nil
}

// rolloutOf is for how many of a hundred kiosks it is on a server.
func rolloutOf(m *metadata.Metadata[metadata.TimestampType]) (int, error) {
	field, ok := m.Signed.UnrecognizedFields[provisioning.RolloutField]
	if !ok {
		return 100, nil
	}
	percent, ok := field.(float64) // as JSON has numbers
	if !ok || percent != math.Trunc(percent) || percent < 0 || percent > 100 {
		return 0, notOurs("%s: %v", provisioning.RolloutField, field)
	}
	return int(percent), nil
}

func checkSnapshot(m *metadata.Metadata[metadata.SnapshotType]) error {
	for name, meta := range m.Signed.Meta {
		if err := checkMeta(meta, provisioning.MaxTargets); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	if m.Signed.Meta["targets.json"] == nil {
		return notOurs("no targets.json")
	}
	return nil
}

// checkTargets checks what the site, or the author of a pack, has signed.
func checkTargets(m *metadata.Metadata[metadata.TargetsType]) error {
	total := int64(0)
	if len(m.Signed.Targets) > provisioning.MaxFiles {
		return &Refusal{Code: Endless, Cause: fmt.Errorf("%d targets", len(m.Signed.Targets))}
	}
	for name, t := range m.Signed.Targets {
		if t == nil || t.Length < 0 || len(t.Hashes) != 1 || len(t.Hashes["sha256"]) != sha256.Size {
			return notOurs("target %q without length or SHA-256", name)
		}
		if !provisioning.CheckTarget(name) {
			return notOurs("target %q is none that a kiosk knows", name)
		}
		if total += t.Length; t.Length > provisioning.MaxTarget || total > provisioning.MaxRepository {
			return &Refusal{Code: Size, Cause: fmt.Errorf("target %q of %d bytes, %d in all", name, t.Length, total)}
		}
	}
	return nil
}
