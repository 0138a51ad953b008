package residue

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// patience bounds how long the owner of a selection may take to hand it over.
const patience = 5 * time.Second

// Owned returns the names of the selections that have an owner on a display
// (":99", with $XAUTHORITY): somebody has copied or selected something there.
func Owned(display string) (owned []string, err error) {
	err = ask(display, func(x *asker) error {
		for _, name := range selections() {
			owner, err := x.owner(name)
			if err != nil {
				return fmt.Errorf("read selection %q: %w", name, err)
			}
			if owner != 0 {
				owned = append(owned, name)
			}
		}
		return nil
	})
	return owned, err
}

// Selections searches the selections of a display, and the properties of its
// root window, where clipboards of old and settings are kept. What it is handed
// over goes through the server, and stays in its buffers for a while: a search
// of the server's memory comes first.
func (s *Set) Selections(found Found, display string) error {
	return ask(display, func(x *asker) error {
		for _, name := range selections() {
			data, err := x.selection(name)
			if err != nil {
				return fmt.Errorf("read selection %q: %w", name, err)
			}
			s.Search(data, "selection "+name, found)
		}
		properties, err := xproto.ListProperties(x.conn, x.root).Reply()
		if err != nil {
			return fmt.Errorf("read properties: %w", err)
		}
		for _, atom := range properties.Atoms {
			data, err := x.property(x.root, atom)
			if err != nil {
				return fmt.Errorf("read properties: %w", err)
			}
			s.Search(data, "properties of the root window", found)
		}
		return nil
	})
}

func selections() []string { return []string{"CLIPBOARD", "PRIMARY", "SECONDARY"} }

// ask opens a connection for f.
func ask(display string, f func(*asker) error) error {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return fmt.Errorf("open display %q: %w", display, err)
	}
	defer conn.Close()
	x := &asker{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	if err := x.open(); err != nil {
		return fmt.Errorf("open display %q: %w", display, err)
	}
	return f(x)
}

// asker is an X client with a window to be answered at.
type asker struct {
	conn   *xgb.Conn
	root   xproto.Window
	window xproto.Window
}

func (x *asker) open() error {
	id, err := xproto.NewWindowId(x.conn)
	if err != nil {
		return err
	}
	x.window = id
	return xproto.CreateWindowChecked(x.conn, 0, id, x.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check()
}

func (x *asker) atom(name string) (xproto.Atom, error) {
	reply, err := xproto.InternAtom(x.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	return reply.Atom, nil
}

func (x *asker) owner(name string) (xproto.Window, error) {
	atom, err := x.atom(name)
	if err != nil {
		return 0, err
	}
	reply, err := xproto.GetSelectionOwner(x.conn, atom).Reply()
	if err != nil {
		return 0, err
	}
	return reply.Owner, nil
}

// selection asks the owner for the text of a selection; nil when there is none.
func (x *asker) selection(name string) ([]byte, error) {
	owner, err := x.owner(name)
	if err != nil || owner == 0 {
		return nil, err
	}
	atom, err1 := x.atom(name)
	target, err2 := x.atom("UTF8_STRING")
	answer, err3 := x.atom("RESIDUE_ANSWER")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	xproto.ConvertSelection(x.conn, x.window, atom, target, answer, xproto.TimeCurrentTime)
	answered := make(chan xproto.SelectionNotifyEvent, 1)
	go func() { // ends with the answer, or when the connection is closed
		for {
			event, failed := x.conn.WaitForEvent()
			if e, ok := event.(xproto.SelectionNotifyEvent); ok {
				answered <- e
				return
			}
			if event == nil && failed == nil {
				return
			}
		}
	}()
	select {
	case e := <-answered:
		if e.Property == 0 {
			return nil, nil // it has no text
		}
		return x.property(x.window, answer)
	case <-time.After(patience):
		return nil, errors.New("its owner does not answer")
	}
}

func (x *asker) property(w xproto.Window, atom xproto.Atom) ([]byte, error) {
	reply, err := xproto.GetProperty(x.conn, false, w, atom, xproto.GetPropertyTypeAny, 0, math.MaxUint32/4).Reply()
	if err != nil {
		return nil, err
	}
	return reply.Value, nil
}
