package rule

import "vakt/internal/event"

// A gate keeps a rule from being evaluated where it cannot but be false. It is
// a set of claims of which, whenever the rule is true or unknown, at least one
// is true or unknown too. In Kleene's logic "and" is no better than any of its
// parts, so the gate of one part will do; "or" is no better than the best of
// its parts, so it takes the gates of all.

// claim is a predicate, or its contrary.
type claim struct {
	predicate *predicate
	deny      bool
}

// gate is a choice of claims and what it costs a record, in nanoseconds as
// estimated. A gate that is always open has no claims.
type gate struct {
	claims []claim
	always bool
	cost   float64
}

// chooser chooses gates by what is known of the fields and their values. Its
// estimates decide what is asked first, never what the answer is.
type chooser struct {
	fields  []fieldState // of the matcher
	tallies []*tally     // by slot, once asked for
	used    []int        // by slot: how many gates look it up in any case
	plain   func(event.Field) bool
}

// costOfRule is what it costs to evaluate a rule, roughly.
const costOfRule = 60

// gate chooses the gate of a rule.
func (c *chooser) gate(p *program) gate {
	return c.ofExpr(p, p.condition, false)
}

func (c *chooser) ofExpr(p *program, e *expr, deny bool) gate {
	switch e.op {
	case exprSearch:
		return c.ofNode(p.searches[e.search], deny)
	case exprNot:
		return c.ofExpr(p, e.kids[0], !deny)
	}
	return c.combine(len(e.kids), (e.op == exprAnd) != deny, func(i int) gate { return c.ofExpr(p, e.kids[i], deny) })
}

func (c *chooser) ofNode(n *node, deny bool) gate {
	switch n.op {
	case nodePredicate:
		return c.ofClaim(claim{n.predicate, deny})
	case nodeNot:
		return c.ofNode(n.kids[0], !deny)
	}
	return c.combine(len(n.kids), (n.op == nodeAnd) != deny, func(i int) gate { return c.ofNode(n.kids[i], deny) })
}

// combine takes the gates of all parts of an "or", and the cheapest of an
// "and".
func (c *chooser) combine(n int, and bool, part func(int) gate) gate {
	if and {
		best := gate{always: true, cost: costOfRule}
		for i := range n {
			if g := part(i); !g.always && (best.always || g.cost < best.cost) {
				best = g
			}
		}
		return best
	}
	var sum gate
	for i := range n {
		g := part(i)
		if g.always {
			return g
		}
		sum.claims = append(sum.claims, g.claims...)
		sum.cost += g.cost
	}
	return sum
}

func (c *chooser) ofClaim(k claim) gate {
	switch k.predicate.ask {
	case askValue, askAbsent, askUnread:
		g := gate{claims: []claim{k}, cost: costOfRule * c.share(k)}
		if c.used[k.predicate.slot] == 0 {
			f := &c.fields[k.predicate.slot]
			g.cost += f.cost(c.plain(f.lookup.field))
		}
		return g
	}
	return gate{always: true, cost: costOfRule}
}

// tally counts what the records of all lessons said about one field.
type tally struct {
	records   int
	yes, open []int // by predicate.bit
}

func newTally(f *fieldState) *tally {
	n := len(f.lookup.predicates)
	t := &tally{yes: make([]int, n), open: make([]int, n)}
	f.each(func(c *class) {
		t.records += c.seen
		for bit := range n {
			switch c.truth(bit) {
			case True:
				t.yes[bit] += c.seen
			case Unknown:
				t.open[bit] += c.seen
			}
		}
	})
	return t
}

// share estimates for which share of the records a claim is not false.
func (c *chooser) share(k claim) float64 {
	const weight = 4 // of what is believed beforehand, in records
	slot := k.predicate.slot
	if c.tallies[slot] == nil {
		c.tallies[slot] = newTally(&c.fields[slot])
	}
	t := c.tallies[slot]
	met := t.yes[k.predicate.bit]
	if k.deny {
		met = t.records - met
	} else {
		met += t.open[k.predicate.bit]
	}
	return (k.believed()*weight + float64(met)) / (weight + float64(t.records))
}

// believed is the share before anything is known: a rule looks for what is
// rare, and denies what is common.
func (k claim) believed() float64 {
	rare := 0.5
	switch k.predicate.test.(type) {
	case *exactTest, *affixTest, *globTest, *regexTest, *networkTest:
		rare = 0.05
	}
	if k.deny {
		return 1 - rare
	}
	return rare
}
