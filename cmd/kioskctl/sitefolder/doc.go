// Package sitefolder is the administrator's side of provisioning: the folder of
// a site, the folder of its keys, and the sticks that are made of both.
//
//	SITE/site.toml            what all kiosks have in common; explained in the file
//	SITE/kiosks/K.toml        one for each kiosk, written when it is enrolled
//	SITE/packs/NAME/          packs of procedures; packs/NAME.json what their author signed
//	SITE/badge/, network/, notices/, logo.png
//	SITE/published/           what went out last; kioskctl's own
//
//	KEYS/site.age             signs sticks
//	KEYS/root.age, spare.age  each can replace any key
//	KEYS/secrets.age          passwords and keys that kiosks get sealed
//	KEYS/reports.age          opens the reports that kiosks leave on sticks
//
// Nothing in SITE is secret. Every file in KEYS is under the passphrase. One
// program at a time changes a site. cmd/kioskctl may import it, and the
// bench, whose sticks are made as an administrator makes them.
package sitefolder
