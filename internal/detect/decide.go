package detect

import (
	"maps"
	"math"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Detection is all that one rule found for one group on one UTC day.
type Detection struct {
	Rule     *rule.Compiled
	Tenant   string         // of the log; empty where the records do not say, or the run has one tenant
	Group    []string       // values of the rule's group fields, lower case; empty where it has none
	Day      int64          // of the firing facts: days since 1970
	First    int64          // earliest fact in any firing window, seconds since 1970
	Last     int64          // latest
	Count    int            // distinct sign-in attempts or records
	Value    float64        // largest number that the condition saw; finite
	AtLeast  bool           // a window held more facts than are kept
	Severity rule.Severity  // the highest, of the facts and of what raises it
	Raised   []Raised       // the raises that hold, in the rule's order
	Bases    []string       // temporal: the rules whose facts are in the windows, in the rule's order
	Matched  []string       // searches that were true, sorted
	Shapes   []event.Shape  // sorted
	Entities []event.Entity // by kind and id
	Records  []string       // ids by time and key
	Raw      [][]byte       // of each of Records: the record, compact; nil where it was not kept
}

// Raised is a raise that holds for a detection.
type Raised struct {
	Raise *rule.Raise
	Value int // records on the list, or different values; 1 for a search
}

// Result is what a run of a detector found, and what it could not decide.
type Result struct {
	Detections []Detection
	Blind      []Blind
	Weak       []Blind
	Undecided  map[string]int // by rule: facts that the end of the input left undecided
	Ungrouped  map[string]int // by rule: matching records without a value to group by, or to count
	// Tenant is the one tenant that the records name; empty where they name
	// none or several.
	Tenant string
}

// Blind says that a rule met records of a shape without a field that it needs.
type Blind struct {
	Rule    string // that would alert: a correlation, not the rules it counts
	Shape   event.Shape
	Fields  []string // sorted; "%name%" is a baseline list that was not read, "a/b" a log that is not there
	Records int
}

// decision is one run of stage two.
type decision struct {
	d      *Detector
	now    int64 // newest event time
	logs   event.Log
	chains [][]fact                        // by target: firings of correlations beneath
	after  [][]follower                    // by target
	absent map[blindKey]map[event.Key]bool // records that did not fire because a log is missing
	res    *Result
}

// Decide looks at the facts of all workers. The workers must not be used
// after it.
func (d *Detector) Decide(workers []*Worker) *Result {
	x := &decision{
		d: d, now: math.MinInt64, chains: make([][]fact, len(d.targets)), after: make([][]follower, len(d.targets)),
		absent: map[blindKey]map[event.Key]bool{}, res: &Result{Undecided: map[string]int{}, Ungrouped: map[string]int{}},
	}
	var named tenants
	for _, w := range workers {
		x.now = max(x.now, w.last)
		named.merge(w.tenants)
		for s := range w.seen {
			x.logs |= s.logs
		}
	}
	if !named.several {
		x.res.Tenant = named.one
		forgetTenants(workers)
	}
	for t := range d.targets {
		x.target(t, workers)
	}
	x.countUngrouped(workers)
	x.res.Blind, x.res.Weak = d.blindness(workers)
	x.sayAbsent()
	return x.res
}

// forgetTenants makes all records those of one tenant.
func forgetTenants(workers []*Worker) {
	for _, w := range workers {
		for t := range w.facts {
			for i := range w.facts[t] {
				w.facts[t][i].shown.tenant = ""
			}
			for i := range w.after[t] {
				w.after[t][i].tenant = ""
			}
		}
	}
}

// target decides all groups of one target. Those beneath it are decided.
func (x *decision) target(t int, workers []*Worker) {
	facts := x.chains[t]
	x.chains[t] = nil
	after := x.after[t]
	x.after[t] = nil
	for _, w := range workers {
		facts = append(facts, w.facts[t]...)
		after = append(after, w.after[t]...)
		w.facts[t], w.after[t] = nil, nil
	}
	j := newJudge(x, t, after)
	for facts = gather(facts); len(facts) > 0; {
		n := 1
		for n < len(facts) && facts[n].group == facts[0].group && facts[n].shown.tenant == facts[0].shown.tenant {
			n++
		}
		j.decide(&series{facts[:n:n]})
		facts = facts[n:]
	}
}

// countUngrouped counts records, however often each was seen.
func (x *decision) countUngrouped(workers []*Worker) {
	for t := range x.d.targets {
		all := map[event.Key]bool{}
		for _, w := range workers {
			maps.Copy(all, w.alone[t])
		}
		if len(all) > 0 {
			for _, s := range x.d.targets[t].said {
				x.res.Ungrouped[x.d.targets[s].rule.Key()] += len(all)
			}
		}
	}
}
