package provisioning_test

import (
	"strings"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"

	"guichet.example/provisioning"
)

// TestAgeKeys holds our reading of keys against age's own.
func TestAgeKeys(t *testing.T) {
	for range 50 {
		key, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		recipient := key.Recipient().String()
		private, err := provisioning.IdentityKey(key.String())
		if err != nil {
			t.Fatal(err)
		}
		public, err := provisioning.RecipientKey(recipient)
		if err != nil || !private.PublicKey().Equal(public) {
			t.Fatalf("%s: %v: the two halves do not belong together", recipient, err)
		}
		for i := range recipient {
			for _, c := range "ql1é" {
				other := recipient[:i] + string(c) + recipient[i+1:]
				if _, err := provisioning.RecipientKey(other); err == nil && other != recipient {
					t.Fatalf("%s is taken", other)
				}
			}
		}
		for _, bad := range []string{"", "age1", recipient[:61], recipient + "q", strings.ToUpper(recipient), key.String()} {
			if _, err := provisioning.RecipientKey(bad); err == nil {
				t.Errorf("%q is taken for a recipient", bad)
			}
		}
		for _, bad := range []string{"", recipient, strings.ToLower(key.String()), key.String()[1:]} {
			if _, err := provisioning.IdentityKey(bad); err == nil {
				t.Errorf("%q is taken for an identity", bad)
			}
		}
	}
}

func TestReportFile(t *testing.T) {
	id := provisioning.KioskID("k-abcdefghijklmnop")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1<<40).Draw(t, "n")
		gotID, got, ok := provisioning.ParseReportFile(provisioning.ReportFile(id, n))
		if gotID != id || got != n || !ok {
			t.Fatalf("%s: %s %d %v", provisioning.ReportFile(id, n), gotID, got, ok)
		}
	})
	for _, bad := range []string{"", "guichet/reports/", "guichet/reports/k-abcdefghijklmnop-1", "guichet/reports/k-abcdefghijklmnop-01.age",
		"guichet/reports/k-abcdefghijklmnop-0.age", "guichet/reports/k-abcdefghijklmnop--1.age", "reports/k-abcdefghijklmnop-1.age",
		"guichet/reports/k-abc-1.age", "guichet/reports/k-abcdefghijklmnop-1.age.age"} {
		if _, _, ok := provisioning.ParseReportFile(bad); ok {
			t.Errorf("%q is taken for a report", bad)
		}
	}
}

// TestWithReports: the key gets into every kind of site.toml, also in the place
// of another, and nothing else changes.
func TestWithReports(t *testing.T) {
	fresh := string(provisioning.NewSiteFile("Mairie"))
	asked := strings.Replace(fresh, "# collect = ", "collect = ", 1)
	older := asked[:strings.Index(asked, "\n# Reports that kiosks leave")]
	for name, text := range map[string]string{
		"a new site":                  fresh,
		"a site that asks":            asked,
		"a site without the table":    older,
		"on Windows":                  strings.ReplaceAll(asked, "\n", "\r\n"),
		"with a table behind it":      asked + "\n[printer]\nuri = \"usb\"\n",
		"with the table at the start": strings.Replace(older, "\n[kiosk]", "\n[reports] # ours\n  recipient  =  \"x\"\ncollect = [\"usage\"]\n[kiosk]", 1),
	} {
		key := func() string {
			k, err := age.GenerateX25519Identity()
			if err != nil {
				t.Fatal(err)
			}
			return k.Recipient().String()
		}
		first, second := key(), key()
		once := provisioning.WithReports([]byte(text), first)
		twice := provisioning.WithReports(once, second)
		if string(twice) != strings.Replace(string(once), first, second, 1) {
			t.Errorf("%s: more than the key has changed", name)
		}
		if !strings.Contains(string(twice), `collect = ["`) {
			continue
		}
		active := strings.Replace(string(twice), "# collect = ", "collect = ", 1)
		s, err := provisioning.ParseSite("site.toml", []byte(active))
		if err != nil || s.Machine.Reports == nil || s.Machine.Reports.Recipient != second || !s.Machine.Reports.Asks(provisioning.CollectUsage) {
			t.Errorf("%s: %v, %+v", name, err, s.Machine.Reports)
		}
	}
	s, err := provisioning.ParseSite("site.toml", []byte(fresh))
	if err != nil || s.Machine.Reports != nil || s.Machine.Reports.Asks(provisioning.CollectHealth) {
		t.Errorf("a new site asks for reports: %v", err)
	}
	if _, err := provisioning.ParseSite("site.toml", []byte(asked)); err == nil {
		t.Error("reports are asked for without a key")
	}
}
