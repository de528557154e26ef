package detect

import (
	"slices"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// watch is a raise of a target that looks at records, for the matches of one
// detection rule beneath it. Watches of one raise have one id.
type watch struct {
	id     int
	target int
	raise  *rule.Raise
	log    event.Log
	field  event.Field // that it counts; NoField: none, or it asks for a list
	told   uint64      // shapes, a bit each, that always tell of it
}

// watchRecords finds the raises that look at records.
func (d *Detector) watchRecords() {
	id := 0
	for i := range d.targets {
		t := &d.targets[i]
		for r := range t.rule.Raises {
			raise := &t.rule.Raises[r]
			if !t.alerts || raise.Name == "" {
				continue
			}
			w := watch{id: id, target: i, raise: raise}
			t.raise[r] = &w
			d.watch(t.rule, w)
			id++
		}
	}
}

// watch puts a watch on every detection rule beneath c.
func (d *Detector) watch(c *rule.Compiled, w watch) {
	if c.Correlation == nil {
		w.log = c.Log
		d.watchField(&w)
		d.watches[c] = append(d.watches[c], w)
		return
	}
	for _, b := range c.Base {
		d.watch(b.Rule, w)
	}
}

// watchField finds the field that a watch counts.
func (d *Detector) watchField(w *watch) {
	if w.field = event.NoField; w.raise.List != "" {
		return
	}
	if w.field = w.raise.Field(w.log); w.field == event.NoField {
		return
	}
	for _, s := range event.Shapes() {
		if d.layout.Tells(s, w.log, w.field) {
			w.told |= 1 << s
		}
	}
}

// look keeps of the record at hand what the raises above a matching rule, which
// watch it, ask of it, where it has a row. What they cannot see makes their
// target weak.
func (w *Worker) look(r *event.Record, watches []watch) {
	s := &w.shown
	for _, x := range watches {
		if x.raise.List != "" {
			switch w.matcher.Listed(x.raise, x.log) {
			case rule.True:
				if w.isShown {
					s.listed = sortedSet(append(s.listed, x.id))
				}
			case rule.Unknown:
				w.miss(w.weak, x.target, r.Shape(), event.NoField, x.raise.List)
			}
			continue
		}
		told := x.told>>r.Shape()&1 == 1
		if x.field == event.NoField || told && !w.isShown {
			continue
		}
		if !told && w.isUnknown(r, x.field) {
			w.miss(w.weak, x.target, r.Shape(), x.field, "")
		}
		if !w.isShown {
			continue // no row: who needs it reads the record again
		}
		for _, text := range lowered(r.Field(x.field)) {
			if c := (counted{x.id, w.words.put([]byte(text))}); !slices.Contains(s.counted, c) {
				s.counted = append(s.counted, c)
			}
		}
	}
}
