package picc

import (
	"bytes"
	"testing"
	"time"
)

// answerTo wakes a card with a fault around it and returns what comes.
func answerTo(t *testing.T, f Fault, where func(int, []byte) bool) (Frame, bool) {
	t.Helper()
	r := newReader(t, &Faulty{Card: newPICC(t, Config{UID: []byte{1, 2, 3, 4}}), Fault: f, Where: where})
	return r.raw(Encode([]byte{0x26}, 7))
}

func TestFaults(t *testing.T) {
	good, ok := answerTo(t, LoseAnswer(), Nth(1)) // not this one
	if !ok || len(good) != 18 {
		t.Fatalf("ATQA of %d bits", len(good))
	}
	for name, f := range map[string]Fault{"LoseAnswer": LoseAnswer(), "LoseSent": LoseSent(), "FlipSent": FlipSent(3)} {
		if _, ok := answerTo(t, f, nil); ok {
			t.Errorf("%s: an answer came", name)
		}
	}
	if got, _ := answerTo(t, FlipAnswer(4), nil); !got.Decode(0).ParityErr {
		t.Error("FlipAnswer: no parity error")
	}
	if got, _ := answerTo(t, Truncate(5), nil); len(got) != 5 {
		t.Errorf("Truncate left %d bits", len(got))
	}
	if got, _ := answerTo(t, Oversize(300, false), nil); len(got) != 9*302 {
		t.Errorf("Oversize made %d bits", len(got))
	}
	late := &Faulty{Card: newPICC(t, Config{UID: []byte{1, 2, 3, 4}}), Fault: Late(time.Second)}
	late.Power(0, true)
	if r, _ := late.Receive(time.Second, Encode([]byte{0x26}, 7)); r.Delay < time.Second {
		t.Errorf("Late: %v", r.Delay)
	}
}

// TestLies changes what a card says of lengths, with parity and CRC_A right.
func TestLies(t *testing.T) {
	_, card := badge(t, Content{})
	liar := &Faulty{Card: card, Where: Blocks, Fault: Rewrite(func(d []byte) []byte { return d[:2] })}
	r := activated(t, liar)
	if got, ok := r.framed(0x02, 0x60); !ok || len(got) != 2 {
		t.Errorf("got %X", got)
	}
	tl := newPICC(t, Config{UID: make([]byte, 4), ATS: []byte{0xFF, 0x78, 0x77}, Processor: &echo{}})
	r = newReader(t, tl)
	r.activate()
	if got, ok := r.framed(0x02, 0x42); !ok || !bytes.Equal(got, []byte{0x02, 0x42}) {
		t.Errorf("a card with an ATS that lies answers %X", got)
	}
}

func TestLeaving(t *testing.T) {
	p := newPICC(t, Config{UID: []byte{1, 2, 3, 4}})
	g := Leaving(p, 1, 7)
	r := newReader(t, g)
	if _, ok := r.short(0x26); !ok {
		t.Fatal("it left too early")
	}
	if f, ok := r.raw(Encode([]byte{0x93, 0x20}, 0)); !ok || len(f) != 7 {
		t.Errorf("%d bits of the answer, want 7", len(f))
	}
	r.on()
	if _, ok := r.short(0x52); ok {
		t.Error("it is still there")
	}
	g.Back()
	r.on()
	if _, ok := r.short(0x52); !ok {
		t.Error("it did not come back")
	}
}

// TestReplay plays yesterday's exchange to a reader that authenticates anew:
// what depends on no challenge is answered, the proof of the key is stale.
func TestReplay(t *testing.T) {
	_, card := badge(t, Content{})
	tape := &Recorder{Card: card}
	r := activated(t, tape)
	r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
	if _, s := r.login(cmdAuthenticateEV2First, 1, [16]byte{0x11}); s != OperationOK {
		t.Fatal("the true card was refused")
	}

	r = activated(t, &Replay{Exchanges: tape.Exchanges})
	r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
	challenge, s := r.send(cmdAuthenticateEV2First, 1, 6, 0, 0, 0, 0, 0, 0)
	if s != AdditionalFrame {
		t.Fatalf("status %02X", byte(s))
	}
	k, zero := [16]byte{0x11}, make([]byte, 16)
	rndA := []byte("another sixteen.")
	rndB := cbcDecrypt(k, zero, challenge)
	answer, s := r.send(cmdAdditionalFrame, cbcEncrypt(k, zero, append(append([]byte(nil), rndA...), rotate(rndB)...))...)
	if s != OperationOK {
		t.Fatalf("status %02X: the replay does not even try", byte(s))
	}
	if bytes.Equal(cbcDecrypt(k, zero, answer)[4:20], rotate(rndA)) {
		t.Error("the replay knows the new challenge")
	}
}

// TestClone has the right UID and not the key.
func TestClone(t *testing.T) {
	clone, err := NewCard(Content{UID: unhex(t, "04782E21801D80"), Applications: []Application{
		{AID: AID{0x30, 0x42, 0xF5}, Keys: make([]Key, 3)}}})
	if err != nil {
		t.Fatal(err)
	}
	r := activated(t, clone)
	r.want(OperationOK, cmdSelectApplication, 0x30, 0x42, 0xF5)
	if _, s := r.login(cmdAuthenticateEV2First, 1, [16]byte{0x11}); s != AuthenticationError {
		t.Errorf("status %02X", byte(s))
	}
}
