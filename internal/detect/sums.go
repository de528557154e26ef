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
	fields := w.d.sets[set]
	if len(fields) == 1 {
		return w.fieldSums(r, fields[0])
	}
	s := &w.summed[set]
	if s.number != w.number {
		s.number, s.list = w.number, w.joinSums(s.list[:0], r, fields)
	}
	return s.list
}

// joinSums appends the hashes of the groups by several fields, or by none.
func (w *Worker) joinSums(list []uint64, r *event.Record, fields []event.Field) []uint64 {
	if len(fields) == 0 {
		return append(list, w.d.sumOf(nil))
	}
	for i, f := range fields {
		values := w.fieldSums(r, f)
		switch before := len(list); {
		case len(values) == 0:
			return list[:0]
		case i == 0:
			list = append(list, values...)
		case before == 1 && len(values) == 1: // as mostly
			list[0] = w.d.salt.join(list[0], values[0])
		default:
			list = w.crossSums(list, values)
		}
	}
	return list
}

// crossSums joins each value to each group.
func (w *Worker) crossSums(groups, values []uint64) []uint64 {
	before := len(groups)
	for _, v := range values[1:] {
		for _, group := range groups[:before] {
			groups = append(groups, w.d.salt.join(group, v))
		}
	}
	for i, group := range groups[:before] {
		groups[i] = w.d.salt.join(group, values[0])
	}
	return groups
}

// fieldSums are the hashes of the values of a field, in lower case; empty ones
// are left out.
func (w *Worker) fieldSums(r *event.Record, f event.Field) []uint64 {
	columns := r.Columns()
	return w.columnSums(r, &columns, f)
}

// columnSums is fieldSums where the columns of the record are at hand. Most fields
// have one value, which is hashed as it is written.
func (w *Worker) columnSums(r *event.Record, columns *event.Columns, f event.Field) []uint64 {
	if int(f) >= len(w.ofFields) {
		w.ofFields = append(w.ofFields, make([]sums, int(f)+1-len(w.ofFields))...)
	}
	s := &w.ofFields[f]
	if s.number == w.number {
		return s.list
	}
	s.number, s.list = w.number, s.list[:0]
	if text, ok := columns.Written(f); ok && len(text) > 0 {
		if sum, plain := w.d.salt.lowerSum(text); plain {
			s.list = append(s.list, sum)
			return s.list
		}
	}
	s.list = w.decodedSums(s.list, r, f)
	return s.list
}

// decodedSums appends the hashes of the values of a field that cannot be taken as
// it is written.
func (w *Worker) decodedSums(list []uint64, r *event.Record, f event.Field) []uint64 {
	switch v, is := r.Only(f); is {
	case event.Alone:
		if len(v.Text) > 0 {
			list = append(list, w.textSum(v.Text))
		}
	case event.Mixed:
		for _, v := range r.Field(f).List {
			if len(v.Text) > 0 {
				list = append(list, w.textSum(v.Text))
			}
		}
	}
	return list
}

// textSum is the hash of a text in lower case.
func (w *Worker) textSum(text []byte) uint64 {
	sum, plain := w.d.salt.lowerSum(text)
	if !plain {
		w.text = appendLower(w.text[:0], text)
		sum = w.d.salt.sum(w.text)
	}
	return sum
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
	if len(text) < 8 {
		return s.end(s[0], shortWord(text), 0, len(text))
	}
	sum, rest := s[0], text
	for ; len(rest) > 16; rest = rest[16:] {
		sum = fold(binary.LittleEndian.Uint64(rest)^s[1], binary.LittleEndian.Uint64(rest[8:])^sum)
	}
	rest = text[max(0, len(text)-16):]
	return s.end(sum, binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[len(rest)-8:]), len(text))
}

// lowerSum is the hash of a text in lower case, where it is plain: of ASCII without
// joints and backslashes.
func (s *salt) lowerSum(text []byte) (sum uint64, plain bool) {
	if len(text) < 8 {
		word := shortWord(text)
		return s.end(s[0], lowerASCII(word), 0, len(text)), isPlain(plainBytes(word))
	}
	sum, rest, seen := s[0], text, uint64(highs)
	for ; len(rest) > 16; rest = rest[16:] {
		a, b := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
		seen &= plainBytes(a) & plainBytes(b)
		sum = fold(lowerASCII(a)^s[1], lowerASCII(b)^sum)
	}
	rest = text[max(0, len(text)-16):]
	a, b := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[len(rest)-8:])
	return s.end(sum, lowerASCII(a), lowerASCII(b), len(text)), isPlain(seen & plainBytes(a) & plainBytes(b))
}

// plainBytes has the highest bit of each of eight bytes that is ASCII and neither a
// joint nor a backslash; if one is not ASCII, that of this one is not there, and those
// of others may not be told rightly.
func plainBytes(word uint64) uint64 {
	const rest = highs - eachByte
	return (word + rest) & (word ^ '\\'*eachByte + rest) &^ word
}

// isPlain tells whether all eight bytes have their highest bit.
func isPlain(seen uint64) bool { return seen&highs == highs }

// shortWord is less than eight bytes, some of them twice or filled up with blanks.
func shortWord(text []byte) (word uint64) {
	if n := len(text); n >= 4 {
		return uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	}
	word = 0x2020202020202020
	for _, c := range text {
		word = word<<8 | uint64(c)
	}
	return word
}

// end is the hash of a text of a size from that of what stands before its last words.
// The size tells blanks of the text from those of shortWord. It must not meet the
// words of the text: there it could take back what differs in them.
func (s *salt) end(sum, a, b uint64, size int) uint64 {
	return fold(fold(a^s[1], b^sum)^s[2]^uint64(size), s[3])
}

// join is the hash of a group that has one value more.
func (s *salt) join(group, value uint64) uint64 { return fold(group^s[2], value^s[3]) }

// sumTag is what a trace keeps of the hash of a group.
func sumTag(sum uint64) uint32 { return uint32(sum >> tagBits) }
