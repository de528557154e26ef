package detect

import (
	"fmt"
	"strings"
	"testing"

	"vakt/internal/rule"
)

// steps are two rules over sign-ins, by their code, and something above them.
func steps(above string) string {
	const one = `title: %s
name: %s
logsource: {product: azure, service: signinlogs}
detection:
  search_%s: {status.errorCode: %d}
  condition: search_%s
level: low
---
`
	return fmt.Sprintf(one, "fail", "fail", "fail", 50126, "fail") + fmt.Sprintf(one, "pass", "pass", "pass", 0, "pass") + above
}

func code(record string, n int) string { return strings.Replace(record, "50126", fmt.Sprint(n), 1) }

// fail and pass are sign-ins of one address at a minute and second.
func fail(id, at string) string { return signIn(id, "10:"+at, "192.0.2.1") }
func pass(id, at string) string { return code(fail(id, at), 0) }

// end moves event time to where everything is settled.
func end() string { return code(signIn("end", "23:00:00", "192.0.2.99"), 0) }

// TestKinds: near-threshold cases of every kind, from rule text to detection.
func TestKinds(t *testing.T) {
	correlation := func(kind, rules, rest string) string {
		return "title: Top\nname: top\ncorrelation: {type: " + kind + ", rules: [" + rules + "], group-by: [ip], timespan: 1m" + rest + "}\nlevel: high\n"
	}
	for _, tt := range []struct {
		name    string
		above   string
		records []string
		want    string // value, count and records of each detection of top
	}{
		{"temporal, any order", correlation("temporal", "fail, pass", ""), []string{pass("p", "00:00"), fail("f", "00:59")}, "2 2 [p f]"},
		{"temporal, a window later", correlation("temporal", "fail, pass", ""), []string{pass("p", "00:00"), fail("f", "01:00")}, ""},
		{"ordered", correlation("temporal_ordered", "fail, pass", ""), []string{fail("f", "00:00"), pass("p", "00:59")}, "2 2 [f p]"},
		{"ordered, a window later", correlation("temporal_ordered", "fail, pass", ""), []string{fail("f", "00:00"), pass("p", "01:00")}, ""},
		{"ordered, the wrong way", correlation("temporal_ordered", "fail, pass", ""), []string{pass("p", "00:00"), fail("f", "00:01")}, ""},
		{"ordered, one second", correlation("temporal_ordered", "fail, pass", ""), []string{pass("p", "00:00"), fail("f", "00:00")}, "2 2 *"},
		{"sum", correlation("value_sum", "fail", ", condition: {field: status.errorCode, gte: 100252}"), []string{fail("a", "00:00"), fail("b", "00:10"), end()}, "100252 2 [a b]"},
		{"sum, one short", correlation("value_sum", "fail", ", condition: {field: status.errorCode, gte: 100253}"), []string{fail("a", "00:00"), fail("b", "00:10"), end()}, ""},
		{"mean", correlation("value_avg", "fail, pass", ", condition: {field: status.errorCode, lte: 25063}"), []string{fail("a", "00:00"), pass("b", "00:10"), end()}, "25063 2 [a b]"},
		{"not a number", correlation("value_sum", "fail", ", condition: {field: userPrincipalName, gte: 0}"), []string{fail("a", "00:00"), end()}, ""},
		{"combinations", correlation("value_count", "fail, pass", ", condition: {field: [account, status.errorCode], gte: 2}"), []string{fail("a", "00:00"), pass("b", "00:10")}, "2 2 [a b]"},
		{"combinations, the same", correlation("value_count", "fail, pass", ", condition: {field: [account, status.errorCode], gte: 2}"), []string{fail("a", "00:00"), fail("b", "00:10")}, ""},
		{"range, inside", correlation("event_count", "fail", ", condition: {gte: 2, lt: 3}"), []string{fail("a", "00:00"), fail("b", "00:10"), end()}, "2 2 [a b]"},
		{"range, above in the end", correlation("event_count", "fail", ", condition: {gte: 3, lt: 4}"), []string{fail("a", "00:00"), fail("b", "00:00"), fail("c", "00:00"), fail("d", "00:00"), end()}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tops(see(t, detectorOf(t, steps(tt.above)), tt.records...), tt.want); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// tops writes down what the rule top found; with a * where the order of
// records is left to their keys.
func tops(res *Result, want string) string {
	var all []string
	for _, d := range res.Detections {
		if d.Rule.Key() != "top" || d.Group[0] == "192.0.2.99" {
			continue
		}
		records := fmt.Sprint(d.Records)
		if strings.HasSuffix(want, "*") {
			records = "*"
		}
		all = append(all, fmt.Sprint(d.Value, " ", d.Count, " ", records))
	}
	return strings.Join(all, "; ")
}

// TestNotFollowedBy: a fact stands when nothing follows it, itself decided
// when the waiting time has passed.
func TestNotFollowedBy(t *testing.T) {
	const above = `title: Top
name: top
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  condition: selection
level: high
vakt: {group: [ip], not_followed_by: {rules: [pass], within: 10m}}
`
	for _, tt := range []struct {
		name      string
		records   []string
		want      string
		undecided int
	}{
		{"nothing", []string{fail("a", "00:00"), end()}, "1 1 [a]", 0},
		{"before", []string{pass("p", "00:00"), fail("a", "00:01"), end()}, "1 1 [a]", 0},
		{"the same second", []string{pass("p", "00:00"), fail("a", "00:00"), end()}, "", 0},
		{"the last second", []string{fail("a", "00:00"), pass("p", "10:00"), end()}, "", 0},
		{"a second later", []string{fail("a", "00:00"), pass("p", "10:01"), end()}, "1 1 [a]", 0},
		{"of another group", []string{fail("a", "00:00"), code(signIn("p", "10:05:00", "192.0.2.2"), 0), end()}, "1 1 [a]", 0},
		{"the input ends", []string{fail("a", "00:00"), pass("q", "09:59")}, "", 0},
		{"the input ends too soon", []string{fail("a", "00:00"), code(signIn("p", "10:09:59", "192.0.2.2"), 0)}, "", 1},
		{"the input ends in time", []string{fail("a", "00:00"), code(signIn("p", "10:10:00", "192.0.2.2"), 0)}, "1 1 [a]", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := see(t, detectorOf(t, steps(above)), tt.records...)
			if got := tops(res, tt.want); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if res.Undecided["top"] != tt.undecided {
				t.Errorf("undecided %v, want %d", res.Undecided, tt.undecided)
			}
		})
	}
}

// TestFollowedByACorrelation: what must not follow may be a correlation, and
// where a record leaves open whether that fires, nothing stands.
func TestFollowedByACorrelation(t *testing.T) {
	const above = `title: Passes with one factor
name: single
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 0, authenticationRequirement: singleFactorAuthentication}
  condition: selection
---
title: Passes
name: passes
correlation: {type: event_count, rules: [single], group-by: [account, ip], timespan: 1m, condition: {gte: 2}}
---
title: Top
name: top
correlation: {type: event_count, rules: [fail], group-by: [ip], timespan: 1m, condition: {gte: 1}}
level: high
vakt: {not_followed_by: {rules: [passes], within: 10m}}
`
	unknown := strings.Replace(pass("q", "05:00"), `,"authenticationRequirement":"singleFactorAuthentication"`, `,"isInteractive":true`, 1)
	for _, tt := range []struct {
		name    string
		records []string
		want    string
		blind   int
	}{
		{"one pass", []string{fail("a", "00:00"), pass("p", "05:00"), end()}, "1 1 [a]", 0},
		{"two passes", []string{fail("a", "00:00"), pass("p", "05:00"), pass("q", "05:30"), end()}, "", 0},
		{"two passes, apart", []string{fail("a", "00:00"), pass("p", "05:00"), pass("q", "06:00"), end()}, "1 1 [a]", 0},
		{"the second too late", []string{fail("a", "00:00"), pass("p", "09:30"), pass("q", "10:01"), end()}, "1 1 [a]", 0},
		{"one that does not tell", []string{fail("a", "00:00"), unknown, end()}, "", 1},
	} {
		res := see(t, detectorOf(t, steps(above)), tt.records...)
		if got := tops(res, tt.want); got != tt.want || len(res.Blind) != tt.blind || tt.blind > 0 && res.Blind[0].Rule != "top" {
			t.Errorf("%s: got %q, want %q; blind %+v", tt.name, got, tt.want, res.Blind)
		}
	}
}

// TestAbsentLogIsNoAbsence: where the log is missing in which something might
// follow, nothing fires and the rule is blind.
func TestAbsentLogIsNoAbsence(t *testing.T) {
	const text = `title: Reset
name: reset
logsource: {product: azure, service: auditlogs}
detection:
  selection: {activityDisplayName: Reset user password}
  condition: selection
---
title: Top
name: top
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  condition: selection
level: high
vakt: {not_followed_by: {rules: [reset], within: 10m}}
`
	res := see(t, detectorOf(t, text), fail("a", "00:00"), end())
	if len(res.Detections) != 0 || len(res.Blind) != 1 || fmt.Sprint(res.Blind[0].Fields, res.Blind[0].Records) != "[azure/auditlogs] 1" {
		t.Errorf("found %+v, blind %+v", plainly(res.Detections), res.Blind)
	}
	other := strings.Replace(audit("x", `[{"id":"aaaa0001-0000-0000-0000-000000000001","type":"User"}]`), "T10:00:00", "T09:00:00", 1)
	if res = see(t, detectorOf(t, text), fail("a", "00:00"), other, end()); len(res.Blind) != 0 || tops(res, "") == "" {
		t.Errorf("with the log: found %+v, blind %+v", plainly(res.Detections), res.Blind)
	}
}

// TestChainCoversTheWindowsBeneath: the alert begins with the first fact of
// the first window that fired, and its rules beneath do not alert.
func TestChainCoversTheWindowsBeneath(t *testing.T) {
	const above = `title: Burst
name: burst
correlation: {type: event_count, rules: [fail], group-by: [ip, account], timespan: 1m, condition: {gte: 2}}
---
title: Top
name: top
correlation: {type: value_count, rules: [burst], group-by: [ip], timespan: 10m, condition: {gte: 2, field: account}}
level: critical
`
	who := func(record, account string) string {
		return strings.Replace(record, "0000000a-0000-0000-0000-000000000001", "0000000a-0000-0000-0000-00000000000"+account, 1)
	}
	records := []string{fail("a", "00:00"), fail("b", "00:59"), who(fail("c", "05:00"), "2"), who(fail("d", "05:30"), "2"), who(fail("e", "05:40"), "3")}
	res := see(t, detectorOf(t, steps(above)), records...)
	if got := tops(res, ""); got != "2 4 [a b c d]" || len(res.Detections) != 1 {
		t.Fatalf("got %q of %+v", got, plainly(res.Detections))
	}
	if d := res.Detections[0]; d.Severity != rule.Critical || d.Last-d.First != 330 || fmt.Sprint(d.Matched) != "[search_fail]" {
		t.Errorf("got %+v", plainly(res.Detections))
	}
	if got := tops(see(t, detectorOf(t, steps(above)), records[:3]...), ""); got != "" {
		t.Errorf("one burst: %q", got)
	}
}

// TestCollapse: the records of one operation count once.
func TestCollapse(t *testing.T) {
	const above = `title: Top
name: top
correlation: {type: event_count, rules: [fail], group-by: [ip], timespan: 10m, condition: {gte: 2}}
level: high
vakt: {collapse: {by: [correlationId], within: 10s}}
`
	with := func(record, operation string) string {
		return strings.Replace(record, `"userId"`, `"correlationId":"0000000c-0000-0000-0000-00000000000`+operation+`","userId"`, 1)
	}
	for _, tt := range []struct {
		name    string
		records []string
		want    string
	}{
		{"one operation", []string{with(fail("a", "00:00"), "1"), with(fail("b", "00:10"), "1")}, ""},
		{"a second too late", []string{with(fail("a", "00:00"), "1"), with(fail("b", "00:11"), "1")}, "2 2 [a b]"},
		{"no bridge", []string{with(fail("a", "00:00"), "1"), with(fail("b", "00:08"), "1"), with(fail("c", "00:16"), "1")}, "2 3 [a b c]"},
		{"two operations", []string{with(fail("a", "00:00"), "1"), with(fail("b", "00:00"), "2")}, "2 2 *"},
	} {
		if got := tops(see(t, detectorOf(t, steps(above)), tt.records...), tt.want); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestRaises: the severity is that of the highest line that holds.
func TestRaises(t *testing.T) {
	const above = `title: Top
name: top
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  selection_app: {appDisplayName: Portal}
  condition: selection or selection_app
level: low
vakt:
  group: [ip]
  severity:
    - {when: {distinct: account, at_least: 2}, level: medium}
    - {when: {matched: selection_app}, level: high}
`
	other := strings.Replace(fail("b", "00:01"), "0000000a-0000-0000-0000-000000000001", "0000000a-0000-0000-0000-000000000002", 1)
	portal := strings.Replace(fail("c", "00:02"), `"userId"`, `"appDisplayName":"Portal","userId"`, 1)
	for _, tt := range []struct {
		records []string
		want    rule.Severity
		raised  int
	}{
		{[]string{fail("a", "00:00"), fail("z", "00:01")}, rule.Low, 0},
		{[]string{fail("a", "00:00"), other}, rule.Medium, 1},
		{[]string{fail("a", "00:00"), other, portal}, rule.High, 2},
		{[]string{portal}, rule.High, 1},
	} {
		res := see(t, detectorOf(t, above), tt.records...)
		if len(res.Detections) != 1 || res.Detections[0].Severity != tt.want || len(res.Detections[0].Raised) != tt.raised {
			t.Errorf("%d records: got %+v", len(tt.records), plainly(res.Detections))
		}
	}
}
