package detect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// law is what a correlation asks, in plain values.
type law struct {
	kind         string // rule.Compiled.Type
	bounds       []rule.Bound
	percentile   float64
	rules        int
	span, settle int64
	collapse     int64 // seconds; below 0: none
	within       int64 // of not_followed_by; below 0: none
	most         int
}

// compiled is the law as a correlation.
func (l law) compiled(name string) *rule.Compiled {
	c := &rule.Compiled{
		Rule: &rule.Rule{Name: name, Correlation: &rule.Correlation{GroupBy: []string{"g"}}}, Type: l.kind, Bounds: l.bounds, Percentile: l.percentile,
		Window: time.Duration(l.span) * time.Second, Settle: time.Duration(l.settle) * time.Second,
	}
	for i := range l.rules {
		c.Base = append(c.Base, rule.Base{Rule: &rule.Compiled{Rule: &rule.Rule{Name: fmt.Sprint("base", i)}, Log: event.SignIn}})
	}
	if l.collapse >= 0 {
		c.Collapse = &rule.Collapse{Within: time.Duration(l.collapse) * time.Second}
	}
	if l.within >= 0 {
		c.NotFollowedBy = &rule.NotFollowedBy{Within: time.Duration(l.within) * time.Second}
	}
	return c
}

// grows tells whether more facts can only keep the condition true.
func (l law) grows() bool {
	for _, b := range l.bounds {
		if b.Op != "gt" && b.Op != "gte" {
			return false
		}
	}
	return l.onlyUp()
}

func (l law) onlyUp() bool {
	return !slices.Contains([]string{"value_sum", "value_avg", "value_percentile"}, l.kind)
}

func (l law) holds(n float64) bool {
	for _, b := range l.bounds {
		if !map[string]bool{
			"gt": n > b.Number, "gte": n >= b.Number, "lt": n < b.Number, "lte": n <= b.Number, "eq": n == b.Number, "neq": n != b.Number,
		}[b.Op] {
			return false
		}
	}
	return true
}

// canHold says whether the condition holds, or could with more facts.
func (l law) canHold(n float64) bool {
	for more := 0.0; more <= 50; more++ {
		if !l.onlyUp() || l.holds(n+more) {
			return true
		}
	}
	return false
}

// alertOf is a Detection, flat and comparable.
type alertOf struct {
	Tenant, Group          string
	Day, First, Last       int64
	Count                  int
	Value                  float64
	AtLeast                bool
	Severity               rule.Severity
	Matched, Records, Apps string
	Bases                  string
	New                    string
	Before                 int
}

func flat(d *Detection) alertOf {
	var apps []string
	for _, e := range d.Entities {
		apps = append(apps, e.ID)
	}
	return alertOf{
		Tenant: d.Tenant, Group: strings.Join(d.Group, "+"), Day: d.Day, First: d.First, Last: d.Last, Count: d.Count, Value: d.Value,
		AtLeast: d.AtLeast, Severity: d.Severity, Matched: strings.Join(d.Matched, " "), Records: strings.Join(d.Records, " "),
		Apps: strings.Join(apps, " "), Bases: strings.Join(d.Bases, " "), New: strings.Join(d.New, " "), Before: d.Before,
	}
}

func flatAll(list []*Detection) []alertOf {
	all := make([]alertOf, 0, len(list))
	for i := range list {
		all = append(all, flat(list[i]))
	}
	slices.SortFunc(all, compareAlerts)
	return all
}

func compareAlerts(a, b alertOf) int {
	return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
}

// spot is one fact of the reference.
type spot struct {
	sample
	group   string
	value   string
	number  float64
	bases   map[int]bool
	matches map[string]bool
	leaves  []spot // of a chain: what stands beneath
}

// spots are the facts of a sample without their groups.
func (s *sample) spots(c *rule.Compiled) []spot {
	if strings.HasPrefix(c.Type, "value_") || c.Collapse != nil || c.FirstSeen != nil {
		var all []spot
		for i, v := range s.values {
			all = append(all, spot{value: v, number: s.numbers[i]})
			if c.Collapse != nil {
				break // a record is in one part
			}
		}
		return all
	}
	return []spot{{}}
}

// spotsOf are the facts of samples: of several versions of a record only the
// latest, then the fullest.
func spotsOf(l law, samples []sample, several bool) []spot {
	var all []spot
	c := l.compiled("")
	for _, s := range samples {
		if !several {
			s.tenant = ""
		}
		for _, p := range s.spots(c) {
			for _, g := range s.groups {
				all = append(all, spot{
					sample: s, group: g, value: p.value, number: p.number, bases: map[int]bool{s.base: true}, matches: map[string]bool{s.matched: true},
				})
			}
		}
	}
	return l.once(all)
}

// once keeps the newest version of every record (for each rule, where the
// rules are told apart) and makes one spot of those for one record, group
// and value.
func (l law) once(all []spot) []spot {
	older := func(a, b spot) bool {
		return cmp.Or(cmp.Compare(a.updated, b.updated), cmp.Compare(a.size, b.size)) < 0
	}
	type mine struct {
		id   byte
		base int
	}
	slot := func(p spot) mine {
		if strings.HasPrefix(l.kind, "temporal") {
			return mine{p.id, slices.Max(slices.Collect(maps.Keys(p.bases)))}
		}
		return mine{p.id, 0}
	}
	best := map[mine]spot{}
	for _, p := range all {
		if b, ok := best[slot(p)]; !ok || older(b, p) {
			best[slot(p)] = p
		}
	}
	type identity struct {
		tenant, group, value string
		id                   byte
		time                 int64
	}
	kept := map[identity]spot{}
	for _, p := range all {
		if older(p, best[slot(p)]) {
			continue
		}
		k := identity{p.tenant, p.group, p.value, p.id, p.time}
		if known, ok := kept[k]; ok {
			p = unite(known, p, older(known, p))
		}
		kept[k] = p
	}
	return slices.Collect(maps.Values(kept))
}

func unite(a, b spot, newer bool) spot {
	out, other := a, b
	if newer {
		out, other = b, a
	}
	out.severity = max(a.severity, b.severity)
	out.bases, out.matches = maps.Clone(out.bases), maps.Clone(out.matches)
	maps.Copy(out.bases, other.bases)
	maps.Copy(out.matches, other.matches)
	out.leaves = slices.Concat(a.leaves, b.leaves)
	return out
}
