// Package repository makes and signs what a stick carries: a TUF repository
// (https://theupdateframework.github.io/specification/) with consistent
// snapshots, as provisioning/trust checks it.
//
// Four roles: root, which says whose keys count and is needed only to change
// them; targets, snapshot and timestamp, which one key of the site signs each
// time a stick is made. Packs can be delegated to somebody else, each to a role
// of its own. All keys are Ed25519.
//
// Administrators' programs and tests may import it, a kiosk does not. It holds
// metadata in memory and writes no file; keys are the caller's to keep.
package repository

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"guichet.example/provisioning"
)

// Set is the metadata of a repository by file name, such as "1.root.json".
type Set map[string][]byte

// Roots says who may sign for a site.
type Roots struct {
	Root      []ed25519.PublicKey // may change the keys, this list included
	Threshold int                 // so many of them together
	Site      ed25519.PublicKey   // signs sticks
	Expires   time.Time
}

// Target is a file that kiosks get.
type Target struct {
	Length int64
	SHA256 provisioning.Digest
}

// TargetOf returns the target that data is.
func TargetOf(data []byte) Target { return Target{int64(len(data)), sha256.Sum256(data)} }

// Author is somebody else who signs a pack.
type Author struct {
	Pack     string
	Key      ed25519.PublicKey
	Metadata []byte // as SignPack made it
}

// Publication is the state of a site that goes out.
type Publication struct {
	Targets map[string]Target // by logical name, without the packs of others
	Authors []Author
	Made    time.Time
	Expires time.Time // nobody takes the stick after this
	Rollout *int      // kiosks of a hundred that take it from a server; nil: all
}

// RootVersion is the version of the newest root, 0 where there is none.
func (s Set) RootVersion() int64 {
	v := int64(0)
	for s[fmt.Sprintf("%d.root.json", v+1)] != nil {
		v++
	}
	return v
}

func (s Set) root() (*metadata.Metadata[metadata.RootType], error) {
	name := fmt.Sprintf("%d.root.json", s.RootVersion())
	if s[name] == nil {
		return nil, errors.New("repository has no root yet")
	}
	root, err := metadata.Root().FromBytes(s[name])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return root, nil
}

// Roots returns what the newest root says.
func (s Set) Roots() (Roots, error) {
	root, err := s.root()
	if err != nil {
		return Roots{}, err
	}
	r := Roots{Threshold: root.Signed.Roles[metadata.ROOT].Threshold, Expires: root.Signed.Expires}
	if r.Root, err = keysOf(root, metadata.ROOT); err != nil {
		return Roots{}, err
	}
	site, err := keysOf(root, metadata.TARGETS)
	if err == nil && len(site) != 1 {
		err = fmt.Errorf("%d keys for sticks", len(site))
	}
	if err != nil {
		return Roots{}, err
	}
	r.Site = site[0]
	return r, nil
}

func keysOf(root *metadata.Metadata[metadata.RootType], role string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, id := range root.Signed.Roles[role].KeyIDs {
		public, err := root.Signed.Keys[id].ToPublicKey()
		key, ok := public.(ed25519.PublicKey)
		if err != nil || !ok {
			return nil, fmt.Errorf("key of %s is not Ed25519", role)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// AddRoot adds the next version of root. signers need the keys of the version
// before, as many as its threshold, and of the new one.
func (s Set) AddRoot(r Roots, signers ...ed25519.PrivateKey) error {
	version := s.RootVersion() + 1
	root := metadata.Root(r.Expires.UTC().Truncate(time.Second))
	root.Signed.Version = version
	for _, k := range r.Root {
		if err := add(root.Signed.AddKey, k, metadata.ROOT); err != nil {
			return err
		}
	}
	root.Signed.Roles[metadata.ROOT].Threshold = r.Threshold
	for _, role := range []string{metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		if err := add(root.Signed.AddKey, r.Site, role); err != nil {
			return err
		}
	}
	if err := sign(root, signers...); err != nil {
		return err
	}
	if err := root.VerifyDelegate(metadata.ROOT, root); err != nil {
		return fmt.Errorf("sign root %d: %w", version, err)
	}
	if version > 1 {
		before, err := s.root()
		if err != nil {
			return err
		}
		if err := before.VerifyDelegate(metadata.ROOT, root); err != nil {
			return fmt.Errorf("sign root %d by the keys before: %w", version, err)
		}
	}
	return s.put(fmt.Sprintf("%d.root.json", version), root.ToBytes)
}

func add(to func(*metadata.Key, string) error, k ed25519.PublicKey, role string) error {
	key, err := metadata.KeyFromPublicKey(k)
	if err != nil {
		return fmt.Errorf("key of %s: %w", role, err)
	}
	return to(key, role)
}

func (s Set) put(name string, encode func(bool) ([]byte, error)) error {
	data, err := encode(false)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	s[name] = data
	return nil
}

// Publish replaces targets, snapshot and timestamp by the next version, signed
// with the site's key. After an error the set is as it was.
func (s Set) Publish(p Publication, site ed25519.PrivateKey) error {
	root, err := s.root()
	if err != nil {
		return err
	}
	version, known, err := s.last()
	if err != nil {
		return err
	}
	version++
	expires := p.Expires.UTC().Truncate(time.Second)
	next := Set{}
	targets, err := targetsOf(p, version, expires)
	if err != nil {
		return err
	}
	if err := next.seal(root, fmt.Sprintf("%d.targets.json", version), metadata.TARGETS, targets, site); err != nil {
		return err
	}
	snapshot := metadata.Snapshot(expires)
	snapshot.Signed.Version = version
	snapshot.Signed.Meta = known // roles that are gone stay listed: TUF 5.5.5
	snapshot.Signed.Meta["targets.json"] = metaOf(next[fmt.Sprintf("%d.targets.json", version)], version)
	if err := next.authors(p.Authors, snapshot.Signed.Meta); err != nil {
		return err
	}
	if err := next.seal(root, fmt.Sprintf("%d.snapshot.json", version), metadata.SNAPSHOT, snapshot, site); err != nil {
		return err
	}
	timestamp := metadata.Timestamp(expires)
	timestamp.Signed.Version = version
	timestamp.Signed.UnrecognizedFields = map[string]any{provisioning.MadeField: p.Made.UTC().Format(time.RFC3339)}
	if p.Rollout != nil {
		timestamp.Signed.UnrecognizedFields[provisioning.RolloutField] = *p.Rollout
	}
	timestamp.Signed.Meta["snapshot.json"] = metaOf(next[fmt.Sprintf("%d.snapshot.json", version)], version)
	if err := next.seal(root, "timestamp.json", metadata.TIMESTAMP, timestamp, site); err != nil {
		return err
	}
	s.replace(next)
	return nil
}

func targetsOf(p Publication, version int64, expires time.Time) (*metadata.Metadata[metadata.TargetsType], error) {
	m := metadata.Targets(expires)
	m.Signed.Version = version
	if err := list(m, p.Targets, ""); err != nil {
		return nil, err
	}
	if len(p.Authors) == 0 {
		return m, nil
	}
	m.Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{}}
	for _, a := range p.Authors {
		m.Signed.Delegations.Roles = append(m.Signed.Delegations.Roles, metadata.DelegatedRole{
			Name: provisioning.PackRole(a.Pack), KeyIDs: []string{}, Threshold: 1, Terminating: true, Paths: Paths(a.Pack),
		})
		if err := add(m.Signed.AddKey, a.Key, provisioning.PackRole(a.Pack)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Paths are the patterns of what the author of a pack may sign. A star stands
// for no slash.
func Paths(pack string) []string {
	folder := provisioning.PackFolder(pack)
	return []string{folder + "/*", folder + "/*/*", folder + "/*/*/*"}
}

// list puts targets into metadata; all names have to lie in folder.
func list(m *metadata.Metadata[metadata.TargetsType], targets map[string]Target, folder string) error {
	for name, t := range targets {
		if !provisioning.CheckTarget(name) || !strings.HasPrefix(name, folder) {
			return fmt.Errorf("a stick cannot carry a file of the name %q: small letters, digits, hyphens and dots only", name)
		}
		if t.Length > provisioning.MaxTarget {
			return fmt.Errorf("file %q is longer than %d MiB", name, provisioning.MaxTarget>>20)
		}
		m.Signed.Targets[name] = &metadata.TargetFiles{Length: t.Length, Hashes: metadata.Hashes{"sha256": t.SHA256[:]}}
	}
	return nil
}

// authors adds what others signed, after a look whether it is theirs.
func (s Set) authors(authors []Author, meta map[string]*metadata.MetaFiles) error {
	for _, a := range authors {
		role := provisioning.PackRole(a.Pack)
		signed, err := packMetadata(a.Pack, a.Metadata)
		if err != nil {
			return err
		}
		old := meta[role+".json"]
		if old != nil && signed.Signed.Version < old.Version {
			return fmt.Errorf("pack %q: version %d is older than %d, which went out before", a.Pack, signed.Signed.Version, old.Version)
		}
		s[fmt.Sprintf("%d.%s.json", signed.Signed.Version, role)] = a.Metadata
		meta[role+".json"] = metaOf(a.Metadata, signed.Signed.Version)
	}
	return nil
}

func metaOf(data []byte, version int64) *metadata.MetaFiles {
	sum := sha256.Sum256(data)
	return &metadata.MetaFiles{Length: int64(len(data)), Version: version, Hashes: metadata.Hashes{"sha256": sum[:]}}
}

// seal signs metadata and sees that the newest root accepts it.
func (s Set) seal(root *metadata.Metadata[metadata.RootType], name, role string, m signable, key ed25519.PrivateKey) error {
	if err := sign(m, key); err != nil {
		return err
	}
	if err := root.VerifyDelegate(role, m); err != nil {
		return fmt.Errorf("sign %s: this is not the key of the site's newest root: %w", name, err)
	}
	return s.put(name, m.ToBytes)
}

// signable is any metadata.
type signable interface {
	Sign(signature.Signer) (*metadata.Signature, error)
	ToBytes(bool) ([]byte, error)
}

// sign adds a signature for each key.
func sign(m signable, keys ...ed25519.PrivateKey) error {
	for _, k := range keys {
		signer, err := signature.LoadSigner(k, crypto.Hash(0))
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		if _, err := m.Sign(signer); err != nil {
			return fmt.Errorf("sign: %w", err)
		}
	}
	return nil
}

// SignPack signs the files of a pack for its author. version has to grow with
// each change.
func SignPack(pack string, version int64, files map[string]Target, expires time.Time, key ed25519.PrivateKey) ([]byte, error) {
	m := metadata.Targets(expires.UTC().Truncate(time.Second))
	m.Signed.Version = version
	if err := list(m, files, provisioning.PackFolder(pack)+"/"); err != nil {
		return nil, err
	}
	if err := sign(m, key); err != nil {
		return nil, err
	}
	data, err := m.ToBytes(false)
	if err != nil {
		return nil, fmt.Errorf("encode signature of pack %q: %w", pack, err)
	}
	return data, nil
}

// PackFiles reads what SignPack signed, and checks that key did.
func PackFiles(pack string, data []byte, key ed25519.PublicKey) (map[string]Target, time.Time, error) {
	m, err := packMetadata(pack, data)
	if err != nil {
		return nil, time.Time{}, err
	}
	parent, err := targetsOf(Publication{Authors: []Author{{Pack: pack, Key: key}}}, 1, time.Time{})
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := parent.VerifyDelegate(provisioning.PackRole(pack), m); err != nil {
		return nil, time.Time{}, fmt.Errorf("pack %q is not signed by its author: %w", pack, err)
	}
	files := map[string]Target{}
	for name, t := range m.Signed.Targets {
		if t == nil || len(t.Hashes["sha256"]) != sha256.Size {
			return nil, time.Time{}, fmt.Errorf("pack %q: file %q has no SHA-256", pack, name)
		}
		files[name] = Target{t.Length, provisioning.Digest(t.Hashes["sha256"])}
	}
	return files, m.Signed.Expires, nil
}

// packMetadata decodes what an author has signed.
func packMetadata(pack string, data []byte) (*metadata.Metadata[metadata.TargetsType], error) {
	err := provisioning.CheckMetadata(data)
	var m *metadata.Metadata[metadata.TargetsType]
	if err == nil {
		m, err = metadata.Targets().FromBytes(data)
	}
	if err == nil && m.Signed.Delegations != nil {
		err = errors.New("the author of a pack may delegate nothing")
	}
	if err != nil {
		return nil, fmt.Errorf("read signature of pack %q: %w", pack, err)
	}
	return m, nil
}
