package detect

import (
	"math"
	"slices"

	"vakt/internal/event"
	"vakt/internal/geo"
	"vakt/internal/rule"
)

// trace is what is kept of a match where its record can be read again: enough
// to tell that its group cannot fire. Most groups cannot, and facts are made
// only of the records of those that may (see sifter).
//
// It says too much where it is not sure, and never too little: groups with one
// tag are taken for one, and so is a record that comes twice for two.
//
// A growth is decided by traces alone, and records are read again for what its
// alerts show. There the tag is the tenant and the value a hash of the group.
type trace struct {
	tag    uint32 // of the group: see sumTag
	origin uint32 // of the record; it has its time
	value  uint64 // a hash of what is counted, a country, or the place of the rule among those of the target
}

// traceBytes is what a trace takes, in memory and in a file.
const traceBytes = 16

// traces are those of a worker and target.
type traces struct {
	counted  pile // in place of facts
	followed pile // in place of followers
}

// mayBeTraces tells whether the facts of a target may be traces: more of them
// never keep it from firing, so that traces, which say too much, miss nothing.
func (d *Detector) mayBeTraces(t *target) bool {
	c := t.rule
	switch {
	case !t.steady || c.FirstSeen != nil:
		return false
	case c.Travel != nil:
		return true
	case c.Correlation == nil || !countsFacts(c) && !temporal(c):
		return false
	}
	return !slices.ContainsFunc(t.rests, func(r rest) bool { return !r.same || !d.targets[r.target].sifts })
}

// sift finds out of which uses traces may stand in place of facts, for each
// shape: of those whose records always tell of all that a fact is made of, so that
// nothing is left to be said that could not be seen.
func (d *Detector) sift() {
	for i := range d.targets {
		d.targets[i].sifts = d.mayBeTraces(&d.targets[i])
	}
	sets := [][]event.Field{}
	number := func(fields []event.Field) int {
		at := slices.IndexFunc(sets, func(s []event.Field) bool { return slices.Equal(s, fields) })
		if at < 0 {
			at, sets = len(sets), append(sets, fields)
		}
		return at
	}
	for _, c := range d.set.Rules() {
		for i := range d.uses[c] {
			u := &d.uses[c][i]
			t := &d.targets[u.target]
			u.groupSet, u.valueSet = number(u.group), number(u.values)
			u.whole = u.told
			for _, s := range event.Shapes() {
				if slices.ContainsFunc(u.asks(t.rule, c), func(f event.Field) bool { return !d.layout.Tells(s, c.Log, f) }) {
					u.whole &^= 1 << s
				}
			}
			if t.sifts && u.role != doubts || u.role == follows && len(t.rests) == 0 {
				u.sifted = u.whole
			}
		}
	}
	d.sets = sets
	d.agree()
}

// agree lets all matches of a record be traces of a growth, or none: it counts
// a record once, and knows a trace only from other traces.
func (d *Detector) agree() {
	all := make([]uint64, len(d.targets))
	for i := range all {
		all[i] = math.MaxUint64
	}
	each := func(see func(u *use)) {
		for _, uses := range d.uses {
			for i := range uses {
				if d.targets[uses[i].target].rule.Growth != nil {
					see(&uses[i])
				}
			}
		}
	}
	each(func(u *use) { all[u.target] &= u.sifted })
	each(func(u *use) { u.sifted = all[u.target] })
}

// asks are the fields that a fact is made of, beside groups and values.
func (u *use) asks(t, c *rule.Compiled) []event.Field {
	if u.role != counts {
		return nil
	}
	var fields []event.Field
	if c.LevelField != event.NoField {
		fields = append(fields, c.LevelField)
	}
	if t.Collapse != nil {
		fields = append(fields, t.Collapse.Fields(c.Log)...)
	}
	if t.Travel != nil {
		fields = append(fields, t.Travel.Country, t.Travel.Lat, t.Travel.Lon)
	}
	return fields
}

// leavesTrace tells whether a match of the record at hand may be a trace.
func (w *Worker) leavesTrace(u *use, shape event.Shape) bool {
	return w.at.Size > 0 && u.sifted>>shape&1 == 1
}

// trace keeps traces of a match for a target. There are none where the record
// has no value to group by, or to count; ok is false where only a fact will do.
func (w *Worker) trace(r *event.Record, u *use) (kept, ok bool) {
	groups := w.sums(r, u.groupSet)
	if len(groups) == 0 {
		return false, true
	}
	kind := w.d.targets[u.target].rule
	switch {
	case kind.Growth != nil:
		w.traceDays(r, u, groups)
		return true, true
	case kind.Travel != nil:
		country, known := w.countryOf(firstText(r, kind.Travel.Country))
		if known {
			w.traced(r, u, groups, country)
		}
		return known, known
	case kind.Collapse == nil && len(u.values) > 0:
		values := w.sums(r, u.valueSet)
		for _, value := range values {
			w.traced(r, u, groups, value)
		}
		return len(values) > 0, true
	}
	w.traced(r, u, groups, uint64(u.base))
	return true, true
}

// traceDays keeps the traces of a growth. A record that several rules match counts
// once.
func (w *Worker) traceDays(r *event.Record, u *use, groups []uint64) {
	list := &w.traces[u.target].counted.own
	for _, group := range groups {
		t := trace{w.tenantOf(r), w.originOf(r), group}
		if !list.endsWith(t, func(last *trace) bool { return last.origin == t.origin }) {
			w.leaveTrace(list, t)
		}
	}
}

// traced keeps a trace for each group.
func (w *Worker) traced(r *event.Record, u *use, groups []uint64, value uint64) {
	list := &w.traces[u.target].counted.own
	for _, group := range groups {
		w.leaveTrace(list, trace{sumTag(group), w.originOf(r), value})
	}
}

// traceAfter keeps a trace of what follows.
func (w *Worker) traceAfter(r *event.Record, u *use) {
	list := &w.traces[u.target].followed.own
	for _, group := range w.sums(r, u.groupSet) {
		w.leaveTrace(list, trace{tag: sumTag(group), origin: w.originOf(r)})
	}
}

func (w *Worker) leaveTrace(list *paged[trace], t trace) {
	list.add(t)
	w.held += traceBytes
}

// countries remembers which codes of two letters are those of countries that
// have a place: 0 is not known yet.
type countries [1 << 10]int8

const (
	isCountry = 1
	noCountry = -1
)

// countryOf is a country as a number; ok is false for any other text.
func (w *Worker) countryOf(text []byte) (country uint64, ok bool) {
	const letterBits = 5
	if len(text) != 2 || text[0]|0x20 < 'a' || text[0]|0x20 > 'z' || text[1]|0x20 < 'a' || text[1]|0x20 > 'z' {
		return 0, false
	}
	country = uint64(text[0]&31)<<letterBits | uint64(text[1]&31)
	is := &w.countries[country]
	if *is == 0 {
		*is = noCountry
		if geo.Country(countryCode(text)) != nil {
			*is = isCountry
		}
	}
	return country, *is == isCountry
}
