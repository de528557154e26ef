package rule

import (
	"encoding/binary"
	"math/bits"
)

const (
	nearValues = 16  // of a field; a power of two
	nearWays   = 4   // at a crossing; a power of two
	maxNear    = 128 // bytes of a value that is kept at a crossing
)

// near is a value that came lately and what it leads to. Of most fields a few
// values come again and again; they are told apart by a few bytes, which is
// quicker than a hash of all. One with the same few bytes takes its place.
type near[T any] struct {
	mark   uint64
	length int
	to     *T     // nil: there is no value
	value  []byte // a copy
}

// is tells whether it is a value, of which mark is the mark.
func (n *near[T]) is(raw []byte, mark uint64) bool {
	return n.mark == mark && n.length == len(raw) && n.to != nil && (len(raw) <= 8 || string(n.value) == string(raw))
}

// set keeps a value in place of the one before.
func (n *near[T]) set(raw []byte, mark uint64, to *T) {
	n.mark, n.length, n.to, n.value = mark, len(raw), to, append(n.value[:0], raw...)
}

// nearPlace is where among so many, a power of two, a value belongs.
func nearPlace(mark uint64, length, of int) uint64 {
	const golden = 0x9e3779b97f4a7c15
	return (mark ^ uint64(length)) * golden >> (65 - bits.Len(uint(of)))
}

// markOf is made of the last and the middle bytes of a value, or of all bytes
// of a short one: two values of one length up to eight are equal where their
// marks are.
func markOf(raw []byte) uint64 {
	const odd = 0xff51afd7ed558ccd
	switch n := len(raw); {
	case n > 16:
		return binary.LittleEndian.Uint64(raw[n-8:]) ^ binary.LittleEndian.Uint64(raw[n/2-4:])*odd
	case n >= 8:
		return binary.LittleEndian.Uint64(raw[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(raw))<<32 | uint64(binary.LittleEndian.Uint32(raw[n-4:]))
	case n > 0:
		return uint64(raw[0])<<16 | uint64(raw[n/2])<<8 | uint64(raw[n-1])
	}
	return 0
}
