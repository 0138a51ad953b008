package identity

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"

	"guichet.example/provisioning"
)

const (
	// maxRecipients bounds what one file makes the kiosk compute: one scalar
	// multiplication for each.
	maxRecipients = 8
	maxHeader     = 2048 // bytes; with maxRecipients about 900
)

var (
	// ErrOtherKiosk is returned for secrets that are sealed to another key.
	ErrOtherKiosk = errors.New("these secrets are for another kiosk")
	// ErrSealed is returned for what is not a whole file of sealed secrets.
	ErrSealed = errors.New("the secrets are damaged, or sealed in a way that this version does not know")
)

// Unseal opens secrets that are sealed to this kiosk. Its errors quote nothing
// of the file, sealed or not.
func (i *Identity) Unseal(sealed []byte) (provisioning.Secrets, error) {
	if len(sealed) > provisioning.MaxSecrets || !plainHeader(sealed) {
		return provisioning.Secrets{}, ErrSealed
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), i.key)
	if no := new(age.NoIdentityMatchError); errors.As(err, &no) {
		return provisioning.Secrets{}, ErrOtherKiosk
	} else if err != nil {
		return provisioning.Secrets{}, ErrSealed
	}
	opened := make([]byte, len(sealed)) // what is opened is shorter, so nothing grows and is copied
	defer clear(opened)
	n, err := readAll(r, opened)
	if err != nil {
		return provisioning.Secrets{}, ErrSealed
	}
	return provisioning.ParseSecrets(opened[:n])
}

// readAll reads to the end, which must be io.EOF itself: with another error of
// age, io.ErrUnexpectedEOF among them, the length is not authenticated.
func readAll(r io.Reader, into []byte) (n int, err error) {
	for n < len(into) {
		got, err := r.Read(into[n:])
		n += got
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, io.ErrShortBuffer
}

// plainHeader says whether a file has the header that kioskctl writes: a few
// recipients that are keys. It is looked at before age computes anything, in
// particular before a recipient that is a passphrase, whose author chooses how
// long the computation takes. age then checks the header in full.
func plainHeader(sealed []byte) bool {
	header, ok := bytes.CutPrefix(sealed[:min(len(sealed), maxHeader)], []byte("age-encryption.org/v1\n"))
	recipients := 0
	for ok {
		var line []byte
		if line, header, ok = bytes.Cut(header, []byte("\n")); !ok {
			break
		}
		switch {
		case bytes.HasPrefix(line, []byte("--- ")):
			return recipients > 0
		case bytes.HasPrefix(line, []byte("-> X25519 ")):
			if recipients++; recipients > maxRecipients {
				return false
			}
		case bytes.HasPrefix(line, []byte("->")):
			return false
		}
	}
	return false
}
