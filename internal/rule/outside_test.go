package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vakt/internal/event"
)

// shifts is a calendar: in the countries that it names people work from
// second 100 up to 200.
type shifts []string

func (s shifts) Known(country string) bool { return slices.Contains(s, country) }

func (s shifts) Words() []string { return s }

func (s shifts) Outside(at int64, country string) Truth {
	if !s.Known(country) {
		return Unknown
	}
	return truthOf(at < 100 || at >= 200)
}

// calendarLists is a baseline with a calendar.
type calendarLists struct {
	fakeLists
	work shifts
}

func (l calendarLists) WorkHours(hours, holidays, zones string) (WorkHours, bool) {
	return l.work, hours == "hours" && (holidays == "" || holidays == "days") && (zones == "" || zones == "zones")
}

const offHours = "vakt:\n  outside: {hours: hours, holidays: days, zones: zones, by: country}\n"

// identified is a schema in which records have an id.
type identified struct{ fakeSchema }

func (s identified) Lookup(log event.Log, name string) (event.Field, bool) {
	if name == "id" {
		name = "actor" // any field that every record of the test has
	}
	return s.fakeSchema.Lookup(log, name)
}

// TestOutsideIsPartOfTheCondition: three-valued, also under what is asked
// besides, and however often a value comes again.
func TestOutsideIsPartOfTheCondition(t *testing.T) {
	for _, tt := range []struct {
		name   string
		work   shifts
		record string
		want   Truth
		unread string
	}{
		{"at work", shifts{"SE"}, "country=SE time=150", False, ""},
		{"the last second", shifts{"SE"}, "country=SE time=199", False, ""},
		{"after work", shifts{"SE"}, "country=SE time=200", True, ""},
		{"before work", shifts{"SE"}, "country=SE time=99", True, ""},
		{"hours not known", shifts{"SE"}, "country=NO time=99", Unknown, "hours"},
		{"the shape has no country", shifts{"SE"}, "country=? time=99", Unknown, "hours"},
		{"no country, nobody's hours", shifts{"SE"}, "time=99", Unknown, "hours"},
		{"no country, hours for all", shifts{""}, "time=99", True, ""},
		{"no country, hours for all, at work", shifts{""}, "time=100", False, ""},
		{"something else is false", shifts{"SE"}, "country=NO time=99 result=2", False, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, problems := Compile(mustParse(t, one("result: 1")+offHours), identified{schema}, calendarLists{work: tt.work})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			m := set.NewMatcher()
			for range 2 * lessonLength {
				r := rec(t, append([]string{"actor=me"}, strings.Fields(tt.record)...)...)
				if !strings.Contains(tt.record, "result") {
					r.fields[id(t, "result")] = event.Values{List: []event.Value{fakeValue("#1")}}
				}
				got := Outcome{}
				if out := m.Match(r, event.Risk, nil); len(out) > 0 {
					got = out[0]
				}
				if got.Result != tt.want || strings.Join(got.Unread, " ") != tt.unread {
					t.Fatalf("got %v, unread %q", got.Result, got.Unread)
				}
				if got.Result == True && !slices.Equal(got.Matched, []string{"s", outsideSearch}) {
					t.Fatalf("matched %q", got.Matched)
				}
				m.Match(rec(t, "actor=you", "country=SE", "time=150"), event.Risk, nil)
			}
		})
	}
}

func TestOutsideSleepsWithoutHours(t *testing.T) {
	set, problems := Compile(mustParse(t, one("result: 1")+offHours), schema, calendarLists{})
	if got := fmt.Sprint(messages(problems)); got != "[warning: r.yml:8: asleep: baseline parameter hours is empty]" {
		t.Error(got)
	}
	if c := set.Rules()[0]; !slices.Equal(c.Asleep, []string{"hours"}) {
		t.Errorf("asleep %q", c.Asleep)
	}
}

func TestOutsideInWords(t *testing.T) {
	set := mustCompile(t, one("result: 1")+offHours, calendarLists{work: shifts{"SE", "NO"}})
	want := "A record of the risk detection log matches when s and outside working hours.\n  s: result is 1\n" +
		"Only outside working hours by the clock of country (baseline parameter hours): SE; NO.\n"
	if got := set.Rules()[0].Explain(); got != want {
		t.Error(got)
	}
}

// TestExtensionsRefused: what is wrong with outside, travel and controls, each
// with its line.
func TestExtensionsRefused(t *testing.T) {
	plainRule := func(vakt string) string { return one("result: 1") + "vakt:\n  " + vakt + "\n" }
	lists := calendarLists{fakeLists: fakeLists{
		lists: map[string]Expansion{"any": list("any"), "other": list("other")}, numbers: map[string]float64{"speed": 900, "zero": 0},
	}, work: shifts{"SE"}}
	for _, tt := range []struct{ name, text, want string }{
		{"outside, a list", plainRule("outside: [hours]"), "r.yml:8: vakt: outside must be a map, not a list"},
		{"outside, no hours", plainRule("outside: {by: country}"), "r.yml:8: vakt: outside: hours is missing"},
		{"outside, no country", plainRule("outside: {hours: hours}"), "r.yml:8: vakt: outside: by is missing"},
		{"outside, another key", plainRule("outside: {hours: hours, by: country, day: x}"), `r.yml:8: unknown key "day" in vakt: outside: did you mean "by"?`},
		{"outside, no such parameter", plainRule("outside: {hours: days, by: country}"), "r.yml:8: vakt: outside: hours, holidays and zones must name baseline parameters that are a mapping of country to working hours, to dates and to time zones"},
		{"outside, no such field", plainRule("outside: {hours: hours, by: resultt}"), "r.yml:8: vakt: outside: by: no record of the risk detection log has a field \"resultt\": did you mean \"result\"?"},
		{"outside, in a correlation", good + "name: a\n---\n" + counting + offHours, "r.yml:17: vakt: outside belongs in a plain rule: write it in the rule that is counted"},
		{"travel, no speed", plainRule("travel: {distance: speed}"), "r.yml:8: vakt: travel: speed is missing"},
		{"travel, no distance", plainRule("travel: {speed: speed}"), "r.yml:8: vakt: travel: distance is missing"},
		{"travel, a number", plainRule("travel: {speed: 900 km/h, distance: speed}"), `r.yml:8: vakt: travel: speed: "900 km/h" is not the name of a baseline parameter`},
		{"travel, a list twice", plainRule("travel: {speed: speed, distance: speed, asns: [x, x]}"), `r.yml:8: vakt: travel: asns names "x" twice`},
		{"travel, another log", plainRule("travel: {speed: speed, distance: speed}"), "r.yml:8: vakt: travel belongs in a rule over sign-ins: no other record says where somebody was"},
		{"travel, no parameter", good + "vakt: {travel: {speed: fast, distance: zero}}\n", "r.yml:7: vakt: travel: speed: there is no baseline parameter \"fast\" that is a number above zero"},
		{"travel, in a correlation", good + "name: a\n---\n" + counting + "vakt: {travel: {speed: speed, distance: speed}}\n", "r.yml:16: vakt: travel belongs in a plain rule: write it beside the detection"},
		{"controls, no searches", plainRule("controls: {mode: any}"), "r.yml:8: vakt: controls: searches is missing"},
		{"controls, no such search", plainRule("controls: {searches: [s, x]}"), `r.yml:8: vakt: controls: no search is named "x": did you mean "s"?`},
		{"controls, one search", plainRule("controls: {searches: [s]}"), "r.yml:8: vakt: controls: there is one search, and nothing to combine it with"},
		{"controls, no choice", withCondition("sel_a and sel_b") + "vakt: {controls: {searches: [sel_a, sel_b]}}\n", "r.yml:9: vakt: controls: the condition has no `1 of` these searches: sel_a, sel_b"},
		{"controls, all of them", withCondition("all of sel_*") + "vakt: {controls: {searches: [sel_a, sel_b]}}\n", "r.yml:9: vakt: controls: the condition has no `1 of` these searches: sel_a, sel_b"},
		{"controls, no mode", withCondition("1 of sel_*") + "vakt: {controls: {searches: [sel_a, sel_b], mode: other}}\n", `r.yml:9: vakt: controls: there is no baseline parameter "other" that is any or all`},
		{"controls, no such parameter", withCondition("1 of sel_*") + "vakt: {controls: {searches: [sel_a, sel_b], mode: none}}\n", `r.yml:9: vakt: controls: there is no baseline parameter "none" that is any or all`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules, problems := Parse("r.yml", []byte(tt.text))
			if len(problems) == 0 {
				_, problems = Compile(rules, schema, lists)
			}
			if got := messages(problems); len(got) == 0 || got[0] != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestControls: what of a condition is left under which lists and mode.
func TestControls(t *testing.T) {
	const text = `on: {result: 1}
out_a: {app|neq|expand: '%apps%'}
out_c: {country|neq|expand: '%countries%'}
out_d: {domain|neq|expand: '%domains%'}
condition: on and 1 of out_*
`
	rules := mustParse(t, plain(text)+"vakt:\n  controls: {searches: [out_a, out_c, out_d], mode: mode}\n  severity: [{when: {matched: out_a}, level: high}]\n")
	for _, tt := range []struct {
		name, mode, filled, want string
	}{
		{"any of three", "any", "apps countries domains", "on and (out_a or out_c or out_d)"},
		{"all of three", "all", "apps countries domains", "on and out_a and out_c and out_d"},
		{"any of two", "any", "apps domains", "on and (out_a or out_d)"},
		{"all of two", "all", "countries domains", "on and out_c and out_d"},
		{"one that there is", "any", "countries", "on and out_c"},
		{"one that there is, of all", "all", "countries", "on and out_c"},
		{"none", "all", "", "asleep: [apps countries domains]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lists := fakeLists{lists: map[string]Expansion{"mode": list(tt.mode), "apps": {}, "countries": {}, "domains": {}}}
			for _, name := range strings.Fields(tt.filled) {
				lists.lists[name] = list("x")
			}
			set, problems := Compile(rules, schema, lists)
			if Refused(problems) {
				t.Fatal(problems)
			}
			c := set.Rules()[0]
			if len(c.Asleep) > 0 {
				if got := fmt.Sprint("asleep: ", c.Asleep); got != tt.want {
					t.Error(got)
				}
				return
			}
			want := "A record of the risk detection log matches when " + strings.ReplaceAll(tt.want, "on and out_a and out_c and out_d", "on and (out_a and out_c and out_d)")
			got, _, _ := strings.Cut(c.Explain(), ".\n")
			if strings.ReplaceAll(strings.ReplaceAll(got, "(", ""), ")", "") != strings.ReplaceAll(strings.ReplaceAll(want, "(", ""), ")", "") {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
