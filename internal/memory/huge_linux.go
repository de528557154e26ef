package memory

import "golang.org/x/sys/unix"

// arenaBytes is what the Go heap takes from the system at a time, and where such
// a part begins, on machines of 64 bits. A part is mapped piece by piece as it is
// needed, and pieces that come later know nothing of what was asked for those
// before: so all that is mapped of it is asked for with each part of a table. Small
// things that stand between the tables come in huge pages with them, and do not
// keep a table from getting one by having been there first.
const arenaBytes = 64 << 20

// huge is madvise(2) with MADV_HUGEPAGE, which the kernel heeds unless
// /sys/kernel/mm/transparent_hugepage/enabled says never. Memory of the Go heap
// does not move, so that its address may be told. What is not mapped yet is passed
// over, which the kernel tells behind the others.
func huge(from, bytes uintptr) {
	to := (from + bytes + arenaBytes - 1) &^ (arenaBytes - 1)
	from &^= arenaBytes - 1
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_HUGEPAGE)
}
