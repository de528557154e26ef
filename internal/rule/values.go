package rule

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/event"
)

// values compiles the values of one item into predicates. Texts of the same
// shape share one predicate, so that a long list is one question.
type values struct {
	compiler *compiler
	item     *item
	field    event.Field // NoField: keywords
	where    any         // for messages
}

// any is true when one of the literals matches.
func (v values) any(list []literal) *node {
	var kids []*node
	plain := make([]entryText, 0, len(list))
	for _, lit := range list {
		how := &v.item.how
		switch {
		case lit.kind == nullLiteral:
			kids = append(kids, v.absent())
		case lit.kind == listLiteral:
			kids = append(kids, v.list(lit)...)
		case lit.kind == mixedLiteral:
			kids = append(kids, v.mixed(lit)...)
		case how.fieldref:
			kids = append(kids, v.other(lit))
		case how.op == opExists && lit.text == "true":
			kids = append(kids, &node{op: nodeNot, kids: []*node{v.absent()}})
		case how.op == opExists:
			kids = append(kids, v.absent())
		case how.part != "":
			kids = append(kids, v.part(lit))
		case how.op.numeric():
			kids = append(kids, v.order(lit))
		default:
			plain = v.entries(plain, lit)
		}
	}
	return join(nodeOr, append(kids, v.texts(plain)...))
}

// entryText is a text to compare with: of the rule, or of a baseline list.
type entryText struct {
	text    string  // as written, for re and cidr
	pattern pattern // for the other operators
	kind    literalKind
	until   until
	from    string // the baseline list, for messages
	line    int
}

// entries adds the texts that a literal stands for.
func (v values) entries(list []entryText, lit literal) []entryText {
	p := plainPattern(lit.text)
	if lit.kind == textLiteral {
		p = parsePattern(lit.text)
	}
	return v.formed(list, p, entryText{text: lit.text, kind: lit.kind, line: lit.line})
}

// formed applies the modifiers that make other texts of a text, and then the
// operator. Faults were found by the parser, save those of baseline items.
func (v values) formed(list []entryText, p pattern, e entryText) []entryText {
	op := v.item.how.op
	if v.field == event.NoField {
		op = opContains
	}
	if v.item.how.transforms() == "" {
		e.pattern = p.around(op)
		return append(list, e)
	}
	forms, fault := v.item.how.forms(p)
	if fault != "" {
		v.badItem(e, "usable here: %s", fault)
	}
	for _, form := range forms {
		e.pattern = form.around(op)
		list = append(list, e)
	}
	return list
}

func (v values) absent() *node {
	return v.compiler.builder.share("", predicate{ask: askAbsent, field: v.field})
}

func (v values) order(lit literal) *node {
	bound, _ := parseNumber([]byte(lit.text)) // the parser has let only numbers through
	op := v.item.how.op
	return v.compiler.builder.share(fmt.Sprintf("%s %v", op, bound),
		predicate{ask: askValue, field: v.field, test: &numberTest{op: op, bound: bound}})
}

// part compares a part of a time.
func (v values) part(lit literal) *node {
	bound, _ := parseNumber([]byte(lit.text)) // the parser has let only numbers through
	how := v.item.how
	return v.compiler.builder.share(fmt.Sprintf("%s %s %v", how.part, how.op, bound),
		predicate{ask: askValue, field: v.field, test: &timeTest{part: how.part, op: how.op, bound: bound}})
}

// other compares with another field of the record.
func (v values) other(lit literal) *node {
	c, how := v.compiler, v.item.how
	f, ok := c.field(c.current.Log, lit.text, lit.line, fmt.Sprint(v.where, ": fieldref"))
	if !ok {
		return &node{op: nodeOr} // the rule is refused
	}
	return c.builder.share(fmt.Sprintf("%d %d %t", f, how.op, how.cased),
		predicate{ask: askField, field: v.field, peer: f, how: how})
}

// list compiles a comparison with a baseline list.
func (v values) list(lit literal) []*node {
	e, ok := v.compiler.expand(lit.text, lit.line, v.where)
	if !ok {
		return []*node{{op: nodeOr}} // the rule is refused
	}
	return v.listed(e, lit)
}

// listed compiles the present content of a list.
func (v values) listed(e Expansion, lit literal) []*node {
	var kids []*node
	if e.Unread != "" {
		kids = append(kids, v.unread(lit.text))
	}
	if e.FromField != "" && len(e.Items) == 0 {
		kids = append(kids, v.peer(e.FromField, lit))
	}
	plain := make([]entryText, 0, len(e.Items))
	for _, i := range e.Items {
		plain = v.formed(plain, plainPattern(i.Value),
			entryText{text: i.Value, until: until(i.Until), from: lit.text, line: lit.line})
	}
	if len(plain) == 0 && len(kids) == 0 {
		return []*node{v.nothing()}
	}
	return append(kids, v.texts(plain)...)
}

func (v values) unread(list string) *node {
	return v.compiler.builder.share(list, predicate{ask: askUnread, field: v.field, list: list})
}

// nothing matches no value, but stays unknown where the field is.
func (v values) nothing() *node {
	return v.compiler.builder.share("nothing", predicate{ask: askValue, field: v.field, test: &exactTest{}})
}

// peer compares with another field of the record in place of a list.
func (v values) peer(standIn string, lit literal) *node {
	c, how := v.compiler, v.item.how
	where := fmt.Sprintf("%s: baseline parameter %s is not set, and its stand-in", v.where, lit.text)
	f, ok := c.field(c.current.Log, standIn, lit.line, where)
	if name := how.transforms(); how.op == opRegex || how.op == opCIDR || name != "" {
		c.refuse(lit.line, "%s: %s cannot stand in for the baseline parameter %s under the modifier %q", v.where, standIn, lit.text, cmp.Or(name, how.op.String()))
	}
	if !ok || c.failed {
		return &node{op: nodeOr}
	}
	key := fmt.Sprintf("%d %d %t %s", f, how.op, how.cased, lit.text)
	return c.builder.share(key, predicate{ask: askPeer, field: v.field, peer: f, how: how, list: lit.text})
}

// texts compiles the texts, by operator.
func (v values) texts(list []entryText) []*node {
	switch {
	case len(list) == 0:
		return nil
	case v.item.how.op == opRegex:
		return v.regexes(list)
	case v.item.how.op == opCIDR:
		return v.networks(list)
	}
	cased := v.item.how.cased
	var byShape [shapeGlob + 1][]entryText
	var booleans []entryText // true is True even where case counts
	for _, e := range list {
		if e.kind == boolLiteral && cased {
			booleans = append(booleans, e)
			continue
		}
		if !cased {
			e.pattern = e.pattern.fold()
		}
		s, _ := e.pattern.shape()
		if byShape[s] == nil {
			byShape[s] = make([]entryText, 0, len(list))
		}
		byShape[s] = append(byShape[s], e)
	}
	var kids []*node
	if len(booleans) > 0 {
		plain := v
		plain.item = &item{how: modifiers{op: v.item.how.op}}
		kids = plain.texts(booleans)
	}
	for s := shapeExact; s <= shapeGlob; s++ {
		if len(byShape[s]) > 0 {
			kids = append(kids, v.shaped(s, byShape[s]))
		}
	}
	return kids
}

// shaped is one predicate over texts of one shape.
func (v values) shaped(s shape, list []entryText) *node {
	cased := v.item.how.cased
	switch s {
	case shapeExact:
		return v.share(fmt.Sprintf("exact %t", cased), list, exact(list, cased))
	case shapeGlob:
		t := &globTest{cased: cased}
		for _, e := range list {
			t.patterns = append(t.patterns, limitedPattern{e.pattern, e.until})
		}
		return v.share(fmt.Sprintf("glob %t", cased), list, t)
	}
	t := &affixTest{shape: s, cased: cased}
	for _, e := range list {
		_, text := e.pattern.shape()
		t.texts = append(t.texts, limited{text: []byte(text), until: e.until})
	}
	return v.share(fmt.Sprintf("affix %d %t", s, cased), list, t)
}

func exact(list []entryText, cased bool) *exactTest {
	t := &exactTest{cased: cased, texts: map[string]until{}}
	for _, e := range list {
		_, text := e.pattern.shape()
		if known, twice := t.texts[text]; twice {
			e.until = e.until.later(known)
		}
		t.texts[text] = e.until
		if e.kind == numberLiteral {
			t.numbers = append(t.numbers, newNumber(e.text))
		}
	}
	return t
}

func (v values) regexes(list []entryText) []*node {
	t := &regexTest{}
	for _, e := range list {
		re, err := v.item.how.regex(e.text)
		if err != nil {
			v.badItem(e, "a regular expression: %v", err)
			continue
		}
		t.list = append(t.list, limitedRegex{re, e.until})
	}
	return []*node{v.share("re "+v.item.how.flags, list, t)}
}

func (v values) networks(list []entryText) []*node {
	t := &networkTest{}
	for _, e := range list {
		network, err := parseNetwork(e.text)
		if err != nil {
			v.badItem(e, "an address or a CIDR such as 192.0.2.0/24")
			continue
		}
		t.list = append(t.list, limitedNetwork{network, e.until})
	}
	return []*node{v.share("cidr", list, t)}
}

func (v values) badItem(e entryText, format string, args ...any) {
	v.compiler.refuse(e.line, "%s: baseline parameter %s: the item %q is not %s", v.where, e.from, e.text, fmt.Sprintf(format, args...))
}

// parseNetwork reads a CIDR, or an address as the network of one host. IPv4
// in an IPv6 form is taken as IPv4, as addresses of records are.
func parseNetwork(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	if addr := network.Addr(); addr.Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(addr.Unmap(), network.Bits()-96)
	}
	return network.Masked(), nil
}

// share finds or makes the predicate for the texts. Their order and repeats do
// not matter.
func (v values) share(key string, list []entryText, t test) *node {
	b := &v.compiler.builder
	b.parts = b.parts[:0]
	ends := make([]int, 0, len(list))
	for _, e := range list {
		b.parts = v.appendForm(b.parts, e)
		b.parts = strconv.AppendBool(append(b.parts, ' '), e.kind == numberLiteral)
		b.parts = strconv.AppendInt(append(b.parts, ' '), int64(e.until), 10)
		ends = append(ends, len(b.parts))
	}
	all, begin := string(b.parts), 0
	parts := make([]string, 0, len(list))
	for _, end := range ends {
		parts = append(parts, all[begin:end])
		begin = end
	}
	slices.Sort(parts)
	p := predicate{ask: askValue, field: v.field, test: t}
	if v.field == event.NoField {
		p.ask = askText
	}
	return b.share(key+" "+strings.Join(slices.Compact(parts), " "), p)
}

// appendForm writes the text by which two entries are the same: the pattern
// with the lengths of its plain parts, so that an escaped star is no wildcard
// and no text can be taken for the end of another.
func (v values) appendForm(out []byte, e entryText) []byte {
	plain := func(text string) {
		out = append(strconv.AppendInt(out, int64(len(text)), 10), '"')
		out = append(out, text...)
	}
	if op := v.item.how.op; op == opRegex || op == opCIDR {
		plain(e.text)
		return out
	}
	for _, p := range e.pattern {
		if p.wild == 0 {
			plain(p.text)
		} else {
			out = append(out, p.wild)
		}
	}
	return out
}
