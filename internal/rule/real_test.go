package rule_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/sim"
)

// allLists has an entry on every list, so that no rule is asleep; where it is
// not simple, some entries end and some lists could not be read.
type allLists struct {
	anyNumber
	simple bool
}

func (l allLists) Expand(name string) (rule.Expansion, bool) {
	e := rule.Expansion{Items: []rule.Item{{Value: "192.0.2.0"}, {Value: "SE"}}}
	if !l.simple {
		e.Items[1].Until = 1772500000
		if len(name)%3 == 0 {
			e.Unread = "needs --directory"
		}
	}
	return e, true
}

// realSet is our rules and the public ones, where they are there.
func realSet(t testing.TB, lists allLists) (*rule.Set, *event.Schema) {
	t.Helper()
	rules, problems := rule.LoadFS(os.DirFS("../../rules"), ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const public = "../../../shared/fixtures/sigmahq"
	if _, err := os.Stat(public); err == nil {
		more, _ := rule.LoadFS(os.DirFS(public), ".")
		rules = append(rules, more...)
	}
	schema := event.NewSchema()
	set, _ := rule.Compile(rules, schema, lists)
	return set, schema
}

// realLines are the records of a scenario in every shape of JSON, mixed.
func realLines(t testing.TB, scenario string, most int) [][]byte {
	t.Helper()
	s, err := sim.Load(os.DirFS("../../scenarios"), scenario)
	if err != nil {
		t.Fatal(err)
	}
	shapes := []sim.Shape{sim.GraphBeta, sim.GraphV1, sim.AzureMonitor, sim.LogAnalytics, sim.ManagementActivity}
	var lines [][]byte
	for r := range s.Generate(1) {
		for _, shape := range shapes {
			if shape.Carries(r.Log) {
				rendered, err := sim.RenderOne(shape, r, sim.Options{})
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, rendered...)
			}
		}
		if len(lines) >= most {
			break
		}
	}
	return lines
}

// Real rules say of records in every shape what they say when each rule is
// evaluated by itself.
func TestMatcherAgreesWithNaiveOnRealRules(t *testing.T) {
	set, schema := realSet(t, allLists{})
	layout, err := schema.Layout(set.Fields()...)
	if err != nil {
		t.Fatal(err)
	}
	m := set.NewMatcher()
	var r event.Record
	outcomes := map[rule.Truth]int{}
	for i, line := range realLines(t, "whole-guide", 2500) {
		if err := layout.Read(line, &r); err != nil {
			t.Fatal(err)
		}
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		got := m.Match(&r, r.Logs(), nil)
		if diff := cmp.Diff(inWords(rule.Naive(set, &r, r.Logs())), inWords(got)); diff != "" {
			t.Fatalf("record %d: -naive +matcher\n%s\n%s", i, diff, line)
		}
		for _, o := range got {
			outcomes[o.Result]++
		}
	}
	if outcomes[rule.True] < 500 || outcomes[rule.Unknown] < 500 {
		t.Errorf("outcomes %v: too few to tell", outcomes)
	}
}

func inWords(list []rule.Outcome) []string {
	var all []string
	for _, o := range list {
		all = append(all, fmt.Sprintf("%s %v matched %q blind %v unread %q", o.Rule.Key(), o.Result, o.Matched, o.Blind, o.Unread))
	}
	return all
}

// Peek keeps its promise: what it says agrees with Field, and equal raw bytes
// have equal values. So does Tells: no field is unknown of which it says that
// the shape tells.
func TestPeekAgreesWithField(t *testing.T) {
	set, schema := realSet(t, allLists{})
	layout, err := schema.Layout(set.Fields()...)
	if err != nil {
		t.Fatal(err)
	}
	type place struct {
		field event.Field
		raw   string
	}
	seen := map[place]string{}
	again, told := 0, 0
	var r event.Record
	for _, line := range realLines(t, "whole-guide", 2500) {
		if err := layout.Read(line, &r); err != nil {
			t.Fatal(err)
		}
		for _, f := range set.Fields() {
			raw, is := r.Peek(f)
			if layout.Tells(r.Shape(), r.Logs(), f) {
				if told++; is == event.Unseen || r.Field(f).Unknown {
					t.Fatalf("%s in %v: it tells, and is unknown", schema.Name(f), r.Shape())
				}
			}
			v := r.Field(f)
			text := fmt.Sprintf("%v %q", v.Unknown, v.List)
			switch known, met := seen[place{f, string(raw)}]; {
			case is == event.Unseen && !v.Unknown, is == event.Empty && (v.Unknown || len(v.List) > 0):
				t.Fatalf("%s: standing %d and values %s", schema.Name(f), is, text)
			case is == event.Alone && met && known != text:
				t.Fatalf("%s: %s gives %s and %s", schema.Name(f), raw, known, text)
			case is == event.Alone:
				seen[place{f, string(raw)}] = text
				again++
			}
		}
	}
	if len(seen) < 1000 || again < 3*len(seen) || told < again/2 {
		t.Errorf("%d values, %d times, told %d times: too few to tell", len(seen), again, told)
	}
}

// anyNumber answers for every other parameter of a baseline.
type anyNumber struct{}

func (anyNumber) Number(string) (float64, bool)         { return 1, true }
func (anyNumber) Duration(string) (time.Duration, bool) { return time.Hour, true }

// BenchmarkReal shows what matching costs a record beside reading it, with our
// rules and the public ones where they are there. A second's worth of the
// difference is the price of all the rules.
func BenchmarkReal(b *testing.B) {
	set, schema := realSet(b, allLists{simple: true})
	layout, err := schema.Layout(set.Fields()...)
	if err != nil {
		b.Fatal(err)
	}
	lines := busyLines(b, 20_000)
	for _, way := range []struct {
		name  string
		match bool
	}{{"read", false}, {"read and match", true}} {
		b.Run(way.name, func(b *testing.B) {
			m := set.NewMatcher()
			var r event.Record
			var out []rule.Outcome
			outcomes, size := 0, 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				line := lines[i%len(lines)]
				size += len(line)
				if err := layout.Read(line, &r); err != nil {
					b.Fatal(err)
				}
				if way.match {
					out = m.Match(&r, r.Logs(), out[:0])
					outcomes += len(out)
				}
			}
			b.SetBytes(int64(size / b.N))
			b.ReportMetric(float64(outcomes)/float64(b.N), "outcomes/op")
		})
	}
}

// busyLines are the first sign-ins, audits and risk detections of the busy
// scenario, as Graph writes them.
func busyLines(b *testing.B, n int) [][]byte {
	s, err := sim.Load(os.DirFS("../../scenarios"), "busy")
	if err != nil {
		b.Fatal(err)
	}
	var lines [][]byte
	for r := range s.Generate(1) {
		if len(lines) == n {
			break
		}
		if r.Log != sim.Unified {
			lines = append(lines, slices.Clone(r.JSON))
		}
	}
	return lines
}

// BenchmarkLoad reads and compiles our rules: what every run begins with.
func BenchmarkLoad(b *testing.B) {
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			rule.LoadFS(os.DirFS("../../rules"), ".")
		}
	})
	rules, _ := rule.LoadFS(os.DirFS("../../rules"), ".")
	schema := event.NewSchema()
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			rule.Compile(rules, schema, allLists{simple: true})
		}
	})
	b.Run("schema", func(b *testing.B) {
		for b.Loop() {
			event.NewSchema()
		}
	})
}
