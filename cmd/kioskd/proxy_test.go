package main

import (
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/kiosk/egress"
	"guichet.example/provisioning"
)

// TestUpstream takes a proxy from the administrator's site.toml to the gate.
func TestUpstream(t *testing.T) {
	state := t.TempDir()
	o := newOffice(t, state)
	o.Own(provisioning.SecretsFile, testoffice.Seal(t, o.Enrolment.Recipient, "", "proxy = \"chaussette\""))
	text := string(provisioning.NewSiteFile("Mairie"))
	for _, line := range []string{"[network.proxy]", "host = ", "port = ", "user = "} {
		text = strings.Replace(text, "\n# "+line, "\n"+line, 1)
	}
	flags := Flags{State: state}
	for name, c := range map[string]struct {
		text string
		want *egress.Upstream
	}{
		"1": {string(provisioning.NewSiteFile("Mairie")), nil},
		"2": {text, &egress.Upstream{Host: "proxy.mairie.example", Port: 3128, User: "borne", Password: "chaussette"}},
	} {
		o.Configure(c.text)
		if code, _, stderr := kioskd(t, "--state", state, "site", "apply", o.stick()); code != 0 {
			t.Fatal(name, stderr)
		}
		release, err := takeSite(t.Context(), flags, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := flags.upstream(release); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v, %v", got, err)
		}
		gates, err := flags.openGates(release, egress.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := gates.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := release.Close(); err != nil {
			t.Error(err)
		}
		if code, _, stderr := kioskd(t, "--state", state, "site", "back"); code != 0 {
			t.Fatal(stderr)
		}
	}
}
