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

// otherNames are the modifiers that change how an operator works.
var otherNames = []string{"all", "cased", "neq", "expand", "i", "m", "s"}

// laterNames are modifiers of the specification that are not built yet.
var laterNames = []string{
	"windash", "base64", "base64offset", "utf16", "utf16le", "utf16be", "wide",
	"fieldref", "minute", "hour", "day", "week", "month", "year",
}

var positional = []operator{opContains, opStartsWith, opEndsWith}

// String returns the modifier that chooses the operator.
func (o operator) String() string { return operatorNames[o] }

func (o operator) numeric() bool { return o >= opLess }

// modifiers is what stands after the field name, in any order.
type modifiers struct {
	op     operator
	all    bool   // every value must match, not any
	cased  bool   // letters are told apart by case
	negate bool   // neq: true when no value matches
	expand bool   // the values name lists of the baseline
	flags  string // of a regular expression: any of i, m, s
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
			return fmt.Sprintf("the modifiers %q and %q exclude each other", m.op, name)
		}
		m.op = operator(op)
		return ""
	}
	switch name {
	case "all":
		m.all = true
	case "cased":
		m.cased = true
	case "neq":
		m.negate = true
	case "expand":
		m.expand = true
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

func unknownModifier(name string) string {
	if name == "" {
		return "a modifier is missing after |"
	}
	if slices.Contains(laterNames, name) {
		return fmt.Sprintf("not supported yet: the modifier %q", name)
	}
	return fmt.Sprintf("unknown modifier %q%s", name, hint(name, slices.Concat(operatorNames[1:], otherNames[:4])))
}

// combinationFault says why modifiers do not go together.
func (m *modifiers) combinationFault() string {
	pair := func(other string) string {
		return fmt.Sprintf("the modifiers %q and %q do not go together", m.op, other)
	}
	plain := m.op == opEquals || slices.Contains(positional, m.op)
	single := m.op == opExists || m.op.numeric()
	switch {
	case single && m.all:
		return pair("all")
	case single && m.negate:
		return pair("neq")
	case single && m.expand:
		return pair("expand")
	case m.cased && !plain:
		return pair("cased")
	case m.all && m.negate:
		return `the modifiers "all" and "neq" do not go together: neq is true when no value matches`
	case m.all && m.expand:
		return `not supported yet: the modifiers "all" and "expand" together`
	}
	return ""
}

// keywordFault says why modifiers do not work without a field name.
func (m *modifiers) keywordFault() string {
	if *m == (modifiers{}) {
		return "a field name is missing: keywords are written as a list"
	}
	if m.op != opEquals || m.negate || m.expand {
		return `without a field name only the modifiers "all" and "cased" are supported`
	}
	return ""
}

// regex compiles a value of a `re` item with its flags. It is not anchored.
func (m *modifiers) regex(text string) (*regexp.Regexp, error) {
	if m.flags != "" {
		text = "(?" + m.flags + ")" + text
	}
	return regexp.Compile(text)
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
