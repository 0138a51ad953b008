// Command kiosk-bench is the same kiosk on a simulated board: the real loop,
// the real browser views, gates and wipes, with a control page in a browser on
// the developer's side. It is for trying out, training and tests, and is never
// part of an image.
//
// Files: main.go reads the command line, wire.go is the only list of parts,
// box.go answers the control page, catalogue.go loads the packs, site.go runs
// the demo administration in a process of its own, stick.go is its port for sticks, page.go breaks a page's
// process on request.
package main
