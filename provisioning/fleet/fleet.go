// Package fleet decides when a kiosk asks its site's server for news, and
// whether a release that is rolled out in stages is for it already. It is pure:
// chance comes in as a number. Programs may import it.
//
// # The load on a server
//
// A kiosk asks once in a period on average, half to one and a half periods after
// the last time; after failures it asks less often and never more. The first
// question after a start comes when it would have come had the kiosk always run,
// so that also in the hour after the power has come back to a whole region N
// kiosks ask N/period times a second, as chance has it. With 30 min:
//
//	kiosks     a second, mean   busiest second of a simulated day
//	  1 000              0.6                                    6
//	 10 000              5.6                                   18
//	100 000             55.6                                   88
//
// The day begins with all kiosks starting in the same second, and has an outage
// of the server of two hours, after which they do not come back in a wave.
//
// What a question moves is measured in cmd/kioskd/renew; docs/fleet.md has both.
package fleet

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"guichet.example/provisioning"
)

// longest is the mean time between two questions when they keep failing, or the
// period where that is longer.
const longest = 8 * time.Hour

// First returns how long after its start a kiosk asks for the first time: 0 to
// one and a half periods, shorter ones more often (the residual time of the
// renewal process that Wait makes, whose rate is then even from the start).
// chance is any number, each as likely as the others.
func First(period time.Duration, chance uint32) time.Duration {
	u := float64(chance) / (1 << 32)
	if u < 0.5 {
		return time.Duration(u * float64(period))
	}
	return time.Duration((1.5 - math.Sqrt(2*(1-u))) * float64(period))
}

// Wait returns how long to wait after a question, when the last failures of
// them got no answer: half to one and a half times the period, which is doubled
// for each failure up to 8 h. Negative failures count as none.
func Wait(period time.Duration, failures int, chance uint32) time.Duration {
	mean := period
	for ; failures > 0 && mean < longest; failures-- {
		mean *= 2
	}
	mean = min(mean, max(longest, period))
	return mean/2 + time.Duration(float64(chance)/(1<<32)*float64(mean))
}

// Included says whether a release that is for percent of all kiosks is for this
// one. It depends on the kiosk's id alone: a kiosk that is in stays in while
// the percentage rises, and the same kiosks are first each time, so that
// somebody can watch them. 0 is nobody, 100 everybody.
func Included(kiosk provisioning.KioskID, percent int) bool {
	sum := sha256.Sum256([]byte("guichet roll-out\n" + kiosk))
	return percent >= 100 || percent > 0 && binary.BigEndian.Uint64(sum[:])%10_000 < uint64(percent)*100
}
