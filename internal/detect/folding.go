package detect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"vakt/internal/event"
)

// folding is the union of the firing windows of one day.
type folding struct {
	day     int64
	windows []span
	value   float64
	atLeast bool
}

// take adds a window to the union. Windows only move forward.
func (f *folding) take(s span) { f.windows = join(f.windows, s) }

// join adds a part of a series to its other parts, which do not begin or end
// after it.
func join(parts []span, s span) []span {
	if n := len(parts); n > 0 && s.from <= parts[n-1].to {
		parts[n-1].to = max(parts[n-1].to, s.to)
		return parts
	}
	return append(parts, s)
}

// beneath lists the facts of windows and of the windows beneath them, once
// for each series: those of one series need not be together.
func beneath(windows []span, list []*fact) []*fact {
	var order []*series
	inner := map[*series][]span{}
	for _, w := range windows {
		for i := w.from; i < w.to; i++ {
			f := &w.of.facts[i]
			if f.inner == nil || f.matched != nil { // else it stands in the window beneath
				list = append(list, f)
			}
			for _, s := range f.inner {
				if inner[s.of] == nil {
					order = append(order, s.of)
				}
				inner[s.of] = join(inner[s.of], s)
			}
		}
	}
	for _, s := range order {
		list = beneath(inner[s], list)
	}
	return list
}

// detection gathers what is shown of the union.
func (j *judge) detection(fold *folding) Detection {
	facts := j.now.facts
	det := Detection{
		Rule: j.t.rule, Tenant: facts[0].shown.tenant, Day: fold.day, Value: fold.value, AtLeast: fold.atLeast,
		Group: j.groupValues(facts[0].group), Bases: j.bases(fold.windows),
	}
	for _, w := range fold.windows {
		for i := w.from; i < w.to; i++ {
			det.Severity = max(det.Severity, facts[i].severity)
		}
	}
	all := beneath(fold.windows, nil)
	slices.SortFunc(all, func(a, b *fact) int { return cmp.Or(cmp.Compare(a.time, b.time), bytes.Compare(a.key[:], b.key[:])) })
	det.First, det.Last = all[0].time, all[len(all)-1].time
	det.show(all)
	if j.t.rule.Correlation == nil {
		det.Value = float64(det.Count)
	}
	j.raise(&det, all)
	return det
}

func (j *judge) groupValues(group string) []string {
	if c := j.t.rule; c.Correlation != nil && len(c.Correlation.GroupBy) == 0 {
		return nil
	}
	return strings.Split(group, joint)
}

// bases names the rules of a temporal correlation that have facts.
func (j *judge) bases(windows []span) []string {
	var seen uint64
	for _, w := range windows {
		for i := w.from; i < w.to; i++ {
			seen |= w.of.facts[i].bases
		}
	}
	var names []string
	for b := range setBits(seen) {
		names = append(names, j.t.rule.Base[b].Rule.Key())
	}
	return names
}

// show fills in what the records of facts say, which are sorted by time and
// key.
func (det *Detection) show(facts []*fact) {
	attempts, records := map[event.Key]bool{}, map[string]bool{}
	shapes, matched := map[event.Shape]bool{}, map[string]bool{}
	names := map[event.Entity]string{}
	var last *shown
	for _, f := range facts {
		for _, m := range f.matched {
			matched[m] = true
		}
		s := f.shown
		if s == last {
			continue
		}
		last = s
		attempts[s.attempt], shapes[s.shape] = true, true
		if !records[s.id] {
			records[s.id] = true
			det.Records = append(det.Records, s.id)
			det.Raw = append(det.Raw, s.raw)
		}
		for _, e := range s.entities {
			bestName(names, e)
		}
	}
	det.Count, det.Entities = len(attempts), sortedEntities(names)
	det.Matched, det.Shapes = sortedKeys(matched), sortedKeys(shapes)
}

// raise finds the raises that hold, and the severity that they make.
func (j *judge) raise(det *Detection, facts []*fact) {
	for r := range j.t.rule.Raises {
		raise, watch := &j.t.rule.Raises[r], j.t.raise[r]
		value, least := 0, max(1, raise.AtLeast)
		switch {
		case watch == nil && slices.Contains(det.Matched, raise.Matched):
			value = 1
		case watch != nil && raise.List != "":
			value = onList(facts, watch.id)
		case watch != nil:
			value = different(facts, watch.id)
		}
		if value >= least {
			det.Raised = append(det.Raised, Raised{raise, value})
			det.Severity = max(det.Severity, raise.Level)
		}
	}
}

// onList counts the records for which a watch found its list.
func onList(facts []*fact, id int) int {
	records := map[event.Key]bool{}
	for _, f := range facts {
		if slices.Contains(f.shown.listed, id) {
			records[f.key] = true
		}
	}
	return len(records)
}

// different counts the values that a watch found.
func different(facts []*fact, id int) int {
	values := map[string]bool{}
	for _, f := range facts {
		for _, c := range f.shown.counted {
			if c.id == id {
				values[c.value] = true
			}
		}
	}
	return len(values)
}

// bestName keeps one name for each entity, the same in any order of records:
// one that says more than the id, and of those the first in byte order.
func bestName(names map[event.Entity]string, e event.Entity) {
	k := event.Entity{Kind: e.Kind, ID: e.ID}
	old, known := names[k]
	switch {
	case !known, old == e.ID, e.Name != e.ID && e.Name < old:
		names[k] = e.Name
	}
}

// sortedEntities orders by kind and id.
func sortedEntities(names map[event.Entity]string) []event.Entity {
	list := make([]event.Entity, 0, len(names))
	for e, name := range names {
		e.Name = name
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b event.Entity) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return list
}

func sortedKeys[K cmp.Ordered](m map[K]bool) []K {
	list := make([]K, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
