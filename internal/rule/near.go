package rule

import "encoding/binary"

const (
	nearBits   = 6
	nearValues = 1 << nearBits // of a field
)

// nearby are values of a field that came lately, and their classes. Of most
// fields a few values come again and again; they are told apart by a few bytes,
// which is quicker than a hash of all. One with the same few bytes takes the
// place of the one before.
type nearby []near // none yet, or nearValues

type near struct {
	mark  uint64
	class *class // nil: there is no value
	value []byte // a copy
}

// find returns the class of a value, of which mark is the mark, or nil.
func (all nearby) find(raw []byte, mark uint64) *class {
	if place := nearPlace(mark); place < uint64(len(all)) && all[place].is(raw, mark) {
		return all[place].class
	}
	return nil
}

func (n *near) is(raw []byte, mark uint64) bool {
	return n.mark == mark && len(n.value) == len(raw) && (len(raw) < 8 || string(n.value) == string(raw))
}

// put keeps a value.
func (all *nearby) put(raw []byte, mark uint64, c *class) {
	if *all == nil {
		*all = make(nearby, nearValues)
	}
	n := &(*all)[nearPlace(mark)]
	n.mark, n.class, n.value = mark, c, append(n.value[:0], raw...)
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
