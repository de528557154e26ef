package daemon

import (
	"encoding/binary"
	"errors"

	"vakt/internal/event"
	"vakt/internal/memory"
)

// keySet remembers which records were seen, and in which input first, in 16
// bytes and some slack a record. Of the inputs that hold a record the one that
// compares least is the first, whichever was read first.
//
// The table is one of extendible hashing: a page that is full is split in two,
// and nothing else moves.
type keySet struct {
	compare func(a, b int) int // inputs
	table   []*keyPage         // by the first bits of the key; a page may stand several times
	bits    uint               // how many bits that are
	pages   int                // how many there are
	firsts  []int              // by input: records that were seen there first
	repeats bool               // a key came again
	touched byte               // what touch has read: it is worth nothing
}

const maxInputs = 1<<23 - 2

// errInputs says that a keySet cannot tell more inputs apart.
var errInputs = errors.New("more than 8 million inputs: read them in several runs")

// keySlot is 104 bits of a key, which is a hash, then 23 bits of the input, from
// 1, and one that says that the record was seen again. No input: free.
type keySlot event.Key

const (
	keptBytes = 13
	againBit  = 1
)

// keyPage holds keys that begin alike.
type keyPage struct {
	slots *[keySlots]keySlot
	count int
	bits  uint // how many first bits are alike
}

const (
	keySlots = 1 << 9
	fullKeys = keySlots * 7 / 8
)

func newKeySet(compare func(a, b int) int) *keySet {
	return &keySet{compare: compare, pages: 1, table: []*keyPage{{slots: new([keySlots]keySlot)}}}
}

// add puts the keys of records of an input in.
func (s *keySet) add(input int, keys []event.Key) error {
	if input > maxInputs {
		return errInputs
	}
	for len(s.firsts) <= input {
		s.firsts = append(s.firsts, 0)
	}
	s.touch(keys)
	for i := range keys {
		slot, found := s.place(&keys[i])
		first := input
		if found {
			s.repeats = true
			if first = slot.input(); s.compare(input, first) < 0 {
				s.firsts[first]--
				s.firsts[input]++
				first = input
			}
		} else {
			s.firsts[input]++
		}
		slot.set(&keys[i], first, found)
	}
	return nil
}

// touch reads from where each key is looked for first. Memory is asked for all of
// them before any answer is waited for, and then has them at hand.
func (s *keySet) touch(keys []event.Key) {
	for i := range keys {
		s.touched ^= s.page(&keys[i]).slots[firstSlot(&keys[i])][0]
	}
}

// firstSlot is where a page is looked at first for a key: bits behind those of the
// page tell.
func firstSlot(k *event.Key) uint32 { return binary.LittleEndian.Uint32(k[8:]) % keySlots }

// first is how many records of an input were seen in no earlier one, nor
// before in the same.
func (s *keySet) first(input int) int {
	if input >= len(s.firsts) {
		return 0
	}
	return s.firsts[input]
}

// again says whether a key was added more than once.
func (s *keySet) again(k event.Key) bool {
	if !s.repeats {
		return false
	}
	slot, found := s.page(&k).find(&k)
	return found && slot[keptBytes]&againBit != 0
}

// page is the one that a key belongs to.
func (s *keySet) page(k *event.Key) *keyPage {
	return s.table[binary.BigEndian.Uint64(k[:])>>(64-s.bits)]
}

// place is the slot of a key: its own, or a free one that is taken with that.
func (s *keySet) place(k *event.Key) (slot *keySlot, found bool) {
	for {
		p := s.page(k)
		if slot, found = p.find(k); found {
			return slot, true
		}
		if p.count < fullKeys {
			p.count++
			return slot, false
		}
		s.split(p, binary.BigEndian.Uint64(k[:]))
	}
}

// find is the slot of a key, or the free one that it would have. Keys are compared
// as two words, which lie across each other.
func (p *keyPage) find(k *event.Key) (slot *keySlot, found bool) {
	first, last := binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[keptBytes-8:keptBytes])
	for at := firstSlot(k); ; at++ {
		slot = &p.slots[at%keySlots]
		if slot.input() < 0 {
			return slot, false
		}
		if binary.LittleEndian.Uint64(slot[:8]) == first && binary.LittleEndian.Uint64(slot[keptBytes-8:keptBytes]) == last {
			return slot, true
		}
	}
}

// split parts the keys of a page that the first bits of one lead to.
func (s *keySet) split(p *keyPage, first uint64) {
	if p.bits == s.bits {
		wider := make([]*keyPage, 2*len(s.table))
		for i := range wider {
			wider[i] = s.table[i/2]
		}
		s.table, s.bits = wider, s.bits+1
	}
	old := *p.slots
	*p.slots, p.count = [keySlots]keySlot{}, 0
	p.bits++
	other := &keyPage{slots: new([keySlots]keySlot), bits: p.bits}
	s.pages++
	memory.Huge(other.slots[:], s.pages*keySlots)
	for i := range old {
		if old[i].input() < 0 {
			continue
		}
		to := p
		if binary.BigEndian.Uint64(old[i][:])>>(64-p.bits)&1 == 1 {
			to = other
		}
		slot, _ := to.find((*event.Key)(&old[i]))
		*slot = old[i]
		to.count++
	}
	span := 1 << (s.bits - p.bits) // places of a page in the table
	from := int(first>>(64-p.bits)|1) * span
	for i := range span {
		s.table[from+i] = other
	}
}

// input is the one that a slot names; -1: the slot is free.
func (s *keySlot) input() int {
	return int(binary.LittleEndian.Uint32(s[keptBytes-1:])>>9) - 1
}

func (s *keySlot) set(k *event.Key, input int, again bool) {
	tail := uint32(input+1)<<9 | uint32(k[keptBytes-1])
	if again {
		tail |= againBit << 8
	}
	*s = keySlot(*k)
	binary.LittleEndian.PutUint32(s[keptBytes-1:], tail)
}
