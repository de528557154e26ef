package rule

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// detection is the `detection` section: named searches and a condition over
// them.
type detection struct {
	searches  []search // in file order
	condition *expr    // nil until parsed
}

// search is one search identifier: true when any of its branches is.
type search struct {
	name     string
	line     int
	branches []branch
}

// branch is a list of items that must all be true.
type branch []item

// item is one `field|modifiers: values` of a search. An empty field is a
// keyword search over every text of the record.
type item struct {
	field  string
	line   int
	how    modifiers
	values []literal

	// Of items as a mapper has read them: no record holds a value that
	// matches (never), or has the field at all (nowhere), and why.
	never, nowhere bool
	why            string
}

// literal is one value as the rule's author wrote it.
type literal struct {
	kind literalKind
	text string // as written; of listLiteral the name without the % signs
	line int
}

type literalKind uint8

const (
	textLiteral literalKind = iota
	numberLiteral
	boolLiteral
	nullLiteral
	listLiteral  // a placeholder for a list of the baseline
	mixedLiteral // a text with placeholders in it
)

// detection reads the searches first and the condition last, wherever it
// stands.
func (r *reader) detection(n *yaml.Node, out *detection) {
	var condition *yaml.Node
	entries := r.entries(n, "detection")
	out.searches = make([]search, 0, len(entries))
	for _, e := range entries {
		switch e.key {
		case "condition":
			condition = e.value
		case "timeframe":
			r.refuse(e.line, "timeframe belongs to the old format: write a correlation with a timespan")
		default:
			out.searches = append(out.searches, r.search(e))
		}
	}
	switch {
	case condition != nil:
		r.condition(condition, out)
	case n.Kind == yaml.MappingNode:
		r.refuse(n.Line, "detection has no condition")
	}
}

// spot is where something stands in a detection. It is written out for
// messages only.
type spot struct {
	search string
	key    string // of an item, where item is true
	item   bool
}

func (p spot) String() string {
	if !p.item {
		return fmt.Sprintf("search %q", p.search)
	}
	return fmt.Sprintf("search %q: %q", p.search, p.key)
}

func (r *reader) search(e entry) search {
	s := search{name: e.key, line: e.line}
	what := spot{search: e.key}
	if !isName(e.key) {
		r.refuse(e.line, "%s: a search is named with letters, digits, _ - and . only", what)
	}
	switch e.value.Kind {
	case yaml.MappingNode:
		s.branches = []branch{r.branch(e.value, what)}
	case yaml.SequenceNode:
		s.branches = r.branches(e.value, what)
	default:
		r.refuse(e.line, "%s must be a map of fields or a list, not %s", what, kind(e.value))
	}
	return s
}

// branches reads a list: each map in it is an alternative, and so is each
// text, which is a keyword.
func (r *reader) branches(n *yaml.Node, what spot) []branch {
	if len(n.Content) == 0 {
		r.refuse(n.Line, "%s is an empty list", what)
	}
	var list []branch
	keywords := item{line: n.Line}
	for _, kid := range n.Content {
		if kid.Kind == yaml.MappingNode {
			list = append(list, r.branch(kid, what))
			continue
		}
		if lit, ok := r.literal(kid, what); ok {
			keywords.values = append(keywords.values, lit)
		}
	}
	if len(keywords.values) == 0 {
		return list
	}
	r.checkValues(&keywords, what)
	return append(list, branch{keywords})
}

func (r *reader) branch(n *yaml.Node, what spot) branch {
	if len(n.Content) == 0 {
		r.refuse(n.Line, "%s is an empty map", what)
	}
	entries := r.entries(n, what)
	b := make(branch, 0, len(entries))
	for _, e := range entries {
		if it, ok := r.item(e, what); ok {
			b = append(b, it)
		}
	}
	return b
}

func (r *reader) item(e entry, what spot) (item, bool) {
	field, mods, _ := strings.Cut(e.key, "|")
	it := item{field: field, line: e.line}
	where := spot{search: what.search, key: e.key, item: true}
	how, fault := parseModifiers(mods, strings.Contains(e.key, "|"))
	if fault == "" && field == "" {
		fault = how.keywordFault()
	}
	if fault == "" && strings.TrimSpace(field) != field {
		fault = "a field name has no blanks around it"
	}
	if fault != "" {
		r.refuse(e.line, "%s: %s", where, fault)
		return it, false
	}
	it.how = how
	var ok bool
	if it.values, ok = r.values(e.value, where, how); !ok {
		return it, false
	}
	return it, r.checkValues(&it, where)
}

// values reads one value or a list of values.
func (r *reader) values(n *yaml.Node, where spot, how modifiers) ([]literal, bool) {
	switch {
	case n.Kind == yaml.MappingNode:
		r.refuse(n.Line, "%s: a value must be text, a number, true, false or null, not a map", where)
		return nil, false
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		r.refuse(n.Line, "%s: the list of values is empty", where)
		return nil, false
	case n.Kind == yaml.SequenceNode:
		return r.valueList(n, where)
	case how.all:
		r.refuse(n.Line, "%s: the modifier \"all\" needs a list of values", where)
		return nil, false
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return []literal{{kind: nullLiteral, text: "null", line: n.Line}}, true
	}
	lit, ok := r.literal(n, where)
	return []literal{lit}, ok
}

func (r *reader) valueList(n *yaml.Node, where spot) ([]literal, bool) {
	list, good := make([]literal, 0, len(n.Content)), true
	for _, kid := range n.Content {
		lit, ok := r.literal(kid, where)
		good = good && ok
		list = append(list, lit)
	}
	return list, good
}

// numberForm is what counts as a number: decimal, as JSON writes it. 0123 and
// 0x1f are text, because a log that holds them holds text.
var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// literal reads a scalar that is not null.
func (r *reader) literal(n *yaml.Node, where spot) (literal, bool) {
	lit := literal{text: n.Value, line: n.Line}
	switch tag := n.ShortTag(); {
	case n.Kind != yaml.ScalarNode:
		r.refuse(n.Line, "%s: a value in a list must be text, a number or a boolean, not %s", where, kind(n))
		return lit, false
	case tag == "!!null":
		r.refuse(n.Line, "%s: null must not stand in a list: write a search of its own for it", where)
		return lit, false
	case (tag == "!!int" || tag == "!!float") && numberForm.MatchString(n.Value):
		lit.kind = numberLiteral
	case isBoolean(n):
		lit.kind, lit.text = boolLiteral, strings.ToLower(n.Value)
	}
	return lit, true
}

// checkValues refuses values that their modifiers cannot work with.
func (r *reader) checkValues(it *item, where spot) bool {
	good := true
	for i := range it.values {
		if fault := it.checkValue(i); fault != "" {
			r.refuse(it.values[i].line, "%s: %s", where, fault)
			good = false
		}
	}
	if it.how.op == opExists && len(it.values) > 1 {
		r.refuse(it.line, "%s: the modifier \"exists\" takes one value, not a list", where)
		good = false
	}
	if v := it.values[0]; good && !it.how.expand && v.kind == textLiteral && isPlaceholder(v.text) {
		r.warn(v.line, "%s: %s is compared as it stands: did you mean the modifier \"expand\"?", where, v.text)
	}
	return good
}

// embedded is a placeholder within a value.
var embedded = regexp.MustCompile(`%([A-Za-z0-9_.-]+)%`)

func (it *item) checkValue(i int) (fault string) {
	v := &it.values[i]
	if it.how.expand {
		if fault, done := it.expanded(v); done {
			return fault
		}
	}
	if fault := it.checkText(v); fault != "" {
		return fault
	}
	switch op := it.how.op; {
	case it.how.part != "":
		return partFault(it.how.part, v)
	case v.kind == nullLiteral && it.field == "":
		return "no text is null: a keyword must be text or a number"
	case v.kind == nullLiteral && op != opEquals:
		return fmt.Sprintf("the modifier %q cannot compare with null", op)
	case op == opExists && v.kind != boolLiteral:
		return "the modifier \"exists\" takes true or false"
	case op.numeric() && v.kind != numberLiteral:
		return fmt.Sprintf("the modifier %q needs a number, not %q", op, v.text)
	case op == opRegex:
		if _, err := syntax.Parse(it.how.expression(v.text), syntax.Perl); err != nil {
			return fmt.Sprintf("the regular expression does not compile: %v", err)
		}
	case op == opCIDR:
		if _, err := netip.ParsePrefix(v.text); err != nil {
			return fmt.Sprintf("%q is not a CIDR such as 192.0.2.0/24", v.text)
		}
	case v.kind == textLiteral && v.text == "" && (slices.Contains(positional, op) || it.field == ""):
		return "an empty text is part of every text: this matches everything"
	}
	return ""
}

// checkText checks a value of the modifiers that work on texts only.
func (it *item) checkText(v *literal) (fault string) {
	name := it.how.transforms()
	if it.how.fieldref {
		name = "fieldref"
	}
	switch {
	case name == "":
		return ""
	case v.kind != textLiteral:
		return fmt.Sprintf("the modifier %q needs text, not %s", name, v.text)
	case name != "fieldref":
		_, fault = it.how.forms(parsePattern(v.text))
		return fault
	case strings.TrimSpace(v.text) == "" || strings.ContainsAny(v.text, "*?"):
		return fmt.Sprintf("the modifier \"fieldref\" needs the name of a field, not %q", v.text)
	}
	return ""
}

// expanded turns a value of an expand item into what it stands for. done
// is false for a value that is compared as it stands, as one may beside a
// placeholder in the same list.
func (it *item) expanded(v *literal) (fault string, done bool) {
	name, whole := listName(v.text)
	switch {
	case v.kind == textLiteral && whole:
		v.kind, v.text = listLiteral, name
		return "", true
	case v.kind == textLiteral && embedded.MatchString(v.text):
		if it.how.op == opCIDR {
			return fmt.Sprintf("%q: a network cannot be put together of a list and text", v.text), true
		}
		v.kind = mixedLiteral
		return "", true
	case it.hasPlaceholder():
		return "", false
	}
	return fmt.Sprintf("the modifier \"expand\" needs a placeholder such as %%name%%, not %q", v.text), true
}

func (it *item) hasPlaceholder() bool {
	return slices.ContainsFunc(it.values, func(v literal) bool {
		return v.kind == listLiteral || v.kind == mixedLiteral || v.kind == textLiteral && embedded.MatchString(v.text)
	})
}
