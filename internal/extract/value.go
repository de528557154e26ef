package extract

import (
	"bytes"
	"iter"
	"sync"
	"unicode/utf8"
)

// The functions of this file read raw values that a Row, Elements or Members
// handed out. On other bytes they do not panic, and what they return means
// nothing.

// IsNull reports whether a raw value is null.
func IsNull(raw []byte) bool { return string(raw) == "null" }

// Kind tells what a raw value is by one byte: '{' an object, '[' a list,
// '"' a string, '0' a number, 't' true or false, 'n' null. It is 0 for no
// value at all.
func Kind(raw []byte) byte {
	if len(raw) == 0 {
		return 0
	}
	switch c := raw[0]; c {
	case '{', '[', '"', 't', 'n':
		return c
	case 'f':
		return 't'
	default:
		return '0'
	}
}

// AppendText appends a raw value as text: a string decoded, a number, true,
// false or null as written, an object or list as compact JSON.
func AppendText(dst, raw []byte) []byte {
	switch Kind(raw) {
	case '"':
		return appendDecoded(dst, inner(raw))
	case '{', '[':
		return AppendCompact(dst, raw)
	default:
		return append(dst, raw...)
	}
}

// inner is a raw string without its quotes.
func inner(raw []byte) []byte {
	if len(raw) < 2 {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// Elements goes through the elements of a raw list. Of any other value there
// are none.
func Elements(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if Kind(raw) != '[' {
			return
		}
		for i := space(raw, 1); i < len(raw) && raw[i] != ']'; {
			end := skipValue(raw, i, 0)
			if end < 0 {
				return
			}
			v := trim(raw[i:end])
			if !yield(v) {
				return
			}
			i = nextItem(raw, end)
		}
	}
}

// Members goes through the members of a raw object: the raw key with its
// quotes, and the raw value. Of any other value there are none.
func Members(raw []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		if Kind(raw) != '{' {
			return
		}
		for i := space(raw, 1); i < len(raw) && raw[i] == '"'; {
			end := skipString(raw, i+1)
			if end < 0 {
				return
			}
			key := raw[i:end]
			if i = space(raw, end); i >= len(raw) || raw[i] != ':' {
				return
			}
			i = space(raw, i+1)
			if end = skipValue(raw, i, 0); end < 0 {
				return
			}
			v := trim(raw[i:end])
			if !yield(key, v) {
				return
			}
			i = nextItem(raw, end)
		}
	}
}

// nextItem is the place of the next element or member, or of the closing
// bracket.
func nextItem(raw []byte, i int) int {
	i = space(raw, i)
	if i < len(raw) && raw[i] == ',' {
		i = space(raw, i+1)
	}
	return i
}

// Member returns the raw value of the first member of a raw object whose
// decoded key equals the given one without ASCII case, or nil.
func Member(raw []byte, key string) []byte {
	for k, v := range Members(raw) {
		if KeyIs(k, key) {
			return v
		}
	}
	return nil
}

// KeyIs reports whether a raw key, with its quotes, equals a name once it is
// decoded, without ASCII case.
func KeyIs(raw []byte, name string) bool {
	text := inner(raw)
	if same := string(text) == name; same || len(text) != len(name) {
		if bytes.IndexByte(text, '\\') < 0 {
			return same
		}
	}
	return equalKey(text, name)
}

// equalKey compares the text of a string, which may have escapes, with a key
// without ASCII case.
func equalKey(text []byte, key string) bool {
	at := 0
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r == '\\' {
			if r, n = unescape(text[i:]); n == 0 {
				return false
			}
		} else if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		want, size := utf8.DecodeRuneInString(key[at:])
		if size == 0 || r != want && (r >= utf8.RuneSelf || want >= utf8.RuneSelf || foldByte(byte(r)) != foldByte(byte(want))) {
			return false
		}
		i += n
		at += size
	}
	return at == len(key)
}

// AppendCompact appends a raw value without the white space outside its
// strings.
func AppendCompact(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		end := i + 1
		switch class[raw[i]] {
		case white, line:
			i++
			continue
		case quoted:
			if end = skipString(raw, i+1); end < 0 {
				end = len(raw)
			}
		}
		dst = append(dst, raw[i:end]...)
		i = end
	}
	return dst
}

// spares are rows for Embedded, which wants nothing of its objects.
var spares = sync.Pool{New: func() any { return new(Row) }}

// nothing is a projection that wants nothing.
var nothing = &Projection{nodes: []node{{slot: -1}}, seed: newSeed(), kernel: Best.resolve()}

// Embedded decodes JSON text: where raw is a string whose text is one strictly
// valid JSON value of any kind (within MaxRecord and MaxDepth, no key twice
// in an object), it returns that value. The value may lie in scratch, which
// is overwritten from its start and grown if need be, or in raw.
func Embedded(raw, scratch []byte) ([]byte, bool) {
	if Kind(raw) != '"' {
		return nil, false
	}
	end, escaped := readString(raw, 1)
	if end != len(raw) {
		return nil, false
	}
	text := inner(raw)
	if escaped {
		text = appendDecoded(scratch[:0], text)
	}
	if text = trim(text); len(text) == 0 || len(text) > MaxRecord || !utf8.Valid(text) {
		return nil, false
	}
	row, _ := spares.Get().(*Row) // the pool holds nothing else
	defer spares.Put(row)
	return text, row.valid(text)
}

// valid reports whether text is one valid value.
func (r *Row) valid(text []byte) bool {
	if class[text[0]] != opening {
		return isScalar(text)
	}
	r.reset()
	if x := r.text(0, nothing.kernel); x.whole(text, 1) {
		s := scan{p: nothing, row: r, b: text, x: x}
		if s.fine(0, len(text)) && s.whole() {
			return true
		}
	}
	slow := strict{p: nothing, row: r, b: text}
	return slow.whole(0) == nil && slow.i == len(text)
}

// whole reads an object or list that must be valid to its last byte.
func (s *scan) whole() bool {
	pl := s.row.places.begin(&s.p.nodes[0])
	if s.b[0] == '{' {
		return s.object(pl, 0, 1, true) == len(s.b)
	}
	return s.list(pl, 0, 1) == len(s.b)
}
