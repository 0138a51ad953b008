package picc

import (
	"bytes"
	"testing"
)

// EV1's secure messaging has no published vectors. These are exchanges with
// real cards, as put on the net by the author of a door lock of 2016 ("DESFire
// EV1 Communication Examples").

func traced(t *testing.T, rndB, key string) *DESFire {
	t.Helper()
	k := Key{Value: [16]byte(unhex(t, key)), Version: 0x10}
	d, err := NewDESFire(Content{Generation: EV1, UID: make([]byte, 7), Rand: bytes.NewReader(unhex(t, rndB)),
		Applications: []Application{{AID: AID{0x16, 0xAE, 0x00}, Settings: 0x0F, Keys: []Key{k, {}}}}})
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, d, "5A 16AE00", "00")
	return d
}

func exchange(t *testing.T, d *DESFire, command, want string) {
	t.Helper()
	got, _ := d.Exchange(unhex(t, command))
	wantHex(t, "the answer to "+command[:2], got, want)
}

// upTo is the bytes from one to another.
func upTo(from, to byte) string {
	const digits = "0123456789ABCDEF"
	var s []byte
	for b := from; b <= to; b++ {
		s = append(s, digits[b>>4], digits[b&15])
	}
	return string(s)
}

func TestEV1Files(t *testing.T) {
	d := traced(t, "626FFBD45CAF334ACCA45599304F5B17", "10182028303840485058606870788088")
	exchange(t, d, "AA 00", "AF B351CB2465D4F33AC627FD6E87A168F2")
	exchange(t, d, "AF 044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0",
		"00 A2EE144B1012FBEB7B2F11132D95A454")
	exchange(t, d, "CD 05001100500000", "00 A75316AD1596B953")
	exchange(t, d, "6F", "00 05 2D5FF67FFEC9D2D3")
	exchange(t, d, "F5 05", "00 00001100500000 2AAC7517024E09DC")
	exchange(t, d, "3D 05000000340000"+upTo(0x00, 0x33), "00 765C9DAA50ECB62F")
	exchange(t, d, "3D 053400001C0000"+upTo(0x34, 0x4F), "00 3E0AED986B8B0F37")
	exchange(t, d, "BD 05000000300000", "00"+upTo(0x00, 0x2F)+"4C65F1F842262BAC")
	exchange(t, d, "BD 05300000200000", "00"+upTo(0x30, 0x4F)+"F02205CF913C03C9")
	exchange(t, d, "DF 05", "00 1BEF0D32B6D1D7F9")
}

func TestEV1ChangesItsOwnKey(t *testing.T) {
	d := traced(t, "C05DDD714FD788A6B7B754F3C4D066E8", "00000000000000000000000000000000")
	exchange(t, d, "AA 00", "AF B969FDFE56FD91FC9DE6F6F213B8FD1E")
	exchange(t, d, "AF 36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774",
		"00 800DB680BC146BD121D6578F2D2E2059")
	exchange(t, d, "C4 00 E9F85E219496C2B58C1090DC3935FAE9E840CF61B383D9531946256B1F110C10", "00")
	k := d.Applications()[0].Keys[0]
	wantHex(t, "the key", k.Value[:], "00102030405060708090A0B0B0A09080")
	if k.Version != 0x10 || d.session != nil {
		t.Error("the version was not taken, or the session goes on")
	}
}

func TestEV1ChangesAnotherKey(t *testing.T) {
	d := traced(t, "00", "00000000000000000000000000000000")
	s := &ev1{iv: make([]byte, 16)}
	copy(s.k[:], unhex(t, "C2A1E47BD8100044FE6D00A74D7AB17C"))
	d.session = s
	exchange(t, d, "C4 01 E7ECCB6BD1CA64BC161A12B1C024F714303374 08C8A87EACAB7A1FF18951FCA3", "00 2128D3CD9C9ACFFF")
	k := d.Applications()[0].Keys[1]
	wantHex(t, "the key", k.Value[:], "00102030405060708090A0B0B0A09080")
}
