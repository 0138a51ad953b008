package view

import (
	"fmt"

	"guichet.example/kiosk/view/wire"
)

// Traces returns how a running view's processes are known, without ending it.
func (p *Pool) Traces(view int) (wire.Traces, error) {
	v := p.running(view)
	if v == nil {
		return wire.Traces{}, fmt.Errorf("find view %d: %w", view, ErrUnknown)
	}
	return v.traces, nil
}
