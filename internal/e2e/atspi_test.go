package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// Of AT-SPI's interfaces (at-spi2-core, xml/).
const (
	registryName  = "org.a11y.atspi.Registry"
	desktopPath   = "/org/a11y/atspi/accessible/root"
	accessibleAPI = "org.a11y.atspi.Accessible"
	actionAPI     = "org.a11y.atspi.Action"
	componentAPI  = "org.a11y.atspi.Component"

	inWindow = uint32(1) // ATSPI_COORD_TYPE_WINDOW; a Wayland client knows no other
)

// Bits of AtspiStateType (at-spi2-core, atspi-constants.h).
const (
	stateFocusable = 11
	stateSensitive = 24
	stateShowing   = 25
)

// roleName names the values of AtspiRole that matter here. The engine answers
// only with the number.
func roleName(role uint32) string {
	switch role {
	case 40:
		return "password text"
	case 43:
		return "push button"
	case 61:
		return "text"
	case 95:
		return "document web"
	}
	return fmt.Sprintf("role %d", role)
}

// object is an accessible object on the bus.
type object struct {
	Bus  string
	Path dbus.ObjectPath
}

// element is what assistive technology learns of one object.
type element struct {
	object   object
	role     string
	name     string
	actions  int
	states   uint64
	foreign  bool // part of the page: the site's business, not ours
	children []*element
}

func (e *element) has(state int) bool { return e.states>>state&1 == 1 }

// interactive reports whether a person can reach or use the element.
func (e *element) interactive() bool {
	return e.has(stateShowing) && (e.has(stateFocusable) || e.actions > 0)
}

// all returns e and everything below it, in the order of the tree.
func (e *element) all() []*element {
	list := []*element{e}
	for _, c := range e.children {
		list = append(list, c.all()...)
	}
	return list
}

// find returns the interactive element of ours with that name, or nil.
func (e *element) find(name string) *element {
	for _, x := range e.all() {
		if x.name == name && x.interactive() && !x.foreign {
			return x
		}
	}
	return nil
}

// says reports whether these words of ours show.
func (e *element) says(words string) bool {
	return slices.ContainsFunc(e.all(), func(x *element) bool { return x.name == words && x.has(stateShowing) && !x.foreign })
}

// onPage returns the showing element of the page with that role and name, or nil.
func (e *element) onPage(role, name string) *element {
	for _, x := range e.all() {
		if x.foreign && x.has(stateShowing) && x.role == role && x.name == name {
			return x
		}
	}
	return nil
}

// String draws the part of the tree that shows, for the log of a failed test.
func (e *element) String() string {
	var b strings.Builder
	for _, x := range e.all() {
		if x.has(stateShowing) {
			fmt.Fprintf(&b, "%s %q foreign=%v actions=%d\n", x.role, x.name, x.foreign, x.actions)
		}
	}
	return b.String()
}

// reader plays the screen reader: it sees what is on the accessibility bus of
// a bench and nothing else.
type reader struct {
	b    *bench
	conn *dbus.Conn
}

// needAccess skips where at-spi2-core or dbus-daemon are not installed: there
// the bench runs without an accessibility bus.
func needAccess(t *testing.T) {
	t.Helper()
	if err := findAccess(); err != nil {
		t.Skipf("not run: %v", err)
	}
}

// findAccess says what an accessibility bus lacks here.
func findAccess() error {
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		return fmt.Errorf("%w (Debian package dbus)", err)
	}
	const service = "/usr/share/dbus-1/accessibility-services/org.a11y.atspi.Registry.service"
	if _, err := os.Stat(service); err != nil {
		return fmt.Errorf("%w (Debian package at-spi2-core)", err)
	}
	return nil
}

// startReader connects to the bus of the bench, which lies in the directory
// of its screen.
func startReader(b *bench) *reader {
	b.t.Helper()
	var temporary string
	for _, v := range b.cmd.Env {
		if dir, ok := strings.CutPrefix(v, "TMPDIR="); ok {
			temporary = dir
		}
	}
	sockets, err := filepath.Glob(filepath.Join(temporary, "screen-*/access/bus"))
	if err != nil || len(sockets) != 1 {
		b.t.Fatalf("accessibility buses of the bench: %q %v\n%s", sockets, err, b.output)
	}
	conn, err := dbus.Connect("unix:path="+sockets[0], dbus.WithContext(b.t.Context()))
	if err != nil {
		b.t.Fatalf("connect to the accessibility bus: %v", err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return &reader{b: b, conn: conn}
}

// look reads the tree; an error means that it changed meanwhile. Without
// pages it stops where the engine's process takes over, which does not answer
// while its page waits for a dialog.
func (r *reader) look(pages bool) (*element, error) {
	ctx, cancel := context.WithTimeout(r.b.t.Context(), 10*time.Second)
	defer cancel()
	return r.read(ctx, &element{object: object{registryName, desktopPath}}, pages, 0)
}

func (r *reader) read(ctx context.Context, e *element, pages bool, depth int) (*element, error) {
	if e.foreign && !pages {
		return e, nil
	}
	if depth > 100 {
		return nil, errors.New("read tree: it has no end")
	}
	at := e.object
	o := r.conn.Object(at.Bus, at.Path)
	var states []uint32
	var interfaces []string
	var count, actions int32
	var role uint32
	if err := errors.Join(
		o.StoreProperty(accessibleAPI+".Name", &e.name),
		o.StoreProperty(accessibleAPI+".ChildCount", &count),
		o.CallWithContext(ctx, accessibleAPI+".GetRole", 0).Store(&role),
		o.CallWithContext(ctx, accessibleAPI+".GetState", 0).Store(&states),
		o.CallWithContext(ctx, accessibleAPI+".GetInterfaces", 0).Store(&interfaces)); err != nil {
		return nil, fmt.Errorf("read %v: %w", at, err)
	}
	e.role = roleName(role)
	for i, bits := range states {
		e.states |= uint64(bits) << (32 * i)
	}
	if slices.Contains(interfaces, actionAPI) {
		if err := o.StoreProperty(actionAPI+".NActions", &actions); err != nil {
			return nil, fmt.Errorf("read actions of %v: %w", at, err)
		}
	}
	e.actions = int(actions)
	return e, r.readChildren(ctx, e, int(count), pages, depth)
}

// readChildren asks one by one: an element that embeds the page's tree, which
// comes from another process, lists no children but has one.
func (r *reader) readChildren(ctx context.Context, e *element, count int, pages bool, depth int) error {
	for i := range count {
		var child object
		err := r.conn.Object(e.object.Bus, e.object.Path).
			CallWithContext(ctx, accessibleAPI+".GetChildAtIndex", 0, int32(i)).Store(&child)
		if err != nil {
			return fmt.Errorf("read child of %v: %w", e.object, err)
		}
		foreign := e.foreign || depth > 0 && child.Bus != e.object.Bus
		c, err := r.read(ctx, &element{object: child, foreign: foreign}, pages, depth+1)
		if err != nil {
			return err
		}
		e.children = append(e.children, c)
	}
	return nil
}

// until looks at our own widgets again and again until why returns nothing.
func (r *reader) until(what string, why func(*element) []string) *element {
	r.b.t.Helper()
	return r.untilIn(what, false, why)
}

// untilIn is until, if wanted with the pages.
func (r *reader) untilIn(what string, pages bool, why func(*element) []string) *element {
	r.b.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		root, err := r.look(pages)
		var complaints []string
		if err == nil {
			if complaints = why(root); len(complaints) == 0 {
				return root
			}
		}
		if time.Now().After(deadline) {
			r.b.keep("access-failed")
			r.b.t.Fatalf("%s: %v\n%s\nThe tree:\n%v", what, err, strings.Join(complaints, "\n"), root)
		}
		<-tick.C
	}
}

// named waits for an element of ours.
func (r *reader) named(name string) *element {
	r.b.t.Helper()
	root := r.until("find "+name, func(root *element) []string {
		if root.find(name) == nil {
			return []string{fmt.Sprintf("nothing is called %q", name)}
		}
		return nil
	})
	return root.find(name)
}

// press does what assistive technology does to activate a button.
func (r *reader) press(name string) {
	r.b.t.Helper()
	r.act(r.named(name))
}

// act does the default action of an element.
func (r *reader) act(e *element) {
	r.b.t.Helper()
	ctx, cancel := context.WithTimeout(r.b.t.Context(), 10*time.Second)
	defer cancel()
	var done bool
	err := r.conn.Object(e.object.Bus, e.object.Path).
		CallWithContext(ctx, actionAPI+".DoAction", 0, int32(0)).Store(&done)
	if err != nil || !done {
		r.b.t.Fatalf("act on %s %q: %v %v", e.role, e.name, done, err)
	}
}

// tap touches the real screen where the element says it is.
func (r *reader) tap(name string) {
	r.b.t.Helper()
	r.touch(r.named(name))
}

func (r *reader) touch(e *element) {
	r.b.t.Helper()
	var box struct{ X, Y, Width, Height int32 }
	err := r.conn.Object(e.object.Bus, e.object.Path).
		CallWithContext(r.b.t.Context(), componentAPI+".GetExtents", 0, inWindow).Store(&box)
	if err != nil {
		r.b.t.Fatalf("where is %q: %v", e.name, err)
	}
	r.b.post("/api/tap", map[string]int{"x": int(box.X + box.Width/2), "y": int(box.Y + box.Height/2)})
}
