package session

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"guichet.example/hw"
)

var update = flag.Bool("update", false, "write doc.go anew from the machine")

const docHead = `// Package session is the kiosk's state machine: who may see what, when a
// session ends, and what must happen before the next person. It is pure: Step
// takes a value and an event and returns a value and effects as data. Time
// enters as Tick events. package kiosk owns the one Machine of a box, feeds it
// and carries its effects out; everything pure and package kiosk may import it.
//
// The machine never sees a badge's identifier, an address or anything typed,
// so it cannot leak them.
//
// # The table
//
// Made from the machine by exploring every reachable state ("go test
// ./kiosk/session -run Table -update"). A cell names the states that the event
// can lead to; = stays, perhaps with effects; a number means that the event
// makes no sense there, for the reason given below.
//
`

// TestTableIsTrue compares the table in the package comment with the machine.
func TestTableIsTrue(t *testing.T) {
	want := docHead + table(t) + "package session\n"
	if *update {
		if err := os.WriteFile("doc.go", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Error("doc.go does not say what the machine does; run: go test ./kiosk/session -run Table -update")
	}
}

type cell struct {
	states  map[State]bool
	stays   bool
	reasons map[string]bool
}

func table(t *testing.T) string {
	r := reached()
	if r.err != nil {
		t.Fatal(r.err)
	}
	return render(r.cells)
}

// tabulate adds one transition.
func tabulate(cells map[string]map[State]*cell, from, to State, e Event, effects []Effect) {
	row := cells[label(e)]
	if row == nil {
		row = map[State]*cell{}
		cells[label(e)] = row
	}
	c := row[from]
	if c == nil {
		c = &cell{states: map[State]bool{}, reasons: map[string]bool{}}
		row[from] = c
	}
	c.add(from, to, effects)
}

func (c *cell) add(from, to State, effects []Effect) {
	if len(effects) == 1 {
		if i, ok := effects[0].(Ignored); ok {
			c.reasons[i.Why] = true
			return
		}
	}
	if from == to {
		c.stays = true
		return
	}
	c.states[to] = true
}

func label(e Event) string {
	name := reflect.TypeOf(e).Name()
	switch e := e.(type) {
	case FilmSensed:
		return name + " " + e.Film.String()
	case BadgeArrived:
		if e.Role == hw.RoleNone {
			return name + " other"
		}
		name += " " + e.Role.String()
		if e.Stick {
			name += ", stick"
		}
		switch {
		case e.Wait > 0:
			return name + ", waits"
		case e.PIN:
			return name + ", PIN"
		}
		return name
	case PINChecked:
		switch {
		case e.Right:
			return name + " right"
		case e.Wait > 0:
			return name + " wrong, waits"
		}
		return name + " wrong"
	case Choose:
		return name + map[bool]string{true: " helper's"}[e.Procedure.Helper]
	case Installed:
		return fmt.Sprintf("%s %v", name, map[bool]string{true: "well", false: "badly"}[e.Good])
	case Tested:
		return fmt.Sprintf("%s %v", name, map[bool]string{true: "well", false: "badly"}[e.Good])
	case Wiped:
		return fmt.Sprintf("%s %v", name, map[bool]string{true: "verified", false: "failed"}[e.Verified])
	case Agreed:
		return fmt.Sprintf("%s %v", name, map[bool]string{true: "yes", false: "no"}[e.Accept])
	default:
		return name
	}
}

var short = map[State]string{Wiping: "Wipe", OutOfService: "OutOf", Unprovisioned: "Unprov", Idle: "Idle",
	Active: "Active", Warning: "Warn", PIN: "PIN", Consent: "Consent", Masking: "Mask", Assisted: "Assist", Maintenance: "Maint"}

func render(cells map[string]map[State]*cell) string {
	var why []string
	number := func(reason string) string {
		i := slices.Index(why, reason)
		if i < 0 {
			i, why = len(why), append(why, reason)
		}
		return strconv.Itoa(i + 1)
	}
	var b strings.Builder
	line := func(name string, text func(State) string) {
		fmt.Fprintf(&b, "//\t%-32s", name)
		for s := Wiping; s <= Maintenance; s++ {
			fmt.Fprintf(&b, "| %-21s", text(s))
		}
		trimmed := strings.TrimRight(b.String(), " ") + "\n"
		b.Reset()
		b.WriteString(trimmed)
	}
	line("", func(s State) string { return short[s] })
	var done []string
	for _, e := range alphabet(0) {
		name := label(e)
		if slices.Contains(done, name) {
			continue
		}
		done = append(done, name)
		line(name, func(s State) string { return cells[name][s].text(number) })
	}
	b.WriteString("//\n")
	for i, reason := range why {
		fmt.Fprintf(&b, "//\t%2d  %s\n", i+1, reason)
	}
	return b.String()
}

func (c *cell) text(number func(string) string) string {
	if c == nil {
		return ""
	}
	var parts []string
	if c.stays {
		parts = append(parts, "=")
	}
	for s := Wiping; s <= Maintenance; s++ {
		if c.states[s] {
			parts = append(parts, short[s])
		}
	}
	var reasons []string
	for r := range c.reasons {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	for _, r := range reasons {
		parts = append(parts, number(r))
	}
	return strings.Join(parts, " ")
}
