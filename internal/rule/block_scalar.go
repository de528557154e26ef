package rule

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// The tags that scalars have here.
const (
	strTag       = "!!str"
	intTag       = "!!int"
	floatTag     = "!!float"
	boolTag      = "!!bool"
	nullTag      = "!!null"
	timestampTag = "!!timestamp"
)

// isPlainText tells whether a text is made of lines of printable characters
// alone, so that nobody can mean something else by an invisible one.
func isPlainText(text string) bool {
	for ; len(text) >= 8; text = text[8:] {
		x := octets(text)
		if octetsBelow(x, ' ')&^octetsLike(x, '\n')|octetsLike(x, 0x7f)|x&eachHigh != 0 {
			break
		}
	}
	return isPrintable(text)
}

func isPrintable(text string) bool {
	for _, c := range text {
		if c == utf8.RuneError || c != '\n' && !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// keyEnd is the place of the colon that ends the key at the beginning of a
// line; -1 when the line is no key with a value.
func keyEnd(line string) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ':':
			if i+1 == len(line) || line[i+1] == ' ' {
				return i
			}
		case '#':
			if i > 0 && line[i-1] == ' ' {
				return -1
			}
		}
	}
	return -1
}

func (b *blockReader) skipBlanks() {
	for b.start < b.end && b.text[b.start] == ' ' {
		b.start++
	}
}

// inline reads a value that begins in the line, and goes to the line after it.
// column is that of the map or list around it.
func (b *blockReader) inline(column, depth int) *yaml.Node {
	var n *yaml.Node
	switch b.text[b.start] {
	case '|', '>':
		return b.block(column)
	case '[', '{':
		n = b.flow(depth + 1)
	case '\'', '"':
		n = b.quoted()
	default:
		n = b.plain()
	}
	if b.restOfLine(); b.failed {
		return n
	}
	if b.next(); !b.done && b.indent > column {
		return b.fail() // it goes on in the next line
	}
	return n
}

// restOfLine allows nothing behind a value but a comment.
func (b *blockReader) restOfLine() {
	from := b.start
	b.skipBlanks()
	if b.start < b.end && (b.text[b.start] != '#' || b.start == from) {
		b.fail()
	}
}

// plain reads a scalar without quotes up to the end of the line or a comment.
func (b *blockReader) plain() *yaml.Node {
	text := b.text[b.start:b.end]
	if at := strings.Index(text, " #"); at >= 0 {
		text = strings.TrimRight(text[:at], " ")
	}
	tag, ok := plainScalar(text)
	if !ok || keyEnd(text) >= 0 {
		return b.fail()
	}
	b.start += len(text)
	return b.nodes.scalar(tag, text, b.number)
}

// plainScalar gives the tag of a scalar without quotes. ok is false when it
// is none, or when only the library should say.
func plainScalar(text string) (tag string, ok bool) {
	if text == "" || text[len(text)-1] == ' ' {
		return "", false
	}
	switch c := text[0]; {
	case '0' <= c && c <= '9':
		return numberTag(text)
	case c == '.' && len(text) > 1 && unicode.IsLetter(rune(text[1])) && strings.IndexByte("iInN", text[1]) < 0:
		return strTag, true // neither infinite nor no number
	case strings.IndexByte("-?:,[]{}#&*!|>'\"%@`+.<=~", c) >= 0:
		return "", false
	case strings.IndexByte("tTfFnN", c) >= 0:
		return wordTag(text), true
	}
	return strTag, true
}

// wordTag knows the words that are no text.
func wordTag(text string) string {
	switch text {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return boolTag
	case "null", "Null", "NULL":
		return nullTag
	}
	return strTag
}

// numberTag tells what a scalar is that begins with a digit: a whole number, a
// number with a point, a date, or a text that holds what no number and no time
// has. Other forms of numbers and times are left to the library.
func numberTag(text string) (tag string, ok bool) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	switch rest := text[digits:]; {
	case rest == "" && (text == "0" || text[0] != '0' && len(text) <= 18):
		return intTag, true
	case len(rest) > 1 && rest[0] == '.' && len(text) <= 18 && strings.Trim(rest[1:], "0123456789") == "":
		return floatTag, true
	case digits == 4 && rest != "" && rest[0] == '-':
		_, err := time.Parse(time.DateOnly, text)
		return timestampTag, err == nil
	case text[0] == '0' && strings.Trim(text, "0123456789_abcdefABCDEFxXoO") == "":
		return "", false // perhaps to another base
	case strings.Trim(text, "0123456789_.eE+-") == "":
		return "", false
	}
	return strTag, true
}

// quoted reads a scalar in quotes that ends in the line.
func (b *blockReader) quoted() *yaml.Node {
	quote := b.text[b.start]
	line := b.text[b.start+1 : b.end]
	size := strings.IndexByte(line, quote)
	if size < 0 {
		return b.fail()
	}
	if quote == '"' && strings.IndexByte(line[:size], '\\') < 0 || quote == '\'' && !strings.HasPrefix(line[size+1:], "'") {
		b.start += size + 2
		return b.nodes.scalar(strTag, line[:size], b.number)
	}
	text, size, ok := unquote(line, quote)
	if !ok {
		return b.fail()
	}
	b.start += size + 1
	return b.nodes.scalar(strTag, text, b.number)
}

// unquote reads to the closing quote and gives the place behind it. In single
// quotes two of them stand for one; in double quotes a backslash stands before
// another, a quote, or the letter of a line break.
func unquote(line string, quote byte) (text string, size int, ok bool) {
	var out strings.Builder
	for i := 0; i < len(line); i++ {
		c := line[i]
		next := byte(0)
		if i+1 < len(line) {
			next = line[i+1]
		}
		switch {
		case c == '\'' && quote == c && next == c, c == '\\' && quote == '"' && (next == '\\' || next == '"'):
			c = next
			i++
		case c == '\\' && quote == '"' && next == 'n':
			c = '\n'
			i++
		case c == '\\' && quote == '"':
			return "", 0, false
		case c == quote:
			return out.String(), i + 1, true
		}
		out.WriteByte(c)
	}
	return "", 0, false
}

// block reads the lines of a text after | or >, which may have a dash: the
// text then ends without a line break. It goes to the line after them.
func (b *blockReader) block(column int) *yaml.Node {
	number, style := b.number, b.text[b.start:b.end]
	strip := len(style) == 2 && style[1] == '-'
	if len(style) > 1 && !strip || !b.line() || b.start == b.end || b.indent <= column {
		return b.fail()
	}
	text := b.blockLines(style[0] == '>')
	switch {
	case strip:
	case b.done && !strings.HasSuffix(b.text, "\n"):
		return b.fail()
	default:
		text += "\n"
	}
	if !b.done && (b.start == b.end || b.text[b.start] == '#') {
		b.next()
	}
	if !b.done && b.indent > column {
		return b.fail()
	}
	return b.nodes.scalar(strTag, text, number)
}

// blockLines joins the lines that are indented as the first one: with line
// breaks, or folded, which is with blanks where no empty line is between them.
func (b *blockReader) blockLines(folded bool) string {
	out := b.nodes.text[:0]
	indent, empty := b.indent, 0
	for ; !b.done && (b.start == b.end || b.indent >= indent); b.line() {
		line := b.text[b.begin : b.after-1]
		if b.start == b.end {
			if empty++; len(line) > indent {
				b.fail() // its blanks are part of the text
			}
			continue
		}
		switch {
		case folded && b.indent > indent:
			b.fail() // lines that stand further in are not folded
		case len(out) == 0:
		case !folded:
			out = appendBreaks(out, empty+1)
		case empty == 0:
			out = append(out, ' ')
		default:
			out = appendBreaks(out, empty)
		}
		out = append(out, line[indent:]...)
		empty = 0
	}
	b.nodes.text = out
	return string(out)
}

func appendBreaks(text []byte, n int) []byte {
	for range n {
		text = append(text, '\n')
	}
	return text
}
