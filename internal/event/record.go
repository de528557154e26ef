package event

import (
	"iter"

	"vakt/internal/extract"
)

// Record is one record of a log. It is filled by Layout.Read, answers for
// fields until the next Read, and is meant to be reused. It is not safe for
// concurrent use.
type Record struct {
	layout *Layout
	row    *extract.Row
	raw    []byte

	shape    Shape
	logs     Log
	kind     string // of a record out of scope
	cells    []cell
	number   uint32 // which record this is, to tell fresh cells from stale ones
	arena    []byte
	list     []Value
	gathered []Value // of sequences that are being collected
	targets  []party
	actor    party
	parsed   uint32 // number of the record whose targets and actor were parsed
	seconds  int64
	day      day

	modifiedAudit, modifiedUnified propertyList
	pairLists                      []pairList // those that were asked for
	document                       embeddedText
	forwarded                      domainList
	scanned                        []targetScan // those that were asked for

	stepForms [16]stepForm // by form, of the layout's row

	key     Key
	keyed   uint32 // number of the record that key is of
	id      []byte
	named   uint32 // number of the record that id is of
	hashed  []byte // scratch: what a key is made of
	refused string // why a record that was recognised cannot be read

	cutTargets, cutDetails bool // a portal download may have lost some of them
}

// cell is a field that was asked for, of record number.
type cell struct {
	number  uint32
	compact bool // JSON among the values is without blanks
	only    bool // it was Only that has found the value
	values  Values
}

func (r *Record) attach(l *Layout) {
	r.layout, r.row = l, l.projection.NewRow()
	r.cells, r.day = nil, day{}
	r.stepForms, r.pairLists, r.scanned = [16]stepForm{}, nil, nil
}

func (r *Record) reset(raw []byte) {
	r.raw = raw
	r.number++
	r.arena, r.list = r.arena[:0], r.list[:0]
	r.seconds, r.refused = 0, ""
	r.cutTargets, r.cutDetails = false, false
	r.recognise()
}

// Shape is the form in which the record came; NoShape when out of scope.
func (r *Record) Shape() Shape { return r.shape }

// Logs are the logs that the record belongs to; NoLog when out of scope.
func (r *Record) Logs() Log { return r.logs }

// OutOfScope names the kind of a record that no log of ours has, such as
// "azure_activity"; empty for a record in scope.
func (r *Record) OutOfScope() string { return r.kind }

// Raw is the record as it was read.
func (r *Record) Raw() []byte { return r.raw }

// Field answers for one field. It is unknown when the record's shape cannot
// carry it or the record belongs to another log.
func (r *Record) Field(f Field) Values {
	v := r.field(f)
	if len(v.List) == 1 && v.List[0].Type == JSON && !r.cells[f].compact {
		v.List[0].Text = r.compact(v.List[0].Text)
		r.cells[f].compact = true
	}
	return v
}

// field is Field for other fields that follow from it, to which the blanks
// between the parts of JSON do not matter.
func (r *Record) field(f Field) Values {
	if int(f) < len(r.cells) && r.cells[f].number == r.number {
		return r.cells[f].values
	}
	return r.store(f, r.compute(r.layout.fields[f]))
}

// store keeps what the record says about a field.
func (r *Record) store(f Field, v Values) Values {
	if int(f) >= len(r.cells) {
		r.cells = append(r.cells, make([]cell, int(f)+1-len(r.cells))...)
	}
	r.cells[f] = cell{number: r.number, values: v}
	return v
}

func (r *Record) compute(f *field) Values {
	switch {
	case r.logs&f.log == 0:
		return Values{Unknown: true}
	case f.derive == nil:
		return r.column(f)
	}
	if !r.carries(f) {
		return Values{Unknown: true}
	}
	return f.derive.compute(r, f)
}

// carries tells whether any of the columns that a field is computed from is
// known.
func (r *Record) carries(f *field) bool {
	for _, alternatives := range f.from {
		for _, base := range alternatives {
			if !r.field(base).Unknown {
				return true
			}
		}
	}
	return false
}

// column reads the first source of a column that has a value. In a Log
// Analytics row a column that is not there was not exported: unknown. In the
// other shapes, which leave out what is null, it is absent.
func (r *Record) column(f *field) Values {
	if r.shape == PortalCSV {
		return r.portalValue(f)
	}
	sources := f.sources[r.shape]
	unknown := len(sources) == 0
	missing := r.shape == LogAnalytics
	for i := range sources {
		src := &sources[i]
		raw := r.slot(src.path)
		if raw == nil {
			continue
		}
		missing = false
		if src.key != "" {
			raw = r.pairsOf(raw).value(&src.named)
		}
		if raw == nil || extract.IsNull(raw) {
			continue
		}
		if v := r.decode(f.kind, raw); len(v.List) > 0 {
			return v
		}
	}
	return Values{Unknown: unknown || missing}
}

func (r *Record) slot(path int) []byte {
	if i := r.layout.slots[path]; i >= 0 {
		return r.row.Raw(i)
	}
	return nil
}

// has says whether the record has the key of a mark, whatever its value.
func (r *Record) has(m mark) bool { return r.row.Raw(r.layout.marks[m]) != nil }

func (r *Record) mark(m mark) []byte {
	raw := r.row.Raw(r.layout.marks[m])
	if extract.IsNull(raw) {
		return nil
	}
	return raw
}

// markText is the decoded text of a mark, or nil.
func (r *Record) markText(m mark) []byte {
	raw := r.mark(m)
	if raw == nil {
		return nil
	}
	return r.textOf(raw)
}

// textOf decodes a raw value, into the record's arena where it is not its text
// as it stands.
func (r *Record) textOf(raw []byte) []byte {
	if text := unquoted(raw); text != nil {
		return text
	}
	switch extract.Kind(raw) {
	case '0', 't', 'n':
		return raw
	}
	start := len(r.arena)
	r.arena = extract.AppendText(r.arena, raw)
	return r.arena[start:len(r.arena):len(r.arena)]
}

// compact is JSON without the blanks between its parts, which differ by whoever
// has written the file: in the record's arena, where there are any.
func (r *Record) compact(raw []byte) []byte {
	start := len(r.arena)
	r.arena = extract.AppendCompact(r.arena, raw)
	if len(r.arena)-start == len(raw) {
		r.arena = r.arena[:start]
		return raw
	}
	return r.arena[start:len(r.arena):len(r.arena)]
}

// keep copies a computed text into the record's arena.
func (r *Record) keep(text string) []byte {
	start := len(r.arena)
	r.arena = append(r.arena, text...)
	return r.arena[start:len(r.arena):len(r.arena)]
}

// one makes Values of a single text.
func (r *Record) one(t []byte, typ Type) Values {
	r.list = append(r.list, Value{Text: t, Type: typ})
	return r.collected(len(r.list) - 1)
}

// values collects a sequence into the record's list. Whoever makes the
// sequence may collect others meanwhile, so it is gathered apart first.
func (r *Record) values(seq iter.Seq[Value]) Values {
	from := len(r.gathered)
	for v := range seq {
		r.gathered = append(r.gathered, v)
	}
	start := len(r.list)
	r.list = append(r.list, r.gathered[from:]...)
	r.gathered = r.gathered[:from]
	return r.collected(start)
}

// collected are the values of the list from a place on.
func (r *Record) collected(start int) Values {
	if start == len(r.list) {
		return Values{}
	}
	return Values{List: r.list[start:len(r.list):len(r.list)]}
}

// Texts yields every text of the record, decoded, keys left out: what a
// keyword search looks at.
func (r *Record) Texts(yield func([]byte) bool) {
	var scratch []byte
	for raw := range scalars(r.raw) {
		scratch = extract.AppendText(scratch[:0], raw)
		if !yield(scratch) {
			return
		}
	}
}
