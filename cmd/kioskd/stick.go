package main

import (
	"log/slog"
	"os"
	"path/filepath"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/hw"
	"guichet.example/hw/periphboard"
	"guichet.example/kiosk"
	"guichet.example/kiosk/egress"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/session"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/stick"
)

// stickUser owns nothing; the child that reads sticks is one of its processes.
const stickUser = "guichet-stick"

// trial is what a release is tried with; badges is nil without a reader.
func trial(procedures []procedure.Procedure, gates *egress.Gates, badges *staffReader) upkeep.Trial {
	t := upkeep.Trial{Procedures: procedures, Gates: gates, Proxy: true}
	if badges != nil {
		t.Badges = badges.answers
	}
	return t
}

// addUpkeep adds the port for sticks with the switch beside it, the site's
// server, and what a release on trial is tried with. Where another configuration is named by hand,
// no stick is taken.
func (f *Flags) addUpkeep(p *kiosk.Parts, release *takenSite, trial upkeep.Trial, usageFile string, board *periphboard.Board, log *slog.Logger, open *parts) error {
	if f.Config != "" {
		return nil
	}
	if err := f.addFleet(p, release, &trial, log, open); err != nil {
		return err
	}
	uid, gid, err := account(stickUser)
	if err != nil {
		return &setupError{&hintError{err, "make install creates the users"}}
	}
	id, err := identity.Open(filepath.Join(f.State, keyFile))
	if err != nil { // the kiosk serves; a stick is refused, and says so
		log.Error("open the kiosk's key", "err", err)
	} else {
		p.Self.ID = string(id.Kiosk())
	}
	var service hw.Button
	if board.ServiceSwitch != nil { // a nil *Button in an interface would not be nil
		service = board.ServiceSwitch
	}
	port := upkeep.OpenUSB(os.DirFS("/sys"), service, log)
	open.add(port)
	c := upkeep.Config{
		Data: f.State, Port: port, Reader: stick.Reader{UID: uid, GID: gid, Stderr: os.Stderr}, Built: built(), Firmware: version(),
		Usage: usageFile, Faults: upkeep.OpenFaults(f.State, log), Trial: trial, Log: log,
	}
	p.Faults = c.Faults
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
