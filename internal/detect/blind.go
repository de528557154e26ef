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
	counts, seen := map[blindKey]*blindCount{}, map[shapeLog]int{}
	for _, w := range workers {
		for k, b := range w.blind {
			if counts[k] == nil {
				counts[k] = &blindCount{fields: map[event.Field]bool{}}
			}
			counts[k].records += b.records
			for f := range b.fields {
				counts[k].fields[f] = true
			}
		}
		for s, n := range w.seen {
			seen[s] += n
		}
	}
	for k, b := range counts {
		blind = append(blind, Blind{Rule: k.rule.Key(), Shape: k.shape, Fields: d.names(b.fields), Records: b.records})
	}
	for _, c := range d.set.Rules() {
		for s, n := range seen {
			if fields := d.weakFields(c, s); len(fields) > 0 && len(d.uses[c]) > 0 {
				weak = append(weak, Blind{Rule: c.Key(), Shape: s.shape, Fields: d.names(fields), Records: n})
			}
		}
	}
	return sortBlind(blind), sortBlind(weak)
}

// weakFields are the fields of a rule, and the one by which sign-in attempts
// are counted, that a shape carries only in part.
func (d *Detector) weakFields(c *rule.Compiled, s shapeLog) map[event.Field]bool {
	fields := map[event.Field]bool{}
	if c.Log&s.logs == 0 {
		return fields
	}
	read := c.Fields
	if attempt, ok := d.schema.Lookup(event.SignIn, "vakt.attempt"); ok && c.Log == event.SignIn {
		read = append(slices.Clone(read), attempt)
	}
	for _, f := range read {
		if d.schema.Carriage(s.shape, f) == event.Weakly {
			fields[f] = true
		}
	}
	return fields
}

func (d *Detector) names(fields map[event.Field]bool) []string {
	names := make([]string, 0, len(fields))
	for f := range fields {
		names = append(names, d.schema.Name(f))
	}
	return sortedSet(names)
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
