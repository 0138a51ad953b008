package kiosk

import (
	"strings"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view/wire"
)

// sensitive is what a view has to mask in a procedure.
func sensitive(origins []procedure.Origin) (all []wire.Sensitive) {
	for _, o := range origins {
		if len(o.Sensitive) == 0 {
			continue
		}
		s := wire.Sensitive{Selectors: o.Sensitive}
		for _, other := range origins {
			if !meet(o.Host, other.Host) {
				s.Elsewhere = append(s.Elsewhere, other.Host)
			}
		}
		all = append(all, s)
	}
	return all
}

// meet says whether a host can be one of both origins. The engine takes host
// for one of "*.host": so it is here.
func meet(a, b string) bool {
	a, wildA := strings.CutPrefix(a, "*.")
	b, wildB := strings.CutPrefix(b, "*.")
	return a == b || wildA && strings.HasSuffix(b, "."+a) || wildB && strings.HasSuffix(a, "."+b)
}
