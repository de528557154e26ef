package extract

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Sizes of the pieces in which the index of a buffer is made: small where it
// began anew, as it may have to begin anew again soon.
const (
	indexFirst = 1 << 10
	indexMost  = 32 << 10
)

// quick cuts out the object or list at the place by the index. It is false,
// and has changed nothing, where that takes a closer look: the value is broken,
// an envelope, nested too deep or too large, a line in it begins like a record,
// or the index cannot tell.
func (s *splitter) quick(mayWrap bool) bool {
	if s.lim.noIndex || cap(s.buf) > math.MaxInt32 || s.ownLines && s.cut.start < s.horizon {
		return false
	}
	first := s.bracket()
	w := walk{next: first, limit: MaxDepth, lists: mayWrap}
	for {
		x := &s.batch.index
		switch s.follow(first, &w) {
		case walked:
			end := int(x.at[w.next-1]) + 1
			if end-s.pos > s.lim.Record || x.marks(s.pos, end)&hasOdd != 0 || !s.plainLines(end) {
				return false
			}
			s.pos, s.fresh, s.cut.first, s.next = end, false, first, w.next
			return true
		case listed:
			if s.mayOpen(int(x.at[w.next-1])) {
				return false
			}
		case further:
			if x.until < len(s.buf) {
				s.readIndex()
				continue
			}
			moves := s.moves
			if len(s.buf)-s.pos > s.lim.Record || !s.more() {
				return false
			}
			if s.moves != moves {
				first = s.bracket()
				w = walk{next: first, limit: MaxDepth, lists: mayWrap}
			}
		default:
			return false
		}
	}
}

// follow goes through the brackets of the value: at once where their order is a
// known one, and else one by one.
func (s *splitter) follow(first int, w *walk) progress {
	x := &s.batch.index
	if w.depth == 0 {
		if came := s.recall(first, w); came != unsure {
			return came
		}
	}
	came := x.match(s.buf, w)
	if came == walked {
		s.forms.learn(s.buf, x.at[first:w.next], x.link[first:w.next])
	}
	return came
}

// recall is follow where the order of the brackets is a known one, and unsure
// where it is not, or a list at the first level may be one of records.
func (s *splitter) recall(first int, w *walk) progress {
	x := &s.batch.index
	f, came := s.forms.find(s.buf, x.at[first:])
	if came != walked {
		return came
	}
	if w.lists {
		for _, n := range f.lists {
			if i := int(x.at[first+int(n)]); !s.plainKey(i) && s.mayOpen(i) {
				return unsure
			}
		}
	}
	w.next = first + len(f.link)
	x.room(len(x.at))
	copy(x.link[first:w.next], f.link)
	return walked
}

// bracket returns the number of the bracket at the place, and makes the index
// anew from there where it does not have one.
func (s *splitter) bracket() int {
	x := &s.batch.index
	if s.pos == x.until && s.pos < len(s.buf) {
		s.readIndex()
	}
	if s.next = seek(x.at, s.next, s.pos); s.next == len(x.at) || int(x.at[s.next]) != s.pos {
		x.restart(s.pos)
		s.next = len(x.at)
		s.piece = indexFirst
		s.readIndex()
	}
	return s.next
}

// seek returns the number of the first place from one on. It is quick where
// that is near n.
func seek(places []uint32, n, from int) int {
	for n = min(n, len(places)); n > 0 && int(places[n-1]) >= from; n-- {
	}
	for n < len(places) && int(places[n]) < from {
		n++
	}
	return n
}

// readIndex makes the next piece of the index.
func (s *splitter) readIndex() {
	x := &s.batch.index
	x.extend(s.buf, (x.until+s.piece)&^(blockSize-1)+blockSize)
	s.piece = min(2*s.piece, indexMost)
}

// plainLines passes over the line ends of the value that ends at a place in
// the buffer. It is false, and has passed over none, where a line begins with
// a bracket that may be the next record's or that of the list around.
func (s *splitter) plainLines(end int) bool {
	ends := s.batch.index.ends
	s.nextEnd = seek(ends, s.nextEnd, s.pos)
	before := s.lines
	for _, i := range ends[s.nextEnd:] {
		if int(i) >= end {
			break
		}
		s.newline(int(i))
		if s.beginsRecord(int(i) + 1) {
			s.lines = before
			return false
		}
	}
	return true
}

// beginsRecord reports whether the line at a place in the value may be that of
// the next record, or end the list of records.
func (s *splitter) beginsRecord(from int) bool {
	for i := from; int64(i-from) <= s.cut.column; i++ {
		switch c := s.buf[i]; {
		case class[c] == white || c == ',':
		default:
			return c == s.cut.open || c == ']' && s.lists > 0
		}
	}
	return false
}

// mayOpen reports whether the list at a place, at the first level of the value,
// may be one of records: its key says so, or cannot be told.
func (s *splitter) mayOpen(i int) bool {
	if s.plainKey(i) {
		return false
	}
	i = s.blankBefore(i)
	if s.buf[i] != ':' {
		return false
	}
	i = s.blankBefore(i)
	if s.buf[i] != '"' {
		return true
	}
	start := s.batch.index.quoteBefore(i)
	if start < s.pos || envelopeOf(s.buf[start+1:i]) != "" {
		return true
	}
	c := s.buf[s.blankBefore(start)]
	return c != '{' && c != ','
}

// plainKey reports whether a key stands right before the list at a place that
// does not end like the name of an envelope. It is false for what takes a closer
// look.
func (s *splitter) plainKey(i int) bool {
	if i-s.pos < 16 {
		return false
	}
	before := s.buf[i-10 : i : i]
	if binary.LittleEndian.Uint16(before[8:10:10]) != '"'|':'<<8 || endsLikeEnvelope(binary.LittleEndian.Uint64(before[0:8:8])) {
		return false
	}
	start := s.batch.index.quoteBefore(i - 2)
	return start > s.pos && (s.buf[start-1] == ',' || s.buf[start-1] == '{')
}

// endsLikeEnvelope reports whether a text, of which these are the last eight
// bytes, may be a quote and the name of an envelope.
func endsLikeEnvelope(last uint64) bool {
	const (
		value   = 'e'<<56 | 'u'<<48 | 'l'<<40 | 'a'<<32 | 'v'<<24
		tables  = 's'<<56 | 'e'<<48 | 'l'<<40 | 'b'<<32 | 'a'<<24 | 't'<<16
		records = 's'<<56 | 'd'<<48 | 'r'<<40 | 'o'<<32 | 'c'<<24 | 'e'<<16 | 'r'<<8
	)
	last |= 0x20 * ones
	return last&^(1<<24-1) == value || last&^(1<<16-1) == tables || last&^(1<<8-1) == records
}

// quoteBefore returns the nearest place before i where a string opens or
// closes, or no if it is far.
func (x *index) quoteBefore(i int) int {
	if i < blockSize {
		return no
	}
	from := (i >> 3) - 7
	w := binary.LittleEndian.Uint64(x.quotes[from:from+8:from+8]) & (1<<(56+i&7) - 1)
	if w == 0 {
		return no
	}
	return from<<3 + bits.Len64(w) - 1
}

// blankBefore is the place of the byte before i and before the white space
// there. The bracket of the value ends the search.
func (s *splitter) blankBefore(i int) int {
	for i--; class[s.buf[i]] == white || class[s.buf[i]] == line; i-- {
	}
	return i
}
