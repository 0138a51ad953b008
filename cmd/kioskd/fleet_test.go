package main

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/kiosk"
	"guichet.example/provisioning"
)

// TestFleet reads the way to the server from what is in force: address, proxy
// and certificates are the site's.
func TestFleet(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	defer server.Close()
	var through []string
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through = append(through, r.Method+" "+r.Header.Get("Proxy-Authorization"))
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			t.Error(err)
			return
		}
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, from) }()
		_, _ = io.Copy(from, to)
	}))
	defer way.Close()
	proxy, err := url.Parse(way.URL)
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	flags := Flags{State: state}
	o := newOffice(t, state)
	take := func(stick string) (*takenSite, upkeep.Trial, kiosk.Parts, error) {
		t.Helper()
		if code, _, stderr := kioskd(t, "--state", state, "site", "apply", stick); code != 0 {
			t.Fatal(stderr)
		}
		release, err := takeSite(t.Context(), flags, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = release.Close() })
		var p kiosk.Parts
		var try upkeep.Trial
		var open parts
		err = flags.addFleet(&p, release, &try, slog.New(slog.DiscardHandler), &open)
		t.Cleanup(func() { _ = open.close() })
		return release, try, p, err
	}

	if _, try, p, err := take(o.stick()); err != nil || p.Fleet != nil || try.Server != nil {
		t.Error("a server nobody has named:", p.Fleet, err)
	}
	kioskd(t, "--state", state, "site", "confirm")
	proxyPassword := `proxy = "mot de passe"`
	o.Own(provisioning.SecretsFile, testoffice.Seal(t, o.Enrolment.Recipient, keyDigits, proxyPassword))
	o.Files[provisioning.CAFile] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	o.Configure(strings.NewReplacer(
		"# [fleet]\n# url = \"https://bornes.mairie.example/valbourg\"", "[fleet]\nurl = \""+server.URL+"/valbourg\"",
		"# ca = ", "ca = ",
		"# [network.proxy]\n# host = \"proxy.mairie.example\"\n# port = 3128\n# user", "[network.proxy]\nhost = \"127.0.0.1\"\nport = "+proxy.Port()+"\nuser",
	).Replace(string(provisioning.NewSiteFile("Mairie"))))
	_, try, p, err := take(o.stick())
	if err != nil || p.Fleet == nil || try.Server == nil || try.Brought {
		t.Fatalf("%v, %+v", err, try)
	}
	if err := try.Server(t.Context()); err != nil || len(through) != 1 || through[0] != "CONNECT Basic "+base64.StdEncoding.EncodeToString([]byte("borne:mot de passe")) {
		t.Error(err, through)
	}
	kioskd(t, "--state", state, "site", "confirm")

	// What the server has brought must reach it, but not what a stick brings after
	// it was taken back.
	if err := os.WriteFile(filepath.Join(state, "fleet", "memory.json"), []byte(`{"tried":"3"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Own(provisioning.SecretsFile, testoffice.Seal(t, o.Enrolment.Recipient, keyDigits, proxyPassword))
	third := o.stick()
	if _, try, _, err := take(third); err != nil || !try.Brought || !try.Again {
		t.Errorf("%v, %+v", err, try)
	}
	kioskd(t, "--state", state, "site", "back")
	if _, try, _, err := take(third); err != nil || try.Brought || try.Server == nil {
		t.Errorf("%v, %+v", err, try)
	}
	kioskd(t, "--state", state, "site", "back")

	// What keeps the server from being asked fails a release on trial, and keeps
	// nobody from a confirmed one.
	if err := errors.Join(os.RemoveAll(filepath.Join(state, "fleet")), os.WriteFile(filepath.Join(state, "fleet"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	release, _, p, err := take(third)
	if !errors.As(err, new(*setupError)) || p.Fleet != nil {
		t.Error(err)
	}
	release.trial = false
	if err := flags.addFleet(&p, release, &try, slog.New(slog.DiscardHandler), new(parts)); err != nil || p.Fleet != nil {
		t.Error(err)
	}
}
