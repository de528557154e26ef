package detect

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"vakt/internal/event"
)

// sums are hashes of 64 bits: of the values of a field, or of every group that a
// record belongs to by some fields.
type sums struct {
	number int // of the record
	list   []uint64
}

// sums finds those of the record at hand by a set of fields, once. Without
// fields there is one group.
func (w *Worker) sums(r *event.Record, set int) []uint64 {
	s := &w.summed[set]
	if s.number == w.number {
		return s.list
	}
	s.number = w.number
	fields := w.d.sets[set]
	if len(fields) == 0 {
		s.list = append(s.list[:0], w.d.sumOf(nil))
		return s.list
	}
	s.list = append(s.list[:0], w.fieldSums(r, fields[0])...)
	for _, f := range fields[1:] {
		values := w.fieldSums(r, f)
		if len(values) == 0 {
			s.list = s.list[:0]
			break
		}
		before := len(s.list)
		for _, v := range values[1:] {
			for _, group := range s.list[:before] {
				s.list = append(s.list, w.d.salt.join(group, v))
			}
		}
		for i, group := range s.list[:before] {
			s.list[i] = w.d.salt.join(group, values[0])
		}
	}
	return s.list
}

// fieldSums are the hashes of the values of a field, in lower case; empty ones
// are left out.
func (w *Worker) fieldSums(r *event.Record, f event.Field) []uint64 {
	for len(w.ofFields) <= int(f) {
		w.ofFields = append(w.ofFields, sums{})
	}
	s := &w.ofFields[f]
	if s.number == w.number {
		return s.list
	}
	s.number, s.list = w.number, s.list[:0]
	add := func(text []byte) {
		if len(text) > 0 {
			sum, plain := w.d.salt.lowerSum(text)
			if !plain {
				w.text = appendLower(w.text[:0], text)
				sum = w.d.salt.sum(w.text)
			}
			s.list = append(s.list, sum)
		}
	}
	switch v, is := r.Only(f); is {
	case event.Alone:
		add(v.Text)
	case event.Mixed:
		for _, v := range r.Field(f).List {
			add(v.Text)
		}
	}
	return s.list
}

// sumOf is the hash of a group by its text, as sums has it.
func (d *Detector) sumOf(group []byte) uint64 {
	value, rest, more := bytes.Cut(group, []byte(joint))
	sum := d.salt.sum(value)
	for more {
		value, rest, more = bytes.Cut(rest, []byte(joint))
		sum = d.salt.join(sum, d.salt.sum(value))
	}
	return sum
}

// salt makes the hashes of one run unlike those of any other, so that nobody can
// choose values that have one.
type salt [4]uint64

func newSalt() (s salt) {
	for i := range s {
		s[i] = maphash.Bytes(maphash.MakeSeed(), nil)
	}
	return s
}

// fold mixes two words by what they multiply to.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// sum is the hash of a text.
func (s *salt) sum(text []byte) uint64 {
	sum, size := s[0], len(text)
	for ; len(text) >= 8; text = text[8:] {
		sum = fold(sum^binary.LittleEndian.Uint64(text), s[1])
	}
	return s.end(sum, tailWord(text), size)
}

// lowerSum is the hash of a text in lower case, where it is plain: of ASCII without
// a joint.
func (s *salt) lowerSum(text []byte) (sum uint64, plain bool) {
	sum, size := s[0], len(text)
	for ; len(text) >= 8; text = text[8:] {
		word, plain := lowerWord(binary.LittleEndian.Uint64(text))
		if !plain {
			return 0, false
		}
		sum = fold(sum^word, s[1])
	}
	word, plain := lowerWord(tailWord(text))
	return s.end(sum, word, size), plain
}

// tailWord is less than eight bytes, filled up with blanks.
func tailWord(text []byte) uint64 {
	word := uint64(0x2020202020202020)
	for i := len(text) - 1; i >= 0; i-- {
		word = word<<8 | uint64(text[i])
	}
	return word
}

// end is the hash of a text of a size from that of its whole words and the rest.
// The size tells blanks of the text from those of tailWord. It must not meet the
// words of the text: there it could take back what differs in them.
func (s *salt) end(sum, tail uint64, size int) uint64 {
	return fold(fold(sum^tail, s[1])^s[2]^uint64(size), s[3])
}

// join is the hash of a group that has one value more.
func (s *salt) join(group, value uint64) uint64 { return fold(group^s[2], value^s[3]) }

// sumTag is what a trace keeps of the hash of a group.
func sumTag(sum uint64) uint32 { return uint32(sum >> tagBits) }
