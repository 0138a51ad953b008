package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/badgereader"
	"guichet.example/hw/mfrc522"
	"guichet.example/hw/periphboard"
	"guichet.example/hw/pintries"
	"guichet.example/hw/revocations"
	"guichet.example/hw/spidev"
	"guichet.example/internal/ownfile"
	"guichet.example/kiosk/config"
)

// openBadges opens the badge reader with the key that the site has sealed, or
// that is in a file; nil without a reader.
func (f *Flags) openBadges(ctx context.Context, c *config.Badge, board *periphboard.Board, log *slog.Logger) (*staffReader, error) {
	secrets, err := f.secrets()
	if err != nil {
		return nil, &setupError{err}
	}
	badges, err := openBadges(ctx, c, secrets.BadgeKey, f.State, board, log)
	if err != nil {
		return nil, &setupError{&hintError{err, badgeHint}}
	}
	return badges, nil
}

// openBadges opens the badge reader; nil without one. A chip that does not
// answer is tried again as long as the kiosk serves: whoever needs no helper
// needs no reader.
func openBadges(ctx context.Context, c *config.Badge, key, state string, board *periphboard.Board, log *slog.Logger) (*staffReader, error) {
	if c == nil {
		return nil, nil
	}
	site, revoked, err := badgeSite(c, key, state, log)
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (badgereader.PCD, error) { return openChip(ctx, c.SPI, board) }
	first, err := open(ctx)
	if err != nil && !errors.Is(err, hw.ErrGone) {
		return nil, err
	}
	tries := pintries.Open(filepath.Join(state, pinTriesName), log)
	chip := &lateChip{open: open, chip: first}
	r := newStaffReader(chip, site, revoked, tries, log)
	r.answers = chip.Answers
	return r, nil
}

// pinTriesName is the file of wrong PINs, in the directory of the state.
const pinTriesName = "pin-tries"

// staffReader is the badge reader together with the goroutine that brings it
// newer revocation lists. Close ends both.
type staffReader struct {
	*badgereader.Reader
	answers func(context.Context) error // returns once the chip has
	cancel  context.CancelFunc
	done    chan struct{}
}

func newStaffReader(chip badgereader.PCD, site *badge.Site, revoked *revocations.List, tries badgereader.Tries,
	log *slog.Logger) *staffReader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &staffReader{Reader: badgereader.New(chip, site, tries, log), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		revoked.Follow(ctx, func(list *badge.RevocationList) {
			next := *site
			next.Revoked = list
			r.SetSite(&next)
		})
	}()
	return r
}

// Close implements io.Closer.
func (r *staffReader) Close() error {
	r.cancel()
	<-r.done
	return r.Reader.Close()
}

// openChip opens the reader's chip together with its port.
func openChip(ctx context.Context, path string, board *periphboard.Board) (badgereader.PCD, error) {
	port, err := spidev.Open(path)
	if err != nil {
		return nil, err
	}
	chip, err := mfrc522.Open(ctx, port, mfrc522.Config{Interrupt: board.ReaderInterrupt, Reset: board.ReaderReset})
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return &portedChip{chip, port}, nil
}

// portedChip closes its port too.
type portedChip struct {
	*mfrc522.Chip
	port io.Closer
}

// Close implements io.Closer.
func (c *portedChip) Close() error { return errors.Join(c.Chip.Close(), c.port.Close()) }

// lateChip is a chip that may not be there yet: each poll begins with the
// field, and there it is opened.
type lateChip struct {
	open  func(context.Context) (badgereader.PCD, error)
	chip  badgereader.PCD // nil until it answered
	polls atomic.Int64    // that it answered
}

// Answers returns once the chip has answered from now on. Somebody polls it.
func (c *lateChip) Answers(ctx context.Context) error {
	for before := c.polls.Load(); c.polls.Load() == before; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for badge reader: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// Field implements badge.PCD.
func (c *lateChip) Field(ctx context.Context, on bool) error {
	if c.chip == nil {
		chip, err := c.open(ctx)
		if err != nil {
			return err
		}
		c.chip = chip
	}
	err := c.chip.Field(ctx, on)
	if err == nil {
		c.polls.Add(1)
	}
	return err
}

// Transceive implements badge.PCD.
func (c *lateChip) Transceive(ctx context.Context, f badge.Frame) (badge.Answer, error) {
	if c.chip == nil {
		return badge.Answer{}, fmt.Errorf("send to badge: %w", hw.ErrGone)
	}
	return c.chip.Transceive(ctx, f)
}

// Close implements io.Closer.
func (c *lateChip) Close() error {
	if c.chip == nil {
		return nil
	}
	return c.chip.Close()
}

// badgeSite reads what badges are judged with. sealed is the site's key where
// it came sealed to this kiosk, "" where it is in a file; state is where the
// last revocation list was copied to. It writes nothing.
func badgeSite(c *config.Badge, sealed, state string, log *slog.Logger) (*badge.Site, *revocations.List, error) {
	key, err := siteKey(c.SiteKeyFile, sealed)
	if err != nil {
		return nil, nil, err
	}
	issuer, err := readIssuer(c.IssuerFile)
	if err != nil {
		return nil, nil, err
	}
	revoked, err := revocations.Open(revocations.Config{File: c.RevocationsFile, Dir: state, Issuer: issuer, Organisation: c.Organisation, Log: log})
	if err != nil {
		return nil, nil, err
	}
	site := &badge.Site{Organisation: c.Organisation, AID: badge.AID(c.Application), Key: key, Issuer: issuer, Revoked: revoked.InForce()}
	return site, revoked, nil
}

func siteKey(file, sealed string) (badge.Key, error) {
	if sealed != "" {
		return badge.ParseKey(sealed)
	}
	text, err := ownfile.Read(file, 64, ownfile.Secret)
	if err != nil {
		return badge.Key{}, fmt.Errorf("read site key: %w", err)
	}
	defer clear(text)
	key, err := badge.ParseKey(strings.TrimSpace(string(text)))
	if err != nil {
		return badge.Key{}, fmt.Errorf("read site key %q: %w", file, err)
	}
	return key, nil
}

// readIssuer reads an Ed25519 public key in PEM.
func readIssuer(name string) (ed25519.PublicKey, error) {
	text, err := ownfile.Read(name, badge.MaxIssuer, ownfile.Unwritten)
	if err != nil {
		return nil, fmt.Errorf("read issuer's public key: %w", err)
	}
	key, err := badge.ParseIssuer(text)
	if err != nil {
		return nil, fmt.Errorf("read issuer's public key %q: %w", name, err)
	}
	return key, nil
}
