package kiosk

import (
	"reflect"
	"testing"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view/wire"
)

func TestSensitive(t *testing.T) {
	got := sensitive([]procedure.Origin{
		{Host: "www.caf.fr", Sensitive: []string{"#a"}},
		{Host: "*.caf.fr"},
		{Host: "*.www.caf.fr"},
		{Host: "xcaf.fr"},
		{Host: "*.impots.fr", Sensitive: []string{"#b", "#c"}},
		{Host: "impots.fr"},
		{Host: "a.b.impots.fr"},
	})
	want := []wire.Sensitive{
		{Selectors: []string{"#a"}, Elsewhere: []string{"xcaf.fr", "*.impots.fr", "impots.fr", "a.b.impots.fr"}},
		{Selectors: []string{"#b", "#c"}, Elsewhere: []string{"www.caf.fr", "*.caf.fr", "*.www.caf.fr", "xcaf.fr"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}
