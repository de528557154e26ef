// Package extract finds records and wanted fields in bytes. It knows JSON and
// the containers that exports put around JSON records; it knows no log.
//
// The way of the bytes is: Inflate (gzip, zstd), UTF8 (byte order marks,
// UTF-16), Split (containers to records, in batches) and, for each record,
// Projection.Item, which hands out the raw values at the paths that somebody
// wants. A value is decoded only when somebody asks for its text (value.go).
//
// The structure of the bytes (strings, brackets, line ends) is found once, 64
// bytes at a time, by a kernel that the machine has (kernel.go, index.go). Split
// and Item go by this index: they look at the brackets and at what is wanted,
// and pass over the rest. Whatever the index cannot tell for sure is left to
// readers that go a byte at a time (cut.go, strict.go) and say what is wrong.
//
// Projection.Strict is the reference for Item and for Fast, which reads a
// record that Split has not found: plain, slow and easy to believe. All keep
// one contract, written down at Projection, and agree on every input.
//
// The package opens no file, starts no goroutine and keeps no state between
// calls except buffers that are used again.
package extract

import (
	"errors"
	"fmt"
)

// Bounds of one record. They hold for Item, Fast, Strict and Embedded.
const (
	// MaxRecord is the largest record that is read, in bytes, without the
	// white space around it.
	MaxRecord = 1 << 20
	// MaxDepth is the deepest nesting that is read. The record's own object
	// is level 1; JSON text inside a string counts on from its place.
	MaxDepth = 64
	// MaxText is how many levels of JSON text inside JSON text are read.
	MaxText = 3
)

// ErrNotObject says that a record is valid JSON but no object: a number, a
// text, a list. It is found with errors.Is in a *Defect.
var ErrNotObject = errors.New("not a JSON object")

// Defect says why a record was refused.
type Defect struct {
	// Offset is the byte of the record at which reading stopped, or at
	// which the value that could not be read begins. For JSON text inside a
	// string it is the place of the outermost string.
	Offset int
	// Reason is short and for people. It holds no input save what is
	// quoted and cut to 40 bytes.
	Reason string

	err error
}

// Error tells place and reason.
func (d *Defect) Error() string { return fmt.Sprintf("byte %d: %s", d.Offset, d.Reason) }

// Unwrap gives ErrNotObject where that is the reason.
func (d *Defect) Unwrap() error { return d.err }

// maxQuoted is how much of the input a message may show, in bytes.
const maxQuoted = 40

// quote makes a piece of input fit for a message.
func quote(b []byte) string {
	if len(b) > maxQuoted {
		return fmt.Sprintf("%q…", b[:maxQuoted])
	}
	return fmt.Sprintf("%q", b)
}
