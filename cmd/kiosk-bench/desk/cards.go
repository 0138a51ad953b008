package desk

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/atomicfile"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/ownfile"
	"guichet.example/internal/picc"
)

// Of the bench's organisations.
const (
	ours, theirs  = 1, 2
	revokedSerial = 4
)

// pin is what the badges with a PIN ask for; the control page says it.
const pin = "730295"

func application() badge.AID { return badge.AID{0x30, 0x42, 0xF5} }

// organisation makes badges for one site.
type organisation struct {
	number uint32
	press  *badge.Press
	site   *badge.Site
}

// found makes the organisation of the bench and what its kiosk knows of it.
func found(dir string) (*organisation, error) {
	kept, err := seed(dir)
	if err != nil {
		return nil, err
	}
	o := establish(ours, kept)
	today := badge.DayOf(time.Now())
	list, err := badge.SignRevocations(badge.RevocationHead{Organisation: ours, Sequence: 1, Issued: today,
		Expires: today + 3650}, []uint64{revokedSerial}, o.press.Signer)
	if err != nil {
		return nil, err
	}
	o.site.Revoked, err = badge.OpenRevocations(list, o.site.Issuer, ours, 0)
	return o, err
}

// seed reads what the organisation's keys are made from, or makes it.
func seed(dir string) ([]byte, error) {
	path := filepath.Join(dir, "badges.seed")
	have, err := ownfile.Read(path, ed25519.SeedSize, ownfile.Secret)
	if errors.Is(err, fs.ErrNotExist) {
		have = random()
		err = atomicfile.WriteFile(path, have, 0o600)
	}
	if err == nil && len(have) != ed25519.SeedSize {
		err = fmt.Errorf("read %q: not %d bytes; remove it", path, ed25519.SeedSize)
	}
	return have, err
}

func random() []byte {
	b := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(b) // never fails
	return b
}

// establish makes an organisation's keys.
func establish(number uint32, seed []byte) *organisation {
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(append([]byte("master\x00"), seed...))
	master := badge.Key(sum[:len(badge.Key{})])
	defer master.Clear()
	press := &badge.Press{AID: application(), Site: badge.SiteKey(&master, "bench"), Admin: badge.AdminKey(&master, "bench"),
		Signer: private, Random: rand.Reader}
	return &organisation{number, press, &badge.Site{Organisation: number, AID: press.AID, Key: press.Site, Issuer: public}}
}

// issue makes the badges.
func (o *organisation) issue(ctx context.Context) (map[string][]picc.Card, error) {
	other := establish(theirs, random())
	day := badge.DayOf(time.Now())
	cards := map[string][]picc.Card{}
	var helper *picc.DESFire
	for _, b := range []struct {
		card   string
		by     *organisation
		random bool
		role   hw.Role
		until  badge.Day
		pin    string
	}{
		{"helper", o, false, hw.RoleHelper, day + 365, ""},
		{"technician", o, false, hw.RoleTechnician, day + 365, ""},
		{"random", o, true, hw.RoleHelper, day + 365, ""},
		{"revoked", o, false, hw.RoleHelper, day + 365, ""}, // the fourth: revokedSerial
		{"expired", o, false, hw.RoleHelper, day - 1, ""},
		{"unknown", other, false, hw.RoleHelper, day + 365, ""},
		{"helper-pin", o, false, hw.RoleHelper, day + 365, pin},
		{"technician-pin", o, false, hw.RoleTechnician, day + 365, pin},
	} {
		serial := uint64(len(cards) + 1)
		content, card, err := blank(byte(serial), b.random)
		if err == nil {
			err = b.by.write(ctx, card, badge.Record{Role: b.role, Organisation: b.by.number, Serial: serial, NotAfter: b.until}, b.pin)
		}
		if err != nil {
			return nil, fmt.Errorf("make badge %q: %w", b.card, err)
		}
		cards[b.card] = []picc.Card{card}
		if b.card == "helper" {
			helper = content
		}
	}
	clone, err := cloned(helper)
	if err != nil {
		return nil, fmt.Errorf("make badge %q: %w", "clone", err)
	}
	cards["clone"] = []picc.Card{clone}
	cards["two"] = []picc.Card{cards["helper"][0], cards["technician"][0]}
	return cards, nil
}

func uid(number byte) []byte { return []byte{0x04, 0x5A, 0x11, 0x22, 0x33, 0x44, number} }

// blank is a card as it comes from the maker. It thinks as long as a real one.
func blank(number byte, random bool) (*picc.DESFire, *picc.TypeA, error) {
	content, err := picc.NewDESFire(picc.Content{UID: uid(number), RandomUID: random, Delays: picc.Thinking()})
	if err != nil {
		return nil, nil, err
	}
	card, err := content.Card(picc.Config{UID: uid(number), RandomUID: random})
	return content, card, err
}

// cloned has everything of the helper's card but its keys, which nobody can
// read.
func cloned(helper *picc.DESFire) (*picc.TypeA, error) {
	copied := helper.Applications()
	for i := range copied {
		copied[i].Keys = make([]picc.Key, len(copied[i].Keys))
	}
	return picc.NewCard(picc.Content{UID: uid(1), Applications: copied, Delays: picc.Thinking()})
}

// write personalises a card on a reader of its own, in simulated time.
func (o *organisation) write(ctx context.Context, card picc.Card, r badge.Record, pin string) (err error) {
	if pin != "" {
		if r.PIN, err = badge.NewVerifier(&o.press.Site, r.Organisation, r.Serial, []byte(pin)); err != nil {
			return err
		}
	}
	sim := mfrc522sim.New(mfrc522sim.Config{})
	defer func() { err = errors.Join(err, sim.Close()) }()
	chip, err := mfrc522.Open(ctx, sim.Port(), mfrc522.Config{Interrupt: sim.IRQ()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, chip.Close()) }()
	sim.Place(card)
	defer sim.Remove(card)
	if err := chip.Field(ctx, true); err != nil {
		return err
	}
	return o.press.Write(ctx, chip, r)
}
