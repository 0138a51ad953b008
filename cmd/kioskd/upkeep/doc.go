// Package upkeep is a technician's work with a stick, as the kiosk's loop needs
// it (kiosk.Upkeep): the stick is copied by a confined child, checked, planned,
// stored, put in force on trial, tried, and confirmed or taken back. The parts
// are those of provisioning; here they are put together. kioskd and the
// bench import it, so that the bench goes the same way. Config.Data is a
// directory that nobody holds a lock on: package identity takes one.
//
// # Nothing is offered that could not serve
//
// A plan is shown only once the whole repository was checked, the kiosk's key
// has opened the secrets and none is missing, and site.toml, every pack, the
// issuer's key and the list of revoked badges were read as the next start reads
// them. A logo, notices and certificates are looked into, too. What goes wrong in there is a refusal before anything
// changed, not a release that is taken back.
//
// # What fails a release on trial
//
// A site that is down today must not take a good configuration back, and a
// configuration that locks people out must not stay:
//
//	film, relay   the machine tries them before; here it is only told
//	badge reader  fails where one is configured and does not answer: the next
//	              technician would not get in to mend it
//	network       fails where not one start page can be reached in a minute,
//	              name, address and certificate, through a gate as in a session;
//	              one that answers shows that the way is right, and the others
//	              are told
//	server        of the site, where one is configured: fails only a release that
//	              came from it, or no mistake in the way there could be mended
//	printer       told: the kiosk does not use one yet
//	proxy         tried with the network: what a session reaches goes through it
//
// A release that failed can be brought again by the same stick.
//
// # A first stick
//
// A kiosk without a site that finds nothing for itself on a stick writes its
// enrolment there.
//
// # Reports
//
// A stick of the kiosk's own site that asks for it gets a report, before the
// plan is shown and whatever becomes of the plan: see docs/reports.md. It is
// sealed to the recipient that the stick names, which is the site's newest word
// and may be another than that of the release in force. No report is written
// for a kiosk without a site, for which any stick would do. Numbers only go up
// and no file is written over, so what was reported is never lost by reporting.
package upkeep
