package rule

import "encoding/binary"

const (
	nearBits   = 6
	nearValues = 1 << nearBits // of a field
	nearShort  = 38            // bytes: an id with its quotes
)

// nearby are values of a field that came lately, and their classes. Of most
// fields a few values come again and again; they are told apart by a few bytes,
// which is quicker than a hash of all. One with the same few bytes takes the
// place of the one before.
type nearby struct {
	_   [7]uint64 // with the word that the allocator puts before it: a line of the cache
	all [nearValues]near
}

// near is a line of the cache, so that no other is touched for a short value.
type near struct {
	mark  uint64
	class *class // nil: there is no value
	long  *[maxMemo]byte
	size  uint16
	short [nearShort]byte // a copy of the value; else it is in long
}

// find returns the class of a value, of which mark is the mark, or nil.
func (n *nearby) find(raw []byte, mark uint64) *class {
	if n != nil {
		if at := &n.all[nearPlace(mark)]; at.mark == mark && int(at.size) == len(raw) && (len(raw) < 8 || at.is(raw)) {
			return at.class
		}
	}
	return nil
}

// is compares all bytes of a value that is as long.
func (n *near) is(raw []byte) bool {
	if len(raw) <= nearShort {
		return string(n.short[:len(raw)]) == string(raw)
	}
	return string(n.long[:len(raw)]) == string(raw)
}

// put keeps a value of at most maxMemo bytes in its place.
func (n *nearby) put(raw []byte, mark uint64, c *class) {
	at := &n.all[nearPlace(mark)]
	at.mark, at.class, at.size = mark, c, uint16(len(raw))
	switch {
	case len(raw) <= nearShort:
		copy(at.short[:], raw)
	case at.long == nil:
		at.long = new([maxMemo]byte)
		fallthrough
	default:
		copy(at.long[:], raw)
	}
}

// nearPlace is where among nearValues a value belongs.
func nearPlace(mark uint64) uint64 {
	const golden = 0x9e3779b97f4a7c15
	return mark * golden >> (64 - nearBits)
}

// markOf is made of the last and the middle bytes of a value, or of all bytes
// of a short one: two values of one length below eight are equal where their
// marks are.
func markOf(raw []byte) (mark uint64) {
	const odd = 0xff51afd7ed558ccd
	n := len(raw)
	switch {
	case n >= 8:
		return binary.LittleEndian.Uint64(raw[n-8:]) ^ (binary.LittleEndian.Uint64(raw[n/2-4:])+uint64(n))*odd
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(raw))<<32 | uint64(binary.LittleEndian.Uint32(raw[n-4:]))
	}
	for _, c := range raw {
		mark = mark<<8 | uint64(c)
	}
	return mark
}
