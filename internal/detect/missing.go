package detect

import (
	"slices"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// blindCount counts the records of a shape in which something could not be seen
// that a target asks for.
type blindCount struct {
	records int
	newest  int // number of the last record counted
	fields  []event.Field
	lists   []string
}

// unknown notes what kept a rule from being decided, under the names of the
// rules that would have alerted.
func (w *Worker) unknown(r *event.Record, o *rule.Outcome) {
	if w.recall != nil {
		return
	}
	w.eachMissing(o, func(u *use, missing []*blindCount) {
		if w.maybeFollows(u) {
			w.follow(r, u, false)
		}
		for _, f := range o.Blind {
			w.miss(missing, u.target, r.Shape(), f, "")
		}
		for _, list := range o.Unread {
			w.miss(missing, u.target, r.Shape(), event.NoField, list)
		}
	})
}

// eachMissing goes through the uses of an outcome that is unknown, each with the
// counts that the record belongs to.
func (w *Worker) eachMissing(o *rule.Outcome, see func(u *use, missing []*blindCount)) {
	for i := range w.d.usesAt[o.Place] {
		u := &w.d.usesAt[o.Place][i]
		if u.role == counts || w.maybeFollows(u) {
			see(u, w.blind)
		} else {
			see(u, w.weak) // what follows only makes alerts worse
		}
	}
}

// maybeFollows tells of a use by an outcome that is unknown whether it takes
// earlier facts back.
func (w *Worker) maybeFollows(u *use) bool {
	return u.role != counts && w.d.targets[u.target].rule.NotFollowedBy != nil
}

// miss counts the record at hand, once for a target, among those in which it
// could not see something: a field, or a list of the baseline.
func (w *Worker) miss(counts []*blindCount, target int, shape event.Shape, f event.Field, list string) {
	if w.recall != nil {
		return // it was told when the record was seen first
	}
	for _, t := range w.d.targets[target].said {
		b := countAt(counts, t, shape)
		if b.newest != w.number {
			b.newest = w.number
			if w.recipe == nil || !slices.Contains(w.recipe.misses, b) {
				b.records++
			}
		}
		b.lacks(f, list)
	}
}

// countAt is the count of a target and shape.
func countAt(counts []*blindCount, target int, shape event.Shape) *blindCount {
	b := &counts[target*shapeCount+int(shape)]
	if *b == nil {
		*b = &blindCount{}
	}
	return *b
}

// lacks notes what could not be seen.
func (b *blindCount) lacks(f event.Field, list string) {
	if list == "" && !slices.Contains(b.fields, f) {
		b.fields = append(b.fields, f)
	}
	if list != "" && !slices.Contains(b.lists, list) {
		b.lists = append(b.lists, list)
	}
}
