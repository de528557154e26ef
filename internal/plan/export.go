package plan

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Export writes the whole journal as JSON Lines: every row as canonical JSON,
// in its order. VerifyFile reads it on any machine.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriter(w)
	err := s.each(ctx, ``, func(r *Row) error {
		line, err := r.MarshalJSON()
		if err != nil {
			return err
		}
		_, err = out.Write(append(line, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("export the journal: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("export the journal: %w", err)
	}
	return nil
}

// mostLine bounds one line of an exported journal, in bytes.
const mostLine = 16 << 20

// mostFaults bounds how many faults are told one by one.
const mostFaults = 100

// Fault is one place where a journal is not what was written.
type Fault struct {
	Line int    `json:"line"` // of the file, from 1; the place in the table for a journal in the state
	Seq  int64  `json:"seq"`  // what the row there calls itself; 0 where it cannot be read
	What string `json:"what"`
}

// Audit is what a look through a journal found.
type Audit struct {
	Rows int64  `json:"rows"`
	Head string `json:"head"` // hash of the last row
	// Faults are the first hundred of them, in order; More counts the others.
	Faults []Fault `json:"faults"`
	More   int     `json:"more"`
	// Checkpoints is how many checkpoints the journal agrees with. With none,
	// rows that were removed from the end, and a chain that was written anew
	// as a whole, cannot be noticed.
	Checkpoints int `json:"checkpoints"`

	prev    string
	pending []Checkpoint
}

// OK is true where nothing is wrong.
func (a *Audit) OK() bool { return len(a.Faults) == 0 }

func newAudit(checkpoints []Checkpoint) *Audit {
	return &Audit{Head: genesis, Faults: []Fault{}, prev: genesis, pending: checkpoints}
}

func (a *Audit) fault(line int, seq int64, format string, args ...any) {
	if len(a.Faults) == mostFaults {
		a.More++
		return
	}
	a.Faults = append(a.Faults, Fault{line, seq, fmt.Sprintf(format, args...)})
}

// Verify looks through the journal in the state: every row's hash, its place
// in the chain, and what the checkpoints saw. The error says that it could not
// look; what it found stands in the Audit.
func (s *Store) Verify(ctx context.Context, checkpoints ...Checkpoint) (*Audit, error) {
	a := newAudit(checkpoints)
	line, next := 0, int64(1)
	err := s.each(ctx, ``, func(r *Row) error {
		line++
		next = a.row(line, next, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.finish(line)
	return a, nil
}

// VerifyFile is Verify for an exported journal. It needs no state and no
// configuration. A byte that differs from what Export writes is a fault, even
// where it would mean the same.
func VerifyFile(r io.Reader, checkpoints ...Checkpoint) (*Audit, error) {
	a := newAudit(checkpoints)
	in := bufio.NewReaderSize(r, 64<<10)
	line, next := 0, int64(1)
	for {
		raw, err := readLine(in)
		if len(raw) > 0 {
			line++
			next = a.line(line, next, raw)
		}
		switch {
		case errors.Is(err, io.EOF):
			a.finish(line)
			return a, nil
		case errors.Is(err, errLongLine):
			line++
			a.fault(line, 0, "the line is longer than %d MiB: it is no row of a journal", mostLine>>20)
			a.finish(line)
			return a, nil
		case err != nil:
			return nil, fmt.Errorf("read the exported journal behind line %d: %w", line, err)
		}
	}
}

var errLongLine = errors.New("line too long")

// readLine reads a line with its end.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > mostLine {
			return nil, errLongLine
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// line looks at one line of a file.
func (a *Audit) line(line int, next int64, raw []byte) int64 {
	r, err := parseRow(raw)
	if err != nil {
		a.fault(line, r.Seq, "row %d, or another one in its place, was changed: %v", next, err)
		a.prev = r.Hash
		return next + 1
	}
	return a.row(line, next, &r)
}

// parseRow reads a line of an exported journal, which must be exactly what
// Export writes.
func parseRow(raw []byte) (r Row, err error) {
	text, whole := bytes.CutSuffix(raw, []byte("\n"))
	if !whole {
		return r, errors.New("the file breaks off within the line")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, err
	}
	again, err := r.MarshalJSON()
	if err != nil {
		return r, err
	}
	if !bytes.Equal(again, text) {
		return r, errors.New("it is not written as Vakt writes rows")
	}
	return r, nil
}

// row looks at one row, where number next is due, and tells which is due then.
func (a *Audit) row(line int, next int64, r *Row) int64 {
	before := a.Rows
	switch sum, err := r.sum(); {
	case err != nil:
		a.fault(line, r.Seq, "row %d was changed: %v", r.Seq, err)
	case sum != r.Hash:
		a.fault(line, r.Seq, "row %d was changed: its hash does not fit its contents", r.Seq)
	}
	switch {
	case r.Seq > next+1:
		a.fault(line, r.Seq, "rows %d to %d are missing here: removed, or moved", next, r.Seq-1)
	case r.Seq > next:
		a.fault(line, r.Seq, "row %d is missing here: removed, or moved", next)
	case r.Seq < next:
		a.fault(line, r.Seq, "row %d stands where row %d is due: put in, repeated or moved", r.Seq, next)
	case r.PrevHash != a.prev && line == 1:
		a.fault(line, r.Seq, "row %d does not begin a journal: the rows before it are missing", r.Seq)
	case r.PrevHash != a.prev:
		a.fault(line, r.Seq, "row %d does not follow the row before it: one of the two was exchanged", r.Seq)
	}
	a.checkpoint(line, r)
	a.Rows, a.Head, a.prev = before+1, r.Hash, r.Hash
	return r.Seq + 1
}

// checkpoint compares a row with the checkpoints that saw it.
func (a *Audit) checkpoint(line int, r *Row) {
	var pending []Checkpoint
	for _, c := range a.pending {
		switch {
		case c.Seq != r.Seq:
			pending = append(pending, c)
		case c.Head != r.Hash:
			a.fault(line, r.Seq, "row %d is not the one that the checkpoint of %s saw: the journal was written anew", r.Seq, formatTime(c.Time))
		default:
			a.Checkpoints++
		}
	}
	a.pending = pending
}

// finish tells of checkpoints whose row did not come.
func (a *Audit) finish(line int) {
	for _, c := range a.pending {
		if c.Seq == 0 && c.Head == genesis {
			a.Checkpoints++
			continue
		}
		a.fault(line, c.Seq, "row %d, which the checkpoint of %s saw, is not there: rows were removed from the end", c.Seq, formatTime(c.Time))
	}
	a.pending = nil
}
