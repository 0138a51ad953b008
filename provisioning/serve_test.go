package provisioning_test

import (
	"reflect"
	"strings"
	"testing"

	"guichet.example/provisioning"
)

func TestNamed(t *testing.T) {
	m := provisioning.Machine{Logo: "logo.png", Notices: []string{"notices/a.md"}, Network: provisioning.Network{CA: "network/ca.pem"}}
	if got := m.Named(); !reflect.DeepEqual(got, []string{"network/ca.pem", "logo.png", "notices/a.md"}) {
		t.Errorf("%q", got)
	}
	if got := (provisioning.Machine{}).Named(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestServe(t *testing.T) {
	personal := provisioning.Network{WiFi: &provisioning.WiFi{Security: provisioning.WiFiPersonal}}
	enterprise := provisioning.Network{WiFi: &provisioning.WiFi{Security: provisioning.WiFiEnterprise}}
	proxy := provisioning.Network{Proxy: &provisioning.Proxy{User: "borne"}}
	open := provisioning.Network{Proxy: &provisioning.Proxy{Host: "proxy"}}
	for name, c := range map[string]struct {
		badges  bool
		network provisioning.Network
		secrets provisioning.Secrets
		want    string
	}{
		"nothing needed":              {false, open, provisioning.Secrets{}, ""},
		"a reader without its key":    {true, open, provisioning.Secrets{}, "secret KEYS badge-key"},
		"a reader":                    {true, open, provisioning.Secrets{BadgeKey: "00"}, ""},
		"Wi-Fi without a password":    {false, enterprise, provisioning.Secrets{}, "secret KEYS wifi"},
		"one that WPA cannot take":    {false, personal, provisioning.Secrets{WiFi: "motdepasse-été"}, "without accents"},
		"one that is too long":        {false, personal, provisioning.Secrets{WiFi: strings.Repeat("a", 64) + "z"}, "8 to 63"},
		"the key itself":              {false, personal, provisioning.Secrets{WiFi: strings.Repeat("a5", 32)}, ""},
		"a good one":                  {false, personal, provisioning.Secrets{WiFi: "mot de passe"}, ""},
		"RADIUS takes any":            {false, enterprise, provisioning.Secrets{WiFi: "motdepasse-été"}, ""},
		"a proxy without a password":  {false, proxy, provisioning.Secrets{}, "secret KEYS proxy"},
		"a proxy with a user of ours": {false, proxy, provisioning.Secrets{Proxy: "x"}, ""},
	} {
		err := c.secrets.Serve(c.badges, c.network)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || c.secrets.WiFi != "" && strings.Contains(err.Error(), c.secrets.WiFi)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
