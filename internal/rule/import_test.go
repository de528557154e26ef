package rule

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// A file is judged by its best rule, with the reasons of that state.
func TestJudge(t *testing.T) {
	rule := func(name, service, line string) string {
		return "title: " + name + "\nname: " + name + "\nlogsource: {product: azure, service: " + service + "}\ndetection:\n  s:\n    " + line + "\n  condition: s\n"
	}
	files := []struct{ name, text string }{
		{"a-live.yml", rule("a", "signinlogs", "appId: x")},
		{"b-mapped.yml", rule("b", "signinlogs", "ResultType: 0")},
		{"c-asleep.yml", rule("c", "signinlogs", "ResultType: 0\n    appId|expand: '%apps%'")},
		{"d-dead.yml", rule("d", "signinlogs", "appIdd: x")},
		{"e-other.yml", rule("e", "pim", "x: y")},
		{"f-broken.yml", "title: f\n"},
		{"g-two.yml", rule("g", "signinlogs", "appIdd: x") + "---\n" + rule("g2", "signinlogs", "appId: y")},
		{"h-filter.yml", "title: h\nlogsource: {product: azure, service: signinlogs}\nfilter:\n  rules: [a]\n  s: {appIdd: x}\n  condition: not s\n"},
		{"i-filter.yml", "title: i\nlogsource: {product: azure, service: signinlogs}\nfilter:\n  rules: [a]\n  s: {appId: z}\n  condition: not s\n"},
		{"j-count.yml", rule("j1", "pim", "x: y") + "---\n" + swap(counting, "[a]", "[j1]")},
	}
	var rules []*Rule
	var problems []Problem
	for _, f := range files {
		found, wrong := Parse(f.name, []byte(f.text))
		rules, problems = append(rules, found...), append(problems, wrong...)
	}
	set, more := Compile(rules, event.NewSchema(), fakeLists{lists: map[string]Expansion{"apps": {}}})
	want := []Verdict{
		{"a-live.yml", Live, nil},
		{"b-mapped.yml", Mapped, []string{`"ResultType" is read as status.errorCode`}},
		{"c-asleep.yml", Asleep, []string{"the baseline list apps is empty"}},
		{"d-dead.yml", Dead, []string{`search "s": no record of the sign-in log has a field "appIdd": did you mean "appId"?`}},
		{"e-other.yml", NotRead, []string{"it never matches here: logs of azure/pim are not read"}},
		{"f-broken.yml", Invalid, []string{"detection is missing", "logsource is missing"}},
		{"g-two.yml", Live, nil},
		{"h-filter.yml", Dead, []string{`search "s": no record of the sign-in log has a field "appIdd": did you mean "appId"?`}},
		{"i-filter.yml", Live, nil},
		{"j-count.yml", NotRead, []string{
			"it never matches here: logs of azure/pim are not read", "its rules never match here: their logs are not read"}},
	}
	if diff := cmp.Diff(want, Judge(set, append(problems, more...))); diff != "" {
		t.Error(diff)
	}
}
