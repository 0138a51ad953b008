package wipe

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// overwriting makes Go's collector overwrite what it frees (package runtime,
// "clobberfree"). It is read when a program starts, and never after.
const overwriting = "clobberfree=1"

// OverwriteFreed executes this program once more, in place, so that the
// collector overwrites memory that it frees: names of hosts, bytes of plain http
// and whatever else has passed through the daemon are then gone with the wipe
// that follows them. It returns nil when the program runs so already. main
// calls it before anything else has begun.
func OverwriteFreed() error {
	if Overwrites() {
		return nil
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GODEBUG=") })
	value := overwriting
	if given := os.Getenv("GODEBUG"); given != "" {
		value = given + "," + overwriting
	}
	program, err := os.Executable() // not the link in /proc: the kernel names a process after what it executes
	if err == nil {
		err = unix.Exec(program, os.Args, append(env, "GODEBUG="+value))
	}
	return fmt.Errorf("execute this program again: %w", err)
}

// Overwrites says whether this program overwrites what it frees.
func Overwrites() bool {
	return slices.Contains(strings.Split(os.Getenv("GODEBUG"), ","), overwriting)
}

// forget frees, and so overwrites, what nothing of the daemon refers to any
// more. Pools and what has a finalizer go with the second cycle.
func forget() {
	runtime.GC()
	runtime.GC()
}
