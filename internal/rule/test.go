package rule

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"

	"vakt/internal/event"
)

// test decides about one value of a record. A test does not change and is
// shared by all matchers.
type test interface {
	holds(m *Matcher, v *operand) bool
	// timed tells whether the answer depends on the time of the record.
	timed() bool
}

// operand is one value under test.
type operand struct {
	text   []byte
	folded []byte // text without case
	kind   event.Type

	addr      netip.Addr // what the text means as an address, once asked
	addrKnown bool
}

// of returns the text in the form that a test compares.
func (v *operand) of(cased bool) []byte {
	if cased {
		return v.text
	}
	return v.folded
}

// until is the Unix second from which something no longer holds; 0 is never.
type until int64

func (u until) holds(now int64) bool { return u == 0 || now < int64(u) }

// later keeps the longer of two.
func (u until) later(other until) until {
	if u == 0 || other == 0 {
		return 0
	}
	return max(u, other)
}

// sooner keeps the shorter of two.
func (u until) sooner(other until) until {
	if u == 0 || other == 0 {
		return max(u, other)
	}
	return min(u, other)
}

// exactTest: the value is one of the texts, or a number equal to one of the
// numbers.
type exactTest struct {
	cased   bool
	texts   map[string]until
	numbers []number
}

func (t *exactTest) holds(m *Matcher, v *operand) bool {
	if u, ok := t.texts[string(v.of(t.cased))]; ok && u.holds(m.now) {
		return true
	}
	if v.kind != event.Number {
		return false
	}
	for i := range t.numbers {
		if t.numbers[i].equals(v.text) {
			return true
		}
	}
	return false
}

func (t *exactTest) timed() bool {
	for _, u := range t.texts {
		if u != 0 {
			return true
		}
	}
	return false
}

// limited is a text that may cease to hold.
type limited struct {
	text  []byte
	until until
}

// affixTest: the value begins with, ends with or contains one of the texts.
type affixTest struct {
	shape shape
	cased bool
	texts []limited
}

func (t *affixTest) holds(m *Matcher, v *operand) bool {
	s := v.of(t.cased)
	for i := range t.texts {
		if t.texts[i].until.holds(m.now) && t.shape.compare(s, t.texts[i].text) {
			return true
		}
	}
	return false
}

func (t *affixTest) timed() bool {
	return slices.ContainsFunc(t.texts, func(l limited) bool { return l.until != 0 })
}

// compare is the comparison of the shape; shapeGlob has none.
func (s shape) compare(text, with []byte) bool {
	switch s {
	case shapeExact:
		return bytes.Equal(text, with)
	case shapePrefix:
		return bytes.HasPrefix(text, with)
	case shapeSuffix:
		return bytes.HasSuffix(text, with)
	case shapeContains:
		return bytes.Contains(text, with)
	}
	return false
}

// globTest: the value matches one of the patterns.
type globTest struct {
	cased    bool
	patterns []limitedPattern
}

type limitedPattern struct {
	pattern pattern
	until   until
}

func (t *globTest) holds(m *Matcher, v *operand) bool {
	s := v.of(t.cased)
	for i := range t.patterns {
		if t.patterns[i].until.holds(m.now) && t.patterns[i].pattern.match(s) {
			return true
		}
	}
	return false
}

func (t *globTest) timed() bool {
	return slices.ContainsFunc(t.patterns, func(l limitedPattern) bool { return l.until != 0 })
}

// regexTest: a regular expression matches somewhere in the value.
type regexTest struct {
	list []limitedRegex
}

type limitedRegex struct {
	regex *regexp.Regexp
	until until
}

func (t *regexTest) holds(m *Matcher, v *operand) bool {
	for i := range t.list {
		if t.list[i].until.holds(m.now) && t.list[i].regex.Match(v.text) {
			return true
		}
	}
	return false
}

func (t *regexTest) timed() bool {
	return slices.ContainsFunc(t.list, func(l limitedRegex) bool { return l.until != 0 })
}

// networkTest: the value is an address in one of the networks.
type networkTest struct {
	list []limitedNetwork
}

type limitedNetwork struct {
	network netip.Prefix
	until   until
}

func (t *networkTest) holds(m *Matcher, v *operand) bool {
	if !v.addrKnown {
		v.addr, v.addrKnown = m.address(v.text), true
	}
	addr := v.addr
	if !addr.IsValid() {
		return false
	}
	for i := range t.list {
		if t.list[i].until.holds(m.now) && t.list[i].network.Contains(addr) {
			return true
		}
	}
	return false
}

func (t *networkTest) timed() bool {
	return slices.ContainsFunc(t.list, func(l limitedNetwork) bool { return l.until != 0 })
}

// numberTest: the value is a number that stands in the order to ours.
type numberTest struct {
	op    operator
	bound float64
}

func (t *numberTest) holds(_ *Matcher, v *operand) bool {
	if v.kind == event.Bool || v.kind == event.JSON {
		return false
	}
	value, ok := parseNumber(v.text)
	if !ok {
		return false
	}
	return t.op.ordered(value, t.bound)
}

func (t *numberTest) timed() bool { return false }

// ordered compares two numbers.
func (o operator) ordered(value, bound float64) bool {
	switch o {
	case opLess:
		return value < bound
	case opLessEqual:
		return value <= bound
	case opGreater:
		return value > bound
	case opGreaterEqual:
		return value >= bound
	}
	return value == bound
}
