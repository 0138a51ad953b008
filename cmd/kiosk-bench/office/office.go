package office

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"guichet.example/cmd/kioskctl/sitefolder"
	"guichet.example/provisioning"
)

// Example names a stick that an Office makes.
type Example string

// The sticks. Old and Foreign say something to a kiosk that has a site already;
// to one without, they would be its first.
const (
	Good     Example = "good"        // the newest, for this kiosk
	Changed  Example = "changed"     // the same with another name of the place
	Old      Example = "old"         // the first that was ever made
	Expired  Example = "expired"     // made two years ago
	Others   Example = "other-kiosk" // of the same site, for another kiosk
	Foreign  Example = "other-site"  // of another organisation, for this kiosk
	Tampered Example = "tampered"    // a file is not what was signed
	Empty    Example = "empty"       // formatted, nothing on it
	ExFAT    Example = "exfat"
	NTFS     Example = "ntfs"
	Mac      Example = "mac" // HFS+
)

// Examples lists them, in the order of the control page.
func Examples() []Example {
	return []Example{Good, Changed, Old, Expired, Others, Foreign, Tampered, Empty, ExFAT, NTFS, Mac}
}

// NeedsSite says whether the stick makes sense only for a kiosk with a site.
func (e Example) NeedsSite() bool { return e == Old || e == Foreign }

const (
	organisation = "Mairie de Ville-Démo"
	annexe       = organisation + ", annexe"
	kioskName    = "banc"
	kioskPlace   = "Banc d’essai"
	passphrase   = "banc d'essai"
	cheap        = 10 // of a guess at it, which is no secret
)

// Office makes sticks below a directory of its own.
type Office struct {
	dir string
	mu  sync.Mutex // one program at a time changes a site
}

// New returns the office in a directory, which is made when it is needed.
func New(dir string) *Office { return &Office{dir: dir} }

func (o *Office) path(name string) string { return filepath.Join(o.dir, name) }

// Stick makes an example for this kiosk and returns the path of its image. The
// next one of that kind takes its place.
func (o *Office) Stick(ctx context.Context, e Example, kiosk provisioning.Enrolment) (string, error) {
	if !slices.Contains(Examples(), e) {
		return "", fmt.Errorf("no example stick %q", e)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := os.MkdirAll(o.path("sticks"), 0o700); err != nil {
		return "", fmt.Errorf("make example stick: %w", err)
	}
	image, fresh := o.path("sticks/"+string(e)+".img"), o.path("sticks/new.img")
	err := o.make(ctx, e, kiosk, fresh)
	if err == nil {
		err = os.Rename(fresh, image)
	}
	if err != nil {
		return "", fmt.Errorf("make example stick %q: %w", e, err)
	}
	return image, nil
}

func (o *Office) make(ctx context.Context, e Example, kiosk provisioning.Enrolment, image string) error {
	if data := foreignFormat(e); data != nil {
		return os.WriteFile(image, data, 0o600)
	}
	if e == Empty {
		return emptyStick(image)
	}
	now := time.Now()
	if e == Foreign {
		other := o.site("elsewhere", "Mairie de Valbourg")
		if err := other.found(kiosk, now); err != nil {
			return err
		}
		_, err := other.stick(ctx, image, now)
		return err
	}
	home := o.site("home", organisation)
	err := home.found(kiosk, now)
	if err == nil {
		err = o.first(ctx, home, now)
	}
	if err != nil {
		return err
	}
	switch e {
	case Old:
		return copyFile(image, o.path("first.img"))
	case Changed:
		err = home.move()
	case Good:
	default:
		return o.aside(ctx, e, home, kiosk, image)
	}
	if err == nil {
		_, err = home.stick(ctx, image, now)
	}
	return err
}

// first keeps the first stick of the site, or none: half of one would be the
// old stick for ever.
func (o *Office) first(ctx context.Context, home *site, now time.Time) error {
	kept, fresh := o.path("first.img"), o.path("sticks/first.img")
	if _, err := os.Stat(kept); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := home.stick(ctx, fresh, now); err != nil {
		return err
	}
	return os.Rename(fresh, kept)
}

// aside makes a stick of a copy of the site, so that the site does not know of
// it and its next one has the same number.
func (o *Office) aside(ctx context.Context, e Example, home *site, kiosk provisioning.Enrolment, image string) (err error) {
	dir := o.path("aside")
	if err := os.RemoveAll(dir); err != nil { // of an office that was killed
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.CopyFS(dir, os.DirFS(home.folder)); err != nil {
		return err
	}
	other := &site{dir, home.keys, home.name}
	switch e {
	case Expired:
		return other.lapsed(ctx, image)
	case Others:
		err = other.replace(kiosk)
	}
	if err == nil {
		_, err = other.stick(ctx, image, time.Now())
	}
	if err == nil && e == Tampered {
		err = tamper(image)
	}
	return err
}

// site is a folder with a site and one with its keys.
type site struct{ folder, keys, name string }

func (o *Office) site(dir, name string) *site {
	return &site{o.path(dir + "/site"), o.path(dir + "/keys"), name}
}

// found makes the site with this kiosk, where it is not there already.
func (s *site) found(kiosk provisioning.Enrolment, now time.Time) error {
	if err := os.MkdirAll(filepath.Dir(s.folder), 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(s.folder); err != nil {
		_, err := sitefolder.Init(s.folder, s.keys,
			sitefolder.Founding{Name: s.name, Passphrase: []byte(passphrase), Cost: cheap, Random: rand.Reader, Now: now})
		if err != nil {
			return err
		}
	}
	return s.enrol(kiosk)
}

// enrol adds the kiosk, unless it is there.
func (s *site) enrol(kiosk provisioning.Enrolment) error {
	f, err := sitefolder.Open(s.folder)
	if err == nil {
		_, err = f.Enrol([]provisioning.Enrolment{kiosk}, sitefolder.Newcomer{ID: kioskName, Place: kioskPlace})
	}
	return err
}

// replace has another kiosk in the place of this one.
func (s *site) replace(kiosk provisioning.Enrolment) error {
	f, err := sitefolder.Open(s.folder)
	if err != nil {
		return err
	}
	for _, k := range f.Kiosks {
		if err := os.Remove(filepath.Join(s.folder, filepath.FromSlash(k.File))); err != nil {
			return err
		}
	}
	return s.enrol(provisioning.NewEnrolment(anotherRecipient, "another", kiosk.Model, kiosk.Firmware))
}

// anotherRecipient is a key of age that nobody has.
const anotherRecipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

// stick makes the next one, and returns its number.
func (s *site) stick(ctx context.Context, image string, now time.Time) (int64, error) {
	f, err := sitefolder.Open(s.folder)
	if err != nil {
		return 0, err
	}
	keys, err := sitefolder.OpenKeys(s.keys, []byte(passphrase))
	if err != nil {
		return 0, err
	}
	defer keys.Clear()
	content, err := f.Read(now)
	if err != nil {
		return 0, err
	}
	made, err := f.Stick(ctx, image, keys, content, now)
	if err != nil {
		return 0, err
	}
	return made.Version, nil
}

// lapsed makes a stick that is newer than all and was made two years ago: the
// site forgets its sticks, and makes as many again on that day.
func (s *site) lapsed(ctx context.Context, image string) error {
	newest, err := s.stick(ctx, image, time.Now())
	if err != nil {
		return err
	}
	sent, err := filepath.Glob(filepath.Join(s.folder, "published/metadata/*.json"))
	for _, name := range sent {
		if err == nil && !strings.HasSuffix(name, ".root.json") {
			err = os.Remove(name)
		}
	}
	for number := int64(0); err == nil && number < newest; {
		number, err = s.stick(ctx, image, time.Now().AddDate(-2, 0, 0))
	}
	return err
}

// move gives the place its other name, as an administrator would.
func (s *site) move() error {
	name := filepath.Join(s.folder, "site.toml")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	to := annexe
	if strings.Contains(string(text), annexe) {
		to = organisation
	}
	text = regexp.MustCompile(`(?m)^place = .*$`).ReplaceAllLiteral(text, []byte(`place = "`+to+`"`))
	return os.WriteFile(name, text, 0o600)
}
