package detect

import (
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

const day = 24 * 60 * 60 // seconds; a UTC day has no other length

// dayOf is the UTC day of a second, in days since 1970.
func dayOf(second int64) int64 {
	if second < 0 {
		return (second+1)/day - 1
	}
	return second / day
}

// judge decides the series of one target, one after the other.
type judge struct {
	x      *decision
	number int // of the target
	t      *target
	after  []after  // of the groups at hand, sorted
	sights []seenAt // of the groups at hand, sorted
	absent []string // logs that the input does not hold and in which something might follow

	now    *series   // at hand
	folded []folding // its alerts so far

	points   []point // scratch, as is what follows
	bridged  []seenAt
	names    []string
	distinct distinct
	record   shown
	gathered gathered
	facts    []*point
	series   series
	buf      []byte
}

func newJudge(x *decision, t int) *judge {
	j := &judge{x: x, number: t, t: &x.d.targets[t]}
	if n := j.t.rule.NotFollowedBy; n != nil {
		j.absent = x.missing(n.Base)
	}
	return j
}

// entries decides the groups of one hash.
func (j *judge) entries(list []entry) {
	if j.t.rule.Travel != nil && !j.roams(list) {
		return
	}
	j.after, j.points, j.sights = j.after[:0], j.points[:0], j.sights[:0]
	for i := range list {
		switch e := &list[i]; {
		case e.kind == sighting:
			j.sights = append(j.sights, j.x.seenAt(e))
		case e.kind == isFact && (j.t.rule.FirstSeen != nil || !j.x.isOld(j.number, e)):
			j.points = append(j.points, j.x.point(j.t, e))
		}
	}
	j.followers(list)
	sortSights(j.sights)
	for points := j.x.gather(j.points); len(points) > 0; {
		n := 1
		for n < len(points) && points[n].group == points[0].group && points[n].tenant == points[0].tenant {
			n++
		}
		s := &j.series
		s.facts = points[:n:n]
		if len(j.t.feeds) > 0 {
			s = &series{slices.Clone(s.facts)} // the targets above look back at them
		}
		j.decide(s)
		points = points[n:]
	}
}

// decide finds the firing facts of a series, folds them by UTC day and hands
// them to the correlations above.
func (j *judge) decide(s *series) {
	j.now, j.folded = s, j.folded[:0]
	switch c := j.t.rule; {
	case c.FirstSeen != nil:
		j.firstSeen()
	case c.Travel != nil:
		j.travel()
	case c.Correlation == nil:
		j.alone()
	default:
		j.slide()
	}
	if !j.t.alerts {
		return
	}
	for i := range j.folded {
		j.detection(j.x.found.next(), &j.folded[i])
	}
}

// alone lets each fact of a plain rule fire by itself.
func (j *judge) alone() {
	for i := range j.now.facts {
		if j.stands(i, 1) {
			j.fire(i, span{j.now, i, i + 1}, 0, false)
		}
	}
}

// slide moves a correlation's window over the facts. Facts of one second are
// simultaneous and see the same window, (t-W, t].
func (j *judge) slide() {
	facts, c := j.now.facts, j.t.rule
	if j.t.steady && countsFacts(c) && !c.HoldsForAny(float64(len(facts))) {
		return // one fact adds one at most
	}
	w := window{facts: facts, most: j.x.d.most, count: j.counter(facts)}
	width := int64(c.Window.Seconds())
	for next := 0; next < len(facts); {
		at, first := facts[next].time, next
		for next < len(facts) && facts[next].time == at {
			next++
		}
		w.advance(next, at-width)
		for i := first; i < next; i++ {
			if value := w.count.number(i, w.from); j.stands(i, value) {
				j.fire(i, span{j.now, w.from, next}, value, w.cut())
			}
		}
	}
}

// stands tells whether a fact fires for which the condition sees a number.
// What is not settled yet, and may come to fire, is counted.
func (j *judge) stands(i int, value float64) bool {
	c, f := j.t.rule, &j.now.facts[i]
	holds := c.Correlation == nil || c.Holds(value) || j.holdsLower(f, value)
	if !holds && (j.t.steady || !c.MayHold(value)) {
		return false
	}
	followed := rule.False
	if c.NotFollowedBy != nil {
		if followed = j.followed(f); followed == rule.True {
			return false
		}
	}
	if (!j.t.steady || c.NotFollowedBy != nil) && f.time+j.t.wait > j.x.now {
		for _, t := range j.t.said {
			j.x.res.Undecided[j.x.d.targets[t].rule.Key()]++
		}
		return false
	}
	if holds && followed == rule.False && len(j.absent) > 0 {
		j.unseen(f)
		return false
	}
	return holds && followed == rule.False
}

// fire takes a firing fact and its window into the alert of its day, and hands
// it to the targets above.
func (j *judge) fire(i int, window span, value float64, cut bool) {
	f := &j.now.facts[i]
	if j.t.alerts {
		today := dayOf(f.time)
		var fold *folding
		if n := len(j.folded); n > 0 && j.folded[n-1].day == today {
			fold = &j.folded[n-1]
		} else {
			fold = j.begin(today, value)
		}
		fold.take(window)
		fold.value, fold.atLeast = max(fold.value, value), fold.atLeast || cut
	}
	for k := range j.t.feeds {
		j.feed(&j.t.feeds[k], f, window)
	}
}

// feed makes a firing fact a fact of a target above.
func (j *judge) feed(to *feed, p *point, window span) {
	x, outer := j.x, &j.x.d.targets[to.target]
	group := strings.Split(string(x.words.text(p.group)), joint)
	made := entry{of: p.of.worker, global: true, fact: fact{time: p.time, tenant: p.tenant, group: x.pick(group, to.group), kind: isAfter}}
	if to.role == counts {
		made.inner = window
		made.fact = fact{
			key: p.key, time: p.time, tenant: p.tenant, group: made.group, row: p.of.row, again: p.of.again, value: x.pick(group, to.values),
			base: uint8(to.base), severity: uint8(outer.level),
		}
		if countsAttempts(outer.rule) {
			made.value = x.attempt(p)
		}
	}
	x.chains[to.target] = append(x.chains[to.target], made)
}

// attempt is what an event_count counts a record by: the empty text where
// that is the record itself.
func (x *decision) attempt(p *point) uint32 {
	s := &x.pair[0]
	if x.show(s, p.of, p.key); s.attempt == p.key {
		return 0
	}
	return x.words.put(s.attempt[:])
}

// pick joins some of the values of a group.
func (x *decision) pick(group []string, places []int) uint32 {
	picked := make([]string, 0, len(places))
	for _, p := range places {
		picked = append(picked, group[p])
	}
	return x.words.put([]byte(strings.Join(picked, joint)))
}

// unseen counts a record that would fire if a log were not missing.
func (j *judge) unseen(f *point) {
	s := &j.x.pair[0]
	j.x.show(s, f.of, f.key)
	for _, t := range j.t.said {
		k := blindKey{t, s.shape}
		if j.x.absent[k] == nil {
			j.x.absent[k] = map[event.Key]bool{}
		}
		j.x.absent[k][f.key] = true
	}
}
