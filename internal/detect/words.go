package detect

import "hash/maphash"

// words numbers texts that come again and again: groups, values, names. The
// number of a text is its place in an arena; that of the empty text is 0. One
// worker's numbers mean nothing to another.
//
// The table is one of extendible hashing: a page that is full is split in two,
// and nothing else moves, so that growing neither stops the worker nor leaves
// anything behind.
type words struct {
	arena
	seed  maphash.Seed
	table []*wordPage // by the first bits of the tag; a page may stand several times
	bits  uint        // how many bits that are
	// lately are the words that came last, by the last bits of the tag, each
	// as tag and number: a look at it costs less than one at the pages. Number
	// 0: the text came once and has none.
	lately [latelyWords]uint64
}

// wordPage holds words whose tags begin alike, each as tag and number; 0 is
// free. The tag is 32 bits of the hash.
type wordPage struct {
	slots *[wordSlots]uint64
	count int
	bits  uint // how many first bits are alike
}

const (
	wordSlots = 1 << 10
	fullWords = wordSlots * 7 / 8
	tagBits   = 32

	latelyWords = 1 << 13
)

// begin makes the words ready, which hold none yet. They are too large to be
// copied.
func (w *words) begin(seed maphash.Seed) {
	w.seed, w.table = seed, []*wordPage{{slots: new([wordSlots]uint64)}}
}

// tag is the same in all workers of a detector.
func (w *words) tag(text []byte) uint32 { return uint32(maphash.Bytes(w.seed, text) >> tagBits) }

// put numbers a text.
func (w *words) put(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	tag := w.tag(text)
	number, slot := w.late(tag, text)
	if number == 0 {
		number = w.number(tag, text)
		*slot = uint64(tag)<<tagBits | uint64(number)
	}
	return number
}

// met is the number of a text that came not long ago. A text that comes for
// the second time gets one; ok is false for the first.
func (w *words) met(text []byte) (number uint32, ok bool) {
	tag := w.tag(text)
	number, slot := w.late(tag, text)
	if number == 0 {
		once := uint64(tag) << tagBits
		if *slot != once {
			*slot = once
			return 0, false
		}
		number = w.number(tag, text)
		*slot = once | uint64(number)
	}
	return number, number != 0
}

// late is the number of a text that is among those that came lately, else 0,
// and its place among them.
func (w *words) late(tag uint32, text []byte) (number uint32, slot *uint64) {
	slot = &w.lately[tag%latelyWords]
	number = uint32(*slot)
	if uint32(*slot>>tagBits) != tag || number != 0 && string(w.text(number)) != string(text) {
		number = 0
	}
	return number, slot
}

// number looks at the pages.
func (w *words) number(tag uint32, text []byte) uint32 {
	for {
		p := w.table[tag>>(tagBits-w.bits)]
		slot := p.find(w, tag, text)
		if *slot != 0 {
			return uint32(*slot)
		}
		if p.count < fullWords {
			number := w.arena.put(text)
			if number != 0 {
				*slot = uint64(tag)<<tagBits | uint64(number)
				p.count++
			}
			return number
		}
		if p.bits == tagBits {
			w.full = true
			return 0
		}
		w.split(p, tag)
	}
}

// find is the number of a text that has one, else 0. It changes nothing.
func (w *words) find(text []byte) uint32 {
	tag := w.tag(text)
	return uint32(*w.table[tag>>(tagBits-w.bits)].find(w, tag, text))
}

// find is the slot of a text, or the free one that it is to have.
func (p *wordPage) find(w *words, tag uint32, text []byte) *uint64 {
	for at := tag; ; at++ {
		slot := &p.slots[at%wordSlots]
		if *slot == 0 || uint32(*slot>>tagBits) == tag && string(w.text(uint32(*slot))) == string(text) {
			return slot
		}
	}
}

// split parts the words of a page that a tag leads to by the next bit.
func (w *words) split(p *wordPage, tag uint32) {
	if p.bits == w.bits {
		wider := make([]*wordPage, 2*len(w.table))
		for i := range wider {
			wider[i] = w.table[i/2]
		}
		w.table, w.bits = wider, w.bits+1
	}
	old := *p.slots
	*p.slots, p.count = [wordSlots]uint64{}, 0
	p.bits++
	other := &wordPage{slots: new([wordSlots]uint64), bits: p.bits}
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		to, at := p, uint32(slot>>tagBits)
		if at>>(tagBits-p.bits)&1 == 1 {
			to = other
		}
		for ; to.slots[at%wordSlots] != 0; at++ {
		}
		to.slots[at%wordSlots] = slot
		to.count++
	}
	span := 1 << (w.bits - p.bits) // places of a page in the list
	from := int(tag>>(tagBits-p.bits)|1) * span
	for i := range span {
		w.table[from+i] = other
	}
}
