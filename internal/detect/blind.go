package detect

import (
	"cmp"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// blindness gathers what unknown fields hid (blind), and what was computed
// from fewer sources than elsewhere (weak).
func (d *Detector) blindness(workers []*Worker) (blind, weak []Blind) {
	seen := map[shapeLog]int{}
	for _, w := range workers {
		w.settle()
		blind = d.listed(blind, w.blind)
		weak = d.listed(weak, w.weak)
		for s, n := range w.seen {
			seen[s] += *n
		}
	}
	for t := range d.targets {
		if !d.targets[t].alerts {
			continue
		}
		for s, n := range seen {
			if missing := d.weakFields(&d.targets[t], s); len(missing) > 0 {
				weak = append(weak, Blind{Rule: d.targets[t].rule.Key(), Shape: s.shape, Fields: missing, Records: n})
			}
		}
	}
	return sortBlind(blind), sortBlind(weak)
}

// listed appends the counts of one worker.
func (d *Detector) listed(list []Blind, counts []*blindCount) []Blind {
	for at, b := range counts {
		if b == nil {
			continue
		}
		var fields []string
		for _, list := range b.lists {
			fields = append(fields, "%"+list+"%")
		}
		for _, f := range b.fields {
			fields = append(fields, d.names[f])
		}
		list = append(list, Blind{Rule: d.targets[at/shapeCount].rule.Key(), Shape: event.Shape(at % shapeCount), Fields: sortedSet(fields), Records: b.records})
	}
	return list
}

// weakFields names the fields of a target, and the one by which sign-in
// attempts are counted, that a shape carries only in part.
func (d *Detector) weakFields(t *target, s shapeLog) []string {
	var names []string
	for _, r := range d.reads(t.rule) {
		if r.log&s.logs == 0 {
			continue
		}
		for _, f := range r.fields {
			if d.schema.Carriage(s.shape, f) == event.Weakly {
				names = append(names, d.schema.Name(f))
			}
		}
	}
	return sortedSet(names)
}

// read is what a target reads of the records of one log.
type read struct {
	log    event.Log
	fields []event.Field
}

// reads goes through a rule and those beneath it.
func (d *Detector) reads(c *rule.Compiled) []read {
	var all []read
	if c.Correlation == nil {
		all = append(all, d.read(c, append(slices.Concat(c.Group, newValues(c)), c.LevelField)))
	}
	for _, b := range slices.Concat(c.Base, c.Followers()) {
		if b.Rule.Correlation != nil {
			all = append(all, d.reads(b.Rule)...)
			continue
		}
		more := append(slices.Concat(b.Group, b.Values), b.Rule.LevelField)
		if c.Collapse != nil {
			more = append(more, c.Collapse.Fields(b.Rule.Log)...)
		}
		all = append(all, d.read(b.Rule, more))
	}
	for i := range all {
		for r := range c.Raises {
			all[i].fields = append(all[i].fields, c.Raises[r].Field(all[i].log))
		}
		all[i].fields = slices.DeleteFunc(all[i].fields, func(f event.Field) bool { return f == event.NoField })
	}
	return all
}

func (d *Detector) read(c *rule.Compiled, more []event.Field) read {
	r := read{log: c.Log, fields: slices.Concat(c.Fields, more)}
	if attempt, ok := d.schema.Lookup(event.SignIn, "vakt.attempt"); ok && c.Log == event.SignIn {
		r.fields = append(r.fields, attempt)
	}
	return r
}

// sortBlind orders by rule and shape and adds up what stands twice.
func sortBlind(list []Blind) []Blind {
	slices.SortFunc(list, func(a, b Blind) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), cmp.Compare(a.Shape, b.Shape))
	})
	merged := list[:0]
	for _, b := range list {
		if n := len(merged); n > 0 && merged[n-1].Rule == b.Rule && merged[n-1].Shape == b.Shape {
			merged[n-1].Records += b.Records
			merged[n-1].Fields = sortedSet(append(merged[n-1].Fields, b.Fields...))
			continue
		}
		merged = append(merged, b)
	}
	return merged
}
