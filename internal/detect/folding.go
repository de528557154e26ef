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
	moves   []move // of a travel; they make the windows
}

// begin makes the folding of another day, in place of an earlier one if there
// is room.
func (j *judge) begin(day int64, value float64) *folding {
	n := len(j.folded)
	j.folded = slices.Grow(j.folded, 1)[:n+1]
	fold := &j.folded[n]
	*fold = folding{day: day, value: value, windows: fold.windows[:0]}
	return fold
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
func beneath(windows []span, list []*point) []*point {
	var order []*series
	var inner map[*series][]span
	for _, w := range windows {
		for i := w.from; i < w.to; i++ {
			f := &w.of.facts[i]
			if f.direct { // else it stands in the window beneath
				list = append(list, f)
			}
			for _, s := range f.inner {
				if inner == nil {
					inner = map[*series][]span{}
				}
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
	fold.ends(j.now)
	facts := j.now.facts
	det := Detection{
		Rule: j.t.rule, Tenant: string(j.x.words.text(facts[0].tenant)), Day: fold.day, Value: fold.value, AtLeast: fold.atLeast,
		Group: j.groupValues(string(j.x.words.text(facts[0].group))), Bases: j.bases(fold.windows),
	}
	for _, w := range fold.windows {
		for i := w.from; i < w.to; i++ {
			det.Severity = max(det.Severity, facts[i].severity)
		}
	}
	all := beneath(fold.windows, j.facts[:0])
	j.facts = all
	slices.SortFunc(all, comparePlaces)
	det.First, det.Last = all[0].time, all[len(all)-1].time
	j.show(&det, all)
	if j.t.rule.Correlation == nil {
		det.Value = float64(det.Count)
	}
	det.New = j.newValues(all)
	j.raise(&det, all)
	if len(fold.moves) > 0 {
		j.travelled(&det, fold)
	}
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

// gathered is what an alert says of its records, while it is put together.
type gathered struct {
	attempts set[event.Key]
	records  texts
	shapes   set[event.Shape]
	matched  set[uint32]
	entities texts // see entityKey
}

func (g *gathered) empty() {
	g.attempts.empty()
	g.records = texts{} // a detection keeps the list
	g.shapes.empty()
	g.matched.empty()
	g.entities.empty()
}

// show fills in what the records of facts say, which are sorted by time and
// key.
func (j *judge) show(det *Detection, facts []*point) {
	g := &j.gathered
	g.empty()
	for i, f := range facts {
		g.matched.add(f.matched)
		if i > 0 && f.of == facts[i-1].of {
			continue
		}
		j.showRecord(det, f)
	}
	det.Count, det.Records, det.Shapes = len(g.attempts.list), g.records.list, sortedSet(slices.Clone(g.shapes.list))
	if len(g.matched.list) == 1 {
		det.Matched = j.x.searches(g.matched.list[0])
	} else {
		for _, m := range g.matched.list {
			det.Matched = append(det.Matched, j.x.searches(m)...)
		}
		det.Matched = sortedSet(det.Matched)
	}
	det.Entities = make([]event.Entity, 0, len(g.entities.list))
	for _, key := range g.entities.list {
		det.Entities = append(det.Entities, entityOf(key))
	}
	det.Entities = oneName(det.Entities)
}

// showRecord takes in what one record says.
func (j *judge) showRecord(det *Detection, f *point) {
	g, s, w := &j.gathered, &j.record, j.x.workers[f.of.worker]
	j.x.show(s, f.of, f.key)
	g.attempts.add(s.attempt)
	g.shapes.add(s.shape)
	if len(s.id) == 0 {
		s.id = append(append(s.id, "hash:"...), f.key.String()...)
	}
	if g.records.add(s.id) && j.x.d.keep > 0 {
		det.Raw = append(det.Raw, w.kept.raw(s.raw))
	}
	w.eachEntity(s, func(kind string, id, name []byte) {
		j.buf = entityKey(j.buf[:0], kind, id, name)
		g.entities.add(j.buf)
	})
}

// raise finds the raises that hold, and the severity that they make.
func (j *judge) raise(det *Detection, facts []*point) {
	for r := range j.t.rule.Raises {
		raise, watch := &j.t.rule.Raises[r], j.t.raise[r]
		value, least := 0, max(1, raise.AtLeast)
		switch {
		case raise.Alerts > 0: // judged when all alerts are known: see raiseMany
			continue
		case raise.FollowedBy != nil && j.worsened(det, raise.FollowedBy):
			value = 1
		case watch == nil && slices.Contains(det.Matched, raise.Matched):
			value = 1
		case watch != nil && raise.List != "":
			value = j.onList(facts, watch.id)
		case watch != nil:
			value = j.different(facts, watch.id)
		}
		if value >= least {
			det.Raised = append(det.Raised, Raised{raise, value})
			det.Severity = max(det.Severity, raise.Level)
		}
	}
}

// onList counts the records for which a watch found its list.
func (j *judge) onList(facts []*point, id int) int {
	records := map[event.Key]bool{}
	for _, f := range facts {
		if j.x.show(&j.record, f.of, f.key); slices.Contains(j.record.listed, id) {
			records[f.key] = true
		}
	}
	return len(records)
}

// different counts the values that a watch found.
func (j *judge) different(facts []*point, id int) int {
	values := map[uint32]bool{}
	for _, f := range facts {
		j.x.show(&j.record, f.of, f.key)
		for _, c := range j.record.counted {
			if c.id == id {
				values[j.x.global(f.of.worker, c.value)] = true
			}
		}
	}
	return len(values)
}

// oneName orders entities by kind and id and keeps one name for each, the same
// in any order of records: one that says more than the id, and of those the
// first in byte order.
func oneName(list []event.Entity) []event.Entity {
	slices.SortFunc(list, func(a, b event.Entity) int {
		said := 0
		switch {
		case a.Name != a.ID && b.Name == b.ID:
			said = -1
		case a.Name == a.ID && b.Name != b.ID:
			said = 1
		}
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID), said, strings.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(list, func(a, b event.Entity) bool { return a.Kind == b.Kind && a.ID == b.ID })
}

// comparePlaces orders by time and key.
func comparePlaces(a, b *point) int {
	return cmp.Or(cmp.Compare(a.time, b.time), bytes.Compare(a.key[:], b.key[:]))
}
