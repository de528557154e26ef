package event

import (
	"bytes"

	"vakt/internal/extract"
)

// propertyScan reads modified properties in one pass over the list that they,
// or their targets, stand in. It knows the way in which logs are written,
// without blanks and with keys as they are, and gives up on any other.
type propertyScan struct {
	b    []byte
	at   int
	list []property
}

// scan adds the properties of a raw list, and is false, with nothing added,
// where the list is written in another way.
func (l *propertyList) scan(raw []byte) bool {
	s := propertyScan{b: raw, list: l.list}
	if !s.elements(false) || s.at != len(raw) {
		return false
	}
	l.list = s.list
	return true
}

// elements reads a list of properties or, but not within a target, of targets.
func (s *propertyScan) elements(within bool) bool {
	if !s.take('[') {
		return false
	}
	if s.take(']') {
		return true
	}
	for s.element(within) {
		if !s.take(',') {
			return s.take(']')
		}
	}
	return false
}

// element reads a property, or a target with its properties. Of members with
// one key the first counts.
func (s *propertyScan) element(within bool) bool {
	var found [propertyKeys][]byte
	from := len(s.list)
	if !s.take('{') {
		return false
	}
	for more := !s.take('}'); more; {
		key := s.text()
		k := propertyKeyOf(key)
		if k == keyUnread || !s.take(':') {
			return false
		}
		start := s.at
		if k == keyProperties && found[k] == nil && !within && s.begins('[') {
			if !s.elements(true) {
				return false
			}
		} else if !s.value() {
			return false
		}
		if found[k] == nil {
			found[k] = s.b[start:s.at]
		}
		if more = s.take(','); !more && !s.take('}') {
			return false
		}
	}
	p := propertyFrom(&found)
	if within || p.name != nil && p.new != nil {
		s.list = append(s.list[:from], p)
	}
	return true
}

// propertyKey is a key of a property or a target.
type propertyKey int

const (
	keyOther propertyKey = iota // of no matter here
	keyDisplayName
	keyName
	keyOldValue
	keyNewValue
	keyProperties
	keyUnread // to be decoded first, or no key

	propertyKeys = int(keyUnread)
)

// propertyNames are the names of the keys, which are written in any case.
var propertyNames = [propertyKeys]string{keyDisplayName: "displayName", keyName: "name", keyOldValue: oldSide, keyNewValue: newSide, keyProperties: "modifiedProperties"}

// propertyKeyOf tells what a raw key is.
func propertyKeyOf(raw []byte) propertyKey {
	switch string(raw) {
	case `"displayName"`:
		return keyDisplayName
	case `"Name"`:
		return keyName
	case `"oldValue"`, `"OldValue"`:
		return keyOldValue
	case `"newValue"`, `"NewValue"`:
		return keyNewValue
	case `"modifiedProperties"`:
		return keyProperties
	case "":
		return keyUnread
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		return keyUnread
	}
	for k, name := range propertyNames {
		if len(raw) == len(name)+2 && extract.KeyIs(raw, name) {
			return propertyKey(k)
		}
	}
	return keyOther
}

// take goes on behind a byte, where it is the next.
func (s *propertyScan) take(c byte) bool {
	if !s.begins(c) {
		return false
	}
	s.at++
	return true
}

func (s *propertyScan) begins(c byte) bool { return s.at < len(s.b) && s.b[s.at] == c }

// text reads a string and returns it raw, with its quotes; nil where there is
// none.
func (s *propertyScan) text() []byte {
	if !s.begins('"') {
		return nil
	}
	from := s.at
	for end := from + 1; ; end++ {
		n := bytes.IndexByte(s.b[end:], '"')
		if n < 0 {
			return nil
		}
		end += n
		slashes := 0
		for s.b[end-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			s.at = end + 1
			return s.b[from:s.at]
		}
	}
}

// value goes behind a value.
func (s *propertyScan) value() bool {
	switch {
	case s.begins('"'):
		return s.text() != nil
	case s.begins('{'), s.begins('['):
		return s.nested()
	}
	from := s.at
	for s.at < len(s.b) && s.b[s.at] > ' ' && s.b[s.at] != ',' && s.b[s.at] != '}' && s.b[s.at] != ']' {
		s.at++
	}
	return s.at > from
}

// nested goes behind an object or a list.
func (s *propertyScan) nested() bool {
	for depth := 0; s.at < len(s.b); {
		switch s.b[s.at] {
		case '"':
			if s.text() == nil {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if s.at++; depth == 0 {
			return true
		}
	}
	return false
}
