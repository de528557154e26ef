package extract

// stray reads what is no object or list: a scalar, which is an item as it
// stands, or text without sense.
func (s *splitter) stray(container string) {
	s.begin('"')
	s.need(maxQuoted + 1)
	shown := append([]byte(nil), s.buf[s.pos:min(len(s.buf), s.pos+maxQuoted+1)]...)
	s.mark = s.pos
	s.word()
	size := s.size()
	if s.wordEnds() && s.held() {
		from := int(s.cut.start - s.base)
		if raw := s.buf[from : from+int(size) : from+int(size)]; isScalar(raw) {
			s.add(container, Item{Raw: raw, Place: s.cut.place, Offset: s.cut.start})
			s.fresh = false
			return
		}
	}
	s.mark = -1
	s.garbage()
	shown = trim(shown[:min(int64(len(shown)), s.size())])
	s.add(container, Item{Place: s.cut.place, Defect: "not JSON: " + quote(shown)})
	s.fresh = false
}

// word reads a string, or a run of bytes that could be another scalar.
func (s *splitter) word() {
	if s.buf[s.pos] == '"' {
		s.passString()
		return
	}
	for {
		for s.pos < len(s.buf) && class[s.buf[s.pos]] == other {
			s.pos++
		}
		if s.pos < len(s.buf) || !s.refill() {
			return
		}
	}
}

// wordEnds passes over blanks and reports whether the value before them is
// alone between commas, brackets and line ends.
func (s *splitter) wordEnds() bool {
	for {
		c, ok := s.peekInside()
		switch {
		case !ok:
			return true
		case class[c] == white:
			s.pos++
		default:
			return class[c] == line || c == ',' || c == ']' && s.lists > 0
		}
	}
}

// garbage reads text without sense: to the end of the line, or in a list to
// what could come next. The rest of a member ("key": …) is a line's.
func (s *splitter) garbage() {
	colon := false
	for first := s.size() == 0; ; first = false {
		c, ok := s.peek()
		if !ok || class[c] == line {
			return
		}
		colon = colon || c == ':'
		stops := class[c] == opening || c == ',' || c == ']'
		if stops && s.lists > 0 && !colon && !first {
			return
		}
		s.pos++
	}
}

// isScalar reports whether raw is a valid string, number, true, false or null.
func isScalar(raw []byte) bool {
	if Kind(raw) == '"' {
		end, _ := readString(raw, 1)
		return end == len(raw)
	}
	return readScalar(raw, 0) == len(raw)
}
