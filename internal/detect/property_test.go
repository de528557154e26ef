package detect

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/rule"
)

// samplesOf draws records around a midnight (days -1, 0 and 1), with copies,
// versions, and records that several rules match.
func samplesOf(t *rapid.T, rules int) []sample {
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
			values:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"u", "v", "w", "x", "y"}), 1, 3, rapid.ID).Draw(t, "values"),
			base:     rapid.IntRange(0, rules-1).Draw(t, "rule"),
		}
		for range s.values {
			s.numbers = append(s.numbers, rapid.SampledFrom([]float64{0, 1, 2, 3, -2, 0.1, 0.2, 0.3, 1e17, -1e17, 5e-324}).Draw(t, "number"))
		}
		all = append(all, s)
		for v := range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "versions") {
			other := s
			other.updated, other.size = int64(rapid.IntRange(0, 1).Draw(t, "updated")), v+1
			other.time += rapid.Int64Range(-3, 3).Draw(t, "moved")
			other.groups = []string{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "other group")}
			other.base = rapid.IntRange(0, rules-1).Draw(t, "other rule")
			all = append(all, other)
		}
		if rapid.Bool().Draw(t, "copy") {
			s.base = rapid.IntRange(0, rules-1).Draw(t, "second rule")
			s.severity = rule.Severity(rapid.IntRange(0, 4).Draw(t, "second severity"))
			all = append(all, s)
		}
	}
	return all
}

var kinds = []string{"event_count", "value_count", "value_sum", "value_avg", "value_percentile", "temporal", "temporal_ordered"}

func lawOf(t *rapid.T, kinds []string) law {
	l := law{
		kind: rapid.SampledFrom(kinds).Draw(t, "kind"), rules: rapid.IntRange(1, 4).Draw(t, "rules"), collapse: -1, within: -1,
		percentile: rapid.SampledFrom([]float64{0, 1, 33.3, 50, 95, 100}).Draw(t, "percentile"),
		span:       int64(rapid.SampledFrom([]int{1, 5, 30, 3600}).Draw(t, "span")),
		settle:     int64(rapid.SampledFrom([]int{1, 10, 600}).Draw(t, "settle")),
		most:       rapid.SampledFrom([]int{3, 10, 1000}).Draw(t, "most"),
	}
	for range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "bounds") {
		l.bounds = append(l.bounds, rule.Bound{
			Op:     rapid.SampledFrom([]string{"gt", "gte", "gte", "lt", "lte", "eq", "neq"}).Draw(t, "op"),
			Number: float64(rapid.IntRange(0, 5).Draw(t, "number")),
		})
	}
	if rapid.Bool().Draw(t, "waits") {
		l.within = int64(rapid.SampledFrom([]int{1, 10, 60}).Draw(t, "within"))
	}
	if l.kind == "event_count" && rapid.Bool().Draw(t, "collapses") {
		l.collapse = int64(rapid.SampledFrom([]int{1, 4, 30}).Draw(t, "collapse"))
	}
	return l
}

// afterOf draws what follows, and what may.
func afterOf(t *rapid.T) []follower {
	one := rapid.Custom(func(t *rapid.T) follower {
		f := follower{
			tenant: rapid.SampledFrom([]string{"", "t1", "t1", "t2"}).Draw(t, "tenant"), sure: rapid.Bool().Draw(t, "sure"),
			group: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group"), time: rapid.Int64Range(-60, 60).Draw(t, "time"),
		}
		if !f.sure && rapid.Bool().Draw(t, "any") {
			f.group = anyGroup
		}
		return f
	})
	return rapid.SliceOfN(one, 0, 6).Draw(t, "after")
}

// bare is a detector of targets that matches nothing.
func bare(most int, targets ...target) *Detector {
	return &Detector{most: most, targets: targets, limit: math.MaxInt, temporary: nameless, seed: maphash.MakeSeed(), salt: newSalt()}
}

// lone is a detector of one correlation that alerts.
func lone(l law) *Detector {
	c := l.compiled("many")
	return bare(l.most, target{rule: c, alerts: true, steady: steady(c), wait: patience(c), said: []int{0}})
}

// spread deals the facts of samples to workers, for the target of each.
func spread(d *Detector, samples []sample, to func(*sample) int, workers int, last int64) []*Worker {
	all := make([]*Worker, workers)
	for i := range all {
		all[i] = d.newWorker()
		all[i].last = last
	}
	for i := range samples {
		s := samples[i]
		w, n := all[i%workers], to(&s)
		if n != 0 || len(d.targets) > 1 { // a rule of its own target is its first
			s.base = 0
		}
		w.tenants.add(s.tenant)
		w.tell(n, &s)
	}
	return all
}

// decided is what a detector says of workers, whose files are gone then, in
// order.
func decided(t fataler, d *Detector, workers []*Worker) *Result {
	t.Helper()
	res, err := d.Decide(context.Background(), workers, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortFunc(res.Detections, func(a, b *Detection) int {
		return cmp.Or(strings.Compare(a.Rule.Key(), b.Rule.Key()), strings.Compare(a.Tenant, b.Tenant), slices.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
	})
	return res
}

// spilling draws how many bytes of facts a worker may keep in memory: mostly
// all, else a few or none.
func spilling(t *rapid.T) int {
	return rapid.SampledFrom([]int{math.MaxInt, math.MaxInt, math.MaxInt, 0, 300, 2000}).Draw(t, "in memory")
}

func toFirst(*sample) int { return 0 }

// TestDecideAgreesWithTheNaiveReading: every kind of correlation, windows,
// days, bounds, versions, settling and what must not follow, against a reading
// that compares every fact with every other.
func TestDecideAgreesWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lawOf(t, kinds)
		samples, after := samplesOf(t, l.rules), afterOf(t)
		now := int64(rapid.SampledFrom([]int{-20, 0, 20, 86400, 200000}).Draw(t, "now"))
		d := lone(l)
		d.limit, d.temporary = spilling(t), nameless
		several := severalTenants(samples)
		workers := spread(d, rapid.Permutation(samples).Draw(t, "order"), toFirst, rapid.IntRange(1, 4).Draw(t, "workers"), now)
		for i, f := range after {
			f.keep(workers[i%len(workers)], 0)
			if !several {
				after[i].tenant = ""
			}
		}
		found, undecided := l.firings(spotsOf(l, samples, several), after, now, d.targets[0].wait)
		want := l.alerts(found, func(b int) string { return fmt.Sprint("base", b) })

		res := decided(t, d, workers)
		if got := flatAll(res.Detections); !slices.Equal(got, want) {
			t.Fatalf("%+v at %d:\ngot  %+v\nwant %+v", l, now, got, want)
		}
		if got := res.Undecided["many"]; got != undecided {
			t.Fatalf("%+v at %d: %d undecided, want %d", l, now, got, undecided)
		}
	})
}

// TestChainsAgreeWithTheNaiveReading: two correlations, grouped by two fields,
// beneath one that is grouped by the first and may count the second.
func TestChainsAgreeWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inner := []law{lawOf(t, kinds), lawOf(t, kinds)}
		outer := lawOf(t, []string{"event_count", "value_count", "temporal", "temporal_ordered"})
		outer.rules, outer.collapse, outer.within = 2, -1, -1
		samples := samplesOf(t, 2)
		for i := range samples {
			samples[i].tenant = ""
			var groups []string // not in place: copies share them
			for _, g := range samples[i].groups {
				groups = append(groups, g+joint+rapid.SampledFrom([]string{"x", "y"}).Draw(t, "second group"))
			}
			samples[i].groups = groups
		}
		now := int64(rapid.SampledFrom([]int{0, 20, 86400, 200000}).Draw(t, "now"))
		d := bare(inner[0].most, make([]target, 3)...)
		d.limit, d.temporary = spilling(t), nameless
		top := outer.compiled("many")
		top.Base = []rule.Base{{Rule: inner[0].compiled("first")}, {Rule: inner[1].compiled("second")}}
		d.targets[2] = target{rule: top, alerts: true, level: rule.High, steady: steady(top), wait: patience(top), said: []int{2}}
		var counted []int // places in the group beneath
		if outer.kind == "value_count" {
			counted = []int{1}
		}
		var above []spot
		for i := range inner {
			inner[i].most, inner[i].rules, inner[i].within = d.most, 1, -1
			c := inner[i].compiled("inner")
			d.targets[i] = target{rule: c, steady: steady(c), wait: patience(c), said: []int{2}, feeds: []feed{{target: 2, base: i, group: []int{0}, values: counted}}}
			d.targets[2].wait = max(d.targets[2].wait, patience(top)+d.targets[i].wait)
			above = append(above, firedBeneath(inner[i], i, samples, now, counted != nil)...)
		}
		outer.most = d.most
		found, _ := outer.firings(outer.once(above), nil, now, d.targets[2].wait)
		want := outer.alerts(found, func(b int) string { return []string{"first", "second"}[b] })

		workers := spread(d, rapid.Permutation(samples).Draw(t, "order"), func(s *sample) int { return s.base }, rapid.IntRange(1, 4).Draw(t, "workers"), now)
		if got := flatAll(decided(t, d, workers).Detections); !slices.Equal(got, want) {
			t.Fatalf("%+v over %+v at %d:\ngot  %+v\nwant %+v", outer, inner, now, got, want)
		}
	})
}

// firedBeneath are the firings of a correlation as points of the one above.
func firedBeneath(l law, base int, samples []sample, now int64, counted bool) []spot {
	mine := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.base != base })
	for i := range mine {
		mine[i].base = 0
	}
	found, _ := l.firings(spotsOf(l, mine, false), nil, now, patienceOf(l))
	var above []spot
	for _, f := range found {
		p := f.spot
		p.group, p.value, p.severity, p.bases, p.matches = f.group[:1], f.group[2:], rule.High, map[int]bool{base: true}, nil
		if !counted {
			p.value = ""
		}
		p.leaves = append([]spot{}, f.window...)
		above = append(above, p)
	}
	return above
}

func patienceOf(l law) int64 { return patience(l.compiled("")) }

// TestPlainFactsFireAlone: every fact of a plain rule fires, whatever the
// others are, and value is the count.
func TestPlainFactsFireAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := samplesOf(t, 1)
		d := detectorOf(t, failedSignIn)
		l := law{kind: "event_count", bounds: []rule.Bound{{Op: "gte"}}, span: 1, most: 1 << 20, collapse: -1, within: -1}
		found, _ := l.firings(spotsOf(l, samples, severalTenants(samples)), nil, 0, 0)
		for i := range found { // alone: not with those of its second
			found[i].window = []spot{found[i].spot}
		}
		want := l.alerts(found, nil)
		for i := range want {
			want[i].Value = float64(want[i].Count)
		}
		res := decided(t, d, spread(d, rapid.Permutation(samples).Draw(t, "order"), toFirst, 3, 0))
		if got := flatAll(res.Detections); !slices.Equal(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// TestAnyOrderAndSplitGivesTheSame: also where versions of a record tie in
// everything that the order of versions names.
func TestAnyOrderAndSplitGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := lawOf(t, kinds)
		samples := samplesOf(t, l.rules)
		for i := range samples { // make ties: versions that differ in what decides last
			if rapid.Bool().Draw(t, "tie") {
				tied := samples[i]
				tied.attempt, tied.tenant = byte(rapid.IntRange(0, 3).Draw(t, "attempt")), rapid.SampledFrom([]string{"", "t1"}).Draw(t, "tenant")
				tied.matched, tied.severity = "s3", rule.Severity(rapid.IntRange(0, 4).Draw(t, "severity"))
				tied.numbers = slices.Repeat([]float64{4}, len(tied.values))
				samples = append(samples, tied)
			}
		}
		run := func(name string) string {
			d := lone(l)
			workers := rapid.IntRange(1, 5).Draw(t, name+" workers")
			d.limit, d.temporary = spilling(t), nameless
			res := decided(t, d, spread(d, rapid.Permutation(samples).Draw(t, name), toFirst, workers, 86400))
			return fmt.Sprintf("%+v %v", plainly(res.Detections), res.Undecided)
		}
		if a, b := run("first"), run("second"); a != b {
			t.Fatalf("two orders differ:\n%s\n%s", a, b)
		}
	})
}

// plainly takes the pointer out of detections.
func plainly(list []*Detection) []Detection {
	plain := make([]Detection, 0, len(list))
	for _, d := range list {
		plain = append(plain, *d)
		plain[len(plain)-1].Rule = nil
	}
	return plain
}
