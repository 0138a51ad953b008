package badgereader_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"guichet.example/hw"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
)

// drawFault is something that a card, or who stands between it and the reader,
// can do to one frame.
func drawFault(t *rapid.T) picc.Fault {
	size := rapid.IntRange(0, 400).Draw(t, "size")
	lie := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "lie")
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		return picc.Oversize(size, true)
	case 1:
		return picc.Oversize(size, false)
	case 2:
		return picc.Truncate(size)
	case 3:
		return picc.FlipAnswer(size)
	case 4:
		return picc.Late(time.Duration(size) * time.Millisecond)
	case 5: // more time, please
		return picc.Rewrite(func([]byte) []byte { return []byte{0xF2, byte(size)} })
	case 6: // another answer to the right block
		return picc.Rewrite(func(data []byte) []byte { return append(data[:min(1, len(data)):1], lie...) })
	default:
		return picc.Rewrite(func([]byte) []byte { return lie })
	}
}

// TestHostileFrames: whatever a card does to any of its frames, on driver, chip
// and all, nobody gets another role, the reader is not gone, and the next badge
// is read.
func TestHostileFrames(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const cycle = 41
		faults := map[int]picc.Fault{}
		for range rapid.IntRange(1, 8).Draw(rt, "faults") {
			faults[rapid.IntRange(0, cycle-1).Draw(rt, "frame")] = drawFault(rt)
		}
		again := rapid.Bool().Draw(rt, "again and again")
		var err error
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, mfrc522sim.Config{RealTime: true})
			r := d.open(t, mfrc522.Config{Interrupt: d.sim.IRQ()})
			var fault picc.Fault
			hostile := &picc.Faulty{Card: d.cards[hw.RoleHelper], Where: func(n int, _ []byte) bool {
				if again {
					n %= cycle
				}
				fault = faults[n]
				return fault != nil
			}, Fault: func(at time.Duration, sent picc.Frame, exchange func(picc.Frame) (picc.Reply, bool)) (picc.Reply, bool) {
				return fault(at, sent, exchange)
			}}
			d.sim.Place(hostile)
			if err = until(t, r, hw.RoleTechnician); !errors.Is(err, context.DeadlineExceeded) {
				err = errors.Join(errors.New("with the hostile card"), err)
				return
			}
			d.sim.Remove(hostile)
			d.lay(d.cards[hw.RoleTechnician])
			err = until(t, r, hw.RoleTechnician)
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// until returns nil once a badge with the role came.
func until(t *testing.T, r hw.BadgeReader, role hw.Role) error {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		b, err := r.Next(ctx)
		if err != nil || b.Role == role {
			return err
		}
	}
}
