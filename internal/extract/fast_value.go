package extract

// The values that a scan reads.

// named reads the value of a key that is wanted or on the way to one.
func (s *scan) named(k *known, i, depth int, deep bool) int {
	n, end := k.node, 0
	switch class[s.b[i]] {
	case opening:
		return s.container(k, i, depth, deep)
	case quoted:
		end = s.x.quote(i+1) + 1
		if !s.sound(i, end) {
			return no
		}
		if k.deeper {
			if text, ok := s.document(i, end); ok {
				if !s.embedded(k, text, depth) {
					return no
				}
				return end
			}
		}
	default:
		end = s.scalar(k, i)
	}
	if end >= 0 && n.slot >= 0 {
		s.row.store(n.slot, s.b[i:end:end], 0)
	}
	return end
}

// container reads an object or list at a named place. The depth is that of
// the object around it.
func (s *scan) container(k *known, i, depth int, deep bool) int {
	n, end, form := k.node, 0, uint64(0)
	switch {
	case s.b[i] == '{' && n.kids != nil:
		end = s.object(s.row.places.below(&k.own, n), i, depth+1, deep || n.whole)
	case deep || n.whole:
		end, form = s.proved(k, i, depth)
	default:
		end = s.pass(i)
	}
	if end >= 0 && n.whole {
		s.row.store(n.slot, s.b[i:end:end], form)
	}
	return end
}

// proved reads an object or list that must be valid to its last byte, and in
// which nothing is named, and tells its form.
func (s *scan) proved(k *known, i, depth int) (end int, form uint64) {
	before := s.k
	if end = s.pass(i); end < 0 {
		return end, 0
	}
	if form = s.row.proofs[k.node.id].form(s.b[i:end]); form != 0 {
		return end, form
	}
	s.k = before
	if s.value(k, i, depth) != end {
		return no, 0
	}
	return end, s.row.newForm(k.node, s.b[i:end])
}

// formOf tells the form of a node's value that is valid.
func (r *Row) formOf(n *node, raw []byte) uint64 {
	if form := r.proofs[n.id].form(raw); form != 0 {
		return form
	}
	return r.newForm(n, raw)
}

// newForm notes a node's value that is valid and has the form of none before.
func (r *Row) newForm(n *node, raw []byte) uint64 {
	r.formed++
	r.proofs[n.id].add(raw, r.formed)
	return r.formed
}

// document tells whether the text of the string at [i, end) begins like an
// object or list, and decodes it then.
func (s *scan) document(i, end int) ([]byte, bool) {
	text := s.b[i+1 : end-1]
	if len(text) == 0 || text[0] > ' ' && text[0] != '\\' && class[text[0]] != opening {
		return nil, false
	}
	if !s.escaped(i, end) {
		text = trim(text)
		return text, len(text) > 0 && class[text[0]] == opening
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
			text = trim(s.decode(text))
			return text, true
		default:
			return nil, false
		}
	}
	return nil, false
}

// embedded reads JSON text as if it stood in the record. The depth is that of
// the object around it.
func (s *scan) embedded(k *known, text []byte, depth int) bool {
	if s.level == MaxText {
		return false
	}
	x := s.row.text(s.level+1, s.p.kernel)
	if !x.whole(text, depth+1) {
		return false
	}
	in := scan{p: s.p, row: s.row, b: text, x: x, level: s.level + 1}
	return in.fine(0, len(text)) && in.container(k, 0, depth, false) == len(text)
}

// value reads a value that must be valid to its last byte. The depth is that
// of the object or list around it.
func (s *scan) value(k *known, i, depth int) int {
	switch s.b[i] {
	case '{':
		return s.object(s.row.places.below(&k.own, nil), i, depth+1, true)
	case '[':
		return s.list(s.row.places.below(&k.items, nil), i, depth+1)
	case '"':
		return s.text(i)
	default:
		return s.scalar(k, i)
	}
}

// scalar reads a number, true, false or null that is the value of a key.
func (s *scan) scalar(k *known, i int) int {
	end := readScalar(s.b, i)
	if end >= 0 {
		k.keep(s.b, i, end)
	}
	return end
}

// text reads a string and checks its escapes.
func (s *scan) text(i int) int {
	end := s.x.quote(i+1) + 1
	if !s.sound(i, end) {
		return no
	}
	return end
}

// list reads a list that must be valid to its last byte from its bracket. The
// place is that of the objects in it, and in lists in it. The depth is its own.
func (s *scan) list(pl *place, i, depth int) int {
	s.k++
	i = s.white(i + 1)
	if s.b[i] == ']' {
		s.k++
		return i + 1
	}
	for {
		switch s.b[i] {
		case '{':
			i = s.object(pl, i, depth+1, true)
		case '[':
			i = s.list(pl, i, depth+1)
		case '"':
			i = s.text(i)
		default:
			i = readScalar(s.b, i)
		}
		if i < 0 {
			return no
		}
		i = s.white(i)
		switch s.b[i] {
		case ',':
			i = s.white(i + 1)
		case ']':
			s.k++
			return i + 1
		default:
			return no
		}
	}
}
