package detect

import (
	"math"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// fact is one match: that a record, at a time, counts for a target and group.
type fact struct {
	target   int
	tenant   string
	group    string // the group's values, joined by groupJoint
	value    string // what value_count counts
	time     int64
	key      event.Key
	attempt  event.Key
	severity rule.Severity
	matched  []string // sorted
	shown    *shown
}

// shown is what an alert shows of a record, shared by the record's facts.
type shown struct {
	id       string
	updated  int64
	size     int
	shape    event.Shape
	entities []event.Entity
}

// groupJoint joins the values of a group; no field value holds it, as NUL
// inside JSON text arrives as an escape and is replaced.
const groupJoint = "\x00"

// Worker matches records, one after the other, for one goroutine.
type Worker struct {
	d       *Detector
	matcher *rule.Matcher
	out     []rule.Outcome
	facts   []fact
	shown   *shown // of the record at hand; nil until somebody asks
	number  int    // of the record at hand, from 1
	blind   map[blindKey]*blindCount
	weak    map[blindKey]*blindCount
	seen    map[shapeLog]int
	alone   map[int]map[event.Key]bool // by target: records without a value to group by
	tenants tenants
	last    int64 // newest event time
	words   map[string]string
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
		d: d, matcher: d.set.NewMatcher(), seen: map[shapeLog]int{}, alone: map[int]map[event.Key]bool{},
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
	k := blindKey{target, shape}
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

// match turns a match into a fact for every target that it feeds and every
// group that the record belongs to.
func (w *Worker) match(r *event.Record, o *rule.Outcome) {
	for _, u := range w.d.uses[o.Rule] {
		w.unseen(r, u)
		groups := w.groups(r, u.group)
		values := []string{""}
		if u.value != event.NoField {
			values = w.texts(r.Field(u.value))
		}
		if len(groups) == 0 || len(values) == 0 {
			w.ungrouped(u.target, r.Key())
			continue
		}
		f := fact{
			target: u.target, tenant: w.word(string(r.Tenant())), time: r.Time(), key: r.Key(), attempt: r.Attempt(),
			severity: w.severity(r, o, u.target), matched: sortedSet(slices.Clone(o.Matched)), shown: w.show(r),
		}
		for _, f.group = range groups {
			for _, f.value = range values {
				w.facts = append(w.facts, f)
			}
		}
	}
}

// unseen notes the fields of groups and values that the shape cannot carry:
// without them a match counts nowhere.
func (w *Worker) unseen(r *event.Record, u use) {
	for _, f := range u.group {
		if r.Field(f).Unknown {
			w.miss(w.blind, u.target, r.Shape(), w.d.names[f])
		}
	}
	if u.value != event.NoField && r.Field(u.value).Unknown {
		w.miss(w.blind, u.target, r.Shape(), w.d.names[u.value])
	}
}

func (w *Worker) ungrouped(target int, k event.Key) {
	if w.alone[target] == nil {
		w.alone[target] = map[event.Key]bool{}
	}
	w.alone[target][k] = true
}

// severity is the target's, or what the record says where the rule goes by
// that. A shape without the field makes the target weak.
func (w *Worker) severity(r *event.Record, o *rule.Outcome, target int) rule.Severity {
	if f := o.Rule.LevelField; f != event.NoField {
		v := r.Field(f)
		if v.Unknown {
			w.miss(w.weak, target, r.Shape(), w.d.names[f])
		}
		if level, ok := rule.RecordSeverity(string(v.First())); ok {
			return level
		}
	}
	return w.d.targets[target].level
}

func (w *Worker) show(r *event.Record) *shown {
	if w.shown != nil {
		return w.shown
	}
	s := &shown{id: recordID(r), updated: r.Updated(), size: r.Size(), shape: r.Shape(), entities: r.Entities()}
	for i := range s.entities {
		e := &s.entities[i]
		e.ID, e.Name = w.word(e.ID), w.word(e.Name)
	}
	w.shown = s
	return s
}

// recordID is the id as the source names it, else one made of the key.
func recordID(r *event.Record) string {
	if id := r.ID(); id != nil {
		return string(id)
	}
	return "hash:" + r.Key().String()
}

// groups lists the groups a record belongs to: every combination of the
// values of the group's fields. Without a value for one of them there is none.
func (w *Worker) groups(r *event.Record, fields []event.Field) []string {
	groups := []string{""}
	for i, f := range fields {
		values := w.texts(r.Field(f))
		var next []string
		for _, g := range groups {
			for _, v := range values {
				if i > 0 {
					v = g + groupJoint + v
				}
				next = append(next, w.word(v))
			}
		}
		groups = next
	}
	return groups
}

// texts are the different values of a field, lower case, empty ones left out.
func (w *Worker) texts(v event.Values) []string {
	var all []string
	for _, x := range v.List {
		t := strings.ToLower(strings.ReplaceAll(string(x.Text), groupJoint, "\ufffd"))
		if t != "" && !slices.Contains(all, t) {
			all = append(all, w.word(t))
		}
	}
	return all
}

// word keeps one copy of a text that comes again and again.
func (w *Worker) word(s string) string {
	if known, ok := w.words[s]; ok {
		return known
	}
	w.words[s] = s
	return s
}
