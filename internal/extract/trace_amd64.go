package extract

import "slices"

// plainLoose goes on from one loose scalar to the next, as compare does, as long
// as nothing about them is rare, and returns the number of the one that is left to
// compare, the place up to which all is known, and the changes.
func (t *trace) plainLoose(b []byte, from, next int, changes []change) (int, int, []change) {
	if t.kernel != AVX2 || from == len(b) {
		return next, from, changes
	}
	left := t.node.loose[next:]
	changes = slices.Grow(changes, len(left))
	room := changes[len(changes):cap(changes)]
	passed, changed, from := plainLooseAVX2(&b[0], from, len(b), &left[0], &room[0])
	return next + passed, from, changes[:len(changes)+changed]
}

// plainLooseAVX2 is plainLoose in b of a size: from l on, one of the loose scalars
// of a node, with room for as many changes. It tells how many it passed, how many
// changed, and the place in b behind the last. It is in trace_amd64.s.
//
//go:noescape
func plainLooseAVX2(b *byte, from, size int, l *loose, room *change) (passed, changed, to int)
