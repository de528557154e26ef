package baseline

import (
	"fmt"
	"strings"
	"testing"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// listRule is a rule that reads one list of the baseline, with the modifier
// that its kind asks for.
func listRule(p Param) string {
	modifier := "expand"
	switch p.Kind {
	case Networks:
		modifier = "cidr|expand"
	case Pattern:
		modifier = "re|expand"
	}
	return fmt.Sprintf("title: %s\nname: %s\nlogsource: {product: m365, service: exchange}\n"+
		"detection: {selection: {UserId|%s: '%%%s%%'}, condition: not selection}\n", p.Name, p.Name, modifier, p.Name)
}

func compiled(t *testing.T, b *Baseline) *rule.Set {
	t.Helper()
	var rules []*rule.Rule
	for _, p := range table {
		if _, ok := b.Expand(p.Name); !ok {
			continue
		}
		read, problems := rule.Parse(p.Name+".yml", []byte(listRule(p)))
		if rule.Refused(problems) {
			t.Fatal(problems)
		}
		rules = append(rules, read...)
	}
	set, problems := rule.Compile(rules, event.NewSchema(), b)
	for _, p := range problems {
		if !p.Warning {
			t.Errorf("the rule engine refuses a list: %v", p)
		}
	}
	return set
}

// TestRulesTakeEveryList compiles a rule over each list, filled as in the
// example: what the baseline accepts, the rule engine must accept too.
func TestRulesTakeEveryList(t *testing.T) {
	file := uncommented(Example())
	b := parsed(t, strings.Replace(file, "legacy_auth_disabled: false", "legacy_auth_disabled: true", 1))
	for _, r := range compiled(t, b).Asleep() {
		t.Errorf("%s sleeps although everything is answered", r.Name)
	}
}

// TestUnansweredListsPutRulesToSleep: an empty list of exceptions is an
// answer, and an unread one is unknown; only a question without an answer
// keeps a rule from running.
func TestUnansweredListsPutRulesToSleep(t *testing.T) {
	b := Default()
	want := map[string]bool{}
	for _, p := range table {
		x, ok := b.Expand(p.Name)
		if ok && len(x.Items) == 0 && !x.Optional && x.Unread == "" && x.FromField == "" {
			want[p.Name] = true
		}
	}
	if !want["approved_countries"] || !want["legacy_auth_disabled"] || want["known_egress_cidrs"] || want["guests"] || want["accepted_domains"] {
		t.Errorf("unanswered by default: %v", want)
	}
	for _, r := range compiled(t, b).Asleep() {
		if !want[r.Name] {
			t.Errorf("%s sleeps and should not", r.Name)
		}
		delete(want, r.Name)
	}
	for name := range want {
		t.Errorf("%s does not sleep and should", name)
	}
}
