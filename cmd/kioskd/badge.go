package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/badgereader"
	"guichet.example/hw/mfrc522"
	"guichet.example/hw/periphboard"
	"guichet.example/hw/spidev"
	"guichet.example/kiosk/config"
)

// openBadges opens the badge reader; nil without one. A chip that does not
// answer is tried again as long as the kiosk serves: whoever needs no helper
// needs no reader.
func openBadges(ctx context.Context, c *config.Badge, board *periphboard.Board, log *slog.Logger) (*badgereader.Reader, error) {
	if c == nil {
		return nil, nil
	}
	site, err := badgeSite(c)
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (badgereader.PCD, error) { return openChip(ctx, c.SPI, board) }
	first, err := open(ctx)
	if err != nil && !errors.Is(err, hw.ErrGone) {
		return nil, err
	}
	return badgereader.New(&lateChip{open: open, chip: first}, site, log), nil
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
	open func(context.Context) (badgereader.PCD, error)
	chip badgereader.PCD // nil until it answered
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
	return c.chip.Field(ctx, on)
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

// badgeSite reads what badges are judged with.
func badgeSite(c *config.Badge) (*badge.Site, error) {
	text, err := readGuarded(c.SiteKeyFile, 64, 0o077)
	if err != nil {
		return nil, fmt.Errorf("read site key: %w", err)
	}
	defer clear(text)
	key, err := badge.ParseKey(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("read site key %q: %w", c.SiteKeyFile, err)
	}
	issuer, err := readIssuer(c.IssuerFile)
	if err != nil {
		return nil, err
	}
	site := &badge.Site{Organisation: c.Organisation, AID: badge.AID(c.Application), Key: key, Issuer: issuer}
	if c.RevocationsFile == "" {
		return site, nil
	}
	list, err := readGuarded(c.RevocationsFile, maxRevocations, 0o022)
	if err == nil {
		site.Revoked, err = badge.OpenRevocations(list, issuer, c.Organisation, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("read revocations %q: %w", c.RevocationsFile, err)
	}
	return site, nil
}

// maxRevocations is the size of the longest list, in bytes, and some.
const maxRevocations = 8*badge.MaxRevoked + 1024

// readIssuer reads an Ed25519 public key in PEM, as "openssl pkey -pubout"
// writes it.
func readIssuer(name string) (ed25519.PublicKey, error) {
	text, err := readGuarded(name, 4096, 0o022)
	if err != nil {
		return nil, fmt.Errorf("read issuer's public key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, fmt.Errorf("read issuer's public key %q: not one key in PEM, as openssl pkey -pubout writes it", name)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read issuer's public key %q: %w", name, err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("read issuer's public key %q: not an Ed25519 key", name)
	}
	return public, nil
}

// readGuarded reads a file of at most limit bytes that is this user's and has
// none of the forbidden permissions.
func readGuarded(name string, limit int64, forbidden fs.FileMode) (_ []byte, err error) {
	// NONBLOCK: a pipe in its place would be waited for.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("open %q: it is a symbolic link: name the file itself", name)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("open %q: not a regular file", name)
	case !ok || int(stat.Uid) != os.Geteuid():
		return nil, fmt.Errorf("open %q: it belongs to somebody else: chown root %s", name, name)
	case mode.Perm()&forbidden != 0:
		return nil, fmt.Errorf("open %q: its mode is %04o, others can use it: chmod %04o %s", name, mode.Perm(), 0o600&^forbidden, name)
	case info.Size() > limit:
		return nil, fmt.Errorf("open %q: it has %d bytes, at most %d", name, info.Size(), limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
