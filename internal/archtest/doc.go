// Package archtest holds the rules of the repository as tests: which package
// may import what and why, one package comment for each package, the size of
// files and functions, and what may be linked into which program. It has no
// code of its own.
package archtest
