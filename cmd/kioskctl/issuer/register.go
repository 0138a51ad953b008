package issuer

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/internal/stricttoml"
)

// maxLabel is in characters: a line of the list fits 80.
const maxLabel = 24

// maxErrors of a register are told; one with more is another file.
const maxErrors = 20

// Register is what register.toml says.
type Register struct {
	Organisation uint32
	Issuer       ed25519.PublicKey
	List         uint64 // number of the newest revocation list, 0 for none
	Sites        []string
	Badges       []Badge // by number, from 1, none left out
}

// Badge is one line of the register.
type Badge struct {
	Serial uint64
	Site   string
	Role   hw.Role
	Label  string    // the organisation's own word for the card, no person's name; may be empty
	Until  badge.Day // the last day on which it counts
	Made   badge.Day
	State  State
	Since  badge.Day // of State
}

// State says what has become of a badge.
type State string

// The states. Only a badge that is Ready may open anything.
const (
	Unfinished State = "unfinished" // writing the card was not seen to end
	Ready      State = "ready"
	Revoked    State = "revoked"
)

// Refused are the numbers for a revocation list.
func (r *Register) Refused() []uint64 {
	var serials []uint64
	for _, b := range r.Badges {
		if b.State != Ready {
			serials = append(serials, b.Serial)
		}
	}
	return serials
}

// Find returns a badge, nil when there is none with this number.
func (r *Register) Find(serial uint64) *Badge {
	if b := r.find(serial); b != nil {
		found := *b
		return &found
	}
	return nil
}

func (r *Register) find(serial uint64) *Badge {
	if serial < 1 || serial > uint64(len(r.Badges)) {
		return nil
	}
	return &r.Badges[serial-1]
}

// registerForm is the file. Each part says how many there are and each badge
// ends with a key it must have, so that a file cut off anywhere is seen.
type registerForm struct {
	Format       int64       `toml:"format"`
	Organisation int64       `toml:"organisation"`
	Issuer       string      `toml:"issuer"`
	List         int64       `toml:"list"`
	Sites        []string    `toml:"sites"`
	Count        int64       `toml:"count"`
	Badges       []badgeForm `toml:"badges"`
}

type badgeForm struct {
	Serial int64  `toml:"serial"`
	Site   string `toml:"site"`
	Role   string `toml:"role"`
	Label  string `toml:"label"`
	Until  string `toml:"until"`
	Made   string `toml:"made"`
	State  string `toml:"state"`
	Since  string `toml:"since"`
}

func (r *Register) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Guichet: the badges of organisation %d. kioskctl badge writes this file.
#
# It holds no key and no person's name. A label is the organisation's own word
# for the card ("Accueil 1"). A state is ready, revoked, or unfinished: the card
# was taken away while it was written. Keep a copy: without this file no badge
# can be revoked, and none made.
format = 1
organisation = %d
issuer = "%x"
list = %d
`, r.Organisation, r.Organisation, []byte(r.Issuer), r.List)
	quoted := make([]string, len(r.Sites))
	for i, s := range r.Sites {
		quoted[i] = strconv.Quote(s)
	}
	fmt.Fprintf(&b, "sites = [%s]\ncount = %d\n", strings.Join(quoted, ", "), len(r.Badges))
	for _, e := range r.Badges {
		fmt.Fprintf(&b, "\n[[badges]]\nserial = %d\nsite = %q\nrole = %q\nlabel = \"%s\"\nuntil = \"%v\"\nmade = \"%v\"\nstate = %q\nsince = \"%v\"\n",
			e.Serial, e.Site, e.Role.String(), e.Label, e.Until, e.Made, string(e.State), e.Since)
	}
	return b.Bytes()
}

// parseRegister reads a file called name; its errors name file and line.
func parseRegister(name string, data []byte) (*Register, error) {
	if err := stricttoml.Format(name, data, 1); err != nil {
		return nil, err
	}
	var f registerForm
	doc, err := stricttoml.Decode(name, data, &f)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"organisation", "issuer", "list", "sites", "count"} {
		if !doc.Has(key) {
			return nil, doc.At(key).Errorf("%s is missing: the file is cut off; take the newest copy", key)
		}
	}
	r := &Register{List: uint64(f.List), Sites: f.Sites, Organisation: uint32(f.Organisation)}
	if err := errors.Join(f.checkHead(doc, r), f.badges(doc, r)); err != nil {
		return nil, err
	}
	return r, nil
}

// checkHead checks what stands above the badges.
func (f *registerForm) checkHead(doc stricttoml.Document, r *Register) error {
	var err error
	if r.Issuer, err = hex.DecodeString(f.Issuer); err != nil || len(r.Issuer) != ed25519.PublicKeySize {
		return doc.At("issuer").Errorf("issuer has not %d hexadecimal digits", hex.EncodedLen(ed25519.PublicKeySize))
	}
	if err := CheckOrganisation(f.Organisation); err != nil {
		return doc.At("organisation").Errorf("%w", err)
	}
	if f.List < 0 {
		return doc.At("list").Errorf("list is below 0")
	}
	for i, s := range f.Sites {
		if err := CheckSite(s); err != nil {
			return doc.At("sites", i).Errorf("%w", err)
		}
	}
	if int64(len(f.Badges)) != f.Count {
		return doc.At("count").Errorf("there are %d badges here and not %d: the file is cut off; take the newest copy", len(f.Badges), f.Count)
	}
	return nil
}

// badges reads them into r.
func (f *registerForm) badges(doc stricttoml.Document, r *Register) error {
	var errs []error
	for i, e := range f.Badges {
		b, key, err := e.badge(i, r.Sites)
		if err == nil && (!doc.Has("badges", i, "label") || !doc.Has("badges", i, "since")) {
			key, err = "serial", fmt.Errorf("badge %d lacks a key: the file is cut off; take the newest copy", b.Serial)
		}
		if err != nil {
			errs = append(errs, doc.At("badges", i, key).Errorf("%w", err))
		}
		r.Badges = append(r.Badges, b)
	}
	return errors.Join(errs[:min(len(errs), maxErrors)]...)
}

// badge returns what stands at position i, or the key that is wrong.
func (f badgeForm) badge(i int, sites []string) (b Badge, key string, err error) {
	if f.Serial != int64(i)+1 {
		return b, "serial", fmt.Errorf("badge %d stands where badge %d should", f.Serial, i+1)
	}
	b = Badge{Serial: uint64(f.Serial), Site: f.Site, Label: f.Label, State: State(f.State)}
	if b.Role, err = ParseRole(f.Role); err != nil {
		return b, "role", err
	}
	for _, d := range []struct {
		key, text string
		day       *badge.Day
	}{{"until", f.Until, &b.Until}, {"made", f.Made, &b.Made}, {"since", f.Since, &b.Since}} {
		if *d.day, err = badge.ParseDay(d.text); err != nil {
			return b, d.key, fmt.Errorf("%s: %w", d.key, err)
		}
	}
	if !slices.Contains([]State{Unfinished, Ready, Revoked}, b.State) {
		return b, "state", errors.New("state is not ready, revoked or unfinished")
	}
	if err := checkSite(b.Site, sites); err != nil {
		return b, "site", err
	}
	return b, "label", checkLabel(b.Label)
}

func checkSite(site string, sites []string) error {
	if len(sites) == 0 {
		return fmt.Errorf("site %q is not in the register; it has none", site)
	}
	if !slices.Contains(sites, site) {
		return fmt.Errorf("site %q is not in the register; it has: %s", site, strings.Join(sites, ", "))
	}
	return nil
}

// checkLabel says whether text can be the label of a badge.
func checkLabel(text string) error {
	switch {
	case utf8.RuneCountInString(text) > maxLabel:
		return fmt.Errorf("label is longer than %d characters", maxLabel)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return r == '"' || r == '\\' || !unicode.IsPrint(r)
	}):
		return errors.New("label has quotes, backslashes or characters that do not print")
	}
	return nil
}

// ParseRole reads a role.
func ParseRole(text string) (hw.Role, error) {
	for _, r := range []hw.Role{hw.RoleHelper, hw.RoleTechnician} {
		if text == r.String() {
			return r, nil
		}
	}
	return hw.RoleNone, errors.New("role is not helper or technician")
}
