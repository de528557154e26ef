package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
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
func (j *judge) detection(det *Detection, fold *folding) {
	fold.ends(j.now)
	facts := j.now.facts
	*det = Detection{
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
	j.show(det, all)
	if j.t.rule.Correlation == nil {
		det.Value = float64(det.Count)
	}
	det.New = j.newValues(all)
	j.raise(det, all)
	if len(fold.moves) > 0 {
		j.travelled(det, fold)
	}
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
	attempts texts
	records  texts
	shapes   set[event.Shape]
	matched  set[uint32]
	entities texts // the number of a worker, in four bytes, and how it writes an entity

	worker uint32 // of the last record
	named  []byte // its entities, as they are written

	told []event.Shape // those of the last alert; alerts with the same share them
}

func (g *gathered) empty() {
	g.attempts.empty()
	g.records.empty()
	g.shapes.empty()
	g.matched.empty()
	g.entities.empty()
	g.named = g.named[:0]
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
	det.Count, det.Records, det.Shapes = g.attempts.len(), g.records.list(), g.shapesShown()
	det.Matched = j.matchedBy(g.matched.list)
	det.Entities = make([]event.Entity, 0, g.entities.len())
	for i := range g.entities.len() {
		key := g.entities.at(i)
		of := binary.LittleEndian.Uint32(key)
		det.Entities = append(det.Entities, j.x.memo.entity(j.x.worker(of), of, key[workerBytes:]))
	}
	det.Entities = oneName(det.Entities)
}

// shapesShown are those of the records, sorted.
func (g *gathered) shapesShown() []event.Shape {
	if shapes := sortedSet(g.shapes.list); g.told == nil || !slices.Equal(shapes, g.told) {
		g.told = slices.Clone(shapes)
	}
	return g.told
}

// workerBytes is what the number of a worker takes in gathered.entities.
const workerBytes = 4

// showRecord takes in what one record says.
func (j *judge) showRecord(det *Detection, f *point) {
	g, s := &j.gathered, &j.record
	of := j.x.show(s, f.of, f.key)
	g.attempts.add(s.attempt[:])
	g.shapes.add(s.shape)
	if len(s.id) == 0 {
		s.id = append(append(s.id, "hash:"...), f.key.String()...)
	}
	if g.records.add(s.id) && j.x.d.keep > 0 {
		det.Raw = append(det.Raw, j.x.worker(of).kept.raw(s.raw))
	}
	if of == g.worker && bytes.Equal(s.named, g.named) {
		return // as of the one before it
	}
	g.worker, g.named = of, append(g.named[:0], s.named...)
	for written, rest := cutEntity(s.named); written != nil; written, rest = cutEntity(rest) {
		j.buf = append(binary.LittleEndian.AppendUint32(j.buf[:0], of), written...)
		g.entities.add(j.buf)
	}
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
		of := j.x.show(&j.record, f.of, f.key)
		for _, c := range j.record.counted {
			if c.id == id {
				values[j.x.globalOf(j.x.worker(of), c.value)] = true
			}
		}
	}
	return len(values)
}

// oneName orders entities by kind and id and keeps one name for each, the same
// in any order of records: one that says more than the id, and of those the
// first in byte order.
func oneName(list []event.Entity) []event.Entity {
	slices.SortFunc(list, func(a, b event.Entity) int { return compareNamed(&a, &b) })
	return slices.CompactFunc(list, func(a, b event.Entity) bool { return a.ID == b.ID && a.Kind == b.Kind })
}

// compareNamed orders by kind and id, and names so that the first is to be
// kept.
func compareNamed(a, b *event.Entity) int {
	switch {
	case a.Kind != b.Kind:
		return strings.Compare(a.Kind, b.Kind)
	case a.ID != b.ID:
		return strings.Compare(a.ID, b.ID)
	case a.Name == b.Name:
		return 0
	case a.Name == a.ID:
		return 1
	case b.Name == b.ID:
		return -1
	}
	return strings.Compare(a.Name, b.Name)
}

// comparePlaces orders by time and key.
func comparePlaces(a, b *point) int {
	return cmp.Or(cmp.Compare(a.time, b.time), bytes.Compare(a.key[:], b.key[:]))
}
