// Package badge reads staff badges through a contactless reader chip: it
// activates what lies on the reader (ISO/IEC 14443-3 type A and 14443-4),
// talks to it as to a MIFARE DESFire card, and judges the signed record it
// finds there. It also writes such cards.
//
// Package badge is pure: the chip comes in as a PCD, random numbers and the
// time as values. It may be imported by everything.
//
// # What a badge is
//
// An application on the card, one for each site, with three AES keys and one
// file:
//
//	key 0  administers and writes; diversified for the card
//	key 1  opens GetCardUID and nothing else; the same on all cards of the site
//	key 2  reads the file; diversified for the card
//	file 1 the record: role, organisation, serial, last day, signature
//
// # What a kiosk holds, and why
//
// A kiosk stands in a hall and has no secure element: whoever carries off its
// memory card has everything on it. So it holds the key of its site, made by
// the organisation offline from a master that no kiosk sees (SiteKey), and the
// public key that records and revocation lists are signed with. With those a
// thief can read the badges of one site; they can write none (key 0 comes
// from AdminKey), sign none, and touch no other site. What they could do is
// imitate a badge whose record they have read, at that site, until the site
// gets another key or the badge is revoked.
//
// A UID opens nothing: it is public, and cards with any UID are for sale. Here
// it only says which diversified key to ask for, and it is bound into the
// signature, so that a record copied to another card is worth nothing.
//
// Unknown, revoked, expired and forged badges are one outcome, hw.RoleNone.
// They do not all take the same time; whoever tells a person answers after a
// fixed one.
package badge
