// Package escape is the list of ways out of a kiosk's browser that the field
// knows, and how each is tried: by real input on a real display, against the
// hostile site, with the evidence that would show success. A Subject is a
// browser under attack; what is tried and what counts is the same for all, so
// that a browser with nothing locked can show that an attempt works, and
// browsers can be compared.
//
// For tests and measurements only. docs/lockdown.md is made from it.
package escape
