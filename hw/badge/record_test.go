package badge

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/hw"
	"pgregory.net/rapid"
)

// signer is a key made of nothing: the same in every run.
func signer() (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	return private.Public().(ed25519.PublicKey), private
}

var (
	testUID = []byte{4, 0x78, 0x2E, 0x21, 0x80, 0x1D, 0x80}
	testAID = AID{0x51, 0x47, 0xF5}
)

func anyRecord(t *rapid.T) Record {
	return Record{
		Role:         rapid.SampledFrom([]hw.Role{hw.RoleHelper, hw.RoleTechnician}).Draw(t, "role"),
		Organisation: rapid.Uint32().Draw(t, "organisation"),
		Serial:       rapid.Uint64().Draw(t, "serial"),
		NotAfter:     Day(rapid.Uint16().Draw(t, "not after")),
		PIN:          anyVerifier(t),
	}
}

// anyVerifier is none half of the time.
func anyVerifier(t *rapid.T) (v Verifier) {
	if rapid.Bool().Draw(t, "with PIN") {
		copy(v[:], rapid.SliceOfN(rapid.Byte(), len(v), len(v)).Draw(t, "verifier"))
	}
	return v
}

func TestRecord(t *testing.T) {
	public, private := signer()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord(t)
		data, err := SignRecord(r, testUID, testAID, private)
		size := map[bool]int{false: RecordSize, true: PINRecordSize}[r.PIN.Set()]
		if err != nil || len(data) != size || size > 160 {
			t.Fatalf("%d bytes, %v", len(data), err)
		}
		if got, err := OpenRecord(data, testUID, testAID, public); err != nil || got != r {
			t.Fatalf("%+v became %+v: %v", r, got, err)
		}
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		data[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if got, err := OpenRecord(data, testUID, testAID, public); !errors.Is(err, ErrRefused) || got != (Record{}) {
			t.Fatalf("with byte %d changed: %+v %v", at, got, err)
		}
	})
}

// A record is bound to its card and its application.
func TestRecordElsewhere(t *testing.T) {
	public, private := signer()
	data, err := SignRecord(Record{Role: hw.RoleHelper}, testUID, testAID, private)
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := ed25519.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	for name, err := range map[string]error{
		"other card":        second(OpenRecord(data, []byte{1, 2, 3, 4}, testAID, public)),
		"other application": second(OpenRecord(data, testUID, AID{1}, public)),
		"other issuer":      second(OpenRecord(data, testUID, testAID, other)),
		"no issuer":         second(OpenRecord(data, testUID, testAID, nil)),
		"nothing":           second(OpenRecord(nil, testUID, testAID, public)),
		"short":             second(OpenRecord(data[:RecordSize-1], testUID, testAID, public)),
		"long":              second(OpenRecord(append(data, 0), testUID, testAID, public)),
	} {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// What the organisation signed by mistake does not count either.
func TestRecordNonsense(t *testing.T) {
	public, private := signer()
	for _, head := range []string{"00 01", "03 01", "01 00", "01 03", "02 01", "02 00 PIN"} {
		head, withPIN := strings.CutSuffix(head, " PIN")
		data := append(unhex(t, head), make([]byte, recordHead-2)...)
		if data[0] == pinRecordVersion { // an empty verifier, or one
			data = append(data, make([]byte, len(Verifier{}))...)
			if withPIN {
				data[recordHead] = 1
			}
		}
		data = append(data, ed25519.Sign(private, recordMessage(data, testUID, testAID))...)
		if _, err := OpenRecord(data, testUID, testAID, public); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", head, err)
		}
	}
	if _, err := SignRecord(Record{Role: hw.RoleNone}, testUID, testAID, private); err == nil {
		t.Error("a record without a role was signed")
	}
}

func TestDay(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	for text, want := range map[string]Day{
		"1970-01-01": 0, "2026-11-22": 20779, "2149-06-06": 65535,
	} {
		d, err := ParseDay(text)
		if err != nil || d != want || d.String() != text {
			t.Errorf("%s: %d %v %v", text, d, d, err)
		}
	}
	for _, bad := range []string{"", "22/11/2026", "2026-02-30", "2149-06-07", "1969-12-31", "2026-1-1"} {
		if d, err := ParseDay(bad); err == nil {
			t.Errorf("%q is %v", bad, d)
		}
	}
	// Half past midnight in France is the day there, not the one in Greenwich.
	if d := DayOf(time.Date(2026, 11, 22, 0, 30, 0, 0, paris)); d.String() != "2026-11-22" {
		t.Error(d)
	}
	if DayOf(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)) != 0 || DayOf(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)) != 65535 {
		t.Error("days out of range wrap")
	}
}

func TestJudge(t *testing.T) {
	public, private := signer()
	day := func(d Day) time.Time { return time.Unix(int64(d)*86400+3600, 0).UTC() }
	data, err := SignRevocations(RevocationHead{Organisation: 7, Sequence: 3, Issued: 100, Expires: 130}, []uint64{13, 14}, private)
	if err != nil {
		t.Fatal(err)
	}
	list, err := OpenRevocations(data, public, 7, 3)
	if err != nil {
		t.Fatal(err)
	}
	record := func(role hw.Role, serial uint64, notAfter Day) Record {
		return Record{Role: role, Organisation: 7, Serial: serial, NotAfter: notAfter}
	}
	helper, technician := hw.RoleHelper, hw.RoleTechnician
	for name, c := range map[string]struct {
		r    Record
		list *RevocationList
		now  Day
		want hw.Role
	}{
		"helper":                         {record(helper, 1, 200), list, 110, helper},
		"technician":                     {record(technician, 1, 200), list, 110, technician},
		"last day":                       {record(helper, 1, 110), list, 110, helper},
		"day after":                      {record(helper, 1, 110), list, 111, hw.RoleNone},
		"revoked":                        {record(helper, 13, 200), list, 110, hw.RoleNone},
		"technician revoked":             {record(technician, 14, 200), list, 110, hw.RoleNone},
		"no list yet":                    {record(helper, 13, 200), nil, 110, helper},
		"no list yet, expired":           {record(helper, 1, 109), nil, 110, hw.RoleNone},
		"last day of the list":           {record(helper, 1, 200), list, 130, helper},
		"list expired":                   {record(helper, 1, 200), list, 131, hw.RoleNone},
		"list expired, technician":       {record(technician, 1, 200), list, 131, technician},
		"list expired, revoked":          {record(technician, 13, 200), list, 131, hw.RoleNone},
		"clock back, expired by list":    {record(helper, 1, 99), list, 50, hw.RoleNone},
		"clock back":                     {record(helper, 1, 100), list, 50, helper},
		"other organisation":             {Record{Role: helper, Organisation: 8, Serial: 1, NotAfter: 200}, list, 110, hw.RoleNone},
		"list of another organisation":   {record(helper, 1, 200), &RevocationList{RevocationHead: RevocationHead{Organisation: 8, Expires: 200}}, 110, hw.RoleNone},
		"no role, whoever made this one": {record(hw.RoleNone, 1, 200), list, 110, hw.RoleNone},
	} {
		s := &Site{Organisation: 7, Revoked: c.list}
		if got := s.Judge(c.r, day(c.now)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzRecord(f *testing.F) {
	public, private := signer()
	data, _ := SignRecord(Record{Role: hw.RoleHelper, Serial: 1}, testUID, testAID, private)
	withPIN, _ := SignRecord(Record{Role: hw.RoleHelper, Serial: 1, PIN: Verifier{1}}, testUID, testAID, private)
	f.Add(data)
	f.Add(withPIN)
	f.Add([]byte(strings.Repeat("\x00", RecordSize)))
	f.Fuzz(func(t *testing.T, got []byte) {
		r, err := OpenRecord(got, testUID, testAID, public)
		if (err == nil) != (bytes.Equal(got, data) || bytes.Equal(got, withPIN)) {
			t.Errorf("%+v %v", r, err)
		}
	})
}
