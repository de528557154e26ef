package extract

// envelope is an object around a list of records.
type envelope struct {
	kind   string // its container
	column int64
	open   bool // its first record stands on the line of the list's bracket
	last   bool // the newest item was a defect
}

// envelopeOf names the container that a key opens when its value is a list.
func envelopeOf(key []byte) string {
	switch {
	case equalFold(key, "value"):
		return ContainerPage
	case equalFold(key, "records"):
		return ContainerRecords
	case equalFold(key, "tables"):
		return ContainerTable
	}
	return ""
}

// brokenEnvelope is the defect of an envelope that cannot be read to its end.
const brokenEnvelope = "the object around the records is broken or not closed"

// unwrap reads an envelope from the bracket of its list to its end.
func (s *splitter) unwrap(e envelope) {
	for {
		s.mark = -1
		var closed bool
		if e.kind == ContainerTable {
			closed = s.tables()
		} else {
			closed = s.list(e.kind, &e)
		}
		if !closed {
			return
		}
		if e.kind = s.nextList(e.kind); e.kind == "" {
			return
		}
	}
}

// again reads a record inside an envelope. Where envelopes stand one a line
// and one of them is cut short, the next line would pass for a record of it:
// again is true, and nothing read, where the same kind of envelope begins on
// a new line.
func (s *splitter) again(container string, e *envelope) bool {
	look := e.open && s.fresh && s.column() <= e.column
	state := s.lines
	if s.cutOut('{', look) == cutWrap {
		if s.cut.wraps == e.kind {
			s.back(s.cut.start, state)
			s.fresh = true
			if !e.last {
				s.add(container, Item{Place: s.cut.place, Defect: "the envelope before this line is not closed"})
			}
			return true
		}
		s.back(s.cut.start, state)
		s.cutOut('{', false)
	}
	e.last = s.cut.defect != ""
	if e.last {
		s.add(container, Item{Place: s.cut.place, Defect: s.cut.defect})
	} else {
		s.add(container, s.item())
	}
	return false
}

// nextList passes over members of an envelope until one is a list of records
// again, and returns its container, at the bracket. It is "" at the end of the
// envelope, and where it is broken.
func (s *splitter) nextList(container string) string {
	for {
		key, c, at := s.nextMember(container)
		if at != memberFound {
			return ""
		}
		if kind := envelopeOf(key); c == '[' && kind != "" {
			return kind
		}
		if !s.pass(container) {
			return ""
		}
	}
}

// What nextMember met.
type met int

const (
	memberFound  met = iota
	objectEnds       // the reader stands behind it
	objectBroken     // or the input ends; that has been noted
)

// nextMember reads the key of the next member of an object and stops at its
// value, whose first byte it returns.
func (s *splitter) nextMember(container string) (key []byte, c byte, at met) {
	c, ok := s.significant()
	if !ok {
		s.endsIn("the object around the records is not closed")
		return nil, 0, objectBroken
	}
	place := s.here()
	switch c {
	case '}':
		s.pos++
		s.fresh = false
		return nil, 0, objectEnds
	case '"':
		if key, c, ok = s.memberKey(); ok {
			return key, c, memberFound
		}
	}
	s.add(container, Item{Place: place, Defect: brokenEnvelope})
	if c != '{' || !s.fresh {
		s.passLine()
	}
	return nil, 0, objectBroken
}

// memberKey reads a key and its colon. The key is a copy.
func (s *splitter) memberKey() (key []byte, c byte, ok bool) {
	s.begin('"')
	s.mark = s.pos
	if !s.passString() {
		return nil, 0, false
	}
	if s.held() {
		key = append(key, inner(s.value())...)
	}
	s.mark = -1
	if c, ok = s.blank(); !ok || c != ':' {
		return nil, 0, false
	}
	s.pos++
	c, ok = s.blank()
	return key, c, ok
}

// pass reads a value of no interest. It returns false, and has added an item,
// where the value is broken.
func (s *splitter) pass(container string) bool {
	c, _ := s.blank()
	s.fresh = false
	s.begin(c)
	switch {
	case c == '"' && s.passString():
		return true
	case class[c] == opening:
		if v := s.cutOff(c); v == cutWhole || v == cutLarge {
			return true
		}
	case class[c] == other:
		for ok := true; ok && class[c] == other; c, ok = s.peek() {
			s.pos++
		}
		return true
	}
	s.add(container, Item{Place: s.cut.place, Defect: brokenEnvelope})
	return false
}
