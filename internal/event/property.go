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
	name, value, within := propertyMembers(e)
	if name != nil && value != nil {
		l.list = append(l.list, property{name, e})
		return
	}
	for p := range extract.Elements(within) {
		name, _, _ := propertyMembers(p)
		l.list = append(l.list, property{name, p})
	}
}

// propertyMembers finds the name and the new value of a property, and the
// properties of a target. Graph calls the name displayName, the unified log
// Name.
func propertyMembers(e []byte) (name, value, within []byte) {
	var members [4][]byte
	for key, raw := range extract.Members(e) {
		for i, k := range [...]string{"displayName", "name", "newValue", "modifiedProperties"} {
			if members[i] == nil && extract.KeyIs(key, k) {
				members[i] = raw
			}
		}
	}
	if members[0] != nil {
		return members[0], members[2], members[3]
	}
	return members[1], members[2], members[3]
}
