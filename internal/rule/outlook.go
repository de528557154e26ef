package rule

import "vakt/internal/event"

// CanMatch tells what a shape of records can make of the rule when carries
// says which fields it holds. partly: with the fields that it does not hold
// unknown and all others free, the condition can be true, and what must not
// follow can be seen to stay away. fully: it holds every field that the rule
// reads: of groups, counted values, raised severities and collapsed operations
// too. A rule over no log can never match.
func (c *Compiled) CanMatch(carries func(event.Field) bool) (fully, partly bool) {
	if c.Log == event.NoLog || len(c.Dead) > 0 {
		return false, false
	}
	if c.Correlation != nil {
		fully, partly = c.canCount(carries)
	} else {
		fully = holdsAll(c.Fields, carries) && holdsAll(c.Group, carries)
		partly = holdsAll(c.Group, carries) && c.program.outlook(c.program.condition, carries)&mayTrue != 0
	}
	partly = partly && c.canLack(carries) && (c.FirstSeen == nil || holdsAll(c.FirstSeen.Values, carries))
	return fully && partly && holdsAll(c.reads(), carries), partly
}

func (c *Compiled) canCount(carries func(event.Field) bool) (fully, partly bool) {
	fully = true
	alive := make([]bool, len(c.Base))
	for i, b := range c.Base {
		baseFully, basePartly := b.Rule.CanMatch(carries)
		counted := holdsAll(b.Group, carries) && holdsAll(b.Values, carries)
		fully = fully && baseFully && counted
		alive[i] = basePartly && counted
	}
	return fully, c.reaches(alive)
}

// canLack tells whether the rules that must not follow can be false for a
// record at all.
func (c *Compiled) canLack(carries func(event.Field) bool) bool {
	if c.NotFollowedBy == nil {
		return true
	}
	for _, b := range c.NotFollowedBy.Base {
		if !holdsAll(b.Group, carries) || !b.Rule.canMiss(carries) {
			return false
		}
	}
	return true
}

// canMiss tells whether a rule can be false for a record, and a correlation's
// rules all can.
func (c *Compiled) canMiss(carries func(event.Field) bool) bool {
	if c.Correlation == nil {
		return c.program.outlook(c.program.condition, carries)&mayFalse != 0
	}
	for _, b := range c.Base {
		if b.Rule.Log != event.NoLog && !(holdsAll(b.Group, carries) && b.Rule.canMiss(carries)) {
			return false
		}
	}
	return true
}

func holdsAll(fields []event.Field, carries func(event.Field) bool) bool {
	for _, f := range fields {
		if !carries(f) {
			return false
		}
	}
	return true
}

// outlook is the set of truth values that something can take.
type outlook uint8

const (
	mayFalse   outlook = 1 << False
	mayUnknown outlook = 1 << Unknown
	mayTrue    outlook = 1 << True
)

const mayBoth = mayFalse | mayTrue

// combine gives what the smaller (and) or larger (or) of two can be, taking
// them as independent.
func (o outlook) combine(other outlook, pick func(a, b Truth) Truth) outlook {
	var out outlook
	for a := False; a <= True; a++ {
		for b := False; b <= True; b++ {
			if o&(1<<a) != 0 && other&(1<<b) != 0 {
				out |= 1 << pick(a, b)
			}
		}
	}
	return out
}

func (o outlook) not() outlook {
	var out outlook
	for t := False; t <= True; t++ {
		if o&(1<<t) != 0 {
			out |= 1 << t.not()
		}
	}
	return out
}

func lesser(a, b Truth) Truth  { return min(a, b) }
func greater(a, b Truth) Truth { return max(a, b) }

func (p *program) outlook(e *expr, carries func(event.Field) bool) outlook {
	switch e.op {
	case exprSearch:
		return p.searches[e.search].outlook(carries)
	case exprNot:
		return p.outlook(e.kids[0], carries).not()
	case exprAnd:
		out := mayTrue
		for _, kid := range e.kids {
			out = out.combine(p.outlook(kid, carries), lesser)
		}
		return out
	}
	out := mayFalse
	for _, kid := range e.kids {
		out = out.combine(p.outlook(kid, carries), greater)
	}
	return out
}

func (n *node) outlook(carries func(event.Field) bool) outlook {
	switch n.op {
	case nodePredicate:
		return n.predicate.outlook(carries)
	case nodeNot:
		return n.kids[0].outlook(carries).not()
	case nodeAnd:
		out := mayTrue
		for _, kid := range n.kids {
			out = out.combine(kid.outlook(carries), lesser)
		}
		return out
	}
	out := mayFalse
	for _, kid := range n.kids {
		out = out.combine(kid.outlook(carries), greater)
	}
	return out
}

func (p *predicate) outlook(carries func(event.Field) bool) outlook {
	switch {
	case p.ask == askText:
		return mayBoth
	case p.ask == askNowhere:
		return mayUnknown
	case p.ask == askField:
		return p.outlookField(carries(p.field), carries(p.peer))
	case !carries(p.field):
		return mayUnknown
	case p.ask == askUnread, p.ask == askPeer && !carries(p.peer):
		return mayFalse | mayUnknown
	case p.ask == askPeer:
		return mayBoth | mayUnknown
	}
	return mayBoth
}

// outlookField: where one field is not carried, the other may still be empty.
func (p *predicate) outlookField(field, peer bool) outlook {
	switch {
	case field && peer:
		return mayBoth
	case field || peer:
		return mayFalse | mayUnknown
	}
	return mayUnknown
}
