// Package usagetest makes facts to count. Tests alone import it.
package usagetest

import (
	"fmt"
	"slices"
	"strings"

	"guichet.example/kiosk/usage"
)

// Sites makes sites of hosts whose domain is their last two labels, in the
// order that usage.Session wants. It panics when a host is none: it is a
// constant of a test.
func Sites(hosts ...string) []usage.Site {
	var list []usage.Site
	for _, h := range hosts {
		labels := strings.Split(h, ".")
		s, err := usage.NewSite(h, strings.Join(labels[max(0, len(labels)-2):], "."))
		if err != nil {
			panic(fmt.Sprintf("site of a test: %v", err))
		}
		list = append(list, s)
	}
	slices.SortFunc(list, usage.Site.Compare)
	return list
}
