package extract

import (
	"strconv"
	"unicode/utf8"
)

// The values of the reference reader, a byte at a time.

// text reads a string and decodes it.
func (s *strict) text() (string, error) {
	if s.peek() != '"' {
		return "", errKey
	}
	s.i++
	var text []byte
	for s.i < len(s.b) {
		c := s.b[s.i]
		switch {
		case c == '"':
			s.i++
			return string(text), nil
		case c < 0x20:
			return "", errString
		case c != '\\':
			text = append(text, c)
			s.i++
		default:
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, r)
		}
	}
	return "", errString
}

// simpleEscapes are the escapes of one character.
var simpleEscapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads one escape, or a pair that makes one character.
func (s *strict) escape() (rune, error) {
	s.i++ // the backslash
	c := s.peek()
	s.i++
	if r, ok := simpleEscapes[c]; ok {
		return r, nil
	}
	if c != 'u' {
		return 0, errEscape
	}
	r, err := s.unit()
	if err != nil || r < 0xD800 || r > 0xDFFF {
		return r, err
	}
	if r > 0xDBFF || s.peek() != '\\' || s.i+1 >= len(s.b) || s.b[s.i+1] != 'u' {
		return 0, errEscape
	}
	s.i += 2
	low, err := s.unit()
	if err != nil {
		return 0, err
	}
	if low < 0xDC00 || low > 0xDFFF {
		return 0, errEscape
	}
	return 0x10000 + (r-0xD800)*0x400 + (low - 0xDC00), nil
}

// unit reads four hexadecimal digits.
func (s *strict) unit() (rune, error) {
	if s.i+4 > len(s.b) {
		return 0, errEscape
	}
	u, err := strconv.ParseUint(string(s.b[s.i:s.i+4]), 16, 32)
	if err != nil {
		return 0, errEscape
	}
	s.i += 4
	return rune(u), nil
}

// scalar reads a number, true, false or null.
func (s *strict) scalar() error {
	for _, word := range []string{"true", "false", "null"} {
		if s.i+len(word) <= len(s.b) && string(s.b[s.i:s.i+len(word)]) == word {
			s.i += len(word)
			return nil
		}
	}
	return s.number()
}

// number reads a number that a float64 can hold.
func (s *strict) number() error {
	from := s.i
	if s.peek() == '-' {
		s.i++
	}
	first := s.peek()
	n := s.digits()
	if n == 0 || n > 1 && first == '0' {
		return errValue
	}
	if s.peek() == '.' {
		s.i++
		if s.digits() == 0 {
			return errValue
		}
	}
	if s.peek() == 'e' || s.peek() == 'E' {
		s.i++
		if s.peek() == '+' || s.peek() == '-' {
			s.i++
		}
		if s.digits() == 0 {
			return errValue
		}
	}
	if _, err := strconv.ParseFloat(string(s.b[from:s.i]), 64); err != nil {
		return errValue
	}
	return nil
}

// digits reads decimal digits and counts them.
func (s *strict) digits() int {
	from := s.i
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
	}
	return s.i - from
}

// skip reads a value that nobody wants: brackets and strings only. The depth
// is that of the object around it.
func (s *strict) skip(depth int) error {
	switch s.peek() {
	case '"':
		return s.skipString()
	case '{', '[':
		return s.skipNested(depth)
	}
	from := s.i
	for s.i < len(s.b) && !isStructural(s.b[s.i]) {
		s.i++
	}
	if s.i == from {
		return errValue
	}
	return nil
}

func isStructural(c byte) bool {
	switch c {
	case '{', '}', '[', ']', ',', ':', '"':
		return true
	}
	return false
}

func (s *strict) skipNested(depth int) error {
	var open []byte
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			open = append(open, c)
			if depth+len(open) > MaxDepth {
				return errDeep
			}
		case '}', ']':
			if last := open[len(open)-1]; last == '{' && c != '}' || last == '[' && c != ']' {
				return errBracket
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				s.i++
				return nil
			}
		}
		s.i++
	}
	return errBracket
}

func (s *strict) skipString() error {
	s.i++
	for s.i < len(s.b) {
		c := s.b[s.i]
		s.i++
		switch {
		case c < 0x20:
			return errString
		case c == '"':
			return nil
		case c == '\\':
			if s.peek() < 0x20 {
				return errString
			}
			s.i++
		}
	}
	return errString
}
