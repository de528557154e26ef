package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Limits bound what is read. A zero field is its default.
type Limits struct {
	// Record is the largest record that is cut out, in bytes; default
	// MaxRecord. What is larger is passed over without being held.
	Record int
	// Ratio is how many times its size compressed input may expand once its
	// output has passed RatioFrom bytes; defaults 250 and 256 MiB.
	Ratio     int64
	RatioFrom int64

	batch int // bytes that are read into one buffer; tests make it small
}

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	if l.Record <= 0 {
		l.Record = MaxRecord
	}
	if l.Ratio <= 0 {
		l.Ratio = 250
	}
	if l.RatioFrom <= 0 {
		l.RatioFrom = 256 << 20
	}
	if l.batch <= 0 {
		l.batch = batchBytes
	}
	return l
}

// Place tells where in the input a record stands.
type Place struct {
	Line  int // 1 for the first; the line on which the record begins
	Index int // 0 for the first; every Item counts
}

// Item is one record, or something that stands in place of one.
type Item struct {
	// Raw is the record: one object whose brackets match, or another JSON
	// value that stood in its place. It is nil where there is a Defect.
	Raw []byte
	Place
	// Defect says why no record could be cut out here; "" is none.
	Defect string
}

// Containers in which records are found.
const (
	ContainerObject  = "object"  // the input is one record
	ContainerLines   = "lines"   // records one after another, a line each or not
	ContainerArray   = "array"   // a list of records
	ContainerPage    = "page"    // the list "value" of an object
	ContainerRecords = "records" // the list "records" of an object
	ContainerTable   = "table"   // rows below "tables", each made an object
)

// ErrEmpty says that the input holds nothing but white space.
var ErrEmpty = errors.New("empty: there is no record in it")

// UnknownFormat says that the input does not begin like JSON.
type UnknownFormat struct {
	// Looks says what it looks like, such as "a PDF".
	Looks string
}

func (e *UnknownFormat) Error() string { return "not JSON: looks like " + e.Looks }

// Truncated says that the input ended inside a list or envelope. Everything
// before Place has been handed over.
type Truncated struct {
	// Place is where reading stopped; Index is that of the record that
	// would have come next.
	Place
	// What says what is missing, for people.
	What string
}

func (e *Truncated) Error() string { return e.What }

// Split cuts the records out of an input, in UTF-8 and not compressed, and
// hands them over in batches of about 1 MiB; a batch belongs to emit, which
// may pass it on to another goroutine. Memory is bounded by Limits.Record,
// whatever the size of the input and of what is in it.
//
// The container is found by content alone: one object; objects one after
// another, on a line each or over many; a list; an object whose member
// "value" or "records" (in any case) is a list; a query reply with "tables";
// and lists and sequences of such envelopes. Only an object at the top or in
// a list at the top can be an envelope.
//
// What is broken becomes an Item with a Defect, and reading goes on at the
// next record that can be told apart: no string of JSON holds a line break,
// so a line that begins an object where none can stand ends a broken record.
// Stray text is one such item a line (in a list: one a comma). Superfluous
// and missing commas are tolerated.
//
// Errors, in this order: what emit or ctx said, as it stands; a read error,
// wrapped, after everything before it was handed over; ErrEmpty; a
// *UnknownFormat; a *Truncated, after all items.
func Split(ctx context.Context, r io.Reader, lim Limits, emit func(*Batch) error) error {
	lim = lim.withDefaults()
	s := &splitter{window: newWindow(ctx, r, emit, lim.batch), lim: lim, lost: -1}
	err := s.run()
	if s.halt == nil {
		s.flush()
	}
	switch {
	case s.halt != nil:
		return s.halt
	case s.readErr != nil:
		return fmt.Errorf("the input breaks off at line %d: %w", s.line, s.readErr)
	case err != nil:
		return err
	case s.truncated != nil:
		return s.truncated
	}
	return nil
}

// splitter walks through the containers of one input.
type splitter struct {
	*window
	lim Limits

	fresh     bool // the next byte is the first of its line, commas apart
	cut       cut  // the value that is being cut out
	stack     []byte
	lists     int   // how many lists are open around the value
	horizon   int64 // up to here a broken record has been read once already
	ownLines  bool  // before the horizon: a record must end on its line
	lost      int64 // from here on nothing has been read; -1: nothing is lost
	truncated *Truncated

	columns [][]byte // raw names, of the table that is being read
	cells   [][]byte
}

// run reads the whole input.
func (s *splitter) run() error {
	if err := s.start(); err != nil {
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
// follows.
func (s *splitter) start() error {
	s.fresh = true
	if s.need(3); len(s.buf) >= 3 && string(s.buf[:3]) == "\ufeff" {
		s.pos = 3
		s.lineStart = 3
	}
	c, ok := s.blank()
	switch {
	case !ok:
		return ErrEmpty
	case c == '{' || c == '[':
		return nil
	}
	s.need(looksAt)
	head := s.buf[s.pos:min(len(s.buf), s.pos+looksAt)]
	if onlyNUL(head) && s.restIsNUL() {
		return &UnknownFormat{Looks: "only NUL bytes"}
	}
	return &UnknownFormat{Looks: looks(head)}
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

// record reads an object that is a record, or may be an envelope.
func (s *splitter) record(container string, mayWrap bool) {
	switch s.cutOut('{', mayWrap) {
	case cutWhole:
		s.add(container, Item{Raw: s.value(), Place: s.cut.place})
	case cutWrap:
		s.unwrap(envelope{kind: s.cut.wraps, column: s.cut.column})
	default:
		s.add(container, Item{Place: s.cut.place, Defect: s.cut.defect})
	}
}

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
		s.add(container, Item{Raw: s.value(), Place: s.cut.place})
	}
	return false
}

// cutValue reads a list that stands where a record should.
func (s *splitter) cutValue(container string) {
	if s.cutOut('[', false) == cutWhole {
		s.add(container, Item{Raw: s.value(), Place: s.cut.place})
	} else {
		s.add(container, Item{Place: s.cut.place, Defect: s.cut.defect})
	}
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
	if s.mark >= 0 {
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

// brokenEnvelope is the defect of an envelope that cannot be read to its end.
const brokenEnvelope = "the object around the records is broken or not closed"

// endsIn notes that the input ends inside something.
func (s *splitter) endsIn(what string) {
	if s.truncated != nil {
		return
	}
	t := &Truncated{Place: s.here(), What: what + ": the input ends at line " + strconv.Itoa(s.line)}
	if s.lost >= 0 {
		t.What = fmt.Sprintf("nothing could be read from byte %d on: a record is broken there, and no later line begins one", s.lost)
	}
	s.truncated = t
}
