package rule

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// expr is a node of a parsed condition.
type expr struct {
	op     exprOp
	kids   []*expr
	search int // of exprSearch: index into detection.searches
}

type exprOp uint8

const (
	exprSearch exprOp = iota
	exprNot
	exprAnd
	exprOr
)

// Limits on a condition. A person cannot read beyond them.
const (
	maxCondition = 10_000 // bytes
	maxNesting   = 64     // brackets and nots
)

// condition reads the condition, or a list of conditions of which any is
// enough, and warns of searches that none of them uses.
func (r *reader) condition(n *yaml.Node, d *detection) {
	texts := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		texts = n.Content
	}
	if len(texts) == 0 {
		r.refuse(n.Line, "condition is an empty list")
		return
	}
	either := &expr{op: exprOr}
	for _, t := range texts {
		text := r.filled(t, "condition")
		if text == "" {
			continue
		}
		e, fault := parseCondition(text, d.searches)
		if fault != "" {
			r.refuse(t.Line, "condition: %s", fault)
			continue
		}
		either.kids = append(either.kids, e)
	}
	if len(either.kids) < len(texts) {
		return
	}
	d.condition = either.simple()
	r.warnUnused(d)
}

// warnUnused names the searches that the condition does not use. A name that
// begins with "_" is set aside on purpose.
func (r *reader) warnUnused(d *detection) {
	used := d.used()
	for i, s := range d.searches {
		if !used[i] && !strings.HasPrefix(s.name, "_") {
			r.warn(s.line, "search %q is not used in the condition", s.name)
		}
	}
}

// used tells, by index, which searches the condition names.
func (d *detection) used() []bool {
	used := make([]bool, len(d.searches))
	d.condition.walk(func(e *expr) {
		if e.op == exprSearch {
			used[e.search] = true
		}
	})
	return used
}

// usedNames lists the searches that the condition names, in file order.
func (d *detection) usedNames() []string {
	var names []string
	for i, used := range d.used() {
		if used {
			names = append(names, d.searches[i].name)
		}
	}
	return names
}

func (e *expr) walk(visit func(*expr)) {
	visit(e)
	for _, kid := range e.kids {
		kid.walk(visit)
	}
}

// simple takes the place of an and/or with one part.
func (e *expr) simple() *expr {
	if e.op != exprNot && len(e.kids) == 1 {
		return e.kids[0]
	}
	return e
}

// parseCondition reads a condition over the searches by descent: or, and, not,
// then brackets, `1 of`, `all of` and names. fault is what is wrong, or empty.
func parseCondition(text string, searches []search) (e *expr, fault string) {
	if len(text) > maxCondition {
		return nil, fmt.Sprintf("longer than %d bytes", maxCondition)
	}
	tokens, fault := tokenize(text)
	if fault != "" {
		return nil, fault
	}
	p := &conditionParser{tokens: tokens, searches: searches}
	e = p.or(0)
	if p.fault == "" && p.peek() != "" {
		p.fail("%q is not expected here: combine searches with and, or, not", p.peek())
	}
	return e, p.fault
}

// tokenize splits at blanks and brackets. Words may hold * as a wildcard.
func tokenize(text string) (tokens []string, fault string) {
	start := -1
	flush := func(end int) {
		if start >= 0 {
			tokens, start = append(tokens, text[start:end]), -1
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '|':
			return nil, "aggregations after | belong to the old format: write a correlation (type event_count or value_count)"
		case c == '(' || c == ')':
			flush(i)
			tokens = append(tokens, string(c))
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			flush(i)
		case start < 0:
			start = i
		}
	}
	flush(len(text))
	return tokens, ""
}

type conditionParser struct {
	tokens   []string
	searches []search
	fault    string // the first
}

func (p *conditionParser) fail(format string, args ...any) {
	if p.fault == "" {
		p.fault = fmt.Sprintf(format, args...)
	}
}

func (p *conditionParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

// accept takes the next token when it is the keyword, in any case.
func (p *conditionParser) accept(word string) bool {
	if !strings.EqualFold(p.peek(), word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *conditionParser) or(depth int) *expr {
	e := &expr{op: exprOr, kids: []*expr{p.and(depth)}}
	for p.fault == "" && p.accept("or") {
		e.kids = append(e.kids, p.and(depth))
	}
	return e.simple()
}

func (p *conditionParser) and(depth int) *expr {
	e := &expr{op: exprAnd, kids: []*expr{p.not(depth)}}
	for p.fault == "" && p.accept("and") {
		e.kids = append(e.kids, p.not(depth))
	}
	return e.simple()
}

func (p *conditionParser) not(depth int) *expr {
	if depth > maxNesting {
		p.fail("nested deeper than %d levels", maxNesting)
		return &expr{}
	}
	if p.accept("not") {
		return &expr{op: exprNot, kids: []*expr{p.not(depth + 1)}}
	}
	if p.accept("(") {
		e := p.or(depth + 1)
		if !p.accept(")") {
			p.fail("a bracket is not closed")
		}
		return e
	}
	return p.name()
}

// name reads a search name, `1 of …` or `all of …`.
func (p *conditionParser) name() *expr {
	word := p.peek()
	if word == "" {
		p.fail("it ends where a search is expected")
		return &expr{}
	}
	p.tokens = p.tokens[1:]
	if p.accept("of") {
		return p.quantified(word)
	}
	switch i := slices.IndexFunc(p.searches, func(s search) bool { return s.name == word }); {
	case i >= 0:
		return &expr{op: exprSearch, search: i}
	case slices.Contains([]string{")", "and", "or"}, strings.ToLower(word)):
		p.fail("%q stands where a search is expected", word)
	case strings.Contains(word, "*"):
		p.fail("%q is a pattern: write `1 of %s` or `all of %s`", word, word, word)
	default:
		p.fail("no search is named %q%s", word, hint(word, p.searchNames()))
	}
	return &expr{}
}

func (p *conditionParser) searchNames() []string {
	list := make([]string, len(p.searches))
	for i, s := range p.searches {
		list[i] = s.name
	}
	return list
}

// quantified reads what follows `1 of` and `all of`: a name, a pattern or
// `them`, which stands for all searches whose name does not begin with "_".
func (p *conditionParser) quantified(quantity string) *expr {
	e := &expr{op: exprOr}
	switch strings.ToLower(quantity) {
	case "1":
	case "all":
		e.op = exprAnd
	default:
		p.fail("`%s of` is not part of Sigma: write `1 of` or `all of`", quantity)
		return e
	}
	pattern := p.peek()
	if pattern == "" || pattern == "(" || pattern == ")" {
		p.fail("`%s of` needs a name, a pattern or them", quantity)
		return e
	}
	p.tokens = p.tokens[1:]
	for i, s := range p.searches {
		if selects(pattern, s.name) {
			e.kids = append(e.kids, &expr{op: exprSearch, search: i})
		}
	}
	if len(e.kids) == 0 {
		p.fail("no search matches %q%s", pattern, hint(pattern, p.searchNames()))
		return e
	}
	return e.simple()
}

func selects(pattern, name string) bool {
	if strings.EqualFold(pattern, "them") {
		return !strings.HasPrefix(name, "_")
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
