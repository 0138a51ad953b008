// Package e2e tests the kiosk as a person meets it: the real programs, a real
// browser engine, a real display with real input, through the control page's
// API. It has no code of its own.
package e2e
