package detect

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"vakt/internal/event"
)

// grouped appends the groups that a record belongs to, by fields. Most rules
// group by the same few fields.
func (w *Worker) grouped(groups []uint32, r *event.Record, fields []event.Field) []uint32 {
	switch len(fields) {
	case 0:
		return append(groups, 0)
	case 1:
		return append(groups, w.single(r, fields[0]).groups...)
	}
	return w.combine(groups, r, fields, 0)
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
	for i, c := range b[from:] {
		switch {
		case 'A' <= c && c <= 'Z':
			b[from+i] = c | 0x20
		case c == joint[0] || c >= utf8.RuneSelf:
			return append(b[:from], bytes.ToLower(bytes.ReplaceAll(text, []byte(joint), []byte("\ufffd")))...)
		}
	}
	return b
}
