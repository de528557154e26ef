package detect

import (
	"encoding/binary"
	"slices"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// recipe is what is done with records of one shape of which all rules say the
// same, worked out once: most records are like others before them. What depends
// on the record alone is left: hashes of its groups and values, which many
// targets have in common, and what has to take a closer look at it.
type recipe struct {
	none    bool          // there are too many others
	sets    []int         // sets of fields of whose groups the traces are made: the columns of the table behind the first
	fields  []event.Field // all fields of the sets, once
	cells   [][]int       // by set: its fields, by 1 + their place in fields; of the empty set 0
	table   *traceTable
	turns   []turn        // in the order of the outcomes
	sights  []*use        // that ask what their groups have shown
	misses  []*blindCount // where the record counts as one in which something could not be seen
	asked   []asked
	records int // that are not in these counts yet
}

// turn is what is left of an outcome.
type turn struct {
	outcome int
	uses    []*use
	traced  bool // it counts by a trace, whatever the uses say
	watches []watch
	sure    bool // the watches matter only where the record has a row
}

// asked is what several rules watch of records of which they keep traces: mostly
// a list that was not read, and so the same for all of them.
type asked struct {
	log        event.Log
	list, name string
	question   rule.Question
	targets    []int
	noted      bool          // misses is known
	misses     []*blindCount // where a record counts that has no answer, beside those of the recipe
}

// maxRecipes is how many a worker has; more kinds of records are gone through
// rule by rule.
const maxRecipes = 1 << 10

// recipes are those for the same outcomes, for records that cannot be read again
// and for those that can.
type recipes [2]*recipe

// recipeFor finds the recipe for the record at hand, or makes it. told is nil
// where the rules were asked for this record alone.
func (w *Worker) recipeFor(r *event.Record, told *rule.Told, out []rule.Outcome) *recipe {
	again := 0
	if w.at.Size > 0 {
		again = 1
	}
	if told == nil {
		return w.recipeOf(r, out, again)
	}
	kept, ok := told.Kept.(*recipes)
	if !ok {
		kept = &recipes{}
		told.Kept = kept
	}
	if kept[again] == nil {
		kept[again] = w.recipeOf(r, out, again)
	}
	return kept[again]
}

// recipeOf finds it by what it depends on.
func (w *Worker) recipeOf(r *event.Record, out []rule.Outcome, again int) *recipe {
	key := append(w.scratch[:0], byte(r.Shape()), byte(again))
	for i := range out {
		o := &out[i]
		key = binary.AppendUvarint(key, uint64(o.Place)<<1|uint64(o.Result&1))
		if o.Result == rule.True {
			continue
		}
		key = binary.AppendUvarint(key, uint64(len(o.Blind)))
		for _, f := range o.Blind {
			key = binary.AppendUvarint(key, uint64(f))
		}
		key = binary.AppendUvarint(key, uint64(len(o.Unread)))
		for _, list := range o.Unread {
			key = append(binary.AppendUvarint(key, uint64(len(list))), list...)
		}
	}
	w.scratch = key
	known := w.recipes[string(key)]
	if known != nil {
		return known
	}
	if len(w.recipes) >= w.d.recipes {
		return &recipe{none: true}
	}
	known = w.newRecipe(r.Shape(), out)
	w.recipes[string(key)] = known
	return known
}

// through does what a recipe says with the record at hand. It is false, and
// nothing is done, where the record has several groups or none.
func (w *Worker) through(c *recipe, r *event.Record, out []rule.Outcome) bool {
	if c.none {
		return false
	}
	for _, u := range c.sights {
		w.nearSights(r, u)
	}
	if !w.fill(c, r) {
		return false
	}
	c.records++
	w.recipe = c
	for i := range c.asked {
		w.answer(c, &c.asked[i], r.Shape())
	}
	for i := range c.turns {
		t := &c.turns[i]
		o, counted := &out[t.outcome], t.traced
		for _, u := range t.uses {
			if o.Result != rule.True {
				w.follow(r, u, false)
			} else if w.feed(r, o, u) {
				counted = true
			}
		}
		if counted && (w.isShown || !t.sure) {
			w.look(r, t.watches)
		}
	}
	w.recipe = nil
	return true
}

// answer counts the record at hand where a list cannot tell whether it is on it.
func (w *Worker) answer(c *recipe, a *asked, shape event.Shape) {
	if w.matcher.Answer(a.question) != rule.Unknown {
		return
	}
	if !a.noted {
		a.noted = true
		for _, target := range a.targets {
			a.misses = w.note(a.misses, w.weak, target, shape, event.NoField, a.list)
		}
		a.misses = slices.DeleteFunc(a.misses, func(b *blindCount) bool { return slices.Contains(c.misses, b) })
	}
	for _, b := range a.misses {
		if b.newest != w.number {
			b.newest = w.number
			b.records++
		}
	}
}

// fill writes the row of the record at hand into the table of a recipe, if it
// has one group by each set of fields.
func (w *Worker) fill(c *recipe, r *event.Record) bool {
	if c.table == nil {
		return true
	}
	columns := r.Columns()
	ones := append(w.ones[:0], w.d.salt.sum(nil))
	for _, f := range c.fields {
		s := w.columnSums(r, &columns, f)
		if len(s) != 1 {
			return false
		}
		ones = append(ones, s[0])
	}
	w.ones = ones
	cells := append(w.cells[:0], 0)
	for _, places := range c.cells {
		cell := ones[places[0]]
		for _, place := range places[1:] {
			cell = w.d.salt.join(cell, ones[place])
		}
		cells = append(cells, cell)
	}
	w.cells = cells
	tenant := uint32(0)
	if c.table.days {
		tenant = w.tenantOf(r)
	}
	cells[0] = originCell(w.originOf(r), tenant)
	w.held += c.table.add(cells)
	return true
}

// settle puts the records that recipes have counted into the counts of what
// could not be seen.
func (w *Worker) settle() {
	for _, c := range w.recipes {
		for _, b := range c.misses {
			b.records += c.records
		}
		c.records = 0
	}
}
