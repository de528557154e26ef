package extract

import (
	"fmt"
	"strconv"
)

// splitter walks through the containers of one input.
type splitter struct {
	*window
	lim Limits

	fresh     bool // the next byte is the first of its line, commas apart
	cut       cut  // the value that is being cut out
	forms     forms
	trees     *stencilTrees
	stack     []byte
	lists     int   // how many lists are open around the value
	horizon   int64 // up to here a broken record has been read once already
	ownLines  bool  // before the horizon: a record must end on its line
	lost      int64 // from here on nothing has been read; -1: nothing is lost
	piece     int   // how much of the index is made next, in bytes
	truncated *Truncated

	columns [][]byte // raw names, of the table that is being read
	cells   [][]byte

	csv csvState
}

// run reads the whole input.
func (s *splitter) run() error {
	if done, err := s.start(); done || err != nil {
		return err
	}
	for {
		c, ok := s.significant()
		if !ok {
			return nil
		}
		switch c {
		case '{':
			s.record(ContainerLines, true)
		case '[':
			s.list(ContainerArray, nil)
		default:
			s.stray(ContainerLines)
		}
	}
}

// start passes over a byte order mark and white space and looks whether JSON
// follows. It is true where CSV did, which has been read.
func (s *splitter) start() (done bool, err error) {
	s.fresh = true
	if s.need(3); len(s.buf) >= 3 && string(s.buf[:3]) == "\ufeff" {
		s.pos = 3
		s.lineStart = 3
	}
	c, ok := s.blank()
	switch {
	case !ok:
		return false, ErrEmpty
	case c == '{' || c == '[':
		return false, nil
	}
	if done, err = s.csvFile(); done {
		return true, err
	}
	s.need(looksAt)
	head := s.buf[s.pos:min(len(s.buf), s.pos+looksAt)]
	if onlyNUL(head) && s.restIsNUL() {
		return false, &UnknownFormat{Looks: "only NUL bytes"}
	}
	return false, looks(head)
}

// restIsNUL reads on as long as there are NUL bytes.
func (s *splitter) restIsNUL() bool {
	for {
		if !onlyNUL(s.buf[s.pos:]) {
			return false
		}
		s.pos = len(s.buf)
		if !s.more() {
			return true
		}
	}
}

// blank passes over white space and returns the byte that follows, which
// stays unread.
func (s *splitter) blank() (byte, bool) {
	for {
		for s.pos < len(s.buf) {
			c := s.buf[s.pos]
			switch class[c] {
			case white:
			case line:
				s.newline(s.pos)
				s.fresh = true
			default:
				return c, true
			}
			s.pos++
		}
		if !s.more() {
			return 0, false
		}
	}
}

// significant passes over white space and commas between values.
func (s *splitter) significant() (byte, bool) {
	s.mark = -1
	s.turnOver()
	for {
		c, ok := s.blank()
		if !ok {
			return 0, false
		}
		if c != ',' {
			s.lost = -1
			return c, true
		}
		s.pos++
	}
}

// here is the place of the next item.
func (s *splitter) here() Place { return Place{Line: s.line, Index: s.index} }

// column is how far a position stands from the start of its line.
func (s *splitter) column() int64 { return s.offset(s.pos) - s.lineStart }

// record reads an object that is a record, or may be an envelope.
func (s *splitter) record(container string, mayWrap bool) {
	switch s.cutOut('{', mayWrap) {
	case cutWhole:
		s.add(container, s.item())
	case cutWrap:
		s.unwrap(envelope{kind: s.cut.wraps, column: s.cut.column})
	default:
		s.add(container, Item{Place: s.cut.place, Defect: s.cut.defect})
	}
}

// list reads the values of a list from its bracket. It returns false where
// the list was left without its end. e is the envelope around it, if any.
func (s *splitter) list(container string, e *envelope) bool {
	s.pos++
	s.fresh = false
	s.lists++
	defer func() { s.lists-- }()
	for first := true; ; first = false {
		c, ok := s.significant()
		if !ok {
			s.endsIn("the list of records is not closed")
			return false
		}
		if first && e != nil {
			e.open = !s.fresh
		}
		switch c {
		case ']':
			s.pos++
			s.fresh = false
			return true
		case '{':
			if e == nil {
				s.record(container, true)
			} else if s.again(container, e) {
				return false
			}
		case '[':
			s.cutValue(container)
		default:
			s.stray(container)
		}
	}
}

// cutValue reads a list that stands where a record should.
func (s *splitter) cutValue(container string) {
	if s.cutOut('[', false) == cutWhole {
		s.add(container, s.item())
	} else {
		s.add(container, Item{Place: s.cut.place, Defect: s.cut.defect})
	}
}

// endsIn notes that the input ends inside something.
func (s *splitter) endsIn(what string) {
	if s.truncated != nil {
		return
	}
	at := s.here()
	if s.offset(s.pos) == s.lineStart && at.Line > 1 {
		at.Line-- // the line behind the last line end is none
	}
	t := &Truncated{Place: at, What: what + ": the input ends at line " + strconv.Itoa(at.Line)}
	if s.lost >= 0 {
		t.What = fmt.Sprintf("nothing could be read from byte %d on: a record is broken there, and no later line begins one", s.lost)
	}
	s.truncated = t
}
