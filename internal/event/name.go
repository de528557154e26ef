package event

import "bytes"

// nameMark tells most names apart without a comparison: equal names, in
// whatever case, have equal marks, but for 0, which is the mark of a name that
// has to be compared with every other.
type nameMark uint32

// markName makes the mark of a text as it stands in a record, without quotes:
// its length and its ends. What is not ASCII, or has an escape, has none.
func markName(text []byte) nameMark {
	const capital = 0x20
	if len(text) == 0 || len(text) > 1<<15 || !isASCII(text) || bytes.IndexByte(text, '\\') >= 0 {
		return 0
	}
	return nameMark(len(text))<<16 | nameMark(text[0]|capital)<<8 | nameMark(text[len(text)-1]|capital)
}

// markString makes the mark of a raw value. What is no string has none.
func markString(raw []byte) nameMark {
	if len(raw) < 2 || raw[0] != '"' {
		return 0
	}
	return markName(raw[1 : len(raw)-1])
}

// marks is a set of marks with one bit for several of them.
type marks uint64

// set is the set of one mark.
func (m nameMark) set() marks {
	const spread = 0x9e3779b1
	if m == 0 {
		return ^marks(0)
	}
	return 1 << (uint32(m) * spread >> 26)
}

// name is a name that is looked for.
type name struct {
	text string
	mark nameMark
}

func newName(text string) name { return name{text, markName([]byte(text))} }

// is says whether a raw string with a mark is the name, without case.
func (n *name) is(raw []byte, m nameMark) bool {
	switch {
	case m == 0 || n.mark == 0:
		return equalText(raw, n.text)
	case m != n.mark:
		return false
	}
	text := raw[1 : len(raw)-1]
	return string(text) == n.text || bytes.EqualFold(text, []byte(n.text))
}

// names are names of which any is looked for.
type names struct {
	list  []name
	marks marks
}

func newNames(texts ...string) *names {
	all := &names{}
	for _, text := range texts {
		n := newName(text)
		all.list = append(all.list, n)
		all.marks |= n.mark.set()
	}
	return all
}

// and are these names and others.
func (a *names) and(b *names) *names {
	return &names{list: append(a.list[:len(a.list):len(a.list)], b.list...), marks: a.marks | b.marks}
}

// has says whether one of them is a raw string with a mark.
func (a *names) has(raw []byte, m nameMark) bool {
	if a.marks&m.set() == 0 {
		return false
	}
	for i := range a.list {
		if a.list[i].is(raw, m) {
			return true
		}
	}
	return false
}
