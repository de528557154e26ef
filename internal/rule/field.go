package rule

import (
	"encoding/binary"

	"vakt/internal/event"
)

// fieldState is what a matcher knows about one field: of the record at hand,
// and of values that came before.
type fieldState struct {
	// What every record needs stands together, so that it comes near together.
	field    event.Field // of lookup
	glances  bool        // it has plain tests only
	constant bool        // all values, and none, are of one class
	listed   uint32      // the record in whose order it is
	round    uint32      // of the record that class is of
	class    *class
	absent   *class
	looked   int // see below
	memo     memo

	lookup           *lookup
	recall           recall
	unknown, present *class                    // present: a value that no predicate is true of
	plain            [2 << maxByteTests]*class // by the plain tests that hold, where there are no others

	read     uint32 // the record that the values are of
	unseen   bool   // they are unknown
	operands []operand

	// How often (looked) its class was asked for, which a crossing of a trail spares,
	// and how often its values had to be computed first, were looked for among those
	// remembered, and were compared.
	mixed, searched, compared int
}

func newFieldState(l *lookup) fieldState {
	f := fieldState{lookup: l, field: l.field, glances: l.plain.all, unknown: newClass(l), absent: newClass(l), present: newClass(l)}
	for _, p := range l.predicates {
		f.unknown.set(p.bit, Unknown)
		switch p.ask {
		case askAbsent:
			f.absent.set(p.bit, True)
		case askUnread:
			f.present.set(p.bit, Unknown)
		}
	}
	if f.absent.says(f.present) {
		f.absent = f.present
		f.constant = l.plain.all && len(l.plain.filled)+len(l.plain.bytes) == 0
	}
	return f
}

// each visits every class that is known.
func (f *fieldState) each(visit func(*class)) {
	visit(f.unknown)
	visit(f.present)
	if f.absent != f.present {
		visit(f.absent)
	}
	for _, c := range f.plain {
		if c != nil {
			visit(c)
		}
	}
	for _, c := range f.memo.classes {
		visit(c)
	}
}

// cost estimates what it costs to look the field up, in nanoseconds. A field
// that is not plain has to be put together first.
func (f *fieldState) cost(plain bool) float64 {
	const (
		looked   = 15
		gathered = 100
		computed = 400
		searched = 40
		compared = 400
	)
	all := float64(max(1, f.looked))
	sum := looked + (computed*float64(f.mixed)+searched*float64(f.searched)+compared*float64(f.compared))/all
	if !plain {
		sum += gathered
	}
	return sum
}

// class tells what the predicates of a field say about the record at hand.
func (m *Matcher) class(slot int) *class {
	f := &m.fields[slot]
	if f.round != m.round {
		f.class, f.round = m.classify(slot, f), m.round
	}
	if m.exploring && f.listed != m.round && !m.settled(f) {
		f.listed, m.order = m.round, append(m.order, slot)
	}
	return f.class
}

// settled tells whether every record of a shape has the same class of a field:
// it is known there, and it does not matter whether it is empty.
func (m *Matcher) settled(f *fieldState) bool {
	return f.constant && m.only != nil && m.only.Plain(f.lookup.field)
}

func (m *Matcher) classify(slot int, f *fieldState) *class {
	f.looked++
	if f.glances {
		return m.glance(slot, f)
	}
	if f.field == event.NoField || m.peek == nil {
		return m.classifyMixed(slot, f)
	}
	switch raw, is := m.peek.Peek(f.field); is {
	case event.Alone:
		mark := markOf(raw)
		if c := f.memo.near.find(raw, mark); c != nil {
			return c
		}
		return m.recallClass(slot, f, raw, mark)
	case event.Empty:
		return f.absent
	case event.Unseen:
		return f.unknown
	}
	return m.classifyMixed(slot, f)
}

// classifyMixed finds the class of values that Peek does not show.
func (m *Matcher) classifyMixed(slot int, f *fieldState) *class {
	f.mixed++
	values := m.values(slot)
	switch {
	case values.unseen:
		return f.unknown
	case len(values.operands) == 0:
		return f.absent
	}
	m.key = appendKey(m.key[:0], values.operands)
	mark := markOf(m.key)
	if c := f.memo.near.find(m.key, mark); c != nil {
		return c
	}
	return m.recallClass(slot, f, m.key, mark)
}

// recallClass finds the class of values that are not near, which follow from
// raw.
func (m *Matcher) recallClass(slot int, f *fieldState, raw []byte, mark uint64) (c *class) {
	if len(raw) > maxMemo {
		return m.compare(slot, f)
	}
	if f.recall.pass() {
		c = m.compare(slot, f)
	} else {
		c = m.search(slot, f, raw)
	}
	if f.memo.near == nil {
		f.memo.near = new(nearby)
	}
	f.memo.near.put(raw, mark, c)
	return c
}

// search finds the class of a value that is not near.
func (m *Matcher) search(slot int, f *fieldState, raw []byte) *class {
	f.searched++
	set, hash := f.memo.set(m.seed, raw)
	known := set.find(hash, raw)
	if !known {
		set.put(hash, raw, m.compare(slot, f))
	}
	f.recall.note(known, f.lookup)
	return set[0].class
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
	f.compared++
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
	l.plain.confirm(l.plain.of(v.text), c)
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
