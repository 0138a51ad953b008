// Command kioskd is the daemon on the box: it owns the session, the privacy
// film, the ways out of the browser and the anonymous counts. systemd starts
// it (firmware/). It is one static file and contains no simulator.
//
// Files: main.go reads the command line, wire.go is the only list of parts,
// site.go says which configuration holds and takes what the site has sent into
// use, stick.go adds the port for sticks and the switch in the case, systemd.go
// tells systemd that the kiosk serves, safestate.go is what
// systemd runs after it, hwcheck.go and sitecommands.go are for a technician at
// the box.
//
// Exit codes of every command: 0 done, 78 the configuration or the wiring is
// wrong and a restart does not mend it, 1 anything else.
package main
