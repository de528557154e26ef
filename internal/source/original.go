package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Original is a file whose records stand in it as they were handed out, so that
// one can be read again by its Offset.
type Original struct {
	path string
	info fs.FileInfo
	skip int64 // bytes of a byte order mark
}

// Original is where records of an input can be read again; nil where they cannot:
// what was packed, encoded otherwise or came as a stream. It is known before the
// first batch.
func (e *Entry) Original() *Original { return e.original }

// Open opens the file once more. It is an error if another file has taken its
// place. That is looked at first as well: to open a pipe would wait for ever.
func (o *Original) Open() (*os.File, error) {
	info, err := os.Stat(o.path)
	if err != nil {
		return nil, fmt.Errorf("read it again, for what an alert shows: %w", err)
	}
	if !os.SameFile(info, o.info) {
		return nil, o.Changed()
	}
	file, err := os.Open(o.path)
	if err != nil {
		return nil, fmt.Errorf("read it again, for what an alert shows: %w", err)
	}
	info, err = file.Stat()
	if err == nil && !os.SameFile(info, o.info) {
		err = o.Changed()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Changed says that the file is not what it was.
func (o *Original) Changed() error {
	return fmt.Errorf("%s: the file changed while it was read: run again when nobody writes to it, or on a copy", o.path)
}

// Record is the bytes of a record, by its Offset. They take the place of what
// is in the buffer.
func (o *Original) Record(file *os.File, offset int64, size int, buf []byte) ([]byte, error) {
	if cap(buf) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if _, err := file.ReadAt(buf, o.skip+offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = o.Changed()
		}
		return nil, err
	}
	return buf, nil
}
