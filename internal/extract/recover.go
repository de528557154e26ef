package extract

// broken ends a value that is not balanced and finds the place to go on at.
// With restOfLine it is behind the present line.
//
// A value that has been read over several lines may have swallowed records:
// its first line may be a broken line of JSON Lines, and reading goes on at
// its second line, each line now for itself up to here; or it is written over
// many lines, and reading goes on at the first value in it that begins a line
// like a record. Both happen once for each stretch of the input, so that no
// byte is read more than twice. A value that is too large is taken for broken
// where lines in it begin like records.
func (s *splitter) broken(why string, restOfLine bool) verdict {
	c := &s.cut
	c.defect = why
	s.fresh = true
	if s.size() > int64(s.lim.Record) {
		c.defect = tooLarge(s.lim.Record, s.size()) + ", and broken: " + why
	}
	switch at := s.offset(s.pos); {
	case s.swallows():
		c.defect = "larger than " + bytesText(s.lim.Record) + ", and other records seem to begin inside"
		s.reread(c.start + int64(s.lim.Record))
		return cutBroken
	case s.held() && c.start >= s.horizon && (c.inner >= 0 || c.next >= 0 && !c.bare):
		s.reread(at)
		return cutBroken
	}
	s.mark = -1
	if restOfLine {
		s.passLine()
	}
	if c.bare {
		s.passLines()
	}
	return cutBroken
}

// swallows reports whether the value is too large and holds what looks like
// the next records.
func (s *splitter) swallows() bool {
	return s.cut.inner >= 0 && s.cut.start >= s.horizon && s.size() > int64(s.lim.Record)
}

// reread goes back into the broken value, to read a second time up to the
// horizon.
func (s *splitter) reread(horizon int64) {
	c := &s.cut
	s.horizon, s.ownLines = horizon, !c.bare
	if s.ownLines {
		s.back(c.next, c.nextState)
	} else {
		s.back(c.inner, c.innerAt)
	}
}

// passLine reads to the end of the present line, which stays unread.
func (s *splitter) passLine() {
	at := s.offset(s.pos)
	for {
		c, ok := s.peek()
		if s.lost < 0 && s.offset(s.pos) > at {
			s.lost = at
		}
		if !ok || class[c] == line {
			return
		}
		for s.pos < len(s.buf) && class[s.buf[s.pos]] != line {
			s.pos++
		}
	}
}

// passLines reads up to a line that begins a record like the broken one, or
// ends the list around it.
func (s *splitter) passLines() {
	at := s.offset(s.pos)
	for {
		c, ok := s.significant()
		if !ok {
			s.lost = at
			return
		}
		if c == s.cut.open && s.column() <= s.cut.column || c == ']' && s.endsList() {
			return
		}
		s.passLine()
	}
}
