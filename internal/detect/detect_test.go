package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/baseline"
	"vakt/internal/event"
	"vakt/internal/rule"
)

const failedSignIn = `title: Failed
name: failed
logsource: {product: azure, service: signinlogs}
detection:
  selection:
    status.errorCode: 50126
  condition: selection
level: low
vakt:
  group: [ip]
`

// counting is a correlation of failed sign-ins by address.
func counting(kind, field, condition string, window, settle int) string {
	if field != "" {
		field = "\n    field: " + field
	}
	return failedSignIn + fmt.Sprintf(`---
title: Many
name: many
correlation:
  type: %s
  rules: [failed]
  group-by: [ip]
  timespan: %ds
  condition:
    %s%s
level: high
vakt: {settle: %ds}
`, kind, window, condition, field, settle)
}

// fataler is the part of testing.T and rapid.T that a helper needs.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func detectorOf(t fataler, text string) *Detector {
	t.Helper()
	return detectorWith(t, text, baseline.Default())
}

func detectorWith(t fataler, text string, lists rule.Lists) *Detector {
	t.Helper()
	rules, problems := rule.Parse("test.yml", []byte(text))
	schema := event.NewSchema()
	set, more := rule.Compile(rules, schema, lists)
	for _, p := range slices.Concat(problems, more) {
		if !p.Warning {
			t.Fatal(p)
		}
	}
	d, err := New(set, schema)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// see runs records, each on the next of two workers.
func see(t *testing.T, d *Detector, records ...string) *Result {
	t.Helper()
	workers := []*Worker{d.NewWorker(), d.NewWorker()}
	for i, text := range records {
		var r event.Record
		if err := d.Layout().Read([]byte(text), &r); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if err := r.Check(); err != nil || r.OutOfScope() != "" {
			t.Fatalf("record %d: %v, out of scope %q", i, err, r.OutOfScope())
		}
		workers[i%2].See(&r)
	}
	return decided(t, d, workers)
}

// members is a JSON object of pairs of key and raw value; empty values are
// left out.
func members(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(&b, ",%q:%s", pairs[i], pairs[i+1])
		}
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// signIn is a failed sign-in in Graph's beta form.
func signIn(id, at, ip string, more ...string) string {
	return members(append([]string{
		"id", `"` + id + `"`, "createdDateTime", `"2026-03-02T` + at + `Z"`, "userId", `"0000000a-0000-0000-0000-000000000001"`,
		"userPrincipalName", `"ann@contoso.com"`, "appId", `"0000000b-0000-0000-0000-000000000001"`, "ipAddress", `"` + ip + `"`,
		"clientAppUsed", `"Browser"`, "status", `{"errorCode":50126}`, "authenticationRequirement", `"singleFactorAuthentication"`,
	}, more...)...)
}

func TestSeveralVersionsShowTheLatest(t *testing.T) {
	name := func(n string) []string {
		return []string{"userDisplayName", `"` + n + `"`, "appDisplayName", `"` + n + `"`}
	}
	tests := map[string][]string{
		"last updated": {
			signIn("one", "10:00:00", "192.0.2.1", append(name("old"), "lastUpdatedDateTime", `"2026-03-02T11:00:00Z"`, "riskState", `"none"`)...),
			signIn("one", "10:00:00", "192.0.2.1", append(name("shown"), "lastUpdatedDateTime", `"2026-03-02T12:00:00Z"`)...),
		},
		"most fields": {
			signIn("one", "10:00:00", "192.0.2.1", name("zzz")...),
			signIn("one", "10:00:00", "192.0.2.1", append(name("shown"), "riskState", `"none"`)...),
		},
		"greatest": {
			signIn("one", "10:00:00", "192.0.2.1", name("also")...),
			signIn("one", "10:00:00", "192.0.2.1", name("shown")...),
		},
	}
	for what, records := range tests {
		t.Run(what, func(t *testing.T) {
			for range 2 {
				res := see(t, detectorOf(t, failedSignIn), records...)
				if len(res.Detections) != 1 || res.Detections[0].Count != 1 {
					t.Fatalf("got %+v, want one alert of one record", res.Detections)
				}
				app := res.Detections[0].Entities[1]
				if app.Kind != "app" || app.Name != "shown" {
					t.Errorf("shows %+v", app)
				}
				slices.Reverse(records)
			}
		})
	}
}

// TestAnyMatchingVersionMatches: the newest version of a record need not be
// the one that matches.
func TestAnyMatchingVersionMatches(t *testing.T) {
	matching := signIn("one", "10:00:00", "192.0.2.1")
	newer := strings.Replace(signIn("one", "10:00:00", "192.0.2.1", "lastUpdatedDateTime", `"2026-03-03T00:00:00Z"`), "50126", "0", 1)
	if n := len(see(t, detectorOf(t, failedSignIn), matching, newer).Detections); n != 1 {
		t.Errorf("%d alerts, want 1", n)
	}
}

func TestAttemptsAndNotRecordsAreCounted(t *testing.T) {
	steps := []string{
		signIn("s1", "10:00:00", "192.0.2.1", "originalRequestId", `"first"`, "correlationId", `"0000000c-0000-0000-0000-000000000001"`),
		signIn("s2", "10:00:20", "192.0.2.1", "originalRequestId", `"first"`, "correlationId", `"0000000c-0000-0000-0000-000000000001"`),
		signIn("s3", "10:00:30", "192.0.2.1", "originalRequestId", `""`, "correlationId", `"0000000c-0000-0000-0000-000000000001"`),
	}
	d := detectorOf(t, counting("event_count", "", "gte: 2", 60, 600))
	res := see(t, d, steps...)
	if len(res.Detections) != 1 {
		t.Fatalf("got %+v, want one alert", res.Detections)
	}
	got := res.Detections[0]
	if got.Count != 2 || got.Value != 2 || len(got.Records) != 3 {
		t.Errorf("count %d, value %v, records %v: want 2, 2 and all three", got.Count, got.Value, got.Records)
	}
	if n := len(see(t, d, steps[:2]...).Detections); n != 0 {
		t.Errorf("two steps of one attempt raised %d alerts", n)
	}
}

const audits = `title: Updated
name: updated
logsource: {product: azure, service: auditlogs}
detection:
  selection:
    activityDisplayName: Update user
  condition: selection
level: medium
vakt:
  group: [account, targetResources.type]
`

func audit(id, targets string) string {
	return members("id", `"`+id+`"`, "activityDateTime", `"2026-03-02T10:00:00Z"`, "activityDisplayName", `"Update user"`,
		"result", `"success"`, "targetResources", targets)
}

func TestEveryCombinationOfGroupValues(t *testing.T) {
	res := see(t, detectorOf(t, audits), audit("a1", `[{"id":"AAAA0001-0000-0000-0000-000000000001","type":"User"},`+
		`{"id":"aaaa0002-0000-0000-0000-000000000001","type":"user"},{"id":"aaaa0003-0000-0000-0000-000000000001","type":"Group"}]`))
	var got []string
	for _, d := range res.Detections {
		got = append(got, strings.Join(d.Group, "+"))
	}
	want := []string{
		"aaaa0001-0000-0000-0000-000000000001+group", "aaaa0001-0000-0000-0000-000000000001+user",
		"aaaa0002-0000-0000-0000-000000000001+group", "aaaa0002-0000-0000-0000-000000000001+user",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestUngroupedRecordsAreCountedOnce: a record without a value to group by
// does not count, and is told of once however often it comes.
func TestUngroupedRecordsAreCountedOnce(t *testing.T) {
	none := audit("a1", `[]`)
	res := see(t, detectorOf(t, audits), none, none, none, audit("a2", `[]`), audit("a3", `[{"id":"aaaa0001-0000-0000-0000-000000000001","type":"User"}]`))
	if len(res.Detections) != 1 {
		t.Errorf("%d alerts, want 1", len(res.Detections))
	}
	if diff := cmp.Diff(map[string]int{"updated": 2}, res.Ungrouped); diff != "" {
		t.Error(diff)
	}
}

// azure puts a sign-in into the envelope of a tenant's diagnostic settings.
func azure(tenant, properties string) string {
	return members("time", `"2026-03-02T12:00:00Z"`, "category", `"SignInLogs"`, "tenantId", `"`+tenant+`"`, "properties", properties)
}

const (
	contoso  = "11111111-2222-3333-4444-555555555555"
	fabrikam = "99999999-2222-3333-4444-555555555555"
)

// TestTenantCountsOnlyWhereARunHoldsSeveral: by all records of the run, not
// only by those that matched.
func TestTenantCountsOnlyWhereARunHoldsSeveral(t *testing.T) {
	match := azure(strings.ToUpper(contoso), signIn("one", "10:00:00", "192.0.2.1"))
	other := azure(fabrikam, signIn("two", "10:00:00", "192.0.2.1"))
	quiet := strings.Replace(other, "50126", "0", 1)
	unnamed := signIn("three", "10:00:00", "192.0.2.1")
	for _, tt := range []struct {
		name    string
		records []string
		tenants []string
		run     string
	}{
		{"none", []string{unnamed}, []string{""}, ""},
		{"one", []string{match, unnamed}, []string{""}, contoso},
		{"two that match", []string{match, other}, []string{contoso, fabrikam}, ""},
		{"two, one of them quiet", []string{match, quiet}, []string{contoso}, ""},
		{"two and one unnamed", []string{unnamed, other, match}, []string{"", contoso, fabrikam}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := see(t, detectorOf(t, failedSignIn), tt.records...)
			var got []string
			for _, d := range res.Detections {
				got = append(got, d.Tenant)
			}
			if diff := cmp.Diff(tt.tenants, got); diff != "" {
				t.Error(diff)
			}
			if res.Tenant != tt.run {
				t.Errorf("the run's tenant is %q, want %q", res.Tenant, tt.run)
			}
		})
	}
}

// TestEveryRuleOfACorrelationCounts: a record that several of its rules match
// counts once and names all of their searches.
func TestEveryRuleOfACorrelationCounts(t *testing.T) {
	const rules = `title: As an audit
name: as-audit
logsource: {product: azure, service: auditlogs}
detection:
  audit_search: {activityDisplayName: Update user}
  condition: audit_search
---
title: As the unified log has it
name: as-unified
logsource: {product: m365, service: audit}
detection:
  unified_search: {Operation: Update user}
  condition: unified_search
---
title: Either
name: either
correlation:
  type: event_count
  rules: [as-audit, as-unified]
  group-by: [account]
  timespan: 1m
  condition: {gte: 1}
`
	record := members("Id", `"u1"`, "CreationTime", `"2026-03-02T10:00:00"`, "Workload", `"AzureActiveDirectory"`, "Operation", `"Update user."`,
		"RecordType", "8", "UserId", `"admin@contoso.com"`, "Target", `[{"ID":"aaaa0001-0000-0000-0000-000000000001","Type":2},{"ID":"ann@contoso.com","Type":5}]`)
	same := strings.NewReplacer("admin@contoso.com", "aaaa0001-0000-0000-0000-000000000001", `"u1"`, `"u2"`).Replace(record)
	got := map[string]string{}
	for _, d := range see(t, detectorOf(t, rules), record, record, same).Detections {
		got[d.Group[0]] = fmt.Sprint(d.Count, d.Matched)
	}
	want := map[string]string{"aaaa0001-0000-0000-0000-000000000001": "2 [audit_search unified_search]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSeverityIsTheRecords: level_from, with hidden and none, and the highest
// of the alert.
func TestSeverityIsTheRecords(t *testing.T) {
	const text = `title: Risk
name: risk
logsource: {product: azure, service: riskdetection}
detection:
  selection: {riskEventType: leakedCredentials}
  condition: selection
level: critical
vakt: {level_from: riskLevel}
`
	risk := func(id, level string) string {
		return members("id", `"`+id+`"`, "activityDateTime", `"2026-03-02T10:00:00Z"`, "riskEventType", `"leakedCredentials"`,
			"userId", `"0000000a-0000-0000-0000-000000000001"`, "riskLevel", level)
	}
	for _, tt := range []struct {
		levels []string
		want   rule.Severity
	}{
		{[]string{`"low"`}, rule.Low}, {[]string{`"hidden"`}, rule.Medium}, {[]string{`"none"`}, rule.Low}, {[]string{`"HIGH"`, `"low"`}, rule.High},
		{[]string{`"somethingNew"`}, rule.Critical}, {[]string{""}, rule.Critical},
	} {
		var records []string
		for i, l := range tt.levels {
			records = append(records, risk(fmt.Sprint("r", i), l))
		}
		res := see(t, detectorOf(t, text), records...)
		if len(res.Detections) != 1 || res.Detections[0].Severity != tt.want {
			t.Errorf("%v: got %+v, want one alert of %v", tt.levels, res.Detections, tt.want)
		}
	}
}

// TestWindowIsBoundedAtMaxWindow: the real bound, and what is said beyond it.
func TestWindowIsBoundedAtMaxWindow(t *testing.T) {
	d := detectorOf(t, counting("event_count", "", "gte: 1000", 3600, 600))
	for _, tt := range []struct {
		n       int
		atLeast bool
	}{{MaxWindow, false}, {MaxWindow + 1, true}} {
		w := d.NewWorker()
		w.last = 100000
		for i := range tt.n {
			key := event.Key{'r', byte(i), byte(i >> 8)}
			w.shown = shown{shape: event.GraphBeta, attempt: key}
			w.pending = append(w.pending, pendingFact{0, fact{key: key, time: int64(i), group: w.words.put([]byte("a"))}})
			w.finish()
		}
		got := decided(t, d, []*Worker{w}).Detections
		if len(got) != 1 || got[0].Value != MaxWindow || got[0].AtLeast != tt.atLeast || got[0].Count != tt.n {
			t.Errorf("%d facts: got %+v", tt.n, plainly(got))
		}
	}
}

// TestEndOfInputIsTheLatestEvent: not the last one seen.
func TestEndOfInputIsTheLatestEvent(t *testing.T) {
	d := detectorOf(t, counting("event_count", "", "lt: 2", 60, 600))
	early, late := signIn("one", "10:00:00", "192.0.2.1"), signIn("two", "11:00:00", "192.0.2.2")
	for _, records := range [][]string{{late, late, early, early}, {early, late}} {
		res := see(t, d, records...)
		if len(res.Detections) != 1 || res.Detections[0].Group[0] != "192.0.2.1" || res.Undecided["many"] != 1 {
			t.Errorf("detections %+v, undecided %v", plainly(res.Detections), res.Undecided)
		}
	}
}

// TestOneFactOfSeveralRules: the highest severity and all searches.
func TestOneFactOfSeveralRules(t *testing.T) {
	low := sample{time: 5, groups: []string{"a"}, matched: "s1", severity: rule.Low}
	high := low
	high.severity, high.matched = rule.High, "s0"+joint+"s2"
	for _, samples := range [][]sample{{low, high}, {high, low}} {
		d := bare(MaxWindow, target{rule: &rule.Compiled{Rule: &rule.Rule{}}, alerts: true, steady: true, said: []int{0}})
		got := decided(t, d, spread(d, samples, toFirst, 1, 5)).Detections
		if len(got) != 1 || got[0].Severity != rule.High || !slices.Equal(got[0].Matched, []string{"s0", "s1", "s2"}) {
			t.Errorf("got %+v", plainly(got))
		}
	}
}

// TestNameOfAnEntity: one that says more than the id, and of those the first.
func TestNameOfAnEntity(t *testing.T) {
	names := []string{"id", "bob", "ann", "id"}
	for range names {
		var list []event.Entity
		for _, n := range names {
			list = append(list, event.Entity{Kind: "account", ID: "id", Name: n})
		}
		if diff := cmp.Diff([]event.Entity{{Kind: "account", ID: "id", Name: "ann"}}, oneName(list)); diff != "" {
			t.Errorf("%v: %s", names, diff)
		}
		names = append(names[1:], names[0])
	}
}
