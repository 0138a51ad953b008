package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine says in a line what this was measured on, and how busy that was.
func machine() string {
	release, _ := os.ReadFile("/etc/os-release") // then its name is missing
	memory, _ := os.ReadFile("/proc/meminfo")    // likewise
	load, _ := os.ReadFile("/proc/loadavg")      // likewise
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s on Linux %s, %d cores, %s, no GPU; load at the end %s",
		field(string(release), "PRETTY_NAME="), strings.TrimSpace(string(kernel)), runtime.NumCPU(), gibibytes(string(memory)),
		strings.Join(strings.Fields(string(load))[:min(1, len(strings.Fields(string(load))))], ""))
}

// field reads NAME="value" from a file like os-release(5).
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok {
			return strings.Trim(value, `"`)
		}
	}
	return "an unknown system"
}

// gibibytes reads how much memory there is from proc_meminfo(5).
func gibibytes(text string) string {
	var kib float64
	if _, err := fmt.Sscanf(text, "MemTotal: %f kB", &kib); err != nil {
		return "unknown memory"
	}
	return fmt.Sprintf("%.0f GiB", kib/1024/1024)
}
