// Package guest holds no code. Its tests run as the first process of the
// emulated board that the test of package board starts, and are skipped
// elsewhere. What the lines of the board really do is asked from the other
// side of the hardware, over a serial line, and what is plugged in is plugged in
// there: see hands. kioskd runs with the capabilities of its unit; the rest of
// systemd's sandbox, a browser, a screen and a real network are not there. In the
// place of kiosk-view the tests' program is a view that shows nothing.
package guest
