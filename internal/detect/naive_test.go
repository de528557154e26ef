package detect

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// sample is one match of one rule by one version of a record, as the naive
// reference and the detector are both told of it.
type sample struct {
	id       byte // of the record
	time     int64
	updated  int64
	size     int
	attempt  byte
	tenant   string
	groups   []string
	values   []string
	numbers  []float64 // beside values
	base     int
	matched  string
	severity rule.Severity
}

func keyed(kind, id byte) event.Key { return event.Key{kind, id} }

// facts are what a worker makes of a sample for a target.
func (s *sample) facts(t *target) []fact {
	shown := &shown{
		tenant: s.tenant, id: fmt.Sprintf("r%03d", s.id), attempt: keyed('a', s.attempt), updated: s.updated, size: s.size, shape: event.GraphBeta,
		entities: []event.Entity{{Kind: "app", ID: fmt.Sprint(s.id), Name: "name"}},
	}
	var all []fact
	for _, p := range s.points(t.rule) {
		for _, g := range s.groups {
			all = append(all, fact{
				group: g, value: p.value, number: p.number, time: s.time, key: keyed('r', s.id), bases: t.bit(s.base),
				severity: s.severity, matched: []string{s.matched}, shown: shown,
			})
		}
	}
	return all
}

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
}

func flat(d *Detection) alertOf {
	var apps []string
	for _, e := range d.Entities {
		apps = append(apps, e.ID)
	}
	return alertOf{
		Tenant: d.Tenant, Group: strings.Join(d.Group, "+"), Day: d.Day, First: d.First, Last: d.Last, Count: d.Count, Value: d.Value,
		AtLeast: d.AtLeast, Severity: d.Severity, Matched: strings.Join(d.Matched, " "), Records: strings.Join(d.Records, " "),
		Apps: strings.Join(apps, " "), Bases: strings.Join(d.Bases, " "),
	}
}

func flatAll(list []Detection) []alertOf {
	all := make([]alertOf, 0, len(list))
	for i := range list {
		all = append(all, flat(&list[i]))
	}
	slices.SortFunc(all, compareAlerts)
	return all
}

func compareAlerts(a, b alertOf) int {
	return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
}

// point is one fact of the reference.
type point struct {
	sample
	group   string
	value   string
	number  float64
	bases   map[int]bool
	matches map[string]bool
	leaves  []point // of a chain: what stands beneath
}

// points are the facts of a sample without their groups.
func (s *sample) points(c *rule.Compiled) []point {
	if strings.HasPrefix(c.Type, "value_") || c.Collapse != nil {
		var all []point
		for i, v := range s.values {
			all = append(all, point{value: v, number: s.numbers[i]})
			if c.Collapse != nil {
				break // a record is in one part
			}
		}
		return all
	}
	return []point{{}}
}

// pointsOf are the facts of samples: of several versions of a record only the
// latest, then the fullest.
func pointsOf(l law, samples []sample, several bool) []point {
	var all []point
	c := l.compiled("")
	for _, s := range samples {
		if !several {
			s.tenant = ""
		}
		for _, p := range s.points(c) {
			for _, g := range s.groups {
				all = append(all, point{
					sample: s, group: g, value: p.value, number: p.number, bases: map[int]bool{s.base: true}, matches: map[string]bool{s.matched: true},
				})
			}
		}
	}
	return l.once(all)
}

// once keeps the newest version of every record (for each rule, where the
// rules are told apart) and makes one point of those for one record, group
// and value.
func (l law) once(all []point) []point {
	older := func(a, b point) bool {
		return cmp.Or(cmp.Compare(a.updated, b.updated), cmp.Compare(a.size, b.size)) < 0
	}
	type mine struct {
		id   byte
		base int
	}
	slot := func(p point) mine {
		if strings.HasPrefix(l.kind, "temporal") {
			return mine{p.id, slices.Max(slices.Collect(maps.Keys(p.bases)))}
		}
		return mine{p.id, 0}
	}
	best := map[mine]point{}
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
	kept := map[identity]point{}
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

func unite(a, b point, newer bool) point {
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

// firing is a point that fires, and what it saw.
type firing struct {
	point
	window []point
	number float64
	cut    bool
}

// firings works out from the text alone which points fire: no window slides,
// nothing is kept from one point to the next.
func (l law) firings(points []point, after []follower, now, wait int64) (found []firing, undecided int) {
	for _, p := range points {
		var group []point
		for _, q := range points {
			if q.tenant == p.tenant && q.group == p.group && q.time > p.time-l.span && q.time <= p.time {
				group = append(group, q)
			}
		}
		slices.SortFunc(group, comparePoints)
		window := group[max(0, len(group)-l.most):]
		n := l.number(window, p)
		followed, unclear := l.followed(p, after)
		open := (!l.grows() || l.within >= 0) && now < p.time+wait
		switch {
		case followed:
		case open && (l.grows() && l.holds(n) || !l.grows() && l.canHold(n)):
			undecided++
		case !open && l.holds(n) && !unclear:
			found = append(found, firing{p, window, n, len(window) < len(group)})
		}
	}
	return found, undecided
}

func comparePoints(a, b point) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id), strings.Compare(a.value, b.value))
}

func (l law) followed(p point, after []follower) (sure, unclear bool) {
	for _, f := range after {
		if l.within >= 0 && f.tenant == p.tenant && f.time >= p.time && f.time <= p.time+l.within {
			sure = sure || f.sure && f.group == p.group
			unclear = unclear || !f.sure && (f.group == p.group || f.group == anyGroup)
		}
	}
	return sure, unclear
}

// number is what the condition judges.
func (l law) number(window []point, p point) float64 {
	different := map[string]bool{}
	var numbers []float64
	parts := map[string][]int64{}
	for _, q := range window {
		switch l.kind {
		case "temporal":
			for b := range q.bases {
				different[fmt.Sprint(b)] = true
			}
		case "value_count":
			different[q.value] = true
		default:
			different[fmt.Sprint(q.attempt)] = true
		}
		numbers = append(numbers, q.number)
		parts[q.value] = append(parts[q.value], q.time)
	}
	switch l.kind {
	case "value_sum", "value_avg":
		return sumOf(numbers, l.kind == "value_avg")
	case "value_percentile":
		return l.ranked(numbers)
	case "temporal_ordered":
		longest := 0
		for b := range l.rules {
			if inRun(window, p, b) {
				longest = b + 1
			}
		}
		return float64(longest)
	}
	if l.collapse < 0 {
		return float64(len(different))
	}
	operations := 0
	for _, times := range parts {
		operations += l.fewest(times)
	}
	return float64(operations)
}

func sumOf(numbers []float64, mean bool) float64 {
	sum := new(big.Rat)
	for _, n := range numbers {
		sum.Add(sum, new(big.Rat).SetFloat64(n))
	}
	if mean {
		sum.Quo(sum, big.NewRat(int64(len(numbers)), 1))
	}
	n, _ := sum.Float64()
	return n
}

// ranked is the least number that enough of all are not above.
func (l law) ranked(numbers []float64) float64 {
	slices.Sort(numbers)
	for i, n := range numbers {
		if float64(i+1)*100 >= l.percentile*float64(len(numbers)) {
			return n
		}
	}
	return numbers[len(numbers)-1]
}

// inRun says whether p ends a run of facts of the rules 0 to base: grown from
// the facts of the first rule, one rule after the other.
func inRun(window []point, p point, base int) bool {
	var ends []point // of runs so far
	for b := range base + 1 {
		var next []point
		for _, q := range window {
			if q.bases[b] && (b == 0 || slices.ContainsFunc(ends, func(e point) bool { return e.time <= q.time })) {
				next = append(next, q)
			}
		}
		ends = next
	}
	return slices.ContainsFunc(ends, func(e point) bool { return comparePoints(e, p) == 0 })
}

// fewest is the least number of spans of time that cover times: tried for
// every choice of where the first one begins.
func (l law) fewest(times []int64) int {
	if len(times) == 0 {
		return 0
	}
	first := slices.Min(times)
	var rest []int64
	for _, t := range times {
		if t > first+l.collapse {
			rest = append(rest, t)
		}
	}
	return 1 + l.fewest(rest)
}

// alerts folds firings by tenant, group and day.
func (l law) alerts(found []firing, name func(base int) string) []alertOf {
	type place struct {
		tenant, group string
		day           int64
	}
	byPlace := map[place][]firing{}
	for _, f := range found {
		day := int64(-100)
		for (day+1)*86400 <= f.time {
			day++
		}
		k := place{f.tenant, f.group, day}
		byPlace[k] = append(byPlace[k], f)
	}
	all := make([]alertOf, 0, len(byPlace))
	for k, list := range byPlace {
		a := alertOf{Tenant: k.tenant, Group: k.group, Day: k.day, Value: list[0].number}
		var union []point
		bases := map[int]bool{}
		for _, f := range list {
			a.Value, a.AtLeast = max(a.Value, f.number), a.AtLeast || f.cut
			for _, p := range f.window {
				a.Severity = max(a.Severity, p.severity)
				maps.Copy(bases, p.bases)
				if union = append(union, p.leaves...); p.leaves == nil {
					union = append(union, p)
				}
			}
		}
		if strings.HasPrefix(l.kind, "temporal") {
			var names []string
			for _, b := range slices.Sorted(maps.Keys(bases)) {
				names = append(names, name(b))
			}
			a.Bases = strings.Join(names, " ")
		}
		show(&a, union)
		all = append(all, a)
	}
	slices.SortFunc(all, compareAlerts)
	return all
}

// show fills in what an alert says of the union of its windows.
func show(a *alertOf, union []point) {
	slices.SortFunc(union, func(a, b point) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
	attempts, matched, apps := map[byte]bool{}, map[string]bool{}, map[string]bool{}
	var records []string
	for _, p := range union {
		attempts[p.attempt], apps[fmt.Sprint(p.id)] = true, true
		maps.Copy(matched, p.matches)
		if id := fmt.Sprintf("r%03d", p.id); !slices.Contains(records, id) {
			records = append(records, id)
		}
	}
	a.First, a.Last, a.Count = union[0].time, union[len(union)-1].time, len(attempts)
	a.Matched, a.Apps, a.Records = joined(matched), joined(apps), strings.Join(records, " ")
}

func joined(m map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

func severalTenants(samples []sample) bool {
	named := map[string]bool{}
	for _, s := range samples {
		if s.tenant != "" {
			named[s.tenant] = true
		}
	}
	return len(named) > 1
}
