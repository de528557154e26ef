package rule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	lists := fakeLists{
		lists: map[string]Expansion{
			"approved_countries": {Items: []Item{{Value: "SE"}, {Value: "NO", Until: 1_800_000_000}}},
			"resource_accounts":  {Unread: "needs --directory"},
			"accepted_domains":   {FromField: "ownerDomain"},
			"exceptions":         {Optional: true},
			"many":               list("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"),
			"partly":             {Items: []Item{{Value: "x"}}, Unread: "no group"},
		},
		numbers: map[string]float64{"spray_distinct_users": 10}, durations: map[string]time.Duration{"spray_window": 15 * time.Minute},
	}
	f := func(name, text, want string) {
		t.Run(name, func(t *testing.T) {
			set := mustCompile(t, text, lists)
			c := set.Rules()[0]
			if len(set.Correlations()) > 0 {
				c = set.Correlations()[0]
			}
			if diff := cmp.Diff(want, c.Explain()); diff != "" {
				t.Error(diff)
			}
		})
	}
	f("plain", plain(`s:
  result: [50126, 'x*']
  app|contains|all: [a, b]
  size|gt: 5
n:
  - country: null
  - ip|cidr|neq: [192.0.2.0/24, '2001:db8::/32']
    app|exists: true
_k: [needle, 7]
f_list:
  country|expand: '%approved_countries%'
  account|expand: '%resource_accounts%'
f_more:
  domain|endswith|expand: ['%accepted_domains%', '%many%']
  app|re|i: '^x'
  app|cased|startswith|neq: Y
  app: ''
  actor|expand: ['%exceptions%', '%partly%']
condition: (s or n or _k) and not 1 of f_*
`), `A record of the risk detection log matches when (s or n or _k) and not (f_list or f_more).
  s: result is 50126 or "x*", and app contains "a" and "b", and size is more than 5
  n: (country is absent) or (ip is not in the network 192.0.2.0/24 or 2001:db8::/32, and app is present)
  _k: any text contains "needle" or 7
  f_list: country is on the baseline list approved_countries ("SE", "NO" until 2027-01-15T08:00:00Z), and account is on the baseline list resource_accounts (not read: needs --directory)
  f_more: domain ends with an entry of the baseline list accepted_domains (not set: the record's ownerDomain stands in) or an entry of the baseline list many ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", and 2 more), and app matches the regular expression "^x" (flags i), and app does not begin with "Y" (upper and lower case told apart), and app is empty, and actor is on the baseline list exceptions (empty) or on the baseline list partly ("x", the rest not read: no group)
`)
	base := "name: password-fail\n" + head + "  s: {result: 50126}\n  condition: s\n---\n"
	f("value count", base+"title: Spray\ncorrelation:\n  type: value_count\n  rules: [password-fail]\n  group-by: [ip]\n  timespan: 1h\n  condition: {gte: 3, field: account}\nvakt: {threshold: spray_distinct_users, timespan: spray_window}\n",
		`An alert is raised when within 15 minutes (baseline parameter spray_window) at least 10 (baseline parameter spray_distinct_users) different account share one ip.
Counted by password-fail: A record of the sign-in log matches when s.
  s: result is 50126
`)
	f("event count", base+"title: Few\ncorrelation:\n  type: event_count\n  rules: [password-fail]\n  group-by: [ip, app]\n  timespan: 1d\n  condition: {lt: 3}\n",
		`An alert is raised when within 1 day fewer than 3 matching records share one ip and one app.
It is decided 10 minutes later, because more records can turn it false again.
Counted by password-fail: A record of the sign-in log matches when s.
  s: result is 50126
`)
}

func TestExplainWhatNeverMatches(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		set, problems := Compile(mustParse(t, text), schema, fakeLists{lists: map[string]Expansion{"empty": {}}})
		if Refused(problems) {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(want, set.Rules()[0].Explain()); diff != "" {
			t.Error(diff)
		}
	}
	f(swap(one("result: 1"), "{product: azure, service: riskdetection}", "{product: windows}"), "Never matches: logs of windows are not read here.\n")
	f(one("result|expand: '%empty%'"), `A record of the risk detection log matches when s.
  s: result is on the baseline list empty (empty)
Asleep: the baseline parameter empty is empty, so this never matches.
`)
}
