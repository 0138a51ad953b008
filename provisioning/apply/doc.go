// Package apply keeps what a site has sent to a kiosk: releases on the data
// partition, of which one is in force. A release is staged beside the others,
// put in force on trial by one rename, and then confirmed or taken back. After
// a power cut at any instant the old release is in force or the new one, whole.
//
// Programs may import it. It neither judges what it stores, which
// provisioning/trust has done before, nor knows what is in it.
//
// # On the disk
//
//	DATA/site/state                   which release is in force; replaced whole
//	DATA/site/releases/8/targets/...  the files of release 8
//	DATA/site/releases/8/metadata/... the TUF metadata that vouches for them
//	DATA/site/current                 link to the targets in use, made anew at each start
//
// The pointer is a file and not a symbolic link. A link cannot be flushed by
// itself, since nothing opens it: ext4 keeps a short one in its inode and
// journals it with the directory, but f2fs writes its target as data, and says
// of its own attempt to flush it that fsync would be better and is impossible
// (f2fs_symlink in fs/f2fs/namei.c). A file is flushed, then renamed, on every
// file system alike. It also carries more than a name: trial, starts left and
// trusted metadata change in the same rename as the release. The link current
// decides nothing: [Site.Link] sets it from the state at each start, for whoever
// needs a path.
//
// # The order of writing
//
// Every file of a release is written and flushed, then every directory from
// the deepest up, then each file is read back from the medium and hashed anew.
// Only then is the state written beside the old one, flushed, renamed over it,
// and the directory flushed. Removing comes last, and only what no state names.
// Whatever a cut leaves is named by no state, so that the next [Site.Boot] or
// [Site.Stage] removes it.
//
// # Trial
//
// A release put in force by [Site.Try] is on trial. [Site.Boot] counts the
// starts in that time before anything of the release is used, so a release that
// stops the daemon from starting is left after [TrialBoots] of them. Without
// [Site.Confirm] by then, the release before is in force again. [Site.PutOff]
// brings it back, too, and holds nothing against the release that was tried.
//
// # Which metadata is trusted
//
// Protection against rollback wants version numbers that never fall; taking
// back wants the old release. Both hold because the trusted metadata is that of
// the newest release this kiosk has confirmed ([State.Trusted]):
//
//   - On trial the trusted metadata is still the old one. A cut, a failed
//     self-test or a start too many therefore never leave metadata for which the
//     release is missing, and what failed may be tried again from the very same
//     stick once the printer is switched on. Nothing is lost against replay: the
//     kiosk accepts no repository that it did not accept before the trial.
//   - A kiosk set up for the first time and taken back trusts nothing again.
//     Had it kept the roots of a stick that was a mistake, it would refuse the
//     right one as another site's.
//   - Confirming raises release and metadata by the same rename.
//   - Going back from a confirmed release does not lower the metadata. The kiosk
//     then runs older files that it has itself confirmed, under newer metadata.
//     The way on is the same stick again, whose version is equal and not lower,
//     or any newer one; only sticks older than that stay refused.
//
// The price is that a new root, which may revoke a stolen key, counts from the
// confirmation and not from the moment it was seen. Who can make self-tests fail
// can also keep the stick away, so that it buys an attacker nothing.
//
// # Limits
//
// A release is at most as large as a repository may be; the disk holds at most
// the one in force, the one before, the one whose metadata is trusted, one
// being staged, and one that a process still holds. SIGKILL and power cuts are
// covered; a medium that loses what it acknowledged is noticed when files are
// read back, as far as its own cache allows.
package apply
