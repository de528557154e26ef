package detect

import "vakt/internal/event"

const day = 24 * 60 * 60 // seconds; a UTC day has no other length

// decide finds the firing facts of one rule and group, sorted by time, and
// folds them by UTC day.
func (d *Detector) decide(facts []fact, now int64, res *Result) {
	t := &d.targets[facts[0].target]
	var found []folding
	if t.rule.Correlation == nil {
		found = perDay(facts)
	} else {
		found = t.slide(facts, now, res)
	}
	for i := range found {
		res.Detections = append(res.Detections, found[i].detection(t, facts))
	}
}

// perDay folds the facts of a plain rule: each fires alone.
func perDay(facts []fact) []folding {
	var folded []folding
	for i := range facts {
		today := facts[i].time / day
		if n := len(folded); n == 0 || folded[n-1].day != today {
			folded = append(folded, folding{day: today})
		}
		folded[len(folded)-1].take(i, i+1)
	}
	return folded
}

// slide moves a correlation's window over sorted facts. Facts of one second
// are simultaneous and see the same window, (t-W, t]. The day of a firing
// fact says to which folding its window belongs.
func (t *target) slide(facts []fact, newest int64, res *Result) []folding {
	var folded []folding
	w := newWindow(t.rule.Type)
	span, settle := int64(t.rule.Window.Seconds()), int64(t.rule.Settle.Seconds())
	for next := 0; next < len(facts); {
		at, first := facts[next].time, next
		for ; next < len(facts) && facts[next].time == at; next++ {
			w.push(&facts[next])
		}
		w.expire(at - span)
		value := w.value()
		if !t.rule.Holds(float64(value)) {
			continue
		}
		if !t.rule.Growing() && at+settle > newest {
			res.Undecided[t.rule.Key()] += next - first
			continue
		}
		if n := len(folded); n == 0 || folded[n-1].day != at/day {
			folded = append(folded, folding{day: at / day})
		}
		f := &folded[len(folded)-1]
		f.take(w.from, next)
		f.value, f.atLeast = max(f.value, value), f.atLeast || w.cut
	}
	return folded
}

// window counts the newest facts of a group, at most MaxWindow of them.
type window struct {
	values   bool // count distinct values, not attempts
	held     []*fact
	from     int // index of held[0] among the group's facts
	attempts map[event.Key]int
	distinct map[string]int
	cut      bool // facts were left out because there were more than MaxWindow
}

func newWindow(kind string) *window {
	return &window{values: kind == "value_count", attempts: map[event.Key]int{}, distinct: map[string]int{}}
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
// beyond MaxWindow. As every step pushes a fact, a window that lost facts to
// the bound is over it again until the lost ones would have expired too.
func (w *window) expire(until int64) {
	for len(w.held) > 0 && w.held[0].time <= until {
		w.drop()
	}
	w.cut = len(w.held) > MaxWindow
	for len(w.held) > MaxWindow {
		w.drop()
	}
}

func (w *window) value() int {
	if w.values {
		return len(w.distinct)
	}
	return len(w.attempts)
}
