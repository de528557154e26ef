package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"vakt/internal/extract"
)

// Shelf keeps records that cannot be read again where they came from: those
// that were compressed, encoded otherwise or came as a stream. It is filled by
// one goroutine; then any number of readers may read.
//
// What is small stays in memory; the rest goes into a temporary file.
type Shelf struct {
	temporary func() (*os.File, error)
	most      int // bytes in memory before there is a file

	packer  extract.Packer
	held    []byte // what is not in the file
	written int64  // bytes that are
	file    *os.File
}

// ErrShelf says that a shelf does not hold what was put into it.
var ErrShelf = errors.New("a record that was put into a temporary file is another one there")

// shelfPiece is how many bytes are written at a time.
const shelfPiece = 256 << 10

// NewShelf makes a shelf that holds about so many bytes in memory. temporary makes
// an empty file, of which nothing is left when it is closed.
func NewShelf(most int, temporary func() (*os.File, error)) *Shelf {
	return &Shelf{temporary: temporary, most: most}
}

// Next is the place of the next record.
func (s *Shelf) Next() int64 { return s.written + int64(len(s.held)) }

// Put puts a record that can be packed at the next place. Its batch must not have
// been released.
func (s *Shelf) Put(it *extract.Item) error {
	if free := cap(s.held) - len(s.held); free < len(it.Raw) {
		s.held = slices.Grow(s.held, max(len(s.held), len(it.Raw)))
	}
	s.held = s.packer.Append(s.held, s.Next(), it)
	most := s.most
	if s.file != nil {
		most = shelfPiece
	}
	if len(s.held) <= most {
		return nil
	}
	if err := s.write(); err != nil {
		return fmt.Errorf("put records that cannot be read again into a temporary file: %w: make room there, or name another folder for temporary files in TMPDIR (TMP on Windows)", err)
	}
	return nil
}

// write puts what is in memory into the file.
func (s *Shelf) write() (err error) {
	if s.file == nil {
		if s.file, err = s.temporary(); err != nil {
			s.file = nil
			return err
		}
	}
	n, err := s.file.WriteAt(s.held, s.written)
	if err != nil {
		return err
	}
	s.written += int64(n)
	s.held = s.held[:0]
	return nil
}

// Close removes the file. The shelf and its readers must not be used after it.
func (s *Shelf) Close() error {
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("remove the records that did not fit into memory: %w", err)
	}
	return nil
}

// ShelfReader reads records of a shelf, for one goroutine. Those that stand near
// each other are best read in their order.
type ShelfReader struct {
	shelf    *Shelf
	unpacker extract.Unpacker
	window   []byte // of the file
	from     int64  // where it begins
	record   []byte
}

// Reader makes a reader of a shelf that has been filled.
func (s *Shelf) Reader() *ShelfReader {
	r := &ShelfReader{shelf: s}
	r.unpacker.Read = r.packed
	return r
}

// Record is the record at a place, until the next call.
func (r *ShelfReader) Record(at int64) (_ []byte, err error) {
	if r.record, err = r.unpacker.Append(r.record[:0], at); err != nil {
		return nil, fmt.Errorf("read a record that was put into a temporary file: %w", err)
	}
	return r.record, nil
}

// shelfWindow is how many bytes of the file are read at once.
const shelfWindow = 16 << 10

// packed is the packed record at a place.
func (r *ShelfReader) packed(at int64) ([]byte, error) {
	if r.shelf.written <= at {
		return firstPacked(r.shelf.held, at-r.shelf.written)
	}
	if b, err := firstPacked(r.window, at-r.from); err == nil {
		return b, nil
	}
	if err := r.load(at, shelfWindow); err != nil {
		return nil, err
	}
	if len(r.window) >= extract.PackedHead {
		if err := r.load(at, extract.PackedSize(r.window)); err != nil {
			return nil, err
		}
	}
	return firstPacked(r.window, 0)
}

// load fills the window from a place on with so many bytes, as far as there are
// any, if it does not have them.
func (r *ShelfReader) load(at int64, size int) error {
	size = int(min(int64(size), r.shelf.written-at))
	if at < 0 || r.from == at && len(r.window) >= size {
		return nil
	}
	r.window = slices.Grow(r.window[:0], size)[:size]
	r.from = at
	if _, err := r.shelf.file.ReadAt(r.window, at); err != nil && !errors.Is(err, io.EOF) {
		r.window = r.window[:0]
		return err
	}
	return nil
}

// firstPacked is the packed record at a place of some bytes.
func firstPacked(b []byte, at int64) ([]byte, error) {
	if at < 0 || at > int64(len(b)-extract.PackedHead) {
		return nil, extract.ErrPacked
	}
	b = b[at:]
	if size := extract.PackedSize(b); size <= len(b) {
		return b[:size], nil
	}
	return nil, extract.ErrPacked
}
