package detect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// fact is one match, or one firing of a correlation beneath: that a record, at
// a time, counts for a target and group.
type fact struct {
	group    string // the group's values, joined by joint
	value    string // what is counted: a combination of values, the part of a Collapse, the place of a number
	number   float64
	time     int64
	key      event.Key
	bases    uint64 // of a temporal correlation: its rules that the record matches, by bit
	severity rule.Severity
	matched  []string // sorted
	shown    *shown
	inner    []span // of a chain: the windows that fired
}

// shown is what is kept of a record, shared by the record's facts.
type shown struct {
	tenant   string
	id       string
	attempt  event.Key
	updated  int64
	size     int
	shape    event.Shape
	entities []event.Entity
	raw      []byte // compact; nil unless records are kept
	listed   []int  // ids of watches whose list the record is on, sorted
	counted  []counted
}

// counted is a value that a watch counts.
type counted struct {
	id    int
	value string
}

// joint joins the values of a group; no field value holds it, as NUL inside
// JSON text arrives as an escape and is replaced.
const joint = "\x00"

// anyGroup stands for the group of a record whose shape does not tell it. No
// group is like it, as empty values make none.
const anyGroup = joint

// follower is a record or firing that may take back the facts of its group
// before it.
type follower struct {
	tenant string
	group  string
	time   int64
	sure   bool // it follows; else it is unknown whether it does
}

// gather gives the facts of one target their order: by tenant, group, time
// and key, one for each record, group and value; of several versions of a
// record the one to be shown. The facts that fell away are lost.
func gather(facts []fact) []fact {
	old := oldVersions(facts)
	order := make([]*fact, 0, len(facts))
	for i := range facts {
		if !old[i] {
			order = append(order, &facts[i])
		}
	}
	slices.SortFunc(order, func(a, b *fact) int {
		if c := compareFacts(a, b); c != 0 {
			return c // mostly, and what follows costs more
		}
		return cmp.Or(newest(a, b), cmp.Compare(b.number, a.number))
	})
	merged := make([]fact, 0, len(facts))
	for _, f := range order {
		if n := len(merged); n > 0 && compareFacts(&merged[n-1], f) == 0 {
			merged[n-1].merge(f)
			continue
		}
		merged = append(merged, *f)
	}
	return merged
}

// oldVersions finds the facts of other than the newest matching version of a
// record, for each rule of a temporal correlation on its own.
func oldVersions(all []fact) map[int]bool {
	type place struct {
		key   event.Key
		bases uint64
		at    int
	}
	places := make([]place, len(all))
	for i := range all {
		places[i] = place{all[i].key, all[i].bases, i}
	}
	slices.SortFunc(places, func(a, b place) int {
		if c := bytes.Compare(a.key[:], b.key[:]); c != 0 {
			return c
		}
		return cmp.Compare(a.bases, b.bases)
	})
	old := map[int]bool{}
	for i := 0; i < len(places); {
		best, end := &all[places[i].at], i+1
		for ; end < len(places) && places[end].key == places[i].key && places[end].bases == places[i].bases; end++ {
			if f := &all[places[end].at]; newest(f, best) < 0 {
				best = f
			}
		}
		for ; i < end; i++ {
			if newest(&all[places[i].at], best) != 0 {
				old[places[i].at] = true
			}
		}
	}
	return old
}

// compareFacts orders by tenant, group, time, key and value: what tells facts
// of a target apart.
func compareFacts(a, b *fact) int {
	if a.shown.tenant != b.shown.tenant {
		return strings.Compare(a.shown.tenant, b.shown.tenant)
	}
	if c := strings.Compare(a.group, b.group); c != 0 {
		return c
	}
	if a.time != b.time {
		return cmp.Compare(a.time, b.time)
	}
	return cmp.Or(bytes.Compare(a.key[:], b.key[:]), strings.Compare(a.value, b.value))
}

// merge takes in another fact of the same record, group and value: of a copy
// of the record, or by another rule of the correlation.
func (f *fact) merge(other *fact) {
	f.severity = max(f.severity, other.severity)
	f.bases |= other.bases
	if !slices.Equal(f.matched, other.matched) {
		f.matched = sortedSet(slices.Concat(f.matched, other.matched))
	}
	for _, s := range other.inner {
		if !slices.Contains(f.inner, s) {
			f.inner = append(f.inner[:len(f.inner):len(f.inner)], s)
		}
	}
}

// newest orders versions of a record, the one to be shown first: last
// updated, then fullest, then by what it says, greatest first. Facts of one
// version are equal, whichever rule and group they are of.
func newest(a, b *fact) int {
	if a.shown == b.shown {
		return 0
	}
	return cmp.Or(cmp.Compare(b.shown.updated, a.shown.updated), cmp.Compare(b.shown.size, a.shown.size),
		cmp.Compare(b.time, a.time), compareShown(b.shown, a.shown))
}

func compareShown(a, b *shown) int {
	entity := func(x, y event.Entity) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID), strings.Compare(x.Name, y.Name))
	}
	value := func(x, y counted) int { return cmp.Or(cmp.Compare(x.id, y.id), strings.Compare(x.value, y.value)) }
	return cmp.Or(strings.Compare(a.tenant, b.tenant), bytes.Compare(a.attempt[:], b.attempt[:]),
		slices.CompareFunc(a.entities, b.entities, entity), strings.Compare(a.id, b.id), cmp.Compare(a.shape, b.shape),
		slices.Compare(a.listed, b.listed), slices.CompareFunc(a.counted, b.counted, value), bytes.Compare(a.raw, b.raw))
}

func sortedSet[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}
