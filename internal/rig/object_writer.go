package rig

import (
	"strconv"
	"time"
)

// writer writes a JSON object or array in order. A container is opened by a
// function that writes its inside.
type writer struct {
	b     []byte
	inner bool // something stands already at this level
}

// made returns what a function writes between braces.
func made(inside func(w *writer)) Object {
	w := writer{b: make([]byte, 0, 1<<10)}
	w.braces('{', '}', func() { inside(&w) })
	return Object(append(make([]byte, 0, len(w.b)), w.b...))
}

func (w *writer) braces(open, shut byte, inside func()) {
	w.b = append(w.b, open)
	w.inner = false
	inside()
	w.b = append(w.b, shut)
	w.inner = true
}

func (w *writer) comma() {
	if w.inner {
		w.b = append(w.b, ',')
	}
	w.inner = true
}

func (w *writer) key(name string) {
	w.comma()
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

func (w *writer) str(name, value string) {
	w.key(name)
	w.b = appendText(w.b, value)
}

// text writes a string, or null where it is empty.
func (w *writer) text(name, value string) {
	if value == "" {
		w.raw(name, "null")
		return
	}
	w.str(name, value)
}

func (w *writer) bit(name string, value bool) { w.raw(name, strconv.FormatBool(value)) }

func (w *writer) num(name string, value int) { w.raw(name, strconv.Itoa(value)) }

// time writes an instant in whole seconds, or null where it is zero.
func (w *writer) time(name string, t time.Time) {
	w.key(name)
	w.b = append(w.b, timeText(t)...)
}

// raw writes a member whose value is JSON text.
func (w *writer) raw(name, value string) {
	w.key(name)
	w.b = append(w.b, value...)
}

func (w *writer) strs(name string, values ...string) {
	w.list(name, func() {
		for _, v := range values {
			w.comma()
			w.b = appendText(w.b, v)
		}
	})
}

func (w *writer) nulls(names ...string) {
	for _, name := range names {
		w.raw(name, "null")
	}
}

func (w *writer) object(name string, inside func()) {
	w.key(name)
	w.braces('{', '}', inside)
}

func (w *writer) list(name string, inside func()) {
	w.key(name)
	w.braces('[', ']', inside)
}

// item writes an object as an element of a list.
func (w *writer) item(inside func()) {
	w.comma()
	w.braces('{', '}', inside)
}

// timeText is an instant as JSON: whole seconds in UTC, null for the zero
// time.
func timeText(t time.Time) []byte {
	if t.IsZero() {
		return []byte("null")
	}
	return t.UTC().AppendFormat(make([]byte, 0, 24), `"2006-01-02T15:04:05Z"`)
}
