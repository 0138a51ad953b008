package control

import (
	"sync"
	"time"
)

// Event is one line of GET /api/events.
type Event struct {
	Seq   int    `json:"-"`     // 1, 2, 3 …; the id of the server-sent event
	MS    int64  `json:"ms"`    // monotonic milliseconds since the log was made
	Event string `json:"event"` // "film", "blank", "session", "wipe", …
	Value string `json:"value"` // "" where the event says it all
}

// Log keeps the last events and hands them to any number of readers. Add
// never waits for a reader: one that is too slow misses events, and can tell
// by the numbers. Its methods may be called from any goroutine.
type Log struct {
	start time.Time

	mu   sync.Mutex
	ring []Event // event n is at (n-1) mod len
	last int     // number of the newest event, 0 before the first
	more chan struct{}
}

// NewLog returns a log that keeps the last keep events (at least one) and
// counts milliseconds from now.
func NewLog(keep int) *Log {
	return &Log{start: time.Now(), ring: make([]Event, max(keep, 1)), more: make(chan struct{})}
}

// Add appends an event. The value is a word of a closed list, a number or a
// host name; nothing that a person typed or read may go into it.
func (l *Log) Add(event, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The time is taken under the lock, so that it never runs backwards
	// between two lines.
	e := Event{Seq: l.last + 1, MS: time.Since(l.start).Milliseconds(), Event: event, Value: value}
	l.ring[l.last%len(l.ring)] = e
	l.last++
	close(l.more)
	l.more = make(chan struct{})
}

// Events returns the kept events after the one numbered since, oldest first,
// and a channel that is closed when there are more. With 0, or with a number
// not given out yet (a client that knew an earlier run), it returns all.
func (l *Log) Events(since int) ([]Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if since < 0 || since > l.last {
		since = 0
	}
	since = max(since, l.last-len(l.ring))
	events := make([]Event, 0, l.last-since)
	for n := since; n < l.last; n++ {
		events = append(events, l.ring[n%len(l.ring)])
	}
	return events, l.more
}
