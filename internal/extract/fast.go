package extract

import (
	"fmt"
	"unicode/utf8"
)

// Fast reads one record into a row that the projection made. The error is a
// *Defect. It allocates nothing once the row has grown to its records.
func (p *Projection) Fast(rec []byte, row *Row) error {
	row.reset()
	body, front, d := frame(rec)
	if d != nil {
		return d
	}
	f := fast{p: p, row: row, names: &row.names, b: body, seed: p.seed}
	if body[0] != '{' {
		return f.notObject(front)
	}
	end := f.object(&p.nodes[0], 0, 1)
	if end >= 0 && end < len(body) {
		end = f.fail(end, "something follows the object")
	}
	if end < 0 {
		row.reset()
		f.defect.Offset += front
		return f.defect
	}
	row.rec = body
	return nil
}

// frame looks at a record from outside: its size and its encoding.
func frame(rec []byte) (body []byte, front int, d *Defect) {
	body, front = trim(rec)
	switch {
	case len(body) == 0:
		return nil, 0, &Defect{Reason: "empty"}
	case len(body) > MaxRecord:
		return nil, 0, &Defect{Offset: front, Reason: "larger than 1 MiB"}
	case !utf8.Valid(rec):
		return nil, 0, &Defect{Offset: invalidAt(rec), Reason: "not valid UTF-8"}
	}
	return body, front, nil
}

// invalidAt finds the first byte that is not UTF-8.
func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// fast is one reading of one record, or of JSON text inside it. Its methods
// take a place and return the place behind what they read, or a negative
// number after fail.
type fast struct {
	p      *Projection // nil, like row, where a value is read for its own sake
	row    *Row
	names  *names
	b      []byte
	seed   uint64
	level  int // of JSON text inside JSON text
	defect *Defect
}

// fail notes the defect.
func (f *fast) fail(at int, reason string) int {
	f.defect = &Defect{Offset: at, Reason: reason}
	return -1
}

// failCode notes a defect that an inner loop found in the value at a place.
func (f *fast) failCode(at, code int) int { return f.fail(at, scanReason(code)) }

// notObject tells a valid value that is no object from a broken one.
func (f *fast) notObject(front int) *Defect {
	end := f.strict(0, 0)
	switch {
	case end == len(f.b):
		return &Defect{Offset: front, Reason: ErrNotObject.Error(), err: ErrNotObject}
	case end >= 0:
		f.fail(end, "something follows the value")
	}
	f.defect.Offset += front
	return f.defect
}

// object reads an object on the way: all its keys, and the values of those
// that are named. The depth is its own.
func (f *fast) object(n *node, i, depth int) int {
	if depth > MaxDepth {
		return f.failCode(i, tooDeep)
	}
	mark := f.names.object()
	i = space(f.b, i+1)
	if i < len(f.b) && f.b[i] == '}' {
		return i + 1
	}
	for count := 1; ; count++ {
		at := i
		var key []byte
		if key, i = f.key(i); i < 0 {
			return i
		}
		if i = f.member(n, mark, key, at, i, depth); i < 0 {
			return i
		}
		i = space(f.b, i)
		switch {
		case i < len(f.b) && f.b[i] == ',':
			i = space(f.b, i+1)
		case i < len(f.b) && f.b[i] == '}':
			if n == &f.p.nodes[0] {
				f.row.keys = count
			}
			return i + 1
		default:
			return f.fail(i, "a comma or the end of the object is missing")
		}
	}
}

// key reads a key and the colon behind it, and returns the decoded key and
// the place of the value.
func (f *fast) key(i int) ([]byte, int) {
	if i >= len(f.b) || f.b[i] != '"' {
		return nil, f.fail(i, "a key in quotes is missing")
	}
	end, escaped := readString(f.b, i+1)
	if end < 0 {
		return nil, f.failCode(i, end)
	}
	key := f.b[i+1 : end-1]
	if escaped {
		key = f.decode(key)
	}
	end = space(f.b, end)
	if end >= len(f.b) || f.b[end] != ':' {
		return nil, f.fail(end, "a colon is missing")
	}
	return key, space(f.b, end+1)
}

// decode puts the text of a string into the row's arena.
func (f *fast) decode(text []byte) []byte {
	if f.row == nil {
		return appendDecoded(nil, text)
	}
	from := len(f.row.arena)
	f.row.arena = appendDecoded(f.row.arena, text)
	return f.row.arena[from:len(f.row.arena):len(f.row.arena)]
}

// member reads the value of a key in an object on the way.
func (f *fast) member(n *node, mark uint64, key []byte, at, i, depth int) int {
	hash := hashKey(key, f.seed)
	if kid := f.p.find(n, key, hash); kid != nil {
		if !f.row.meet(kid) {
			return f.fail(at, "key "+quote(key)+" stands twice in one object")
		}
		return f.named(kid, i, depth)
	}
	if !f.names.add(mark, hash, key) {
		return f.fail(at, "key "+quote(key)+" stands twice in one object")
	}
	end := skipValue(f.b, i, depth)
	if end < 0 {
		return f.failCode(i, end)
	}
	return end
}

// named reads the value of a key that is wanted or on the way to one.
func (f *fast) named(n *node, i, depth int) int {
	if i >= len(f.b) {
		return f.failCode(i, badScalar)
	}
	var end int
	switch f.b[i] {
	case '{', '[':
		return f.container(n, i, depth)
	case '"':
		var escaped bool
		end, escaped = readString(f.b, i+1)
		if end >= 0 && (n.whole || n.kids != nil) {
			if text, ok := f.document(f.b[i+1:end-1], escaped); ok {
				return f.text(n, text, i, end, depth)
			}
		}
	default:
		end = readScalar(f.b, i)
	}
	if end < 0 {
		return f.failCode(i, end)
	}
	if n.slot >= 0 {
		f.row.slots[n.slot] = f.b[i:end]
	}
	return end
}

// container reads an object or list at a named place. The depth is that of
// the object around it.
func (f *fast) container(n *node, i, depth int) int {
	end := 0
	if n.whole {
		if end = f.strict(i, depth); end < 0 {
			return end
		}
		f.row.slots[n.slot] = f.b[i:end]
	}
	if f.b[i] == '{' && n.kids != nil {
		return f.object(n, i, depth+1)
	}
	if !n.whole {
		if end = skipNested(f.b, i, depth); end < 0 {
			return f.failCode(i, end)
		}
	}
	return end
}

// document tells whether the text of a string begins like an object or list,
// and decodes it then.
func (f *fast) document(text []byte, escaped bool) ([]byte, bool) {
	if !escaped {
		at := space(text, 0)
		return text, at < len(text) && class[text[at]] == opening
	}
	for i := 0; i < len(text); {
		c, n := rune(text[i]), 1
		if c == '\\' {
			c, n = unescape(text[i:])
		}
		switch c {
		case ' ', '\t', '\n', '\r':
			i += n
		case '{', '[':
			return f.decode(text), true
		default:
			return nil, false
		}
	}
	return nil, false
}

// text reads JSON text as if it stood in place of the string at [i, end).
func (f *fast) text(n *node, text []byte, i, end, depth int) int {
	if f.level == MaxText {
		return f.fail(i, fmt.Sprintf("JSON text in %q is nested more than %d deep", n.path, MaxText))
	}
	text, _ = trim(text)
	b := f.b
	f.b = text
	f.level++
	at := f.container(n, 0, depth)
	if at >= 0 && at < len(text) {
		at = f.fail(at, "something follows the value")
	}
	f.level--
	f.b = b
	if at < 0 {
		return f.fail(i, fmt.Sprintf("JSON text in %q is broken: %s", n.path, f.defect.Reason))
	}
	return end
}

// strict reads a value that must be valid to its last byte. The depth is that
// of the object or list around it.
func (f *fast) strict(i, depth int) int {
	if i >= len(f.b) {
		return f.failCode(i, badScalar)
	}
	var end int
	switch f.b[i] {
	case '{':
		return f.strictObject(i, depth+1)
	case '[':
		return f.strictList(i, depth+1)
	case '"':
		end, _ = readString(f.b, i+1)
	default:
		end = readScalar(f.b, i)
	}
	if end < 0 {
		return f.failCode(i, end)
	}
	return end
}

func (f *fast) strictObject(i, depth int) int {
	if depth > MaxDepth {
		return f.failCode(i, tooDeep)
	}
	mark := f.names.object()
	i = space(f.b, i+1)
	if i < len(f.b) && f.b[i] == '}' {
		return i + 1
	}
	for {
		at := i
		var key []byte
		if key, i = f.key(i); i < 0 {
			return i
		}
		if !f.names.add(mark, hashKey(key, f.seed), key) {
			return f.fail(at, "key "+quote(key)+" stands twice in one object")
		}
		if i = f.strict(i, depth); i < 0 {
			return i
		}
		i = space(f.b, i)
		switch {
		case i < len(f.b) && f.b[i] == ',':
			i = space(f.b, i+1)
		case i < len(f.b) && f.b[i] == '}':
			return i + 1
		default:
			return f.fail(i, "a comma or the end of the object is missing")
		}
	}
}

func (f *fast) strictList(i, depth int) int {
	if depth > MaxDepth {
		return f.failCode(i, tooDeep)
	}
	i = space(f.b, i+1)
	if i < len(f.b) && f.b[i] == ']' {
		return i + 1
	}
	for {
		if i = f.strict(i, depth); i < 0 {
			return i
		}
		i = space(f.b, i)
		switch {
		case i < len(f.b) && f.b[i] == ',':
			i = space(f.b, i+1)
		case i < len(f.b) && f.b[i] == ']':
			return i + 1
		default:
			return f.fail(i, "a comma or the end of the list is missing")
		}
	}
}
