package confine

import "golang.org/x/sys/unix"

// Offsets in struct seccomp_data, for Load. Arguments are 64 bits wide,
// little-endian.
const (
	DataNumber = 0
	DataArch   = 4
	DataArgs   = 16
)

// Begin are the first instructions of a filter: a program of another
// architecture, which has other numbers, is killed; then the number of the
// system call is loaded.
func Begin() []unix.SockFilter {
	f := []unix.SockFilter{Load(DataArch), Jump(unix.BPF_JEQ, AuditArch, 1, 0), Answer(unix.SECCOMP_RET_KILL_PROCESS), Load(DataNumber)}
	if ForeignFrom != 0 {
		f = append(f, Jump(unix.BPF_JGE, ForeignFrom, 0, 1), Answer(unix.SECCOMP_RET_KILL_PROCESS))
	}
	return f
}

// Load loads a word of struct seccomp_data.
func Load(offset int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: uint32(offset)}
}

// Mask keeps some bits of what was loaded.
func Mask(bits uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: bits}
}

// Jump compares what was loaded with k and passes over so many instructions.
func Jump(kind uint16, k uint32, yes, no int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | kind | unix.BPF_K, K: k, Jt: uint8(yes), Jf: uint8(no)}
}

// Answer ends the filter.
func Answer(what uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
}

// Refuse ends the filter: the call fails with an error.
func Refuse(e unix.Errno) unix.SockFilter { return Answer(unix.SECCOMP_RET_ERRNO | uint32(e)) }
