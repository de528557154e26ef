package extract

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync/atomic"
	"unicode/utf8"
)

// Records of one exporter are much alike: two of one kind differ in some of
// their scalars and are equal everywhere else. A record that has been read is
// kept as a stencil, and a new one is read by comparing the two: where they
// differ there must be a scalar in both. Keys, brackets and all that is equal
// need not be looked at again.

// stencil is a record to compare others with: valid JSON on one line. It does
// not change.
type stencil struct {
	text    []byte   // with overread bytes of room behind it
	scalars []extent // in order
	number  int      // in its tree

	// useless says that a projection cannot make use of it: Row.baseOf.
	useless atomic.Bool
}

// extent is where a scalar stands; of a string, with its quotes.
type extent struct{ from, to uint32 }

// change is a scalar that is another one than that of the stencil, and its
// place in the record.
type change struct {
	scalar   uint32
	from, to uint32
}

// likeness tells of a record that it is like a stencil, and which of its scalars
// are other ones.
type likeness struct {
	stencil *stencil
	changes []change
}

// Bounds of a record that is kept: bytes, which hold for one that is compared too,
// and scalars. Which of them mostly differ is a list that is changed in its
// middle, so that many would cost more than they spare.
const (
	stencilBytes   = 32 << 10
	stencilScalars = 512
)

// overread is how many bytes a kernel reads from any place in a stencil.
const overread = 32

// newStencil keeps a record, which belongs to the stencil then. It is nil where
// the record is not valid throughout, not on one line, or has too many scalars.
func newStencil(text []byte) *stencil {
	if !utf8.Valid(text) {
		return nil
	}
	r := stencilReader{b: text}
	if r.value(0, 0) != len(text) || len(r.scalars) > stencilScalars {
		return nil
	}
	return &stencil{text: slices.Grow(text, overread), scalars: r.scalars}
}

// stencilReader finds the scalars of a valid record. Its methods take a place
// and return the place behind what they read, or no.
type stencilReader struct {
	b       []byte
	scalars []extent
}

// value reads any value. The depth is that of the object or list around it.
func (r *stencilReader) value(i, depth int) int {
	if i >= len(r.b) {
		return no
	}
	switch c := r.b[i]; class[c] {
	case opening:
		if depth == MaxDepth {
			return no
		}
		return r.nested(i, depth+1, c == '{')
	default:
		end := strictScalar(r.b, i)
		if end >= 0 {
			r.scalars = append(r.scalars, extent{uint32(i), uint32(end)})
		}
		return end
	}
}

// nested reads an object, with keys, or a list. The depth is its own.
func (r *stencilReader) nested(i, depth int, keys bool) int {
	last := r.b[i] + 2 // the bracket that closes it
	if i = r.blank(i + 1); i < len(r.b) && r.b[i] == last {
		return i + 1
	}
	for {
		if keys {
			if i = r.key(i); i < 0 {
				return no
			}
		}
		if i = r.value(i, depth); i < 0 {
			return no
		}
		if i = r.blank(i); i == len(r.b) {
			return no
		}
		switch r.b[i] {
		case last:
			return i + 1
		case ',':
			i = r.blank(i + 1)
		default:
			return no
		}
	}
}

// key reads a key, its colon, and the white space around.
func (r *stencilReader) key(i int) int {
	if i == len(r.b) || r.b[i] != '"' {
		return no
	}
	if i, _ = readString(r.b, i+1); i < 0 {
		return no
	}
	if i = r.blank(i); i == len(r.b) || r.b[i] != ':' {
		return no
	}
	return r.blank(i + 1)
}

// blank passes over white space other than line ends.
func (r *stencilReader) blank(i int) int {
	for i < len(r.b) && class[r.b[i]] == white {
		i++
	}
	return i
}

// strictScalar reads a valid scalar, of UTF-8 if it is a string.
func strictScalar(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return readScalar(b, i)
	}
	end, ascii := plainString(b, i+1)
	if end < 0 {
		end, _ = readString(b, i+1)
	}
	if end < 0 || !ascii && validFrom(b, i, end) < 0 {
		return no
	}
	return end
}

// plainString reads a string without escapes from behind its opening quote, and
// tells whether it is ASCII. Where it is no for a string that may be one, ascii
// is false.
func plainString(b []byte, i int) (end int, ascii bool) {
	var high uint64
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i : i+8 : i+8])
		quote := w ^ '"'*ones
		slash := w ^ '\\'*ones
		// The lowest set bit is exact; borrows reach only higher bytes.
		if hit := ((quote-ones)&^quote | (slash-ones)&^slash | (w-0x20*ones)&^w) & highs; hit != 0 {
			n := bits.TrailingZeros64(hit)
			if w>>(n&^7)&0xff != '"' {
				return no, false
			}
			return i + n>>3 + 1, (high|w&(1<<(n&^7)-1))&highs == 0
		}
		high |= w
	}
	for from := i; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1, (high|tail(b[from:i]))&highs == 0
		case c == '\\' || c < ' ':
			return no, false
		}
	}
	return no, false
}

// sharedPrefix is how many bytes two texts begin with together.
func sharedPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for i+64 <= n && string(a[i:i+64]) == string(b[i:i+64]) {
		i += 64
	}
	for ; i+8 <= n; i += 8 {
		if w := binary.LittleEndian.Uint64(a[i:i+8:i+8]) ^ binary.LittleEndian.Uint64(b[i:i+8:i+8]); w != 0 {
			return i + bits.TrailingZeros64(w)>>3
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
