package detect

import (
	"fmt"
	"strings"
	"testing"

	"vakt/internal/baseline"
	"vakt/internal/rule"
)

const top = `title: Top
name: top
correlation: {type: event_count, rules: [fail], group-by: [ip], timespan: 1m, condition: {gte: 3}}
level: medium
`

func levels(res *Result) string {
	said := map[string]int{}
	for _, d := range res.Detections {
		if d.Rule.Key() == "top" {
			said[d.Severity.String()]++
		}
	}
	return fmt.Sprint(said)
}

// TestFollowedByMakesWorse: what follows raises an alert and changes nothing
// else of it.
func TestFollowedByMakesWorse(t *testing.T) {
	const above = top + "vakt: {severity: [{when: {followed_by: [pass], within: 10m}, level: critical}]}\n"
	three := []string{fail("a", "00:00"), fail("b", "00:10"), fail("c", "00:20")}
	for _, tt := range []struct {
		name  string
		then  []string
		level rule.Severity
	}{
		{"nothing", nil, rule.Medium},
		{"just before", []string{code(signIn("p", "09:59:59", "192.0.2.1"), 0)}, rule.Medium},
		{"in the first second", []string{pass("p", "00:00")}, rule.Critical},
		{"between", []string{pass("p", "00:15")}, rule.Critical},
		{"the last second", []string{pass("p", "10:20")}, rule.Critical},
		{"a second too late", []string{pass("p", "10:21")}, rule.Medium},
		{"another group", []string{code(signIn("p", "10:01:00", "192.0.2.2"), 0)}, rule.Medium},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := see(t, detectorOf(t, steps(above)), append(tt.then, three...)...)
			if got, want := tops(res, "*"), tops(see(t, detectorOf(t, steps(top)), three...), "*"); got != want || got == "" {
				t.Errorf("got %q, want %q", got, want)
			}
			if got, want := levels(res), fmt.Sprint(map[string]int{tt.level.String(): 1}); got != want {
				t.Errorf("levels %s, want %s", got, want)
			}
			if res.Undecided["top"] != 0 || len(res.Blind) != 0 {
				t.Errorf("undecided %v, blind %v", res.Undecided, res.Blind)
			}
		})
	}
}

// TestManyAlertsMakeWorse: the alerts of a rule are counted by day.
func TestManyAlertsMakeWorse(t *testing.T) {
	d := detectorOf(t, steps(top+"vakt: {severity: [{when: {alerts: 3}, level: high}]}\n"))
	var records []string
	at := func(groups int, day string) {
		for g := range groups {
			for i := range 3 {
				id := fmt.Sprint(day, g, i)
				records = append(records, strings.Replace(signIn(id, fmt.Sprintf("1%d:00:0%d", g, i), fmt.Sprintf("192.0.2.%d", g)), "03-02T", "03-"+day+"T", 1))
			}
		}
	}
	at(2, "03")
	at(3, "04")
	if got, want := levels(see(t, d, records...)), fmt.Sprint(map[string]int{"medium": 2, "high": 3}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLowerNumberForThoseOnTheList: who is on the list has a number of its
// own, everybody else the rule's; the list unread, all have the rule's.
func TestLowerNumberForThoseOnTheList(t *testing.T) {
	const above = `title: Top
name: top
correlation: {type: event_count, rules: [fail], group-by: [ip], timespan: 1m, condition: {gte: 20}}
level: medium
vakt: {severity: [{when: {list: privileged_users}, level: high, threshold: failed_signin_threshold_admin}]}
`
	f := func(name string, n int, admins []string, want string) {
		t.Helper()
		lists := baseline.Default()
		if admins != nil {
			lists = lists.WithDirectory(map[string][]string{"privileged_users": admins})
		}
		var records []string
		for i := range n {
			records = append(records, fail(fmt.Sprintf("r%02d", i), fmt.Sprintf("00:%02d", i)))
		}
		if got := levels(see(t, detectorWith(t, steps(above), lists), records...)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	ann, other := []string{"0000000a-0000-0000-0000-000000000001"}, []string{"0000000a-0000-0000-0000-000000000002"}
	f("an administrator", 10, ann, "map[high:1]")
	f("one too few", 9, ann, "map[]")
	f("by name", 10, []string{"ann@contoso.com"}, "map[high:1]")
	f("somebody else", 19, other, "map[]")
	f("somebody else, often", 20, other, "map[medium:1]")
	f("nobody knows", 19, nil, "map[]")
	f("nobody knows, often", 20, nil, "map[medium:1]")
}
