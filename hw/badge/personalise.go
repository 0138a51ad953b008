package badge

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"time"
)

// writePatience bounds writing one card, which takes some of it to erase its
// memory.
const writePatience = 10 * time.Second

// keyVersion is stored beside each key we write; factory keys have 0.
const keyVersion = 1

// A Press makes badges of one site.
type Press struct {
	AID    AID
	Site   Key // SiteKey
	Admin  Key // AdminKey
	Signer ed25519.PrivateKey
	Random io.Reader // fit for cryptography
}

// Write makes the one card in the field a badge with this record, or renews
// the record of a badge of this site. The field must be on. Everything else on
// the card stays as it is. A card taken away in between is no badge; writing
// it again begins anew.
//
// The card has to permit new applications without a key, as DESFire cards do
// when they come from the maker.
func (p *Press) Write(ctx context.Context, pcd PCD, r Record) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	picc, err := Activate(ctx, pcd)
	if err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	if !picc.Speaks4() {
		return errors.New("write badge: card is not a DESFire card")
	}
	link, err := Connect(ctx, pcd, writePatience)
	if err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	return p.WriteCard(ctx, picc, link, r)
}

// WriteCard is Write for a card that is ready for commands: picc is what it
// said when it was activated, of which the UID matters.
func (p *Press) WriteCard(ctx context.Context, picc PICC, channel Channel, r Record) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	w := &writing{press: p, card: NewCard(channel), picc: picc, record: r}
	defer w.card.Forget()
	if err := w.run(ctx); err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	return nil
}

// writing is one card in the press.
type writing struct {
	press  *Press
	card   *Card
	picc   PICC
	record Record
}

// run renews a badge, or makes one. Key 0 is changed last: while it is zero,
// the card is unfinished, and what is there is thrown away.
func (w *writing) run(ctx context.Context) error {
	err := w.card.SelectApplication(ctx, w.press.AID)
	if errors.Is(err, StatusApplicationNotFound) {
		return w.fresh(ctx)
	}
	if err != nil {
		return err
	}
	err = w.renew(ctx)
	if errors.Is(err, StatusBoundary) {
		return w.widen(ctx)
	}
	if err == nil || !errors.Is(err, ErrRefused) {
		return err
	}
	if w.discard(ctx, &Key{}) != nil {
		return fmt.Errorf("card holds an application of somebody else: %w", err)
	}
	return w.fresh(ctx)
}

// widen makes a badge anew whose file is from the time before PINs, and too
// short for this record. The card then is unfinished until the end.
func (w *writing) widen(ctx context.Context) error {
	if err := w.card.SelectApplication(ctx, w.press.AID); err != nil {
		return err
	}
	_, key, err := w.adminKey(ctx)
	if err != nil {
		return err
	}
	defer key.Clear()
	if err := w.discard(ctx, &key); err != nil {
		return err
	}
	return w.fresh(ctx)
}

// discard deletes the application whose key 0 is key: zeros where the card was
// never finished.
func (w *writing) discard(ctx context.Context, key *Key) error {
	if err := w.card.SelectApplication(ctx, w.press.AID); err != nil {
		return err
	}
	if err := w.card.Authenticate(ctx, keyAdmin, key, w.press.Random); err != nil {
		return err
	}
	return w.card.DeleteApplication(ctx, w.press.AID)
}

// renew writes the record of a badge that is one already.
func (w *writing) renew(ctx context.Context) error {
	uid, key, err := w.adminKey(ctx)
	if err != nil {
		return err
	}
	defer key.Clear()
	if err := w.card.Authenticate(ctx, keyAdmin, &key, w.press.Random); err != nil {
		return err
	}
	return w.sign(ctx, uid)
}

// adminKey is key 0 of the finished badge that is selected, and its UID.
func (w *writing) adminKey(ctx context.Context) ([]byte, Key, error) {
	site := &Site{AID: w.press.AID, Key: w.press.Site}
	defer site.Key.Clear()
	uid, err := realUID(ctx, w.card, w.picc, site, w.press.Random)
	if err != nil {
		return nil, Key{}, err
	}
	key, err := writeKey(&w.press.Admin, uid, w.press.AID)
	return uid, key, err
}

// fresh makes the application, its file and its keys.
func (w *writing) fresh(ctx context.Context) error {
	uid, err := w.create(ctx)
	if err != nil {
		return err
	}
	if err := w.sign(ctx, uid); err != nil {
		return err
	}
	return w.lock(ctx, uid)
}

// create makes an application with keys of zeros, and the file in it.
func (w *writing) create(ctx context.Context) ([]byte, error) {
	if err := w.card.SelectApplication(ctx, AID{}); err != nil {
		return nil, err
	}
	if err := w.card.CreateApplication(ctx, w.press.AID, SettingsOwner, keyRead+1); err != nil {
		return nil, err
	}
	if err := w.card.SelectApplication(ctx, w.press.AID); err != nil {
		return nil, err
	}
	if err := w.card.Authenticate(ctx, keyAdmin, &Key{}, w.press.Random); err != nil {
		return nil, err
	}
	uid := w.picc.UID
	if w.picc.Random() {
		var err error
		if uid, err = w.card.GetCardUID(ctx); err != nil {
			return nil, err
		}
	}
	access := Access{Read: keyRead, Write: keyAdmin, ReadWrite: keyAdmin, Change: keyAdmin}
	return uid, w.card.CreateStdDataFile(ctx, recordFile, CommFull, access, PINRecordSize)
}

// sign signs the record for this card and writes it.
func (w *writing) sign(ctx context.Context, uid []byte) error {
	data, err := SignRecord(w.record, uid, w.press.AID, w.press.Signer)
	if err != nil {
		return err
	}
	defer clear(data)
	return w.card.WriteData(ctx, recordFile, 0, data)
}

// lock puts the keys in place, that of the session last.
func (w *writing) lock(ctx context.Context, uid []byte) error {
	identify := identifyKey(&w.press.Site, w.press.AID)
	defer identify.Clear()
	read, err := readKey(&w.press.Site, uid, w.press.AID)
	if err != nil {
		return err
	}
	defer read.Clear()
	admin, err := writeKey(&w.press.Admin, uid, w.press.AID)
	if err != nil {
		return err
	}
	defer admin.Clear()
	for _, k := range []struct {
		number byte
		key    *Key
	}{{keyIdentify, &identify}, {keyRead, &read}, {keyAdmin, &admin}} {
		if err := w.card.ChangeKey(ctx, keyAdmin, k.number, &Key{}, k.key, keyVersion); err != nil {
			return err
		}
	}
	return nil
}
