package display

import (
	"context"
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Offer makes text what a middle click and a paste insert: the primary
// selection and the clipboard. release takes it away again.
func (s *Screen) Offer(ctx context.Context, text string) (release func(), err error) {
	l, err := await(ctx, func() (*link, error) { return dialSelection(s, text) })
	if err != nil {
		return nil, fmt.Errorf("offer a selection: %w", err)
	}
	return l.close, nil
}

// dialSelection opens a connection of its own, whose one goroutine answers
// who asks for the text and ends with close.
func dialSelection(s *Screen, text string) (*link, error) {
	l, err := dialWatching(s.client.X11Socket, s.cookie, func(l *link, e xgb.Event) {
		if ask, ok := e.(xproto.SelectionRequestEvent); ok {
			l.answer(ask, text)
		}
	})
	if err != nil {
		return nil, err
	}
	window, err := xproto.NewWindowId(l.conn)
	if err != nil {
		l.close()
		return nil, err
	}
	err = xproto.CreateWindowChecked(l.conn, 0, window, l.screen.Root, -1, -1, 1, 1, 0,
		xproto.WindowClassInputOnly, 0, 0, nil).Check()
	for _, name := range []string{"PRIMARY", "CLIPBOARD"} {
		if err == nil {
			var atom *xproto.InternAtomReply
			if atom, err = xproto.InternAtom(l.conn, false, uint16(len(name)), name).Reply(); err == nil {
				err = xproto.SetSelectionOwnerChecked(l.conn, window, atom.Atom, xproto.TimeCurrentTime).Check()
			}
		}
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// answer hands the text over as UTF8_STRING, whatever was asked for, except
// for the list of what there is (ICCCM 2.6.2).
func (l *link) answer(ask xproto.SelectionRequestEvent, text string) {
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(l.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return 0
		}
		return r.Atom
	}
	utf8 := atom("UTF8_STRING")
	if ask.Target == atom("TARGETS") {
		list := make([]byte, 4)
		xgb.Put32(list, uint32(utf8))
		xproto.ChangeProperty(l.conn, xproto.PropModeReplace, ask.Requestor, ask.Property, xproto.AtomAtom, 32, 1, list)
	} else {
		xproto.ChangeProperty(l.conn, xproto.PropModeReplace, ask.Requestor, ask.Property, utf8, 8, uint32(len(text)), []byte(text))
	}
	done := xproto.SelectionNotifyEvent{Time: ask.Time, Requestor: ask.Requestor, Selection: ask.Selection,
		Target: ask.Target, Property: ask.Property}
	xproto.SendEvent(l.conn, false, ask.Requestor, 0, string(done.Bytes()))
}
