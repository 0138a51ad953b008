package badge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"guichet.example/hw"
)

// readPatience bounds one reading after activation. A DESFire card needs 50 ms,
// one with a random UID 80, thinking included on the safe side; a frame lost
// costs 80 more. What is left is no room for who carries the frames to a badge
// in somebody's pocket and back, if that takes 60 ms a block. A quicker relay
// is not noticed: the PIN is against it.
const readPatience = 300 * time.Millisecond

// Read activates the one badge in the field, authenticates it and judges its
// record. The field must be on. random is a source of random numbers fit for
// cryptography.
//
// A badge that was read and is none of this site's, revoked, expired or forged
// gives RoleNone without an error. Whether it asks for a PIN first is not said
// here: see Reader. An error says that there is nothing
// (ErrNoBadge), more than one badge (ErrTwoBadges), something that could not
// be read to the end, which is ordinary when it is taken away, or that the
// reader itself failed.
func Read(ctx context.Context, pcd PCD, site *Site, random io.Reader, now time.Time) (hw.Role, error) {
	found, err := read(ctx, pcd, site, random)
	if err != nil {
		return hw.RoleNone, err
	}
	return found.role(site, now), nil
}

// found is what was read of one badge.
type found struct {
	link   *Link // nil where the card does not speak ISO/IEC 14443-4
	known  bool
	record Record // where known
}

func (f found) role(site *Site, now time.Time) hw.Role {
	if !f.known {
		return hw.RoleNone
	}
	return site.Judge(f.record, now)
}

// read turns every refusal into a badge that is not known.
func read(ctx context.Context, pcd PCD, site *Site, random io.Reader) (found, error) {
	picc, err := Activate(ctx, pcd)
	if errors.Is(err, ErrNoBadge) {
		return found{}, err
	}
	if err != nil {
		return found{}, fmt.Errorf("read badge: %w", err)
	}
	if !picc.Speaks4() {
		return found{}, nil
	}
	link, err := Connect(ctx, pcd, readPatience)
	if err != nil {
		return found{}, fmt.Errorf("read badge: %w", err)
	}
	record, err := readRecord(ctx, NewCard(link), picc, site, random)
	switch {
	case err == nil:
		return found{link, true, record}, nil
	case errors.Is(err, ErrRefused):
		return found{link: link}, nil
	default:
		return found{}, fmt.Errorf("read badge: %w", err)
	}
}

// ReadRecord authenticates a card that is ready for commands, and returns its
// record; picc is what it said when it was activated, of which the UID
// matters. Whether the record counts is for Judge to say. An error that wraps
// ErrRefused says that the card is no badge of this site.
func ReadRecord(ctx context.Context, picc PICC, channel Channel, site *Site, random io.Reader) (Record, error) {
	r, err := readRecord(ctx, NewCard(channel), picc, site, random)
	if err != nil {
		return Record{}, fmt.Errorf("read badge: %w", err)
	}
	return r, nil
}

// readRecord authenticates and returns the record, signature checked.
func readRecord(ctx context.Context, card *Card, picc PICC, site *Site, random io.Reader) (Record, error) {
	defer card.Forget()
	if err := card.SelectApplication(ctx, site.AID); err != nil {
		return Record{}, err
	}
	uid, err := realUID(ctx, card, picc, site, random)
	if err != nil {
		return Record{}, err
	}
	key, err := readKey(&site.Key, uid, site.AID)
	if err != nil {
		return Record{}, err
	}
	defer key.Clear()
	if err := card.Authenticate(ctx, keyRead, &key, random); err != nil {
		return Record{}, err
	}
	data, err := readFile(ctx, card)
	if err != nil {
		return Record{}, err
	}
	defer clear(data)
	return OpenRecord(data, uid, site.AID, site.Issuer)
}

// readFile reads the file as far as its first byte says that the record goes.
func readFile(ctx context.Context, card *Card) ([]byte, error) {
	data, err := card.ReadData(ctx, recordFile, 0, RecordSize)
	if err != nil || recordSize(data) == RecordSize {
		return data, err
	}
	rest, err := card.ReadData(ctx, recordFile, RecordSize, recordSize(data)-RecordSize)
	if err != nil {
		return nil, err
	}
	return append(data, rest...), nil
}

// realUID is the UID of the field unless that is random; then the card tells
// it to whoever knows the site's key.
func realUID(ctx context.Context, card *Card, picc PICC, site *Site, random io.Reader) ([]byte, error) {
	if !picc.Random() {
		return picc.UID, nil
	}
	key := identifyKey(&site.Key, site.AID)
	defer key.Clear()
	if err := card.Authenticate(ctx, keyIdentify, &key, random); err != nil {
		return nil, err
	}
	return card.GetCardUID(ctx)
}
