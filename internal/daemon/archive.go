package daemon

import (
	"errors"
	"fmt"
	"os"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/source"
)

// at is where a record can be read again: in its file or, if it is put there then,
// in the shelf of the lane; nowhere, if it is neither in a file as it stands nor
// like one before, as to write all of it down would cost as much as it spares.
func (l *lane) at(item *extract.Item, of *input) (at detect.At, shelved bool) {
	at.Size = int32(len(item.Raw))
	switch {
	case of.entry.Original() != nil && item.Offset != extract.NoOffset:
		at.Input, at.Offset = int32(of.number), item.Offset
		return at, false
	case item.Packs():
		at.Input, at.Offset = shelfInput(l.number), l.shelf.Next()
		return at, true
	}
	return detect.At{}, false
}

// shelfInput is what stands in place of the number of an input for the shelf of a
// lane, and the reverse.
func shelfInput[N int | int32](number N) int32 { return -1 - int32(number) }

// archive reads records of a run again, for one goroutine. It holds one file
// open at a time.
type archive struct {
	run     *run
	number  int // of the input whose file is open
	file    *os.File
	buf     []byte
	shelves map[int32]*source.ShelfReader // by what stands in place of the input
}

func (r *run) archive() detect.Archive {
	return &archive{run: r, shelves: map[int32]*source.ShelfReader{}}
}

// Read reads a record as it was read first.
func (a *archive) Read(at detect.At, r *event.Record) error {
	raw, err := a.record(at)
	if err != nil {
		return err
	}
	if len(raw) != int(at.Size) || a.run.watch.layout.Read(raw, r) != nil || r.OutOfScope() != "" || r.Check() != nil {
		return a.Changed(at)
	}
	return nil
}

// record is the bytes of a record.
func (a *archive) record(at detect.At) ([]byte, error) {
	if at.Input < 0 {
		if a.shelves[at.Input] == nil {
			a.shelves[at.Input] = a.run.lanes[shelfInput(at.Input)].shelf.Reader()
		}
		return a.shelves[at.Input].Record(at.Offset)
	}
	in := a.run.inputs[at.Input]
	if err := a.open(in); err != nil {
		return nil, err
	}
	var err error
	a.buf, err = in.entry.Original().Record(a.file, at.Offset, int(at.Size), a.buf)
	return a.buf, err
}

// open opens the file of an input, if it is not open.
func (a *archive) open(in *input) (err error) {
	if a.file != nil && a.number == in.number {
		return nil
	}
	if err := a.Close(); err != nil {
		return err
	}
	a.file, err = in.entry.Original().Open()
	a.number = in.number
	return err
}

// Changed says that the file of a place is not what it was.
func (a *archive) Changed(at detect.At) error {
	if at.Input < 0 {
		return source.ErrShelf
	}
	return a.run.inputs[at.Input].entry.Original().Changed()
}

// Close closes the file that is open.
func (a *archive) Close() error {
	if a.file == nil {
		return nil
	}
	file := a.file
	a.file = nil
	if err := file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("read records again: %w", err)
	}
	return nil
}
