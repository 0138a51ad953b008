//go:build !race

package fattest

// Raced says that the race detector runs.
const Raced = false
