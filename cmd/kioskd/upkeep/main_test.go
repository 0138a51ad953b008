package upkeep

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"

	"guichet.example/provisioning/stick"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == stick.ChildArg {
		syscall.Exit(stick.Child(os.Args[2:])) // os.Exit takes a second under the race detector
	}
	if len(os.Args) == 4 && os.Args[1] == installArg {
		os.Exit(installMain(os.Args[2], os.Args[3]))
	}
	if linkedWithC() {
		os.Exit(withoutC())
	}
	os.Exit(m.Run())
}

// linkedWithC says whether this is not built as kioskd is. A child that reads a
// stick then falls at random: C starts threads in another way than Go, with
// system calls that it may not make.
func linkedWithC() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"})
}

// withoutC builds these tests as kioskd is built, and runs them.
func withoutC() int {
	dir, err := os.MkdirTemp("", "upkeep-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the child is another user
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program := filepath.Join(dir, "upkeep.test")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	run := exec.Command(program, os.Args[1:]...)
	for _, c := range []*exec.Cmd{build, run} {
		c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := c.Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}
