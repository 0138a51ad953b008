package view

import "golang.org/x/sys/unix"

const (
	auditArch   = unix.AUDIT_ARCH_AARCH64
	foreignFrom = 0 // a 32-bit program has an architecture of its own
	mknod       = 0 // there is only mknodat
)

func ownPrivileged() []uint32  { return nil }
func ownDispensable() []uint32 { return nil }
