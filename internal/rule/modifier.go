package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// operator is how a value of the rule is compared with one of the record.
type operator uint8

const (
	opEquals operator = iota
	opContains
	opStartsWith
	opEndsWith
	opRegex
	opCIDR
	opExists
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
)

// operatorNames are the modifiers that choose an operator, by operator.
var operatorNames = []string{"", "contains", "startswith", "endswith", "re", "cidr", "exists", "lt", "lte", "gt", "gte"}

// Modifiers that change what an operator compares, by what they do.
var (
	otherNames    = []string{"all", "cased", "neq", "expand", "fieldref", "windash", "i", "m", "s"}
	encodingNames = []string{"utf16le", "utf16be", "utf16", "wide"}
	base64Names   = []string{"base64", "base64offset"}
	partNames     = []string{"minute", "hour", "day", "week", "month", "year"}
)

var positional = []operator{opContains, opStartsWith, opEndsWith}

// String returns the modifier that chooses the operator.
func (o operator) String() string { return operatorNames[o] }

func (o operator) numeric() bool { return o >= opLess }

// modifiers is what stands after the field name.
type modifiers struct {
	op       operator
	all      bool   // every value must match, not any
	cased    bool   // letters are told apart by case
	negate   bool   // neq: true when no value matches
	expand   bool   // the values name lists of the baseline
	fieldref bool   // the values name fields of the same record
	flags    string // of a regular expression: any of i, m, s
	part     string // of partNames: compare this part of a time

	// What is done to a text before it is compared, in this order.
	windash  bool
	encoding string // of encodingNames
	base64   string // of base64Names
}

// parseModifiers reads "contains|all". given says that a "|" stood after the
// field name. fault says what is wrong with the combination, or is empty.
func parseModifiers(text string, given bool) (m modifiers, fault string) {
	if !given {
		return m, ""
	}
	seen := map[string]bool{}
	for name := range strings.SplitSeq(text, "|") {
		if seen[name] {
			return m, fmt.Sprintf("the modifier %q stands twice", name)
		}
		seen[name] = true
		if fault = m.add(name); fault != "" {
			return m, fault
		}
	}
	return m, m.combinationFault()
}

func (m *modifiers) add(name string) (fault string) {
	if op := slices.Index(operatorNames, name); op > 0 {
		if m.op != opEquals {
			return exclude(m.op.String(), name)
		}
		m.op = operator(op)
		return ""
	}
	switch {
	case slices.Contains(encodingNames, name):
		return m.addEncoding(name)
	case slices.Contains(base64Names, name):
		return m.addBase64(name)
	case slices.Contains(partNames, name):
		if m.part != "" {
			return exclude(m.part, name)
		}
		m.part = name
		return ""
	}
	return m.addOther(name)
}

func (m *modifiers) addOther(name string) (fault string) {
	switch name {
	case "all":
		m.all = true
	case "cased":
		m.cased = true
	case "neq":
		m.negate = true
	case "expand":
		m.expand = true
	case "fieldref":
		m.fieldref = true
	case "windash":
		m.windash = true
		return m.inOrder(name, m.encoding, m.base64)
	case "i", "m", "s":
		if m.op != opRegex {
			return fmt.Sprintf("the modifier %q only follows \"re\"", name)
		}
		m.flags += name
	default:
		return unknownModifier(name)
	}
	return ""
}

// addEncoding takes the encoding of a text.
func (m *modifiers) addEncoding(name string) (fault string) {
	if m.encoding != "" {
		return exclude(m.encoding, name)
	}
	m.encoding = name
	return m.inOrder(name, m.base64, m.op.String())
}

func (m *modifiers) addBase64(name string) (fault string) {
	if m.base64 != "" {
		return exclude(m.base64, name)
	}
	m.base64 = name
	return m.inOrder(name, m.op.String())
}

// inOrder refuses a modifier that stands after one that works on its result.
func (m *modifiers) inOrder(name string, later ...string) (fault string) {
	for _, other := range later {
		if other != "" {
			return fmt.Sprintf("the modifier %q must stand before %q: modifiers work from left to right", name, other)
		}
	}
	return ""
}

func exclude(first, second string) string {
	return fmt.Sprintf("the modifiers %q and %q exclude each other", first, second)
}

func unknownModifier(name string) string {
	if name == "" {
		return "a modifier is missing after |"
	}
	known := slices.Concat(operatorNames[1:], otherNames[:6], encodingNames, base64Names, partNames)
	return fmt.Sprintf("unknown modifier %q%s", name, hint(name, known))
}

// transforms names the last modifier that makes another text of a text, or
// returns "".
func (m *modifiers) transforms() string {
	switch {
	case m.base64 != "":
		return m.base64
	case m.encoding != "":
		return m.encoding
	case m.windash:
		return "windash"
	}
	return ""
}

// combinationFault says why modifiers do not go together.
func (m *modifiers) combinationFault() string {
	if fault := m.operatorFault(); fault != "" {
		return fault
	}
	for _, x := range []struct {
		a, b string
		both bool
	}{
		{"fieldref", "expand", m.fieldref && m.expand},
		{"fieldref", m.transforms(), m.fieldref && m.transforms() != ""},
		{"fieldref", m.part, m.fieldref && m.part != ""},
		{m.part, "cased", m.part != "" && m.cased},
		{m.part, "all", m.part != "" && m.all},
		{m.part, "expand", m.part != "" && m.expand},
		{m.part, m.transforms(), m.part != "" && m.transforms() != ""},
	} {
		if x.both {
			return apart(x.a, x.b)
		}
	}
	if m.all && m.negate {
		return `the modifiers "all" and "neq" do not go together: neq is true when no value matches`
	}
	return ""
}

// operatorFault says what does not go together with the operator.
func (m *modifiers) operatorFault() string {
	plain := m.op == opEquals || slices.Contains(positional, m.op)
	single := m.op == opExists || m.op.numeric()
	switch {
	case single && m.all:
		return apart(m.op.String(), "all")
	case single && m.negate:
		return apart(m.op.String(), "neq")
	case single && m.expand:
		return apart(m.op.String(), "expand")
	case m.cased && !plain:
		return apart(m.op.String(), "cased")
	case m.fieldref && !plain:
		return apart(m.op.String(), "fieldref")
	case m.transforms() != "" && !plain:
		return apart(m.op.String(), m.transforms())
	case m.part != "" && m.op != opEquals && !m.op.numeric():
		return apart(m.op.String(), m.part)
	}
	return ""
}

func apart(first, second string) string {
	return fmt.Sprintf("the modifiers %q and %q do not go together", first, second)
}

// keywordFault says why modifiers do not work without a field name.
func (m *modifiers) keywordFault() string {
	if *m == (modifiers{}) {
		return "a field name is missing: keywords are written as a list"
	}
	if m.op != opEquals && m.op != opContains && m.op != opRegex || m.expand || m.fieldref || m.part != "" {
		return "without a field name only these modifiers work: all, cased, neq, contains, re, windash, base64, base64offset and the encodings"
	}
	return ""
}

// regex compiles a value of a `re` item with its flags. It is not anchored.
func (m *modifiers) regex(text string) (*regexp.Regexp, error) {
	return regexp.Compile(m.expression(text))
}

// expression is a value of a `re` item with its flags.
func (m *modifiers) expression(text string) string {
	if m.flags != "" {
		return "(?" + m.flags + ")" + text
	}
	return text
}

// shape is the comparison of plain texts that the operator stands for.
func (o operator) shape() shape {
	switch o {
	case opContains:
		return shapeContains
	case opStartsWith:
		return shapePrefix
	case opEndsWith:
		return shapeSuffix
	}
	return shapeExact
}
