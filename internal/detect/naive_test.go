package detect

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
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

// tell makes a worker keep the facts of a sample for a target.
func (w *Worker) tell(target int, s *sample) {
	t := &w.d.targets[target]
	w.shown = shown{
		time: s.time, updated: s.updated, size: s.size, shape: event.GraphBeta, tenant: w.words.put([]byte(s.tenant)),
		attempt: keyed('a', s.attempt), id: fmt.Appendf(nil, "r%03d", s.id),
	}
	w.entity("app", []byte(fmt.Sprint(s.id)), []byte("name"))
	w.number++
	for _, p := range s.spots(t.rule) {
		f := fact{
			key: keyed('r', s.id), time: s.time, tenant: w.shown.tenant, matched: w.words.put([]byte(s.matched)), base: uint8(s.base), severity: uint8(s.severity),
		}
		switch {
		case numeric(t.rule):
			f.value = w.words.put(append(binary.BigEndian.AppendUint64(nil, math.Float64bits(p.number)), p.value...))
		case countsAttempts(t.rule):
			f.value = w.words.put(w.shown.attempt[:])
		default:
			f.value = w.words.put([]byte(p.value))
		}
		for _, g := range s.groups {
			if f.group = w.words.put([]byte(g)); w.wants(target, &f) {
				w.pending = append(w.pending, pendingFact{target, f})
			}
		}
	}
	w.finish()
}

// follower is something that follows, or may.
type follower struct {
	tenant, group string // anyGroup: the record does not tell it
	time          int64
	sure          bool
}

const anyGroup = "any"

// keep makes a worker keep a follower for a target.
func (f *follower) keep(w *Worker, target int) {
	k := fact{tenant: w.words.put([]byte(f.tenant)), group: w.words.put([]byte(f.group)), time: f.time, kind: isAfter}
	switch {
	case f.group == anyGroup:
		k.group, k.kind = 0, maybeAny
	case !f.sure:
		k.kind = maybe
	}
	w.keep(target, k)
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

// firing is a spot that fires, and what it saw.
type firing struct {
	spot
	window []spot
	number float64
	cut    bool
}

// firings works out from the text alone which spots fire: no window slides,
// nothing is kept from one spot to the next.
func (l law) firings(spots []spot, after []follower, now, wait int64) (found []firing, undecided int) {
	for _, p := range spots {
		var group []spot
		for _, q := range spots {
			if q.tenant == p.tenant && q.group == p.group && q.time > p.time-l.span && q.time <= p.time {
				group = append(group, q)
			}
		}
		slices.SortFunc(group, compareSpots)
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

func compareSpots(a, b spot) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id), strings.Compare(a.value, b.value))
}

func (l law) followed(p spot, after []follower) (sure, unclear bool) {
	for _, f := range after {
		if l.within >= 0 && f.tenant == p.tenant && f.time >= p.time && f.time <= p.time+l.within {
			sure = sure || f.sure && f.group == p.group
			unclear = unclear || !f.sure && (f.group == p.group || f.group == anyGroup)
		}
	}
	return sure, unclear
}

// number is what the condition judges.
func (l law) number(window []spot, p spot) float64 {
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
func inRun(window []spot, p spot, base int) bool {
	var ends []spot // of runs so far
	for b := range base + 1 {
		var next []spot
		for _, q := range window {
			if q.bases[b] && (b == 0 || slices.ContainsFunc(ends, func(e spot) bool { return e.time <= q.time })) {
				next = append(next, q)
			}
		}
		ends = next
	}
	return slices.ContainsFunc(ends, func(e spot) bool { return compareSpots(e, p) == 0 })
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
		var union []spot
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
func show(a *alertOf, union []spot) {
	slices.SortFunc(union, func(a, b spot) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
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
