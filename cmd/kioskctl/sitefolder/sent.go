package sitefolder

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/internal/atomicfile"
	"guichet.example/internal/keyfile"
	"guichet.example/provisioning"
)

// sealed is what one kiosk gets of the secrets.
type sealed struct {
	data []byte
	tag  []byte // knows the same secrets again
}

// sealAll seals the secrets to every kiosk in use. Sealing the same twice gives
// different files, so what was sealed before is taken again: a kiosk's plan
// says "passwords and keys" only when they have changed.
func (f *Folder) sealAll(s provisioning.Secrets) (map[provisioning.KioskID]sealed, error) {
	text, err := s.Encode()
	if err != nil {
		return nil, err
	}
	defer clear(text)
	all := map[provisioning.KioskID]sealed{}
	for _, k := range f.InUse() {
		id := k.Enrolment.Kiosk
		tag := tagOf(s, k.Recipient, text)
		old, err := f.lastSealed(id)
		if err != nil {
			return nil, err
		}
		if hmac.Equal(old.tag, tag) {
			all[id] = old
			continue
		}
		data, err := keyfile.SealForKiosk(text, k.Recipient)
		if err != nil {
			return nil, fmt.Errorf("%s: seal secrets: %w", k.File, err)
		}
		all[id] = sealed{data, tag}
	}
	return all, nil
}

// tagOf is a mark of secrets that tells nobody anything without them: it is
// keyed with one of them, which nobody can guess.
func tagOf(s provisioning.Secrets, recipient string, text []byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.PINPepper))
	fmt.Fprintf(mac, "guichet sealed secrets\x00%s\x00", recipient)
	mac.Write(text)
	return mac.Sum(nil)
}

func (f *Folder) sealedPath(id provisioning.KioskID) string {
	return f.path(path.Join(sealedPath, string(id)))
}

// lastSealed returns what the kiosk got last: tag, then the sealed file.
func (f *Folder) lastSealed(id provisioning.KioskID) (sealed, error) {
	data, err := keyfile.Read(f.sealedPath(id), sha256.Size+provisioning.MaxSecrets)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(data) < sha256.Size {
		return sealed{}, nil
	}
	if err != nil {
		return sealed{}, err
	}
	return sealed{data[sha256.Size:], data[:sha256.Size]}, nil
}

func (f *Folder) keepSealed(all map[provisioning.KioskID]sealed) error {
	if err := os.MkdirAll(f.path(sealedPath), 0o755); err != nil {
		return err
	}
	for id, s := range all {
		if err := atomicfile.WriteFile(f.sealedPath(id), slices.Concat(s.tag, s.data), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// release is what a kiosk gets of the files.
func release(files map[string][]byte, id provisioning.KioskID) (provisioning.Release, error) {
	digests, targets := map[string]provisioning.Digest{}, map[string]string{}
	for target, data := range files {
		if name, ours := provisioning.LocalName(target, id); ours {
			digests[name], targets[name] = sha256.Sum256(data), target
		}
	}
	return provisioning.NewRelease(digests, func(name string) ([]byte, error) { return files[targets[name]], nil })
}

// plans compares with the stick before. What a kiosk has really, only the kiosk
// knows.
func (f *Folder) plans(m *Made, files map[string][]byte) error {
	before, err := f.sent()
	if err != nil {
		return err
	}
	for _, k := range f.InUse() {
		get, err := release(files, k.Enrolment.Kiosk)
		if err != nil {
			return err
		}
		have := before[k.Enrolment.Kiosk]
		delete(before, k.Enrolment.Kiosk)
		m.Plans = append(m.Plans, provisioning.Compare(have, get))
	}
	for _, r := range before {
		m.Gone = append(m.Gone, r.Config.ID)
	}
	slices.Sort(m.Gone)
	return nil
}

// sent reads what went out last. A folder that cannot be read is as if nothing
// had: only the words of the plan depend on it.
func (f *Folder) sent() (map[provisioning.KioskID]*provisioning.Release, error) {
	all := map[provisioning.KioskID]*provisioning.Release{}
	names, err := list(f.path(sentPath), "")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		id, err := provisioning.ParseKioskID(name)
		if err != nil {
			continue
		}
		dir := f.path(path.Join(sentPath, name))
		index, err := keyfile.Read(filepath.Join(dir, "files"), 8<<20)
		if err != nil {
			continue
		}
		r, err := provisioning.NewRelease(parseIndex(index), func(file string) ([]byte, error) {
			return keyfile.Read(filepath.Join(dir, file), maxTOML)
		})
		if err == nil {
			all[id] = &r
		}
	}
	return all, nil
}

func parseIndex(data []byte) map[string]provisioning.Digest {
	files := map[string]provisioning.Digest{}
	for line := range strings.Lines(string(data)) {
		digest, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if d, err := hex.DecodeString(digest); err == nil && len(d) == sha256.Size {
			files[name] = provisioning.Digest(d)
		}
	}
	return files
}

// keepSent notes what each kiosk gets.
func (f *Folder) keepSent(files map[string][]byte) error {
	known := map[string]bool{}
	for _, k := range f.InUse() {
		id := k.Enrolment.Kiosk
		known[string(id)] = true
		dir := f.path(path.Join(sentPath, string(id)))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		var index bytes.Buffer
		for target, data := range files {
			if name, ours := provisioning.LocalName(target, id); ours {
				fmt.Fprintf(&index, "%x %s\n", sha256.Sum256(data), name)
			}
		}
		for name, data := range map[string][]byte{
			provisioning.SiteFile:    files[provisioning.KioskTarget(id, provisioning.SiteFile)],
			provisioning.MachineFile: files[provisioning.KioskTarget(id, provisioning.MachineFile)],
			"files":                  index.Bytes(),
		} {
			if err := atomicfile.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				return err
			}
		}
	}
	return f.forget(known)
}

// forget takes away what was kept of kiosks that get nothing more.
func (f *Folder) forget(known map[string]bool) error {
	for _, folder := range []string{sentPath, sealedPath} {
		names, err := list(f.path(folder), "")
		if err != nil {
			return err
		}
		for _, name := range names {
			if !known[name] {
				if err := os.RemoveAll(f.path(path.Join(folder, name))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
