package rule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pair is two rules, a and b, and a correlation of a with a key `vakt`.
func pair(vakt string) string {
	b := strings.Replace(good, "title:", "name: b\ntitle:", 1)
	return strings.Replace(good, "title:", "name: a\ntitle:", 1) + "---\n" + b + "---\n" + counting + "name: top\nvakt:\n  " + vakt + "\n"
}

func TestRaisesBeyondTheRecords(t *testing.T) {
	lists := fakeLists{lists: map[string]Expansion{"vips": list("ann")}, numbers: map[string]float64{"few": 3, "zero": 0}}
	for _, tt := range []struct{ name, text, want string }{
		{"alerts", pair("severity: [{when: {alerts: 0}, level: high}]"), "vakt: severity: alerts needs a whole number from 1, not a number (0)"},
		{"alerts and a list", pair("severity: [{when: {alerts: 2, list: vips}, level: high}]"), "vakt: severity: when takes distinct and at_least, or list (and field), or matched, or alerts, or followed_by and within"},
		{"followed by, for ever", pair("severity: [{when: {followed_by: [b]}, level: high}]"), "vakt: severity: when takes distinct and at_least, or list (and field), or matched, or alerts, or followed_by and within"},
		{"followed by nobody", pair("severity: [{when: {followed_by: [c], within: 1h}, level: high}]"), `vakt: severity: no rule has the name or id "c": did you mean "a"?`},
		{"followed by itself", pair("severity: [{when: {followed_by: [top], within: 1h}, level: high}]"), `vakt: severity: "top" refers back to this one: rules must not go round in a circle`},
		{"followed by two", pair("severity: [{when: {followed_by: [b], within: 1h}, level: high}, {when: {followed_by: [a], within: 1d}, level: low}]"), "vakt: severity: followed_by stands once in a rule, and not beside not_followed_by"},
		{"followed and not", pair("severity: [{when: {followed_by: [b], within: 1h}, level: high}]\n  not_followed_by: {rules: [b], within: 1h}"), "vakt: severity: followed_by stands once in a rule, and not beside not_followed_by"},
		{"a number for nobody", pair("severity: [{when: {alerts: 2}, level: high, threshold: few}]"), "vakt: severity: threshold belongs to when: list: for whom is it?"},
		{"no number", pair("severity: [{when: {list: vips, field: account}, level: high, threshold: zero}]"), `vakt: severity: threshold: there is no baseline parameter "zero" that is a number above zero`},
		{"a number of a plain rule", good + "vakt: {severity: [{when: {list: vips, field: account}, level: high, threshold: few}]}\n", "vakt: severity: threshold belongs to an event_count or value_count with the condition gte or gt"},
		{"no level", pair("severity: [{when: {alerts: 2}, threshold: few}]"), "vakt: severity: an entry needs when and level"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules, problems := Parse("r.yml", []byte(tt.text))
			if len(problems) == 0 {
				_, problems = Compile(rules, schema, lists)
			}
			if got := messages(problems); len(got) == 0 || !strings.HasSuffix(got[0], ": "+tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestExplainRaises: a reader is told what makes an alert worse, and for whom
// another number is enough; the rule that may follow does not alert by itself.
func TestExplainRaises(t *testing.T) {
	rules := mustParse(t, pair(`severity:
    - {when: {list: vips, field: account}, level: high, threshold: few}
    - {when: {alerts: 4}, level: high}
    - {when: {followed_by: [b], within: 1h}, level: critical}`))
	set, problems := Compile(rules, schema, fakeLists{lists: map[string]Expansion{"vips": list("ann")}, numbers: map[string]float64{"few": 3}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	top := set.Correlations()[0]
	_, said, _ := strings.Cut(top.Explain(), "At least high")
	want := ` when account is on the baseline list vips ("ann"); there 3 (baseline parameter few) are enough.
At least high when there are at least 4 alerts of the rule on the same day.
At least critical when b follows within 1 hour.
`
	if d := cmp.Diff(want, said); d != "" {
		t.Error(d)
	}
	if !top.Growing() || len(top.Followers()) != 1 || set.Alerting(set.Rules()[1]) {
		t.Error("what may follow changes more than the severity")
	}
	for n, enough := range map[float64]bool{2: false, 3: true, 4: true} {
		if top.Holds(n) || top.HoldsForAny(n) != enough {
			t.Errorf("%g: Holds %t, HoldsForAny %t", n, top.Holds(n), top.HoldsForAny(n))
		}
	}
}
