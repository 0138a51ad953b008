// Package hostile is a web site that tries to get out of a kiosk: a page for
// each attack, on origins that a procedure allows, and a witness on origins
// that none does. Every page reports what it got to see, so that a test has
// evidence in place of opinion.
//
// For tests and measurements only, never part of a program that is installed.
// One Site belongs to one browser: what reaches the witness without a name is
// put down to the page that was armed last.
package hostile
