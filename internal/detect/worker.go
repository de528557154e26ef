package detect

import (
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// fact is one match: that a record, at a time, counts for a target and group.
type fact struct {
	target  int
	tenant  string
	group   string // the group's values, joined by groupJoint
	value   string // what value_count counts
	time    int64
	key     event.Key
	attempt event.Key
	shown   *shown
}

// shown is what an alert shows of a record, shared by the record's facts.
type shown struct {
	id       string
	updated  int64
	size     int
	severity rule.Severity
	shape    event.Shape
	entities []event.Entity
	matched  []string
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
	blind   map[blindKey]*blindCount
	seen    map[shapeLog]int
	alone   map[int]int // by target: matches without a value to group by
	last    int64       // newest event time
	words   map[string]string
}

type blindKey struct {
	rule  *rule.Compiled
	shape event.Shape
}

type blindCount struct {
	records int
	fields  map[event.Field]bool
}

type shapeLog struct {
	shape event.Shape
	logs  event.Log
}

// NewWorker makes a worker of the detector.
func (d *Detector) NewWorker() *Worker {
	return &Worker{
		d: d, matcher: d.set.NewMatcher(), blind: map[blindKey]*blindCount{}, seen: map[shapeLog]int{}, alone: map[int]int{},
		words: map[string]string{},
	}
}

// See matches one record in scope, whose time has been checked.
func (w *Worker) See(r *event.Record) {
	w.last = max(w.last, r.Time())
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

func (w *Worker) unknown(r *event.Record, o *rule.Outcome) {
	k := blindKey{o.Rule, r.Shape()}
	b := w.blind[k]
	if b == nil {
		b = &blindCount{fields: map[event.Field]bool{}}
		w.blind[k] = b
	}
	b.records++
	for _, f := range o.Blind {
		b.fields[f] = true
	}
}

// match turns a match into a fact for every target that it feeds and every
// group that the record belongs to.
func (w *Worker) match(r *event.Record, o *rule.Outcome) {
	for _, u := range w.d.uses[o.Rule] {
		groups := w.groups(r, u.group)
		values := []string{""}
		if u.value != event.NoField {
			values = w.texts(r.Field(u.value))
		}
		if len(groups) == 0 || len(values) == 0 {
			w.alone[u.target]++
			continue
		}
		s := w.show(r, o, u.target)
		for _, g := range groups {
			for _, v := range values {
				w.facts = append(w.facts, fact{
					target: u.target, tenant: w.word(string(r.Tenant())), group: g, value: v,
					time: r.Time(), key: r.Key(), attempt: r.Attempt(), shown: s,
				})
			}
		}
	}
}

func (w *Worker) show(r *event.Record, o *rule.Outcome, target int) *shown {
	s := &shown{
		id: recordID(r), updated: r.Updated(), size: r.Size(), shape: r.Shape(), entities: r.Entities(),
		matched: slices.Clone(o.Matched), severity: w.d.targets[target].level,
	}
	for i := range s.entities {
		e := &s.entities[i]
		e.ID, e.Name = w.word(e.ID), w.word(e.Name)
	}
	if f := o.Rule.LevelField; f != event.NoField {
		if level, ok := rule.RecordSeverity(string(r.Field(f).First())); ok {
			s.severity = level
		}
	}
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
