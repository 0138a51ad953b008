// Package badge reads staff badges through a contactless reader chip: it
// activates what lies on the reader (ISO/IEC 14443), talks to it as to a MIFARE
// DESFire card, and judges the signed record it finds there.
//
// Package badge is pure: the chip comes in as a PCD, random numbers and the
// time as values. It may be imported by everything.
package badge
