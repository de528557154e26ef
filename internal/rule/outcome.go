package rule

import (
	"slices"

	"vakt/internal/event"
)

// Outcome is what a rule says about a record.
type Outcome struct {
	Rule   *Compiled
	Place  int   // of Rule among Set.Rules
	Result Truth // True or Unknown
	// Matched names the searches that were true and had a part in the
	// result, in file order.
	Matched []string
	// Blind are the fields that kept the result Unknown, in order of ids.
	Blind []event.Field
	// Unread names the baseline lists that kept the result Unknown.
	Unread []string
}

// counts tells whether the outcome is one to be told: an Unknown that nothing
// of the record or of the lists accounts for is not.
func (o *Outcome) counts() bool {
	return o.Result == True || len(o.Blind)+len(o.Unread) > 0
}

// clone is the outcome in memory of its own.
func (o *Outcome) clone() Outcome {
	return Outcome{
		Rule: o.Rule, Place: o.Place, Result: o.Result,
		Matched: slices.Clone(o.Matched), Blind: slices.Clone(o.Blind), Unread: slices.Clone(o.Unread),
	}
}

// explain gathers why the rule at a place is true or unknown.
func (m *Matcher) explain(place int, t Truth) Outcome {
	c := m.set.rules[place]
	p := &c.program
	o := Outcome{Rule: c, Place: place, Result: t, Matched: m.matched(c)}
	if t == Unknown {
		fields, lists := len(m.blinds), len(m.lists)
		m.blind(p, p.condition)
		o.Blind = sortedFields(m.blinds[fields:len(m.blinds):len(m.blinds)])
		slices.Sort(m.lists[lists:])
		o.Unread = slices.Compact(m.lists[lists:len(m.lists):len(m.lists)])
	}
	return o
}

// matched names the searches that were true and speak for the rule.
func (m *Matcher) matched(c *Compiled) []string {
	searches := c.logic.searches
	m.trues = append(m.trues[:0], make([]bool, len(searches))...)
	m.supporters(&c.program, c.program.condition, true)
	from := len(m.names)
	for i, s := range searches {
		if m.trues[i] {
			m.names = append(m.names, s.name)
		}
	}
	return m.names[from:len(m.names):len(m.names)]
}

// supporters marks the searches that are true and stand under an even number
// of nots; want is false under an odd number. A part that did not make the
// whole what it is has no say: in `a or b` where a is true, an unknown b.
func (m *Matcher) supporters(p *program, e *expr, want bool) {
	switch e.op {
	case exprNot:
		m.supporters(p, e.kids[0], !want)
	case exprSearch:
		if want && m.node(p.searches[e.search]) == True {
			m.trues[e.search] = true
		}
	default:
		whole := m.condition(p, e)
		for _, kid := range e.kids {
			t := m.condition(p, kid)
			if want && t >= whole || !want && t <= whole {
				m.supporters(p, kid, want)
			}
		}
	}
}

// blind collects the fields and lists of the unknown parts.
func (m *Matcher) blind(p *program, e *expr) {
	if m.condition(p, e) != Unknown {
		return
	}
	if e.op == exprSearch {
		m.blindNode(p.searches[e.search])
		return
	}
	for _, kid := range e.kids {
		m.blind(p, kid)
	}
}

func (m *Matcher) blindNode(n *node) {
	if m.node(n) != Unknown {
		return
	}
	for _, kid := range n.kids {
		m.blindNode(kid)
	}
	if n.op != nodePredicate {
		return
	}
	p := n.predicate
	switch {
	case p.ask == askNowhere: // the rule was complained of; the record hides nothing
	case p.ask == askField:
		if m.values(p.slot).unseen {
			m.blinds = append(m.blinds, p.field)
		}
		if m.values(p.peerSlot).unseen {
			m.blinds = append(m.blinds, p.peer)
		}
	case m.values(p.slot).unseen:
		m.blinds = append(m.blinds, p.field)
	case p.ask == askPeer && m.values(p.peerSlot).unseen:
		m.blinds = append(m.blinds, p.peer)
	default:
		m.lists = append(m.lists, p.list)
	}
}
