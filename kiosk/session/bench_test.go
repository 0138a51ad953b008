package session

import "testing"

// BenchmarkStep is one touch of a person at work: a tick and an event.
func BenchmarkStep(b *testing.B) {
	m, _ := walk(toActive, DefaultLimits(), ReleaseInForce)
	now := m.now
	b.ReportAllocs()
	for b.Loop() {
		now++
		m, _ = m.Step(Tick{now})
		m, _ = m.Step(Touched{})
	}
}
