package badge

import (
	"bytes"
	"errors"
	"testing"
)

func TestCommands(t *testing.T) {
	card, script := cardWith(t,
		"905A000003 5147F5 00", "91A0",
		"905A000003 000000 00", "9100",
		"90CA000005 5147F5 0983 00", "9100",
		"90CD000007 01 03 00 20 500000 00", "9100",
		"9060000000", "04010112001A05 91AF",
		"90AF000000", "04010102011A05 91AF",
		"90AF000000", "04782E21801D80BA654321501224 9100",
		"90DA000003 5147F5 00", "919D",
	)
	ctx := t.Context()
	if err := card.SelectApplication(ctx, testAID); !errors.Is(err, StatusApplicationNotFound) || !errors.Is(err, ErrRefused) ||
		err.Error() != "select application: card has no such application" {
		t.Error(err)
	}
	if err := card.SelectApplication(ctx, AID{}); err != nil {
		t.Error(err)
	}
	if err := card.CreateApplication(ctx, testAID, SettingsOwner, 3); err != nil {
		t.Error(err)
	}
	if err := card.CreateStdDataFile(ctx, 1, CommFull, Access{Read: 2}, RecordSize); err != nil {
		t.Error(err)
	}
	v, err := card.GetVersion(ctx)
	if err != nil || v.Major != 0x12 || v.Minor != 0 || v.Storage != 8192 || !bytes.Equal(v.UID, testUID) {
		t.Errorf("%+v %v", v, err)
	}
	if err := card.DeleteApplication(ctx, testAID); !errors.Is(err, StatusPermissionDenied) {
		t.Error(err)
	}
	script.done()
}

// What the caller got wrong is said before anything is sent.
func TestCommandsRefuse(t *testing.T) {
	card, _ := cardWith(t)
	ctx := t.Context()
	for name, err := range map[string]error{
		"no keys":         card.CreateApplication(ctx, testAID, 0, 0),
		"fifteen keys":    card.CreateApplication(ctx, testAID, 0, 15),
		"empty file":      card.CreateStdDataFile(ctx, 1, CommFull, Access{}, 0),
		"huge file":       card.CreateStdDataFile(ctx, 1, CommFull, Access{}, 1<<24),
		"read nothing":    second(card.ReadData(ctx, 1, 0, 0)),
		"read before":     second(card.ReadData(ctx, 1, -1, 1)),
		"read too much":   second(card.ReadData(ctx, 1, 0, 513)),
		"write before":    card.WriteData(ctx, 1, -1, []byte{1}),
		"UID, no session": second(card.GetCardUID(ctx)),
		"key, no session": card.ChangeKey(ctx, 0, 0, &Key{}, &Key{}, 0),
	} {
		if err == nil || errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := &ev2{ctr: 0xFFFF}
	if _, err := s.protect(1, nil, nil, CommMAC); err == nil {
		t.Error("the command counter wraps")
	}
}

func TestStatusTexts(t *testing.T) {
	seen := map[string]bool{}
	for s := range 256 {
		text := Status(s).Error()
		if seen[text] || text == "" {
			t.Errorf("%02x: %q", s, text)
		}
		seen[text] = true
	}
}

func TestParseUID(t *testing.T) {
	for text, want := range map[string]string{
		"04782E21801D80":           "04782E21801D80",
		"01020304":                 "01020304",
		"0102030405060708090A":     "0102030405060708090A",
		"0004 01020304":            "01020304",
		"000A0102030405060708090A": "0102030405060708090A",
		"0005 01020304":            "", "": "", "000A01020304": "", "04782E21801D8000": "",
	} {
		got, err := parseUID(unhex(t, text))
		if !bytes.Equal(got, unhex(t, want)) || (err == nil) != (want != "") {
			t.Errorf("%s: %x %v", text, got, err)
		}
	}
}

// FuzzAnswer gives every reader of DESFire answers anything: the status, both
// messagings, UID and version.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"9100", "91AF", "70756055688505B52A5E26E59E329CD6595F672298EA41B79100", ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		data, _, err := parseAnswer(answer)
		if err != nil || len(data) > maxData { // collect lets no more through
			return
		}
		for _, mode := range []CommMode{CommMAC, CommFull} {
			for _, s := range []session{&ev1{}, &ev2{}} {
				plain, err := s.open(bytes.Clone(data), mode, 7, 4, len(data)/2)
				if err == nil && len(plain) > len(data) || err != nil && !errors.Is(err, ErrRefused) {
					t.Errorf("%x %v", plain, err)
				}
			}
		}
		if uid, err := parseUID(data); err == nil && len(uid) != 4 && len(uid) != 7 && len(uid) != 10 {
			t.Errorf("UID %x", uid)
		}
		if v, err := parseVersion(data); err == nil && v.Storage <= 0 {
			t.Errorf("%+v", v)
		}
	})
}

// FuzzUID gives the anticollision anything.
func FuzzUID(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 4}, 0, 0)
	f.Add([]byte{1, 2}, 0, 10)
	f.Fuzz(func(t *testing.T, data []byte, last, clash int) {
		s := &fuzzed{answer: Answer{Data: data, LastBits: last, Collision: clash}}
		part, clashed, err := anticollision(t.Context(), s, 0)
		if err == nil && !part.valid() || s.frames > uidBits+1 || err == nil && clashed && s.frames < 2 {
			t.Errorf("%x %v after %d frames", part, clashed, s.frames)
		}
	})
}
