package detect

import (
	"vakt/internal/event"
	"vakt/internal/rule"
)

const day = 24 * 60 * 60 // seconds; a UTC day has no other length

// decide finds the firing facts of one rule and group, sorted by time, and
// folds them by UTC day.
func (d *Detector) decide(facts []fact, now int64, res *Result) {
	t := &d.targets[facts[0].target]
	var found []folding
	if t.rule.Correlation == nil {
		found = perDay(facts)
	} else {
		found = d.slide(t, facts, now, res)
	}
	for i := range found {
		res.Detections = append(res.Detections, found[i].detection(t, facts))
	}
}

// perDay folds the facts of a plain rule: each fires alone.
func perDay(facts []fact) []folding {
	var folded []folding
	for i := range facts {
		today := dayOf(facts[i].time)
		if n := len(folded); n == 0 || folded[n-1].day != today {
			folded = append(folded, folding{day: today})
		}
		folded[len(folded)-1].take(i, i+1)
	}
	return folded
}

// dayOf is the UTC day of a second, in days since 1970.
func dayOf(second int64) int64 {
	if second < 0 {
		return (second+1)/day - 1
	}
	return second / day
}

// slide moves a correlation's window over sorted facts. Facts of one second
// are simultaneous and see the same window, (t-W, t]. The day of a firing
// fact says to which folding its window belongs.
func (d *Detector) slide(t *target, facts []fact, now int64, res *Result) []folding {
	var folded []folding
	w := newWindow(t.rule.Type, d.most)
	span, settle := int64(t.rule.Window.Seconds()), int64(t.rule.Settle.Seconds())
	for next := 0; next < len(facts); {
		at, first := facts[next].time, next
		for ; next < len(facts) && facts[next].time == at; next++ {
			w.push(&facts[next])
		}
		w.expire(at - span)
		value := w.value()
		switch settled := t.rule.Growing() || at+settle <= now; {
		case !settled && open(t.rule, value):
			res.Undecided[t.rule.Key()] += next - first
			continue
		case !settled, !t.rule.Holds(float64(value)):
			continue
		}
		if n := len(folded); n == 0 || folded[n-1].day != dayOf(at) {
			folded = append(folded, folding{day: dayOf(at)})
		}
		f := &folded[len(folded)-1]
		f.take(w.from, next)
		f.value, f.atLeast = max(f.value, value), f.atLeast || w.cut
	}
	return folded
}

// open says whether a condition that can turn false again holds, or would
// hold with more facts.
func open(c *rule.Compiled, value int) bool {
	n := float64(value)
	switch c.Op {
	case "eq":
		return n <= c.Threshold
	case "neq":
		return true
	}
	return c.Holds(n)
}

// window counts the newest facts of a group, at most a number of them.
type window struct {
	most     int
	values   bool // count distinct values, not attempts
	held     []*fact
	from     int // index of held[0] among the group's facts
	attempts map[event.Key]int
	distinct map[string]int
	cut      bool // facts were left out because there were more than most
}

func newWindow(kind string, most int) *window {
	return &window{most: most, values: kind == "value_count", attempts: map[event.Key]int{}, distinct: map[string]int{}}
}

func (w *window) push(f *fact) {
	w.held = append(w.held, f)
	if w.values {
		w.distinct[f.value]++
	} else {
		w.attempts[f.attempt]++
	}
}

func (w *window) drop() {
	f := w.held[0]
	w.held, w.from = w.held[1:], w.from+1
	if w.values {
		if w.distinct[f.value]--; w.distinct[f.value] == 0 {
			delete(w.distinct, f.value)
		}
	} else if w.attempts[f.attempt]--; w.attempts[f.attempt] == 0 {
		delete(w.attempts, f.attempt)
	}
}

// expire drops what is not after the given second, then the oldest facts
// beyond the bound. As every step pushes a fact, a window that lost facts to
// the bound is over it again until the lost ones would have expired too.
func (w *window) expire(until int64) {
	for len(w.held) > 0 && w.held[0].time <= until {
		w.drop()
	}
	w.cut = len(w.held) > w.most
	for len(w.held) > w.most {
		w.drop()
	}
}

func (w *window) value() int {
	if w.values {
		return len(w.distinct)
	}
	return len(w.attempts)
}
