package rig

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
)

// Object is one object of a part: valid JSON text as its API returns it. It
// is never changed; a write makes another one.
type Object []byte

// Patch holds the members that a write sets, by name, each as JSON text. A
// null is a value like any other and is stored.
type Patch map[string]json.RawMessage

// Fields goes through the members in the order in which they stand. Of
// anything but a JSON object it gives none.
func (o Object) Fields() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for m := range o.members() {
			if !yield(nameOf(o[m.start:m.colon]), json.RawMessage(o[m.value:m.end])) {
				return
			}
		}
	}
}

// Field returns a member by its exact name. A member that is null is there.
func (o Object) Field(name string) (json.RawMessage, bool) {
	for m := range o.members() {
		if key := o[m.start:m.colon]; len(key) == len(name)+2 && string(key[1:len(key)-1]) == name ||
			bytes.IndexByte(key, '\\') >= 0 && nameOf(key) == name {
			return json.RawMessage(o[m.value:m.end]), true
		}
	}
	return nil, false
}

// Text returns a member that is a string, else "".
func (o Object) Text(name string) string {
	raw, _ := o.Field(name)
	return textOf(raw)
}

// True tells whether a member is the literal true.
func (o Object) True(name string) bool {
	raw, _ := o.Field(name)
	return string(raw) == "true"
}

// Items returns the elements of a member that is an array, else none.
func (o Object) Items(name string) []Object {
	raw, _ := o.Field(name)
	return Elements(raw)
}

// With returns the object with the members of the patch: those that it has
// keep their place, the others follow in the order of their names.
func (o Object) With(patch Patch) Object {
	out := make([]byte, 0, len(o)+64)
	out = append(out, '{')
	left := maps.Clone(patch)
	for m := range o.members() {
		if len(out) > 1 {
			out = append(out, ',')
		}
		name := nameOf(o[m.start:m.colon])
		value, changed := left[name]
		if !changed {
			out = append(out, o[m.start:m.end]...)
			continue
		}
		delete(left, name)
		out = append(append(append(out, o[m.start:m.colon]...), ':'), value...)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(appendText(out, name), ':'), left[name]...)
	}
	return append(out, '}')
}

// Only returns an object of the members that have these names, null where
// there is none.
func (o Object) Only(names ...string) Object {
	out := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		value, ok := o.Field(name)
		if !ok {
			value = json.RawMessage("null")
		}
		out = append(append(appendText(out, name), ':'), value...)
	}
	return append(out, '}')
}

// Without returns the object without a member.
func (o Object) Without(name string) Object {
	out := []byte{'{'}
	for m := range o.members() {
		if nameOf(o[m.start:m.colon]) == name {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, o[m.start:m.end]...)
	}
	return append(out, '}')
}

// Elements splits a JSON array. Of an object it takes the member "value", as
// lists of an API stand in one; of anything else there are none.
func Elements(raw []byte) []Object {
	i := skipSpace(raw, 0)
	if i < len(raw) && raw[i] == '{' {
		value, _ := Object(raw).Field("value")
		if len(value) == 0 || value[0] != '[' {
			return nil
		}
		return Elements(value)
	}
	if i >= len(raw) || raw[i] != '[' {
		return nil
	}
	var all []Object
	for i = skipSpace(raw, i+1); i < len(raw) && raw[i] != ']'; {
		end := valueEnd(raw, i)
		if end == i { // text that is no JSON ends here
			break
		}
		all = append(all, Object(raw[i:end:end]))
		if i = skipSpace(raw, end); i < len(raw) && raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
	return all
}

// List writes objects as a JSON array.
func List(items []Object) Object {
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, ']')
}

// place is where a member stands in its object.
type place struct{ start, colon, value, end int }

// members walks valid JSON text; what is not an object has none.
func (o Object) members() iter.Seq[place] {
	return func(yield func(place) bool) {
		i := skipSpace(o, 0)
		if i >= len(o) || o[i] != '{' {
			return
		}
		for i = skipSpace(o, i+1); i < len(o) && o[i] == '"'; {
			m := place{start: i}
			m.colon = valueEnd(o, i)
			m.value = min(len(o), skipSpace(o, skipSpace(o, m.colon)+1))
			m.end = valueEnd(o, m.value)
			if m.colon-m.start < 2 || m.end == m.value || !yield(m) { // text that is no JSON ends here
				return
			}
			if i = skipSpace(o, m.end); i < len(o) && o[i] == ',' {
				i = skipSpace(o, i+1)
			}
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// valueEnd returns the place after the value that begins at i.
func valueEnd(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		return nestedEnd(b, i)
	}
	for i < len(b) && !bytes.ContainsRune([]byte(",}] \t\r\n"), rune(b[i])) {
		i++
	}
	return i
}

func nestedEnd(b []byte, i int) int {
	for depth := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = stringEnd(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// nameOf reads a member's name from its JSON text.
func nameOf(key []byte) string {
	if bytes.IndexByte(key, '\\') < 0 && len(key) >= 2 {
		return string(key[1 : len(key)-1])
	}
	return textOf(key)
}

// textOf reads a JSON string; of anything else it is "".
func textOf(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return append(b, quoted(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// quoted writes a JSON string without escaping letters beyond ASCII.
func quoted(s string) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a string always has a JSON text
		return []byte(`""`)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
