package detect

import "vakt/internal/event"

// slot is a record, and for a temporal correlation or a family one of its rules,
// of which the newest version counts.
type slot struct {
	key  event.Key
	base uint32
}

// versions are the newest matching versions of the records of a target that
// were seen in several.
type versions map[slot]version

// slot of a fact.
func (x *decision) slot(t int, e *entry) slot {
	s := slot{key: e.key}
	if temporal(x.d.targets[t].rule) {
		s.base = uint32(e.base)
	}
	return s
}

// slots are those of a fact: of a family it has one for each rule.
func (x *decision) slots(t int, e *entry, yield func(slot) bool) {
	if x.d.targets[t].family == nil {
		yield(x.slot(t, e))
		return
	}
	for _, k := range x.kins[x.kin(e)] {
		if !yield(slot{e.key, k.place}) {
			return
		}
	}
}

// survey looks at all facts of a target before they are decided: for versions
// of one record, which may be in different groups, and for what may follow in
// any group.
func (x *decision) survey(t int) {
	first := versions{}
	x.versions, x.anyGroup = versions{}, x.anyGroup[:0]
	for e := range x.all(t) {
		switch {
		case e.kind == maybeAny:
			x.anyGroup = append(x.anyGroup, after{tenant: x.tenantOf(e), time: e.time})
		case e.kind == isFact && x.repeated(e.key):
			v := e.version()
			for s := range func(yield func(slot) bool) { x.slots(t, e, yield) } {
				x.compare(first, s, v)
			}
		}
	}
	sortAfter(x.anyGroup)
}

// compare takes in another version of a record. first are those that are the
// newest so far.
func (x *decision) compare(first versions, s slot, v version) {
	known, ok := first[s]
	if !ok {
		first[s] = v
		return
	}
	if c := x.newest(s.key, v, known); c != 0 {
		if c < 0 {
			known = v
		}
		first[s], x.versions[s] = known, known
	}
}

// isOld says whether a newer version of the record matched.
func (x *decision) isOld(t int, e *entry) bool {
	return len(x.versions) > 0 && x.isOldIn(x.slot(t, e), e.version())
}

func (x *decision) isOldIn(s slot, v version) bool {
	best, several := x.versions[s]
	return several && x.newest(s.key, v, best) != 0
}

// all goes through all facts of a target, in no order. What it hands out is
// used again.
func (x *decision) all(t int) func(yield func(*entry) bool) {
	return func(yield func(*entry) bool) {
		var e entry
		for i, w := range x.workers {
			e.of = uint32(i)
			for f := range w.facts[t].each {
				if e.fact = *f; !yield(&e) {
					return
				}
			}
			if !x.spilled(t, uint32(i), yield) {
				return
			}
		}
		for i := range x.chains[t] {
			if !yield(&x.chains[t][i]) {
				return
			}
		}
	}
}

// spilled goes through those that a worker has put into files.
func (x *decision) spilled(t int, worker uint32, yield func(*entry) bool) bool {
	w := x.workers[worker]
	if w.spill == nil {
		return true
	}
	for _, p := range w.spill.runs {
		if p.target != t {
			continue
		}
		s := newInFile(w, worker, p)
		for _, ok := s.front(); ok; _, ok = s.front() {
			e := s.next()
			if !yield(&e) {
				return false
			}
		}
		if s.err != nil {
			x.fail(s.err)
		}
	}
	return true
}
