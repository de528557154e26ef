package detect

import (
	"slices"
	"testing"
)

// TestStrandsOfATable: each target finds its own traces in the rows that it shares
// with others, over several pages.
func TestStrandsOfATable(t *testing.T) {
	s := &traceTable{columns: 3}
	const rows = 3*fewRows + manyRows
	held := 0
	for i := range uint64(rows) {
		held += s.add([]uint64{originCell(uint32(i)+1, uint32(i)%5), i << tagBits, 7 * i})
	}
	if s.rows != rows || held != rows*3*cellBytes {
		t.Errorf("%d rows of %d bytes", s.rows, held)
	}
	own := trace{1, 2, 3}
	for name, tt := range map[string]struct {
		of   strand
		want func(i uint64) trace
	}{
		"by value": {strand{table: s, group: 1, value: 2}, func(i uint64) trace { return trace{uint32(i), uint32(i) + 1, 7 * i} }},
		"by rule":  {strand{table: s, group: 1, same: 9}, func(i uint64) trace { return trace{uint32(i), uint32(i) + 1, 9} }},
		"days":     {strand{table: s, group: 2, days: true}, func(i uint64) trace { return trace{uint32(i) % 5, uint32(i) + 1, 7 * i} }},
	} {
		p := pile{strands: []strand{tt.of}}
		p.own.add(own)
		want := []trace{own}
		for i := range uint64(rows) {
			want = append(want, tt.want(i))
		}
		if got := p.take(); !slices.Equal(got, want) {
			t.Errorf("%s: %d traces, want %d, or they differ", name, len(got), len(want))
		}
		if p.own.len() != 0 || p.len() != rows {
			t.Errorf("%s: %d of its own are left, and %d in all", name, p.own.len(), p.len())
		}
	}
}
