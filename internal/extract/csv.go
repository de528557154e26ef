package extract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// CSV as in RFC 4180, with what exports do to it: fields between commas,
// semicolons or tabs, told by the header; quotes around all fields, some or
// none; line breaks and doubled quotes inside quotes; CRLF, LF or CR. Each row
// becomes an object {"column":"cell",…} in which an empty cell is null.
//
// A row must have as many cells as the header, save for further empty ones. A
// quote inside a cell that has none around it, text behind a closing quote, a
// NUL byte and a quote that is never closed break the row.
//
// A broken row is one item, whatever lines it has swallowed: reading goes on
// at its second line, and lines that are no whole row are passed over until
// one is. Up to the place where the row was seen to be broken, where a quote
// may be open by mistake, a row must end on its line; so no byte is read more
// than twice as part of a row.

// csvRow is the row that is being read.
type csvRow struct {
	place  Place
	start  int64  // offset of its first byte
	cells  []span // offsets from start
	defect string

	next      int64 // offset of its second line; -1: it has none
	nextState lines
	open      bool // it was left inside quotes
}

// span is a cell: its place in the row, without quotes around it.
type span struct {
	from, to int64
}

// csvState is what is known about a file of rows.
type csvState struct {
	comma   byte
	columns []string
	names   [][]byte // of the columns, as JSON keys with the colon
	row     csvRow
	lost    bool // the lines belong to a broken row that has been reported
	lostAt  Place
	object  []byte // the row as an object
}

// csvFile reads the input as CSV if it begins with a header, and is false if it
// does not.
func (s *splitter) csvFile() (bool, error) {
	s.need(csvHeadMax)
	head := csvHeader(s.buf[s.pos:min(len(s.buf), s.pos+csvHeadMax)])
	if head.columns == nil || s.lim.Header == nil {
		return false, nil
	}
	s.csv = csvState{comma: head.comma, columns: cleanColumns(head.columns)}
	looks := "a CSV file with columns " + listColumns(s.csv.columns)
	if err := s.lim.Header(slices.Clone(s.csv.columns)); err != nil {
		return true, &UnknownFormat{Looks: looks, Why: err}
	}
	for _, c := range s.csv.columns {
		s.csv.names = append(s.csv.names, append(canonicalText(nil, c), ':'))
	}
	s.csvPass(head.skip)
	if !s.csvRow() {
		return true, &UnknownFormat{Looks: looks, Why: errors.New("its header is " + s.csv.row.defect)}
	}
	s.csvRows()
	return true, nil
}

// csvPass reads over the lines before the header.
func (s *splitter) csvPass(skip int) {
	for ; skip > 0; skip-- {
		if c := s.buf[s.pos]; c == '\n' || c == '\r' {
			s.newline(s.pos)
		}
		s.pos++
	}
}

// csvRows reads all rows behind the header.
func (s *splitter) csvRows() {
	for s.csvStart() {
		if !s.csvRow() {
			s.csvBroken()
			continue
		}
		var raw []byte
		switch raw, s.csv.row.defect = s.csvRender(); {
		case s.csv.row.defect != "":
			s.csvReport()
			if s.csv.row.next >= 0 {
				s.csvReread(s.lineStart)
			}
		case raw != nil:
			s.csv.lost = false
			s.add(ContainerCSV, Item{Raw: raw, Place: s.csv.row.place, Offset: NoOffset})
		}
	}
	if s.csv.lost {
		at := Place{Line: s.csv.lostAt.Line, Index: s.index}
		s.truncated = &Truncated{Place: at, What: fmt.Sprintf("nothing could be read from line %d on: a row is broken there, and no later line is a whole row", at.Line)}
	}
}

// csvStart goes to the first byte of the next row and is false at the end. A
// byte order mark there comes of files that were put together.
func (s *splitter) csvStart() bool {
	s.mark = -1
	s.turnOver()
	for {
		c, ok := s.peek()
		if !ok {
			return false
		}
		switch c {
		case '\n', '\r':
			s.newline(s.pos)
			s.pos++
			continue
		case 0xef:
			if s.need(3); bytes.HasPrefix(s.buf[s.pos:], []byte("\ufeff")) {
				s.pos += 3
				continue
			}
		}
		return true
	}
}

// csvRow reads a row up to its line end, which stays unread. It is false
// where the row is broken.
func (s *splitter) csvRow() bool {
	r := &s.csv.row
	*r = csvRow{place: s.here(), start: s.offset(s.pos), cells: r.cells[:0], next: -1}
	s.mark = s.pos
	for {
		c, ok := s.csvPeek()
		if ok && c == '"' {
			ok = s.csvQuoted()
		} else {
			ok = s.csvPlain()
		}
		if !ok || r.defect != "" {
			return false
		}
		if c, ok = s.csvPeek(); !ok || c == '\n' || c == '\r' {
			return r.defect == "" && s.csvFits()
		}
		s.pos++
	}
}

// csvSize is how much of the row has been read.
func (s *splitter) csvSize() int64 { return s.offset(s.pos) - s.csv.row.start }

// csvPeek is peek inside a row. What is too large is not held any more; where
// such a row has line breaks, a quote is taken to be open by mistake.
func (s *splitter) csvPeek() (byte, bool) {
	if s.pos < len(s.buf) {
		return s.buf[s.pos], true
	}
	if s.csvSize() > int64(s.lim.Record) {
		if s.csv.row.next >= 0 {
			s.csvFits()
			return 0, false
		}
		s.mark = -1
	}
	return s.peek()
}

// csvFits checks the size of what has been read of the row.
func (s *splitter) csvFits() bool {
	if s.csvSize() <= int64(s.lim.Record) {
		return true
	}
	s.csv.row.defect = "larger than " + bytesText(s.lim.Record)
	return false
}

// csvPlain reads a cell without quotes up to what ends it.
func (s *splitter) csvPlain() bool {
	r := &s.csv.row
	from := s.csvSize()
	for {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; c {
			case s.csv.comma, '\n', '\r':
				r.cells = append(r.cells, span{from: from, to: s.csvSize()})
				return true
			case '"':
				r.defect = "a quote stands inside a cell that is not quoted"
				return false
			case 0:
				r.defect = "a NUL byte in a row"
				return false
			}
			s.pos++
		}
		if _, ok := s.csvPeek(); !ok {
			r.cells = append(r.cells, span{from: from, to: s.csvSize()})
			return r.defect == ""
		}
	}
}

// csvQuoted reads a cell in quotes up to what ends it.
func (s *splitter) csvQuoted() bool {
	r := &s.csv.row
	s.pos++
	cell := span{from: s.csvSize()}
	for {
		c, ok := s.csvPeek()
		switch {
		case !ok && r.defect == "":
			r.defect = fmt.Sprintf("a quote is not closed: the input ends (the row begins at line %d)", r.place.Line)
			return false
		case !ok:
			return false
		case c == 0:
			r.defect = "a NUL byte in a row"
			return false
		case c == '\n' || c == '\r':
			if !s.csvBreak() {
				return false
			}
		case c == '"':
			cell.to = s.csvSize()
			s.pos++
			if c, ok = s.csvPeek(); ok && c == '"' {
				s.pos++
				continue
			}
			r.cells = append(r.cells, cell)
			if ok && c != s.csv.comma && c != '\n' && c != '\r' {
				r.defect = "text stands behind a closing quote, or a quote before it is not closed"
			}
			return r.defect == ""
		default:
			s.pos++
		}
	}
}

// csvBreak reads a line break inside quotes. It is false where the row must
// end on its line, or is too large to have another.
func (s *splitter) csvBreak() bool {
	r := &s.csv.row
	if r.start < s.horizon {
		r.open, r.defect = true, "a quote is not closed on its line, in what a broken row left behind"
		return false
	}
	if !s.csvFits() {
		r.open = true
		return false
	}
	s.newline(s.pos)
	s.pos++
	if r.next < 0 {
		r.next, r.nextState = s.offset(s.pos), s.lines
	}
	return true
}

// csvBroken reports a broken row and finds the place to go on at.
func (s *splitter) csvBroken() {
	r := &s.csv.row
	large := s.csvSize() > int64(s.lim.Record) && r.next >= 0
	if large {
		r.defect = "larger than " + bytesText(s.lim.Record) + ": a quote may not be closed"
	}
	s.csvReport()
	switch {
	case large:
		s.csvReread(r.start + int64(s.lim.Record))
	case r.next >= 0:
		s.csvReread(s.lineStart)
	default:
		s.mark = -1
		s.passLine()
		if r.open {
			s.csvLose()
		}
	}
}

// csvLose notes that the lines that follow may belong to the broken row.
func (s *splitter) csvLose() {
	if !s.csv.lost {
		s.csv.lost, s.csv.lostAt = true, s.csv.row.place
	}
}

// csvReport adds the defect of a row, unless it is what a row that has been
// reported left behind.
func (s *splitter) csvReport() {
	if !s.csv.lost {
		s.add(ContainerCSV, Item{Place: s.csv.row.place, Defect: s.csv.row.defect})
	}
}

// csvReread goes back to the second line of the row.
func (s *splitter) csvReread(horizon int64) {
	s.horizon = max(s.horizon, horizon)
	s.csvLose()
	s.back(s.csv.row.next, s.csv.row.nextState)
}

// csvRender makes an object of the row. It is nil for a row in which all
// cells are empty, and for the header once more.
func (s *splitter) csvRender() (raw []byte, defect string) {
	cells, names := s.csv.row.cells, s.csv.names
	for len(cells) > len(names) && s.csvText(cells[len(cells)-1]) == nil {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 1 && s.csvText(cells[0]) == nil || s.csvIsHeader(cells) {
		return nil, ""
	}
	if len(cells) != len(names) {
		return nil, "the row has " + strconv.Itoa(len(cells)) + " cells for " + strconv.Itoa(len(names)) + " columns"
	}
	empty := true
	o := append(s.csv.object[:0], '{')
	for i, cell := range cells {
		if i > 0 {
			o = append(o, ',')
		}
		o = append(o, names[i]...)
		if text := s.csvText(cell); text != nil {
			o = appendCell(o, text)
			empty = false
		} else {
			o = append(o, "null"...)
		}
	}
	o = append(o, '}')
	s.csv.object = o
	switch {
	case empty:
		return nil, ""
	case len(o) > s.lim.Record:
		return nil, tooLarge(s.lim.Record, int64(len(o)))
	}
	return append(s.render(len(o)), o...), ""
}

// csvText is the raw text of a cell; nil where nothing but blanks is in it.
func (s *splitter) csvText(cell span) []byte {
	start := s.csv.row.start - s.base
	text := s.buf[start+cell.from : start+cell.to]
	if len(bytes.Trim(text, " \t")) == 0 {
		return nil
	}
	return text
}

// csvIsHeader reports whether a row is the header once more, as in files that
// were put together.
func (s *splitter) csvIsHeader(cells []span) bool {
	first := s.csvText(cells[0])
	if len(cells) != len(s.csv.columns) || len(first) == 0 || first[0] != s.csv.columns[0][0] {
		return false
	}
	var texts []string
	for _, cell := range cells {
		texts = append(texts, string(bytes.ReplaceAll(s.csvText(cell), []byte(`""`), []byte(`"`))))
	}
	return slices.Equal(cleanColumns(texts), s.csv.columns)
}

// appendCell appends the raw text of a cell, in which quotes are doubled, as a
// JSON string.
func appendCell(b, text []byte) []byte {
	b = append(b, '"')
	for {
		n := plain(text, 0)
		b = append(b, text[:n]...)
		if n == len(text) {
			return append(b, '"')
		}
		switch c := text[n]; c {
		case '"':
			b = append(b, '\\', '"')
			n++
		case '\\':
			b = append(b, '\\', '\\')
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		text = text[n+1:]
	}
}

const hexDigits = "0123456789abcdef"
