package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// sample is one version of a record that matched, as the naive reference and
// the detector are both told of it.
type sample struct {
	id       byte // of the record
	time     int64
	updated  int64
	size     int
	attempt  byte
	tenant   string
	groups   []string
	values   []string
	matched  string
	severity rule.Severity
}

func keyed(kind, id byte) event.Key { return event.Key{kind, id} }

// facts are what a worker makes of a sample.
func (s *sample) facts() []fact {
	shown := &shown{
		tenant: s.tenant, id: fmt.Sprintf("r%03d", s.id), attempt: keyed('a', s.attempt), updated: s.updated, size: s.size, shape: event.GraphBeta,
		entities: []event.Entity{{Kind: "app", ID: fmt.Sprint(s.id), Name: "name"}},
	}
	values := s.values
	if values == nil {
		values = []string{""}
	}
	var all []fact
	for _, g := range s.groups {
		for _, v := range values {
			all = append(all, fact{
				group: g, value: v, time: s.time, key: keyed('r', s.id), severity: s.severity, matched: []string{s.matched}, shown: shown,
			})
		}
	}
	return all
}

// law is what a correlation asks, in plain values.
type law struct {
	values       bool
	op           string
	number       int
	span, settle int64
	most         int
}

func (l law) growing() bool { return l.op == "gt" || l.op == "gte" }

func (l law) holds(n int) bool {
	return map[string]bool{
		"gt": n > l.number, "gte": n >= l.number, "lt": n < l.number, "lte": n <= l.number, "eq": n == l.number, "neq": n != l.number,
	}[l.op]
}

// canChange says whether more facts could change what an unsettled fact says,
// or the condition holds and is one of those that may turn false.
func (l law) canChange(n int) bool {
	for more := n; more <= n+l.number+1; more++ {
		if l.holds(more) {
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
}

func flat(d *Detection) alertOf {
	var apps []string
	for _, e := range d.Entities {
		apps = append(apps, e.ID)
	}
	return alertOf{
		Tenant: d.Tenant, Group: strings.Join(d.Group, "+"), Day: d.Day, First: d.First, Last: d.Last, Count: d.Count, Value: d.Value,
		AtLeast: d.AtLeast, Severity: d.Severity, Matched: strings.Join(d.Matched, " "), Records: strings.Join(d.Records, " "),
		Apps: strings.Join(apps, " "),
	}
}

func flatAll(list []Detection) []alertOf {
	all := make([]alertOf, 0, len(list))
	for i := range list {
		all = append(all, flat(&list[i]))
	}
	slices.SortFunc(all, func(a, b alertOf) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
	})
	return all
}

// versionOf picks what is shown of every record: latest, then fullest.
func versionOf(samples []sample) map[byte]sample {
	best := map[byte]sample{}
	for _, s := range samples {
		old, known := best[s.id]
		if !known || s.updated > old.updated || s.updated == old.updated && s.size > old.size {
			best[s.id] = s
		}
	}
	return best
}

// point is one fact of the reference: a record with one of its values.
type point struct {
	sample
	value string
}

// naive works an answer out from the text alone: no window slides, nothing
// is kept from one fact to the next.
func naive(l law, samples []sample, now int64, several bool) (found []alertOf, undecided int) {
	type place struct{ tenant, group string }
	groups := map[place][]point{}
	for _, s := range versionOf(samples) {
		tenant := ""
		if several {
			tenant = s.tenant
		}
		values := s.values
		if !l.values {
			values = []string{""}
		}
		for _, g := range s.groups {
			for _, v := range values {
				groups[place{tenant, g}] = append(groups[place{tenant, g}], point{s, v})
			}
		}
	}
	for at, points := range groups {
		slices.SortFunc(points, func(a, b point) int {
			return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id), strings.Compare(a.value, b.value))
		})
		for today := int64(-3); today < 3; today++ {
			a, n := l.ofDay(points, today, now)
			undecided += n
			if a != nil {
				a.Tenant, a.Group = at.tenant, at.group
				found = append(found, *a)
			}
		}
	}
	slices.SortFunc(found, func(a, b alertOf) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
	})
	return found, undecided
}

// ofDay is the alert of one group and day, or nil.
func (l law) ofDay(points []point, today, now int64) (a *alertOf, undecided int) {
	var union []point
	for i := range points {
		t := points[i].time
		if t < today*86400 || t >= (today+1)*86400 {
			continue
		}
		window, cut := l.windowAt(points, t)
		n := l.count(window)
		if !l.growing() && now < t+l.settle {
			if l.canChange(n) {
				undecided++
			}
			continue
		}
		if !l.holds(n) {
			continue
		}
		if a == nil {
			a = &alertOf{Day: today}
		}
		a.Value, a.AtLeast = max(a.Value, float64(n)), a.AtLeast || cut
		union = append(union, window...)
	}
	if a != nil {
		show(a, union)
	}
	return a, undecided
}

// windowAt is (t-W, t], at most the newest facts of it.
func (l law) windowAt(points []point, t int64) (window []point, cut bool) {
	for _, p := range points {
		if p.time > t-l.span && p.time <= t {
			window = append(window, p)
		}
	}
	if len(window) > l.most {
		return window[len(window)-l.most:], true
	}
	return window, false
}

func (l law) count(window []point) int {
	different := map[string]bool{}
	for _, p := range window {
		if l.values {
			different[p.value] = true
		} else {
			different[fmt.Sprint(p.attempt)] = true
		}
	}
	return len(different)
}

// show fills in what an alert says of the union of its windows.
func show(a *alertOf, union []point) {
	slices.SortFunc(union, func(a, b point) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
	attempts, matched, apps := map[byte]bool{}, map[string]bool{}, map[string]bool{}
	var records []string
	for _, p := range union {
		attempts[p.attempt], matched[p.matched], apps[fmt.Sprint(p.id)] = true, true, true
		a.Severity = max(a.Severity, p.severity)
		if id := fmt.Sprintf("r%03d", p.id); !slices.Contains(records, id) {
			records = append(records, id)
		}
	}
	a.First, a.Last, a.Count = union[0].time, union[len(union)-1].time, len(attempts)
	a.Matched, a.Apps, a.Records = joinedKeys(matched), joinedKeys(apps), strings.Join(records, " ")
}

func joinedKeys(m map[string]bool) string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// samplesOf draws records around a midnight (days -1, 0 and 1), with copies
// and versions.
func samplesOf(t *rapid.T, values bool) []sample {
	seconds := rapid.OneOf(rapid.Int64Range(-40, 40), rapid.Int64Range(-90000, 90000), rapid.Int64Range(86380, 86420))
	n := rapid.IntRange(1, 40).Draw(t, "records")
	var all []sample
	for i := range n {
		s := sample{
			id: byte(i), time: seconds.Draw(t, "time"), attempt: byte(rapid.IntRange(0, 60).Draw(t, "attempt")),
			tenant:   rapid.SampledFrom([]string{"", "t1", "t1", "t2"}).Draw(t, "tenant"),
			groups:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b"}), 1, 2, rapid.ID).Draw(t, "groups"),
			matched:  rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "matched"),
			severity: rule.Severity(rapid.IntRange(0, 4).Draw(t, "severity")),
		}
		if values {
			s.values = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"u", "v", "w", "x", "y"}), 1, 3, rapid.ID).Draw(t, "values")
		}
		all = append(all, s)
		for v := range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "versions") {
			other := s
			other.updated, other.size = int64(rapid.IntRange(0, 1).Draw(t, "updated")), v+1
			other.time += rapid.Int64Range(-3, 3).Draw(t, "moved")
			other.groups = []string{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "other group")}
			all = append(all, other)
		}
		if rapid.Bool().Draw(t, "copy") {
			all = append(all, s)
		}
	}
	return all
}

func lawOf(t *rapid.T) law {
	return law{
		values: rapid.Bool().Draw(t, "value_count"),
		op:     rapid.SampledFrom([]string{"gt", "gte", "lt", "lte", "eq", "neq"}).Draw(t, "op"),
		number: rapid.IntRange(0, 5).Draw(t, "number"),
		span:   int64(rapid.SampledFrom([]int{1, 5, 30, 3600}).Draw(t, "span")),
		settle: int64(rapid.SampledFrom([]int{1, 10, 600}).Draw(t, "settle")),
		most:   rapid.SampledFrom([]int{3, 10, 1000}).Draw(t, "most"),
	}
}

// correlationText is a correlation of failed sign-ins by address.
func correlationText(l law) string {
	kind, field := "event_count", ""
	if l.values {
		kind, field = "value_count", "\n    field: account"
	}
	return failedSignIn + fmt.Sprintf(`---
title: Many
name: many
correlation:
  type: %s
  rules: [failed]
  group-by: [ip]
  timespan: %ds
  condition:
    %s: %d%s
level: high
vakt: {settle: %ds}
`, kind, l.span, l.op, l.number, field, l.settle)
}

// spread deals the facts of samples to workers.
func spread(d *Detector, samples []sample, workers int, last int64) []*Worker {
	all := make([]*Worker, workers)
	for i := range all {
		all[i] = d.NewWorker()
		all[i].last = last
	}
	for i := range samples {
		w := all[i%workers]
		w.tenants.add(samples[i].tenant)
		w.facts[0] = append(w.facts[0], samples[i].facts()...)
	}
	return all
}

func severalTenants(samples []sample) bool {
	named := map[string]bool{}
	for _, s := range samples {
		if s.tenant != "" {
			named[s.tenant] = true
		}
	}
	return len(named) > 1
}

// TestDecideAgreesWithTheNaiveReading: windows, days, bounds, versions and
// settling, against a reading that compares every fact with every other.
func TestDecideAgreesWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lawOf(t)
		samples := samplesOf(t, l.values)
		now := int64(rapid.SampledFrom([]int{-20, 0, 20, 86400, 200000}).Draw(t, "now"))
		d := detectorOf(t, correlationText(l))
		d.most = l.most
		want, undecided := naive(l, samples, now, severalTenants(samples))

		res := d.Decide(spread(d, rapid.Permutation(samples).Draw(t, "order"), rapid.IntRange(1, 4).Draw(t, "workers"), now))
		if got := flatAll(res.Detections); !slices.Equal(got, want) {
			t.Fatalf("%+v at %d:\ngot  %+v\nwant %+v", l, now, got, want)
		}
		if got := res.Undecided["many"]; got != undecided {
			t.Fatalf("%+v at %d: %d undecided, want %d", l, now, got, undecided)
		}
	})
}

// TestPlainFactsFireAlone: every fact of a plain rule fires, whatever the
// others are, and value is the count.
func TestPlainFactsFireAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := samplesOf(t, false)
		d := detectorOf(t, failedSignIn)
		want, _ := naive(law{op: "gte", span: 1, most: 1 << 20}, samples, 0, severalTenants(samples))
		for i := range want {
			want[i].Value = float64(want[i].Count)
		}
		res := d.Decide(spread(d, rapid.Permutation(samples).Draw(t, "order"), 3, 0))
		if got := flatAll(res.Detections); !slices.Equal(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// TestAnyOrderAndSplitGivesTheSame: also where versions of a record tie in
// everything that the order of versions names.
func TestAnyOrderAndSplitGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lawOf(t)
		samples := samplesOf(t, l.values)
		for i := range samples { // make ties: versions that differ in what decides last
			if rapid.Bool().Draw(t, "tie") {
				tied := samples[i]
				tied.attempt, tied.tenant = byte(rapid.IntRange(0, 3).Draw(t, "attempt")), rapid.SampledFrom([]string{"", "t1"}).Draw(t, "tenant")
				tied.matched, tied.severity = "s3", rule.Severity(rapid.IntRange(0, 4).Draw(t, "severity"))
				samples = append(samples, tied)
			}
		}
		d := detectorOf(t, correlationText(l))
		d.most = l.most
		run := func(name string) string {
			workers := rapid.IntRange(1, 5).Draw(t, name+" workers")
			res := d.Decide(spread(d, rapid.Permutation(samples).Draw(t, name), workers, 86400))
			return fmt.Sprintf("%+v %v", plainly(res.Detections), res.Undecided)
		}
		if a, b := run("first"), run("second"); a != b {
			t.Fatalf("two orders differ:\n%s\n%s", a, b)
		}
	})
}

// plainly takes the pointer out of detections, in their own order.
func plainly(list []Detection) []Detection {
	list = slices.Clone(list)
	for i := range list {
		list[i].Rule = nil
	}
	return list
}
