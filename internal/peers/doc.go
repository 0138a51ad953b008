// Command peers puts this kiosk beside the browsers that others build kiosks
// from: Debian's chromium with a managed policy, cog and surf. On each it runs
// the same escapes, plants and looks for the same residue and takes the same
// times, and prints one table.
//
// It is for measurements only, needs root, and is run by make bench-peers.
// Everything happens in namespaces of its own: its file systems in memory, its
// processes and the policy that it writes for chromium end with it, whatever
// way it ends.
//
// Caveat: a figure that favours one of us stands beside its reason in the
// notes below the table; what a browser cannot be asked is shown as such and
// counted for nobody.
package main
