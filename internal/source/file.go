package source

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// Files reads exports from files, folders, archives and one stream.
type Files struct {
	// Stdin is read where an argument is "-".
	Stdin io.Reader
	// Limits bound records and expansion; zero fields are defaults. Its
	// Header is not used: CSV is read where the header is that of a log.
	Limits extract.Limits
	// Dates says how dates with slashes are read. Where it is not said, a CSV
	// file whose dates look day-first is refused.
	Dates event.DateOrder
	// Hash asks for the SHA-256 of every input as stored; of a member of an
	// archive, of the file that was packed.
	Hash bool
	// Scratch makes the temporary file for an input that comes once and must be
	// read twice, where that is not Scratch in the system's folder.
	Scratch func() (*os.File, error)
	// Progress, if set, is told how many bytes, as stored, were read since it
	// was last called, once a piece. Its calls do not overlap.
	Progress func(bytes int)
	// Parallel is how many files are read at a time; 0 is one. The members of
	// an archive are read one after the other.
	Parallel int
}

// Handler takes inputs, of which Files.Parallel may be open at a time. Begin
// is called before the first batch of an input, with the entry to fill and its
// place among all inputs: that of the file among those read, and that of the
// member in an archive.
type Handler interface {
	Begin(e *Entry, at Place) Sink
}

// Place orders the inputs of a run.
type Place struct{ File, Member int }

// Compare is below 0 where p comes before q.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Member, q.Member))
}

// Sink takes the batches of one input, in order. Batch owns each batch; End is
// called when the input has been read, as far as it could be, and returns when
// all is in the entry.
type Sink interface {
	Batch(*extract.Batch) error
	End()
}

// Read reads everything behind the arguments into the handler and returns the
// accounts of the inputs, in their order. What is wrong with an input stands
// in its entry; the error is for arguments that name nothing, a handler that
// gives up, and a context that ends.
func (f *Files) Read(ctx context.Context, args []string, h Handler) (*Ledger, error) {
	list, err := find(args)
	if err != nil {
		return nil, err
	}
	all := f.oneCaller()
	ledgers, err := all.readAll(ctx, list, h)
	l := newLedger()
	for i := range ledgers {
		l.Inputs = append(l.Inputs, ledgers[i].list...)
	}
	return l, err
}

// file reads one file: as an archive of members, or as one input. A file is
// read as long as it is now: what is written to it later is left out.
func (f *Files) file(ctx context.Context, in found, l *inputs, h Handler) error {
	if in.path == "-" {
		return f.flow(ctx, in, f.Stdin, l, h)
	}
	file, err := os.Open(in.path)
	if err != nil {
		return l.unread(in.path, reason(err))
	}
	defer file.Close() //nolint:errcheck // read only
	info, err := file.Stat()
	if err != nil {
		return l.unread(in.path, reason(err))
	}
	if info.IsDir() {
		return l.unread(in.path, errors.New("a link to a folder is not followed: name the folder itself"))
	}
	if !info.Mode().IsRegular() {
		return f.flow(ctx, in, file, l, h)
	}
	head := make([]byte, headSize)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return l.unread(in.path, reason(err))
	}
	if extract.IsZip(head[:n]) {
		return f.archive(ctx, in, file, info.Size(), l, h)
	}
	section := func() *io.SectionReader { return io.NewSectionReader(file, 0, info.Size()) }
	return f.input(ctx, stream{
		path: in.path, walked: in.walked, bytes: info.Size(), whole: true, r: section(), tell: f.Progress,
		again:    func() (io.ReadCloser, error) { return io.NopCloser(section()), nil },
		original: &Original{path: in.path, info: info, skip: int64(extract.MarkSize(head[:n]))},
	}, l, h)
}

// headSize is how much of an input is looked at to know an archive.
const headSize = 4

// flow reads what cannot be read twice: standard input, a pipe. Only an
// archive has to be put into a temporary file first.
func (f *Files) flow(ctx context.Context, in found, r io.Reader, l *inputs, h Handler) error {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return l.unread(in.path, reason(err))
	}
	if !extract.IsZip(head) {
		return f.input(ctx, stream{path: in.path, bytes: unsized, r: b, tell: f.Progress}, l, h)
	}
	kept, err := f.keep(ctx, in.path, b)
	if err != nil {
		return err
	}
	defer kept.Close() //nolint:errcheck // nothing is lost with it
	if kept.broken != nil {
		return l.unread(in.path, fmt.Errorf("read the archive: %w", kept.broken))
	}
	return f.archive(ctx, in, kept, kept.size, l, h)
}

// unsized is the size of a stream: as much as comes.
const unsized = -1

// stream is one input: a file or a member of an archive.
type stream struct {
	path   string
	walked bool
	bytes  int64
	whole  bool // as many bytes must come
	r      io.Reader
	tell   func(int) // of the bytes that come; may be nil
	how    string    // compression of the archive around it

	again    func() (io.ReadCloser, error) // from the start; nil where it can be read once
	original *Original                     // the file, where the stream is all of it
}

// input reads one input into the handler and closes its account.
func (f *Files) input(ctx context.Context, in stream, l *inputs, h Handler) error {
	e := &Entry{Path: in.path, Bytes: in.bytes, Encoding: cmp.Or(in.how, "plain")}
	at := l.add(e)
	var sum hash.Hash
	if f.Hash {
		sum = sha256.New()
		in.r = io.TeeReader(in.r, sum)
	}
	meter := &meter{r: in.r, tell: in.tell}
	in.r = meter
	sink := h.Begin(e, at)
	err := f.split(ctx, in, e, sink)
	sink.End()
	if err == nil && in.whole && meter.n < in.bytes {
		err = fmt.Errorf("the file became shorter while it was read: %d of %d bytes came", meter.n, in.bytes)
	}
	if sum != nil && !ends(ctx, err) {
		if _, restErr := io.Copy(io.Discard, &live{ctx, meter}); restErr == nil {
			e.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
	}
	if in.bytes == unsized {
		e.Bytes = meter.n
	}
	e.Seal()
	return f.judge(ctx, e, in.walked, err)
}

// live is a reader that ends with its context.
type live struct {
	ctx context.Context
	r   io.Reader
}

func (l *live) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.r.Read(p)
}

// split inflates, decodes and cuts.
func (f *Files) split(ctx context.Context, in stream, e *Entry, sink Sink) error {
	plain, how, err := extract.Inflate(in.r, f.Limits)
	if err != nil {
		return err
	}
	defer plain.Close() //nolint:errcheck // read only
	if how != "plain" {
		e.Encoding = strings.TrimPrefix(e.Encoding+"+"+how, "plain+")
	}
	inflated := io.Reader(plain)
	if how != extract.Plain || in.how != "" {
		ahead := newAhead(plain)
		defer ahead.close()
		inflated = ahead
	}
	text, encoding, err := extract.UTF8(inflated)
	if err != nil {
		return err
	}
	if encoding != "utf-8" {
		e.Encoding += "+" + encoding
	}
	if e.Encoding == extract.Plain {
		e.original = in.original
	}
	text, done, err := f.spool(ctx, &in, text)
	defer done()
	if err != nil {
		return err
	}
	return extract.Split(ctx, text, f.limits(ctx, in), func(b *extract.Batch) error {
		if i, found := slices.BinarySearch(e.Container, b.Container); !found {
			e.Container = slices.Insert(e.Container, i, b.Container)
		}
		if err := sink.Batch(b); err != nil {
			return &stopped{err}
		}
		return nil
	})
}

// stopped is an error of the handler, as opposed to one of the input.
type stopped struct{ error }

func (s *stopped) Unwrap() error { return s.error }

// ends says whether an error is one of those that end the run.
func ends(ctx context.Context, err error) bool {
	var stop *stopped
	return errors.As(err, &stop) || err != nil && ctx.Err() != nil
}

// judge puts what went wrong into the entry, and passes on what ends the run.
func (f *Files) judge(ctx context.Context, e *Entry, walked bool, err error) error {
	var stop *stopped
	var unknown *extract.UnknownFormat
	var unsure *dateError
	switch {
	case err == nil:
	case errors.As(err, &stop):
		return stop.error
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &unsure):
		e.Problem = unsure.what
	case errors.As(err, &unknown) && unknown.Why != nil:
		e.Problem = unknown.Error()
	case errors.As(err, &unknown) && unknown.Packed:
		e.Problem = unknown.Looks + ", which is not opened here: unpack it and give what was in it"
	case errors.As(err, &unknown) && walked && harmless(unknown.Looks):
		e.Note = "not a log: " + unknown.Error()
	case errors.As(err, &unknown):
		e.Problem = unknown.Error() + "; expected JSON: an object, an array, a page, JSON Lines or {\"records\":[…]}, or CSV with the columns of a log; plain, gzip, zstd or in a zip"
	case errors.Is(err, extract.ErrNested):
		e.Problem = extract.ErrNested.Error()
	case errors.Is(err, extract.ErrEmpty) && walked:
		e.Note = err.Error()
	default:
		e.Problem = err.Error()
	}
	return nil
}

// harmless says whether a file of that look, met in a folder, is surely no
// log: text for people. Anything else may be a log that is not read here, and
// is named as a problem.
func harmless(looks string) bool {
	for _, prefix := range []string{"plain text", "HTML", "XML", "a PDF"} {
		if strings.HasPrefix(looks, prefix) {
			return true
		}
	}
	return false
}

// meter counts the bytes that pass.
type meter struct {
	r    io.Reader
	tell func(int)
	n    int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	if m.tell != nil && n > 0 {
		m.tell(n)
	}
	return n, err
}
