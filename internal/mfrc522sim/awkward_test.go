package mfrc522sim_test

import (
	"bytes"
	"hash/crc32"
	"testing"
	"time"

	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// TestAwkwardBadges keep to the standards and to nothing else: slow to start,
// slow to answer, with the shortest frames, asking for time before every answer.
// All of them are read, within the 300 ms of the clock that a reading may take.
func TestAwkwardBadges(t *testing.T) {
	for name, c := range map[string]struct {
		config picc.Config
		delays picc.Delays
	}{
		"slow start":      {config: picc.Config{Timing: picc.Timing{Startup: 5 * time.Millisecond}}},
		"slow blocks":     {config: picc.Config{Timing: picc.Timing{Block: 4 * time.Millisecond}}},
		"slow thinking":   {delays: picc.Delays{Command: 35 * time.Millisecond, Messaging: 5 * time.Millisecond}},
		"needs more time": {delays: picc.Delays{Authenticate: 90 * time.Millisecond}},
		"asks for time":   {config: picc.Config{WTX: 1}},
		"short frames":    {config: picc.Config{ATS: []byte{0x05, 0x70, 0x77, 0x81, 0x02}}},
		"long frames":     {config: picc.Config{ATS: []byte{0x05, 0x78, 0x77, 0x81, 0x02}}},
		"no interface":    {config: picc.Config{ATS: []byte{0x02, 0x05}}},
		"no ATS to speak": {config: picc.Config{ATS: []byte{0x01}}},
		"long guard time": {config: picc.Config{ATS: []byte{0x05, 0x75, 0x77, 0x88, 0x02}}},
		"long waiting":    {config: picc.Config{ATS: []byte{0x05, 0x75, 0x77, 0xB1, 0x02}}, delays: picc.Delays{Authenticate: 90 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { awkward(t, c.config, c.delays) })
		})
	}
}

func awkward(t *testing.T, config picc.Config, delays picc.Delays) {
	chip := mfrc522sim.New(mfrc522sim.Config{RealTime: true})
	d := open(t, chip, true)
	desfire, err := picc.NewDESFire(picc.Content{UID: []byte{0x04, 1, 2, 3, 4, 5, 6}, Delays: delays})
	if err != nil {
		t.Fatal(err)
	}
	card, err := desfire.Card(config)
	if err != nil {
		t.Fatal(err)
	}
	chip.Place(card)
	pressed(t, d)
	field(t, d)
	begin := chip.Elapsed()
	role, err := badge.Read(t.Context(), d, site(), &dice{}, noon)
	if role != hw.RoleHelper {
		t.Fatalf("%v, %v", role, err)
	}
	t.Logf("read in %v of the chip's time", (chip.Elapsed() - begin).Round(100*time.Microsecond))
}

// TestEV1Checksums reads EV1 badges whose encrypted UID could be taken for one
// of eight bytes, as that of one card in 256: its CRC begins with zero.
func TestEV1Checksums(t *testing.T) {
	uid := []byte{0x04, 1, 2, 3, 4, 0, 0}
	found := 0
	for n := range 4096 {
		uid[5], uid[6] = byte(n>>8), byte(n)
		if byte(^crc32.ChecksumIEEE(append(bytes.Clone(uid), 0))) != 0 {
			continue
		}
		found++
		bubble(t, func(t *testing.T) {
			chip := mfrc522sim.New(mfrc522sim.Config{})
			d := open(t, chip, true)
			chip.Place(blank(t, picc.Content{UID: uid, Generation: picc.EV1, RandomUID: true}))
			pressed(t, d)
			field(t, d)
			if role, err := badge.Read(t.Context(), d, site(), &dice{}, noon); role != hw.RoleHelper {
				t.Errorf("UID %X: %v, %v", uid, role, err)
			}
		})
	}
	if found < 8 {
		t.Errorf("only %d such UIDs were found", found)
	}
}

// TestEndlessCard asks for time for ever: the reader gives it up.
func TestEndlessCard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		chip := mfrc522sim.New(mfrc522sim.Config{})
		d := open(t, chip, true)
		card, err := picc.New(picc.Config{UID: []byte{0x04, 1, 2, 3, 4, 5, 6}, Processor: mute{}, WTX: -1})
		if err != nil {
			t.Fatal(err)
		}
		chip.Place(card)
		field(t, d)
		begin := chip.Elapsed()
		if role, err := badge.Read(t.Context(), d, site(), &dice{}, noon); role != hw.RoleNone || err == nil {
			t.Errorf("%v, %v", role, err)
		}
		if took := chip.Elapsed() - begin; took > 10*time.Second {
			t.Errorf("it was given up after %v", took)
		}
	})
}

// mute is a processor that says as little as it can.
type mute struct{}

func (mute) Reset() {}

func (mute) Exchange([]byte) ([]byte, time.Duration) { return []byte{0x91, 0x00}, 0 }
