package main

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"strconv"

	"guichet.example/kiosk/egress"
	"guichet.example/provisioning"
)

// upstream is the proxy that sessions go through; nil where the release in force
// names none.
func (f *Flags) upstream(release fs.FS) (*egress.Upstream, error) {
	data, err := fs.ReadFile(release, provisioning.MachineFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	machine, err := provisioning.ParseMachine(provisioning.MachineFile, data)
	if err != nil || machine.Network.Proxy == nil {
		return nil, err
	}
	p := machine.Network.Proxy
	up := &egress.Upstream{Host: p.Host, Port: p.Port, User: p.User}
	if p.User != "" {
		secrets, err := f.secrets()
		if err != nil {
			return nil, err
		}
		up.Password = secrets.Proxy
	}
	return up, nil
}

// openGates opens the way out of sessions.
func (f *Flags) openGates(release *takenSite, c egress.Config) (gates *egress.Gates, err error) {
	if release != nil {
		if c.Upstream, err = f.upstream(release); err != nil {
			return nil, &setupError{err}
		}
	}
	return egress.New(c)
}

// proxy is the same for the site's server.
func proxy(p provisioning.Proxy, password string) *url.URL {
	u := &url.URL{Scheme: "http", Host: net.JoinHostPort(p.Host, strconv.Itoa(p.Port))}
	if p.User != "" {
		u.User = url.UserPassword(p.User, password)
	}
	return u
}
