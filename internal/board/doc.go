// Package board holds no code. Its test boots a Linux kernel for arm64 on an
// emulated board with a real GPIO chip (a PL061), and runs the tests of package
// guest in it as the first process: the drivers of hw/periphboard and kioskd
// itself, on lines that are seen and moved from outside of the kernel. make
// board installs what it needs.
package board
