// Package storm is a web site that wears a browser out: pages that hang, eat
// memory, processor, connections and storage, or flood the window around
// them. Every page tells the site how far it got, so that a test knows that
// the attack took place.
//
// For tests and measurements only, never part of a program that is installed.
// One Site belongs to one browser.
package storm
