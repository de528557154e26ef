package rule

// A trail remembers how records were gone through: which field was looked up
// first, which one next where it was of a certain class, and so on, and what
// all rules said in the end. What is asked next, and what is said, depends on
// the classes alone. So a record whose fields are of the same classes, one
// after the other, comes to the same end, and no rule need be evaluated: most
// records are as like others as that.

// crossing is a point of a trail, where one field is looked up, or its end.
type crossing struct {
	slot  int         // of the field; trailEnd: the end
	field *fieldState // nil at the end
	first way         // from here, for one class, mostly that which is met most
	ways  []way       // those for others, the most used first
	said  []saying    // at the end
	told  *Told       // the same, where no rule is to be evaluated
}

const trailEnd = -1

// way leads on from a crossing, for values of one class.
type way struct {
	class *class
	to    *crossing
}

// saying is what a rule that was due says.
type saying struct {
	rule    int
	outcome Outcome
	ask     bool // evaluate the rule: it asks what no class answers
}

// maxCrossings bounds the crossings of a plan. Then all are forgotten.
const maxCrossings = 1 << 13

// unfit tells whether a rule asks what no class answers.
func (c *Compiled) unfit() bool {
	unfit := false
	c.program.walk(func(p *predicate) {
		unfit = unfit || p.ask != askNowhere && (!p.inClass() || p.timed)
	})
	return unfit
}

// follow goes along the trail as far as it leads and returns its end, or nil
// where nobody has been yet.
func (m *Matcher) follow(p *plan) *crossing {
	c := p.trail
	for c != nil && c.slot != trailEnd {
		k := m.classPlain(c.slot, c.field)
		c.field.class, c.field.round = k, m.round
		if c.first.class == k {
			c = c.first.to
		} else {
			c = *c.way(k)
		}
	}
	return c
}

// classPlain is classify, in fewer steps where the field is plain.
func (m *Matcher) classPlain(slot int, f *fieldState) *class {
	if !m.isRecord || f.glances {
		return m.classify(slot, f)
	}
	raw, plain := m.columns.Peek(f.field)
	if !plain {
		return m.classify(slot, f)
	}
	f.looked++
	if raw == nil {
		return f.absent
	}
	mark := markOf(raw)
	if c := f.memo.near.find(raw, mark); c != nil {
		return c
	}
	return m.recallClass(slot, f, raw, mark)
}

// way returns where a way leads, which is nil where nobody has gone it.
func (c *crossing) way(k *class) **crossing {
	if c.first.class == nil {
		c.first.class = k
	}
	at := &c.first
	for i := 0; at.class != k; i++ {
		if i == len(c.ways) {
			c.ways = append(c.ways, way{class: k})
			return &c.ways[i].to
		}
		before := at
		if at = &c.ways[i]; at.class == k {
			*before, *at = *at, *before
			at = before
		}
	}
	return &at.to
}

// explore evaluates the rules that are due for the record at hand and makes a
// trail of what was asked meanwhile. All fields are asked from the first one
// on, in the same order as if nothing had been followed.
func (m *Matcher) explore(p *plan) *crossing {
	m.exploring = true
	defer func() { m.exploring = false }()
	end := &crossing{slot: trailEnd}
	m.wake(p)
	for i := range m.allDue {
		if c := m.set.rules[i]; m.unfit[i] {
			if m.mayHold(c) {
				end.said = append(end.said, saying{rule: i, ask: true})
			}
		} else if t := m.condition(&c.program, c.program.condition); t != False {
			if o := m.explain(i, t); o.counts() {
				end.said = append(end.said, saying{rule: i, outcome: o.clone()})
			}
		}
	}
	end.tell()
	m.lead(p, end)
	return end
}

// lead makes the trail of what was looked up for the record at hand lead to an
// end.
func (m *Matcher) lead(p *plan, end *crossing) {
	if p.crossings += 1 + len(m.order); p.crossings > maxCrossings {
		p.trail, p.crossings = nil, 1+len(m.order)
	}
	at := &p.trail
	for _, slot := range m.order {
		if *at == nil {
			*at = &crossing{slot: slot, field: &m.fields[slot]}
		} else {
			p.crossings-- // it was counted before
		}
		at = (*at).way(m.fields[slot].class)
	}
	*at = end
}

// mayHold tells whether a rule can be more than false of records of the same
// classes as the one at hand. What is false in Kleene's logic while parts of it
// are unknown is false whatever they are.
func (m *Matcher) mayHold(c *Compiled) bool {
	m.classesOnly = true
	t := m.condition(&c.program, c.program.condition)
	m.classesOnly = false
	return t != False
}

// tell puts the outcomes together, where no rule is to be evaluated.
func (c *crossing) tell() {
	told := &Told{}
	for i := range c.said {
		if c.said[i].ask {
			return
		}
		told.Outcomes = append(told.Outcomes, c.said[i].outcome)
	}
	c.told, c.said = told, nil
}

// say appends what stands at the end of a trail where rules are evaluated.
func (m *Matcher) say(end *crossing, out []Outcome) []Outcome {
	for i := range end.said {
		if s := &end.said[i]; s.ask {
			out = m.evaluate(s.rule, out)
		} else {
			out = append(out, s.outcome)
		}
	}
	return out
}
