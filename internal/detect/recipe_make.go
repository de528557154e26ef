package detect

import (
	"slices"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// recipeMaker works out a recipe.
type recipeMaker struct {
	*recipe
	w       *Worker
	shape   event.Shape
	growths map[int][]int // by target: the sets of fields by which the record counts for a growth
	days    []int         // targets of growths that have a strand
}

// newRecipe makes one for records of a shape and what all rules say of them.
func (w *Worker) newRecipe(shape event.Shape, out []rule.Outcome) *recipe {
	m := recipeMaker{recipe: &recipe{table: &traceTable{}}, w: w, shape: shape, growths: w.growthsOf(shape, out)}
	for i := range out {
		t := turn{outcome: i}
		if out[i].Result == rule.True {
			m.match(&t, &out[i])
		} else {
			m.doubt(&t, &out[i])
		}
		if len(t.uses)+len(t.watches) > 0 {
			m.turns = append(m.turns, t)
		}
	}
	if len(m.sets) == 0 {
		m.table = nil
	} else {
		m.table.columns = 1 + len(m.sets)
		w.tables = append(w.tables, m.table)
	}
	return m.recipe
}

// growthsOf finds the sets of fields by which outcomes count for growths.
func (w *Worker) growthsOf(shape event.Shape, out []rule.Outcome) map[int][]int {
	sets := map[int][]int{}
	for i := range out {
		if out[i].Result != rule.True {
			continue
		}
		for _, u := range w.d.usesAt[out[i].Place] {
			if u.role == counts && w.d.targets[u.target].rule.Growth != nil && !slices.Contains(sets[u.target], u.groupSet) {
				sets[u.target] = append(sets[u.target], u.groupSet)
			}
		}
	}
	return sets
}

// match finds out what is left of a match.
func (m *recipeMaker) match(t *turn, o *rule.Outcome) {
	for i := range m.w.d.usesAt[o.Place] {
		switch u := &m.w.d.usesAt[o.Place][i]; {
		case u.role == doubts:
		case !m.leaves(u):
			t.uses = append(t.uses, u)
			if m.w.asksSights(u, m.shape) {
				m.sights = append(m.sights, u)
			}
		case u.role == counts:
			t.traced = true
		}
	}
	t.watches, t.sure = m.w.d.watched[o.Place], true
	if !slices.ContainsFunc(t.watches, m.isUnsure) {
		return
	}
	if t.sure = t.traced && !slices.ContainsFunc(t.watches, func(x watch) bool { return x.raise.List == "" && m.isUnsure(x) }); t.sure {
		for _, x := range t.watches {
			if m.isUnsure(x) {
				m.ask(x)
			}
		}
	}
}

// leaves tells whether the traces of a use stand in the table, and adds what they
// need to it.
func (m *recipeMaker) leaves(u *use) bool {
	kind := m.w.d.targets[u.target].rule
	if !m.w.leavesTrace(u, m.shape) || u.role == counts && kind.Travel != nil {
		return false
	}
	list := &m.w.traces[u.target].counted
	switch {
	case u.role == follows:
		list = &m.w.traces[u.target].followed
		list.strands = append(list.strands, strand{table: m.table, group: m.column(u.groupSet)})
	case kind.Growth != nil:
		return m.grows(u)
	case kind.Collapse == nil && len(u.values) > 0:
		list.strands = append(list.strands, strand{table: m.table, group: m.column(u.groupSet), value: m.column(u.valueSet)})
	default:
		list.strands = append(list.strands, strand{table: m.table, group: m.column(u.groupSet), same: uint64(u.base)})
	}
	return true
}

// grows lets a growth count the record, once. Where it does by several sets of
// fields, each record has to be asked whether its group is the same by all.
func (m *recipeMaker) grows(u *use) bool {
	if len(m.growths[u.target]) > 1 {
		return false
	}
	if !slices.Contains(m.days, u.target) {
		m.days, m.table.days = append(m.days, u.target), true
		list := &m.w.traces[u.target].counted
		list.strands = append(list.strands, strand{table: m.table, group: m.column(u.groupSet), days: true})
	}
	return true
}

// column is that of a set of fields.
func (m *recipeMaker) column(set int) int {
	at := slices.Index(m.sets, set)
	if at < 0 {
		at, m.sets, m.cells = len(m.sets), append(m.sets, set), append(m.cells, m.places(m.w.d.sets[set]))
	}
	return 1 + at
}

// places are those of fields: see recipe.cells.
func (m *recipeMaker) places(fields []event.Field) []int {
	if len(fields) == 0 {
		return []int{0}
	}
	places := make([]int, len(fields))
	for i, f := range fields {
		at := slices.Index(m.fields, f)
		if at < 0 {
			at, m.fields = len(m.fields), append(m.fields, f)
		}
		places[i] = 1 + at
	}
	return places
}

// doubt finds out what is left of an outcome that is unknown: it may follow facts,
// and the record counts as one in which something could not be seen.
func (m *recipeMaker) doubt(t *turn, o *rule.Outcome) {
	m.w.eachMissing(o, func(u *use, missing []*blindCount) {
		if m.w.maybeFollows(u) {
			t.uses = append(t.uses, u)
		}
		for _, f := range o.Blind {
			m.misses = m.w.note(m.misses, missing, u.target, m.shape, f, "")
		}
		for _, list := range o.Unread {
			m.misses = m.w.note(m.misses, missing, u.target, m.shape, event.NoField, list)
		}
	})
}

// note adds to a list the counts in which it is told, for a target, that something
// could not be seen, and tells them what.
func (w *Worker) note(list, missing []*blindCount, target int, shape event.Shape, f event.Field, name string) []*blindCount {
	for _, t := range w.d.targets[target].said {
		b := countAt(missing, t, shape)
		b.lacks(f, name)
		if !slices.Contains(list, b) {
			list = append(list, b)
		}
	}
	return list
}

// isUnsure tells whether a watch may be unable to see something in a record.
func (m *recipeMaker) isUnsure(x watch) bool {
	tells := func(f event.Field) bool { return m.w.d.layout.Tells(m.shape, x.log, f) }
	if x.raise.List != "" {
		return !x.raise.Question(x.log).Sure(tells)
	}
	f := x.raise.Field(x.log)
	return f != event.NoField && !tells(f)
}

// ask lets a watch be asked of each record, for all rules that watch the same.
func (m *recipeMaker) ask(x watch) {
	at := slices.IndexFunc(m.asked, func(a asked) bool {
		return a.log == x.log && a.list == x.raise.List && a.name == x.raise.Name
	})
	if at < 0 {
		at, m.asked = len(m.asked), append(m.asked, asked{log: x.log, list: x.raise.List, name: x.raise.Name, question: x.raise.Question(x.log)})
	}
	m.asked[at].targets = append(m.asked[at].targets, x.target)
}
