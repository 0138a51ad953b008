package badge

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// RFC 4493, section 4; the same as NIST SP 800-38B, D.1.
func TestCMAC(t *testing.T) {
	key := keyOf(t, "2b7e1516 28aed2a6 abf71588 09cf4f3c")
	message := unhex(t, `6bc1bee2 2e409f96 e93d7e11 7393172a ae2d8a57 1e03ac9c 9eb76fac 45af8e51
		30c81c46 a35ce411 e5fbc119 1a0a52ef f69f2445 df4f9b17 ad2b417b e66c3710`)
	for n, want := range map[int]string{
		0:  "bb1d6929 e9593728 7fa37d12 9b756746",
		16: "070a16b4 6b4d4144 f79bdd9d d04a287c",
		20: "7d85449e a6ea19c8 23a7bf78 837dfade",
		40: "dfa66747 de9ae630 30ca3261 1497c827",
		64: "51f0bebf 7e3b9d92 fc497417 79363cfe",
	} {
		if got := cmac(key, message[:n]); !bytes.Equal(got[:], unhex(t, want)) {
			t.Errorf("%d bytes: %x", n, got)
		}
	}
	k1, k2 := subkeys(key.cipher())
	if !bytes.Equal(k1[:], unhex(t, "fbeed618 35713366 7c85e08f 7236a8de")) ||
		!bytes.Equal(k2[:], unhex(t, "f7ddac30 6ae266cc f90bc11e e46d513b")) {
		t.Errorf("subkeys %x %x", k1, k2)
	}
}

// NXP AN10922 rev. 2.2, table 2: UID, AID and system identifier.
func TestDiversifyPublished(t *testing.T) {
	got, err := Diversify(keyOf(t, "00112233445566778899AABBCCDDEEFF"), unhex(t, "04782E21801D80 3042F5 4E585020416275"))
	if err != nil || got != *keyOf(t, "A8DD63A3B89D54B37CA802473FDA9175") {
		t.Errorf("%x %v", got[:], err)
	}
}

// The rule for short inputs, with values made by another program: two blocks
// also where plain CMAC would take one.
func TestDiversifyPadding(t *testing.T) {
	master := keyOf(t, "00112233445566778899AABBCCDDEEFF")
	for n, want := range map[int]string{
		1:  "281049D52ECBC8F60961993D34DE3D54",
		7:  "E8B7F67C78C34AF1446E331EF7E6D3FF",
		15: "5A3C7F6F0687F24F82DEE7EDA0970D08",
		16: "FEED9FBD36CDB16819A72D30BCF9240B",
		31: "21C28CD89BB3147F66C7DBD4851CAB20",
	} {
		m := make([]byte, n)
		for i := range m {
			m[i] = byte(i)
		}
		got, err := Diversify(master, m)
		if err != nil || got != *keyOf(t, want) {
			t.Errorf("%d bytes: %x %v", n, got[:], err)
		}
		plain := cmac(master, append([]byte{1}, m...))
		if same := plain == aesBlock(got); same != (n > 15) {
			t.Errorf("%d bytes: equal to plain CMAC: %v", n, same)
		}
	}
	for _, n := range []int{0, 32} {
		if _, err := Diversify(master, make([]byte, n)); err == nil {
			t.Errorf("%d bytes were diversified", n)
		}
	}
}

func TestKeysOfPurposesDiffer(t *testing.T) {
	master := keyOf(t, "00112233445566778899AABBCCDDEEFF")
	uid, aid := unhex(t, "04782E21801D80"), AID{1, 2, 3}
	site := SiteKey(master, "a")
	read, _ := readKey(&site, uid, aid)
	otherCard, _ := readKey(&site, unhex(t, "04782E21801D81"), aid)
	otherApp, _ := readKey(&site, uid, AID{1, 2, 4})
	admin := AdminKey(master, "a")
	write, _ := writeKey(&admin, uid, aid)
	seen := map[Key]bool{*master: true}
	for i, k := range []Key{site, SiteKey(master, "b"), admin, read, otherCard, otherApp, write, identifyKey(&site, aid), identifyKey(&site, AID{1})} {
		if seen[k] {
			t.Errorf("key %d is not its own", i)
		}
		seen[k] = true
	}
	if again := SiteKey(master, "a"); again != site {
		t.Error("site key is not the same twice")
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	k := *keyOf(t, "00112233445566778899AABBCCDDEEFF")
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%X", "%s", "%d", "%q"} {
		for _, value := range []any{k, &k, Site{Key: k}} {
			if got := fmt.Sprintf(verb, value); bytes.Contains(bytes.ToLower([]byte(got)), []byte("ddee")) || bytes.Contains([]byte(got), []byte("221")) {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
	for _, bad := range []string{"", "00", "00112233445566778899AABBCCDDEEFG", "00112233445566778899AABBCCDDEEFF0"} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
}

func TestClear(t *testing.T) {
	k := *keyOf(t, "00112233445566778899AABBCCDDEEFF")
	k.Clear()
	if k != (Key{}) {
		t.Error("key survives Clear")
	}
}

func TestPadding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 80).Draw(t, "data")
		padded := pad80(data)
		if len(padded)%16 != 0 || len(padded) <= len(data) || len(padded) > len(data)+16 {
			t.Fatalf("%d bytes padded to %d", len(data), len(padded))
		}
		back, err := unpad80(padded)
		if err != nil || !bytes.Equal(back, data) {
			t.Fatalf("%x %v", back, err)
		}
	})
	for _, bad := range []string{
		"00000000000000000000000000000000",
		"80000000000000000000000000000001",
		"80000000000000000000000000000000 00000000000000000000000000000000",
		"",
	} {
		if got, err := unpad80(unhex(t, bad)); err == nil {
			t.Errorf("%s unpads to %x", bad, got)
		}
	}
}
