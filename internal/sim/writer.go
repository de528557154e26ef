package sim

import (
	"strconv"
	"unicode/utf8"
)

// writer appends compact JSON. Commas come by themselves; that objects and
// arrays are closed is the caller's business.
type writer struct {
	b []byte
}

// sep puts a comma where the last thing written was a whole value.
func (w *writer) sep() {
	if n := len(w.b); n > 0 && w.b[n-1] != '{' && w.b[n-1] != '[' && w.b[n-1] != ':' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) key(name string) {
	w.sep()
	w.b = appendQuoted(w.b, name)
	w.b = append(w.b, ':')
}

func (w *writer) open(bracket byte)  { w.sep(); w.b = append(w.b, bracket) }
func (w *writer) close(bracket byte) { w.b = append(w.b, bracket) }

// object writes a member that is an object of what fill writes.
func (w *writer) object(name string, fill func()) {
	w.key(name)
	w.item(fill)
}

// item writes an object as an element of an array.
func (w *writer) item(fill func()) {
	w.open('{')
	fill()
	w.close('}')
}

// array writes a member that is an array of what fill writes.
func (w *writer) array(name string, fill func()) {
	w.key(name)
	w.open('[')
	fill()
	w.close(']')
}

func (w *writer) str(name, value string) { w.key(name); w.b = appendQuoted(w.b, value) }
func (w *writer) raw(name, json string)  { w.key(name); w.b = append(w.b, json...) }
func (w *writer) null(name string)       { w.raw(name, "null") }
func (w *writer) num(name string, n int) { w.key(name); w.b = strconv.AppendInt(w.b, int64(n), 10) }
func (w *writer) bit(name string, v bool) {
	w.key(name)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *writer) float(name string, v float64) {
	w.key(name)
	w.b = strconv.AppendFloat(w.b, v, 'f', -1, 64)
}

// orNull writes a text member, or null for the empty text.
func (w *writer) orNull(name, value string) {
	if value == "" {
		w.null(name)
		return
	}
	w.str(name, value)
}

// strs writes a member that is an array of texts.
func (w *writer) strs(name string, values ...string) {
	w.array(name, func() {
		for _, v := range values {
			w.sep()
			w.b = appendQuoted(w.b, v)
		}
	})
}

// pair writes one {"Name":…,"Value":…} element, under the given key names.
func (w *writer) pair(nameKey, name, valueKey, value string) {
	w.item(func() {
		w.str(nameKey, name)
		w.str(valueKey, value)
	})
}

// appendQuoted appends text as a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendQuoted(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	if plainText(text) {
		return append(append(b, text...), '"')
	}
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}

// plainText says that a text is written as it is.
func plainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func quoted(text string) string { return string(appendQuoted(nil, text)) }
