package demosite

import (
	"crypto/rand"
	"sync"
	"time"
)

// table keeps values under keys nobody can guess, at most limit of them and
// none longer than life after its last use. Values are copied in and out.
type table[V any] struct {
	limit int
	life  time.Duration

	mu   sync.Mutex
	rows map[string]row[V]
}

type row[V any] struct {
	value V
	used  time.Time
}

func newTable[V any](limit int, life time.Duration) *table[V] {
	return &table[V]{limit: limit, life: life, rows: map[string]row[V]{}}
}

// add keeps a value and returns its key. A full table gives up the row that
// was used the longest ago.
func (t *table[V]) add(v V) string {
	key := rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) >= t.limit {
		t.dropOldest()
	}
	t.rows[key] = row[V]{v, time.Now()}
	return key
}

func (t *table[V]) dropOldest() {
	var oldest string
	var since time.Time
	for key, r := range t.rows {
		if oldest == "" || r.used.Before(since) {
			oldest, since = key, r.used
		}
	}
	delete(t.rows, oldest)
}

// get returns the value and counts as a use.
func (t *table[V]) get(key string) (V, bool) {
	return t.change(key, func(*V) {})
}

// change lets f alter the value and returns the result; it counts as a use.
func (t *table[V]) change(key string, f func(*V)) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.live(key)
	if !ok {
		var none V
		return none, false
	}
	f(&r.value)
	r.used = time.Now()
	t.rows[key] = r
	return r.value, true
}

// take returns the value and forgets it.
func (t *table[V]) take(key string) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.live(key)
	delete(t.rows, key)
	return r.value, ok
}

// live returns a row that is not too old.
func (t *table[V]) live(key string) (row[V], bool) {
	r, ok := t.rows[key]
	if !ok || time.Since(r.used) >= t.life {
		delete(t.rows, key)
		return row[V]{}, false
	}
	return r, true
}

// sweep deletes every row that is too old.
func (t *table[V]) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range t.rows {
		t.live(key)
	}
}

func (t *table[V]) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.rows)
}
