package extract

import (
	"fmt"
	"strconv"
)

// How cutting a value out ended. The reader then stands behind the value, or
// where reading goes on.
type verdict int

const (
	cutWhole  verdict = iota // s.value is the value
	cutWrap                  // it is an envelope; the reader stands at its list
	cutLarge                 // larger than Limits.Record
	cutBroken                // not balanced
)

// cut is the value that is being cut out.
type cut struct {
	place  Place
	start  int64 // offset of its bracket
	column int64
	open   byte   // its bracket
	wraps  string // the container that the newest key at level 1 would open
	defect string

	first int       // of its brackets in the index of the buffer; -1: it was not cut out by the index
	like  *likeness // nil: it was not cut out by a stencil

	last byte // the newest byte that is no white space
	more int  // open brackets beyond those on the stack

	next      int64 // offset of its second line; -1: it has none yet
	nextState lines
	bare      bool  // its first line holds the bracket alone
	inner     int64 // offset of a value in it that could be the next record; -1: none
	innerAt   lines
}

// maxStack is how many open brackets are told apart by kind. Deeper ones,
// which only a value without any sense has, are counted.
const maxStack = 1 << 20

// cutOut reads the object or list at the place. With mayWrap it stops at the
// list of an envelope.
func (s *splitter) cutOut(open byte, mayWrap bool) verdict {
	s.begin(open)
	s.mark = s.pos
	left, came := s.likeStencil(mayWrap)
	switch {
	case came == walked || s.quick(mayWrap):
	default:
		if v := s.brackets(mayWrap); v != cutWhole {
			return v
		}
	}
	if came == unsure {
		s.trees[treeOf(mayWrap)].learn(s.value(), &left)
	}
	return cutWhole
}

// cutOff reads the object or list at the place and holds nothing of it.
func (s *splitter) cutOff(open byte) verdict {
	s.begin(open)
	s.mark = -1
	return s.brackets(false)
}

func (s *splitter) begin(open byte) {
	s.cut = cut{
		place: s.here(), start: s.offset(s.pos), column: s.column(), open: open,
		last: open, next: -1, inner: -1, first: -1,
	}
	s.stack = append(s.stack[:0], open)
}

// value is the value that was cut out.
func (s *splitter) value() []byte {
	from := int(s.cut.start - s.base)
	return s.buf[from:s.pos:s.pos]
}

// item is the value that was cut out, as an item.
func (s *splitter) item() Item {
	it := Item{Raw: s.value(), Place: s.cut.place, Offset: s.cut.start}
	switch {
	case s.cut.like != nil:
		it.like = s.cut.like
	case s.cut.first >= 0:
		it.index, it.from, it.first = &s.batch.index, int32(s.cut.start-s.base), int32(s.cut.first)
	}
	return it
}

// size is how much of the value has been read.
func (s *splitter) size() int64 { return s.offset(s.pos) - s.cut.start }

// held reports whether all of the value that has been read may be kept. It
// does not depend on how the input was read, unlike the mark.
func (s *splitter) held() bool { return s.mark >= 0 && s.size() <= int64(s.lim.Record) }

// refill reads on inside the value, and lets go of what is too large to keep.
// It is false where there is no more, or no use in it.
func (s *splitter) refill() bool {
	if s.size() > int64(s.lim.Record) {
		if s.swallows() {
			return false
		}
		s.mark = -1
	}
	return s.more()
}

// brackets reads up to the bracket that closes the value. It is the inner
// loop of the splitter and long for that reason.
func (s *splitter) brackets(mayWrap bool) verdict {
	c := &s.cut
	s.fresh = false
	s.pos++
	for {
		i, buf := s.pos, s.buf
		for i < len(buf) && (class[buf[i]] == other || class[buf[i]] == between) {
			i++
		}
		if i > s.pos {
			c.last = buf[i-1]
		}
		s.pos = i
		if i == len(buf) {
			if !s.refill() {
				return s.broken("the record is not closed: the input ends", false)
			}
			continue
		}
		switch b := buf[i]; class[b] {
		case white:
			s.pos++
		case line:
			if ok, v := s.lineInside(); !ok {
				return v
			}
		case quoted:
			from := s.offset(i)
			isKey := mayWrap && len(s.stack) == 1 && (c.last == '{' || c.last == ',')
			if !s.passString() {
				return s.broken("a string is not closed on its line", true)
			}
			if isKey {
				c.wraps = s.keyWraps(from)
			}
			c.last = '"'
		case opening:
			if b == '[' && c.wraps != "" && c.last == ':' && len(s.stack) == 1 && s.held() {
				return cutWrap
			}
			s.push(b)
			s.pos++
		case closing:
			if !s.pop(b) {
				return s.broken("brackets do not match", true)
			}
			s.pos++
			if len(s.stack) == 0 {
				return s.closed()
			}
		}
	}
}

// keyWraps names the container that the key just read may open.
func (s *splitter) keyWraps(from int64) string {
	if !s.held() {
		return ""
	}
	key := s.buf[from+1-s.base : s.pos-1]
	if len(key) < len("value") || len(key) > len("records") {
		return ""
	}
	return envelopeOf(key)
}

// push notes an opening bracket.
func (s *splitter) push(b byte) {
	s.cut.last = b
	if len(s.stack) < maxStack {
		s.stack = append(s.stack, b)
	} else {
		s.cut.more++
	}
}

// pop notes a closing bracket and is false if it is of the wrong kind.
func (s *splitter) pop(b byte) bool {
	s.cut.last = b
	if s.cut.more > 0 {
		s.cut.more--
		return true
	}
	if listBit(s.stack[len(s.stack)-1]) != listBit(b) {
		return false
	}
	s.stack = s.stack[:len(s.stack)-1]
	return true
}

// closed ends a balanced value.
func (s *splitter) closed() verdict {
	if s.size() <= int64(s.lim.Record) {
		return cutWhole
	}
	if s.swallows() {
		return s.broken("", false)
	}
	s.cut.defect = tooLarge(s.lim.Record, s.size())
	return cutLarge
}

// tooLarge words the defect of a large record.
func tooLarge(limit int, size int64) string {
	return fmt.Sprintf("larger than %s (%s bytes)", bytesText(limit), thousands(size))
}

// bytesText writes a limit.
func bytesText(limit int) string {
	if limit%(1<<20) == 0 {
		return strconv.Itoa(limit>>20) + " MiB"
	}
	return thousands(int64(limit)) + " bytes"
}

// thousands writes a number with commas.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// passString reads the string at the place. It is false where the string is
// not closed before the end of its line; the reader then stands there.
func (s *splitter) passString() bool {
	s.pos++
	for {
		s.pos = plain(s.buf, s.pos)
		if s.pos == len(s.buf) {
			if !s.refill() {
				return false
			}
			continue
		}
		switch s.buf[s.pos] {
		case '"':
			s.pos++
			return true
		case '\n', '\r':
			return false
		case '\\':
			if s.pos+1 == len(s.buf) && !s.refill() {
				s.pos = len(s.buf)
				return false
			}
			s.pos++
			if c := s.buf[s.pos]; c == '\n' || c == '\r' {
				return false
			}
		}
		s.pos++
	}
}

// lineInside reads a line end inside the value and the white space and commas
// behind it. It is false, with a verdict, where the next line shows that the
// value is broken: it begins a record where none can stand.
func (s *splitter) lineInside() (bool, verdict) {
	c := &s.cut
	if s.ownLines && c.start < s.horizon {
		return false, s.broken("the record is not closed on its line", true)
	}
	for {
		b, ok := s.peekInside()
		if !ok {
			return false, s.broken("the record is not closed: the input ends", false)
		}
		switch {
		case class[b] == line:
			s.newline(s.pos)
			s.pos++
			if c.next < 0 {
				c.next, c.nextState = s.offset(s.pos), s.lines
				c.bare = c.last == c.open && len(s.stack) == 1
			}
		case class[b] == white:
			s.pos++
		case b == ',':
			c.last = b
			s.pos++
		case b == c.open && s.column() <= c.column:
			if !s.mayStand() {
				return false, s.broken("the record is not closed before the next begins", false)
			}
			if c.inner < 0 && s.held() {
				c.inner, c.innerAt = s.offset(s.pos), s.lines
			}
			return true, 0
		case b == ']' && s.endsList() && s.stack[len(s.stack)-1] != '[':
			return false, s.broken("the record is not closed before its list ends", false)
		default:
			return true, 0
		}
	}
}

// peekInside is peek inside the value.
func (s *splitter) peekInside() (byte, bool) {
	if s.pos == len(s.buf) && !s.refill() {
		return 0, false
	}
	return s.buf[s.pos], true
}

// mayStand reports whether an object or list can begin here in the value.
func (s *splitter) mayStand() bool {
	last := s.cut.last
	return last == ':' || s.stack[len(s.stack)-1] == '[' && (last == ',' || last == '[')
}

// endsList reports whether a bracket that begins a line here closes the list
// around the value.
func (s *splitter) endsList() bool { return s.lists > 0 && s.column() <= s.cut.column }
