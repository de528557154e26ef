package rule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// dated is a baseline with a zone and a holiday.
type dated struct{ fakeLists }

func (dated) Zone(name string) (*time.Location, bool) {
	return time.FixedZone("East", 3600), name == "day_zone"
}

func (dated) Holiday(name, country string, year int, month time.Month, day int) bool {
	return name == "holidays" && (country == "" || country == "se") && year == 2026 && month == time.June && day == 19
}

var datedLists = dated{fakeLists{numbers: map[string]float64{"increase": 15, "floor": 30}}}

// grows is a correlation with a growth.
func grows(correlation, growth string) string {
	return searching("fail", "s", "result: 1") + "name: up\ntitle: t\ncorrelation: " + correlation + "\nvakt:\n  growth: " + growth + "\n"
}

const daily = "{type: event_count, rules: [fail], timespan: 1d, condition: {gte: 50}}"

var perCountry = swap(daily, "timespan", "group-by: [country], timespan")

func TestGrowthIsRead(t *testing.T) {
	c := correlationNamed(t, mustCompile(t, grows(daily, "{percent: 12.5}"), nil), "up")
	if g := c.Growth; g.Percent != 12.5 || g.Days != 7 || g.Zone != time.UTC || g.Holiday(nil, 2026, time.June, 19) {
		t.Errorf("%+v", g)
	}
	if !c.Holds(50) || c.Holds(49) || !c.Growth.Exceeds(226, 200) || c.Growth.Exceeds(225, 200) || !c.Growth.Exceeds(1, 0) {
		t.Errorf("%+v %+v", c.Bounds, c.Growth)
	}
	c = correlationNamed(t, mustCompile(t, grows(perCountry, "{percent: increase, at_least: floor, zone: day_zone, holidays: holidays, by: country, against: 1d}"), datedLists), "up")
	if g := c.Growth; g.Percent != 15 || g.Days != 1 || g.Zone.String() != "East" || !g.Holiday([]string{"se"}, 2026, time.June, 19) || g.Holiday([]string{"no"}, 2026, time.June, 19) {
		t.Errorf("%+v", g)
	}
	if !c.Holds(30) || c.Holds(29) {
		t.Errorf("%+v", c.Bounds)
	}
	c = correlationNamed(t, mustCompile(t, grows(perCountry, "{percent: 1, holidays: holidays}"), datedLists), "up")
	if !c.Growth.Holiday([]string{"no"}, 2026, time.June, 19) {
		t.Error("without by, a holiday anywhere counts")
	}
}

func TestGrowthIsRefused(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		rules, problems := Parse("r.yml", []byte(text))
		_, more := Compile(rules, schema, datedLists)
		if got := messages(append(problems, more...)); !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%q\nlacks %q", got, want)
		}
	}
	f(grows(daily, "7d"), "vakt: growth must be a map, not text")
	f(grows(daily, "{zone: day_zone}"), "r.yml:13: vakt: growth: percent is missing")
	f(grows(daily, "{percent: 0}"), "vakt: growth: percent needs a number above 0, or the name of a baseline parameter, not a number (0)")
	f(grows(daily, "{percent: [1]}"), "vakt: growth: percent must be text, not a list")
	f(grows(daily, "{percent: none}"), `vakt: growth: percent: there is no baseline parameter "none" that is a number`)
	f(grows(daily, "{percent: 1, at_least: none}"), `vakt: growth: at_least: there is no baseline parameter "none" that is a number`)
	f(grows(daily, "{percent: 1, zone: floor}"), `vakt: growth: zone: there is no baseline parameter "floor" that is a time zone`)
	f(grows(daily, "{percent: 1, against: 36h}"), `vakt: growth: against "36h" is no number of days: days are compared`)
	f(grows(daily, "{percent: 1, by: country}"), `vakt: growth: by "country" is not in group-by: it has no group`)
	f(grows(swap(daily, "1d", "2d"), "{percent: 1}"), "vakt: growth compares days: it needs the type event_count and a timespan of 1d")
	f(grows(swap(daily, "{gte: 50}", "{gt: 50}"), "{percent: 1}"), "vakt: growth needs a condition with gte alone")
	f(grows(daily, "{percent: 1}\n  threshold: floor"), "vakt: growth: write at_least in place of threshold, and no timespan")
	f(grows(daily, "{percent: 1}\n  collapse: {within: 1s}"), "collapse and not_followed_by have no meaning for it")
	f(grows(daily, "{percent: 1}\n  severity: [{when: {list: vips}, level: high}]"), "severity cannot be raised by them")
	f(good+"vakt:\n  growth: {percent: 1}\n", "vakt: growth belongs in a correlation: this rule counts nothing")
	chain := "---\nname: twice\ntitle: t\ncorrelation: {type: event_count, rules: [%s], group-by: [ip], timespan: 1d, condition: {gte: 3}}\n"
	f(grows(daily, "{percent: 1}")+strings.Replace(chain, "%s", "up", 1), `correlation: "up" has vakt: first_seen, growth or travel, and can only stand alone`)
	f(grows(swap(daily, "[fail]", "[twice]"), "{percent: 1}")+strings.Replace(chain, "%s", "fail", 1), `vakt: growth counts records, and "twice" is a correlation`)
}

func TestGrowthIsExplained(t *testing.T) {
	text := grows(perCountry, "{percent: increase, at_least: floor, zone: day_zone, holidays: holidays, by: country}")
	want := `An alert is raised for a day (East (baseline parameter day_zone)) with at least 30 (baseline parameter floor) matching records of one country, when they are more than 15 % (baseline parameter increase) above the number of the day 7 days before.
A day that has not ended is compared up to the same time on the clock.
Holidays (baseline parameter holidays) are left out, on either side.
Counted by fail: A record of the risk detection log matches when s.
  s: result is 1
`
	if diff := cmp.Diff(want, correlationNamed(t, mustCompile(t, text, datedLists), "up").Explain()); diff != "" {
		t.Error(diff)
	}
}
