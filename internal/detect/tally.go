package detect

import (
	"math"

	"vakt/internal/memory"
)

// tally counts what the suspects of a range of tags say, in one slot for each
// tag. By that it is known of most groups that they cannot fire, and nothing more
// is done with those. It says too much where groups share a tag, and never too
// little.
type tally struct {
	slots  []tallied // a power of two
	count  int       // tags
	seen   uint32    // see fetch
	counts tallyKind
}

// tallied is what the suspects of a tag say.
type tallied struct {
	tag   uint32
	times uint32 // suspects, or by value how often it changed and one more; 0: the slot is free
	word  uint64 // the last value, or the rules, a bit each
}

// tallyKind is what is counted.
type tallyKind uint8

const (
	ofSuspects tallyKind = iota
	ofValues
	ofRules
)

// enough stands for as many suspects as it takes.
const enough = math.MaxUint32

const fewTags = 1 << 6

// tallyOf is what is counted for a target.
func (t *target) tallyOf() tallyKind {
	switch {
	case temporal(t.rule):
		return ofRules
	case t.rule.Travel != nil || t.rule.Type == "value_count":
		return ofValues
	}
	return ofSuspects
}

// begin forgets what was counted, and makes room for so many tags.
func (y *tally) begin(counts tallyKind, tags int) {
	size := fewTags
	for 3*size < 4*tags {
		size *= 2
	}
	y.slots = roomy(y.slots, size)[:size]
	clear(y.slots)
	y.count, y.counts = 0, counts
}

// room makes sure that so many more tags have slots.
func (y *tally) room(more int) {
	for 4*(y.count+more) > 3*len(y.slots) {
		old := y.slots
		y.slots = make([]tallied, 2*len(old))
		memory.Huge(y.slots, len(y.slots))
		for i := range old {
			if old[i].times > 0 {
				*y.slot(old[i].tag) = old[i]
			}
		}
	}
}

// slot is that of a tag, or the free one that it would have.
func (y *tally) slot(tag uint32) *tallied {
	last := uint32(len(y.slots) - 1)
	for at := tag; ; at++ {
		if s := &y.slots[at&last]; s.tag == tag || s.times == 0 {
			return s
		}
	}
}

// fetch brings the slots of traces near: to wait for many at once takes little
// more than to wait for one.
func (y *tally) fetch(list []trace) {
	slots, last, seen := y.slots, uint32(len(y.slots)-1), uint32(0)
	for i := range list {
		seen |= slots[list[i].tag&last].times
	}
	y.seen = seen
}

// has tells whether a tag was counted.
func (y *tally) has(tag uint32) bool { return y.slot(tag).times > 0 }

// add counts a suspect. There must be room for it.
func (y *tally) add(tag uint32, value uint64) {
	if y.counts == ofRules {
		value = 1 << value
	}
	switch s := y.slot(tag); {
	case s.times == 0:
		*s = tallied{tag, 1, value}
		y.count++
	case y.counts == ofRules:
		s.word |= value
	case s.times < enough-1 && (y.counts == ofSuspects || s.word != value):
		s.times++
		s.word = value
	}
}

// canFire tells of a target whether a group may of which no more is known.
func (s *tallied) canFire(t *target) bool {
	switch {
	case t.rule.Travel != nil:
		return s.times > 1
	case s.times == enough:
		return true
	case temporal(t.rule):
		return t.canFire(1, s.word)
	}
	return t.canFire(int(s.times), 0)
}
