package event

import "vakt/internal/extract"

// pair is one of a list of name/value pairs ({"Name":…,"Value":…} or
// {"key":…,"value":…}), raw; nil is what is not there.
type pair struct {
	name, value []byte
	mark        nameMark // of the name, where it is a string
}

// pairKeys are the keys of a pair.
var pairKeys = []string{"Name", "key", "Value"}

func pairOf(e []byte) pair {
	var m [3][]byte
	members(e, pairKeys, m[:])
	return pairFrom(&m)
}

func pairFrom(m *[3][]byte) pair {
	p := pair{name: m[0], value: m[2]}
	if p.name == nil {
		p.name = m[1]
	}
	p.mark = markString(p.name)
	return p
}

// pairList holds the pairs of a raw list of record number.
type pairList struct {
	number uint32
	of     *byte // where the list begins
	list   []pair
	marks  marks // of the names
}

// pairsOf are the pairs of a raw list, listed once a record: each field that is
// read from parameters goes through them.
func (r *Record) pairsOf(raw []byte) *pairList {
	if extract.Kind(raw) != '[' {
		return &noPairs
	}
	free := -1
	for i := range r.pairLists {
		switch l := &r.pairLists[i]; {
		case l.number != r.number:
			free = i
		case l.of == &raw[0]:
			return l
		}
	}
	if free < 0 {
		free, r.pairLists = len(r.pairLists), append(r.pairLists, pairList{})
	}
	l := &r.pairLists[free]
	l.number, l.of = r.number, &raw[0]
	l.fill(raw)
	return l
}

// noPairs are the pairs of what is no list.
var noPairs pairList

func (l *pairList) fill(raw []byte) {
	if l.list = l.list[:0]; !l.scan(raw) {
		l.list = l.list[:0]
		for e := range extract.Elements(raw) {
			l.list = append(l.list, pairOf(e))
		}
	}
	l.marks = 0
	for i := range l.list {
		l.marks |= l.list[i].mark.set()
	}
}

// scan lists the pairs in one pass, and is false where the list is written in
// another way than logs are.
func (l *pairList) scan(raw []byte) bool {
	c := cursor{b: raw}
	if !c.take('[') {
		return false
	}
	for more := !c.take(']'); more; {
		var found [3][]byte
		if !c.object(pairKeys, found[:]) {
			return false
		}
		l.list = append(l.list, pairFrom(&found))
		if more = c.take(','); !more && !c.take(']') {
			return false
		}
	}
	return c.at == len(raw)
}

// value is the raw value of the first pair with a name, or nil.
func (l *pairList) value(n *name) []byte {
	if l.marks&n.mark.set() == 0 {
		return nil
	}
	for i := range l.list {
		if p := &l.list[i]; n.is(p.name, p.mark) {
			return p.value
		}
	}
	return nil
}

// any says whether a pair has one of the names.
func (l *pairList) any(of *names) bool {
	if l.marks&of.marks == 0 {
		return false
	}
	for i := range l.list {
		if of.has(l.list[i].name, l.list[i].mark) {
			return true
		}
	}
	return false
}

// pairNamed is the value of one name in a list of pairs.
func pairNamed(r *Record, f *field) Values {
	raw := r.pairsOf(r.base(f, 0).First()).value(&f.named)
	if raw == nil {
		return Values{}
	}
	return r.decode(asText, raw)
}

// peekPair is the raw value from which pairNamed follows.
func peekPair(r *Record, f *field) ([]byte, Standing) {
	list, is := r.peekDerived(f)
	if is != Alone {
		return nil, is
	}
	if raw := r.pairsOf(list).value(&f.named); raw != nil {
		return raw, Alone
	}
	return nil, Empty
}

// holdsPair tells whether pairNamed is any. Only a list may have no values.
func holdsPair(r *Record, f *field) Standing {
	raw, is := peekPair(r, f)
	if is == Alone && raw[0] == '[' {
		return Mixed
	}
	return is
}

// sameText is a text as it stands.
func sameText(_ *Record, text []byte) []byte { return text }

// embeddedText is JSON text inside a string, decoded, of record number.
type embeddedText struct {
	number uint32
	of     *byte // where the string begins
	value  []byte
	ok     bool
}

// embedded decodes JSON text inside a string, once a record, as
// extract.Embedded does.
func (r *Record) embedded(raw []byte) ([]byte, bool) {
	if len(raw) == 0 {
		return nil, false
	}
	if t := &r.document; t.number != r.number || t.of != &raw[0] {
		t.value, t.ok = extract.Embedded(raw, nil)
		t.number, t.of = r.number, &raw[0]
	}
	return r.document.value, r.document.ok
}
