package detect

import (
	"math"

	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/rule"
)

// Worker matches records, one after the other, for one goroutine. What it
// keeps of them is its own: workers share nothing that is written to.
type Worker struct {
	d       *Detector
	matcher *rule.Matcher
	out     []rule.Outcome

	facts []facts // by target
	words words
	rows  rows
	kinds []string // of entities
	kept  records
	held  int // bytes of facts, rows and traces in memory
	limit int // of held
	spill *spill
	lean  lean
	err   error // why it cannot keep facts any more

	traces    []traces // by target
	origins   origins
	countries countries
	recipes   map[string]*recipe
	recipe    *recipe // that the record at hand is gone through by; nil: there is none
	tables    []*traceTable
	cells     []uint64 // scratch: of a row of a table
	ones      []uint64 // scratch: of the fields it is made of
	summed    []sums   // by set of fields
	ofFields  []sums   // by field
	recall    *recall  // of one that reads records again; nil: it sees them for the first time

	number   int    // of the record at hand, from 1
	at       At     // the same: where it can be read again
	origin   uint32 // the same: its number; 0: it has none
	shown    shown
	isShown  bool // of the record at hand
	pending  []pendingFact
	kinships []kinship     // by number of the family
	claimed  []*family     // those that the record at hand belongs to
	singles  []single      // by field
	combined []combination // by fields
	hashes   []hashes      // by fields
	searched []searched    // by Outcome.Place
	lately   uuidMemo
	groups   []uint32 // scratch, as are these
	values   []uint32
	text     []byte
	scratch  []byte

	blind   []*blindCount // by target and shape
	weak    []*blindCount
	seen    map[shapeLog]*int
	same    shapeLog // of the last record, and its place in seen
	tallied *int
	alone   [][]event.Key // by target: records without a value to group by, perhaps several times
	tenants tenants
	tenant  tenant // of the last record
	last    int64  // newest event time
}

// tenant is a text and its number.
type tenant struct {
	text   []byte
	number uint32
}

// tenantOf numbers the tenant of the record at hand, which mostly is that of the
// one before.
func (w *Worker) tenantOf(r *event.Record) uint32 {
	if text := r.Tenant(); string(text) != string(w.tenant.text) {
		w.tenant = tenant{append(w.tenant.text[:0], text...), w.words.put(text)}
	}
	return w.tenant.number
}

// pendingFact is a fact of the record at hand, whose row is not written yet.
type pendingFact struct {
	target int
	fact   fact
}

// shapeCount is how many shapes there are, that of no shape included.
var shapeCount = len(event.Shapes()) + 1

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
	w := d.newWorker()
	w.matcher = d.set.NewMatcher()
	return w
}

// newWorker makes one that keeps facts and matches nothing.
func (d *Detector) newWorker() *Worker {
	counts := len(d.targets) * shapeCount
	w := &Worker{
		d: d, limit: d.limit, facts: make([]facts, len(d.targets)), kept: records{left: d.keep},
		traces: make([]traces, len(d.targets)), recipes: map[string]*recipe{}, summed: make([]sums, len(d.sets)),
		blind: make([]*blindCount, counts), weak: make([]*blindCount, counts),
		lean: newLean(d), kinships: make([]kinship, len(d.families)), seen: map[shapeLog]*int{}, alone: make([][]event.Key, len(d.targets)), last: math.MinInt64,
	}
	w.words.begin(d.seed)
	return w
}

// See matches one record in scope, whose time has been checked.
func (w *Worker) See(r *event.Record) { w.SeeAt(r, At{}) }

// SeeAt is See for a record that can be read again at a place, so that little
// of it need be kept. It tells whether it may be.
func (w *Worker) SeeAt(r *event.Record, at At) (mayBeRead bool) {
	w.at, w.origin = at, 0
	w.number++
	w.isShown = false
	w.last = max(w.last, r.Time())
	if t := r.Tenant(); len(t) > 0 && string(t) != w.tenants.one {
		w.tenants.add(string(t))
	}
	w.tally(shapeLog{r.Shape(), r.Logs()})
	told, out := w.matcher.Tell(r, r.Logs(), w.out[:0])
	w.out = out
	if told != nil {
		out = told.Outcomes
	}
	if !w.through(w.recipeFor(r, told, out), r, out) {
		w.matches(r, out)
	}
	w.finish()
	return w.origin != 0
}

// matches goes through what rules say of the record at hand.
func (w *Worker) matches(r *event.Record, out []rule.Outcome) {
	for i := range out {
		if o := &out[i]; o.Result == rule.True {
			w.match(r, o)
		} else {
			w.unknown(r, o)
		}
	}
}

// Err says why the worker can keep facts no more; what it found then is not
// all there was. It is asked now and then, and Decide says it too.
func (w *Worker) Err() error {
	if w.err == nil && (w.words.full || w.rows.full) {
		w.err = errFull
	}
	return w.err
}

// tally counts the records of a shape and log.
func (w *Worker) tally(s shapeLog) {
	if w.tallied == nil || s != w.same {
		if w.seen[s] == nil {
			w.seen[s] = new(int)
		}
		w.same, w.tallied = s, w.seen[s]
	}
	*w.tallied++
}

// finish writes the row of the record at hand and the facts that point to it.
func (w *Worker) finish() {
	defer w.bound()
	if len(w.pending) == 0 && len(w.claimed) == 0 && (w.recall == nil || !w.isShown) {
		return
	}
	w.text = w.shown.append(w.text[:0], w.shown.key)
	row := w.rows.put(w.text)
	w.held += len(w.text)
	if w.recall != nil {
		w.recall.row = row
	}
	for _, p := range w.pending {
		p.fact.row = row
		w.keep(p.target, p.fact)
	}
	w.pending = w.pending[:0]
	w.keepClaimed(row)
}

// keep adds a fact to those of a target.
func (w *Worker) keep(target int, f fact) {
	w.facts[target].add(f)
	w.held += factBytes
}

// bound puts what does not fit into memory into files, behind a record.
func (w *Worker) bound() {
	if w.held > w.limit && w.err == nil {
		w.err = w.spillAll()
	}
}

// records are those that a worker keeps to show them, up to a number of bytes.
type records struct {
	left int
	list [][]byte
}

// put keeps a record if there is room; the number is 0 where there is none.
func (k *records) put(raw []byte) int {
	if len(raw) > k.left {
		return 0
	}
	k.left -= len(raw)
	k.list = append(k.list, extract.AppendCompact(nil, raw))
	return len(k.list)
}

// raw is the record of a number; nil for 0.
func (k *records) raw(number int) []byte {
	if number == 0 {
		return nil
	}
	return k.list[number-1]
}
