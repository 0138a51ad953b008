// Package board holds no code. Its test boots a Linux kernel for arm64 on an
// emulated board with a GPIO chip (a PL061) and a USB controller (an xHCI), and
// runs the tests of package guest in it as the first process: the drivers of
// hw/periphboard and kioskd itself, on lines that are seen and moved from outside
// of the kernel, and with sticks that are plugged in and pulled there. A second test
// boots Debian's systemd with our units instead, and has a stick read in their
// sandbox. make board installs what it needs.
package board
