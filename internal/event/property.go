package event

import "vakt/internal/extract"

// property is a modified property of an audit, as it stands in the record.
type property struct {
	name, raw []byte
}

// propertyList holds the modified properties of record number.
type propertyList struct {
	number uint32
	list   []property
}

// properties are the modified properties of every target, listed once a
// record: every property that a rule asks about goes through them.
func (r *Record) properties(f *field) []property {
	l := &r.modifiedAudit
	if f.log == Unified {
		l = &r.modifiedUnified
	}
	if l.number == r.number {
		return l.list
	}
	l.number, l.list = r.number, l.list[:0]
	for _, base := range f.from[0] {
		for e := range extract.Elements(r.Field(base).First()) {
			l.addFrom(e)
		}
	}
	return l.list
}

// addFrom adds a property, or those of a target.
func (l *propertyList) addFrom(e []byte) {
	if name := propertyName(e); name != nil && extract.Member(e, "newValue") != nil {
		l.list = append(l.list, property{name, e})
		return
	}
	for p := range extract.Elements(extract.Member(e, "modifiedProperties")) {
		l.list = append(l.list, property{propertyName(p), p})
	}
}

// propertyName: Graph says displayName, the unified log Name.
func propertyName(e []byte) []byte {
	if n := extract.Member(e, "displayName"); n != nil {
		return n
	}
	return extract.Member(e, "name")
}
