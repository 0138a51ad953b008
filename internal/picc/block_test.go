package picc

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestChaining echoes commands of any length through frames of any size.
func TestChaining(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newReader(t, newPICC(t, Config{UID: make([]byte, 7), Processor: &echo{}}))
		r.activate()
		for range 3 {
			command := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "command")
			if got := r.apdu(command); !bytes.Equal(got, command) {
				rt.Fatalf("%X came back as %X", command, got)
			}
		}
	})
}

// TestFSD keeps to the frames that the PCD can receive, and does not when told.
func TestFSD(t *testing.T) {
	for fsdi, fsd := range []int{16, 24, 32, 40, 48, 64, 96, 128, 256} {
		r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{long: 400}}))
		_, _ = r.short(0x52)
		r.choose()
		if _, ok := r.framed(0xE0, byte(fsdi)<<4); !ok {
			t.Fatal("no ATS")
		}
		r.now += time.Millisecond
		got, ok := r.framed(0x02, 0x00)
		if !ok || len(got)+2 != fsd || got[0] != 0x12 {
			t.Errorf("FSDI %d: a frame of %d bytes, PCB %02X", fsdi, len(got)+2, got[0])
		}
	}
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{long: 400}, IgnoreFSD: true}))
	r.activate()
	if got, ok := r.framed(0x02, 0x00); !ok || len(got) != 401 {
		t.Errorf("a card that ignores FSD sent %d bytes", len(got))
	}
}

func TestFSC(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}}))
	r.activate()
	if _, ok := r.framed(append([]byte{0x02}, make([]byte, 62)...)...); ok {
		t.Error("a frame of 65 bytes was taken, FSC is 64")
	}
	if _, ok := r.framed(append([]byte{0x02}, make([]byte, 61)...)...); !ok {
		t.Error("a frame of 64 bytes was not taken")
	}
}

// TestFSCLie promises frames of 256 bytes and takes 32.
func TestFSCLie(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}, FSC: 32,
		ATS: []byte{0x05, 0x78, 0x77, 0x81, 0x02}}))
	r.activate()
	if _, ok := r.framed(append([]byte{0x02}, make([]byte, 30)...)...); ok {
		t.Error("a frame of 33 bytes was taken")
	}
	if _, ok := r.framed(append([]byte{0x02}, make([]byte, 29)...)...); !ok {
		t.Error("a frame of 32 bytes was not taken")
	}
}

// TestRetransmission is rules 11 to 13 of ISO/IEC 14443-4.
func TestRetransmission(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}}))
	r.activate()
	if got, _ := r.framed(0xB2); !bytes.Equal(got, []byte{0xA3}) {
		t.Errorf("R(NAK) 0 before any block: %X, want R(ACK) 1", got)
	}
	first, _ := r.framed(0x02, 0x11)
	again, _ := r.framed(0xB2)
	if !bytes.Equal(first, []byte{0x02, 0x11}) || !bytes.Equal(again, first) {
		t.Errorf("R(NAK) of the number in hand: %X, was %X", again, first)
	}
	if got, _ := r.framed(0xB3); !bytes.Equal(got, []byte{0xA2}) {
		t.Errorf("R(NAK) of the next number: %X, want R(ACK) 0", got)
	}
	if got, _ := r.framed(0x03, 0x22); !bytes.Equal(got, []byte{0x03, 0x22}) {
		t.Errorf("after that: %X", got)
	}
	bad := CRCA([]byte{0x02, 0x33})
	bad[2] ^= 1
	if _, ok := r.raw(Encode(bad, 0)); ok {
		t.Error("a block with a wrong CRC_A was answered")
	}
}

func TestWTX(t *testing.T) {
	e := &echo{takes: 300 * time.Millisecond} // FWT is 77.3 ms
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: e}))
	r.activate()
	begin := r.now
	if got := r.apdu([]byte{1, 2, 3}); !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("got %X", got)
	}
	if took := r.now - begin; took < 300*time.Millisecond || took > 400*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	e.takes = 0
	got, _ := r.framed(0x03, 0x00)
	if got[0] != 0x03 {
		t.Errorf("a quick answer asks for time: %X", got)
	}
}

// TestWTXWanted asks for time without need, and takes only the right answer.
func TestWTXWanted(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}, WTX: 2}))
	r.activate()
	got, _ := r.framed(0x02, 0x77)
	if got[0] != 0xF2 || got[1] < 1 || got[1] > 59 {
		t.Fatalf("want S(WTX): %X", got)
	}
	if _, ok := r.framed(0xF2, got[1]+1); ok {
		t.Error("another multiplier was taken")
	}
	if again, _ := r.framed(0xB2); !bytes.Equal(again, got) {
		t.Errorf("S(WTX) is not sent again: %X", again)
	}
	if second, _ := r.framed(0xF2, got[1]); second[0] != 0xF2 {
		t.Fatalf("want a second S(WTX): %X", second)
	}
	if last, _ := r.framed(0xF2, got[1]); !bytes.Equal(last, []byte{0x02, 0x77}) {
		t.Errorf("want the answer: %X", last)
	}
}

func TestWTXForEver(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}, WTX: -1}))
	r.activate()
	got, _ := r.framed(0x02, 0x77)
	for range 200 {
		if got[0] != 0xF2 {
			t.Fatalf("it ended: %X", got)
		}
		got, _ = r.framed(0xF2, got[1])
	}
}

func TestCID(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}}))
	_, _ = r.short(0x52)
	r.choose()
	_, _ = r.framed(0xE0, 0x53)
	r.now += time.Millisecond
	if got, _ := r.framed(0x0A, 0x03, 0x99); !bytes.Equal(got, []byte{0x0A, 0x03, 0x99}) {
		t.Errorf("its CID: %X", got)
	}
	if _, ok := r.framed(0x0A, 0x04, 0x99); ok {
		t.Error("a block for another card was answered")
	}
	if _, ok := r.framed(0x02, 0x99); ok {
		t.Error("a block for the card of CID 0 was answered")
	}
}

func TestPPS(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}}))
	r.activate()
	if got, _ := r.framed(0xD0, 0x11, 0x00); !bytes.Equal(got, []byte{0xD0}) {
		t.Errorf("PPS for 106 kbit/s: %X", got)
	}
	if _, ok := r.framed(0xD0, 0x11, 0x00); ok {
		t.Error("a second PPS was answered")
	}
}

func TestGuardTime(t *testing.T) {
	r := newReader(t, newPICC(t, Config{UID: make([]byte, 4), Processor: &echo{}}))
	_, _ = r.short(0x52)
	r.choose()
	_, _ = r.framed(0xE0, 0x50)
	if _, ok := r.framed(0x02, 0x01); ok {
		t.Error("a block within the start-up frame guard time (0.6 ms) was heard")
	}
	if _, ok := r.framed(0x02, 0x01); !ok {
		t.Error("a block after it was not")
	}
}

// FuzzFrames sends anything to a card in the protocol and out of it.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0x52, 0x93, 0x20}, uint8(7))
	f.Add([]byte{0x02, 0x90, 0x60, 0x00, 0x00, 0x00}, uint8(0))
	f.Add([]byte{0x12, 0x5A}, uint8(0))
	f.Add([]byte{0xF2, 0x01}, uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, last uint8) {
		key := Key{}
		card, err := NewCard(Content{UID: make([]byte, 7), MasterKey: &key})
		if err != nil {
			t.Fatal(err)
		}
		r := newReader(t, card)
		r.raw(Encode(data, int(last)))
		r.framed(data...)
		r.on()
		r.activate()
		r.raw(Encode(data, int(last)))
		r.framed(data...)
		for len(data) > 3 {
			n := 1 + int(data[0])%len(data)
			r.framed(append([]byte{pcbI | r.block}, data[:n]...)...)
			r.block ^= 1
			data = data[n:]
		}
		if _, sak := func() ([]byte, byte) { r.on(); r.short(0x52); return r.choose() }(); sak != 0x20 {
			t.Error("the card is dead after the field came anew")
		}
	})
}
