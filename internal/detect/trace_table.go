package detect

import "vakt/internal/memory"

// traceTable keeps what the traces of records are made of that one recipe is for: a
// row for a record, and a column for what the traces of several targets have in
// common. The first column is the origin, with the tenant, each other one a hash
// of a group or of a value.
type traceTable struct {
	columns int
	pages   []tracePage
	rows    int
	days    bool // there are traces of a growth among its own
}

// tracePage holds rows, column by column.
type tracePage struct {
	cells []uint64
	room  int // for rows
	rows  int
}

// A table begins with few rows, as most kinds of records are rare.
const (
	fewRows   = 8
	manyRows  = 1 << 10
	cellBytes = 8
)

// add adds a row, which takes so many bytes.
func (s *traceTable) add(cells []uint64) (bytes int) {
	p := s.page()
	at := p.rows
	for _, c := range cells {
		p.cells[at] = c
		at += p.room
	}
	p.rows++
	s.rows++
	return cellBytes * len(cells)
}

// page is one with room for a row.
func (s *traceTable) page() *tracePage {
	n := len(s.pages)
	if n == 0 || s.pages[n-1].rows == s.pages[n-1].room {
		room := fewRows
		if n > 0 {
			room = min(2*s.pages[n-1].room, manyRows)
		}
		s.pages = append(s.pages, tracePage{cells: make([]uint64, s.columns*room), room: room})
		memory.Huge(s.pages[n].cells, s.columns*(s.rows+room))
		n++
	}
	return &s.pages[n-1]
}

// column is what stands in a column of the page.
func (p *tracePage) column(i int) []uint64 { return p.cells[i*p.room:][:p.rows] }

// empty forgets the rows.
func (s *traceTable) empty() { s.pages, s.rows = nil, 0 }

// originCell is what the first column says of a record.
func originCell(origin, tenant uint32) uint64 { return uint64(tenant)<<32 | uint64(origin) }

// strand is the traces of one target in a table: one of each row.
type strand struct {
	table *traceTable
	group int    // column
	value int    // column; 0: the value is the same in all
	same  uint64 // that value
	days  bool   // the traces are of a growth
}

// each copies the traces to a block and hands them out, as many at a time as it
// has room for.
func (s *strand) each(block []trace, yield func([]trace)) {
	for i := range s.table.pages {
		p := &s.table.pages[i]
		origins, groups, values := p.column(0), p.column(s.group), p.column(s.value)
		for len(origins) > 0 {
			n := min(len(origins), len(block))
			s.copy(block[:n], origins[:n], groups[:n], values[:n])
			yield(block[:n])
			origins, groups, values = origins[n:], groups[n:], values[n:]
		}
	}
}

// copy makes traces of what stands in the columns.
func (s *strand) copy(to []trace, origins, groups, values []uint64) {
	groups, values = groups[:len(origins)], values[:len(origins)]
	to = to[:len(origins)]
	switch {
	case s.days:
		for i, origin := range origins {
			to[i] = trace{uint32(origin >> 32), uint32(origin), groups[i]}
		}
	case s.value > 0:
		for i, origin := range origins {
			to[i] = trace{sumTag(groups[i]), uint32(origin), values[i]}
		}
	default:
		for i, origin := range origins {
			to[i] = trace{sumTag(groups[i]), uint32(origin), s.same}
		}
	}
}

// pile is the traces of a target, those of its own and those in tables.
type pile struct {
	own     paged[trace]
	strands []strand
}

func (p *pile) len() int {
	n := p.own.len()
	for i := range p.strands {
		n += p.strands[i].table.rows
	}
	return n
}

// each hands out copies of the traces in a block, as many at a time as it has room
// for.
func (p *pile) each(block []trace, yield func([]trace)) {
	for _, page := range p.own.pages {
		for len(page) > 0 {
			n := copy(block, page)
			yield(block[:n])
			page = page[n:]
		}
	}
	for i := range p.strands {
		p.strands[i].each(block, yield)
	}
}

// take copies the traces, and forgets its own.
func (p *pile) take() []trace {
	list := make([]trace, 0, p.len())
	p.each(make([]trace, traceBlock), func(some []trace) { list = append(list, some...) })
	p.own = paged[trace]{}
	return list
}
