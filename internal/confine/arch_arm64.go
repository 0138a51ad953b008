package confine

import "golang.org/x/sys/unix"

// What struct seccomp_data says of a call from a program for this processor:
// AuditArch is its architecture. A number from ForeignFrom on is one of another
// interface; 0 = there is none.
const (
	AuditArch   = unix.AUDIT_ARCH_AARCH64
	ForeignFrom = 0 // a program of 32 bits has another architecture
)
