package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// leaving is a filter for the risk log.
func leaving(name, rules, search, condition string) string {
	text := "title: Exclude " + name + "\nname: " + name + "\nlogsource: {product: azure}\nfilter:\n"
	if rules != "" {
		text += "  rules: " + rules + "\n"
	}
	return text + "  x:\n    " + search + "\n  condition: " + condition + "\n---\n"
}

func TestFilter(t *testing.T) {
	rules := searching("a", "s", "result: 1") + searching("b", "s", "result: 2")
	f := func(filter string, want string, pairs ...string) {
		t.Helper()
		set := mustCompile(t, strings.TrimSuffix(rules+filter, "---\n"), nil)
		var got []string
		for _, o := range set.NewMatcher().Match(rec(t, pairs...), event.Risk, nil) {
			got = append(got, o.Rule.Name+" "+o.Result.String()+" "+strings.Join(o.Matched, ","))
		}
		if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s on %q:\n%s", filter, pairs, diff)
		}
	}
	one := []string{"result=1", "result=2", "app=x"}
	f("", "a true s; b true s", one...)
	f(leaving("f", "[a]", "app: x", "not x"), "b true s", one...)
	f(leaving("f", "a", "app: y", "not x"), "a true s; b true s", one...)
	f(leaving("f", "any", "app: x", "not x"), "", one...)
	f(leaving("f", "", "app: x", "not x"), "", one...)
	f(leaving("f", "", "app: x", "not x"), "a unknown s; b unknown s", "result=1", "result=2", "app=?")
	f(swap(leaving("f", "[a]", "app: x", "x"), "Exclude", "Only"), "a true s,f: x; b true s", one...)
	f(swap(leaving("f", "[a]", "app: y", "x"), "Exclude", "Only"), "b true s", one...)
	f(leaving("f", "[a]", "app: x", "not x")+leaving("g", "[b]", "ip: y", "not x"), "b true s", one...)
	f(swap(leaving("f", "any", "app: x", "not x"), "product: azure", "product: azure, service: auditlogs")+
		strings.TrimSuffix(swap(swap(searching("au", "s", "app: z"), "riskdetection", "auditlogs"), "title: t", "title: z"), "---\n"), "a true s; b true s", one...)
}

func TestFilterIsPartOfTheRule(t *testing.T) {
	text := searching("a", "s", "result: 1") + leaving("g", "[a]", "country: y", "not x") + leaving("f", "[a]", "app|expand: '%calm%'", "not x")
	lists := fakeLists{lists: map[string]Expansion{"calm": list("x")}}
	set := mustCompile(t, strings.TrimSuffix(text, "---\n"), lists)
	a := set.Rules()[0]
	if len(set.Filters()) != 2 || len(a.Filters) != 2 || a.Filters[0].Name != "f" {
		t.Fatalf("filters %v", a.Filters)
	}
	if !slices.Equal(a.Fields, []event.Field{id(t, "result"), id(t, "app"), id(t, "country")}) {
		t.Errorf("reads %v", a.Fields)
	}
	if fully, partly := a.CanMatch(func(f event.Field) bool { return f != id(t, "app") }); fully || partly {
		t.Errorf("without the filter's field: %v %v", fully, partly)
	}
	words := a.Explain()
	for _, want := range []string{"s and not f: x and not g: x", "Filtered by f, r.yml:18.", `f: x: app is on the baseline list calm ("x")`} {
		if !strings.Contains(words, want) {
			t.Errorf("%s\nlacks %q", words, want)
		}
	}
	bare := mustCompile(t, strings.TrimSuffix(searching("a", "s", "result: 1"), "---\n"), nil)
	if set.Hash() == bare.Hash() {
		t.Error("the hash does not cover filters")
	}
}

// A filter over an empty list leaves its rules as they are: neither silent nor
// asleep.
func TestSleepingFilterDoesNothing(t *testing.T) {
	text := searching("a", "s", "result: 1") + strings.TrimSuffix(leaving("f", "[a]", "app|expand: '%empty%'", "not x"), "---\n")
	set, problems := Compile(mustParse(t, text), schema, fakeLists{lists: map[string]Expansion{"empty": {}}})
	if diff := cmp.Diff([]string{"warning: r.yml:15: asleep: baseline parameter empty is empty"}, messages(problems)); diff != "" {
		t.Error(diff)
	}
	if got, _ := verdict(set, rec(t, "result=1", "app=x")); got != True || len(set.Asleep()) != 0 {
		t.Errorf("%v, asleep %v", got, set.Asleep())
	}
}

func TestFilterRefused(t *testing.T) {
	f := func(name, text string, want ...string) {
		t.Helper()
		text = searching("a", "s", "result: 1") + strings.TrimSuffix(text, "---\n")
		rules, problems := Parse("r.yml", []byte(text))
		set, more := Compile(rules, schema, nil)
		if diff := cmp.Diff(want, messages(append(problems, more...))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if got, _ := verdict(set, rec(t, "result=1", "app=x")); got != True || len(set.Filters()) > 0 {
			t.Errorf("%s: a refused filter is at work", name)
		}
	}
	good := leaving("f", "[a]", "app: x", "not x")
	f("rule", swap(good, "[a]", "[aa]"), `r.yml:13: filter: no rule has the name or id "aa": did you mean "a"?`)
	f("log source", swap(good, "product: azure", "product: m365"), `r.yml:13: filter: it is for logs of m365, and the rule "a" reads azure/riskdetection`)
	f("field", swap(good, "app: x", "foo: x"), `r.yml:15: search "x": no record of the risk detection log has a field "foo"`)
	f("key", swap(good, "name: f", "vakt: {rows: [G01]}"), `r.yml:10: vakt does not belong in a filter: write it as a rule in a document of its own`)
	f("no log source", swap(good, "logsource: {product: azure}\n", ""), `r.yml:9: logsource is missing`)
	f("no rules", swap(good, "[a]", "[]"), `r.yml:13: filter: rules is an empty list`)
	f("condition", swap(good, "not x", "not y"), `r.yml:16: condition: no search is named "y": did you mean "x"?`)
	f("itself", swap(good, "[a]", "[f]"), `r.yml:13: filter: "f" is not a detection rule: a filter is added to rules that read records`)
}

func TestFilterIsNoRule(t *testing.T) {
	text := searching("a", "s", "result: 1") + leaving("f", "[a]", "app: x", "not x") + swap(counting, "[a]", "[f]")
	_, problems := Compile(mustParse(t, text), schema, nil)
	if diff := cmp.Diff([]string{`r.yml:21: correlation: "f" is a filter, which never matches by itself`}, messages(problems)); diff != "" {
		t.Error(diff)
	}
}

// The specification's own example is an exclusion that keeps what it should
// leave out.
func TestFilterTrap(t *testing.T) {
	f := func(title, condition string, trapped bool) {
		t.Helper()
		text := swap(strings.TrimSuffix(leaving("f", "any", "app: x", condition), "---\n"), "Exclude f", title)
		_, problems := Parse("r.yml", []byte(text))
		if got := len(problems) == 1 && problems[0].Warning && strings.Contains(problems[0].Message, "not …"); got != trapped {
			t.Errorf("%q with %q: %v", title, condition, problems)
		}
	}
	f("Filter Administrator account", "x", true)
	f("Exclude the scanner", "x", true)
	f("Known good hosts", "x", true)
	f("Exclude the scanner", "not x", false)
	f("Filter: only the servers", "x", false)
	f("Servers", "x", false)
	text := swap(strings.TrimSuffix(leaving("f", "any", "app|neq: x", "x"), "---\n"), "Exclude f", "Exclude x")
	if _, problems := Parse("r.yml", []byte(text)); len(problems) > 0 {
		t.Error(problems)
	}
}
