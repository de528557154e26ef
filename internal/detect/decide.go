package detect

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Detection is all that one rule found for one group on one UTC day.
type Detection struct {
	Rule     *rule.Compiled
	Tenant   string   // of the log; empty where the records do not say, or the run has one tenant
	Group    []string // values of the rule's group fields, lower case
	Day      int64    // of the firing facts: days since 1970
	First    int64    // earliest fact in any firing window, seconds since 1970
	Last     int64    // latest
	Count    int      // distinct sign-in attempts or records
	Value    int      // largest number that the condition saw
	AtLeast  bool     // a window held more facts than are kept
	Severity rule.Severity
	Matched  []string       // searches that were true, sorted
	Shapes   []event.Shape  // sorted
	Entities []event.Entity // by kind and id
	Records  []string       // ids by time and key
}

// Result is what a run of a detector found, and what it could not decide.
type Result struct {
	Detections []Detection
	Blind      []Blind
	Weak       []Blind
	Undecided  map[string]int // by rule: facts that the end of the input left undecided
	Ungrouped  map[string]int // by rule: matching records without a value to group by
	// Tenant is the one tenant that the records name; empty where they name
	// none or several.
	Tenant string
}

// Blind says that a rule met records of a shape without a field that it needs.
type Blind struct {
	Rule    string // that would alert: a correlation, not the rules it counts
	Shape   event.Shape
	Fields  []string // sorted; "%name%" is a baseline list that was not read
	Records int
}

// Decide looks at the facts of all workers. The workers must not be used
// after it.
func (d *Detector) Decide(workers []*Worker) *Result {
	res := &Result{Undecided: map[string]int{}, Ungrouped: map[string]int{}}
	var facts []fact
	var named tenants
	now := int64(math.MinInt64)
	for _, w := range workers {
		facts = append(facts, w.facts...)
		now = max(now, w.last)
		named.merge(w.tenants)
	}
	d.countUngrouped(workers, res)
	res.Blind, res.Weak = d.blindness(workers)
	if !named.several {
		res.Tenant = named.one
		for i := range facts {
			facts[i].tenant = ""
		}
	}
	d.decideAll(distinct(facts), now, res)
	return res
}

// countUngrouped counts records, however often each was seen.
func (d *Detector) countUngrouped(workers []*Worker, res *Result) {
	for t := range d.targets {
		all := map[event.Key]bool{}
		for _, w := range workers {
			maps.Copy(all, w.alone[t])
		}
		if len(all) > 0 {
			res.Ungrouped[d.targets[t].rule.Key()] = len(all)
		}
	}
}

// decideAll cuts sorted facts into groups and decides each.
func (d *Detector) decideAll(facts []fact, now int64, res *Result) {
	for len(facts) > 0 {
		n := 1
		for n < len(facts) && facts[n].target == facts[0].target && facts[n].tenant == facts[0].tenant && facts[n].group == facts[0].group {
			n++
		}
		d.decide(facts[:n:n], now, res)
		facts = facts[n:]
	}
}

// distinct sorts facts by target, group, time and key, with one fact for each
// record and group: of several versions of a record, the one to be shown.
func distinct(facts []fact) []fact {
	slices.SortFunc(facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.target, b.target), strings.Compare(string(a.key[:]), string(b.key[:])), newest(a, b))
	})
	kept := facts[:0]
	for i := 0; i < len(facts); {
		best, end := facts[i], i
		for ; end < len(facts) && facts[end].target == best.target && facts[end].key == best.key; end++ {
			if newest(facts[end], best) == 0 {
				kept = append(kept, facts[end])
			}
		}
		i = end
	}
	slices.SortFunc(kept, compareFacts)
	return merge(kept)
}

// compareFacts orders by target, group, time and key.
func compareFacts(a, b fact) int {
	return cmp.Or(cmp.Compare(a.target, b.target), strings.Compare(a.tenant, b.tenant), strings.Compare(a.group, b.group),
		cmp.Compare(a.time, b.time), strings.Compare(string(a.key[:]), string(b.key[:])), strings.Compare(a.value, b.value))
}

// merge makes one fact of those that stand for the same record, group and
// value: copies of a record, or a record that several rules of a correlation
// match.
func merge(sorted []fact) []fact {
	merged := sorted[:0]
	for _, f := range sorted {
		n := len(merged)
		if n == 0 || compareFacts(merged[n-1], f) != 0 {
			merged = append(merged, f)
			continue
		}
		same := &merged[n-1]
		same.severity = max(same.severity, f.severity)
		if !slices.Equal(same.matched, f.matched) {
			same.matched = sortedSet(slices.Concat(same.matched, f.matched))
		}
	}
	return merged
}

// newest orders versions of a record, the one to be shown first: last
// updated, then fullest, then by what it says, greatest first. Facts of one
// version are equal, whichever rule and group they are of.
func newest(a, b fact) int {
	if a.shown == b.shown {
		return 0
	}
	return cmp.Or(cmp.Compare(b.shown.updated, a.shown.updated), cmp.Compare(b.shown.size, a.shown.size),
		cmp.Compare(b.time, a.time), strings.Compare(b.tenant, a.tenant),
		strings.Compare(string(b.attempt[:]), string(a.attempt[:])), compareShown(b.shown, a.shown))
}

func compareShown(a, b *shown) int {
	entity := func(x, y event.Entity) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID), strings.Compare(x.Name, y.Name))
	}
	return cmp.Or(slices.CompareFunc(a.entities, b.entities, entity), strings.Compare(a.id, b.id), cmp.Compare(a.shape, b.shape))
}
