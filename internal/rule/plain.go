package rule

import (
	"bytes"
	"unicode/utf8"

	"vakt/internal/event"
)

// plainTests are tests of a field that a glance at the text decides. They are
// what rules ask of ids: whether there is one at all. Ids hardly come again,
// so nothing is remembered of the values of a field that has no other tests.
type plainTests struct {
	filled []uint16   // true of a text that is not empty, new lines aside: the regular expression "."
	bytes  []byteTest // true of a text that has the byte
	all    bool       // the field has no other tests
}

// byteTest is a predicate that is true of a text with a byte, which no
// folding makes or takes away.
type byteTest struct {
	b   byte
	bit uint16
}

// maxByteTests bounds the classes that plain tests alone make, one for each
// set of them that holds.
const maxByteTests = 3

// add takes a predicate in whose test is plain. A test without anything to
// compare with, such as of a list that has no entries, is one too.
func (t *plainTests) add(p *predicate) bool {
	switch x := p.test.(type) {
	case *exactTest:
		return x.never()
	case *regexTest:
		if len(x.list) == 1 && x.list[0].until == 0 && x.list[0].regex.String() == "." {
			t.filled = append(t.filled, uint16(p.bit))
			return true
		}
	case *affixTest:
		if len(x.texts) == 1 && x.shape == shapeContains && !p.timed && len(t.bytes) < maxByteTests && isUncased(x.texts[0].text) {
			t.bytes = append(t.bytes, byteTest{x.texts[0].text[0], uint16(p.bit)})
			return true
		}
	}
	return false
}

// never tells whether there is nothing that a value could be.
func (t *exactTest) never() bool { return len(t.texts)+len(t.numbers) == 0 }

// isUncased is true of one ASCII character that is no letter.
func isUncased(text []byte) bool {
	if len(text) != 1 {
		return false
	}
	c := text[0] | 0x20
	return text[0] < utf8.RuneSelf && (c < 'a' || c > 'z')
}

// of tells which of the tests hold: bit 0 is that of filled, the others those
// of bytes.
func (t *plainTests) of(text []byte) (held int) {
	if len(t.filled) > 0 && isFilled(text) {
		held = 1
	}
	for i := range t.bytes {
		if bytes.IndexByte(text, t.bytes[i].b) >= 0 {
			held |= 2 << i
		}
	}
	return held
}

// isFilled says whether the regular expression "." matches.
func isFilled(text []byte) bool {
	for _, c := range text {
		if c != '\n' {
			return true
		}
	}
	return false
}

// confirm sets the predicates whose tests hold.
func (t *plainTests) confirm(held int, c *class) {
	if held&1 != 0 {
		for _, bit := range t.filled {
			c.set(int(bit), True)
		}
	}
	for i := range t.bytes {
		if held&(2<<i) != 0 {
			c.set(int(t.bytes[i].bit), True)
		}
	}
}

// glance finds the class of a field that has plain tests only.
func (m *Matcher) glance(slot int, f *fieldState) *class {
	held, is := m.look(f.lookup)
	switch is {
	case event.Unseen:
		return f.unknown
	case event.Empty:
		return f.absent
	case event.Alone:
		return f.glanced(held)
	}
	values := m.values(slot)
	switch {
	case values.unseen:
		return f.unknown
	case len(values.operands) == 0:
		return f.absent
	}
	for i := range values.operands {
		held |= f.lookup.plain.of(values.operands[i].text)
	}
	return f.glanced(held)
}

// look tells which plain tests hold of a field, where it is Alone. Where it is
// Mixed its values have to be asked.
func (m *Matcher) look(l *lookup) (held int, is event.Standing) {
	switch {
	case m.only == nil:
		return 0, event.Mixed
	case len(l.plain.filled)+len(l.plain.bytes) == 0:
		return 0, m.only.Holds(l.field)
	}
	if m.isRecord { // what is written has the bytes of the value
		if text, ok := m.columns.Written(l.field); ok && bytes.IndexByte(text, '\\') < 0 {
			return l.plain.of(text), event.Alone
		}
	}
	v, is := m.only.Only(l.field)
	return l.plain.of(v.Text), is
}

// glanced is the class of values for which certain plain tests hold.
func (f *fieldState) glanced(held int) *class {
	if held == 0 {
		return f.present
	}
	if f.plain[held] == nil {
		c := f.present.clone()
		f.lookup.plain.confirm(held, c)
		f.plain[held] = c
	}
	return f.plain[held]
}
