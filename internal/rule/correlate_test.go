package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// searching is a rule over the risk log with one search.
func searching(name, search, item string) string {
	return "name: " + name + "\n" + plain(search+":\n  "+item+"\ncondition: "+search+"\n") + "---\n"
}

func correlationNamed(t *testing.T, set *Set, name string) *Compiled {
	t.Helper()
	for _, c := range set.Correlations() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no correlation %q", name)
	return nil
}

// The specification's own example of a chain: many failures, then a success.
func TestChain(t *testing.T) {
	text := "name: outer\ntitle: o\ncorrelation: {type: temporal_ordered, rules: [many, ok], group-by: [ACCOUNT], timespan: 10m}\n---\n" +
		"name: many\ntitle: m\ncorrelation: {type: event_count, rules: [fail], group-by: [ip, account], timespan: 10m, condition: {gte: 10}}\n---\n" +
		searching("fail", "f", "result: bad") + strings.TrimSuffix(searching("ok", "s", "result: good"), "---\n")
	set := mustCompile(t, text, nil)
	if len(set.Correlations()) != 2 || set.Correlations()[0].Name != "outer" {
		t.Fatalf("the order of the file is lost: %v", set.Correlations())
	}
	outer := correlationNamed(t, set, "outer")
	if b := outer.Base[0]; b.Rule.Name != "many" || !slices.Equal(b.GroupIndex, []int{1}) || b.Group != nil {
		t.Errorf("chained base %+v", b)
	}
	if b := outer.Base[1]; b.Rule.Name != "ok" || !slices.Equal(b.Group, []event.Field{id(t, "account")}) || b.GroupIndex != nil {
		t.Errorf("base %+v", b)
	}
	if diff := cmp.Diff([]Bound{{"gte", 2}}, outer.Bounds); diff != "" || !outer.Growing() {
		t.Error(diff)
	}
	for _, c := range slices.Concat(set.Rules(), set.Correlations()) {
		if set.Alerting(c) != (c == outer) {
			t.Errorf("%s alerts: %v", c.Name, set.Alerting(c))
		}
	}
	for lack, want := range map[string]bool{"ip": false, "result": false, "account": false, "app": true} {
		fully, partly := outer.CanMatch(func(f event.Field) bool { return f != id(t, lack) })
		if fully != want || partly != want {
			t.Errorf("without %s: %v %v", lack, fully, partly)
		}
	}
	words := outer.Explain()
	for _, want := range []string{"at least 2 of these rules match, in this order from the first", "One of them is many: An alert is raised", "One of them is ok:"} {
		if !strings.Contains(words, want) {
			t.Errorf("%s\nlacks %q", words, want)
		}
	}
}

func TestChainedValueCount(t *testing.T) {
	text := searching("fail", "f", "result: bad") +
		"name: many\ntitle: m\ncorrelation: {type: event_count, rules: [fail], group-by: [ip, account], timespan: 10m, condition: {gte: 3}}\n---\n" +
		"name: wide\ntitle: w\ncorrelation: {type: value_count, rules: [many], group-by: [ip], timespan: 1h, condition: {gte: 5, field: account}}\n"
	wide := correlationNamed(t, mustCompile(t, text, nil), "wide")
	if b := wide.Base[0]; !slices.Equal(b.GroupIndex, []int{0}) || !slices.Equal(b.ValueIndex, []int{1}) || b.Values != nil {
		t.Errorf("%+v", b)
	}
}

func TestAliasesAcrossLogs(t *testing.T) {
	text := "name: a\n" + plain("s:\n  result: 1\ncondition: s\n") + "---\nid: 11111111-2222-3333-4444-555555555555\n" +
		swap(plain("s:\n  result: 2\ncondition: s\n"), "title: t", "title: b") + "---\n" +
		"name: c\ntitle: c\ncorrelation:\n  type: temporal\n  rules: [a, 11111111-2222-3333-4444-555555555555]\n  group-by: [who, ip]\n  timespan: 1h\n" +
		"  aliases:\n    who: {a: actor, 11111111-2222-3333-4444-555555555555: account}\n"
	c := correlationNamed(t, mustCompile(t, text, nil), "c")
	if !slices.Equal(c.Base[0].Group, []event.Field{id(t, "actor"), id(t, "ip")}) || !slices.Equal(c.Base[1].Group, []event.Field{id(t, "account"), id(t, "ip")}) {
		t.Errorf("%+v", c.Base)
	}
	if words := c.Explain(); !strings.Contains(words, "who is actor in a, account in 1111") {
		t.Error(words)
	}
}

func TestValueTypes(t *testing.T) {
	f := func(kind, condition string, growing bool, words string) *Compiled {
		t.Helper()
		text := searching("a", "s", "result: 1") + "name: c\ntitle: c\ncorrelation:\n  type: " + kind + "\n  rules: [a]\n  group-by: [ip]\n  timespan: 2w\n  condition: " + condition + "\n"
		c := correlationNamed(t, mustCompile(t, text, nil), "c")
		if c.Growing() != growing {
			t.Errorf("%s: growing is %v", kind, c.Growing())
		}
		if got := c.Explain(); !strings.Contains(got, words) {
			t.Errorf("%s\nlacks %q", got, words)
		}
		return c
	}
	if c := f("value_count", "{field: [account, app], gte: 3}", true, "at least 3 different combinations of account and app share one ip"); !slices.Equal(c.Base[0].Values, []event.Field{id(t, "account"), id(t, "app")}) {
		t.Errorf("%+v", c.Base)
	}
	f("value_sum", "{field: size, gt: -10.5}", false, "the sum of size is more than -10.5 in records that share one ip")
	f("value_avg", "{field: size, lt: 2}", false, "the mean of size is less than 2")
	if c := f("value_percentile", "{field: size, percentile: 95, gte: 2}", false, "the 95th percentile of size is at least 2"); c.Percentile != 95 {
		t.Errorf("percentile %v", c.Percentile)
	}
	f("event_count", "{gt: 100, lte: 200}", false, "more than 100 and at most 200 matching records")
	f("temporal", "{gte: 1}", true, "at least 1 of these rules match with records")
}

// MayHold is "Holds for this number or a greater one".
func TestMayHold(t *testing.T) {
	for _, bounds := range [][]Bound{
		{{"gte", 3}}, {{"gt", 3}}, {{"lt", 3}}, {{"lte", 3}}, {{"eq", 3}}, {{"neq", 3}},
		{{"gte", 3}, {"lt", 5}}, {{"gt", 3}, {"neq", 4}}, {{"neq", 2}, {"lte", 2}}, {{"gt", 5}, {"lt", 6}}, {{"eq", 3}, {"neq", 3}},
	} {
		c := &Compiled{Type: "event_count", Bounds: bounds}
		for n := range 10 {
			want := false
			for m := n; m < 20; m++ {
				want = want || c.Holds(float64(m))
			}
			if got := c.MayHold(float64(n)); got != want {
				t.Errorf("%v at %d: %v, want %v", bounds, n, got, want)
			}
		}
	}
	if c := (&Compiled{Type: "value_sum", Bounds: []Bound{{"lt", 3}}}); !c.MayHold(9) {
		t.Error("a sum may fall again")
	}
}

// A temporal correlation is asleep as soon as it can no longer be fulfilled.
func TestTemporalOverSleepingRules(t *testing.T) {
	text := searching("a", "s", "result|expand: '%empty%'") + searching("b", "s", "result: 1") + searching("c", "s", "result: 2")
	f := func(kind, condition string, want ...string) {
		t.Helper()
		rules := mustParse(t, text+"name: x\ntitle: x\ncorrelation: {type: "+kind+", rules: [a, b, c], timespan: 1h"+condition+"}\n")
		set, problems := Compile(rules, schema, fakeLists{lists: map[string]Expansion{"empty": {}}})
		if Refused(problems) {
			t.Fatal(problems)
		}
		if got := correlationNamed(t, set, "x").Asleep; !slices.Equal(got, want) {
			t.Errorf("%s %s: asleep %v, want %v", kind, condition, got, want)
		}
	}
	f("temporal", "", "empty")
	f("temporal", ", condition: {gte: 2}")
	f("temporal", ", condition: {gte: 3}", "empty")
	f("temporal_ordered", ", condition: {gte: 2}", "empty")
	f("temporal_ordered", ", condition: {gte: 1}", "empty")
}

func TestNotFollowedBy(t *testing.T) {
	text := "name: a\n" + plain("s:\n  result: 1\ncondition: s\n") + "vakt:\n  group: [ip, account]\n  not_followed_by: {rules: [b], within: 10m}\n---\n" +
		searching("b", "s", "app: x") + searching("d", "s", "app: y") +
		"name: c\ntitle: c\ncorrelation: {type: event_count, rules: [d], group-by: [ip], timespan: 1h, condition: {gte: 2}}\n" +
		"vakt:\n  not_followed_by: {rules: b, within: 1d, generate: true}\n"
	set := mustCompile(t, text, nil)
	a, c := set.Rules()[0], correlationNamed(t, set, "c")
	if n := a.NotFollowedBy; n == nil || n.Within != 10*time.Minute || n.Base[0].Rule.Name != "b" || !slices.Equal(n.Base[0].Group, []event.Field{id(t, "ip"), id(t, "account")}) {
		t.Errorf("%+v", n)
	}
	if c.Growing() || !slices.Equal(c.NotFollowedBy.Base[0].Group, []event.Field{id(t, "ip")}) {
		t.Errorf("%+v", c.NotFollowedBy)
	}
	if !set.Alerting(set.Rules()[1]) || !set.Alerting(a) {
		t.Error("generate lets the rule that stays away alert by itself")
	}
	silent := mustCompile(t, swap(text, ", generate: true", ""), nil)
	if silent.Alerting(silent.Rules()[1]) || !silent.Alerting(silent.Rules()[0]) {
		t.Error("the rule that stays away is no alert by itself")
	}
	if !slices.Contains(set.Fields(), id(t, "app")) {
		t.Error("the fields of what must not follow are not read")
	}
	if _, partly := a.CanMatch(func(f event.Field) bool { return f != id(t, "app") }); partly {
		t.Error("nobody sees that b stays away where its field is not carried")
	}
	if words := a.Explain(); !strings.Contains(words, "Only when this does not follow for the same ip and account within 10 minutes: b: A record") {
		t.Error(words)
	}
}

func TestLackOfASleepingRuleSleeps(t *testing.T) {
	text := searching("b", "s", "app|expand: '%empty%'") + one("result: 1") + "vakt: {not_followed_by: {rules: b, within: 1h}}\n"
	set, _ := Compile(mustParse(t, text), schema, fakeLists{lists: map[string]Expansion{"empty": {}}})
	if len(set.Asleep()) != 2 {
		t.Errorf("asleep: %v: what never matches cannot be seen to stay away", set.Asleep())
	}
}

func TestRaises(t *testing.T) {
	baseline := fakeLists{lists: map[string]Expansion{"vips": list("Anna"), "unread": {Unread: "needs --directory"}}}
	text := "name: a\n" + plain("s:\n  result: 1\ncondition: s\n") + "vakt:\n  severity:\n" +
		"    - {when: {list: vips}, level: high}\n    - {when: {list: unread, field: actor}, level: high}\n" +
		"    - {when: {matched: s}, level: low}\n    - {when: {distinct: country, at_least: 10}, level: critical}\n"
	set := mustCompile(t, text, baseline)
	a := set.Rules()[0]
	m := set.NewMatcher()
	f := func(want [2]Truth, pairs ...string) {
		t.Helper()
		m.Match(rec(t, pairs...), event.Risk, nil)
		got := [2]Truth{m.Listed(&a.Raises[0], event.Risk), m.Listed(&a.Raises[1], event.Risk)}
		if got != want {
			t.Errorf("%q: %v, want %v", pairs, got, want)
		}
		if m.Listed(&a.Raises[2], event.Risk) != False || m.Listed(&a.Raises[0], event.Audit) != False {
			t.Error("a raise without a list there")
		}
	}
	f([2]Truth{True, False}, "result=1", "vakt.accountNames=ANNA")
	f([2]Truth{False, Unknown}, "result=1", "vakt.accountNames=bo", "actor=x")
	f([2]Truth{Unknown, Unknown}, "result=1", "vakt.accountNames=?", "actor=?")
	if r := a.Raises[3]; r.AtLeast != 10 || r.Level != Critical || r.Field(event.Risk) != id(t, "country") || r.Field(event.Audit) != event.NoField {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"country", "account", "actor"} {
		if !slices.Contains(set.Fields(), id(t, name)) {
			t.Errorf("%s is not read", name)
		}
		if fully, partly := a.CanMatch(func(g event.Field) bool { return g != id(t, name) }); fully || partly != (name != "account") {
			t.Errorf("without %s: %v %v", name, fully, partly)
		}
	}
	words := a.Explain()
	for _, want := range []string{`At least high when vakt.accountNames is on the baseline list vips ("Anna").`, "At least low when s matched.", "At least critical when there are at least 10 different values of country."} {
		if !strings.Contains(words, want) {
			t.Errorf("%s\nlacks %q", words, want)
		}
	}
}

func TestCollapse(t *testing.T) {
	text := searching("a", "s", "result: 1") + "name: c\n" + counting + "vakt: {collapse: {by: [app, country], within: 10s}}\n"
	set := mustCompile(t, text, nil)
	c := correlationNamed(t, set, "c")
	if !slices.Equal(c.Collapse.Fields(event.Risk), []event.Field{id(t, "app"), id(t, "country")}) || c.Collapse.Within != 10*time.Second {
		t.Errorf("%+v", c.Collapse)
	}
	if !slices.Contains(set.Fields(), id(t, "country")) {
		t.Error("its fields are not read")
	}
	if words := c.Explain(); !strings.Contains(words, "Records share one app and one country within 10 seconds are one operation") {
		t.Error(words)
	}
}
