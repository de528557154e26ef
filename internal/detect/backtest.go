package detect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Tried is one detection, as it is without a change and with it. Before is nil
// where only the change brings it, After where the change takes it away.
type Tried struct {
	Before, After *Detection
	Muted         bool // After stands, and the change mutes it
}

// Backtest puts together what two detectors, one without a change and one with
// it, found in the same records. Detections of the same rule, tenant, group
// and day are the same; each is tried once. muted says which of those that are
// left the change would silence; nil: none. The order is by day, rule, tenant
// and group.
func Backtest(before, after []*Detection, muted func(*Detection) bool) []Tried {
	byPlace := map[string]int{}
	all := make([]Tried, 0, max(len(before), len(after)))
	for _, d := range before {
		byPlace[d.place()] = len(all)
		all = append(all, Tried{Before: d})
	}
	for _, d := range after {
		at, ok := byPlace[d.place()]
		if !ok {
			at = len(all)
			all = append(all, Tried{})
		}
		all[at].After = d
		all[at].Muted = muted != nil && muted(d)
	}
	slices.SortFunc(all, func(a, b Tried) int {
		x, y := a.Either(), b.Either()
		return cmp.Or(cmp.Compare(x.Day, y.Day), strings.Compare(x.place(), y.place()))
	})
	return all
}

// place is what tells a detection from others: all that an alert's identity is
// made of.
func (d *Detection) place() string {
	parts := append([]string{d.Rule.Key(), d.Tenant}, d.Group...)
	return strings.Join(parts, joint) + joint + strconv.FormatInt(d.Day, 10)
}

// Either is the detection with the change, else the one without.
func (t *Tried) Either() *Detection { return cmp.Or(t.After, t.Before) }

// Stays says whether it was found before and is still there to be seen, as
// severe as it was.
func (t *Tried) Stays() bool { return t.Before != nil && t.Shown() && !t.Weaker() }

// Shown says whether it is there to be seen with the change.
func (t *Tried) Shown() bool { return t.After != nil && !t.Muted }

// Weaker says whether the change lowers its severity.
func (t *Tried) Weaker() bool {
	return t.Before != nil && t.After != nil && t.After.Severity < t.Before.Severity
}

// RuleDay is what a change does to the detections of one rule on one UTC day.
type RuleDay struct {
	Rule   string
	Day    int64 // since 1970
	Before int
	After  int // to be seen: After = Before - Gone - Muted + New
	Gone   int // not found any more
	Muted  int // found before and now, and muted
	New    int // found, not muted, and not found before
	Weaker int // to be seen, with a lower severity
}

// PerDay counts what was tried, by rule and day in the order of days.
func PerDay(tried []Tried) []RuleDay {
	type place struct {
		rule string
		day  int64
	}
	counts := map[place]*RuleDay{}
	var order []*RuleDay
	for i := range tried {
		t := &tried[i]
		d := t.Either()
		at := place{d.Rule.Key(), d.Day}
		if counts[at] == nil {
			counts[at] = &RuleDay{Rule: at.rule, Day: at.day}
			order = append(order, counts[at])
		}
		counts[at].add(t)
	}
	list := make([]RuleDay, len(order))
	for i := range order {
		list[i] = *order[i]
	}
	slices.SortFunc(list, func(a, b RuleDay) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), strings.Compare(a.Rule, b.Rule))
	})
	return list
}

func (n *RuleDay) add(t *Tried) {
	if t.Before != nil {
		n.Before++
	}
	if t.Shown() {
		n.After++
	}
	switch {
	case t.After == nil:
		n.Gone++
	case t.Before != nil && t.Muted:
		n.Muted++
	case t.Before == nil && !t.Muted:
		n.New++
	case t.Weaker():
		n.Weaker++
	}
}
