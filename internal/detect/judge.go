package detect

import (
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

// series is the facts of one target and group, sorted by time.
type series struct{ facts []fact }

// span is a part of a series: facts[from:to].
type span struct {
	of       *series
	from, to int
}

// judge decides the series of one target, one after the other.
type judge struct {
	x      *decision
	number int // of the target
	t      *target
	after  aftermath
	absent []string // logs that the input does not hold and in which something might follow

	now    *series   // at hand
	folded []folding // its alerts so far
}

func newJudge(x *decision, t int, after []follower) *judge {
	j := &judge{x: x, number: t, t: &x.d.targets[t], after: newAftermath(after)}
	if n := j.t.rule.NotFollowedBy; n != nil {
		j.absent = x.missing(n.Base)
	}
	return j
}

// decide finds the firing facts of a series, folds them by UTC day and hands
// them to the correlations above.
func (j *judge) decide(s *series) {
	j.now, j.folded = s, nil
	if j.t.rule.Correlation == nil {
		j.alone()
	} else {
		j.slide()
	}
	if !j.t.alerts {
		return
	}
	for i := range j.folded {
		j.x.res.Detections = append(j.x.res.Detections, j.detection(&j.folded[i]))
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
	if j.t.steady && countsFacts(c) && !c.Holds(float64(len(facts))) {
		return // one fact adds one at most
	}
	w := window{facts: facts, most: j.x.d.most, count: newCounter(c, facts)}
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
	holds := c.Correlation == nil || c.Holds(value)
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
		if n := len(j.folded); n == 0 || j.folded[n-1].day != today {
			j.folded = append(j.folded, folding{day: today, value: value})
		}
		fold := &j.folded[len(j.folded)-1]
		fold.take(window)
		fold.value, fold.atLeast = max(fold.value, value), fold.atLeast || cut
	}
	for k := range j.t.feeds {
		j.feed(&j.t.feeds[k], f, window)
	}
}

// feed makes a firing fact a fact of a target above.
func (j *judge) feed(to *feed, f *fact, window span) {
	group := strings.Split(f.group, joint)
	outer := &j.x.d.targets[to.target]
	if to.role == follows {
		a := follower{tenant: f.shown.tenant, group: pick(group, to.group), time: f.time, sure: true}
		j.x.after[to.target] = append(j.x.after[to.target], a)
		return
	}
	made := fact{
		group: pick(group, to.group), value: pick(group, to.values), time: f.time, key: f.key, bases: outer.bit(to.base),
		severity: outer.level, shown: f.shown, inner: []span{window},
	}
	j.x.chains[to.target] = append(j.x.chains[to.target], made)
}

// pick joins some of the values of a group.
func pick(group []string, places []int) string {
	picked := make([]string, 0, len(places))
	for _, p := range places {
		picked = append(picked, group[p])
	}
	return strings.Join(picked, joint)
}

// unseen counts a record that would fire if a log were not missing.
func (j *judge) unseen(f *fact) {
	for _, t := range j.t.said {
		k := blindKey{t, f.shown.shape}
		if j.x.absent[k] == nil {
			j.x.absent[k] = map[event.Key]bool{}
		}
		j.x.absent[k][f.key] = true
	}
}
