package rule

import (
	"encoding/binary"

	"vakt/internal/event"
)

// fieldState is what a matcher knows about one field: of the record at hand,
// and of values that came before.
type fieldState struct {
	lookup *lookup
	memo   memo
	latest *remembered // of the memo: most fields say again what they said last; nil: none yet

	recall recall

	unknown, absent, present *class // present: a value that no predicate is true of

	round uint32 // of the record that class is of
	class *class

	read     uint32 // the record that the values are of
	unseen   bool   // they are unknown
	operands []operand

	// How often it was looked up, and how often its values had to be computed
	// first, or were too large to be remembered.
	looked, mixed, large int
}

func newFieldState(l *lookup) fieldState {
	f := fieldState{lookup: l, unknown: newClass(l), absent: newClass(l), present: newClass(l)}
	for _, p := range l.predicates {
		f.unknown.set(p.bit, Unknown)
		switch p.ask {
		case askAbsent:
			f.absent.set(p.bit, True)
		case askUnread:
			f.present.set(p.bit, Unknown)
		}
	}
	return f
}

// each visits every class that is known.
func (f *fieldState) each(visit func(*class)) {
	visit(f.unknown)
	visit(f.absent)
	visit(f.present)
	for _, c := range f.memo.classes {
		visit(c)
	}
}

// cost estimates what it costs to look the field up, in nanoseconds.
func (f *fieldState) cost() float64 {
	const (
		remembered = 15
		computed   = 150
		compared   = 1500
	)
	all := float64(max(1, f.looked))
	return remembered + computed*float64(f.mixed)/all + compared*float64(f.large)/all
}

// class tells what the predicates of a field say about the record at hand.
func (m *Matcher) class(slot int) *class {
	f := &m.fields[slot]
	if f.round != m.round {
		f.class, f.round = m.classify(slot, f), m.round
		m.order = append(m.order, slot)
	}
	return f.class
}

func (m *Matcher) classify(slot int, f *fieldState) *class {
	f.looked++
	raw, is := []byte(nil), event.Mixed
	if m.peek != nil && f.lookup.field != event.NoField {
		raw, is = m.peek.Peek(f.lookup.field)
	}
	switch is {
	case event.Unseen:
		return f.unknown
	case event.Empty:
		return f.absent
	case event.Mixed:
		f.mixed++
		values := m.values(slot)
		switch {
		case values.unseen:
			return f.unknown
		case len(values.operands) == 0:
			return f.absent
		}
		m.key = appendKey(m.key[:0], values.operands)
		raw = m.key
	}
	if l := f.latest; l != nil && l.class != nil && string(raw) == string(l.value) {
		return l.class
	}
	if len(raw) > maxMemo {
		f.large++
		return m.compare(slot, f)
	}
	if f.recall.pass() {
		return m.compare(slot, f)
	}
	set, hash := f.memo.set(m.seed, raw)
	known := set.find(hash, raw)
	if !known {
		set.put(hash, raw, m.compare(slot, f))
	}
	f.recall.note(known, f.lookup)
	f.latest = &set[0]
	return f.latest.class
}

// recall tells whether it is worth looking for values of a field among those
// that came before: ids hardly come again, and comparing them costs no more.
type recall struct {
	tried, known int
	passes       int // so many values are compared without looking
}

const (
	recallTries  = 256
	recallPasses = 16 * recallTries
)

// pass tells whether the next value is not to be looked for.
func (c *recall) pass() bool {
	if c.passes == 0 {
		return false
	}
	c.passes--
	return true
}

// note takes in whether a value was known.
func (c *recall) note(known bool, l *lookup) {
	c.tried++
	if known {
		c.known++
	}
	if c.tried < recallTries {
		return
	}
	if c.known < recallTries/4 && l.quick() {
		c.passes = recallPasses
	}
	c.tried, c.known = 0, 0
}

// appendKey writes values so that no two lists of them are written alike, and
// none like JSON. It stops where the key is too long in any case.
func appendKey(key []byte, list []operand) []byte {
	for i := 0; i < len(list) && len(key) <= maxMemo; i++ {
		key = append(key, 0, byte(list[i].kind))
		key = binary.AppendUvarint(key, uint64(len(list[i].text)))
		key = append(key, list[i].text...)
	}
	return key
}

// compare asks the predicates about the values of a field.
func (m *Matcher) compare(slot int, f *fieldState) *class {
	values := m.values(slot)
	switch {
	case values.unseen:
		return f.unknown
	case len(values.operands) == 0:
		return f.absent
	}
	l := f.lookup
	n := l.words()
	m.found = append(m.found[:0], f.present.yes...)
	m.found = append(m.found, f.present.open...)
	c := class{yes: m.found[:n], open: m.found[n:]}
	for i := range values.operands {
		m.compareOne(l, &values.operands[i], &c)
	}
	if c.says(f.present) {
		return f.present
	}
	return f.memo.share(&c)
}

// compareOne adds what the predicates say about one value.
func (m *Matcher) compareOne(l *lookup, v *operand, c *class) {
	m.confirm(l, l.exact[string(v.folded)], v, c)
	m.confirm(l, l.cased[string(v.text)], v, c)
	if v.kind == event.Number {
		m.confirm(l, l.numbers, v, c)
	}
	if l.scan != nil {
		l.scan.scan(v.folded, func(found []uint16) { m.confirm(l, found, v, c) })
	}
	if l.networks != nil {
		m.inNetworks(l, v, c)
	}
	m.confirm(l, l.every, v, c)
}

func (m *Matcher) inNetworks(l *lookup, v *operand, c *class) {
	if !v.addrKnown {
		v.addr, v.addrKnown = m.address(v.text), true
	}
	if !v.addr.IsValid() {
		return
	}
	for _, length := range l.lengths[v.addr.Is4()] {
		if network, err := v.addr.Prefix(length); err == nil {
			m.confirm(l, l.networks[network], v, c)
		}
	}
}

// confirm asks predicates about a value. One that holds for some time only is
// left open: it depends on the record.
func (m *Matcher) confirm(l *lookup, which []uint16, v *operand, c *class) {
	for _, bit := range which {
		p := l.predicates[bit]
		switch {
		case c.truth(p.bit) != False:
		case p.timed:
			c.set(p.bit, Unknown)
		case p.test.holds(m, v):
			c.set(p.bit, True)
		}
	}
}
