package detect

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"vakt/internal/event"
)

// grouped appends the groups that a record belongs to, by fields. Most rules
// group by the same few fields. Where it is loose, a text of several fields
// may have many numbers: mostly it comes once, and a number of its own costs
// less than finding out.
func (w *Worker) grouped(groups []uint32, r *event.Record, fields []event.Field, loose bool) []uint32 {
	switch len(fields) {
	case 0:
		return append(groups, 0)
	case 1:
		return append(groups, w.single(r, fields[0]).groups...)
	}
	return append(groups, w.joined(r, fields, loose)...)
}

// loose tells of a target whether its facts may be grouped so. They are given
// one number for each text when they are decided.
func (t *target) loose() bool {
	c := t.rule
	if c.FirstSeen != nil || c.Growth != nil || c.Travel != nil {
		return false
	}
	if c.Correlation == nil {
		return len(c.Group) > 1
	}
	return len(c.Correlation.GroupBy) > 1
}

// combination is the groups of a record by several fields.
type combination struct {
	fields []event.Field
	loose  bool
	number int // of the record
	groups []uint32
}

// joined finds the groups of the record at hand by several fields, once.
func (w *Worker) joined(r *event.Record, fields []event.Field, loose bool) []uint32 {
	at := -1
	for i := range w.combined {
		if j := &w.combined[i]; j.loose == loose && slices.Equal(j.fields, fields) {
			if at = i; j.number == w.number {
				return j.groups
			}
			break
		}
	}
	if at < 0 {
		at, w.combined = len(w.combined), append(w.combined, combination{fields: fields, loose: loose})
	}
	j := &w.combined[at]
	j.number, j.groups = w.number, j.groups[:0]
	switch is := w.join(r, fields); {
	case is == event.Mixed:
		j.groups = w.combine(j.groups, r, fields, 0)
	case is == event.Alone && loose:
		j.groups = append(j.groups, w.words.arena.put(w.text))
	case is == event.Alone:
		j.groups = append(j.groups, w.words.put(w.text))
	}
	return j.groups
}

// join writes the one group of a record by several fields to w.text. It is
// Mixed where there may be more.
func (w *Worker) join(r *event.Record, fields []event.Field) event.Standing {
	w.text = w.text[:0]
	for i, f := range fields {
		v, is := r.Only(f)
		switch {
		case is == event.Mixed:
			return is
		case is != event.Alone || len(v.Text) == 0:
			return event.Empty
		case i > 0:
			w.text = append(w.text, joint...)
		}
		w.text = appendLower(w.text, v.Text)
	}
	return event.Alone
}

// combine appends the groups that a record belongs to: every combination of
// the values of the group's fields, numbered. Without a value for one of them
// there is none. The first so many bytes of w.text hold the values of the
// fields before.
func (w *Worker) combine(groups []uint32, r *event.Record, fields []event.Field, before int) []uint32 {
	for _, v := range r.Field(fields[0]).List {
		if len(v.Text) == 0 {
			continue
		}
		w.text = appendLower(w.text[:before], v.Text)
		if len(fields) > 1 {
			w.text = append(w.text, joint...)
			groups = w.combine(groups, r, fields[1:], len(w.text))
			continue
		}
		if g := w.words.put(w.text); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups
}

// lowered are the different values of a field, lower case, empty ones left
// out.
func lowered(v event.Values) []string {
	var all []string
	for _, x := range v.List {
		t := string(appendLower(nil, x.Text))
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// appendLower appends a text in lower case, in which nothing is a joint.
func appendLower(b, text []byte) []byte {
	from := len(b)
	b = append(b, text...)
	low := b[from:]
	for ; len(low) >= 8; low = low[8:] {
		word, plain := lowerWord(binary.LittleEndian.Uint64(low))
		if !plain {
			return appendLowerRunes(b[:from], text)
		}
		binary.LittleEndian.PutUint64(low, word)
	}
	for i, c := range low {
		switch {
		case 'A' <= c && c <= 'Z':
			low[i] = c | 0x20
		case c == joint[0] || c >= utf8.RuneSelf:
			return appendLowerRunes(b[:from], text)
		}
	}
	return b
}

// Words of eight bytes: a one in each, and the highest bit of each.
const (
	eachByte = 0x0101010101010101
	highs    = 0x80 * eachByte
)

// lowerWord is eight bytes of ASCII in lower case; plain is false where there are
// others among them, or a joint.
func lowerWord(word uint64) (lower uint64, plain bool) {
	return lowerASCII(word), (word|(word-eachByte)&^word)&highs == 0
}

// lowerASCII is eight bytes of ASCII in lower case.
func lowerASCII(word uint64) uint64 {
	fromA, behindZ := word+(0x80-'A')*eachByte, word+(0x80-'Z'-1)*eachByte
	return word | (fromA&^behindZ&highs)>>2
}

func appendLowerRunes(b, text []byte) []byte {
	return append(b, bytes.ToLower(bytes.ReplaceAll(text, []byte(joint), []byte("\ufffd")))...)
}
