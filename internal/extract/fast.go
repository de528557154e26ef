package extract

import (
	"bytes"
	"unicode/utf8"
)

// Fast reads one record into a row that the projection made. The error is a
// *Defect. It allocates nothing once the row has grown to its records.
//
// Fast accepts a record where it can vouch for it. Where it cannot, because
// the record is broken or has something rare in it, Strict decides and says
// what is wrong.
func (p *Projection) Fast(rec []byte, row *Row) error {
	body := trim(rec)
	if len(body) == 0 || len(body) > MaxRecord || body[0] != '{' || !row.vouch(p, body) {
		return p.Strict(rec, row)
	}
	return nil
}

// Item is Fast for a record that Split found, and spares the search for its
// structure. The batch must not have been released.
func (p *Projection) Item(it *Item, row *Row) error {
	if it.like != nil && row.copyOf(p, it.Raw, it.like) {
		return nil
	}
	if it.index == nil || len(it.Raw) > MaxRecord || it.Raw[0] != '{' {
		return p.Fast(it.Raw, row)
	}
	from := int(it.from)
	to := from + len(it.Raw)
	row.reset()
	s := scan{p: p, row: row, b: it.index.buf, x: it.index, k: int(it.first)}
	if !s.record(from, to) {
		return p.Strict(it.Raw, row)
	}
	row.rec = it.Raw
	return nil
}

// vouch reads an object and is false where Strict has to.
func (r *Row) vouch(p *Projection, body []byte) bool {
	r.reset()
	x := r.text(0, p.kernel)
	if !x.whole(body, 1) {
		return false
	}
	s := scan{p: p, row: r, b: body, x: x}
	if !s.record(0, len(body)) {
		return false
	}
	r.rec = body
	return true
}

// text returns an index for JSON text at a level; 0 is the record itself.
func (r *Row) text(level int, k Kernel) *index {
	if r.texts[level] == nil {
		r.texts[level] = new(index)
	}
	x := r.texts[level]
	x.kernel = k
	return x
}

// whole indexes an object or list and is false where it is not one that is
// closed at the end of b. The depth is its own.
func (x *index) whole(b []byte, depth int) bool {
	x.fit(len(b))
	x.extend(b, len(b))
	w := walk{limit: MaxDepth + 1 - depth}
	return x.match(b, &w) == walked && int(x.at[w.next-1]) == len(b)-1 && w.next == len(x.at)
}

// scan is one reading of one record, or of JSON text inside it, by its index.
// Its methods take a place and return the place behind what they read, or no
// where they cannot vouch for it. A place is never behind the end: the index
// has shown that the brackets and quotes match.
type scan struct {
	p     *Projection
	row   *Row
	b     []byte // what the index is of
	x     *index
	k     int // the next bracket, among those of the index
	to    int // where the record ends
	calm  int // up to here there is no backslash that has not been passed
	level int // of JSON text inside JSON text
}

// record reads the object at [from, to).
func (s *scan) record(from, to int) bool {
	if !s.fine(from, to) {
		return false
	}
	return s.object(s.row.places.begin(&s.p.nodes[0]), from, 1, false) == to
}

// fine looks at the bytes as a whole.
func (s *scan) fine(from, to int) bool {
	marks := s.x.marks(from, to)
	s.to, s.calm = to, to
	if marks&hasEscape != 0 {
		s.soothe(from)
	}
	return marks&hasOdd == 0 && (marks&hasHigh == 0 || s.x.valid(s.b, from, to))
}

// object reads an object from its bracket: all its keys, and the values of
// those that are named, or of all if it has to be valid throughout (deep). The
// depth is its own.
func (s *scan) object(pl *place, i, depth int, deep bool) int {
	s.k++
	if i = s.white(i + 1); s.b[i] == '}' {
		return s.close(pl, i, new(seenKeys))
	}
	var seen seenKeys
	var at stop
	for k := &pl.start; ; i++ {
		if k, i, at = s.run(k, i, deep, &seen); at == atKey {
			if k, i = s.key(pl, k, i, &seen); i < 0 || !seen.meet(k) && k != &s.row.places.other {
				return no
			}
		}
		if at != behind {
			if i = s.member(k, s.white(i), depth, deep); i < 0 {
				return no
			}
		}
		switch i = s.white(i); s.b[i] {
		case ',':
		case '}':
			return s.close(pl, i, &seen)
		default:
			return no
		}
	}
}

// member reads the value of a key in an object. The depth is the object's.
func (s *scan) member(k *known, i, depth int, deep bool) int {
	switch {
	case k.node != nil:
		return s.named(k, i, depth, deep)
	case deep:
		return s.value(k, i, depth)
	}
	return s.skip(k, i)
}

// close passes the bracket that ends an object.
func (s *scan) close(pl *place, i int, seen *seenKeys) int {
	s.k++
	if pl.node == &s.p.nodes[0] {
		s.row.keys = seen.count()
	}
	return i + 1
}

// white skips JSON white space.
func (s *scan) white(i int) int {
	for c := s.b[i]; c == ' ' || c == '\n' || c == '\t' || c == '\r'; c = s.b[i] {
		i++
	}
	return i
}

// key reads a key that was not the expected one, its colon, and the white space
// around. Where it is a stranger at the place, and nobody wants it, it is noted
// among the row's names and stands for all such keys. The key before it learns
// what followed.
func (s *scan) key(pl *place, last *known, i int, seen *seenKeys) (k *known, value int) {
	from := i
	if i = s.white(i); s.b[i] != '"' {
		return nil, no
	}
	end := s.x.quote(i + 1)
	key := s.b[i+1 : end]
	if s.escaped(i, end) {
		if after, _ := readString(s.b, i+1); after != end+1 {
			return nil, no
		}
		key = s.decode(key)
	}
	if i = s.white(end + 1); s.b[i] != ':' {
		return nil, no
	}
	i = s.white(i + 1)
	hash := hashKey(key, s.p.seed)
	if k = pl.find(key, hash); k == nil {
		var n *node
		if pl.node != nil {
			n = s.p.find(pl.node, key, hash)
		}
		if plain(key, 0) == len(key) {
			k = s.row.places.learn(pl, key, hash, n)
		}
		if k == nil {
			return s.stranger(n, key, hash, i, seen)
		}
	}
	if !k.expects(s.b, from, i) {
		k.expect(s.b[from:i])
	}
	if last != &s.row.places.other {
		last.next = k
	}
	return k, i
}

// stranger notes a key that has no room at its place.
func (s *scan) stranger(n *node, key []byte, hash uint64, value int, seen *seenKeys) (*known, int) {
	if n != nil {
		s.row.places.crowded = true
		return nil, no
	}
	if seen.strangers++; seen.strangers == 1 {
		seen.mark = s.row.names.object()
	}
	if !s.row.names.add(seen.mark, hash, key) {
		return nil, no
	}
	return &s.row.places.other, value
}

// soothe finds the next block with a backslash that is not before a place.
func (s *scan) soothe(from int) {
	s.calm = s.x.marked(hasEscape, from>>blockShift, (s.to+blockSize-1)>>blockShift) << blockShift
}

// escaped reports whether the string at [i, end) has a backslash.
func (s *scan) escaped(i, end int) bool {
	if end <= s.calm {
		return false
	}
	s.soothe(max(i, s.calm))
	return end > s.calm && bytes.IndexByte(s.b[i:end], '\\') >= 0
}

// sound checks the escapes of the string at [i, end).
func (s *scan) sound(i, end int) bool {
	if !s.escaped(i, end) {
		return true
	}
	after, _ := readString(s.b, i+1)
	return after == end
}

// decode puts the text of a string into the row's arena.
func (s *scan) decode(text []byte) []byte {
	from := len(s.row.arena)
	s.row.arena = appendDecoded(s.row.arena, text)
	return s.row.arena[from:len(s.row.arena):len(s.row.arena)]
}

// skip passes over the value of a key that nobody wants.
func (s *scan) skip(k *known, i int) int {
	switch class[s.b[i]] {
	case quoted:
		return s.x.quote(i+1) + 1
	case opening:
		return s.pass(i)
	}
	end := skipScalar(s.b, i)
	if readScalar(s.b, i) == end && end >= 0 {
		k.keep(s.b, i, end)
	}
	return end
}

// pass goes behind the object or list at the place.
func (s *scan) pass(i int) int {
	if int(s.x.at[s.k]) != i {
		return no
	}
	end := s.k + int(s.x.link[s.k])
	s.k = end + 1
	return int(s.x.at[end]) + 1
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
