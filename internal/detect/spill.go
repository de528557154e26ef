package detect

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Spill lets workers put facts into files once they take more than so many
// bytes of memory, all workers together, those that read records again with
// them. Every worker takes four empty files from temporary and closes them, after
// which nothing should be left of them. Numbered texts and records that are kept
// stay in memory. What first_seen and growth remember of groups may take as much
// again. It is called before the first NewWorker.
func (d *Detector) Spill(bytes int, workers int, temporary func() (*os.File, error)) {
	d.limit, d.temporary = bytes/max(1, workers), temporary
}

// spill is what a worker has put into files: the pages of its rows, and runs
// of facts, each sorted by target and by the hash of the group.
type spill struct {
	rows  *os.File
	facts *os.File
	size  int64  // of facts
	runs  []part // in their order

	traceFile *os.File
	origins   *os.File
	traceSize int64
	traces    []traceRun
}

// part is the facts of one run that are of one target.
type part struct {
	target int
	at     int64
	count  int
}

func newSpill(temporary func() (*os.File, error)) (s *spill, err error) {
	s = &spill{}
	for _, file := range []**os.File{&s.rows, &s.facts, &s.traceFile, &s.origins} {
		if *file, err = temporary(); err != nil {
			*file = nil
			return nil, errors.Join(fmt.Errorf("make a file for facts that do not fit into memory: %w", err), s.close())
		}
	}
	return s, nil
}

// close closes the files, of which nothing is left then.
func (s *spill) close() error {
	var errs []error
	for _, f := range []*os.File{s.rows, s.facts, s.traceFile, s.origins} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// Close removes what the worker has put into files. The worker must not be
// used after it.
func (w *Worker) Close() error {
	if w.spill == nil {
		return nil
	}
	s := w.spill
	w.spill = nil
	if err := s.close(); err != nil {
		return fmt.Errorf("remove the facts that did not fit into memory: %w", err)
	}
	return nil
}

// spillAll puts all facts and rows of the worker into files.
func (w *Worker) spillAll() (err error) {
	if w.spill == nil {
		if w.spill, err = newSpill(w.d.temporary); err != nil {
			return err
		}
		w.rows.file = w.spill.rows
	}
	if err = w.rows.write(); err == nil {
		err = w.writeRun()
	}
	if err == nil {
		err = w.writeTraces()
	}
	if err != nil {
		return fmt.Errorf("put facts that do not fit into memory into a temporary file: %w: make room there, or name another folder for temporary files in TMPDIR (TMP on Windows)", err)
	}
	w.held = 0
	return nil
}

// writeRun writes the facts of every target.
func (w *Worker) writeRun() error {
	s := w.spill
	out := bufio.NewWriterSize(io.NewOffsetWriter(s.facts, s.size), 256<<10)
	var line [factBytes]byte
	var refs, spare []ref
	for t := range w.facts {
		refs, spare = sortedRefs(w.refs(t, refs), spare)
		if len(refs) == 0 {
			continue
		}
		s.runs = append(s.runs, part{t, s.size, len(refs)})
		for _, r := range refs {
			r.fact.encode(&line)
			if _, err := out.Write(line[:]); err != nil {
				return err
			}
		}
		s.size += int64(len(refs)) * factBytes
		w.facts[t] = facts{}
	}
	return out.Flush()
}

// encode writes a fact as a line of a file.
func (f *fact) encode(b *[factBytes]byte) {
	copy(b[:16], f.key[:])
	binary.LittleEndian.PutUint64(b[16:], uint64(f.time))
	for i, n := range []uint32{f.group, f.value, f.tenant, f.row, f.matched} {
		binary.LittleEndian.PutUint32(b[24+4*i:], n)
	}
	b[44], b[45], b[46], b[47] = f.base, f.severity, byte(f.kind), 0
	if f.again {
		b[47] = 1
	}
}

// decode is the reverse of encode.
func (f *fact) decode(b *[factBytes]byte) {
	copy(f.key[:], b[:16])
	f.time = int64(binary.LittleEndian.Uint64(b[16:]))
	for i, n := range []*uint32{&f.group, &f.value, &f.tenant, &f.row, &f.matched} {
		*n = binary.LittleEndian.Uint32(b[24+4*i:])
	}
	f.base, f.severity, f.kind, f.again = b[44], b[45], kind(b[46]), b[47] == 1
}

// rows are what is shown of the records of a worker. Their pages may have gone
// into a file, where they lie as in memory.
type rows struct {
	arena
	file    *os.File
	written int // pages that are in the file
}

// write puts the pages into the file and forgets them.
func (r *rows) write() error {
	for ; r.written < len(r.pages); r.written++ {
		page := r.pages[r.written]
		if _, err := r.file.WriteAt(page, int64(r.written)*pageBytes); err != nil {
			return err
		}
		r.pages[r.written] = nil
	}
	return nil
}

// rowGuess is how much of a row is read at first.
const rowGuess = 256

// read is the row at a place. It may use the buffer.
func (r *rows) read(place uint32, buf *[]byte) ([]byte, error) {
	if int(place/pagePlaces) >= r.written {
		return r.text(place), nil
	}
	if cap(*buf) < rowGuess {
		*buf = make([]byte, rowGuess)
	}
	at := int64(place) * placeBytes
	head := (*buf)[:rowGuess]
	n, err := r.file.ReadAt(head, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read facts that did not fit into memory: %w", err)
	}
	size, length := binary.Uvarint(head[:n])
	if length <= 0 {
		return nil, errors.New("read facts that did not fit into memory: the file is damaged")
	}
	end := length + int(size)
	if end <= n {
		return head[length:end], nil
	}
	if cap(*buf) < end {
		*buf = make([]byte, end)
	}
	row := (*buf)[:end]
	if _, err := r.file.ReadAt(row, at); err != nil {
		return nil, fmt.Errorf("read facts that did not fit into memory: %w", err)
	}
	return row[length:], nil
}
