package event

import "vakt/internal/extract"

// property is a modified property of an audit: its members as they stand in the
// record, nil where there is none.
type property struct {
	name, old, new []byte
	mark           nameMark // of the name, where it is a string
}

// side is the old or the new value.
func (p *property) side(name string) []byte {
	if name == oldSide {
		return p.old
	}
	return p.new
}

// propertyList holds the modified properties of record number.
type propertyList struct {
	number uint32
	list   []property
	marks  marks // of the names
}

// properties are the modified properties of every target, listed once a
// record: every property that a rule asks about goes through them.
func (r *Record) properties(f *field) *propertyList {
	l := &r.modifiedAudit
	if f.log == Unified {
		l = &r.modifiedUnified
	}
	if l.number == r.number {
		return l
	}
	l.number, l.list = r.number, l.list[:0]
	for _, base := range f.from[0] {
		list := r.field(base).First()
		if s := r.scanTargets(list); s.ok {
			l.list = append(l.list, s.list...)
			continue
		}
		for e := range extract.Elements(list) {
			l.addFrom(e)
		}
	}
	l.marks = 0
	for i := range l.list {
		l.marks |= l.list[i].mark.set()
	}
	return l
}

// named are the properties of one name: those that there may be, where there
// are any.
func (l *propertyList) named(n *name) []property {
	if l.marks&n.mark.set() == 0 {
		return nil
	}
	return l.list
}

// addFrom adds a property, or those of a target.
func (l *propertyList) addFrom(e []byte) {
	p, within := propertyOf(e)
	if p.name != nil && p.new != nil {
		l.list = append(l.list, p)
		return
	}
	for e := range extract.Elements(within) {
		p, _ := propertyOf(e)
		l.list = append(l.list, p)
	}
}

// propertyOf reads a property, and finds the properties of a target. Graph
// calls the name displayName, the unified log Name.
func propertyOf(e []byte) (p property, within []byte) {
	var m [propertyKeys][]byte
	members(e, propertyNames[1:], m[1:])
	return propertyFrom(&m), m[keyProperties]
}

// targetOf reads a target.
func targetOf(e []byte) target {
	var m [4][]byte
	members(e, []string{"id", "userPrincipalName", "displayName", "type"}, m[:])
	return target{m[0], m[1], m[2], m[3]}
}

func propertyFrom(m *[propertyKeys][]byte) property {
	p := property{name: m[keyDisplayName], old: m[keyOldValue], new: m[keyNewValue]}
	if p.name == nil {
		p.name = m[keyName]
	}
	p.mark = markString(p.name)
	return p
}

// members finds the raw values of the first members of an object that have
// these keys, in one pass; nil where there is none.
func members(e []byte, keys []string, found [][]byte) {
	for key, raw := range extract.Members(e) {
		for i, k := range keys {
			if found[i] == nil && extract.KeyIs(key, k) {
				found[i] = raw
				break
			}
		}
	}
}

// The sides of a modified property.
const (
	oldSide = "oldValue"
	newSide = "newValue"
)

func peekModifiedOld(r *Record, f *field) ([]byte, Standing) { return r.peekModified(f, oldSide) }
func peekModifiedNew(r *Record, f *field) ([]byte, Standing) { return r.peekModified(f, newSide) }

// peekModified is what a side of a modified property follows from: the sides
// as they stand, with commas between. Most audits do not have the property.
func (r *Record) peekModified(f *field, side string) ([]byte, Standing) {
	if r.cutTargets {
		return nil, Mixed
	}
	if !r.carries(f) {
		return nil, Unseen
	}
	var all []byte
	for _, p := range r.properties(f).named(&f.named) {
		if !f.named.is(p.name, p.mark) {
			continue
		}
		raw := p.side(side)
		switch {
		case raw == nil || extract.IsNull(raw):
		case all == nil:
			all = raw
		default:
			from := len(r.arena)
			r.arena = append(append(append(r.arena, all...), ','), raw...)
			all = r.arena[from:len(r.arena):len(r.arena)]
		}
	}
	if all == nil {
		return nil, Empty
	}
	return all, Alone
}
