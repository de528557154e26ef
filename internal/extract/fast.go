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
	s.calm = from
	if marks&hasEscape == 0 {
		s.calm = to
	}
	return marks&hasOdd == 0 && (marks&hasHigh == 0 || s.x.valid(s.b, from, to))
}

// object reads an object from its bracket: all its keys, and the values of
// those that are named, or of all if it has to be valid throughout (deep). The
// depth is its own. It is the inner loop of the projection and long for that
// reason.
func (s *scan) object(pl *place, i, depth int, deep bool) int {
	s.k++
	if i = s.white(i + 1); s.b[i] == '}' {
		return s.close(pl, i, new(seenKeys))
	}
	var seen seenKeys
	b, last := s.b, &pl.start
	for {
		k := last.next
		if i+textBytes <= len(b) && k.stands((*[textBytes]byte)(b[i:])) && k.ends(b, i) {
			i += len(k.text)
		} else if k, i = s.key(pl, last, i, &seen); i < 0 {
			return no
		}
		last = k
		if !seen.meet(k.bit) && k != &s.row.places.other {
			return no
		}
		c := b[i]
		if c <= ' ' {
			i = s.white(i)
			c = b[i]
		}
		switch {
		case c == '"' && !k.deeper:
			from := i
			i = s.x.quote(i+1) + 1
			if i > s.calm && (deep || k.node != nil) && !s.sound(from, i) {
				return no
			}
			if k.node != nil {
				s.row.store(k.node.slot, b[from:i:i], 0)
			}
		case k.node != nil:
			i = s.named(k, i, depth, deep)
		case deep:
			i = s.value(k, i, depth)
		default:
			i = s.skip(i)
		}
		if i < 0 {
			return no
		}
		if c = b[i]; c <= ' ' {
			i = s.white(i)
			c = b[i]
		}
		if i++; c == ',' {
			continue
		}
		if c == '}' {
			return s.close(pl, i-1, &seen)
		}
		return no
	}
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

// key reads a key that was not the expected one, and its colon. Where it is a
// stranger at the place, and nobody wants it, it is noted among the row's names
// and stands for all such keys. The key before it learns what followed.
func (s *scan) key(pl *place, last *known, i int, seen *seenKeys) (k *known, value int) {
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
			return s.stranger(n, key, hash, i+1, seen)
		}
	}
	if last != &s.row.places.other {
		last.next = k
	}
	return k, i + 1
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

// escaped reports whether the string at [i, end) has a backslash.
func (s *scan) escaped(i, end int) bool {
	if end <= s.calm {
		return false
	}
	block := max(i, s.calm) >> blockShift
	for block<<blockShift < end && s.x.flags[block]&hasEscape == 0 {
		block++
	}
	s.calm = max(s.calm, block<<blockShift)
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

// skip passes over a value that nobody wants.
func (s *scan) skip(i int) int {
	switch class[s.b[i]] {
	case quoted:
		return s.x.quote(i+1) + 1
	case opening:
		return s.pass(i)
	default:
		return skipScalar(s.b, i)
	}
}

// pass goes behind the object or list at the place.
func (s *scan) pass(i int) int {
	if int(s.x.at[s.k]) != i {
		return no
	}
	end := s.x.link[s.k]
	s.k = int(end) + 1
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
