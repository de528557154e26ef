package event

import (
	"bytes"

	"vakt/internal/extract"
)

// propertyScan reads modified properties in one pass over the list that they,
// or their targets, stand in.
type propertyScan struct {
	cursor
	list    []property
	targets []target
}

// target is a target of an audit, or an entry of a list of the unified log: its
// members as they stand in the record, nil where there is none.
type target struct{ id, upn, name, typ []byte }

// targetScan holds what one pass over a list of targets of record number found.
type targetScan struct {
	number  uint32
	of      *byte // where the list begins
	list    []property
	targets []target
	ok      bool
}

// scanTargets goes through a list of targets once a record: its properties and
// its targets are asked for by turns. The result is not ok where the list is
// written in another way than logs are.
func (r *Record) scanTargets(list []byte) *targetScan {
	if len(list) == 0 {
		return &noTargets
	}
	free := -1
	for i := range r.scanned {
		switch t := &r.scanned[i]; {
		case t.number != r.number:
			free = i
		case t.of == &list[0]:
			return t
		}
	}
	if free < 0 {
		free, r.scanned = len(r.scanned), append(r.scanned, targetScan{})
	}
	t := &r.scanned[free]
	t.number, t.of = r.number, &list[0]
	t.fill(list)
	return t
}

func (t *targetScan) fill(list []byte) {
	s := propertyScan{cursor: cursor{b: list}, list: t.list[:0], targets: t.targets[:0]}
	t.ok = s.elements(false) && s.at == len(list)
	t.list, t.targets = s.list, s.targets
}

// noTargets is of no list.
var noTargets targetScan

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
	if !within {
		s.targets = append(s.targets, target{found[keyID], found[keyUPN], found[keyDisplayName], found[keyType]})
	}
	if within || found[keyNewValue] != nil && (found[keyDisplayName] != nil || found[keyName] != nil) {
		s.list = append(s.list[:from], propertyFrom(&found))
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
	keyID
	keyUPN
	keyType
	keyUnread // to be decoded first, or no key

	propertyKeys = int(keyUnread)
)

// propertyNames are the names of the keys, which are written in any case.
var propertyNames = [propertyKeys]string{keyDisplayName: "displayName", keyName: "name", keyOldValue: oldSide, keyNewValue: newSide, keyProperties: "modifiedProperties", keyID: "id", keyUPN: "userPrincipalName", keyType: "type"}

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
	case `"id"`, `"ID"`:
		return keyID
	case `"type"`, `"Type"`:
		return keyType
	case `"userPrincipalName"`:
		return keyUPN
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
