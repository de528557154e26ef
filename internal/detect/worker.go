package detect

import (
	"math"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Worker matches records, one after the other, for one goroutine.
type Worker struct {
	d       *Detector
	matcher *rule.Matcher
	out     []rule.Outcome
	facts   [][]fact     // by target
	after   [][]follower // by target
	shown   *shown       // of the record at hand; nil until somebody asks
	number  int          // of the record at hand, from 1
	blind   map[blindKey]*blindCount
	weak    map[blindKey]*blindCount
	seen    map[shapeLog]int
	alone   map[int]map[event.Key]bool // by target: records without a value to group by
	tenants tenants
	last    int64 // newest event time
	words   map[string]string
	kept    int // bytes of records
}

// blindKey is a target and the shape in which it could not see.
type blindKey struct {
	target int
	shape  event.Shape
}

type blindCount struct {
	records int
	newest  int // number of the last record counted
	missing map[string]bool
}

type shapeLog struct {
	shape event.Shape
	logs  event.Log
}

// tenants are those that the records of a run name, as far as that matters.
type tenants struct {
	one     string // the first that was named
	several bool
}

func (t *tenants) add(tenant string) {
	if t.one == "" {
		t.one = tenant
	}
	t.several = t.several || tenant != "" && tenant != t.one
}

func (t *tenants) merge(o tenants) {
	t.add(o.one)
	t.several = t.several || o.several
}

// NewWorker makes a worker of the detector.
func (d *Detector) NewWorker() *Worker {
	return &Worker{
		d: d, matcher: d.set.NewMatcher(), facts: make([][]fact, len(d.targets)), after: make([][]follower, len(d.targets)), seen: map[shapeLog]int{}, alone: map[int]map[event.Key]bool{},
		blind: map[blindKey]*blindCount{}, weak: map[blindKey]*blindCount{},
		last: math.MinInt64, words: map[string]string{},
	}
}

// See matches one record in scope, whose time has been checked.
func (w *Worker) See(r *event.Record) {
	w.number++
	w.shown = nil
	w.last = max(w.last, r.Time())
	if t := r.Tenant(); len(t) > 0 && string(t) != w.tenants.one {
		w.tenants.add(string(t))
	}
	w.seen[shapeLog{r.Shape(), r.Logs()}]++
	w.out = w.matcher.Match(r, r.Logs(), w.out[:0])
	for i := range w.out {
		if o := &w.out[i]; o.Result == rule.True {
			w.match(r, o)
		} else {
			w.unknown(r, o)
		}
	}
}

// unknown notes what kept a rule from being decided, under the names of the
// rules that would have alerted.
func (w *Worker) unknown(r *event.Record, o *rule.Outcome) {
	for _, u := range w.d.uses[o.Rule] {
		if u.role != counts {
			w.follow(r, &u, false)
		}
		for _, f := range o.Blind {
			w.miss(w.blind, u.target, r.Shape(), w.d.names[f])
		}
		for _, list := range o.Unread {
			w.miss(w.blind, u.target, r.Shape(), "%"+list+"%")
		}
	}
}

// miss counts the record at hand, once for a target, among those in which it
// could not see something.
func (w *Worker) miss(counts map[blindKey]*blindCount, target int, shape event.Shape, what string) {
	for _, t := range w.d.targets[target].said {
		k := blindKey{t, shape}
		b := counts[k]
		if b == nil {
			b = &blindCount{missing: map[string]bool{}}
			counts[k] = b
		}
		if b.newest != w.number {
			b.newest = w.number
			b.records++
		}
		b.missing[what] = true
	}
}

// word keeps one copy of a text that comes again and again.
func (w *Worker) word(s string) string {
	if known, ok := w.words[s]; ok {
		return known
	}
	w.words[s] = s
	return s
}
