package rule

import (
	"slices"

	"vakt/internal/event"
)

// naive says what the rules of a set say about a record, as one would write it
// down first: every rule, every search, every predicate, each asked anew and
// to the end. It is what a Matcher must agree with.
type naive struct {
	set    *Set
	sub    Subject
	helper *Matcher // tests take the time and addresses from one
}

// Naive matches one record.
func Naive(set *Set, sub Subject, logs event.Log) []Outcome {
	n := &naive{set, sub, &Matcher{now: sub.Time(), addresses: addressBook{}}}
	var out []Outcome
	for _, c := range set.rules {
		if c.Log&logs == 0 || len(c.Asleep) > 0 {
			continue
		}
		o := Outcome{Rule: c, Result: n.condition(c, c.program.condition)}
		var supporting []int
		n.supporters(c, c.program.condition, true, &supporting)
		for i, s := range c.logic.searches {
			if slices.Contains(supporting, i) {
				o.Matched = append(o.Matched, s.name)
			}
		}
		if o.Result == Unknown {
			n.reasons(c, &o)
		}
		if o.Result == True || len(o.Blind)+len(o.Unread) > 0 {
			out = append(out, o)
		}
	}
	return out
}

func (n *naive) condition(c *Compiled, e *expr) Truth {
	switch e.op {
	case exprSearch:
		return n.node(c.program.searches[e.search])
	case exprNot:
		return True - n.condition(c, e.kids[0])
	}
	var kids []Truth
	for _, kid := range e.kids {
		kids = append(kids, n.condition(c, kid))
	}
	return joined(e.op == exprAnd, kids)
}

func (n *naive) node(x *node) Truth {
	switch x.op {
	case nodePredicate:
		return n.predicate(x.predicate)
	case nodeNot:
		return True - n.node(x.kids[0])
	}
	var kids []Truth
	for _, kid := range x.kids {
		kids = append(kids, n.node(kid))
	}
	return joined(x.op == nodeAnd, kids)
}

// joined is the least of all for "and", the greatest for "or".
func joined(and bool, kids []Truth) Truth {
	if and {
		return slices.Min(append(kids, True))
	}
	return slices.Max(append(kids, False))
}

func (n *naive) values(f event.Field) (list []operand, unknown bool) {
	if f == event.NoField {
		return nil, false
	}
	values := n.sub.Field(f)
	for _, v := range values.List {
		list = append(list, operand{text: v.Text, folded: []byte(foldText(string(v.Text))), kind: v.Type})
	}
	return list, values.Unknown
}

func (n *naive) predicate(p *predicate) Truth {
	values, unknown := n.values(p.field)
	peers, peerUnknown := n.values(p.peer)
	switch {
	case p.ask == askNowhere:
		return Unknown
	case p.ask == askText:
		return n.texts(p)
	case p.ask == askField && (!unknown && len(values) == 0 || !peerUnknown && len(peers) == 0):
		return False
	case unknown:
		return Unknown
	case p.ask == askAbsent:
		return truthOf(len(values) == 0)
	case len(values) == 0:
		return False
	case p.ask == askUnread:
		return Unknown
	case p.ask == askPeer && (peerUnknown || len(peers) == 0), p.ask == askField && peerUnknown:
		return Unknown
	case p.ask == askPeer || p.ask == askField:
		return truthOf(alike(p.how, values, peers))
	}
	return n.test(p, values)
}

func (n *naive) texts(p *predicate) Truth {
	var list []operand
	n.sub.Texts(func(text []byte) bool {
		list = append(list, operand{text: slices.Clone(text), folded: []byte(foldText(string(text)))})
		return true
	})
	return n.test(p, list)
}

func (n *naive) test(p *predicate, list []operand) Truth {
	for i := range list {
		if p.test.holds(n.helper, &list[i]) {
			return True
		}
	}
	return False
}

func (n *naive) supporters(c *Compiled, e *expr, want bool, into *[]int) {
	whole := n.condition(c, e)
	switch e.op {
	case exprNot:
		n.supporters(c, e.kids[0], !want, into)
	case exprSearch:
		if want && whole == True {
			*into = append(*into, e.search)
		}
	default:
		for _, kid := range e.kids {
			if t := n.condition(c, kid); want && t >= whole || !want && t <= whole {
				n.supporters(c, kid, want, into)
			}
		}
	}
}

// reasons are the fields and lists of every unknown predicate in an unknown
// part.
func (n *naive) reasons(c *Compiled, o *Outcome) {
	var inNode func(x *node)
	inNode = func(x *node) {
		if n.node(x) != Unknown {
			return
		}
		if x.op == nodePredicate {
			n.reason(x.predicate, o)
		}
		for _, kid := range x.kids {
			inNode(kid)
		}
	}
	var inExpr func(e *expr)
	inExpr = func(e *expr) {
		if n.condition(c, e) != Unknown {
			return
		}
		if e.op == exprSearch {
			inNode(c.program.searches[e.search])
		}
		for _, kid := range e.kids {
			inExpr(kid)
		}
	}
	inExpr(c.program.condition)
	o.Blind = sortedFields(o.Blind)
	slices.Sort(o.Unread)
	o.Unread = slices.Compact(o.Unread)
}

func (n *naive) reason(p *predicate, o *Outcome) {
	_, unknown := n.values(p.field)
	_, peerUnknown := n.values(p.peer)
	if p.ask == askNowhere {
		return
	}
	if unknown {
		o.Blind = append(o.Blind, p.field)
	}
	if peerUnknown && (p.ask == askField || p.ask == askPeer && !unknown) {
		o.Blind = append(o.Blind, p.peer)
	}
	if !unknown && !peerUnknown {
		o.Unread = append(o.Unread, p.list)
	}
}
