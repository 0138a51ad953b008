package fleet

import (
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guichet.example/provisioning"
)

// Period is that of a site which sets none.
const Period = provisioning.DefaultInterval

func TestWaits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chance, failures := rapid.Uint32().Draw(t, "chance"), rapid.IntRange(-2, 1<<40).Draw(t, "failures")
		if d := First(Period, chance); d < 0 || d >= Period*3/2 {
			t.Fatalf("first after %v", d)
		}
		d := Wait(Period, failures, chance)
		mean := time.Duration(min(float64(Period)*math.Pow(2, float64(max(failures, 0))), float64(longest)))
		if d < mean/2 || d >= mean*3/2 {
			t.Fatalf("%v of %v after %d failures", d, mean, failures)
		}
		if d < Wait(Period, 0, chance) {
			t.Fatalf("failures make it ask more often: %v", d)
		}
	})
	for _, c := range []struct {
		chance uint32
		want   time.Duration
	}{{0, Period / 2}, {1 << 31, Period}, {math.MaxUint32, Period * 3 / 2}} {
		if d := Wait(Period, 0, c.chance); d-c.want > time.Microsecond || c.want-d > time.Microsecond {
			t.Errorf("%d: %v, want %v", c.chance, d, c.want)
		}
	}
}

func kiosk(n int) provisioning.KioskID { return provisioning.KioskIDOf(fmt.Sprint("age1", n)) }

func TestIncluded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := provisioning.KioskID("k-" + rapid.StringMatching(`[a-z2-7]{16}`).Draw(t, "id"))
		in := false
		for percent := -5; percent <= 105; percent++ {
			now := Included(id, percent)
			if in && !now {
				t.Fatalf("%s is out again at %d %%", id, percent)
			}
			if percent <= 0 && now || percent >= 100 && !now {
				t.Fatalf("%s at %d %%: %v", id, percent, now)
			}
			in = now
		}
	})
}

// TestIncludedIsUniform counts 100 000 kiosks at each percentage: 5 standard
// deviations at most from what chance alone gives.
func TestIncludedIsUniform(t *testing.T) {
	const kiosks = 100_000
	var in [101]int
	for n := range kiosks {
		id := kiosk(n)
		low, high := 0, 100 // monotone, so the first percentage is found by halving
		for low < high {
			if mid := (low + high) / 2; Included(id, mid) {
				high = mid
			} else {
				low = mid + 1
			}
		}
		in[low]++
	}
	all := 0
	for percent, n := range in {
		all += n
		p := float64(percent) / 100
		if off := math.Abs(float64(all) - kiosks*p); off > 5*math.Sqrt(kiosks*p*(1-p)) {
			t.Errorf("%d %%: %d of %d", percent, all, kiosks)
		}
	}
}

// TestIncludedStays holds the answers for some kiosks: another version of the
// program must not draw others.
func TestIncludedStays(t *testing.T) {
	var got strings.Builder
	for n := range 60 {
		if Included(kiosk(n), 25) {
			fmt.Fprint(&got, n, " ")
		}
	}
	if want := "2 4 6 9 10 14 17 20 23 24 25 31 33 34 36 37 38 39 43 45 48 51 "; got.String() != want {
		t.Errorf("%q", got.String())
	}
}

// TestLoad simulates the day of the package comment.
func TestLoad(t *testing.T) {
	const day, down, up = 24 * 3600, 10 * 3600, 12 * 3600 // seconds
	for _, kiosks := range []int{1_000, 10_000, 100_000} {
		r := mathrand.New(mathrand.NewPCG(1, uint64(kiosks)))
		var asked [day]int
		for range kiosks {
			failures := 0
			for at := First(Period, r.Uint32()); at < day*time.Second; {
				second := int(at / time.Second)
				asked[second]++
				if second >= down && second < up {
					failures++
				} else {
					failures = 0
				}
				at += Wait(Period, failures, r.Uint32())
			}
		}
		mean := float64(kiosks) / Period.Seconds()
		total, firstHour := sum(asked[:]), sum(asked[:3600])
		busiest, back, minute := slices.Max(asked[:]), slices.Max(asked[up:up+4*3600]), 0
		for at := 0; at < day; at += 60 {
			minute = max(minute, sum(asked[at:at+60]))
		}
		t.Logf("%d kiosks: %.1f a second should be, %.1f are; busiest second %d (%.1f times that), busiest minute %.1f a second; "+
			"in the four hours after the outage %d at most", kiosks, mean, float64(total)/day, busiest, float64(busiest)/mean, float64(minute)/60, back)
		if float64(total)/day > mean*1.02 {
			t.Errorf("%d kiosks ask %.2f times a second", kiosks, float64(total)/day)
		}
		if off := math.Abs(float64(firstHour) - 3600*mean); off > 5*math.Sqrt(3600*mean) {
			t.Errorf("%d kiosks ask %d times in the first hour, not %.0f", kiosks, firstHour, 3600*mean)
		}
		if limit := mean + 6*math.Sqrt(mean) + 5; float64(busiest) > limit {
			t.Errorf("%d kiosks ask %d times in one second, more than chance: %.0f", kiosks, busiest, limit)
		}
	}
}

func sum(counts []int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}
