// Package residue plants what a person could leave behind and looks for it
// afterwards: the list of places, random canaries in the forms they may take, a
// site whose page puts them there, and scanners of files, memory, devices, the
// kernel's log and the X server's selections.
//
// It is for tests and measurements alone; no program of the kiosk imports it.
// The site and the scanners know nothing of the kiosk: they serve any browser
// and take process numbers and directories.
//
// Caveats. A scanner needs root to see other users' processes. What the kernel
// keeps in freed pages is out of every scanner's sight; the boot option
// init_on_free=1 is for that.
package residue
