package rule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// remembering is a baseline that has learned what accounts show.
type remembering struct {
	fakeLists
	since map[string]int64
	seen  map[string][2]int64 // by account, field and value
}

func (r remembering) LearnedSince(account string) (int64, bool) {
	first, ok := r.since[account]
	return first, ok
}

func (r remembering) Learned(account, field, value string) (first, last int64, ok bool) {
	s, ok := r.seen[account+" "+field+" "+value]
	return s[0], s[1], ok
}

// fresh is a rule with a first_seen.
func fresh(firstSeen string) string {
	return "name: fresh\n" + plain("s:\n  result: 0\ncondition: s\n") + "vakt:\n  first_seen: " + firstSeen + "\n"
}

func TestFirstSeenIsRead(t *testing.T) {
	f := func(text string, want FirstSeen) {
		t.Helper()
		lists := fakeLists{durations: map[string]time.Duration{"first_seen_window": 40 * 24 * time.Hour, "learn": time.Hour}}
		c := mustCompile(t, fresh(text), lists).Rules()[0]
		if diff := cmp.Diff(want, *c.FirstSeen, cmp.AllowUnexported(FirstSeen{})); diff != "" {
			t.Error(diff)
		}
		if c.Settle != defaultSettle {
			t.Errorf("settle %v", c.Settle)
		}
	}
	country, app := id(t, "country"), id(t, "app")
	f("{values: country, within: 30d}", FirstSeen{[]string{"country"}, []event.Field{country}, 30 * 24 * time.Hour, 14 * 24 * time.Hour, nil})
	f("{values: [country, app], within: first_seen_window, after: 2h}", FirstSeen{[]string{"country", "app"}, []event.Field{country, app}, 40 * 24 * time.Hour, 2 * time.Hour, nil})
	f("{values: country, within: 1s, after: none}", FirstSeen{[]string{"country"}, []event.Field{country}, time.Second, 0, nil})
	f("{values: [country], within: 1s, after: learn}", FirstSeen{[]string{"country"}, []event.Field{country}, time.Second, time.Hour, nil})
}

func TestFirstSeenIsRefused(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		rules, problems := Parse("r.yml", []byte(text))
		_, more := Compile(rules, schema, fakeLists{durations: map[string]time.Duration{"zero": 0}})
		if got := messages(append(problems, more...)); !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%q\nlacks %q", got, want)
		}
	}
	f(fresh("country"), "vakt: first_seen must be a map, not text")
	f(fresh("{within: 1d}"), "r.yml:9: vakt: first_seen: values is missing")
	f(fresh("{values: []}"), "vakt: first_seen: values is an empty list")
	f(fresh("{values: country}"), "vakt: first_seen: within is missing")
	f(fresh("{values: country, within: 1d, for: 3}"), `unknown key "for" in vakt: first_seen`)
	f(fresh("{values: county, within: 1d}"), `vakt: first_seen: values: `)
	f(fresh("{values: country, within: 30 days}"), `vakt: first_seen: within "30 days" is not a time span`)
	f(fresh("{values: country, within: nowhere}"), `r.yml:9: vakt: first_seen: within: there is no baseline parameter "nowhere" that is a time span above zero`)
	f(fresh("{values: country, within: 1d, after: zero}"), `vakt: first_seen: after: there is no baseline parameter "zero" that is a time span above zero`)
	f(fresh("{values: country, within: [1d]}"), `vakt: first_seen: within must be text, not a list`)
	f(fresh("{values: country, within: 1d, learned: true}\n  group: ip"), "vakt: first_seen: learned needs the group account")
	f(counting+"vakt:\n  first_seen: {values: ip, within: 1d}\n", "vakt: first_seen belongs in a plain rule")
	counted := "name: c\ntitle: c\ncorrelation: {type: event_count, rules: [fresh], group-by: [ip], timespan: 1h, condition: {gte: 3}}\n"
	f(fresh("{values: country, within: 1d}")+"---\n"+counted, `correlation: "fresh" has vakt: first_seen, growth or travel, and can only stand alone`)
}

func TestFirstSeenIsExplained(t *testing.T) {
	lists := fakeLists{durations: map[string]time.Duration{"first_seen_window": 30 * 24 * time.Hour}}
	c := mustCompile(t, fresh("{values: [country, app], within: first_seen_window}"), lists).Rules()[0]
	want := `A record of the risk detection log matches when s.
  s: result is 0
Only the first with a combination of country and app that no such record of the same account had in the 30 days before (baseline parameter first_seen_window).
While the account has no such record from 14 days before or earlier, it is still being learned, and not alerted.
It is decided 10 minutes later, because late records can show that it was not the first.
`
	if diff := cmp.Diff(want, c.Explain()); diff != "" {
		t.Error(diff)
	}
}

// A shape without the field sees nothing new.
func TestFirstSeenNeedsItsFields(t *testing.T) {
	c := mustCompile(t, fresh("{values: country, within: 1d}"), nil).Rules()[0]
	for lack, want := range map[string]bool{"country": false, "result": false, "account": false, "app": true} {
		if fully, partly := c.CanMatch(func(f event.Field) bool { return f != id(t, lack) }); fully != want || partly != want {
			t.Errorf("without %s: %v %v", lack, fully, partly)
		}
	}
}

// What the baseline has learned counts where it was seen before the match, and
// not too long ago.
func TestFirstSeenRemembers(t *testing.T) {
	memory := remembering{since: map[string]int64{"ann": 50}, seen: map[string][2]int64{"ann country se": {100, 1000}, "ann app x": {100, 1000}}}
	of := func(text string) *FirstSeen { return mustCompile(t, text, memory).Rules()[0].FirstSeen }
	one, two := of(fresh("{values: country, within: 100s, learned: true}")), of(fresh("{values: [country, app], within: 100s, learned: true}"))
	f := func(s *FirstSeen, account string, values string, at int64, want bool) {
		t.Helper()
		if got := s.Learned([]string{account}, strings.Fields(values), at); got != want {
			t.Errorf("%s %s at %d: %v", account, values, at, got)
		}
	}
	f(one, "ann", "se", 100, false) // that is it itself
	f(one, "ann", "se", 101, true)
	f(one, "ann", "se", 1100, true)
	f(one, "ann", "se", 1101, false)
	f(one, "ann", "no", 500, false)
	f(one, "bob", "se", 500, false)
	f(two, "ann", "se x", 500, true)
	f(two, "ann", "se y", 500, false)
	if first, ok := one.Since([]string{"ann"}); first != 50 || !ok {
		t.Errorf("ann since %d, %v", first, ok)
	}
	unasked := of(fresh("{values: country, within: 100s}"))
	f(unasked, "ann", "se", 500, false)
	if _, ok := unasked.Since([]string{"ann"}); ok {
		t.Error("what was learned counts where the rule does not say so")
	}
}

// The span of a not_followed_by may be a parameter too.
func TestNotFollowedWithinAParameter(t *testing.T) {
	text := searching("b", "s", "result: 1") + "name: a\n" + plain("s:\n  result: 2\ncondition: s\n") + "vakt:\n  not_followed_by: {rules: [b], within: grace}\n"
	set := mustCompile(t, text, fakeLists{durations: map[string]time.Duration{"grace": 7 * time.Minute}})
	for _, c := range set.Rules() {
		if c.Name == "a" && (c.NotFollowedBy.Within != 7*time.Minute || !strings.Contains(c.Explain(), "within 7 minutes (baseline parameter grace): b")) {
			t.Error(c.NotFollowedBy, c.Explain())
		}
	}
}
