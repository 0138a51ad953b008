package picc

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	v, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantHex(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if !bytes.Equal(got, unhex(t, want)) {
		t.Errorf("%s is %X, want %s", what, got, want)
	}
}

// TestCMAC has the examples of RFC 4493, section 4.
func TestCMAC(t *testing.T) {
	k := [16]byte(unhex(t, "2b7e151628aed2a6abf7158809cf4f3c"))
	m := unhex(t, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"+
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
	k1, k2 := subkeys(k)
	wantHex(t, "K1", k1[:], "fbeed618357133667c85e08f7236a8de")
	wantHex(t, "K2", k2[:], "f7ddac306ae266ccf90bc11ee46d513b")
	for n, want := range map[int]string{
		0:  "bb1d6929e95937287fa37d129b756746",
		16: "070a16b46b4d4144f79bdd9dd04a287c",
		40: "dfa66747de9ae63030ca32611497c827",
		64: "51f0bebf7e3b9d92fc49741779363cfe",
	} {
		got := cmac(k, m[:n])
		wantHex(t, "CMAC", got[:], want)
	}
}

// TestDiversify has the example of AN10922 for AES-128, and the trap: an input
// that fits one block is padded to two.
func TestDiversify(t *testing.T) {
	k := [16]byte(unhex(t, "00112233445566778899AABBCCDDEEFF"))
	got, err := Diversify(k, unhex(t, "04782E21801D80 3042F5 4E585020416275"))
	if err != nil {
		t.Fatal(err)
	}
	wantHex(t, "the diversified key", got[:], "A8DD63A3B89D54B37CA802473FDA9175")

	short := unhex(t, "04782E21801D80")
	got, err = Diversify(k, short)
	if err != nil {
		t.Fatal(err)
	}
	if got == cmac(k, append([]byte{1}, short...)) {
		t.Error("a short input is not padded to two blocks")
	}
	full, err := Diversify(k, make([]byte, 31))
	if err != nil || full != cmac(k, append([]byte{1}, make([]byte, 31)...)) {
		t.Errorf("31 bytes fill two blocks and are plain CMAC: %v", err)
	}
	for _, n := range []int{0, 32} {
		if _, err := Diversify(k, make([]byte, n)); err == nil {
			t.Errorf("%d bytes were taken", n)
		}
	}
}

// TestEV2Vectors has the examples of AN12196 (NTAG 424 DNA, which shares EV2's
// secure messaging with DESFire).
func TestEV2Vectors(t *testing.T) {
	rndB := unhex(t, "B9E2FC789B64BF237CCCAA20EC7E6E48")
	rndA := unhex(t, "13C5DB8A5930439FC3DEF9A4C675360F")
	s := newEV2(0, [16]byte{}, rndA, rndB, [4]byte(unhex(t, "9D00C4DF")))
	wantHex(t, "SesAuthENCKey", s.enc[:], "1309C877509E5A215007FF0ED19CA564")
	wantHex(t, "SesAuthMACKey", s.mac[:], "4C6626F5E72EA694202139295C7A7FC7")

	s.ctr = 1 // ChangeFileSettings
	wantHex(t, "the IV of a command", s.ivec(0xA5, 0x5A), "3E27082AB2ACC1EF55C57547934E9962")
	plain, st := s.open(request{ins: 0x5F, header: []byte{2}, mode: Full,
		body: unhex(t, "61B6D97903566E84C3AE5274467E89EA D799B7C1A0EF7A04")})
	if st != OperationOK {
		t.Fatalf("status %02X", byte(st))
	}
	wantHex(t, "the command", plain, "4000E0C1F121200000430000430000")
	wantHex(t, "the answer", s.seal(OperationOK, nil, Full), "57BFF87B1241E93D")

	// GetCardUID: the one answer with data.
	s = &ev2{ti: [4]byte(unhex(t, "DF055522")), enc: [16]byte(unhex(t, "2B4D963C014DC36F24F69A50A394F875")),
		mac: [16]byte(unhex(t, "379D32130CE61705DD5FD8C36B95D764"))}
	if _, st := s.open(request{ins: 0x51, mode: Full, body: unhex(t, "8E2C155ADDA99BE3")}); st != OperationOK {
		t.Fatalf("GetCardUID: status %02X", byte(st))
	}
	wantHex(t, "the IV of an answer", s.ivec(0x5A, 0xA5), "7F6BB0B278EA054CBD238C5D9E9E342B")
	wantHex(t, "the UID", s.seal(OperationOK, unhex(t, "04958CAA5C5E80"), Full),
		"70756055688505B52A5E26E59E329CD6 595F672298EA41B7")
}

// TestEV2Handshakes are both of AN12196, with key 0 and with key 3, as a card
// answers them: the challenge, and the proof with TI.
func TestEV2Handshakes(t *testing.T) {
	for _, c := range []struct{ first, rndB, ti, challenge, token, answer string }{
		{"71 00 00", "B9E2FC789B64BF237CCCAA20EC7E6E48", "9D00C4DF", "A04C124213C186F22399D33AC2A30215",
			"35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D",
			"3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663"},
		{"71 03 00", "91517975190DCEA6104948EFA3085C1B", "7614281A", "B875CEB0E66A6C5CD00898DC371F92D1",
			"FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B1",
			"0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A"},
	} {
		d, err := NewDESFire(Content{UID: make([]byte, 7), Rand: bytes.NewReader(unhex(t, c.rndB+c.ti)),
			Applications: []Application{{AID: AID{1}, Settings: 0x0F, Keys: make([]Key, 5)}}})
		if err != nil {
			t.Fatal(err)
		}
		exchange(t, d, "5A 010000", "00")
		exchange(t, d, c.first, "AF"+c.challenge)
		exchange(t, d, "AF"+c.token, "00"+c.answer)
	}
}

// TestEV2ChangeKeyVectors changes keys as AN12196 does: another key than that
// of the session, then the session's own.
func TestEV2ChangeKeyVectors(t *testing.T) {
	s := &ev2{ti: [4]byte(unhex(t, "7614281A")), ctr: 2, enc: [16]byte(unhex(t, "4CF3CB41A22583A61E89B158D252FC53")),
		mac: [16]byte(unhex(t, "5529860B2FC5FB6154B7F28361D30BF9"))}
	d, err := NewDESFire(Content{UID: make([]byte, 7), Applications: []Application{
		{AID: AID{1}, Settings: 0x0F, Keys: make([]Key, 5)}}})
	if err != nil {
		t.Fatal(err)
	}
	d.selected, d.session = d.apps[0], s
	change := func(field string) ([]byte, Status) { return d.command(cmdChangeKey, unhex(t, field)) }

	out, st := change("02 2CF362B7BF4311FF3BE1DAA295E8C68DE09050560D19B9E16C2393AE9CD1FAC7 5D0CE20BCD1D06E6")
	if st != OperationOK {
		t.Fatalf("another key: status %02X", byte(st))
	}
	wantHex(t, "the answer", out, "203BB55D1089D587")
	wantHex(t, "key 2", d.apps[0].Keys[2].Value[:], "F3847D627727ED3BC9C4CC050489B966")
	if d.apps[0].Keys[2].Version != 1 {
		t.Error("the version was not taken")
	}

	out, st = change("00 C0EB4DEEFEDDF0B513A03A95A75491818580503190D4D05053FF75668A01D6FD A6610234BDED6432")
	if st != OperationOK || len(out) != 0 || d.session != nil {
		t.Fatalf("own key: status %02X, %X", byte(st), out)
	}
	wantHex(t, "key 0", d.apps[0].Keys[0].Value[:], "5004BF991F408672B1EF00F08F9E8647")
}

// TestEV2RefusesForgery is the vector with one bit turned over anywhere.
func TestEV2RefusesForgery(t *testing.T) {
	body := unhex(t, "61B6D97903566E84C3AE5274467E89EA D799B7C1A0EF7A04")
	for i := range 8 * len(body) {
		s := newEV2(0, [16]byte{}, unhex(t, "13C5DB8A5930439FC3DEF9A4C675360F"),
			unhex(t, "B9E2FC789B64BF237CCCAA20EC7E6E48"), [4]byte(unhex(t, "9D00C4DF")))
		s.ctr = 1
		bad := append([]byte(nil), body...)
		bad[i/8] ^= 1 << (i % 8)
		if _, st := s.open(request{ins: 0x5F, header: []byte{2}, body: bad, mode: Full}); st != IntegrityError {
			t.Fatalf("bit %d turned over: status %02X", i, byte(st))
		}
	}
}

// TestCRCA has the frames of ISO/IEC 14443-3 and -4 that everybody knows.
func TestCRCA(t *testing.T) {
	wantHex(t, "HLTA", CRCA([]byte{0x50, 0x00}), "500057CD")
	wantHex(t, "RATS", CRCA([]byte{0xE0, 0x50}), "E050BCA5")
	wantHex(t, "the empty frame", CRCA([]byte{0x00, 0x00}), "0000A01E") // annex B
	wantHex(t, "annex B", CRCA([]byte{0x12, 0x34}), "123426CF")
}
