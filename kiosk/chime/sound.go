package chime

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	rate     = 48000 // samples a second; every card takes it
	duration = 780 * time.Millisecond
	peak     = 0.35 // of full scale: heard in a hall, not startling
	attack   = 12 * time.Millisecond
	release  = 60 * time.Millisecond // of the whole, so that it ends without a click
)

// tone is one stroke of the bell.
type tone struct {
	hertz  float64
	begins time.Duration
	decay  time.Duration // to 37 %
}

// The strokes are a falling major third, E5 to C5. Both lie between 500 and
// 1000 Hz, where ears that no longer hear high tones still do.
func strokes() []tone {
	return []tone{
		{hertz: 659.26, begins: 0, decay: 200 * time.Millisecond},
		{hertz: 523.25, begins: 260 * time.Millisecond, decay: 240 * time.Millisecond},
	}
}

// synthesise returns the chime, each sample within ±peak.
func synthesise() []float64 {
	samples := make([]float64, int(duration.Seconds()*rate))
	for _, t := range strokes() {
		for i := range samples {
			at := float64(i)/rate - t.begins.Seconds()
			samples[i] += t.at(at)
		}
	}
	loudest := 0.0
	for i, s := range samples {
		left := float64(len(samples)-1-i) / rate
		samples[i] = s * min(1, left/release.Seconds())
		loudest = max(loudest, math.Abs(samples[i]))
	}
	for i := range samples {
		samples[i] *= peak / loudest
	}
	return samples
}

// at is the tone's value some seconds after its stroke: a sine with a quiet
// octave above, raised softly and fading.
func (t tone) at(seconds float64) float64 {
	if seconds < 0 {
		return 0
	}
	phase := 2 * math.Pi * t.hertz * seconds
	rise := min(1, seconds/attack.Seconds())
	return rise * math.Exp(-seconds/t.decay.Seconds()) * (math.Sin(phase) + 0.15*math.Sin(2*phase))
}

// encode gives signed 16-bit little-endian samples.
func encode(samples []float64) []byte {
	b := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(s*math.MaxInt16))))
	}
	return b
}
