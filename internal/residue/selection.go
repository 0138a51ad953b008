package residue

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// patience bounds how long the owner of a selection may take to hand it over.
const patience = 5 * time.Second

// Selections searches what X clients have copied or selected on a display
// (":99", with $XAUTHORITY), and the properties of the root window, where
// clipboards of old and settings are kept. It returns the names of the
// selections that have an owner.
func (s *Set) Selections(found Found, display string) (owned []string, err error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("open display %q: %w", display, err)
	}
	defer conn.Close()
	x := &asker{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	if err := x.open(); err != nil {
		return nil, fmt.Errorf("read selections of display %q: %w", display, err)
	}
	for _, name := range []string{"PRIMARY", "SECONDARY", "CLIPBOARD"} {
		data, has, err := x.selection(name)
		if err != nil {
			return nil, fmt.Errorf("read selection %q: %w", name, err)
		}
		if has {
			owned = append(owned, name)
		}
		s.Search(data, "selection "+name, found)
	}
	properties, err := xproto.ListProperties(conn, x.root).Reply()
	if err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	for _, atom := range properties.Atoms {
		data, err := x.property(x.root, atom)
		if err != nil {
			return nil, fmt.Errorf("read properties: %w", err)
		}
		s.Search(data, "properties of the root window", found)
	}
	slices.Sort(owned)
	return owned, nil
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

// selection asks the owner for the text of a selection.
func (x *asker) selection(name string) (data []byte, has bool, err error) {
	atom, err1 := x.atom(name)
	target, err2 := x.atom("UTF8_STRING")
	answer, err3 := x.atom("RESIDUE_ANSWER")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, false, err
	}
	owner, err := xproto.GetSelectionOwner(x.conn, atom).Reply()
	if err != nil || owner.Owner == 0 {
		return nil, false, err
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
			return nil, true, nil // it has no text
		}
		data, err = x.property(x.window, answer)
		return data, true, err
	case <-time.After(patience):
		return nil, true, errors.New("its owner does not answer")
	}
}

func (x *asker) property(w xproto.Window, atom xproto.Atom) ([]byte, error) {
	reply, err := xproto.GetProperty(x.conn, false, w, atom, xproto.GetPropertyTypeAny, 0, math.MaxUint32/4).Reply()
	if err != nil {
		return nil, err
	}
	return reply.Value, nil
}
