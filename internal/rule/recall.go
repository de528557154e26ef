package rule

import "slices"

// recall is what a rule that was not false said last, and of which classes of
// which fields. Where the classes are the same again, so is what it says: most
// records that match a rule are as alike as that.
type recall struct {
	slots   []int // of every field that the rule asks classes of
	unfit   bool  // it also asks what no class answers
	classes []*class
	outcome Outcome
}

func newRecall(c *Compiled) recall {
	var r recall
	c.program.walk(func(p *predicate) {
		switch {
		case p.ask == askNowhere:
		case !p.inClass() || p.timed:
			r.unfit = true
		case !slices.Contains(r.slots, p.slot):
			r.slots = append(r.slots, p.slot)
		}
	})
	r.classes = make([]*class, len(r.slots))
	return r
}

// same tells whether every field that had a part in the outcome is of the same
// class again. Those that had none are not asked.
func (r *recall) same(m *Matcher, t Truth) bool {
	if r.unfit || r.outcome.Rule == nil || r.outcome.Result != t {
		return false
	}
	for i, slot := range r.slots {
		if c := r.classes[i]; c != nil && m.class(slot) != c {
			return false
		}
	}
	return true
}

// keep remembers an outcome, in its own memory.
func (r *recall) keep(m *Matcher, o Outcome) {
	if r.unfit {
		return
	}
	for i, slot := range r.slots {
		r.classes[i] = nil
		if f := &m.fields[slot]; f.round == m.round {
			r.classes[i] = f.class
		}
	}
	r.outcome = Outcome{
		Rule: o.Rule, Result: o.Result, Matched: append(r.outcome.Matched[:0], o.Matched...),
		Blind: append(r.outcome.Blind[:0], o.Blind...), Unread: append(r.outcome.Unread[:0], o.Unread...),
	}
}

// outcome says why a rule is true or unknown.
func (m *Matcher) outcome(i int, c *Compiled, t Truth) Outcome {
	r := &m.recalls[i]
	if r.same(m, t) {
		return r.outcome
	}
	o := m.explain(c, t)
	r.keep(m, o)
	return o
}
