package extract

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// The readers of single values, a byte or a few at a time. Each takes all bytes
// and a place and returns the place behind what it read, or no. They are free
// of state.

// no is no place: what was read is not what it should be.
const no = -1

// plain returns the place of the next quote, backslash or byte below 0x20,
// or len(b).
func plain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ '"'*ones
		slash := w ^ '\\'*ones
		// The lowest set bit is exact; borrows reach only higher bytes.
		hit := ((quote-ones)&^quote | (slash-ones)&^slash | (w-0x20*ones)&^w) & highs
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)>>3
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < 0x20 {
			return i
		}
	}
	return i
}

// skipString reads a string from behind its opening quote and does not look
// at its escapes.
func skipString(b []byte, i int) int {
	for {
		i = plain(b, i)
		if i >= len(b) {
			return no
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
			if i >= len(b) || b[i] < 0x20 {
				return no
			}
			i++
		default:
			return no
		}
	}
}

// Classes of bytes outside strings.
const (
	other = iota
	white // blank and tab
	line  // line feed and carriage return
	quoted
	opening
	closing
	between // comma and colon
)

// class tells the bytes outside strings apart.
var class = [256]uint8{
	' ': white, '\t': white, '\n': line, '\r': line, '"': quoted,
	'{': opening, '[': opening, '}': closing, ']': closing, ',': between, ':': between,
}

// skipNested reads an object or list from its opening bracket and looks at
// nothing but brackets and strings. The depth is that of the object or list
// around it.
func skipNested(b []byte, i, depth int) int {
	var lists uint64 // one bit an open bracket, the innermost lowest; 1 is a list
	for top := depth; i < len(b); {
		switch c := b[i]; class[c] {
		case quoted:
			if i = skipString(b, i+1); i < 0 {
				return i
			}
			continue
		case opening:
			if depth++; depth > MaxDepth {
				return no
			}
			lists = lists<<1 | listBit(c)
		case closing:
			if lists&1 != listBit(c) {
				return no
			}
			lists >>= 1
			if depth--; depth == top {
				return i + 1
			}
		}
		i++
	}
	return no
}

// listBit is 1 for square brackets and 0 for curly ones.
func listBit(c byte) uint64 { return uint64(^c>>5) & 1 }

// skipScalar reads a run of bytes that belongs to no string and no bracket.
func skipScalar(b []byte, i int) int {
	from := i
	for i < len(b) && class[b[i]] < quoted {
		i++
	}
	if i == from {
		return no
	}
	return i
}

// skipValue reads any value and looks at nothing but brackets and strings.
func skipValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return no
	}
	switch class[b[i]] {
	case quoted:
		return skipString(b, i+1)
	case opening:
		return skipNested(b, i, depth)
	default:
		return skipScalar(b, i)
	}
}

// space skips JSON white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// trim cuts JSON white space off both ends.
func trim(b []byte) []byte {
	front := space(b, 0)
	end := len(b)
	for end > front && (b[end-1] == ' ' || b[end-1] == '\n' || b[end-1] == '\t' || b[end-1] == '\r') {
		end--
	}
	return b[front:end]
}

// readString reads a string from behind its opening quote and checks its
// escapes. It tells whether there were any.
func readString(b []byte, i int) (end int, escaped bool) {
	for {
		i = plain(b, i)
		switch {
		case i >= len(b) || b[i] < 0x20:
			return no, escaped
		case b[i] == '"':
			return i + 1, escaped
		}
		escaped = true
		_, n := unescape(b[i:])
		if n == 0 {
			return no, true
		}
		i += n
	}
}

// unescape decodes the escape, or the pair of surrogate escapes, that b
// begins with, and tells its length; 0 is a broken one.
func unescape(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unescapeUnit(b)
	}
	return 0, 0
}

// unescapeUnit decodes \uXXXX or a surrogate pair of two.
func unescapeUnit(b []byte) (r rune, n int) {
	hi, ok := hex4(b)
	switch {
	case !ok || hi >= 0xdc00 && hi <= 0xdfff:
		return 0, 0
	case hi < 0xd800 || hi > 0xdfff:
		return hi, 6
	}
	lo, ok := hex4(b[6:])
	if !ok || lo < 0xdc00 || lo > 0xdfff {
		return 0, 0
	}
	return 0x10000 + (hi-0xd800)<<10 + (lo - 0xdc00), 12
}

// hex4 reads the unit of an escape \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// appendDecoded appends the text between the quotes of a string. Escapes
// that are broken are kept as they stand.
func appendDecoded(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		j := plain(text, i)
		dst = append(dst, text[i:j]...)
		if j == len(text) {
			break
		}
		r, n := rune(0), 0
		if text[j] == '\\' {
			r, n = unescape(text[j:])
		}
		if n == 0 {
			dst = append(dst, text[j])
			i = j + 1
			continue
		}
		dst = utf8.AppendRune(dst, r)
		i = j + n
	}
	return dst
}

// readScalar reads a number, true, false or null by JSON's grammar.
func readScalar(b []byte, i int) int {
	if i >= len(b) {
		return no
	}
	switch b[i] {
	case 't':
		return readWord(b, i, "true")
	case 'f':
		return readWord(b, i, "false")
	case 'n':
		return readWord(b, i, "null")
	default:
		return readNumber(b, i)
	}
}

func readWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return no
	}
	return i + len(word)
}

// readNumber reads a number that a float64 can hold.
func readNumber(b []byte, i int) int {
	from, simple := i, true
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := digits(b, i)
	if whole == i || b[i] == '0' && whole > i+1 {
		return no
	}
	i = whole
	if i < len(b) && b[i] == '.' {
		end := digits(b, i+1)
		if end == i+1 {
			return no
		}
		i = end
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		simple = false
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		end := digits(b, i)
		if end == i {
			return no
		}
		i = end
	}
	if simple && i-from < 300 {
		return i
	}
	if _, err := strconv.ParseFloat(string(b[from:i]), 64); err != nil {
		return no
	}
	return i
}

// digits skips decimal digits.
func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}
