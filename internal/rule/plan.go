package rule

import "vakt/internal/event"

// plan is how the records of some logs and one shape are gone through: the
// fields that are looked up, and the gates of rules that wait there. It is
// made anew when the matcher has learned more.
type plan struct {
	number  int        // of the plan in its matcher
	version int        // of its gates, from 1
	rules   []int32    // those that can match, by their place in the set
	fields  []int      // slots of every field that these rules read
	always  []uint64   // rules that are evaluated for every record, a bit each
	slots   []int      // fields that are looked up for every record
	waiting [][]waiter // by slot: what waits for a class of its field

	trail     *crossing // where trails begin; nil: nobody has been anywhere
	crossings int       // not more than so many

	seen   int // records
	lesson int // number of the record with which the next lesson begins
}

// waiter is a rule that waits for a claim.
type waiter struct {
	bit  int
	deny bool
	rule int32
}

// In a lesson a matcher looks up every plain field, to learn which values are
// common, and then chooses the gates again. The first lesson is at the first
// record, each later one when lessonGrowth times as many have come.
const (
	lessonLength = 64
	lessonGrowth = 16
)

// plan finds the plan for the record at hand.
func (m *Matcher) plan(logs event.Log) *plan {
	at := int(logs)
	if m.peek != nil {
		at |= int(m.peek.Shape()) << 8
	}
	if at >= len(m.plans) {
		m.plans = append(m.plans, make([]*plan, at+1-len(m.plans))...)
	}
	if m.plans[at] == nil {
		m.plans[at] = m.newPlan(logs)
	}
	return m.plans[at]
}

func (m *Matcher) newPlan(logs event.Log) *plan {
	p := &plan{number: m.planned, lesson: 1}
	m.planned++
	reads := make([]bool, len(m.fields))
	for i, c := range m.set.rules {
		if c.Log&logs == 0 || len(c.Asleep) > 0 {
			continue
		}
		p.rules = append(p.rules, int32(i))
		c.program.walk(func(q *predicate) {
			if q.inClass() {
				reads[q.slot] = true
			}
		})
	}
	for slot, is := range reads {
		if is {
			p.fields = append(p.fields, slot)
		}
	}
	m.choose(p)
	return p
}

// choose sets the gates by what is known now. It goes through the rules twice:
// the second time it knows which fields are looked up in any case.
func (m *Matcher) choose(p *plan) {
	c := &chooser{fields: m.fields, tallies: make([]*tally, len(m.fields)), used: make([]int, len(m.fields)), plain: m.plain}
	gates := make([]gate, len(p.rules))
	for range 2 {
		for i, r := range p.rules {
			c.use(gates[i], -1)
			gates[i] = c.gate(&m.set.rules[r].program)
			c.use(gates[i], 1)
		}
	}
	p.version++
	p.trail, p.crossings = nil, 0
	p.always = make([]uint64, len(m.due))
	p.waiting = make([][]waiter, len(m.fields))
	for i, r := range p.rules {
		if gates[i].always {
			p.always[r>>6] |= 1 << (r & 63)
			continue
		}
		for _, k := range gates[i].claims {
			slot := k.predicate.slot
			p.waiting[slot] = append(p.waiting[slot], waiter{k.predicate.bit, k.deny, r})
		}
	}
	p.slots = p.slots[:0]
	for slot, w := range p.waiting {
		if len(w) > 0 {
			p.slots = append(p.slots, slot)
		}
	}
}

// plain tells whether a field of records like the one at hand is there to be
// looked at.
func (m *Matcher) plain(f event.Field) bool { return m.only == nil || m.only.Plain(f) }

func (c *chooser) use(g gate, by int) {
	for _, k := range g.claims {
		c.used[k.predicate.slot] += by
	}
}

// learn takes the record at hand into a lesson, and is false where there is
// none.
func (m *Matcher) learn(p *plan) bool {
	p.seen++
	if p.seen < p.lesson {
		return false
	}
	for _, slot := range p.fields {
		if m.plain(m.fields[slot].lookup.field) {
			m.class(slot).seen++
		}
	}
	if p.seen == p.lesson+lessonLength {
		p.lesson = p.seen * lessonGrowth
		m.choose(p)
	}
	return true
}

// woken lists the rules that a class of a field wakes.
func (p *plan) woken(slot int, c *class) []int32 {
	if len(c.wakes) <= p.number {
		c.wakes = append(c.wakes, make([]wake, p.number+1-len(c.wakes))...)
	}
	w := &c.wakes[p.number]
	if w.version != p.version {
		*w = wake{version: p.version}
		for _, x := range p.waiting[slot] {
			if t := c.truth(x.bit); t == Unknown || (t == True) != x.deny {
				w.rules = append(w.rules, x.rule)
			}
		}
	}
	return w.rules
}
