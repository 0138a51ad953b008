package confine

import "golang.org/x/sys/unix"

// What struct seccomp_data says of a call from a program for this processor:
// AuditArch is its architecture. A number from ForeignFrom on is one of another
// interface; 0 = there is none.
const (
	AuditArch = unix.AUDIT_ARCH_X86_64
	// ForeignFrom is where the numbers of x32 begin, another interface of the
	// same architecture; glibc for it is in no image.
	ForeignFrom = 0x40000000
)
