package sitefolder

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/internal/stricttoml"
	"guichet.example/provisioning"
)

const reportsName = "reports.age"

// maxReportKeys is how many keys are kept. One is needed as long as a stick
// with a report for it may come.
const maxReportKeys = 20

// ReportKeys open reports; the newest first. They print as the word "keys".
type ReportKeys struct{ identities []string }

// Format keeps keys out of logs and errors, whatever the verb.
func (k *ReportKeys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "keys") }

type reportKeysForm struct {
	Format int64    `toml:"format"`
	Kind   string   `toml:"kind"`
	Keys   []string `toml:"keys"`
}

// ErrNoReportKeys is returned for a folder of keys that is older than reports.
var ErrNoReportKeys = errors.New("there is no key for reports yet")

// OpenReportKeys opens them.
func OpenReportKeys(dir string, passphrase []byte) (*ReportKeys, error) {
	path := filepath.Join(dir, reportsName)
	text, err := openSealed(path, passphrase)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open %q: %w", path, ErrNoReportKeys)
	}
	if err != nil {
		return nil, err
	}
	defer clear(text)
	var f reportKeysForm
	if _, err := stricttoml.Decode("keys", text, &f); err != nil || f.Format != 1 || f.Kind != "reports" || len(f.Keys) == 0 {
		return nil, fmt.Errorf("open %q: not keys for reports of this version", path)
	}
	for _, key := range f.Keys {
		if _, err := keyfile.RecipientOf(key); err != nil {
			return nil, fmt.Errorf("open %q: a key is damaged", path)
		}
	}
	return &ReportKeys{f.Keys}, nil
}

// newReportKeys makes the first key and seals it.
func newReportKeys(passphrase []byte, cost int) (recipient string, file keyfile.File, err error) {
	keys := &ReportKeys{}
	if recipient, err = keys.another(); err == nil {
		file, err = keys.seal(passphrase, cost)
	}
	return recipient, file, err
}

// Open says whether they open what is sealed to the recipient.
func (k *ReportKeys) Open(recipient string) bool {
	return slices.ContainsFunc(k.identities, func(identity string) bool {
		own, err := keyfile.RecipientOf(identity)
		return err == nil && own == recipient
	})
}

// another puts a new key before those that are there; it returns its public
// half.
func (k *ReportKeys) another() (recipient string, err error) {
	identity, recipient, err := keyfile.NewPair()
	if err != nil {
		return "", err
	}
	k.identities = append([]string{identity}, k.identities...)
	k.identities = k.identities[:min(len(k.identities), maxReportKeys)]
	return recipient, nil
}

func (k *ReportKeys) seal(passphrase []byte, cost int) (keyfile.File, error) {
	text, err := stricttoml.Encode(reportKeysForm{1, "reports", k.identities})
	if err != nil {
		return keyfile.File{}, errors.New("encode keys") // the cause could quote them
	}
	defer clear(text)
	sealed, err := keyfile.Seal(text, passphrase, cost)
	return keyfile.File{Name: reportsName, Data: sealed, Mode: 0o600}, err
}

// RotateReports makes a new key for reports, the first one of a site that is
// older than reports, and puts its public half into site.toml. Those before are
// kept: kiosks seal to the old one until a stick has come. The new key is in
// place before site.toml names it: cut off in between, the command is run again.
func (f *Folder) RotateReports(dir string, passphrase []byte, cost int) error {
	site, err := openKey(filepath.Join(dir, SiteKey.file()), SiteKey, passphrase) // the right folder, and passphrase
	if err != nil {
		return err
	}
	defer clear(site)
	if roots, err := f.set.Roots(); err != nil || !roots.Site.Equal(public(site)) {
		return errors.Join(err, errors.New("the folder of keys belongs to another site, or is an old copy"))
	}
	keys, err := OpenReportKeys(dir, passphrase)
	if errors.Is(err, ErrNoReportKeys) {
		keys, err = &ReportKeys{}, nil
	}
	if err != nil {
		return err
	}
	recipient, err := keys.another()
	if err != nil {
		return err
	}
	old, err := keyfile.Read(f.path(siteName), maxTOML)
	if err != nil {
		return err
	}
	text := provisioning.WithReports(old, recipient)
	if _, err := provisioning.ParseSite(siteName, text); err != nil || !strings.Contains(string(text), recipient) {
		return errors.Join(fmt.Errorf("%s: write the table [reports] as a new site has it: a line [reports], then one for each key", siteName), err)
	}
	file, err := keys.seal(passphrase, cost)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, file.Name), file.Data, file.Mode); err != nil {
		return err
	}
	return atomicfile.WriteFile(f.path(siteName), text, 0o644)
}
