package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
	"guichet.example/kiosk/config"
)

// desk is kioskd's badge reader on an emulated chip, with one helper's badge
// and the files of a box.
type desk struct {
	t       *testing.T
	files   *config.Badge
	state   string
	private ed25519.PrivateKey
	chip    *mfrc522sim.Chip
	card    picc.Card
	log     bytes.Buffer
	reader  *staffReader
}

const helperSerial = 9

func newBadgeDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, state: t.TempDir(), chip: mfrc522sim.New(mfrc522sim.Config{RealTime: true})}
	t.Cleanup(func() { d.chip.Close() })
	d.files, d.private = issuedFiles(t)
	key, err := badge.ParseKey(keyDigits)
	d.must(err)
	d.card, err = picc.NewCard(picc.Content{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	d.must(err)
	press := &badge.Press{AID: badge.AID(d.files.Application), Site: key, Signer: d.private, Random: rand.Reader}
	chip := d.open()
	d.chip.Place(d.card)
	d.must(chip.Field(t.Context(), true))
	d.must(press.Write(t.Context(), chip, badge.Record{Role: hw.RoleHelper, Organisation: d.files.Organisation,
		Serial: helperSerial, NotAfter: 65535}))
	d.chip.Remove(d.card)
	d.must(chip.Close())
	d.must(d.chip.Port().Close())
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) open() *mfrc522.Chip {
	d.t.Helper()
	chip, err := mfrc522.Open(d.t.Context(), d.chip.Port(), mfrc522.Config{Interrupt: d.chip.IRQ()})
	d.must(err)
	return chip
}

// start is kioskd starting, as far as its badges go.
func (d *desk) start() {
	d.t.Helper()
	log := slog.New(slog.NewTextHandler(&d.log, nil))
	site, revoked, err := badgeSite(d.files, "", d.state, log)
	d.must(err)
	d.reader = newStaffReader(d.open(), site, revoked, nil, log)
}

func (d *desk) stop() {
	d.t.Helper()
	d.must(d.reader.Close())
	d.must(d.chip.Port().Close())
}

// bring puts a list in place, and waits until it must have been seen.
func (d *desk) bring(number uint64, revoked ...uint64) {
	d.t.Helper()
	list, err := badge.SignRevocations(badge.RevocationHead{Organisation: d.files.Organisation, Sequence: number, Issued: 1, Expires: 60000}, revoked, d.private)
	d.must(err)
	d.must(os.WriteFile(d.files.RevocationsFile, list, 0o600))
	time.Sleep(11 * time.Second)
}

// tap lays the badge down and takes it away again.
func (d *desk) tap(want hw.Role) {
	d.t.Helper()
	d.chip.Place(d.card)
	ctx, cancel := context.WithTimeout(d.t.Context(), 5*time.Second)
	defer cancel()
	if b, err := d.reader.Next(ctx); err != nil || b != (hw.Badge{Present: true, Role: want}) {
		d.t.Errorf("read %+v, %v; want %v", b, err, want)
	}
	d.chip.Remove(d.card)
	if b, err := d.reader.Next(ctx); err != nil || b.Present {
		d.t.Errorf("taken away: %+v, %v", b, err)
	}
}

// TestRevokedWhileServing brings lists to a kiosk that serves: real files, the
// real driver and cryptography, an emulated chip and card.
func TestRevokedWhileServing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newBadgeDesk(t)
		d.start()
		d.bring(2)
		d.tap(hw.RoleHelper)
		d.bring(3, helperSerial)
		d.tap(hw.RoleNone)
		d.bring(2) // an older list does not bring it back,
		d.tap(hw.RoleNone)
		d.bring(3) // nor one that bears the same number,
		d.tap(hw.RoleNone)
		d.must(os.Truncate(d.files.RevocationsFile, 30)) // nor a broken one,
		time.Sleep(11 * time.Second)
		d.tap(hw.RoleNone)
		d.stop()
		d.bring(2) // nor an older one at the next start.
		d.start()
		d.tap(hw.RoleNone)
		d.bring(4) // The organisation may.
		d.tap(hw.RoleHelper)
		d.stop()
		for _, says := range []string{"number 2 is older than 3", "another list has had the number 3", "not a revocation list"} {
			if !strings.Contains(d.log.String(), says) {
				t.Errorf("the log does not say %q:\n%s", says, &d.log)
			}
		}
	})
}

// TestCheckSaysWhatIsWrongWithTheList: kioskd check fails on what serving
// goes on with.
func TestCheckSaysWhatIsWrongWithTheList(t *testing.T) {
	d := newBadgeDesk(t)
	name := site(t, "# [badge]", "[badge]\norganisation = 217800016\napplication = \"F54230\"\nsite_key_file = \""+d.files.SiteKeyFile+
		"\"\nissuer_file = \""+d.files.IssuerFile+"\"\nrevocations_file = \""+d.files.RevocationsFile+"\"")
	check := func(want int, says string) {
		t.Helper()
		code, stdout, stderr := kioskd(t, "--config", name, "--state", d.state, "check")
		if code != want || !strings.Contains(stdout+stderr, says) {
			t.Errorf("%d, %q, %q; want %d, %q", code, stdout, stderr, want, says)
		}
	}
	check(0, "is right")
	if left, err := os.ReadDir(d.state); err != nil || len(left) > 0 {
		t.Error("check has written", left, err)
	}
	d.start()
	d.stop()
	check(0, "is right")
	d.must(os.Remove(d.files.RevocationsFile))
	check(exitConfig, "no such file")
}
