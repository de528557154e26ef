package rig

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// filter tells whether an object belongs to an answer.
type filter func(o scope) bool

// scope is what the names in a filter stand for: the members of an object,
// or of a lambda's element under its name.
type scope struct {
	object  Object
	lambda  string
	element Object // JSON text of the element
}

// uses are the traits of a filter that decide whether it is allowed.
type uses struct {
	advanced bool     // ne, not, endsWith, $count: needs an advanced query
	paths    []string // properties that it names
}

// parseFilter reads a $filter expression over objects of a type: comparisons,
// in, and, or, not, startsWith, endsWith, contains, any, all and $count.
// Source: OData 4.01 part 2, 5.1.1, as far as Microsoft Graph takes it.
func parseFilter(text string, s *schema, typ string) (filter, uses, error) {
	p := &filterParser{words: filterWords(text), s: s, typ: typ}
	f, err := p.or()
	if err == nil && p.at < len(p.words) {
		err = fmt.Errorf("%q is not expected here", p.words[p.at])
	}
	if err != nil {
		return nil, uses{}, err
	}
	return f, p.used, nil
}

// filterWords cuts an expression into names, literals and marks.
func filterWords(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		switch ch := text[i]; ch {
		case ' ', '\t':
			i++
		case '(', ')', ',':
			words = append(words, text[i:i+1])
			i++
		case '\'':
			end := quoteEnd(text, i)
			words = append(words, text[i:end])
			i = end
		default:
			end := i
			for end < len(text) && !strings.ContainsRune(" \t(),'", rune(text[end])) {
				end++
			}
			words = append(words, text[i:end])
			i = end
		}
	}
	return words
}

// quoteEnd finds the end of a quoted text in which two quotes stand for one.
func quoteEnd(text string, i int) int {
	for i++; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return i + 1
		}
		i++
	}
	return len(text)
}

type filterParser struct {
	words  []string
	at     int
	depth  int
	s      *schema
	typ    string
	lambda string // name of the element, "" outside
	inside string // its type
	used   uses
}

// mostDepth bounds nesting, which costs stack.
const mostDepth = 50

func (p *filterParser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *filterParser) take() string {
	word := p.peek()
	p.at++
	return word
}

func (p *filterParser) expect(word string) error {
	if got := p.take(); got != word {
		return fmt.Errorf("%q stands where %q belongs", got, word)
	}
	return nil
}

func (p *filterParser) or() (filter, error) {
	return p.joined("or", p.and, func(a, b bool) bool { return a || b })
}

func (p *filterParser) and() (filter, error) {
	return p.joined("and", p.one, func(a, b bool) bool { return a && b })
}

func (p *filterParser) joined(word string, part func() (filter, error), join func(a, b bool) bool) (filter, error) {
	left, err := part()
	for err == nil && p.peek() == word {
		p.at++
		var right filter
		if right, err = part(); err == nil {
			first := left
			left = func(o scope) bool { return join(first(o), right(o)) }
		}
	}
	return left, err
}

func (p *filterParser) one() (filter, error) {
	if p.depth++; p.depth > mostDepth {
		return nil, fmt.Errorf("the expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	switch word := p.peek(); {
	case word == "not":
		p.at++
		p.used.advanced = true
		f, err := p.one()
		return func(o scope) bool { return !f(o) }, err
	case word == "(":
		p.at++
		f, err := p.or()
		if err != nil {
			return nil, err
		}
		return f, p.expect(")")
	case p.at+1 < len(p.words) && p.words[p.at+1] == "(":
		return p.called(p.take())
	}
	return p.comparison()
}

// called reads a function, or any and all of a collection.
func (p *filterParser) called(name string) (filter, error) {
	if path, ok := strings.CutSuffix(name, "/any"); ok {
		return p.quantified(path, false)
	}
	if path, ok := strings.CutSuffix(name, "/all"); ok {
		return p.quantified(path, true)
	}
	test, ok := map[string]func(s, part string) bool{
		"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains,
	}[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("there is no function %q", name)
	}
	p.used.advanced = p.used.advanced || !strings.EqualFold(name, "startswith")
	p.at++ // the parenthesis
	value, err := p.path(p.take())
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	part, err := literalOf(p.take())
	if err != nil || part[0] != '"' {
		return nil, fmt.Errorf("%s compares with a text", name)
	}
	want := strings.ToLower(textOf(part))
	return func(o scope) bool { return test(strings.ToLower(textOf(value(o))), want) }, p.expect(")")
}

// quantified reads "(x:…)" after a collection and any or all.
func (p *filterParser) quantified(path string, all bool) (filter, error) {
	list, err := p.path(path)
	if err != nil {
		return nil, err
	}
	if p.lambda != "" {
		return nil, fmt.Errorf("any and all cannot be nested")
	}
	p.at++ // the parenthesis
	if p.peek() == ")" && !all {
		p.at++
		return func(o scope) bool { return len(Elements(list(o))) > 0 }, nil
	}
	name, rest, ok := strings.Cut(p.take(), ":")
	if !ok || name == "" {
		return nil, fmt.Errorf("any and all name their element, as in any(x:x eq 1)")
	}
	if rest != "" {
		p.at--
		p.words[p.at] = rest
	}
	p.lambda, p.inside = name, p.typeOf(path)
	inner, err := p.or()
	p.lambda, p.inside = "", ""
	if err != nil {
		return nil, err
	}
	return func(o scope) bool {
		for _, e := range Elements(list(o)) {
			if inner(scope{o.object, name, e}) != all {
				return !all
			}
		}
		return all
	}, p.expect(")")
}

// comparison reads "path op literal", "path in (…)", or a flag alone.
func (p *filterParser) comparison() (filter, error) {
	value, err := p.path(p.take())
	if err != nil {
		return nil, err
	}
	switch word := p.take(); word {
	case "in":
		return p.list(value)
	case "eq", "ne", "gt", "ge", "lt", "le":
		p.used.advanced = p.used.advanced || word == "ne"
		want, err := literalOf(p.take())
		if err != nil {
			return nil, err
		}
		return func(o scope) bool { return compares(word, value(o), want) }, nil
	case "":
		return nil, fmt.Errorf("a comparison breaks off")
	default:
		return nil, fmt.Errorf("there is no operator %q", word)
	}
}

func (p *filterParser) list(value func(scope) []byte) (filter, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var wants [][]byte
	for {
		want, err := literalOf(p.take())
		if err != nil {
			return nil, err
		}
		wants = append(wants, want)
		switch word := p.take(); word {
		case ",":
		case ")":
			return func(o scope) bool {
				got := value(o)
				for _, want := range wants {
					if compares("eq", got, want) {
						return true
					}
				}
				return false
			}, nil
		default:
			return nil, fmt.Errorf("%q stands in a list of values", word)
		}
	}
}

// path reads a property path and returns how to get its value, as JSON text.
func (p *filterParser) path(text string) (func(scope) []byte, error) {
	parts := strings.Split(text, "/")
	count := parts[len(parts)-1] == "$count"
	if count {
		p.used.advanced = true
		parts = parts[:len(parts)-1]
	}
	typ, fromElement := p.typ, p.lambda != "" && parts[0] == p.lambda
	if fromElement {
		typ, parts = p.inside, parts[1:]
	} else {
		p.used.paths = append(p.used.paths, strings.Join(parts, "/"))
	}
	if len(parts) == 0 && !fromElement {
		return nil, fmt.Errorf("a property is missing")
	}
	for _, name := range parts {
		next, ok := p.s.prop(typ, name)
		if !ok {
			return nil, fmt.Errorf("Could not find a property named '%s' on type 'microsoft.graph.%s'", name, typ) //nolint:staticcheck // the service's own words
		}
		typ = bareType(next)
	}
	return func(o scope) []byte {
		raw := []byte(o.object)
		if fromElement {
			raw = o.element
		}
		for _, name := range parts {
			raw, _ = Object(raw).Field(name)
		}
		if count {
			return strconv.AppendInt(nil, int64(len(Elements(raw))), 10)
		}
		return raw
	}, nil
}

// typeOf is the type of the elements of a path that was read before.
func (p *filterParser) typeOf(path string) string {
	typ := p.typ
	for _, name := range strings.Split(path, "/") {
		next, _ := p.s.prop(typ, name)
		typ = bareType(next)
	}
	return typ
}

// literalOf gives the JSON text of a literal: texts stand in quotes; what is
// neither null, a flag nor a number is a bare GUID or time and becomes a text.
func literalOf(word string) ([]byte, error) {
	switch {
	case word == "" || word == "(" || word == ")" || word == ",":
		return nil, fmt.Errorf("a value is missing")
	case word[0] == '\'':
		if len(word) < 2 || word[len(word)-1] != '\'' {
			return nil, fmt.Errorf("the text %s is not closed", word)
		}
		return quoted(strings.ReplaceAll(word[1:len(word)-1], "''", "'")), nil
	case word == "null" || word == "true" || word == "false":
		return []byte(word), nil
	}
	if _, err := strconv.ParseFloat(word, 64); err == nil {
		return []byte(word), nil
	}
	return quoted(word), nil
}

// compares applies an operator to a value and a literal, both JSON text. What
// is absent equals null, and null is neither before nor after anything. Texts
// are compared without regard to case, as the directory does.
func compares(op string, got, want []byte) bool {
	if len(got) == 0 {
		got = []byte("null")
	}
	order, comparable := ordered(got, want)
	switch op {
	case "eq":
		return comparable && order == 0
	case "ne":
		return !comparable || order != 0
	}
	if !comparable || string(got) == "null" {
		return false
	}
	return op[0] == 'g' && order > 0 || op[0] == 'l' && order < 0 || op[1] == 'e' && order == 0
}

// ordered compares two JSON scalars; of different kinds they have no order.
func ordered(a, b []byte) (order int, comparable bool) {
	if a[0] == '"' && b[0] == '"' {
		x, y := textOf(a), textOf(b)
		if s, err := time.Parse(time.RFC3339Nano, x); err == nil {
			if t, err := time.Parse(time.RFC3339Nano, y); err == nil {
				return s.Compare(t), true
			}
		}
		return strings.Compare(strings.ToLower(x), strings.ToLower(y)), true
	}
	x, errX := strconv.ParseFloat(string(a), 64)
	y, errY := strconv.ParseFloat(string(b), 64)
	if errX == nil && errY == nil {
		switch {
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	return bytes.Compare(a, b), bytes.Equal(a, b)
}
