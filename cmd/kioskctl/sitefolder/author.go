package sitefolder

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/provisioning"
	"guichet.example/provisioning/repository"
)

// AuthorKey signs packs for somebody else's sites.
const AuthorKey Kind = "author"

// NewAuthor makes the key of an author of packs in a file that is not there
// yet, and returns its public half.
func NewAuthor(path string, passphrase []byte, cost int, random io.Reader) (ed25519.PublicKey, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make key %q: %w", path, keyfile.ErrExists)
	}
	key, file, err := newKey(AuthorKey, random, passphrase, cost)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if err := atomicfile.WriteFile(path, file.Data, file.Mode); err != nil {
		return nil, err
	}
	return public(key), nil
}

// SignPack signs the pack in the folder dir, under the name that it has in
// sites. The version is the time: a later signature replaces an earlier one,
// and the author has no numbers to keep.
func SignPack(dir, pack, keyPath string, passphrase []byte, now, until time.Time) (signature []byte, leftOut []string, err error) {
	if !provisioning.IsPackName(pack) {
		return nil, nil, fmt.Errorf("name of a pack %q: expected small letters, digits and single hyphens", pack)
	}
	key, err := openKey(keyPath, AuthorKey, passphrase)
	if err != nil {
		return nil, nil, err
	}
	defer clear(key)
	files, leftOut, err := PackFiles(dir, pack)
	if err != nil {
		return nil, nil, fmt.Errorf("pack %q: %w", dir, err)
	}
	targets := map[string]repository.Target{}
	for name, data := range files {
		targets[name] = repository.TargetOf(data)
	}
	signature, err = repository.SignPack(pack, now.Unix(), targets, until, key)
	return signature, leftOut, err
}
