package extract

import "fmt"

// Log Analytics answers a query with tables in which names and cells stand
// apart: {"tables":[{"name":…,"columns":[{"name":…,"type":…}],"rows":[[…]]}]}
// (Azure Monitor Logs query API, response format). Each row becomes an
// object.

// tables reads the list of tables from its bracket. It returns false where
// the list was left without its end.
func (s *splitter) tables() bool {
	s.pos++
	s.lists++
	defer func() { s.lists-- }()
	for {
		c, ok := s.significant()
		switch {
		case !ok:
			s.endsIn("the list of tables is not closed")
			return false
		case c == ']':
			s.pos++
			return true
		case c != '{':
			s.stray(ContainerTable)
		default:
			if !s.table() {
				return false
			}
		}
	}
}

// table reads one table from its bracket. It returns false where the table
// was left without its end.
func (s *splitter) table() bool {
	s.pos++
	s.columns = s.columns[:0]
	known := false
	for {
		key, c, at := s.nextMember(ContainerTable)
		if at != memberFound {
			return at == objectEnds
		}
		place := s.here()
		switch {
		case c == '[' && equalFold(key, "columns") && !known:
			known = true
			if !s.readColumns() {
				return false
			}
		case c == '[' && equalFold(key, "rows"):
			var ok bool
			if !known {
				s.add(ContainerTable, Item{Place: place, Defect: "the columns of the table stand behind its rows: the rows were not read"})
				ok = s.pass(ContainerTable)
			} else {
				ok = s.readRows()
			}
			if !ok {
				return false
			}
		default:
			if !s.pass(ContainerTable) {
				return false
			}
		}
	}
}

// readColumns reads the list of columns from its bracket.
func (s *splitter) readColumns() bool {
	if s.cutOut('[', false) != cutWhole {
		s.add(ContainerTable, Item{Place: s.cut.place, Defect: "the columns of the table: " + s.cut.defect})
		return false
	}
	for column := range Elements(s.value()) {
		name := Member(column, "name")
		if name == nil {
			name = Member(column, "ColumnName")
		}
		if Kind(name) != '"' {
			name = nil
		}
		s.columns = append(s.columns, append([]byte(nil), name...))
	}
	s.mark = -1
	return true
}

// readRows reads the list of rows from its bracket.
func (s *splitter) readRows() bool {
	s.pos++
	s.lists++
	defer func() { s.lists-- }()
	for {
		c, ok := s.significant()
		switch {
		case !ok:
			s.endsIn("the list of rows is not closed")
			return false
		case c == ']':
			s.pos++
			return true
		case c == '[':
			s.row()
		default:
			s.notRow(c)
		}
	}
}

// notRow reads what stands in place of a row.
func (s *splitter) notRow(c byte) {
	if c != '{' {
		s.stray(ContainerTable)
		return
	}
	s.cutOff(c)
	if s.cut.defect == "" {
		s.cut.defect = "an object stands in place of a row"
	}
	s.add(ContainerTable, Item{Place: s.cut.place, Defect: s.cut.defect})
}

// row reads one row and makes it an object.
func (s *splitter) row() {
	it := Item{Offset: NoOffset}
	if s.cutOut('[', false) == cutWhole {
		it.Raw, it.Defect = s.renderRow(s.value())
	} else {
		it.Defect = s.cut.defect
	}
	it.Place = s.cut.place
	s.add(ContainerTable, it)
}

// renderRow joins the cells of a row with the names of its columns.
func (s *splitter) renderRow(row []byte) (raw []byte, defect string) {
	var ok bool
	if s.cells, ok = appendCells(s.cells[:0], row); !ok {
		return nil, "the row is not a JSON list"
	}
	if len(s.cells) != len(s.columns) {
		return nil, fmt.Sprintf("the row has %d cells for %d columns", len(s.cells), len(s.columns))
	}
	size := len("{}")
	for i, cell := range s.cells {
		if s.columns[i] == nil {
			return nil, fmt.Sprintf("column %d of the table has no name", i+1)
		}
		size += len(s.columns[i]) + len(":") + len(cell) + len(",")
	}
	if size > s.lim.Record {
		return nil, tooLarge(s.lim.Record, int64(size))
	}
	raw = append(s.render(size), '{')
	for i, cell := range s.cells {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(append(append(raw, s.columns[i]...), ':'), cell...)
	}
	return append(raw, '}'), ""
}

// appendCells appends the raw elements of a list and is false where the
// list's own commas are broken. What is in an element is not looked at.
func appendCells(cells [][]byte, raw []byte) ([][]byte, bool) {
	i := space(raw, 1)
	if i < len(raw) && raw[i] == ']' {
		return cells, true
	}
	for {
		end := skipValue(raw, i, 0)
		if end < 0 {
			return cells, false
		}
		cell := trim(raw[i:end])
		cells = append(cells, cell)
		i = space(raw, end)
		switch {
		case i >= len(raw):
			return cells, false
		case raw[i] == ']':
			return cells, true
		case raw[i] != ',':
			return cells, false
		}
		i = space(raw, i+1)
	}
}
