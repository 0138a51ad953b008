package provisioning

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"

	"guichet.example/internal/stricttoml"
)

// KioskID names a kiosk by its key: "k-" and 16 characters a-z and 2-7, the
// first 80 bits of the SHA-256 of its age recipient.
type KioskID string

// ParseKioskID reads an id as people and file names have it.
func ParseKioskID(text string) (KioskID, error) {
	if digits, ok := strings.CutPrefix(text, "k-"); !ok || len(digits) != 16 || !only(digits, "abcdefghijklmnopqrstuvwxyz234567") {
		return "", fmt.Errorf("%q is not a kiosk's id: expected \"k-\" and 16 characters a-z and 2-7", text)
	}
	return KioskID(text), nil
}

// Groups returns an id in groups that a person can read out, as kiosk-view shows
// it: "k-abcd efgh ijkl mnop". What is no id is returned as it is.
func (id KioskID) Groups() string {
	if _, err := ParseKioskID(string(id)); err != nil {
		return string(id)
	}
	return string(id[:6] + " " + id[6:10] + " " + id[10:14] + " " + id[14:])
}

// KioskIDOf returns the id of the kiosk with this age recipient ("age1…").
func KioskIDOf(recipient string) KioskID {
	sum := sha256.Sum256([]byte(recipient))
	return KioskID("k-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10])))
}

const (
	enrolmentFormat = 1
	// MaxEnrolment is the length of an enrolment file, in bytes.
	MaxEnrolment = 4 << 10
	// maxFact is the length of a fact about the hardware, in characters.
	maxFact = 64
	// unknownFact stands where the hardware says nothing.
	unknownFact = "unknown"
)

// Enrolment is what a kiosk without a site writes on a stick, so that an
// administrator can make a stick for it. None of it is secret.
type Enrolment struct {
	Kiosk     KioskID
	Recipient string // of age, X25519: "age1…"
	Serial    string // of the board, "unknown" where it has none
	Model     string // of the board
	Firmware  string // version that wrote the file
}

// HasSerial says whether the hardware has told its number.
func (e Enrolment) HasSerial() bool { return e.Serial != unknownFact }

// NewEnrolment makes the enrolment of the kiosk with this age recipient. Of
// the facts, which the hardware gives, it keeps what fits the file.
func NewEnrolment(recipient, serial, model, firmware string) Enrolment {
	return Enrolment{KioskIDOf(recipient), recipient, fact(serial), fact(model), fact(firmware)}
}

// fact leaves out what does not print or would need to be escaped; device
// trees end their texts with a zero byte.
func fact(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text))
	if text == "" {
		return unknownFact
	}
	return strings.TrimSpace(text[:min(len(text), maxFact)])
}

// enrolmentFile ends with a key it must have, so that a file cut off is seen.
type enrolmentFile struct {
	Format    int64  `toml:"format"`
	Kiosk     string `toml:"kiosk"`
	Recipient string `toml:"recipient"`
	Serial    string `toml:"serial"`
	Model     string `toml:"model"`
	Firmware  string `toml:"firmware"`
}

// Encode returns the file. Its name on the stick is EnrolmentFile.
func (e Enrolment) Encode() []byte {
	return fmt.Appendf(nil, `# A kiosk that waits for its site. Bring this stick to whoever runs
# "kioskctl site enrol". Nothing in this file is secret.
format = %d
kiosk = "%s"
recipient = "%s"
serial = "%s"
model = "%s"
firmware = "%s"
`, enrolmentFormat, e.Kiosk, e.Recipient, e.Serial, e.Model, e.Firmware)
}

// ParseEnrolment reads an enrolment file called name; its errors name file
// and line. That the recipient is one of age, its id has to prove: whoever
// encrypts to it finds out.
func ParseEnrolment(name string, data []byte) (Enrolment, error) {
	if len(data) > MaxEnrolment {
		return Enrolment{}, fmt.Errorf("%s:1: longer than %d bytes: this is no enrolment file", name, MaxEnrolment)
	}
	if err := stricttoml.Format(name, data, enrolmentFormat); err != nil {
		return Enrolment{}, err
	}
	var f enrolmentFile
	doc, err := stricttoml.Decode(name, data, &f)
	if err != nil {
		return Enrolment{}, err
	}
	e := Enrolment{KioskID(f.Kiosk), f.Recipient, f.Serial, f.Model, f.Firmware}
	if err := checkEnrolled(doc, e); err != nil {
		return Enrolment{}, err
	}
	return e, nil
}

// isRecipient says whether text has the form of an X25519 recipient of age.
func isRecipient(text string) bool {
	return regexp.MustCompile(`^age1[02-9ac-hj-np-z]{58}$`).MatchString(text)
}
