package view

import "golang.org/x/sys/unix"

const mknod = unix.SYS_MKNOD

func ownPrivileged() []uint32 {
	return []uint32{unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_MODIFY_LDT, unix.SYS_USELIB}
}

// ownDispensable has no function in any kernel of today.
func ownDispensable() []uint32 {
	return []uint32{
		unix.SYS_AFS_SYSCALL, unix.SYS_CREATE_MODULE, unix.SYS_EPOLL_CTL_OLD, unix.SYS_EPOLL_WAIT_OLD,
		unix.SYS_GET_KERNEL_SYMS, unix.SYS_GETPMSG, unix.SYS_PUTPMSG, unix.SYS_QUERY_MODULE, unix.SYS_SECURITY,
		unix.SYS_SYSFS, unix.SYS__SYSCTL, unix.SYS_TUXCALL, unix.SYS_USTAT, unix.SYS_VSERVER,
	}
}
