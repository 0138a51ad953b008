package view

import "golang.org/x/sys/unix"

// newest is the highest system call that was judged here, of Linux 6.19.
// Since Linux 5.3 new ones have the same number on every architecture.
const newest = unix.SYS_LISTNS

// privileged are refused with EPERM: what changes the machine, its clock, its
// kernel or another process, or leaves the view's surroundings.
func privileged() []uint32 {
	return []uint32{
		// The machine.
		unix.SYS_ACCT, unix.SYS_QUOTACTL, unix.SYS_QUOTACTL_FD, unix.SYS_REBOOT, unix.SYS_SWAPOFF, unix.SYS_SWAPON,
		unix.SYS_SYSLOG, unix.SYS_VHANGUP,
		unix.SYS_ADJTIMEX, unix.SYS_CLOCK_ADJTIME, unix.SYS_CLOCK_SETTIME, unix.SYS_SETTIMEOFDAY,
		// Its kernel.
		unix.SYS_BPF, unix.SYS_DELETE_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_INIT_MODULE, unix.SYS_KEXEC_FILE_LOAD,
		unix.SYS_KEXEC_LOAD, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_LOOKUP_DCOOKIE, unix.SYS_NFSSERVCTL,
		// Keys, which the kernel keeps for a user, not for a process.
		unix.SYS_ADD_KEY, unix.SYS_KEYCTL, unix.SYS_REQUEST_KEY,
		// Other processes.
		unix.SYS_KCMP, unix.SYS_PIDFD_GETFD, unix.SYS_PROCESS_MADVISE, unix.SYS_PROCESS_MRELEASE, unix.SYS_PROCESS_VM_READV,
		unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PTRACE, unix.SYS_MIGRATE_PAGES, unix.SYS_MOVE_PAGES,
		// Files by another way than their path, and other surroundings. pivot_root
		// stays: bubblewrap needs it.
		unix.SYS_CHROOT, unix.SYS_FANOTIFY_INIT, unix.SYS_FANOTIFY_MARK, unix.SYS_NAME_TO_HANDLE_AT,
		unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_SETDOMAINNAME, unix.SYS_SETHOSTNAME, unix.SYS_SETNS,
		unix.SYS_REMAP_FILE_PAGES,
	}
}

// dispensable are refused with ENOSYS: large parts of the kernel that are new,
// have had many holes, or hold memory that no process shows.
func dispensable() []uint32 {
	return []uint32{
		unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_IO_URING_SETUP,
		// The newer way to mount: bubblewrap takes the older one.
		unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSOPEN, unix.SYS_FSPICK, unix.SYS_LISTMOUNT, unix.SYS_LISTNS,
		unix.SYS_MOUNT_SETATTR, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_OPEN_TREE_ATTR, unix.SYS_STATMOUNT,
		// Memory that is counted for nobody, or that a wipe cannot look at. Of
		// System V's, GTK falls back to sending its pictures.
		unix.SYS_MEMFD_SECRET, unix.SYS_MQ_GETSETATTR, unix.SYS_MQ_NOTIFY, unix.SYS_MQ_OPEN, unix.SYS_MQ_TIMEDRECEIVE,
		unix.SYS_MQ_TIMEDSEND, unix.SYS_MQ_UNLINK, unix.SYS_MSGCTL, unix.SYS_MSGGET, unix.SYS_MSGRCV, unix.SYS_MSGSND,
		unix.SYS_SEMCTL, unix.SYS_SEMGET, unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP, unix.SYS_SHMAT, unix.SYS_SHMCTL,
		unix.SYS_SHMDT, unix.SYS_SHMGET,
		// Where memory lies on machines with many processors.
		unix.SYS_GET_MEMPOLICY, unix.SYS_MBIND, unix.SYS_SET_MEMPOLICY, unix.SYS_SET_MEMPOLICY_HOME_NODE,
		unix.SYS_CACHESTAT, // tells which files others read
	}
}
