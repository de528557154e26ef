package event

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"vakt/internal/extract"
)

// Layout is the part of a schema that one run reads: the paths of the fields
// that its rules name, and of those that every record needs. Only what a
// layout reads is validated. A layout is read-only once made.
type Layout struct {
	schema     *Schema
	fields     []*field // by Field, as the schema stood
	projection *extract.Projection
	slots      []int // by path of the schema; -1: not read
	marks      [markCount]int
	beta       []int // slots that only a beta sign-in has
	properties []int // slots below an Azure Monitor record's "properties"
	core       [coreCount]Field
	plain      [shapes][]plainColumn
}

// Layout makes the layout that reads the given fields beside the core ones.
func (s *Schema) Layout(fields ...Field) (*Layout, error) {
	l := &Layout{schema: s, slots: make([]int, len(s.paths))}
	for i := range l.slots {
		l.slots[i] = -1
	}
	for i, c := range coreFields {
		f, ok := s.Lookup(c.log, c.name)
		if !ok {
			return nil, fmt.Errorf("core field %q of %v is in no table", c.name, c.log)
		}
		l.core[i] = f
		fields = append(fields, f)
	}
	var wants []extract.Want
	want := func(path int) int {
		if l.slots[path] < 0 {
			l.slots[path] = len(wants)
			wants = append(wants, s.paths[path])
		}
		return l.slots[path]
	}
	for _, path := range s.together(fields) {
		want(path)
	}
	for m, path := range s.marks {
		l.marks[m] = want(path)
	}
	for _, c := range signInColumns {
		if f, ok := s.Lookup(SignIn, c.name); ok && c.beta {
			l.beta = append(l.beta, want(s.field(f).sources[GraphBeta][0].path))
		}
	}
	for i, w := range wants {
		if strings.HasPrefix(w.Path, "properties.") {
			l.properties = append(l.properties, i)
		}
	}
	p, err := extract.NewProjection(wants)
	if err != nil {
		return nil, fmt.Errorf("layout of %d paths: %w", len(wants), err)
	}
	l.projection = p.With(s.Kernel)
	s.mu.RLock()
	l.fields = slices.Clone(s.fields)
	s.mu.RUnlock()
	l.plain = l.plainColumns()
	return l, nil
}

// together lists every path that fields may need, shape by shape and log by log: what
// one record has stands together in its row, and so in few lines of the cache.
func (s *Schema) together(fields []Field) []int {
	var by [shapes]byLog[[]int]
	for _, f := range fields {
		s.each(f, func(shape Shape, log Log, path int) {
			list := &by[shape][bits.TrailingZeros8(uint8(log))&7]
			*list = append(*list, path)
		})
	}
	var all []int
	for shape := range by {
		all = append(all, slices.Concat(by[shape][:]...)...)
	}
	return all
}

// each visits every path that a field may need, in any shape.
func (s *Schema) each(f Field, visit func(shape Shape, log Log, path int)) {
	d := s.field(f)
	for shape, sources := range d.sources {
		for _, src := range sources {
			visit(Shape(shape), d.log, src.path)
		}
	}
	for _, alternatives := range d.from {
		for _, base := range alternatives {
			s.each(base, visit)
		}
	}
}

// Read extracts a record with the production scan and tells what it is. The
// row belongs to the record and is reused. On error the record is to be
// quarantined.
func (l *Layout) Read(raw []byte, r *Record) error {
	if r.row == nil || r.layout != l {
		r.attach(l)
	}
	if err := l.projection.Fast(raw, r.row); err != nil {
		return err
	}
	r.reset(raw)
	return nil
}

// ReadItem is Read for a record that extract.Split found. It spares the search
// for the record's structure. The batch must not have been released.
func (l *Layout) ReadItem(it *extract.Item, r *Record) error {
	if r.row == nil || r.layout != l {
		r.attach(l)
	}
	if err := l.projection.Item(it, r.row); err != nil {
		return err
	}
	r.reset(it.Raw)
	return nil
}

// ReadStrict is Read with the reference parser, for tests of the scan.
func (l *Layout) ReadStrict(raw []byte, r *Record) error {
	if r.row == nil || r.layout != l {
		r.attach(l)
	}
	if err := l.projection.Strict(raw, r.row); err != nil {
		return err
	}
	r.reset(raw)
	return nil
}

// NotARecord says whether Read failed because the text is a JSON value but no
// object: nothing that could be a record, and nothing broken.
func NotARecord(err error) bool { return errors.Is(err, extract.ErrNotObject) }
