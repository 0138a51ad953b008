package provisioning

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"guichet.example/internal/stricttoml"
)

const secretsFormat = 1

// MaxSecrets is the length of a sealed file of secrets, in bytes.
const MaxSecrets = 16 << 10

// Secrets are what a kiosk needs and nobody may read. On a stick they are
// sealed to one kiosk (SecretsFile). They print as the word "secrets".
type Secrets struct {
	BadgeKey  string // key of the site's badges, 32 hexadecimal digits; "" without a reader
	PINPepper string // 64 hexadecimal digits
	WiFi      string // password; "" without Wi-Fi
	Proxy     string // password; "" without one
}

// Format keeps secrets out of logs and errors, whatever the verb.
func (s Secrets) Format(f fmt.State, _ rune) { fmt.Fprint(f, "secrets") }

type secretsFile struct {
	Format    int64  `toml:"format"`
	BadgeKey  string `toml:"badge_key"`
	WiFi      string `toml:"wifi"`
	Proxy     string `toml:"proxy"`
	PINPepper string `toml:"pin_pepper"`
}

// Encode writes what is to be sealed.
func (s Secrets) Encode() ([]byte, error) {
	data, err := stricttoml.Encode(secretsFile{secretsFormat, s.BadgeKey, s.WiFi, s.Proxy, s.PINPepper})
	if err != nil {
		return nil, errors.New("encode secrets") // the cause could quote them
	}
	return data, nil
}

// ParseSecrets reads what was sealed. Its errors quote nothing of it.
func ParseSecrets(data []byte) (Secrets, error) {
	if err := stricttoml.Format(SecretsFile, data, secretsFormat); err != nil {
		return Secrets{}, errors.New("secrets: not of a form that this version knows")
	}
	var f secretsFile
	doc, err := stricttoml.Decode(SecretsFile, data, &f)
	if err != nil || !doc.Has("pin_pepper") {
		return Secrets{}, errors.New("secrets: damaged, or of another version")
	}
	s := Secrets{BadgeKey: f.BadgeKey, PINPepper: f.PINPepper, WiFi: f.WiFi, Proxy: f.Proxy}
	return s, s.Check()
}

// Check says which secret cannot be one, without showing it.
func (s Secrets) Check() error {
	var errs []error
	if s.BadgeKey != "" && !isHex(s.BadgeKey, 16) {
		errs = append(errs, errors.New("badge key: expected 32 hexadecimal digits, the content of site.key"))
	}
	if !isHex(s.PINPepper, 32) {
		errs = append(errs, errors.New("PIN pepper: expected 64 hexadecimal digits"))
	}
	if n := len(s.WiFi); n > 0 && (n < 8 || n > 128) || strings.ContainsFunc(s.WiFi, unicode.IsControl) {
		errs = append(errs, errors.New("Wi-Fi password: expected 8 to 128 characters in one line"))
	}
	if len(s.Proxy) > 128 || strings.ContainsFunc(s.Proxy, unicode.IsControl) {
		errs = append(errs, errors.New("proxy password: expected at most 128 characters in one line"))
	}
	return errors.Join(errs...)
}

func isHex(s string, n int) bool {
	data, err := hex.DecodeString(s)
	return err == nil && len(data) == n
}
