package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	// Header is asked once whether CSV with these columns is to be read: nil
	// is yes. Names are trimmed and have single blanks, a mark " [UTC]" is
	// taken off, and a name that is there before, in any case, has " (2)"
	// behind it. Without Header no CSV is read.
	Header func(columns []string) error
	// Kernel finds the structure of the input; Portable is for comparison.
	Kernel Kernel

	batch   int  // bytes that are read into one buffer; tests make it small
	noIndex bool // cut a byte at a time, to compare with

	noStencil bool          // compare no record with others
	trees     *stencilTrees // what to begin with and to add to; nil: what is spare
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
	// Offset is where Raw begins in the input; NoOffset where it is no piece
	// of the input, but made of one.
	Offset int64
	// Defect says why no record could be cut out here; "" is none.
	Defect string

	index *index    // of the bytes around Raw; nil: there is none
	from  int32     // place of Raw in the index
	first int32     // of its brackets in the index
	like  *likeness // nil: Raw is like no stencil
}

// NoOffset is the Offset of an Item whose Raw stands nowhere in the input.
const NoOffset = -1

// Containers in which records are found.
const (
	ContainerObject  = "object"  // the input is one record
	ContainerLines   = "lines"   // records one after another, a line each or not
	ContainerArray   = "array"   // a list of records
	ContainerPage    = "page"    // the list "value" of an object
	ContainerRecords = "records" // the list "records" of an object
	ContainerTable   = "table"   // rows below "tables", each made an object
	ContainerCSV     = "csv"     // rows below a header, each made an object
)

// ErrEmpty says that the input holds nothing but white space.
var ErrEmpty = errors.New("empty: there is no record in it")

// UnknownFormat says that the input does not begin like JSON, nor like CSV
// that is to be read.
type UnknownFormat struct {
	// Looks says what it looks like, such as "a PDF".
	Looks string
	// Packed is true of archives and compressed files, in which a log may be.
	Packed bool
	// Why is what Limits.Header said about the columns of a CSV file.
	Why error
}

// Error tells what the input looks like.
func (e *UnknownFormat) Error() string {
	if e.Why != nil {
		return e.Looks + ": " + e.Why.Error()
	}
	return "not JSON: looks like " + e.Looks
}

// Unwrap gives the reason.
func (e *UnknownFormat) Unwrap() error { return e.Why }

// Truncated says that the input ended inside a list or envelope. Everything
// before Place has been handed over.
type Truncated struct {
	// Place is where reading stopped; Index is that of the record that
	// would have come next.
	Place
	// What says what is missing, for people.
	What string
}

// Error says what is missing.
func (e *Truncated) Error() string { return e.What }

// Split cuts the records out of an input, in UTF-8 and not compressed, and
// hands them over in batches of about 256 KiB; a batch belongs to emit, which
// may pass it on to another goroutine. Memory is bounded by Limits.Record,
// whatever the size of the input and of what is in it.
//
// The container is found by content alone: one object; objects one after
// another, on a line each or over many; a list; an object whose member
// "value" or "records" (in any case) is a list; a query reply with "tables";
// and lists and sequences of such envelopes. Only an object at the top or in
// a list at the top can be an envelope. What begins otherwise is CSV if its
// first line is a header that Limits.Header accepts (see csv.go).
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
	s := &splitter{window: newWindow(ctx, r, emit, lim), lim: lim, lost: -1}
	s.openTrees()
	err := s.run()
	s.closeTrees()
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
