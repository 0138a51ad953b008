package main

import (
	"log/slog"
	"os"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/kiosk"
	"guichet.example/kiosk/egress"
	"guichet.example/kiosk/session"
	"guichet.example/provisioning/stick"
)

// stickUser owns nothing; the child that reads sticks is one of its processes.
const stickUser = "guichet-stick"

// addUpkeep adds the port for sticks, and what a release on trial is tried
// with. Where another configuration is named by hand, no stick is taken.
func (f *Flags) addUpkeep(p *kiosk.Parts, release *takenSite, gates *egress.Gates, badges *staffReader, log *slog.Logger, open *parts) error {
	p.Release = session.ReleaseInForce
	if f.Config != "" {
		return nil
	}
	uid, gid, err := account(stickUser)
	if err != nil {
		return &setupError{&hintError{err, "make install creates the users"}}
	}
	port := upkeep.OpenUSB(os.DirFS("/sys"), log)
	open.add(port)
	c := upkeep.Config{
		Data: f.State, Port: port, Reader: stick.Reader{UID: uid, GID: gid, Stderr: os.Stderr}, Built: built(), Firmware: version(),
		Trial: upkeep.Trial{Procedures: p.Procedures, Gates: gates}, Log: log,
	}
	if badges != nil {
		c.Trial.Badges = badges.answers
	}
	if release != nil {
		c.Running = release.Release
		if release.trial {
			p.Release = session.ReleaseOnTrial
		}
	}
	u, err := upkeep.New(c)
	if err != nil {
		return err
	}
	open.add(u)
	p.Upkeep = u
	return nil
}
