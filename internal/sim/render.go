package sim

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// Container is how a file holds many records.
type Container string

// The containers.
const (
	Object   Container = "object"   // indented objects one after another; one record is a file of one object
	Array    Container = "array"    // one JSON array, compact
	Page     Container = "page"     // Graph pages {"@odata.context","value","@odata.nextLink"}, one a line; the last has no link
	Lines    Container = "lines"    // JSON Lines
	Records  Container = "records"  // one {"records":[…]} object
	EventHub Container = "eventhub" // {"records":[…]} messages of a few records, one a line
	Pretty   Container = "pretty"   // one indented JSON array
	Table    Container = "table"    // a Log Analytics query reply: columns and rows apart
	CSV      Container = "csv"      // one header and a row for each record
)

// Compression is what is done to the bytes of a container.
type Compression string

// The compressions; the empty one is None.
const (
	None Compression = "none"
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
	Zip  Compression = "zip"
)

// Options change how records are rendered. The zero value is ready to use.
type Options struct {
	// Tenant is the directory's id where a shape needs one; "" takes each
	// record's own, else the simulated tenant's.
	Tenant string
	// Compression of the whole output; "" is None.
	Compression Compression
	// Member is the name of the file inside a zip; "" is "records.json".
	Member string
	// PageSize is how many records a Page holds; 0 is 1000.
	PageSize int
	// MessageSize is how many records an EventHub message holds; 0 is 20.
	MessageSize int
	// Portal2024 gives the sign-ins of PortalCSV the 55 columns of October
	// 2024; else they have the 57 of December 2025.
	Portal2024 bool
	// Repeat gives every so many-th row of UnifiedCSV twice, as the paging of
	// the search does; 0 gives none twice.
	Repeat int
}

// Render writes records in a shape, a container and a compression. Records of
// logs that the shape does not carry are left out. A PortalCSV file has one
// header, so it is an error to give it sign-ins and audits together; a
// LogAnalyticsCSV file of several tables is that of a union of them. It
// streams, save for Table, LogAnalyticsCSV and UnifiedCSV, which hold all
// rows, as their columns or their number come first. The same records give
// the same bytes.
func Render(w io.Writer, shape Shape, container Container, records iter.Seq[Record], opts Options) error {
	f, err := shape.form()
	if err != nil {
		return err
	}
	if !slices.Contains(f.containers, container) {
		return fmt.Errorf("shape %s does not come as %q: it comes as %s", shape, container, joined(f.containers))
	}
	out, err := compressed(w, &opts)
	if err != nil {
		return err
	}
	sink := &sink{w: out, shape: shape, opts: opts}
	if err := sink.write(container, f.rows(&opts, records)); err != nil {
		return fmt.Errorf("render %s as %s: %w", shape, container, err)
	}
	return out.Close()
}

// rows returns the records that the shape carries as objects.
func (f form) rows(opts *Options, records iter.Seq[Record]) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		for rec := range records {
			if slices.Contains(f.logs, rec.Log) && !yield(f.row(opts, rec)) {
				return
			}
		}
	}
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// zipped closes the archive after its only member.
type zipped struct {
	io.Writer
	archive *zip.Writer
}

func (z zipped) Close() error { return z.archive.Close() }

func compressed(w io.Writer, opts *Options) (io.WriteCloser, error) {
	switch opts.Compression {
	case "", None:
		return plain{w}, nil
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case Zip:
		archive := zip.NewWriter(w)
		member, err := archive.Create(firstKnown(opts.Member, "records.json"))
		return zipped{member, archive}, err
	}
	return nil, fmt.Errorf("unknown compression %q: there are none, gzip, zstd, zip", opts.Compression)
}

// sink writes rows into a container and keeps the first error.
type sink struct {
	w     io.Writer
	shape Shape
	opts  Options
	err   error
}

func (s *sink) print(parts ...string) {
	for _, p := range parts {
		if s.err == nil {
			_, s.err = io.WriteString(s.w, p)
		}
	}
}

func (s *sink) write(container Container, rows iter.Seq2[object, error]) error {
	switch container {
	case Object:
		s.each(rows, func(_ int, row string) { s.print(indented(row), "\n") })
	case Lines:
		s.each(rows, func(_ int, row string) { s.print(row, "\n") })
	case Array:
		s.list(rows, "[", ",", "]\n", asIs)
	case Pretty:
		s.list(rows, "[\n", ",\n", "\n]\n", indented)
	case Records:
		s.list(rows, `{"records":[`, ",", "]}\n", asIs)
	case EventHub:
		s.groups(rows, orDefault(s.opts.MessageSize, 20), func(int) string { return `{"records":[` }, func(int, bool) string { return "]}\n" })
	case Page:
		s.groups(rows, orDefault(s.opts.PageSize, 1000), s.pageHead, s.pageFoot)
	case Table:
		s.table(rows)
	case CSV:
		s.csv(rows)
	}
	return s.err
}

func orDefault(n, standard int) int {
	if n <= 0 {
		return standard
	}
	return n
}

// each calls f with the number and the text of every row, up to an error.
func (s *sink) each(rows iter.Seq2[object, error], f func(int, string)) {
	n := 0
	for row, err := range rows {
		if s.err == nil {
			s.err = err
		}
		if s.err != nil {
			return
		}
		f(n, string(row.bytes()))
		n++
	}
}

func (s *sink) list(rows iter.Seq2[object, error], head, comma, foot string, text func(string) string) {
	s.print(head)
	s.each(rows, func(n int, row string) {
		if n > 0 {
			s.print(comma)
		}
		s.print(text(row))
	})
	s.print(foot)
}

func asIs(row string) string { return row }

// groups writes rows in groups of at most size, each with a head and a foot;
// no row at all is one empty group. The foot is told whether more follows.
func (s *sink) groups(rows iter.Seq2[object, error], size int, head func(int) string, foot func(int, bool) string) {
	s.print(head(0))
	last := 0
	s.each(rows, func(n int, row string) {
		last = n / size
		switch {
		case n > 0 && n%size == 0:
			s.print(foot(last-1, true), head(last))
		case n > 0:
			s.print(",")
		}
		s.print(row)
	})
	s.print(foot(last, false))
}

// graphRoot is the service root in the links of a page.
func (s *sink) graphRoot() string {
	if s.shape == GraphV1 || s.shape == AuditLogRecord {
		return "https://graph.microsoft.com/v1.0/"
	}
	return "https://graph.microsoft.com/beta/"
}

// pageHead begins a page. One file may hold several logs, so the context
// names none of them.
func (s *sink) pageHead(int) string {
	return `{"@odata.context":"` + s.graphRoot() + `$metadata#auditLogs","value":[`
}

func (s *sink) pageFoot(page int, more bool) string {
	if !more {
		return "]}\n"
	}
	return fmt.Sprintf(`],"@odata.nextLink":"%sauditLogs?$skiptoken=%d"}`+"\n", s.graphRoot(), page+1)
}

func indented(row string) string {
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(row), "", "  "); err != nil {
		return row // rows are valid JSON: they were parsed
	}
	return out.String()
}

// grid is one table of a query reply.
type grid struct {
	name    string
	columns []string
	types   map[string]string
	rows    []object
}

// table writes a query reply with one table for each Log Analytics table.
func (s *sink) table(rows iter.Seq2[object, error]) {
	var grids []*grid
	for row, err := range rows {
		if err != nil {
			s.err = err
			return
		}
		name := row.text("Type")
		i := slices.IndexFunc(grids, func(g *grid) bool { return g.name == name })
		if i < 0 {
			i = len(grids)
			grids = append(grids, &grid{name: name, types: map[string]string{}})
		}
		grids[i].add(row)
	}
	if len(grids) == 1 {
		grids[0].name = "PrimaryResult"
	}
	w := &writer{}
	w.item(func() {
		w.array("tables", func() {
			for _, g := range grids {
				g.write(w)
			}
		})
	})
	s.print(string(w.b), "\n")
}

func (g *grid) add(row object) {
	g.rows = append(g.rows, row)
	for _, m := range row {
		if g.types[m.key] == "" {
			g.columns = append(g.columns, m.key)
			g.types[m.key] = columnType(m.key, m.raw)
		}
	}
}

func (g *grid) write(w *writer) {
	w.item(func() {
		w.str("name", g.name)
		w.array("columns", func() {
			for _, c := range g.columns {
				w.pair("name", c, "type", g.types[c])
			}
		})
		w.array("rows", func() {
			for _, row := range g.rows {
				w.open('[')
				for _, c := range g.columns {
					w.cell(row.get(c))
				}
				w.close(']')
			}
		})
	})
}

// cell writes one value of a query reply: dynamic ones are JSON text there.
func (w *writer) cell(raw []byte) {
	w.sep()
	switch {
	case raw == nil:
		w.b = append(w.b, "null"...)
	case raw[0] == '{' || raw[0] == '[':
		w.b = appendQuoted(w.b, string(raw))
	default:
		w.b = append(w.b, raw...)
	}
}
