package extract

import "slices"

// plainLoose goes on from one loose scalar to the next, as compare does, as long
// as nothing about them is rare. It tells how many it passed, the place behind
// them, the changes, and of the bytes before the next scalar, which are those
// given where it passed none, how many are equal: no, where all are or it has not
// looked.
func (t *trace) plainLoose(b []byte, from, next int, before []byte, changes []change) (int, int, []change, int) {
	if !t.kernel.hasAVX2() || from == len(b) || len(before) == 0 {
		return 0, from, changes, no
	}
	left := t.node.loose[next:]
	n := len(changes)
	if cap(changes)-n < len(left) {
		changes = slices.Grow(changes, len(left))
	}
	changes = changes[:cap(changes)]
	passed, changed, from, same := plainLooseAVX2(&b[0], from, len(b), &left[0], &before[0], len(before), &changes[n])
	return passed, from, changes[:n+changed], same
}

// plainLooseAVX2 is plainLoose in b of a size: from l on, one of the loose scalars
// of a node, with a number of bytes before it, and with room for as many changes.
// It is in trace_amd64.s.
//
//go:noescape
func plainLooseAVX2(b *byte, from, size int, l *loose, before *byte, length int, room *change) (passed, changed, to, same int)
