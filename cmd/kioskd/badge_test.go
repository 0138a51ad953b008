package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/badgereader"
	"guichet.example/hw/periphboard"
	"guichet.example/kiosk/config"
)

const keyDigits = "00112233445566778899aabbccddeeff"

// badgeFiles writes what [badge] names, all of it right.
func badgeFiles(t *testing.T) *config.Badge {
	t.Helper()
	c, _ := issuedFiles(t)
	return c
}

// issuedFiles returns also what the organisation signs with.
func issuedFiles(t *testing.T) (*config.Badge, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	list, err := badge.SignRevocations(badge.RevocationHead{Organisation: 217800016, Issued: 1, Expires: 60000}, []uint64{7}, private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := &config.Badge{SPI: filepath.Join(dir, "no-such-port"), Organisation: 217800016, Application: [3]byte{0x30, 0x42, 0xF5},
		SiteKeyFile: filepath.Join(dir, "site.key"), IssuerFile: filepath.Join(dir, "issuer.pem"),
		RevocationsFile: filepath.Join(dir, "revoked")}
	for name, content := range map[string][]byte{
		c.SiteKeyFile: []byte(keyDigits + "\n"), c.RevocationsFile: list,
		c.IssuerFile: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c, private
}

func TestBadgeSite(t *testing.T) {
	c := badgeFiles(t)
	site, _, err := badgeSite(c, "", t.TempDir(), slog.New(slog.DiscardHandler))
	want, parseErr := badge.ParseKey(keyDigits)
	if err != nil || parseErr != nil || site.Key != want || !site.Revoked.Revoked(7) || site.Revoked.Revoked(8) {
		t.Fatalf("%+v, %v, %v", site, err, parseErr)
	}
	if err := os.Chmod(c.IssuerFile, 0o644); err != nil { // it is public
		t.Fatal(err)
	}
	c.RevocationsFile = ""
	if site, _, err := badgeSite(c, "", t.TempDir(), slog.New(slog.DiscardHandler)); err != nil || site.Revoked != nil {
		t.Errorf("no list: %+v, %v", site, err)
	}
}

func TestBadgeSiteRefuses(t *testing.T) {
	mode := func(name string, m os.FileMode) error { return os.Chmod(name, m) }
	write := func(name, text string) error { return os.WriteFile(name, []byte(text), 0o600) }
	for _, c := range []struct {
		name  string
		spoil func(*config.Badge) error
		says  string
	}{
		{"key for the group", func(c *config.Badge) error { return mode(c.SiteKeyFile, 0o640) }, "chmod 0600"},
		{"key for everybody", func(c *config.Badge) error { return mode(c.SiteKeyFile, 0o604) }, "its mode is 0604"},
		{"key by a link", func(c *config.Badge) error {
			return errors.Join(os.Rename(c.SiteKeyFile, c.SiteKeyFile+"2"), os.Symlink(c.SiteKeyFile+"2", c.SiteKeyFile))
		}, "symbolic link"},
		{"key of somebody else", func(c *config.Badge) error { return os.Chown(c.SiteKeyFile, 65534, 65534) }, "belongs to somebody else"},
		{"key is a directory", func(c *config.Badge) error {
			return errors.Join(os.Remove(c.SiteKeyFile), os.Mkdir(c.SiteKeyFile, 0o700))
		}, "not a regular file"},
		{"no key", func(c *config.Badge) error { return os.Remove(c.SiteKeyFile) }, "no such file"},
		{"short key", func(c *config.Badge) error { return write(c.SiteKeyFile, keyDigits[1:]) }, "32 hexadecimal digits"},
		{"long file", func(c *config.Badge) error { return write(c.SiteKeyFile, strings.Repeat(keyDigits, 9)) }, "at most 64"},
		{"issuer for writing", func(c *config.Badge) error { return mode(c.IssuerFile, 0o664) }, "its mode is 0664"},
		{"issuer in another form", func(c *config.Badge) error { return write(c.IssuerFile, keyDigits) }, "expected one public key in PEM"},
		{"issuer cut off", func(c *config.Badge) error {
			return write(c.IssuerFile, "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n")
		}, "read issuer's public key"},
		{"list for writing", func(c *config.Badge) error { return mode(c.RevocationsFile, 0o666) }, "chmod 0600"},
		{"list of another organisation", func(c *config.Badge) error { c.Organisation++; return nil }, "of another organisation"},
		{"no list", func(c *config.Badge) error { return os.Remove(c.RevocationsFile) }, "no such file"},
		{"list cut off", func(c *config.Badge) error { return os.Truncate(c.RevocationsFile, 90) }, "read revocations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := badgeFiles(t)
			if strings.HasSuffix(c.name, "somebody else") && os.Geteuid() != 0 {
				t.Skip("only root gives files away")
			}
			if err := c.spoil(b); err != nil {
				t.Fatal(err)
			}
			_, _, err := badgeSite(b, "", t.TempDir(), slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), keyDigits[1:]) {
				t.Errorf("%v; want %q", err, c.says)
			}
			if r, openErr := openBadges(t.Context(), b, "", t.TempDir(), &periphboard.Board{}, slog.New(slog.DiscardHandler)); openErr == nil || r != nil {
				t.Errorf("opened all the same: %v", openErr)
			}
		})
	}
}

func TestNoPortIsASetupError(t *testing.T) {
	_, err := openBadges(t.Context(), badgeFiles(t), "", t.TempDir(), &periphboard.Board{}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "dtparam=spi=on") {
		t.Error(err)
	}
	if r, err := openBadges(t.Context(), nil, "", "", nil, nil); r != nil || err != nil {
		t.Error("a reader that no file names", r, err)
	}
}

// emptyField is a chip with nothing in its field.
type emptyField struct{ closed int }

func (*emptyField) Field(context.Context, bool) error { return nil }

func (*emptyField) Transceive(context.Context, badge.Frame) (badge.Answer, error) {
	return badge.Answer{}, badge.ErrNoAnswer
}

func (c *emptyField) Close() error { c.closed++; return nil }

// TestLateChip: a reader that is plugged in later is read from then on.
func TestLateChip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		field, there := &emptyField{}, time.Now().Add(10*time.Second)
		r := badgereader.New(&lateChip{open: func(context.Context) (badgereader.PCD, error) {
			if time.Now().Before(there) {
				return nil, hw.ErrGone
			}
			return field, nil
		}}, &badge.Site{}, nil, slog.New(slog.DiscardHandler))
		time.Sleep(5 * time.Second)
		if _, err := r.Next(t.Context()); !errors.Is(err, hw.ErrGone) {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := r.Close(); err != nil || field.closed != 1 {
			t.Error(err, field.closed)
		}
	})
}
