package detect

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// match turns a match into a fact for every target that it feeds, every
// group that the record belongs to and every value that is counted.
func (w *Worker) match(r *event.Record, o *rule.Outcome) {
	counted := false
	for i := range w.d.usesAt[o.Place] {
		if w.feed(r, o, &w.d.usesAt[o.Place][i]) {
			counted = true
		}
	}
	if counted {
		w.look(r, w.d.watched[o.Place])
	}
}

// feed does so for one use, and tells whether it counts.
func (w *Worker) feed(r *event.Record, o *rule.Outcome, u *use) (counted bool) {
	if u.role == doubts || w.recall != nil && u.role == follows && !w.recall.makes(u, r.Shape()) {
		return false
	}
	told := u.told>>r.Shape()&1 == 1
	if !told {
		w.unseen(r, u.target, u.group)
	}
	if u.role == follows {
		w.follow(r, u, true)
		return false
	}
	if !told {
		w.unseen(r, u.target, u.values)
	}
	if w.placeless(r, u) {
		return false
	}
	kept, ok := false, false
	switch {
	case u.family != nil:
		kept, ok = w.claim(r, o, u), true
	case w.leavesTrace(u, r.Shape()):
		kept, ok = w.trace(r, u)
	case w.isKnown(r, u):
		kept, ok = true, true
	}
	if !ok {
		kept = w.count(r, o, u)
	}
	if !kept {
		w.leave(r, u)
	}
	return kept
}

// count makes the facts of a match for one target. There are none where the
// record has no value to group by, or none to count.
func (w *Worker) count(r *event.Record, o *rule.Outcome, u *use) bool {
	w.groups = w.grouped(w.groups[:0], r, u.group, u.loose)
	if len(w.groups) == 0 {
		return false
	}
	if w.values = w.countedBy(w.values[:0], r, u); len(w.values) == 0 {
		return false
	}
	f := fact{
		key: r.Key(), time: r.Time(), tenant: w.tenantOf(r), matched: w.searches(o), base: uint8(u.base), severity: uint8(w.severity(r, o, u.target)),
	}
	for _, f.value = range w.values {
		for _, f.group = range w.groups {
			w.put(r, u, f)
		}
	}
	return true
}

// put keeps a fact of the record at hand.
func (w *Worker) put(r *event.Record, u *use, f fact) {
	switch {
	case w.recall != nil:
		w.show(r)
		if w.recall.makes(u, r.Shape()) {
			w.pending = append(w.pending, pendingFact{u.target, f})
		}
	case !w.wants(u.target, &f):
	case w.at.Size > 0 && w.lean.of(u.target):
		f.row, f.again = w.originOf(r), true
		w.keep(u.target, f)
	default:
		w.show(r)
		w.pending = append(w.pending, pendingFact{u.target, f})
	}
}

// countedBy lists what a match counts for a target, one value a fact: the
// combinations of a value_count, the part of a Collapse, the places and
// numbers of a target that computes, the attempt of one that counts events
// where that is not the record itself; else there is one, the empty text.
func (w *Worker) countedBy(values []uint32, r *event.Record, u *use) []uint32 {
	switch c := w.d.targets[u.target].rule; {
	case numeric(c):
		return w.numbers(values, r, u.values)
	case c.Travel != nil:
		return w.place(values, r, u.target)
	case c.Collapse != nil:
		return append(values, w.part(r, u, c.Collapse))
	case len(u.values) > 0:
		return w.grouped(values, r, u.values, false)
	case countsAttempts(c):
		if attempt := r.Attempt(); attempt != r.Key() {
			return append(values, w.words.put(attempt[:]))
		}
	}
	return append(values, 0)
}

// numbers lists the numbers of fields, each with its place among them.
func (w *Worker) numbers(values []uint32, r *event.Record, fields []event.Field) []uint32 {
	place := 0
	for _, field := range fields {
		for _, v := range r.Field(field).List {
			if number, ok := parseNumber(string(v.Text)); ok {
				w.text = binary.BigEndian.AppendUint64(w.text[:0], math.Float64bits(number))
				values = append(values, w.words.put(strconv.AppendInt(w.text, int64(place), 10)))
			}
			place++
		}
	}
	return values
}

// part is what a Collapse takes the facts of a group apart by.
func (w *Worker) part(r *event.Record, u *use, c *rule.Collapse) uint32 {
	part := append(w.text[:0], "of"...)
	for _, f := range c.Fields(w.log(u)) {
		v := r.Field(f)
		if v.Unknown {
			w.miss(w.weak, u.target, r.Shape(), f, "")
		}
		texts := lowered(v)
		if len(texts) == 0 {
			attempt := r.Attempt()
			return w.words.put(append(append(part[:0], "attempt"+joint...), attempt[:]...))
		}
		slices.Sort(texts)
		for _, t := range texts {
			part = append(append(part, joint...), t...)
		}
		part = append(part, joint...)
	}
	w.text = part
	return w.words.put(part)
}

// log is the log that the rule of a use reads.
func (w *Worker) log(u *use) event.Log { return w.d.targets[u.target].rule.Base[u.base].Rule.Log }

// searched is a set of names and its number.
type searched struct {
	names  []string
	number uint32 // 0 before the first
}

// searches numbers the names of an outcome, which are mostly those that its rule
// gave last.
func (w *Worker) searches(o *rule.Outcome) uint32 {
	if w.searched == nil {
		w.searched = make([]searched, len(w.d.usesAt))
	}
	s := &w.searched[o.Place]
	if s.number == 0 || !slices.Equal(s.names, o.Matched) {
		s.names = append(s.names[:0], o.Matched...)
		s.number = w.words.put([]byte(strings.Join(sortedSet(slices.Clone(s.names)), joint)))
	}
	return s.number
}

// follow notes a record that follows the facts of its group, or may.
func (w *Worker) follow(r *event.Record, u *use, sure bool) {
	if sure && w.leavesTrace(u, r.Shape()) {
		w.traceAfter(r, u)
		return
	}
	f := fact{time: r.Time(), tenant: w.tenantOf(r), kind: isAfter}
	if !sure {
		f.kind = maybe
	}
	if u.told>>r.Shape()&1 == 0 {
		for _, field := range u.group {
			if w.isUnknown(r, field) {
				f.kind = maybeAny
				w.keep(u.target, f)
				return
			}
		}
	}
	for _, f.key = range w.hashed(r, u.group) {
		w.keep(u.target, f)
	}
}

// unseen notes the fields of groups and values that the shape cannot carry:
// without them a match counts nowhere.
func (w *Worker) unseen(r *event.Record, target int, fields []event.Field) {
	for _, f := range fields {
		if w.isUnknown(r, f) {
			w.miss(w.blind, target, r.Shape(), f, "")
		}
	}
}

// severity is the target's, or what the record says where the rule goes by
// that. A shape without the field makes the target weak.
func (w *Worker) severity(r *event.Record, o *rule.Outcome, target int) rule.Severity {
	if f := o.Rule.LevelField; f != event.NoField {
		v := r.Field(f)
		if v.Unknown {
			w.miss(w.weak, target, r.Shape(), f, "")
		}
		if level, ok := rule.RecordSeverity(string(v.First())); ok {
			return level
		}
	}
	return w.d.targets[target].level
}

// show keeps of the record at hand what alerts show, once.
func (w *Worker) show(r *event.Record) {
	if w.isShown {
		return
	}
	w.isShown = true
	s := &w.shown
	s.key, s.time, s.updated, s.size, s.shape = r.Key(), r.Time(), r.Updated(), r.Size(), r.Shape()
	s.tenant, s.attempt, s.id = w.tenantOf(r), r.Attempt(), append(s.id[:0], r.ID()...)
	s.named, s.listed, s.counted = s.named[:0], s.listed[:0], s.counted[:0]
	r.EachEntity(w.entity)
	s.raw = w.kept.put(r.Raw())
}
