package detect

import (
	"slices"
	"strconv"
	"strings"

	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/rule"
)

// match turns a match into a fact for every target that it feeds, every
// group that the record belongs to and every value that is counted.
func (w *Worker) match(r *event.Record, o *rule.Outcome) {
	for i := range w.d.uses[o.Rule] {
		u := &w.d.uses[o.Rule][i]
		switch u.role {
		case doubts:
			continue
		case follows:
			w.unseen(r, u.target, u.group)
			w.follow(r, u, true)
			continue
		}
		t := &w.d.targets[u.target]
		w.unseen(r, u.target, u.group)
		w.unseen(r, u.target, u.values)
		f := fact{
			time: r.Time(), key: r.Key(), bases: t.bit(u.base), severity: w.severity(r, o, u.target),
			matched: sortedSet(slices.Clone(o.Matched)), shown: w.show(r),
		}
		before := len(w.facts[u.target])
		groups := w.groups(r, u.group)
		w.values(r, t, u, &f, func() {
			for _, f.group = range groups {
				w.facts[u.target] = append(w.facts[u.target], f)
			}
		})
		if len(w.facts[u.target]) == before {
			w.ungrouped(u.target, r.Key())
			continue
		}
		w.look(r, o.Rule)
	}
}

// bit marks a rule of a temporal correlation; others do not tell theirs apart.
func (t *target) bit(base int) uint64 {
	if !temporal(t.rule) {
		return 0
	}
	return 1 << base
}

// values sets what a fact counts, one value after the other.
func (w *Worker) values(r *event.Record, t *target, u *use, f *fact, yield func()) {
	switch {
	case numeric(t.rule):
		place := 0
		for _, field := range u.values {
			for _, v := range r.Field(field).List {
				number, ok := parseNumber(string(v.Text))
				if ok {
					f.value, f.number = w.word(strconv.Itoa(place)), number
					yield()
				}
				place++
			}
		}
	case t.rule.Collapse != nil:
		f.value = w.part(r, u, t.rule.Collapse)
		yield()
	case len(u.values) > 0:
		for _, f.value = range w.groups(r, u.values) {
			yield()
		}
	default:
		yield()
	}
}

// part is what a Collapse takes the facts of a group apart by.
func (w *Worker) part(r *event.Record, u *use, c *rule.Collapse) string {
	part := "of"
	for _, f := range c.Fields(w.log(u)) {
		v := r.Field(f)
		if v.Unknown {
			w.miss(w.weak, u.target, r.Shape(), w.d.names[f])
		}
		texts := w.texts(v)
		if len(texts) == 0 {
			return w.word("attempt" + joint + r.Attempt().String())
		}
		slices.Sort(texts)
		part += joint + strings.Join(texts, joint+joint)
	}
	return w.word(part)
}

// log is the log that the rule of a use reads.
func (w *Worker) log(u *use) event.Log { return w.d.targets[u.target].rule.Base[u.base].Rule.Log }

// follow notes a record that follows the facts of its group, or may.
func (w *Worker) follow(r *event.Record, u *use, sure bool) {
	f := follower{tenant: w.word(string(r.Tenant())), time: r.Time(), sure: sure}
	groups := w.groups(r, u.group)
	for _, field := range u.group {
		if r.Field(field).Unknown {
			groups, f.sure = []string{anyGroup}, false
		}
	}
	for _, f.group = range groups {
		w.after[u.target] = append(w.after[u.target], f)
	}
}

// unseen notes the fields of groups and values that the shape cannot carry:
// without them a match counts nowhere.
func (w *Worker) unseen(r *event.Record, target int, fields []event.Field) {
	for _, f := range fields {
		if r.Field(f).Unknown {
			w.miss(w.blind, target, r.Shape(), w.d.names[f])
		}
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
	s := &shown{
		tenant: w.word(string(r.Tenant())), id: recordID(r), attempt: r.Attempt(),
		updated: r.Updated(), size: r.Size(), shape: r.Shape(), entities: r.Entities(),
	}
	for i := range s.entities {
		e := &s.entities[i]
		e.ID, e.Name = w.word(e.ID), w.word(e.Name)
	}
	if size := len(r.Raw()); w.kept+size <= w.d.keep {
		s.raw = extract.AppendCompact(nil, r.Raw())
		w.kept += size
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

// look keeps of the record at hand what the raises above a matching rule ask
// of it. What they cannot see makes their target weak.
func (w *Worker) look(r *event.Record, c *rule.Compiled) {
	for _, x := range w.d.watches[c] {
		if x.raise.List != "" {
			switch w.matcher.Listed(x.raise, x.log) {
			case rule.True:
				w.shown.listed = sortedSet(append(w.shown.listed, x.id))
			case rule.Unknown:
				w.miss(w.weak, x.target, r.Shape(), "%"+x.raise.List+"%")
			}
			continue
		}
		f := x.raise.Field(x.log)
		if f == event.NoField {
			continue
		}
		v := r.Field(f)
		if v.Unknown {
			w.miss(w.weak, x.target, r.Shape(), w.d.names[f])
		}
		for _, text := range w.texts(v) {
			if c := (counted{x.id, text}); !slices.Contains(w.shown.counted, c) {
				w.shown.counted = append(w.shown.counted, c)
			}
		}
	}
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
					v = g + joint + v
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
		t := strings.ToLower(strings.ReplaceAll(string(x.Text), joint, "\ufffd"))
		if t != "" && !slices.Contains(all, t) {
			all = append(all, w.word(t))
		}
	}
	return all
}
