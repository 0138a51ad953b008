package trust_test

import (
	"errors"
	"os"
	"regexp"
	"testing"
	"time"

	"guichet.example/provisioning/trust"
)

// The time is the highest of three, each of which can be the one that tells
// that a stick is over.
func TestTime(t *testing.T) {
	m := newMaker(t)
	m.publish("timestamp")
	stick := m.stick() // counts until two months after today
	for _, c := range []struct {
		name               string
		built, last, clock time.Time
		want               trust.Code
	}{
		{"a clock that stands at 1970", built, time.Time{}, time.Unix(0, 0), ""},
		{"the clock is late", built, time.Time{}, today.AddDate(0, 3, 0), trust.Freeze},
		{"the program is newer than the stick", today.AddDate(0, 3, 0), time.Time{}, time.Unix(0, 0), trust.Freeze},
		{"the last stick was made later", built, today.AddDate(0, 3, 0), time.Unix(0, 0), trust.Freeze},
		{"all before", built, today, today.AddDate(0, 1, 0), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKiosk(t)
			if !c.last.IsZero() {
				before := newMaker(t)
				before.made = c.last
				for _, r := range []string{"timestamp", "snapshot", "targets"} {
					before.roles[r].expires = c.last.AddDate(0, 6, 0)
				}
				before.write("targets", "snapshot", "timestamp")
				k.clock = c.last
				k.accept(before.stick())
			}
			v, err := trust.Check(t.Context(), trust.Request{Repository: stick, Kiosk: k.id, Trusted: k.trusted, Built: c.built, Clock: c.clock})
			var r *trust.Refusal
			if c.want == "" && (err != nil || v == nil) {
				t.Error(err)
			} else if c.want != "" && (!errors.As(err, &r) || r.Code != c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// A wrong clock leaves nothing behind: the sticks after it are judged by the
// right time again.
func TestWrongClockIsNotRemembered(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	k.clock = today.AddDate(0, 1, 20)
	k.accept(m.stick())
	k.clock = today.AddDate(30, 0, 0)
	k.refuse(m.stick(), trust.Expired)
	k.clock = today
	k.accept(m.stick())
}

// A kiosk that was away for years catches up with every root in between.
func TestManyRootsBehind(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	k.accept(m.stick())
	for i := range 300 { // go-tuf's updater ends without an error at 256
		before := m.roles["root"].keys
		m.roles["root"].keys = []int{100 + i%100}
		m.roles["root"].sigs = append([]int{100 + i%100}, before...)
		m.roles["root"].expires = built.AddDate(0, 0, 1) // only the last has to count
		m.publish("root")
	}
	m.roles["root"].expires = today.AddDate(1, 0, 0)
	m.publish("root")
	m.roles["timestamp"].keys, m.roles["timestamp"].sigs = []int{80}, []int{80}
	m.publish("root", "timestamp")
	k.accept(m.stick())
	if m.roles["root"].version != 303 {
		t.Error(m.roles["root"].version)
	}
	// One missing in the middle ends the way, and the newer keys are not known.
	s := m.stick()
	delete(s, "metadata/150.root.json")
	newKiosk(t).refuse(s, trust.Expired)
}

// A thief of the site's key takes versions far ahead. The root key gets the
// kiosks back, and without it nobody does.
func TestFastForwardRecovery(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	k.accept(m.stick())
	thief := *m.roles["timestamp"]
	for range 3 { // as far as one stick may go, three times
		for _, r := range []string{"targets", "snapshot", "timestamp"} {
			m.roles[r].version += 9_999
		}
		m.publish("targets", "snapshot", "timestamp")
		k.accept(m.stick())
	}
	for _, r := range []string{"targets", "snapshot", "timestamp"} {
		m.roles[r].version = 1
	}
	m.publish("targets", "snapshot", "timestamp")
	k.refuse(m.stick(), trust.Rollback)
	for _, r := range []string{"targets", "snapshot", "timestamp"} {
		m.roles[r].keys, m.roles[r].sigs = []int{90}, []int{90}
	}
	m.publish("root", "targets", "snapshot", "timestamp")
	k.accept(m.stick())
	// The thief's key counts no more.
	m.roles["timestamp"].sigs = thief.sigs
	m.publish("timestamp")
	k.refuse(m.stick(), trust.Unsigned)
}

// A thief of the site's key dates a stick as far ahead as kiosks let pass, so
// that for them every honest stick is over. The root key sets them right.
func TestDateRecovery(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	k.accept(m.stick())
	four, far := []string{"root", "targets", "snapshot", "timestamp"}, today.AddDate(4, 11, 0)
	m.made = far
	for _, r := range four[1:] {
		m.roles[r].expires = far.AddDate(1, 0, 0)
	}
	m.publish(four[1:]...)
	k.accept(m.stick())
	m.made = today
	for _, r := range four[1:] {
		m.roles[r].expires = today.AddDate(0, 2, 0)
	}
	m.publish(four[1:]...)
	k.refuse(m.stick(), trust.Freeze)
	for _, r := range four[1:] {
		m.roles[r].keys, m.roles[r].sigs = []int{90}, []int{90}
	}
	m.publish(four...)
	k.accept(m.stick())
}

// docs/tuf.md lists every code.
func TestCodesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/tuf.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (G-TUF-[A-Z]+) \|`).FindAllStringSubmatch(string(page), -1)
	if len(rows) != len(trust.Codes()) {
		t.Errorf("%d codes there, %d here", len(rows), len(trust.Codes()))
	}
	for i, c := range trust.Codes() {
		if i < len(rows) && rows[i][1] != string(c) {
			t.Errorf("%s there, %s here", rows[i][1], c)
		}
	}
}
