package daemon

import (
	"errors"
	"fmt"
	"os"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/extract"
)

// at is where a record of the input can be read again; nowhere, if it cannot.
func (in *input) at(item *extract.Item) (at detect.At) {
	if in.entry.Original() == nil || item.Offset == extract.NoOffset {
		return at
	}
	return detect.At{Input: int32(in.number), Size: int32(len(item.Raw)), Offset: item.Offset}
}

// archive reads records of a run again, for one goroutine. It holds one file
// open at a time.
type archive struct {
	run    *run
	number int // of the input whose file is open
	file   *os.File
	buf    []byte
}

func (r *run) archive() detect.Archive { return &archive{run: r} }

// Read reads a record as it was read first.
func (a *archive) Read(at detect.At, r *event.Record) (err error) {
	in := a.run.inputs[at.Input]
	if a.file == nil || a.number != in.number {
		if err := a.Close(); err != nil {
			return err
		}
		if a.file, err = in.entry.Original().Open(); err != nil {
			return err
		}
		a.number = in.number
	}
	a.buf, err = in.entry.Original().Record(a.file, at.Offset, int(at.Size), a.buf)
	if err != nil {
		return err
	}
	if a.run.watch.layout.Read(a.buf, r) != nil || r.OutOfScope() != "" || r.Check() != nil {
		return a.Changed(at)
	}
	return nil
}

// Changed says that the file of a place is not what it was.
func (a *archive) Changed(at detect.At) error {
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
