package kiosk

import (
	"guichet.example/kiosk/session"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning/report"
)

// Faults counts faults of the box, for those who look after it.
type Faults interface{ Count(f report.Fault) }

// countFaults counts what has gone wrong with this step. It is written down in
// the background: nothing waits for the medium, but the end of Run.
func (k *Kiosk) countFaults(before wire.Reason, event session.Event) {
	if k.parts.Faults == nil {
		return
	}
	var fault report.Fault
	if _, lost := event.(session.ViewLost); lost {
		fault = report.FaultCrash
	} else if now := k.machine.Fault(); now != before {
		fault = map[wire.Reason]report.Fault{
			wire.ReasonFilm: report.FaultFilm, wire.ReasonView: report.FaultView, wire.ReasonWipe: report.FaultWipe,
		}[now]
	}
	if fault != "" {
		k.work.Go(func() { k.parts.Faults.Count(fault) })
	}
}
