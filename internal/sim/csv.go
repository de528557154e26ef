package sim

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// layout is how a product writes one kind of CSV file. Lines end in CR LF.
type layout struct {
	shape   Shape
	columns []string
	quoted  bool // every cell is in quotes; else those that need them
	mark    bool // the file begins with a byte order mark
}

// layouts lists the files with fixed columns. The first one of a shape is
// the header of a file without records.
func layouts() []layout {
	return []layout{
		{PortalCSV, signInColumns, false, true},
		{PortalCSV, signInColumns2024(), true, true},
		{PortalCSV, applicationColumns, false, true},
		{PortalCSV, auditColumns(), true, true},
		{PurviewCSV, purviewColumns, false, false},
		{UnifiedCSV, exportColumns, true, false},
	}
}

// layoutOf returns the layout with the given columns; for nil the first one
// of the shape. A file of a workspace has the columns that its rows have.
func layoutOf(shape Shape, columns []string) layout {
	for _, l := range layouts() {
		if l.shape == shape && (columns == nil || slices.Equal(l.columns, columns)) {
			return l
		}
	}
	return layout{shape: shape, columns: columns}
}

// csv writes rows as a CSV file. It has one header: rows of another kind are
// an error, as leaving them out would lose records in silence.
func (s *sink) csv(rows iter.Seq2[object, error]) {
	switch s.shape {
	case LogAnalyticsCSV:
		rows = typed(rows)
	case UnifiedCSV:
		rows = searched(rows, s.opts.Repeat)
	}
	var l layout
	n := 0
	for row, err := range rows {
		if err != nil {
			s.err = err
			return
		}
		columns, cells := row.cells()
		n++
		if n == 1 {
			l = layoutOf(s.shape, columns)
			s.csvHead(l)
		}
		if !slices.Equal(columns, l.columns) {
			s.err = fmt.Errorf("record %d belongs into another file: a CSV file has one header (give sign-ins and audits apart)", n)
			return
		}
		s.csvLine(cells, func(cell string) bool { return l.quoted || needsQuotes(cell) })
	}
	if n == 0 {
		s.csvHead(layoutOf(s.shape, nil))
	}
}

// cells returns the names of the members, and their values as text.
func (o object) cells() (columns, cells []string) {
	for _, m := range o {
		columns = append(columns, m.key)
		cells = append(cells, textOf(m.raw))
	}
	return columns, cells
}

func (s *sink) csvHead(l layout) {
	if l.mark {
		s.print("\ufeff")
	}
	if len(l.columns) > 0 {
		s.csvLine(l.columns, func(name string) bool { return l.quoted || breaksCell(name) })
	}
}

func (s *sink) csvLine(cells []string, quoted func(string) bool) {
	for i, c := range cells {
		if i > 0 {
			s.print(",")
		}
		if quoted(c) {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		s.print(c)
	}
	s.print("\r\n")
}

// breaksCell says whether a cell cannot stand bare.
func breaksCell(cell string) bool { return strings.ContainsAny(cell, "\",\r\n") }

// needsQuotes says whether a value is put in quotes: one with a blank at
// either end too, which the format would not ask for.
func needsQuotes(cell string) bool { return breaksCell(cell) || strings.TrimSpace(cell) != cell }

// typed gives the rows of a workspace the columns that all of them have
// together, in the order in which they come up. Where tables differ in a
// column's type, the union of them has one column for each type, such as
// Status_dynamic and Status_string.
func typed(rows iter.Seq2[object, error]) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		var all []object
		var names []string
		types := map[string][]string{}
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			all = append(all, row)
			for _, m := range row {
				if types[m.key] == nil {
					names = append(names, m.key)
				}
				if t := columnType(m.key, m.raw); !slices.Contains(types[m.key], t) {
					types[m.key] = append(types[m.key], t)
				}
			}
		}
		for _, row := range all {
			if !yield(widened(row, names, types), nil) {
				return
			}
		}
	}
}

// widened returns a row of a workspace with every column of the file.
func widened(row object, names []string, types map[string][]string) object {
	out := object{}
	for _, name := range names {
		raw := row.get(name)
		switch kinds := types[name]; {
		case len(kinds) > 1:
			for _, kind := range kinds {
				value := raw
				if value != nil && columnType(name, value) != kind {
					value = nil
				}
				out.add(name+"_"+kind, value)
			}
		case kinds[0] == "datetime":
			out.addText(name+" [UTC]", workspaceTime(textOf(raw)))
		default:
			out.add(name, raw)
		}
	}
	return out
}

// workspaceTime writes a time as the portal does in a workspace's CSV file:
// month first, to the millisecond. What is no time stays as it is.
func workspaceTime(text string) string {
	t, ok := moment(text)
	if !ok {
		return text
	}
	return t.Format("1/2/2006, 3:04:05.000 PM")
}
