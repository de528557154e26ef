package detect

// operations counts the operations of a Collapse: in each part of the facts
// the least number of time spans [t, t+within] that cover its times.
type operations struct {
	facts  []point
	within int64
	of     []*operation // by fact
	count  int
	stale  []*operation
}

// operation is one part of the facts, and its place in the window.
type operation struct {
	facts    []int // places among all facts
	head     int   // facts[head:tail] are in the window
	tail     int
	spans    int
	reach    int64 // last second that the last span covers
	outdated bool  // spans is not known since the head moved
}

func newOperations(facts []point, within int64) *operations {
	o := &operations{facts: facts, within: within, of: make([]*operation, len(facts))}
	parts := map[uint32]*operation{}
	for i := range facts {
		p := parts[facts[i].value]
		if p == nil {
			p = &operation{}
			parts[facts[i].value] = p
		}
		p.facts = append(p.facts, i)
		o.of[i] = p
	}
	return o
}

func (o *operations) add(i int) {
	p := o.of[i]
	for p.facts[p.tail] != i { // a fact that never was in the window
		p.head, p.tail = p.head+1, p.tail+1
	}
	p.tail++
	if !p.outdated {
		o.cover(p, o.facts[i].time)
	}
}

func (o *operations) drop(i int) {
	p := o.of[i]
	p.head++
	if !p.outdated {
		p.outdated = true
		o.stale = append(o.stale, p)
	}
}

// cover takes a time into the part's spans, which grow from the head.
func (o *operations) cover(p *operation, time int64) {
	if p.spans == 0 || time > p.reach {
		p.spans, p.reach = p.spans+1, time+o.within
		o.count++
	}
}

// number lays the spans of parts anew whose head has moved. That looks at the
// facts of the part in the window, at most as many as the window may hold.
func (o *operations) number(int, int) float64 {
	for _, p := range o.stale {
		o.count -= p.spans
		p.spans, p.outdated = 0, false
		for _, i := range p.facts[p.head:p.tail] {
			o.cover(p, o.facts[i].time)
		}
	}
	o.stale = o.stale[:0]
	return float64(o.count)
}
