package detect

import "vakt/internal/event"

// slot is a record, and for a temporal correlation one of its rules, of which
// the newest version counts.
type slot struct {
	key  event.Key
	base uint8
}

// versions are the newest matching versions of the records of a target that
// were seen in several.
type versions map[slot]version

// slot of a fact.
func (x *decision) slot(t int, e *entry) slot {
	s := slot{key: e.key}
	if temporal(x.d.targets[t].rule) {
		s.base = e.base
	}
	return s
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
			s, v := x.slot(t, e), e.version()
			known, ok := first[s]
			if !ok {
				first[s] = v
				continue
			}
			if c := x.newest(e.key, v, known); c != 0 {
				if c < 0 {
					known = v
				}
				first[s], x.versions[s] = known, known
			}
		}
	}
	sortAfter(x.anyGroup)
}

// isOld says whether a newer version of the record matched.
func (x *decision) isOld(t int, e *entry) bool {
	if len(x.versions) == 0 {
		return false
	}
	best, several := x.versions[x.slot(t, e)]
	return several && x.newest(e.key, e.version(), best) != 0
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
