package rule

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// pattern is a text of a rule split at its wildcards.
type pattern []part

// part is a piece of plain text, or one wildcard: any text, any character, or
// any of the dashes.
type part struct {
	wild byte // 0, '*', '?' or wildDash
	text string
}

// parsePattern reads wildcards and escapes as the specification has them: * is
// any text, ? is one character, \* \? and \\ are the plain characters, and a
// backslash before anything else is itself.
func parsePattern(s string) pattern {
	if !strings.ContainsAny(s, `\*?`) {
		return plainPattern(s)
	}
	var p pattern
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			p = append(p, part{text: plain.String()})
			plain.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\*?`, s[i+1]) >= 0:
			i++
			plain.WriteByte(s[i])
		case c == '?':
			flush()
			p = append(p, part{wild: c})
		case c == '*':
			flush()
			p = p.star()
		default:
			plain.WriteByte(c)
		}
	}
	flush()
	return p
}

// joined makes one pattern of two. Plain parts that meet become one, and so do
// stars.
func (p pattern) joined(q pattern) pattern {
	out := slices.Clone(p)
	for _, next := range q {
		last := len(out) - 1
		switch {
		case next.wild == '*':
			out = out.star()
		case next.wild == 0 && last >= 0 && out[last].wild == 0:
			out[last].text += next.text
		default:
			out = append(out, next)
		}
	}
	return out
}

// plainPattern is a text without wildcards.
func plainPattern(s string) pattern {
	if s == "" {
		return nil
	}
	return pattern{{text: s}}
}

// star appends *; several in a row are one.
func (p pattern) star() pattern {
	if len(p) > 0 && p[len(p)-1].wild == '*' {
		return p
	}
	return append(p, part{wild: '*'})
}

// around makes a pattern of the operator from that of the value: contains has
// a star on both sides, and so on.
func (p pattern) around(op operator) pattern {
	out := make(pattern, 0, len(p)+2)
	if op == opContains || op == opEndsWith {
		out = out.star()
	}
	for _, part := range p {
		if part.wild == '*' {
			out = out.star()
			continue
		}
		out = append(out, part)
	}
	if op == opContains || op == opStartsWith {
		out = out.star()
	}
	return out
}

// fold prepares the plain parts for comparison without case.
func (p pattern) fold() pattern {
	out := make(pattern, len(p))
	for i, part := range p {
		part.text = foldText(part.text)
		out[i] = part
	}
	return out
}

// shape tells which of the fast comparisons a pattern amounts to, and the text
// to compare with. shapeGlob has none.
func (p pattern) shape() (shape, string) {
	star := func(i int) bool { return p[i].wild == '*' }
	plain := func(i int) bool { return p[i].wild == 0 }
	switch {
	case len(p) == 0:
		return shapeExact, ""
	case len(p) == 1 && plain(0):
		return shapeExact, p[0].text
	case len(p) == 2 && plain(0) && star(1):
		return shapePrefix, p[0].text
	case len(p) == 2 && star(0) && plain(1):
		return shapeSuffix, p[1].text
	case len(p) == 3 && star(0) && plain(1) && star(2):
		return shapeContains, p[1].text
	}
	return shapeGlob, ""
}

// shape is how a text is compared.
type shape uint8

const (
	shapeExact shape = iota
	shapePrefix
	shapeSuffix
	shapeContains
	shapeGlob
)

// match compares a whole text with the pattern. It steps back only to the last
// star, so it takes at most len(s) times len(p) steps.
func (p pattern) match(s []byte) bool {
	at, star, retry := 0, -1, 0
	for i := 0; ; {
		if at < len(p) && p[at].wild == '*' {
			star, retry = at, i
			at++
			continue
		}
		if at == len(p) && i == len(s) {
			return true
		}
		if at < len(p) {
			if n := p[at].length(s[i:]); n >= 0 {
				at, i = at+1, i+n
				continue
			}
		}
		if star < 0 || retry >= len(s) {
			return false
		}
		_, n := utf8.DecodeRune(s[retry:])
		retry += n
		at, i = star+1, retry
	}
}

// length is how many bytes at the start of s the part takes, or -1.
func (p part) length(s []byte) int {
	switch {
	case p.wild == '?' && len(s) > 0:
		_, n := utf8.DecodeRune(s)
		return n
	case p.wild == wildDash:
		if r, n := utf8.DecodeRune(s); isDash(r) {
			return n
		}
	case p.wild == 0 && len(s) >= len(p.text) && string(s[:len(p.text)]) == p.text:
		return len(p.text)
	}
	return -1
}
