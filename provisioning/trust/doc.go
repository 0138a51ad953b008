// Package trust decides whether a kiosk may use what is on a stick. The stick
// is a TUF repository (The Update Framework, specification 1.0, through
// go-tuf); package repository makes it.
//
// Check reads the repository through an fs.FS, writes nothing, and either gives
// everything that this kiosk gets, of which every file was hashed, or a Refusal
// with a code and a sentence. What the kiosk has to remember for the next stick
// comes with it, and the caller keeps it, all of it at once.
//
// Daemons and the administrator's program may import it. It does not confine
// anything: a stick's file system is read by provisioning/stick first.
//
// # Time
//
// Now is the highest of three: when the program was built, when the last
// accepted stick was made (signed in its timestamp), and the clock. A clock
// that stands too early is so caught up with; one that runs ahead refuses good
// sticks, and the sentence says which date the kiosk takes for today. The clock
// itself is never remembered, so that one wrong reading does no lasting harm.
//
// # Beyond TUF
//
// Check asks for more than the specification, since both ends are ours: only
// Ed25519 keys, lengths and hashes of all metadata, consistent snapshots, all
// versions of root from the first on the stick (the first one is the site's
// identity), targets of known names only. An author of a pack may delegate
// nothing further and signs the pack's folder and nothing else; a repository in
// which one signs more is refused, rather than read without it. Versions that
// jump by more than 10 000, and dates of more than 5 years ahead, are refused
// although they are signed: a thief of the site's key could otherwise use up the
// numbers. Who has the root key gets the site back: with other keys for sticks,
// kiosks forget the numbers and the date they had.
//
// # go-tuf
//
// Not go-tuf's updater, but the set of trusted metadata below it does the
// checks, in the order of the specification's section 5. The updater writes
// into its directory file by file while it goes, and would leave a refused
// stick's root there; it ends the search for roots without an error after
// MaxRootRotations; its local mode checks no rollback; errors.Is on its errors
// does not say which role failed. go-tuf 2.4.2 itself follows a nil pointer
// where a target is "null", while it decodes and so before any signature is
// looked at; it takes "null" for keys, roles and files of metadata, and Ed25519
// keys of any length, which make crypto/ed25519 panic. All of that is refused
// here before go-tuf sees it. Its path_hash_prefixes are compared with base64
// and not with the hexadecimal digits of the specification; they are not
// accepted here.
package trust
