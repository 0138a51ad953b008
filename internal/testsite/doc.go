// Package testsite is what the sites that tests serve have in common: the pack
// that lets a bench open one, and answers that take more than a line, a PDF
// file and a WebSocket.
//
// For tests and measurements only, never part of a program that is installed.
package testsite
