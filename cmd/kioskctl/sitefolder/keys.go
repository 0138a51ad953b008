package sitefolder

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/internal/stricttoml"
	"guichet.example/provisioning"
)

// Kind says what a key is for.
type Kind string

// The kinds, each in a file of its name.
const (
	SiteKey  Kind = "site"  // signs sticks
	RootKey  Kind = "root"  // replaces keys
	SpareKey Kind = "spare" // the same, kept elsewhere
)

const secretsName = "secrets.age"

func (k Kind) file() string { return string(k) + ".age" }

// Keys are what a stick is made with. They print as the word "keys".
type Keys struct {
	Site    ed25519.PrivateKey
	Secrets provisioning.Secrets
}

// Format keeps keys out of logs and errors, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "keys") }

// Clear overwrites what can be overwritten.
func (k *Keys) Clear() { clear(k.Site) }

// OpenKeys opens the keys for sticks. The caller clears them.
func OpenKeys(dir string, passphrase []byte) (*Keys, error) {
	site, err := openKey(filepath.Join(dir, SiteKey.file()), SiteKey, passphrase)
	if err != nil {
		return nil, err
	}
	secrets, err := openSecrets(dir, passphrase)
	if err != nil {
		clear(site)
		return nil, err
	}
	return &Keys{site, secrets}, nil
}

// keyForm is what is encrypted.
type keyForm struct {
	Format int64  `toml:"format"`
	Kind   string `toml:"kind"`
	Seed   string `toml:"seed"`
}

// newKey makes a key and seals it.
func newKey(kind Kind, random io.Reader, passphrase []byte, cost int) (ed25519.PrivateKey, keyfile.File, error) {
	seed := make([]byte, ed25519.SeedSize)
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, keyfile.File{}, fmt.Errorf("random number: %w", err)
	}
	text := fmt.Appendf(nil, "format = 1\nkind = \"%s\"\nseed = \"%x\"\n", kind, seed)
	defer clear(text)
	sealed, err := keyfile.Seal(text, passphrase, cost)
	if err != nil {
		return nil, keyfile.File{}, err
	}
	return ed25519.NewKeyFromSeed(seed), keyfile.File{Name: kind.file(), Data: sealed, Mode: 0o600}, nil
}

// sort is the kind as far as it matters: a root key and its spare are the same.
func (k Kind) sort() Kind {
	if k == SpareKey {
		return RootKey
	}
	return k
}

// openKey opens a file of this kind, wherever it was moved.
func openKey(path string, kind Kind, passphrase []byte) (ed25519.PrivateKey, error) {
	text, err := openSealed(path, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	var f keyForm
	if _, err := stricttoml.Decode("key", text, &f); err != nil || f.Format != 1 {
		return nil, fmt.Errorf("open %q: not a key of this version", path)
	}
	if Kind(f.Kind).sort() != kind.sort() {
		return nil, fmt.Errorf("open %q: this is the %s key, and the %s key is needed", path, f.Kind, kind)
	}
	seed, err := hex.DecodeString(f.Seed)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("open %q: the key is damaged", path)
	}
	defer clear(seed)
	return ed25519.NewKeyFromSeed(seed), nil
}

func openSealed(path string, passphrase []byte) ([]byte, error) {
	sealed, err := keyfile.ReadSealed(path)
	if err != nil {
		return nil, err
	}
	text, err := keyfile.Open(sealed, passphrase)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	return text, nil
}

func openSecrets(dir string, passphrase []byte) (provisioning.Secrets, error) {
	path := filepath.Join(dir, secretsName)
	text, err := openSealed(path, passphrase)
	if err != nil {
		return provisioning.Secrets{}, err
	}
	defer clear(text)
	secrets, err := provisioning.ParseSecrets(text)
	if err != nil {
		return provisioning.Secrets{}, fmt.Errorf("open %q: %w", path, err)
	}
	return secrets, nil
}

// newSecrets seals what has no passwords yet.
func newSecrets(random io.Reader, passphrase []byte, cost int) (keyfile.File, error) {
	pepper := make([]byte, 32)
	if _, err := io.ReadFull(random, pepper); err != nil {
		return keyfile.File{}, fmt.Errorf("random number: %w", err)
	}
	return sealSecrets(provisioning.Secrets{PINPepper: hex.EncodeToString(pepper)}, passphrase, cost)
}

func sealSecrets(s provisioning.Secrets, passphrase []byte, cost int) (keyfile.File, error) {
	text, err := s.Encode()
	if err != nil {
		return keyfile.File{}, err
	}
	defer clear(text)
	sealed, err := keyfile.Seal(text, passphrase, cost)
	return keyfile.File{Name: secretsName, Data: sealed, Mode: 0o600}, err
}

// Secret names a secret that is put in by hand.
type Secret string

// The secrets.
const (
	BadgeKey Secret = "badge-key"
	WiFi     Secret = "wifi"
	Proxy    Secret = "proxy"
)

// SetSecret puts a secret into the folder of keys; an empty one takes it away.
func SetSecret(dir string, passphrase []byte, cost int, name Secret, value string) error {
	secrets, err := openSecrets(dir, passphrase)
	if err != nil {
		return err
	}
	switch name {
	case BadgeKey:
		secrets.BadgeKey = value
	case WiFi:
		secrets.WiFi = value
	case Proxy:
		secrets.Proxy = value
	default:
		return fmt.Errorf("there is no secret %q", name)
	}
	if err := secrets.Check(); err != nil {
		return err
	}
	f, err := sealSecrets(secrets, passphrase, cost)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, f.Name), f.Data, f.Mode)
}
