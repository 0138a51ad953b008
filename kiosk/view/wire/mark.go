package wire

import (
	"crypto/sha256"
	"encoding/hex"
)

// MarkName is the environment variable that every process of a view carries.
const MarkName = "GUICHET_VIEW"

// Mark returns the mark of one view, of the form of Traces.Mark: which
// directory of views it belongs to, so that two daemons on one machine never
// take each other's views for strays, and a random part of its own.
func Mark(dir string, random [16]byte) string {
	return MarkPrefix(dir) + hex.EncodeToString(random[:])
}

// MarkPrefix returns what the marks of all views below dir begin with. dir is
// an absolute, clean path; its hash is used so that a view does not learn it.
func MarkPrefix(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return MarkName + "=" + hex.EncodeToString(sum[:8])
}
