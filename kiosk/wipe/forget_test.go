package wipe

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

// TestForget runs itself with and without the collector's overwriting: what is
// freed is gone only with it.
func TestForget(t *testing.T) {
	if os.Getenv("WIPE_FORGET") != "" {
		fmt.Println("overwrites", Overwrites(), "kept", keptAfterForget())
		return
	}
	for godebug, want := range map[string]string{
		"clobberfree=1":            "overwrites true kept false",
		"panicnil=1,clobberfree=1": "overwrites true kept false",
		"clobberfree=0":            "overwrites false kept true",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestForget$", "-test.count=1")
		cmd.Env = append(os.Environ(), "WIPE_FORGET=1", "GODEBUG="+godebug)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v\n%s", godebug, err, out)
		}
	}
}

// keptAfterForget says whether bytes that nothing refers to any more are still
// where they were.
//
//go:noinline
func keptAfterForget() bool {
	secret := []byte(strings.Repeat("secret", 40))
	other := make([][]byte, 64) // keeps the span
	for i := range other {
		other[i] = make([]byte, len(secret))
	}
	at := uintptr(unsafe.Pointer(&secret[0]))
	want := bytes.Clone(secret[64:128])
	secret = nil
	forget()
	now := make([]byte, len(want))
	memory, err := os.Open("/proc/self/mem")
	if err == nil {
		_, err = memory.ReadAt(now, int64(at)+64)
		memory.Close()
	}
	runtime.KeepAlive(other)
	return err == nil && bytes.Equal(now, want)
}
