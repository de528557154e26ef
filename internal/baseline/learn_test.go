package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestThreshold(t *testing.T) {
	people := func(total int, worstOf ...int) *population {
		p := &population{noun: "people", total: total}
		for i, n := range worstOf {
			p.worst = append(p.worst, worst{fmt.Sprintf("p%d", i), n})
		}
		return p
	}
	for name, want := range map[string]struct {
		p      *population
		value  string
		active bool
		why    string
	}{
		"nobody":                          {people(0), "10", false, "nothing was seen"},
		"quiet":                           {people(1000), "10", false, "the default stands"},
		"usual below the default":         {people(1000, 6, 6, 6, 6, 6, 6), "10", false, "the default stands"},
		"usual above the default":         {people(1000, 12, 12, 12, 12, 12, 12), "18", true, ""},
		"one account alone":               {people(100, 40), "10", false, "the default stands"},
		"one account far above the next":  {people(100, 40, 12), "18", true, ""},
		"few of many":                     {people(10_000, 40, 40, 40), "10", false, "the default stands"},
		"a month that cannot be ordinary": {people(100, 400, 400, 400), "50", false, "more than 5 times"},
	} {
		line := want.p.threshold("failed_signin_threshold_user", "", " in 10m", 10)
		if line.Value != want.value || line.Active != want.active || !strings.HasPrefix(line.Why, want.why) {
			t.Errorf("%s: %+v", name, line)
		}
	}
}

// The worst window is what counting each window by itself gives.
func TestMostInAWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		accounts := []*learnedOf{{id: "a"}, {id: "b"}, {id: "c"}}
		var list []seenFailure
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			list = append(list, seenFailure{time: rapid.Int64Range(0, 60).Draw(t, "time"), who: rapid.SampledFrom(accounts).Draw(t, "who")})
		}
		slices.SortFunc(list, func(a, b seenFailure) int { return int(a.time - b.time) })
		window := rapid.Int64Range(1, 20).Draw(t, "window")
		all, different := 0, 0
		for _, at := range list {
			n, who := 0, map[*learnedOf]bool{}
			for _, f := range list {
				if f.time > at.time-window && f.time <= at.time {
					n++
					who[f.who] = true
				}
			}
			all, different = max(all, n), max(different, len(who))
		}
		d := time.Duration(window) * time.Second
		if got := mostAll(list, d); got != all {
			t.Fatalf("mostAll %d, want %d", got, all)
		}
		if got := most(list, d, func(f seenFailure) *learnedOf { return f.who }); got != different {
			t.Fatalf("most %d, want %d", got, different)
		}
	})
}

func TestShapeOfNames(t *testing.T) {
	f := func(local, prefix, want string) {
		t.Helper()
		if got := shapeOf(local, prefix); got != want {
			t.Errorf("shapeOf(%q, %q) = %q, want %q", local, prefix, got, want)
		}
	}
	f("ann.berg", "", `[a-z]+\.[a-z]+`)
	f("ann.berg2", "", `[a-z]+\.[a-z]+[0-9]+`)
	f("adm_ann", "adm_", `adm_[a-z]+`)
	f("ann", "adm_", `[a-z]+`)
	f("åsa.berg", "", `\pL+[a-z]+\.[a-z]+`)
	f("a++b", "", `[a-z]+\+\+[a-z]+`)
	f("x(y", "", `[a-z]+\([a-z]+`)
}

// Hours that a week of sign-ins was made from are found again.
func TestHoursAreFound(t *testing.T) {
	w := &localWeek{days: map[time.Time]int{}}
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday
	for day := range 14 {
		date := start.AddDate(0, 0, day)
		w.days[date] += 0
		if day%7 > 4 {
			continue
		}
		for hour := 8; hour < 17; hour++ {
			w.slots[day%7*24+hour] += 100
			w.days[date] += 100
			w.total += 100
		}
		w.slots[day%7*24+22]++ // one late worker
		w.total++
	}
	lines := w.lines("SE", 40)
	if len(lines) != 1 || lines[0].Value != "mon-fri 08:00-17:00" || !lines[0].Active {
		t.Errorf("%+v", lines)
	}
	if few := w.lines("SE", 3); few[0].Active {
		t.Error("three accounts make working hours")
	}
	spread := &localWeek{days: w.days, total: 7 * 24 * 50}
	for i := range spread.slots {
		spread.slots[i] = 50
	}
	if l := spread.lines("SE", 40); l[0].Active {
		t.Errorf("people who work all day long have hours: %+v", l)
	}
}

func TestOnlyZones(t *testing.T) {
	n := 0
	for line := range strings.SplitSeq(strings.TrimSpace(zones), "\n") {
		country, zone, _ := strings.Cut(line, " ")
		if _, err := checkCountry(country); err != nil {
			t.Error(err)
		}
		if _, err := checkZone(zone); err != nil {
			t.Error(err)
		}
		if onlyZone(country) != zone {
			t.Errorf("%s is found as %q", country, onlyZone(country))
		}
		n++
	}
	if n < 80 || onlyZone("US") != "" || onlyZone("XX") != "" || onlyZone("") != "" {
		t.Errorf("%d zones", n)
	}
}

// An account keeps the same values, whatever the order in which they come.
func TestUsesDoNotGoByOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 2*mostUses).Draw(t, "values")
		order := rapid.Permutation(slices.Repeat(numbers(n), 2)).Draw(t, "order")
		kept := func(order []int) map[string][2]uint32 {
			l := &Learner{texts: interner{number: map[string]uint32{}}}
			a := &learnedOf{}
			for _, i := range order {
				l.use(a, useApp, fmt.Appendf(nil, "app-%d", i), uint32(1000+i), true)
				l.use(a, useApp, fmt.Appendf(nil, "app-%d", i), uint32(2000+i), false)
			}
			all := map[string][2]uint32{}
			for _, u := range a.values {
				all[l.textOf(u.value)] = [2]uint32{u.first, u.last}
			}
			if more := a.more != 0; more != (n > mostUses) {
				t.Fatalf("%d values, more: %v", n, more)
			}
			return all
		}
		a, b := kept(order), kept(numbers(n))
		if len(a) != min(n, mostUses) || len(a) != len(b) {
			t.Fatalf("%d and %d values of %d", len(a), len(b), n)
		}
		for value, times := range a {
			if b[value] != times {
				t.Fatalf("%s: %v and %v", value, times, b[value])
			}
		}
	})
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// Whatever logs and names hold, a proposal is a baseline that parses, and its
// values are the ones that were proposed.
func FuzzProposal(f *testing.F) {
	f.Add("SE", "ann@contoso.com", "alert x")
	f.Add("contoso.com\nspray_window: 1s", "a\u2028b", "#")
	f.Add("null", "- x", "'\"\x1b[31m")
	f.Add("~", "0x10", "1e3")
	f.Fuzz(func(t *testing.T, value, name, why string) {
		l := &Learner{}
		p := &Proposal{learner: l, LeftOut: []LeftOut{{name, name, why}}, Notes: []string{why}}
		tallied := &tally{accounts: 3, count: 7, names: []string{name}}
		var want []string
		for _, param := range []string{"approved_upn_domains", "legacy_exceptions", "vpn_asns", "approved_countries"} {
			line := tallied.line(param, value, 5)
			line.Names = []string{name}
			p.Lines = append(p.Lines, line)
			if line.Active {
				want = append(want, param)
			}
		}
		p.Lines = append(p.Lines, Line{Parameter: "upn_regex_user", Value: value, Active: false, Evidence: name})
		if _, err := checkPattern(value); err == nil {
			p.Lines[len(p.Lines)-1].Active = true
			want = append(want, "upn_regex_user")
		}
		data, err := p.YAML(value + ".jsonl")
		if err != nil {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == '\uFFFD' }) {
				return // no name of a file
			}
			t.Fatal(err)
		}
		b, problems := Parse("p", data)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, param := range want {
			canonical, err := shapes[kindOf(param)].one(value)
			x, _ := b.Expand(param)
			if err != nil || len(x.Items) != 1 || x.Items[0].Value != canonical {
				t.Fatalf("%s: %q became %v", param, value, x.Items)
			}
		}
		for _, param := range []string{"spray_window", "spray_distinct_users"} {
			if b.values[param].declared {
				t.Fatalf("%q declares %s", value, param)
			}
		}
	})
}
