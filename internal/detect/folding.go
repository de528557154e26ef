package detect

import (
	"cmp"
	"slices"
	"strings"

	"vakt/internal/event"
)

// folding is the union of the firing windows of one day, as parts of the
// group's sorted facts.
type folding struct {
	day     int64
	parts   []part
	value   int
	atLeast bool
}

// part is facts[from:to].
type part struct{ from, to int }

// take adds facts[from:to] to the union. Windows only move forward.
func (f *folding) take(from, to int) {
	if n := len(f.parts); n > 0 && from <= f.parts[n-1].to {
		f.parts[n-1].to = to
		return
	}
	f.parts = append(f.parts, part{from, to})
}

// detection gathers what is shown of the union.
func (f *folding) detection(t *target, facts []fact) Detection {
	first, last := f.parts[0], f.parts[len(f.parts)-1]
	det := Detection{
		Rule: t.rule, Tenant: facts[0].tenant, Group: strings.Split(facts[0].group, groupJoint), Day: f.day,
		First: facts[first.from].time, Last: facts[last.to-1].time, Value: f.value, AtLeast: f.atLeast,
	}
	attempts, records := map[event.Key]bool{}, map[string]bool{}
	names := map[event.Entity]string{}
	for _, p := range f.parts {
		for i := p.from; i < p.to; i++ {
			s := facts[i].shown
			attempts[facts[i].attempt] = true
			det.Severity = max(det.Severity, facts[i].severity)
			det.Matched = append(det.Matched, facts[i].matched...)
			det.Shapes = append(det.Shapes, s.shape)
			if !records[s.id] {
				records[s.id] = true
				det.Records = append(det.Records, s.id)
			}
			for _, e := range s.entities {
				bestName(names, e)
			}
		}
	}
	det.Count = len(attempts)
	if t.rule.Correlation == nil {
		det.Value = det.Count
	}
	det.Matched, det.Shapes, det.Entities = sortedSet(det.Matched), sortedSet(det.Shapes), sortedEntities(names)
	return det
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

func sortedSet[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}
