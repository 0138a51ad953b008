package mfrc522

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The timer runs at least for the wait and the answer's first five bits, and
// longer by less than one of its steps; the prescaler is the smallest that has
// room. Computed in fractions, which do not round.
func TestTimingIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wait := rapid.OneOf(
			rapid.Int64Range(1, int64(200*time.Millisecond)),
			rapid.Int64Range(1, int64(maxWait)),
		).Draw(t, "wait")
		got, err := timingFor(time.Duration(wait))
		if err != nil {
			t.Fatal(err)
		}
		if got.prescaler > maxPrescaler {
			t.Fatalf("prescaler %d", got.prescaler)
		}
		asked := big.NewRat(wait*13_560, 1_000_000)
		asked.Add(asked, big.NewRat(640, 1))
		step := 2*int64(got.prescaler) + 1
		runs := big.NewRat(step*(int64(got.reload)+1), 1)
		if runs.Cmp(asked) < 0 {
			t.Fatalf("runs for %v periods, asked %v", runs, asked)
		}
		if over := new(big.Rat).Sub(runs, asked); over.Cmp(big.NewRat(step, 1)) >= 0 {
			t.Fatalf("runs %v periods too long, a step is %d", over, step)
		}
		if smaller := big.NewRat((step-2)*65_536, 1); got.prescaler > 0 && smaller.Cmp(asked) >= 0 {
			t.Fatalf("prescaler %d is larger than need be", got.prescaler)
		}
	})
}

func TestTimingRange(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want timing
		ok   bool
	}{
		{-1, timing{}, false},
		{0, timing{}, false},
		{1, timing{0, 640}, true}, // a part of a period, and the first bits
		{time.Microsecond, timing{0, 653}, true},
		{302 * time.Microsecond, timing{0, 4735}, true},       // FWI 0
		{77_330 * time.Microsecond, timing{8, 61_719}, true},  // FWI 8
		{4_949 * time.Millisecond, timing{512, 65_472}, true}, // FWI 14
		{maxWait, timing{4095, 65_535}, true},
		{maxWait + 1, timing{}, false},
		{1<<63 - 1, timing{}, false},
	} {
		got, err := timingFor(c.wait)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%v: %+v, %v; want %+v", c.wait, got, err, c.want)
		}
	}
	if maxWait < 39*time.Second || maxWait > 40*time.Second {
		t.Errorf("longest wait %v", maxWait)
	}
}

func TestAirTime(t *testing.T) {
	if got := airTime(64); got < 5*time.Millisecond || got > 6*time.Millisecond {
		t.Errorf("64 bytes take %v on air", got)
	}
}
