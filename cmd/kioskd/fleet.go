package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"guichet.example/cmd/kioskd/renew"
	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/kiosk"
	"guichet.example/provisioning"
	"guichet.example/provisioning/web"
)

// addFleet adds the server that the release in force names, if it does. A
// release on trial with which that fails is no good; a confirmed one goes on
// without, since people come before news.
func (f *Flags) addFleet(p *kiosk.Parts, release *takenSite, try *upkeep.Trial, log *slog.Logger, open *parts) error {
	if release == nil {
		return nil
	}
	fleet, err := f.openFleet(release, log)
	switch {
	case err != nil && release.trial:
		return &setupError{err}
	case err != nil:
		log.Error("the site's server is not asked", "err", err)
		return nil
	case fleet == nil:
		return nil
	}
	open.add(fleet)
	p.Fleet = fleet
	try.Server, try.Brought, try.Again = fleet.Answers, fleet.Brought(), fleet.Again()
	return nil
}

// openFleet opens the way to the server; nil where the release names none.
func (f *Flags) openFleet(release *takenSite, log *slog.Logger) (*renew.Fleet, error) {
	data, err := fs.ReadFile(release, provisioning.MachineFile)
	if err != nil {
		return nil, err
	}
	machine, err := provisioning.ParseMachine(provisioning.MachineFile, data)
	if err != nil || machine.Fleet == nil {
		return nil, err
	}
	c := web.Config{URL: machine.Fleet.URL}
	if c.Roots, err = roots(release, machine.Network.CA); err != nil {
		return nil, err
	}
	if p := machine.Network.Proxy; p != nil {
		secrets, err := f.secrets()
		if err != nil {
			return nil, err
		}
		c.Proxy = proxy(*p, secrets.Proxy)
	}
	server, err := web.New(c)
	if err != nil {
		return nil, err
	}
	return renew.New(renew.Config{
		Data: f.State, Server: server, Period: machine.Fleet.Period(), Hours: machine.Hours, Built: built(), Firmware: version(), Log: log,
		Running: release.Release, TakenBack: release.takenBack,
	})
}

// roots are the system's certificates, and the organisation's where it has any.
func roots(release fs.FS, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	own, err := fs.ReadFile(release, file)
	if err != nil {
		return nil, err
	}
	all, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificates: %w", err)
	}
	if !all.AppendCertsFromPEM(own) {
		return nil, errors.New("the organisation's certificates cannot be read")
	}
	return all, nil
}
