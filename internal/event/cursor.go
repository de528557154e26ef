package event

import (
	"bytes"

	"vakt/internal/extract"
)

// cursor goes through raw JSON once. It knows the way in which logs are
// written, without blanks and with keys as they are, and gives up on any other.
type cursor struct {
	b  []byte
	at int
}

// take goes on behind a byte, where it is the next.
func (c *cursor) take(b byte) bool {
	if !c.begins(b) {
		return false
	}
	c.at++
	return true
}

func (c *cursor) begins(b byte) bool { return c.at < len(c.b) && c.b[c.at] == b }

// text reads a string and returns it raw, with its quotes; nil where there is
// none.
func (c *cursor) text() []byte {
	if !c.begins('"') {
		return nil
	}
	from := c.at
	for end := from + 1; ; end++ {
		n := bytes.IndexByte(c.b[end:], '"')
		if n < 0 {
			return nil
		}
		end += n
		slashes := 0
		for c.b[end-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			c.at = end + 1
			return c.b[from:c.at]
		}
	}
}

// value goes behind a value.
func (c *cursor) value() bool {
	switch {
	case c.begins('"'):
		return c.text() != nil
	case c.begins('{'), c.begins('['):
		return c.nested()
	}
	from := c.at
	for c.at < len(c.b) && c.b[c.at] > ' ' && c.b[c.at] != ',' && c.b[c.at] != '}' && c.b[c.at] != ']' {
		c.at++
	}
	return c.at > from
}

// nested goes behind an object or a list.
func (c *cursor) nested() bool {
	for depth := 0; c.at < len(c.b); {
		switch c.b[c.at] {
		case '"':
			if c.text() == nil {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if c.at++; depth == 0 {
			return true
		}
	}
	return false
}

// object reads an object and finds the raw values of the first members that
// have these keys, as members does.
func (c *cursor) object(keys []string, found [][]byte) bool {
	if !c.take('{') {
		return false
	}
	for more := !c.take('}'); more; {
		key := c.text()
		if key == nil || !c.take(':') {
			return false
		}
		which := keyAmong(key, keys)
		start := c.at
		if which == undecoded || !c.value() {
			return false
		}
		if which >= 0 && found[which] == nil {
			found[which] = c.b[start:c.at]
		}
		if more = c.take(','); !more && !c.take('}') {
			return false
		}
	}
	return true
}

// What keyAmong says of a key that is none of them.
const (
	unlisted  = -1
	undecoded = -2 // it has to be decoded first
)

// keyAmong tells which of the keys, that are all different and have no escapes,
// a raw key is.
func keyAmong(raw []byte, keys []string) int {
	text := raw[1 : len(raw)-1]
	for i, k := range keys {
		if string(text) == k {
			return i
		}
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		return undecoded
	}
	for i, k := range keys {
		if len(text) == len(k) && extract.KeyIs(raw, k) {
			return i
		}
	}
	return unlisted
}
