package source

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"

	"vakt/internal/extract"
)

// archive reads the members of a zip, each as an input of its own, as if they
// lay in a folder. What is wrong with the archive itself stands in an entry
// under its own path.
func (f *Files) archive(ctx context.Context, in found, file io.ReaderAt, size int64, l *inputs, h Handler) error {
	counted := &pieces{r: file, left: size, tell: f.Progress}
	defer counted.rest()
	z, err := zip.NewReader(counted, size)
	if err != nil {
		return l.refuse(Entry{Path: in.path, Bytes: size, Encoding: "zip", Problem: "the zip archive is damaged or cut short: " + err.Error()})
	}
	z.RegisterDecompressor(zip.Deflate, inflater)
	members := slices.DeleteFunc(slices.Clone(z.File), passedOver)
	if what := notLogs(members); what != "" {
		return l.refuse(about(Entry{Path: in.path, Bytes: size, Encoding: "zip"}, in.walked, what))
	}
	whole := &expansion{in: size, lim: f.Limits}
	for _, m := range members {
		if err := f.member(ctx, in, m, whole, l, h); err != nil {
			return err
		}
	}
	return nil
}

// memberRead is how many compressed bytes of a member are read at once.
const memberRead = 64 << 10

// inflater unpacks a member, faster than the standard library does.
func inflater(r io.Reader) io.ReadCloser {
	return flate.NewReader(bufio.NewReaderSize(r, memberRead))
}

// passedOver says whether a member is a folder, or hidden: the same as in a
// folder, and what macOS adds to an archive.
func passedOver(m *zip.File) bool {
	parts := strings.Split(m.Name, "/")
	return m.FileInfo().IsDir() || parts[0] == "__MACOSX" || slices.ContainsFunc(parts, isHidden)
}

// notLogs says why nothing in an archive can be a log; empty where it may.
func notLogs(members []*zip.File) string {
	has := func(prefix string) bool {
		return slices.ContainsFunc(members, func(m *zip.File) bool { return strings.HasPrefix(m.Name, prefix) })
	}
	switch {
	case len(members) == 0:
		return "the zip archive holds no file"
	case has("[Content_Types].xml") && has("xl/"):
		return excel
	case has("[Content_Types].xml"):
		return "an Office file"
	}
	return ""
}

// excel may well be a log that somebody saved so.
const excel = "an Excel workbook is not read: export the log as JSON"

// about puts into an entry why there is nothing to read: a note where the
// file was met in a folder and is surely no log, else a problem.
func about(e Entry, walked bool, what string) Entry {
	if walked && what != excel {
		e.Note = what
	} else {
		e.Problem = what
	}
	return e
}

// member reads one member. The bytes that it expands to count for itself and
// for the whole archive.
func (f *Files) member(ctx context.Context, in found, m *zip.File, whole *expansion, l *inputs, h Handler) error {
	e := Entry{Path: in.path + "!" + m.Name, Bytes: int64(m.CompressedSize64), Encoding: "zip"}
	refuse := func(problem string) error {
		e.Problem = problem
		return l.refuse(e)
	}
	if m.Flags&1 != 0 {
		return refuse("the archive is encrypted: unpack it first")
	}
	r, err := m.Open()
	switch {
	case errors.Is(err, zip.ErrAlgorithm):
		return refuse("the member is compressed in a way that is not read here: unpack the archive first")
	case err != nil:
		return refuse("the zip archive is damaged: " + err.Error())
	}
	defer r.Close() //nolint:errcheck // read only
	own := &expansion{in: e.Bytes, lim: f.Limits}
	b := bufio.NewReader(&unpacked{r: r, bounds: []*expansion{own, whole}})
	// An error shows itself again when the member is read.
	if head, _ := b.Peek(headSize); extract.IsZip(head) {
		return refuse(extract.ErrNested.Error())
	}
	again := func() (io.ReadCloser, error) {
		r, err := m.Open()
		if err != nil {
			return nil, err
		}
		return &reopened{unpacked{r: r, bounds: []*expansion{{in: e.Bytes, lim: f.Limits}}}, r}, nil
	}
	return f.input(ctx, stream{path: e.Path, walked: true, bytes: e.Bytes, r: b, how: "zip", again: again}, l, h)
}

// expansion counts what came of compressed bytes.
type expansion struct {
	in, out int64
	lim     extract.Limits
}

// unpacked bounds how much a member of an archive may expand.
type unpacked struct {
	r      io.Reader
	bounds []*expansion
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	for _, b := range u.bounds {
		b.out += int64(n)
		if bomb := b.lim.Expansion(b.in, b.out); bomb != nil {
			return n, bomb
		}
	}
	return n, err
}

// reopened is a member that is read once more.
type reopened struct {
	unpacked
	io.Closer
}

// pieces tells of the bytes of an archive that were read, all in all as many
// as it has.
type pieces struct {
	r    io.ReaderAt
	left int64
	tell func(int)
}

// ReadAt reads and tells.
func (p *pieces) ReadAt(b []byte, at int64) (int, error) {
	n, err := p.r.ReadAt(b, at)
	p.say(int64(n))
	return n, err
}

func (p *pieces) say(n int64) {
	if n = min(n, p.left); n > 0 && p.tell != nil {
		p.left -= n
		p.tell(int(n))
	}
}

// rest tells of what nobody had to read.
func (p *pieces) rest() { p.say(p.left) }
