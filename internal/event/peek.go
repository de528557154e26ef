package event

import (
	"bytes"

	"vakt/internal/extract"
)

// Standing says what Peek found of a field.
type Standing uint8

// What a field may be before anybody decodes it.
const (
	Unseen Standing = iota // Field is unknown
	Empty                  // Field is known and has no value
	Alone                  // Field follows from the raw bytes alone
	Mixed                  // ask Field: it cannot be told without decoding
)

// Peek answers for a field without decoding it. Raw is there where the field
// is Alone: then two records, of whatever shape, that give equal raw bytes
// give equal values, so that whoever has seen one knows the other. The bytes
// are JSON as it stands in the record, or several pieces of it one after the
// other, and valid until the next Read.
func (r *Record) Peek(f Field) (raw []byte, is Standing) {
	if p := r.layout.plain[r.shape][f]; p.log&r.logs != 0 {
		if raw = r.row.Raw(int(p.slot)); raw == nil || extract.IsNull(raw) {
			return nil, Empty
		}
		return raw, Alone
	}
	d := r.layout.fields[f]
	switch {
	case r.logs&d.log == 0:
		return nil, Unseen
	case d.derive == nil:
		return r.peekColumn(d)
	case d.derive.peek != nil:
		return d.derive.peek(r, d)
	case d.derive.alone&d.log != 0:
		return r.peekDerived(d)
	}
	return nil, Mixed
}

// Only answers for a field that has one value: the value, where it is Alone.
// One that stands in the record is not kept, as that is as quick as to look it
// up. Empty and Unseen say the same as of Peek. Where it is Mixed, Field has to
// be asked.
func (r *Record) Only(f Field) (v Value, is Standing) {
	if p := r.layout.plain[r.shape][f]; p.log&r.logs != 0 {
		raw := r.row.Raw(int(p.slot))
		if raw == nil || extract.IsNull(raw) {
			return v, Empty
		}
		return r.onlyValue(p.kind, raw)
	}
	if int(f) < len(r.cells) {
		if c := &r.cells[f]; c.number == r.number && c.only {
			return c.values.List[0], Alone
		}
	}
	d := r.layout.fields[f]
	raw, is := r.Peek(f)
	switch {
	case is != Alone:
		return v, is
	case d.derive == nil:
		return r.onlyValue(d.kind, raw)
	case d.derive.only != nil && raw[0] == '"':
		v = r.store(f, r.one(d.derive.only(r, r.textOf(raw)), String)).List[0]
		r.cells[f].only = true
		return v, Alone
	}
	return v, Mixed
}

// Holds tells whether a field has a value, without making it: Alone is a field
// that has one or more. Empty and Unseen say the same as of Peek. Where it is
// Mixed, Field has to be asked.
func (r *Record) Holds(f Field) Standing {
	if p := r.layout.plain[r.shape][f]; p.log&r.logs != 0 {
		raw := r.row.Raw(int(p.slot))
		switch {
		case raw == nil || extract.IsNull(raw):
			return Empty
		case mayBeNothing(p.kind, raw):
			return Mixed
		}
		return Alone
	}
	d := r.layout.fields[f]
	switch {
	case r.logs&d.log == 0:
		return Unseen
	case d.derive != nil && d.derive.renames:
		return r.Holds(d.from[0][0])
	case d.derive != nil && d.derive.holds != nil:
		return d.derive.holds(r, d)
	}
	raw, is := r.Peek(f)
	if is == Alone && (d.derive != nil || mayBeNothing(d.kind, raw)) {
		return Mixed
	}
	return is
}

// Plain tells whether a field stands in one place of records like this one, so
// that to look at it costs next to nothing.
func (r *Record) Plain(f Field) bool { return r.layout.plain[r.shape][f].log&r.logs != 0 }

// Columns are the fields of one record that are Plain, until the next Read.
type Columns struct {
	plain []plainColumn
	row   *extract.Row
	logs  Log
}

// Columns are those of the record.
func (r *Record) Columns() Columns { return Columns{r.layout.plain[r.shape], r.row, r.logs} }

// Peek is Record.Peek of a field that is Plain, in fewer steps: it is Empty where raw
// is nil, else Alone. Of any other field ok is false.
func (c *Columns) Peek(f Field) (raw []byte, ok bool) {
	p := &c.plain[f]
	if p.log&c.logs == 0 {
		return nil, false
	}
	if raw = c.row.Raw(int(p.slot)); extract.IsNull(raw) {
		raw = nil
	}
	return raw, true
}

// Written is the one value of a field that is Plain as it is written, which is the
// value itself but for capitals, unless there is a backslash in it. Where ok is
// false it is to be asked otherwise.
func (c *Columns) Written(f Field) (text []byte, ok bool) {
	p := &c.plain[f]
	if p.log&c.logs == 0 {
		return nil, false
	}
	raw := c.row.Raw(int(p.slot))
	kind := extract.Kind(raw)
	switch text = raw; {
	case kind == 't':
	case kind == '"' && p.kind != asFlag:
		text = raw[1 : len(raw)-1]
	case kind != '0':
		return nil, false
	}
	switch p.kind {
	case asText, asNumber, asLower, asFlag:
		return text, true
	case asID:
		return text, !noID(text)
	}
	return nil, false
}

// onlyValue decodes a value that is one. Most are texts and ids that stand in
// the record as they are.
func (r *Record) onlyValue(k kind, raw []byte) (Value, Standing) {
	switch k {
	case asID:
		if n := len(raw) - 1; n > 0 && raw[0] == '"' && isPlainLower(raw[1:n]) && !noID(raw[1:n]) {
			return Value{Text: raw[1:n]}, Alone
		}
	case asText:
		if text := unquoted(raw); text != nil {
			return Value{Text: text}, Alone
		}
	}
	if raw[0] == '[' || k == asJSON || k == asOperation || k == asRecordType {
		return Value{}, Mixed
	}
	if v, ok := r.scalar(k, raw); ok {
		return v, Alone
	}
	return Value{}, Empty
}

// unquoted is the text of a raw string without escapes; nil of all else.
func unquoted(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' || bytes.IndexByte(raw, '\\') >= 0 {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// firstText is the first text of a field, or nil.
func (r *Record) firstText(f Field) []byte {
	v, is := r.Only(f)
	if is == Mixed {
		return r.Field(f).First()
	}
	return v.Text
}

// plainColumn is where a column stands in a shape that writes it in one place,
// and leaves it out where it has no value.
type plainColumn struct {
	log  Log // NoLog: it is no such column
	kind kind
	slot int32
}

// plainColumns are the plain columns of each shape, by field. A field that is
// another name of one is one too.
func (l *Layout) plainColumns() (all [shapes][]plainColumn) {
	for shape := range all {
		all[shape] = make([]plainColumn, len(l.fields))
		if shape := Shape(shape); shape == NoShape || shape == PortalCSV || shape == LogAnalytics {
			continue
		}
		for i, d := range l.fields[1:] {
			if d.derive != nil && d.derive.renames {
				d = l.fields[d.from[0][0]]
			}
			if of := d.sources[shape]; d.derive == nil && len(of) == 1 && of[0].key == "" && l.slots[of[0].path] >= 0 {
				all[shape][i+1] = plainColumn{d.log, d.kind, int32(l.slots[of[0].path])}
			}
		}
	}
	return all
}

// peekColumn finds the source that Record.column decodes.
func (r *Record) peekColumn(d *field) ([]byte, Standing) {
	if r.shape == PortalCSV {
		return nil, Mixed
	}
	sources := d.sources[r.shape]
	missing := len(sources) == 0 || r.shape == LogAnalytics
	for i := range sources {
		raw := r.slot(sources[i].path)
		if raw == nil {
			continue
		}
		missing = false
		if sources[i].key != "" {
			raw = r.pairsOf(raw).value(&sources[i].named)
		}
		switch {
		case raw == nil || extract.IsNull(raw):
		case i+1 < len(sources) && mayBeNothing(d.kind, raw):
			return nil, Mixed
		default:
			return raw, Alone
		}
	}
	if missing {
		return nil, Unseen
	}
	return nil, Empty
}

// mayBeNothing says whether a value that is there may count as absent, so that
// the next source is looked at.
func mayBeNothing(k kind, raw []byte) bool {
	switch {
	case k == asJSON:
		return false
	case raw[0] == '[':
		return true
	case k != asID:
		return false
	}
	return bytes.IndexByte(raw, '\\') >= 0 || noID(bytes.Trim(raw, `"`))
}

// peekDerived finds the one column from which the field is computed: the first
// of the alternatives that has a value.
func (r *Record) peekDerived(d *field) ([]byte, Standing) {
	found := Unseen
	for _, f := range d.from[0] {
		raw, is := r.Peek(f)
		switch {
		case is == Mixed, is == Alone && len(d.from[0]) > 1 && (string(raw) == `""` || mayBeNothing(r.layout.fields[f].kind, raw)):
			return nil, Mixed
		case is == Alone:
			return raw, Alone
		case is == Empty:
			found = Empty
		}
	}
	return nil, found
}
