package trust

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"guichet.example/provisioning"
)

const (
	// maxListed is the length of all targets' metadata, the authors' included:
	// go-tuf takes 50 times as much memory for a moment.
	maxListed = 2 * provisioning.MaxTargets
	// maxJump is how far a version may be ahead of the one before.
	maxJump = 10_000
	// maxAhead is how far a stick may have been made in what the kiosk takes
	// for the future.
	maxAhead = 5 * 366 * 24 * time.Hour
)

// Request is a stick and the kiosk that it is in.
type Request struct {
	Repository fs.FS // with the folders metadata and targets
	Kiosk      provisioning.KioskID
	Trusted    Trusted   // zero for a kiosk without a site: any site is then accepted
	Built      time.Time // of the program
	Clock      time.Time
	// Progress is told how many bytes of how many of the kiosk's files were
	// compared with what was signed; nil = nobody asks.
	Progress func(done, total int64)
	// Accept is told what a repository offers as soon as that is known for sure,
	// which is before its snapshot is read. Its error, if any, is what Check
	// returns. nil takes everything.
	Accept func(Offer) error
}

// Offer is what a signed timestamp says of a repository.
type Offer struct {
	Version int64
	Expires time.Time
	Rollout int // for so many of a hundred kiosks, when it comes from a server: 0 to 100
}

// now is the highest of the three times.
func (r Request) now(last time.Time) time.Time {
	now := r.Built
	for _, t := range []time.Time{r.Clock, last} {
		if t.After(now) {
			now = t
		}
	}
	return now.UTC()
}

// SiteID names a site by its first root, for people to compare: "s-" and 16
// characters a-z and 2-7.
func SiteID(firstRoot []byte) string {
	sum := sha256.Sum256(firstRoot)
	return "s-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// Check checks a stick. The error is a *Refusal, or that of ctx.
func Check(ctx context.Context, r Request) (*Verified, error) {
	c := &check{Request: r, ctx: ctx}
	if err := c.run(); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("check stick: %w", ctx.Err())
		}
		var refusal *Refusal
		if c.declined != nil {
			return nil, c.declined
		}
		if !errors.As(err, &refusal) {
			refusal = &Refusal{Code: Form, Cause: err}
		}
		refusal.Time = c.time
		return nil, refusal
	}
	return &Verified{
		Site: SiteID(c.next.First), Version: c.set.Timestamp.Signed.Version, Made: c.made, Expires: c.set.Timestamp.Signed.Expires,
		Files: c.files, trusted: c.next, repository: r.Repository,
	}, nil
}

// check is one run of Check.
type check struct {
	Request
	ctx  context.Context
	time time.Time
	set  *trustedmetadata.TrustedMetadata
	// recovered says that root has other keys for sticks than the kiosk knew:
	// what it remembers of versions counts no more (TUF 5.3.11).
	recovered bool
	made      time.Time
	next      Trusted
	declined  error // by Accept
	listed    int   // bytes of targets' metadata
	files     map[string]File
}

func (c *check) run() error {
	last, err := c.Trusted.made()
	if err != nil {
		return err
	}
	c.time = c.now(last)
	for _, step := range []func() error{c.roots, c.timestamp, c.offer, c.snapshot, c.targets} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// offer asks whether the repository is wanted.
func (c *check) offer() error {
	t := c.set.Timestamp
	rollout, err := rolloutOf(t)
	if err != nil {
		return &Refusal{Code: Form, File: "timestamp.json", Cause: err}
	}
	if c.Accept != nil {
		c.declined = c.Accept(Offer{t.Signed.Version, t.Signed.Expires, rollout})
	}
	return c.declined
}

// roots follows the roots from the one that the kiosk trusts to the newest.
func (c *check) roots() error {
	first, err := c.read("1.root.json", provisioning.MaxRoot)
	if err != nil {
		return asNone(err)
	}
	trusted := c.Trusted.Root
	if c.Trusted.Empty() {
		trusted = first
	} else if !bytes.Equal(first, c.Trusted.First) {
		return otherSite(first)
	}
	if err := c.begin(trusted); err != nil {
		return err
	}
	before := c.set.Root
	if err := c.chain(); err != nil {
		return err
	}
	if otherKeys(before, c.set.Root, metadata.TIMESTAMP) || otherKeys(before, c.set.Root, metadata.SNAPSHOT) {
		c.recovered = true
		c.time = c.now(time.Time{}) // the date of the last stick was the old key's word
		c.set.RefTime = c.time
	}
	if c.set.Root.Signed.IsExpired(c.time) {
		return &Refusal{Code: Expired, File: "root.json"}
	}
	c.next.First = first
	return nil
}

// otherSite says of a first root that the kiosk does not know what is wrong with
// it. Only one that is whole and signed by itself is another site's: a damaged one
// of our own would send the technician to the wrong people.
func otherSite(first []byte) error {
	const name = "1.root.json"
	root, err := decode(metadata.Root(), first, checkRoot)
	if err != nil {
		return &Refusal{Code: Form, File: name, Cause: err}
	}
	if _, err := trustedmetadata.New(first); err != nil {
		return &Refusal{Code: cmp.Or(shortfall(root, metadata.ROOT, root), Form), File: name, Cause: err}
	}
	return &Refusal{Code: WrongSite, File: name}
}

// begin starts from a root, the kiosk's own or the first one it ever sees.
func (c *check) begin(root []byte) (err error) {
	code := State
	if c.Trusted.Empty() {
		code = Form
	}
	parsed, err := decode(metadata.Root(), root, checkRoot)
	if err != nil {
		return &Refusal{Code: code, File: "root.json", Cause: err}
	}
	if c.set, err = trustedmetadata.New(root); err != nil {
		if code == Form {
			code = shortfall(parsed, metadata.ROOT, parsed)
		}
		return &Refusal{Code: code, File: "root.json", Cause: err}
	}
	c.set.RefTime = c.time
	c.next.Root = root
	return nil
}

// chain takes each next root as long as there is one. A stick that ends before
// the root that the kiosk has is older than it.
func (c *check) chain() error {
	version := c.set.Root.Signed.Version
	if _, err := c.read(rootName(version), provisioning.MaxRoot); isMissing(err) {
		return &Refusal{Code: Rollback, File: rootName(version)}
	}
	for n := 0; ; n++ {
		name := rootName(c.set.Root.Signed.Version + 1)
		data, err := c.read(name, provisioning.MaxRoot)
		if isMissing(err) {
			return nil
		}
		if err == nil && n == provisioning.MaxRoots {
			err = &Refusal{Code: Endless, File: name}
		}
		if err != nil {
			return err
		}
		if err := c.root(name, data); err != nil {
			return err
		}
	}
}

func rootName(version int64) string { return fmt.Sprintf("%d.root.json", version) }

func (c *check) root(name string, data []byte) error {
	root, err := decode(metadata.Root(), data, checkRoot)
	if err != nil {
		return &Refusal{Code: Form, File: name, Cause: err}
	}
	before := c.set.Root
	if _, err := c.set.UpdateRoot(data); err != nil {
		code := codeOf(err, Mix)
		if code == Unsigned {
			if code = shortfall(before, metadata.ROOT, root); code == "" {
				code = shortfall(root, metadata.ROOT, root)
			}
		}
		return &Refusal{Code: code, File: name, Cause: err}
	}
	c.next.Root = data
	return nil
}

// otherKeys says whether a role is signed by other keys than before.
func otherKeys(before, after *metadata.Metadata[metadata.RootType], role string) bool {
	old, now := before.Signed.Roles[role], after.Signed.Roles[role]
	keys := map[string]bool{}
	for _, id := range old.KeyIDs {
		keys[before.Signed.Keys[id].Value.PublicKey] = true
	}
	for _, id := range now.KeyIDs {
		if !keys[after.Signed.Keys[id].Value.PublicKey] {
			return true
		}
	}
	return len(old.KeyIDs) != len(now.KeyIDs)
}

func (c *check) timestamp() error {
	const name = "timestamp.json"
	if err := c.recallTimestamp(); err != nil {
		return err
	}
	data, err := c.read(name, provisioning.MaxTimestamp)
	if err != nil {
		return err
	}
	m, err := decode(metadata.Timestamp(), data, checkTimestamp)
	if err != nil {
		return &Refusal{Code: Form, File: name, Cause: err}
	}
	trusted := int64(0)
	if c.set.Timestamp != nil {
		trusted = c.set.Timestamp.Signed.Version
	}
	_, err = c.set.UpdateTimestamp(data)
	switch {
	case errors.Is(err, &metadata.ErrEqualVersionNumber{}):
		if !bytes.Equal(data, c.Trusted.Timestamp) {
			return &Refusal{Code: Mix, File: name, Cause: err}
		}
	case err != nil:
		code := codeOf(err, Rollback)
		switch code {
		case Unsigned:
			code = shortfall(c.set.Root, metadata.TIMESTAMP, m)
		case Expired:
			code = Freeze
		}
		return &Refusal{Code: code, File: name, Cause: err}
	}
	return c.timeOf(m, data, trusted)
}

// timeOf looks at the numbers of an accepted timestamp.
func (c *check) timeOf(m *metadata.Metadata[metadata.TimestampType], data []byte, trusted int64) error {
	const name = "timestamp.json"
	var err error
	if c.made, err = madeAt(m); err != nil {
		return &Refusal{Code: Form, File: name, Cause: err}
	}
	switch {
	case m.Signed.IsExpired(c.time): // the one that the kiosk has already, meanwhile over
		return &Refusal{Code: Freeze, File: name}
	case m.Signed.Version-trusted > maxJump:
		return &Refusal{Code: Forward, File: name, Cause: fmt.Errorf("version %d after %d", m.Signed.Version, trusted)}
	case c.made.Sub(c.time) > maxAhead:
		return &Refusal{Code: Forward, File: name, Cause: fmt.Errorf("made on %s", c.made.Format(time.DateOnly))}
	case m.Signed.Expires.Before(c.made):
		return &Refusal{Code: Form, File: name, Cause: errors.New("over before it was made")}
	}
	c.next.Timestamp = data
	return nil
}

// recallTimestamp loads the timestamp of the last stick, against which a
// rollback is seen. That it has expired does not matter.
func (c *check) recallTimestamp() error {
	if c.Trusted.Empty() || c.recovered {
		return nil
	}
	_, err := c.set.UpdateTimestamp(c.Trusted.Timestamp)
	switch {
	case errors.As(err, new(*metadata.ErrUnsignedMetadata)): // the threshold has risen
		c.recovered = true
	case err != nil && !errors.As(err, new(*metadata.ErrExpiredMetadata)):
		return &Refusal{Code: State, File: "timestamp.json", Cause: err}
	}
	return nil
}

func (c *check) snapshot() error {
	if !c.Trusted.Empty() && !c.recovered {
		// An old snapshot is of another version than the new timestamp says,
		// and may have expired; it is loaded all the same.
		_, err := decode(metadata.Snapshot(), c.Trusted.Snapshot, checkSnapshot)
		if err == nil {
			_, err = c.set.UpdateSnapshot(c.Trusted.Snapshot, true)
		}
		if c.set.Snapshot == nil {
			return &Refusal{Code: State, File: "snapshot.json", Cause: err}
		}
	}
	meta := c.set.Timestamp.Signed.Meta["snapshot.json"]
	name := fmt.Sprintf("%d.snapshot.json", meta.Version)
	data, err := c.read(name, provisioning.MaxSnapshot)
	if err != nil {
		return err
	}
	before := c.set.Snapshot
	m, err := parse(metadata.Snapshot(), data, meta, checkSnapshot)
	if err == nil {
		_, err = c.set.UpdateSnapshot(data, false)
	}
	if err != nil {
		code := codeOf(err, Rollback)
		switch {
		case code == Unsigned:
			code = shortfall(c.set.Root, metadata.SNAPSHOT, m)
		case code == Rollback && c.set.Snapshot != before: // loaded, but not the one that the timestamp names
			code = Mix
		}
		return &Refusal{Code: code, File: name, Cause: err}
	}
	c.next.Snapshot = data
	return nil
}
