package detect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Detection is all that one rule found for one group on one UTC day.
type Detection struct {
	Rule     *rule.Compiled
	Tenant   string         // of the log; empty where the records do not say, or the run has one tenant
	Group    []string       // values of the rule's group fields, lower case; empty where it has none
	Day      int64          // of the firing facts: days since 1970; growth: the local day
	First    int64          // earliest fact in any firing window, seconds since 1970
	Last     int64          // latest
	Count    int            // distinct sign-in attempts or records
	Value    float64        // largest number that the condition saw; finite
	AtLeast  bool           // a window held more facts than are kept
	New      []string       // first_seen: the combinations of values that are new, sorted, each joined with a blank
	Before   int            // growth: the number of the day that Value is compared with
	Severity rule.Severity  // the highest, of the facts and of what raises it
	Raised   []Raised       // the raises that hold, in the rule's order
	Moves    []Move         // of a Travel: the first MaxMoves, in the order in which they end
	Bases    []string       // temporal: the rules whose facts are in the windows, in the rule's order
	Matched  []string       // searches that were true, sorted
	Shapes   []event.Shape  // sorted
	Entities []event.Entity // by kind and id
	Records  []string       // ids by time and key
	Raw      [][]byte       // of each of Records: the record, compact; nil where it was not kept; none where the detector keeps none
}

// Raised is a raise that holds for a detection.
type Raised struct {
	Raise *rule.Raise
	Value int // records on the list, or different values; 1 for a search
}

// Result is what a run of a detector found, and what it could not decide.
type Result struct {
	Detections []*Detection // in no order
	Blind      []Blind
	Weak       []Blind
	Undecided  map[string]int // by rule: facts that the end of the input left undecided
	// Learning counts, by rule, what would fire if enough were known of the
	// time before: facts of a first_seen, days of groups of a growth.
	Learning  map[string]int
	Ungrouped map[string]int // by rule: matching records without a value to group by, or to count
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

// decision is one run of stage two over some targets, for one goroutine.
type decision struct {
	*common
	words glossary // what texts are numbered by from here on

	chains    [][]entry                       // by target: firings of correlations beneath
	versions  versions                        // of the target at hand
	anyGroup  []after                         // the same: what may follow in any group
	absent    map[blindKey]map[event.Key]bool // records that did not fire because a log is missing
	named     map[uint32][]string             // searches by their number
	kins      [][]kin                         // of facts of families
	kinPlaces map[kinOf]uint32                // in kins
	res       Result                          // its Detections come last, from found
	found     found
	memo      entityMemo
	memory    inMemory // its stream of facts that are in memory
	err       error

	reader   *reader            // reads again what is shown; nil before the first
	readings map[version]uint32 // rows of it

	pair [2]shown // scratch
	buf  []byte
	near int64 // what was fetched: see fewAhead
}

// common is what all decisions of a run know. Nobody changes it.
type common struct {
	d       *Detector
	workers []*Worker
	now     int64 // newest event time
	logs    event.Log
	several bool // tenants
	repeats func(event.Key) bool
	open    func() Archive // nil: nothing can be read again
	lanes   int            // how many goroutines decide
	again   []*Worker      // the last of workers: those that read records again
}

func (c *common) decision() *decision {
	x := &decision{
		common: c, words: glossary{base: &c.workers[0].words}, chains: make([][]entry, len(c.d.targets)),
		absent: map[blindKey]map[event.Key]bool{}, named: map[uint32][]string{}, kinPlaces: map[kinOf]uint32{}, res: Result{Undecided: map[string]int{}, Learning: map[string]int{}, Ungrouped: map[string]int{}},
	}
	x.words.own.begin(c.d.seed)
	return x
}

// blindKey is a target and the shape in which it could not see.
type blindKey struct {
	target int
	shape  event.Shape
}

// Decide looks at the facts of all workers. The workers must not be used
// after it, save to be closed. repeated tells whether more than one record of
// a key was given to the workers; nil: any may have been. The error is that of
// a worker that could not keep its facts, or of a context that ends.
//
// open gives what reads records again that were seen with a place; it may be nil
// where none was. It takes as many goroutines as there are workers.
func (d *Detector) Decide(ctx context.Context, workers []*Worker, repeated func(event.Key) bool, open func() Archive) (_ *Result, err error) {
	c := &common{d: d, workers: slices.Clone(workers), now: math.MinInt64, repeats: repeated, open: open}
	if len(workers) == 0 {
		c.workers = []*Worker{d.newWorker()}
	}
	c.lanes = len(c.workers)
	defer func() {
		for _, w := range c.again {
			err = errors.Join(err, w.Close())
		}
	}()
	var named tenants
	for _, w := range workers {
		if err := w.Err(); err != nil {
			return nil, err
		}
		c.now = max(c.now, w.last)
		w.unload()
		named.merge(w.tenants)
		for s := range w.seen {
			c.logs |= s.logs
		}
	}
	c.several = named.several
	if err := c.sift(ctx); err != nil {
		return nil, err
	}
	x := c.decideAll(ctx)
	if x.err != nil {
		return nil, x.err
	}
	if !named.several {
		x.res.Tenant = named.one
	}
	x.res.Detections = x.found.all()
	raiseMany(x.res.Detections)
	x.countUngrouped()
	x.res.Blind, x.res.Weak = d.blindness(workers)
	x.sayAbsent()
	return &x.res, nil
}

// decideAll decides the parts, several at a time, and puts together what was
// found.
func (c *common) decideAll(ctx context.Context) *decision {
	parts := c.parts()
	all := make([]*decision, max(1, min(c.lanes, len(parts))))
	var next atomic.Int32
	var busy sync.WaitGroup
	for i := range all {
		x := c.decision()
		all[i] = x
		busy.Go(func() {
			for n := int(next.Add(1)); n <= len(parts) && x.err == nil; n = int(next.Add(1)) {
				x.targets(ctx, parts[n-1])
			}
			x.fail(x.close())
		})
	}
	busy.Wait()
	for _, x := range all[1:] {
		all[0].absorb(x)
	}
	return all[0]
}

// parts are the targets that have to be decided together and in their order,
// as the firings of one are facts of another. Most stand alone. Those with the
// most facts come first.
func (c *common) parts() [][]int {
	above := make([]int, len(c.d.targets)) // by target: one of its part; itself at the top
	for t := range above {
		above[t] = t
	}
	top := func(t int) int {
		for above[t] != t {
			t = above[t]
		}
		return t
	}
	for t := range above {
		for _, f := range c.d.targets[t].feeds {
			above[top(t)] = top(f.target)
		}
	}
	byTop, facts := map[int][]int{}, map[int]int{}
	for t := range above {
		byTop[top(t)] = append(byTop[top(t)], t)
		facts[top(t)] += c.facts(t)
	}
	return slices.SortedFunc(maps.Values(byTop), func(a, b []int) int { return cmp.Compare(facts[top(b[0])], facts[top(a[0])]) })
}

// facts is how many a target has.
func (c *common) facts(target int) int {
	n := 0
	for _, w := range c.workers {
		n += w.facts[target].len()
		if w.spill == nil {
			continue
		}
		for _, p := range w.spill.runs {
			if p.target == target {
				n += p.count
			}
		}
	}
	return n
}

// absorb takes in what another decision found.
func (x *decision) absorb(o *decision) {
	x.fail(o.err)
	x.found.absorb(&o.found)
	for rule, n := range o.res.Undecided {
		x.res.Undecided[rule] += n
	}
	for rule, n := range o.res.Learning {
		x.res.Learning[rule] += n
	}
	maps.Copy(x.absent, o.absent) // a target is decided by one
}

// targets decides some, in their order.
func (x *decision) targets(ctx context.Context, list []int) {
	for _, t := range list {
		x.fail(ctx.Err())
		if x.err != nil {
			return
		}
		if x.target(ctx, t); x.words.full() {
			x.fail(errFull)
		}
	}
}

// fail keeps the first error.
func (x *decision) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *decision) repeated(k event.Key) bool { return x.repeats == nil || x.repeats(k) }

// target decides all groups of one target. Those beneath it are decided.
func (x *decision) target(ctx context.Context, t int) {
	switch {
	case x.d.targets[t].rule.Growth != nil:
		newJudge(x, t).compareDays(ctx)
	case x.hopeless(t): // as all of a family but the one that leads
	case x.d.targets[t].family != nil:
		newJudge(x, t).family(ctx)
	default:
		newJudge(x, t).groups(ctx)
	}
	for _, w := range x.workers {
		w.facts[t] = facts{}
	}
	x.chains[t] = nil
}

// groups decides one group after the other.
func (j *judge) groups(ctx context.Context) {
	j.x.survey(j.number)
	for entries := range func(yield func([]entry) bool) { j.x.groups(j.number, yield) } {
		if ctx.Err() != nil {
			return
		}
		if j.t.mayFire(entries) {
			j.entries(entries)
		}
	}
}

// countUngrouped counts records, however often each was seen.
func (x *decision) countUngrouped() {
	for t := range x.d.targets {
		var all []event.Key
		for _, w := range x.workers {
			all = append(all, w.alone[t]...)
		}
		slices.SortFunc(all, func(a, b event.Key) int { return bytes.Compare(a[:], b[:]) })
		if n := len(slices.Compact(all)); n > 0 {
			for _, s := range x.d.targets[t].said {
				x.res.Ungrouped[x.d.targets[s].rule.Key()] += n
			}
		}
	}
}

// global is the decision's number of a text of a worker.
func (x *decision) global(worker, text uint32) uint32 {
	return x.globalOf(x.worker(worker), text)
}

func (x *decision) globalOf(w *Worker, text uint32) uint32 {
	if &w.words != x.words.base {
		return x.words.put(w.words.text(text))
	}
	return text
}

// tenantOf is the decision's number of an entry's tenant: the empty text where
// the run has one.
func (x *decision) tenantOf(e *entry) uint32 {
	switch {
	case !x.several:
		return 0
	case e.global:
		return e.tenant
	}
	return x.global(e.of, e.tenant)
}
