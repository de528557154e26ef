package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// spooled is an input that comes once, put into a temporary file in which it
// can be read as often as is needed.
type spooled struct {
	*os.File
	size   int64
	broken error // the input came no further
}

// keep puts into a temporary file what comes of an input. An error is one of
// the disk, or the end of the context: it says nothing of the input, and ends
// the run.
func (f *Files) keep(ctx context.Context, path string, r io.Reader) (*spooled, error) {
	scratch := f.Scratch
	if scratch == nil {
		scratch = func() (*os.File, error) { return Scratch("") }
	}
	tmp, err := scratch()
	if err != nil {
		return nil, unkept(path, err)
	}
	in := &failing{r: &live{ctx, r}}
	size, err := io.Copy(tmp, in)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err != nil && !errors.Is(in.err, err):
		err = unkept(path, err)
	default:
		return &spooled{tmp, size, in.err}, nil
	}
	_ = tmp.Close()
	return nil, err
}

func unkept(path string, err error) error {
	return fmt.Errorf("put input %q, which comes once, into a temporary file to read it twice: %w: make room there, or name another folder for temporary files in TMPDIR (TMP on Windows)", path, err)
}

// failing remembers why its reader gave no more, save for the end.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}
