package detect

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

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
