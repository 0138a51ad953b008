//go:build race

package fattest

// Raced says that the race detector runs. It makes a test that reads bytes
// twenty times as long, and its C code asks the kernel for more than a child
// of provisioning/stick may.
const Raced = true
