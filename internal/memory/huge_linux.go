package memory

import "golang.org/x/sys/unix"

// hugeBytes is a huge page on most machines. Where they are larger, so must be what
// is asked for one by one, that it makes a difference.
const hugeBytes = 2 << 20

// huge is madvise(2) with MADV_HUGEPAGE, which the kernel heeds unless
// /sys/kernel/mm/transparent_hugepage/enabled says never. Memory of the Go heap
// does not move, so that its address may be told.
func huge(from, bytes uintptr) {
	to := (from + bytes + hugeBytes - 1) &^ (hugeBytes - 1)
	from &^= hugeBytes - 1
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_HUGEPAGE)
}
