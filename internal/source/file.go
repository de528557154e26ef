package source

import (
	"archive/zip"
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vakt/internal/extract"
)

// Files reads exports from files, folders, archives and one stream.
type Files struct {
	// Stdin is read where an argument is "-".
	Stdin io.Reader
	// Limits bound records and expansion; zero fields are defaults.
	Limits extract.Limits
	// Hash asks for the SHA-256 of every input as stored.
	Hash bool
	// Progress, if set, is told how many bytes were read since it was last
	// called. It is called from the reading goroutine, once a piece.
	Progress func(bytes int)
}

// Handler takes one input after the other. Begin is called before the first
// batch of an input, with the entry to fill; Batch owns each batch; End is
// called when the input has been read, as far as it could be.
type Handler interface {
	Begin(*Entry)
	Batch(*extract.Batch) error
	End()
}

// ErrNoInput says that an argument names nothing that can be read.
var ErrNoInput = errors.New("nothing to read")

// found is one file that an argument led to.
type found struct {
	path   string
	walked bool // met in a folder, not named
}

// Find lists the files behind the arguments, in order; the files of a folder
// by path. Hidden files and folders below a named folder are left out. It
// opens nothing; a missing file or an empty folder is an error.
func Find(args []string) ([]string, error) {
	list, err := find(args)
	paths := make([]string, 0, len(list))
	for _, f := range list {
		paths = append(paths, f.path)
	}
	return paths, err
}

func find(args []string) ([]found, error) {
	var list []found
	for _, arg := range args {
		if arg == "-" {
			list = append(list, found{path: arg})
			continue
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", arg, reason(err))
		}
		if !info.IsDir() {
			list = append(list, found{path: arg})
			continue
		}
		files, err := walk(arg)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("folder %q holds no file: %w", arg, ErrNoInput)
		}
		list = append(list, files...)
	}
	return list, nil
}

func walk(folder string) ([]found, error) {
	var list []found
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("folder %q: %w", folder, reason(err))
		}
		if path != folder && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := os.Stat(path); !d.IsDir() && (err != nil || info.Mode().IsRegular()) {
			list = append(list, found{path: path, walked: true})
		}
		return nil
	})
	return list, err
}

// reason takes the path out of a file error, which names the thing already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Read reads everything behind the arguments into the handler and returns the
// accounts of the inputs. What is wrong with an input stands in its entry;
// the error is for arguments that name nothing, a handler that gives up, and
// a context that ends.
func (f *Files) Read(ctx context.Context, args []string, h Handler) (*Ledger, error) {
	list, err := find(args)
	if err != nil {
		return nil, err
	}
	l := &Ledger{}
	for _, in := range list {
		if err := f.file(ctx, in, l, h); err != nil {
			return l, err
		}
	}
	return l, nil
}

// file reads one file: as an archive of members, or as one input. A file is
// read as long as it is now: what is written to it later is left out.
func (f *Files) file(ctx context.Context, in found, l *Ledger, h Handler) error {
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
	return f.input(ctx, stream{path: in.path, walked: in.walked, bytes: info.Size(), r: io.NewSectionReader(file, 0, info.Size())}, l, h)
}

// headSize is how much of an input is looked at to know an archive.
const headSize = 4

// flow reads what cannot be read twice: standard input, a pipe. Only an
// archive has to be put into a temporary file first.
func (f *Files) flow(ctx context.Context, in found, r io.Reader, l *Ledger, h Handler) error {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return l.unread(in.path, reason(err))
	}
	if !extract.IsZip(head) {
		return f.input(ctx, stream{path: in.path, bytes: unsized, r: b}, l, h)
	}
	tmp, err := os.CreateTemp("", "vakt-*.zip")
	if err != nil {
		return l.unread(in.path, fmt.Errorf("make a temporary file for the archive: %w", err))
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // nothing is lost with it
	defer tmp.Close()           //nolint:errcheck // the same
	size, err := io.Copy(tmp, b)
	if err != nil {
		return l.unread(in.path, fmt.Errorf("read the archive: %w", err))
	}
	return f.archive(ctx, in, tmp, size, l, h)
}

// unread opens and closes the account of an input that could not be opened.
func (l *Ledger) unread(path string, err error) error {
	l.Inputs = append(l.Inputs, &Entry{Path: path, Problem: err.Error()})
	return nil
}

// unsized is the size of a stream: as much as comes.
const unsized = -1

// stream is one input: a file or a member of an archive.
type stream struct {
	path   string
	walked bool
	bytes  int64
	r      io.Reader
	how    string // compression of the archive around it
}

// input reads one input into the handler and closes its account.
func (f *Files) input(ctx context.Context, in stream, l *Ledger, h Handler) error {
	e := &Entry{Path: in.path, Bytes: in.bytes, Encoding: cmp.Or(in.how, "plain")}
	l.Inputs = append(l.Inputs, e)
	var sum hash.Hash
	if f.Hash {
		sum = sha256.New()
		in.r = io.TeeReader(in.r, sum)
	}
	meter := &meter{r: in.r, tell: f.Progress}
	in.r = meter
	h.Begin(e)
	err := f.split(ctx, in, e, h)
	h.End()
	if sum != nil {
		if _, restErr := io.Copy(io.Discard, meter); restErr == nil {
			e.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
	}
	if in.bytes == unsized {
		e.Bytes = meter.n
	}
	e.Seal()
	return f.judge(ctx, e, in.walked, err)
}

// split inflates, decodes and cuts.
func (f *Files) split(ctx context.Context, in stream, e *Entry, h Handler) error {
	plain, how, err := extract.Inflate(in.r, f.Limits)
	if err != nil {
		return err
	}
	defer plain.Close() //nolint:errcheck // read only
	if how != "plain" {
		e.Encoding = strings.TrimPrefix(e.Encoding+"+"+how, "plain+")
	}
	text, encoding, err := extract.UTF8(plain)
	if err != nil {
		return err
	}
	if encoding != "utf-8" {
		e.Encoding += "+" + encoding
	}
	return extract.Split(ctx, text, f.Limits, func(b *extract.Batch) error {
		if i, found := slices.BinarySearch(e.Container, b.Container); !found {
			e.Container = slices.Insert(e.Container, i, b.Container)
		}
		if err := h.Batch(b); err != nil {
			return &stopped{err}
		}
		return nil
	})
}

// stopped is an error of the handler, as opposed to one of the input.
type stopped struct{ error }

func (s *stopped) Unwrap() error { return s.error }

// judge puts what went wrong into the entry, and passes on what ends the run.
func (f *Files) judge(ctx context.Context, e *Entry, walked bool, err error) error {
	var stop *stopped
	var unknown *extract.UnknownFormat
	switch {
	case err == nil:
	case errors.As(err, &stop):
		return stop.error
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &unknown) && walked && harmless(unknown.Looks):
		e.Note = "not a log: " + unknown.Error()
	case errors.As(err, &unknown):
		e.Problem = unknown.Error() + "; expected JSON: an object, an array, a page, JSON Lines or {\"records\":[…]}, plain, gzip, zstd or in a zip"
	case errors.Is(err, extract.ErrEmpty) && walked:
		e.Note = err.Error()
	default:
		e.Problem = err.Error()
	}
	return nil
}

// archive reads the members of a zip, each as an input of its own.
func (f *Files) archive(ctx context.Context, in found, file io.ReaderAt, size int64, l *Ledger, h Handler) error {
	z, err := zip.NewReader(file, size)
	if err != nil {
		l.Inputs = append(l.Inputs, &Entry{Path: in.path, Bytes: size, Encoding: "zip", Problem: "the zip archive is damaged or cut short: " + err.Error()})
		return nil
	}
	for _, m := range z.File {
		if m.FileInfo().IsDir() {
			continue
		}
		if err := f.member(ctx, in, m, l, h); err != nil {
			return err
		}
	}
	return nil
}

func (f *Files) member(ctx context.Context, in found, m *zip.File, l *Ledger, h Handler) error {
	path := in.path + "!" + m.Name
	refuse := func(problem string) error {
		l.Inputs = append(l.Inputs, &Entry{Path: path, Bytes: int64(m.CompressedSize64), Encoding: "zip", Problem: problem})
		return nil
	}
	if m.Flags&1 != 0 {
		return refuse("the archive is encrypted: unpack it first")
	}
	r, err := m.Open()
	if err != nil {
		return refuse("the zip archive is damaged: " + err.Error())
	}
	defer r.Close() //nolint:errcheck // read only
	packed := int64(m.CompressedSize64)
	return f.input(ctx, stream{path: path, walked: true, bytes: packed, r: &unpacked{r: r, in: packed, lim: f.Limits}, how: "zip"}, l, h)
}

// unpacked bounds how much a member of an archive may expand.
type unpacked struct {
	r       io.Reader
	in, out int64
	lim     extract.Limits
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.out += int64(n)
	if bomb := u.lim.Expansion(u.in, u.out); bomb != nil {
		return n, bomb
	}
	return n, err
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
