package extract

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Strict reads one record like Fast, a byte at a time and with nothing clever
// in it. It is what Fast is measured against, and decides what Fast cannot vouch
// for.
func (p *Projection) Strict(rec []byte, row *Row) error {
	row.reset()
	s := strict{p: p, row: row, b: rec}
	err := s.record()
	if err == nil {
		row.rec = trim(rec)
		return nil
	}
	row.reset()
	d := &Defect{Offset: s.i, Reason: err.Error()}
	if errors.Is(err, ErrNotObject) {
		d.err = ErrNotObject
	}
	return d
}

// strict is a reader at place i of b.
type strict struct {
	p     *Projection
	row   *Row
	b     []byte
	i     int
	level int
}

var (
	errDeep    = errors.New("nested more than 64 deep")
	errString  = errors.New("a string is not closed on its line, or holds a control character")
	errEscape  = errors.New("a string holds a broken escape")
	errValue   = errors.New("not a JSON value")
	errBracket = errors.New("brackets do not match")
	errKey     = errors.New("a key in quotes is missing")
	errColon   = errors.New("a colon is missing")
	errComma   = errors.New("a comma or the closing bracket is missing")
	errAfter   = errors.New("something follows the value")
)

// record reads the whole of b.
func (s *strict) record() error {
	if !utf8.Valid(s.b) {
		s.i = invalidAt(s.b)
		return errors.New("not valid UTF-8")
	}
	s.white()
	from, to := s.i, len(s.b)
	for to > from && isWhite(s.b[to-1]) {
		to--
	}
	switch {
	case from == to:
		return errors.New("empty")
	case to-from > MaxRecord:
		return errors.New("larger than 1 MiB")
	}
	if s.peek() != '{' {
		if err := s.whole(0); err != nil {
			return err
		}
		s.white()
		if s.i < len(s.b) {
			return errAfter
		}
		return ErrNotObject
	}
	if err := s.way(&s.p.nodes[0], 1); err != nil {
		return err
	}
	s.white()
	if s.i < len(s.b) {
		return errAfter
	}
	return nil
}

func isWhite(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// peek is the byte at the place, or 0 at the end.
func (s *strict) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *strict) white() {
	for s.i < len(s.b) && isWhite(s.b[s.i]) {
		s.i++
	}
}

// take reads one byte that must be there.
func (s *strict) take(c byte, missing error) error {
	s.white()
	if s.i >= len(s.b) || s.b[s.i] != c {
		return missing
	}
	s.i++
	return nil
}

// list reads what stands between an opening bracket and its closing one, as
// items with commas between.
func (s *strict) list(open, end byte, item func() error) error {
	if err := s.take(open, errBracket); err != nil {
		return err
	}
	s.white()
	if s.peek() == end {
		s.i++
		return nil
	}
	for {
		s.white()
		if err := item(); err != nil {
			return err
		}
		s.white()
		if s.peek() == ',' {
			s.i++
			continue
		}
		return s.take(end, errComma)
	}
}

// object reads an object, and refuses a key that it has seen.
func (s *strict) object(member func(key string) error) error {
	seen := map[string]bool{}
	return s.list('{', '}', func() error {
		key, err := s.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("key %s stands twice in one object", quote([]byte(key)))
		}
		seen[key] = true
		if err := s.take(':', errColon); err != nil {
			return err
		}
		s.white()
		return member(key)
	})
}

// way reads an object on the way to wanted paths. The depth is its own.
func (s *strict) way(n *node, depth int) error {
	if depth > MaxDepth {
		return errDeep
	}
	named := map[*node]bool{}
	return s.object(func(key string) error {
		if n.id == 0 {
			s.row.keys++
		}
		for _, k := range n.kids {
			kid := &s.p.nodes[k]
			if kid.key != foldString(key) {
				continue
			}
			if named[kid] {
				return fmt.Errorf("key %s stands twice in one object", quote([]byte(key)))
			}
			named[kid] = true
			return s.named(kid, depth)
		}
		return s.skip(depth)
	})
}

// named reads a value at a place that is wanted or on the way. The depth is
// that of the object around it.
func (s *strict) named(n *node, depth int) error {
	from := s.i
	switch s.peek() {
	case '{', '[':
		return s.container(n, depth)
	case '"':
		text, err := s.text()
		if err != nil {
			return err
		}
		if (n.whole || len(n.kids) > 0) && beginsDocument(text) {
			if err := s.document(n, text, depth); err != nil {
				s.i = from
				return fmt.Errorf("JSON text in %q is broken: %w", n.path, err)
			}
			return nil
		}
	default:
		if err := s.scalar(); err != nil {
			return err
		}
	}
	if n.slot >= 0 {
		s.row.store(n.slot, s.b[from:s.i:s.i], 0)
	}
	return nil
}

// container reads an object or list at a named place.
func (s *strict) container(n *node, depth int) error {
	from := s.i
	if n.whole {
		if err := s.whole(depth); err != nil {
			return err
		}
		s.row.store(n.slot, s.b[from:s.i:s.i], 0)
		s.i = from
	}
	if s.peek() == '{' && len(n.kids) > 0 {
		return s.way(n, depth+1)
	}
	return s.skip(depth)
}

// beginsDocument reports whether text begins like an object or list.
func beginsDocument(text string) bool {
	for i := 0; i < len(text); i++ {
		if !isWhite(text[i]) {
			return text[i] == '{' || text[i] == '['
		}
	}
	return false
}

// document reads JSON text in place of the string that held it.
func (s *strict) document(n *node, text string, depth int) error {
	if s.level == MaxText {
		return fmt.Errorf("nested more than %d deep", MaxText)
	}
	in := strict{p: s.p, row: s.row, b: []byte(text), level: s.level + 1}
	in.white()
	if err := in.container(n, depth); err != nil {
		return err
	}
	in.white()
	if in.i < len(in.b) {
		return errAfter
	}
	return nil
}

// whole reads a value that must be valid throughout. The depth is that of
// the object or list around it.
func (s *strict) whole(depth int) error {
	switch c := s.peek(); {
	case (c == '{' || c == '[') && depth == MaxDepth:
		return errDeep
	case c == '{':
		return s.object(func(string) error { return s.whole(depth + 1) })
	case c == '[':
		return s.list('[', ']', func() error { return s.whole(depth + 1) })
	case c == '"':
		_, err := s.text()
		return err
	default:
		return s.scalar()
	}
}
