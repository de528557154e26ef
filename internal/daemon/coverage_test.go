package daemon_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/daemon"
	"vakt/internal/directory"
	"vakt/internal/report"
	"vakt/internal/rule"
	"vakt/internal/source"
)

// coverageRules cover a row each, each in another way.
const coverageRules = `
title: Plain
name: plain
logsource: {product: azure, service: signinlogs}
detection: {s: {status.errorCode: 50057}, condition: s}
vakt: {rows: [G01]}
---
title: Beta only
name: beta-only
logsource: {product: azure, service: signinlogs}
detection: {s: {authenticationProtocol: deviceCode}, condition: s}
vakt: {rows: [G02]}
---
title: On a list of the directory
name: listed
logsource: {product: azure, service: signinlogs}
detection: {s: {status.errorCode: 0, account|expand: '%resource_accounts%'}, condition: s}
vakt: {rows: [G03]}
---
title: On an empty list
name: sleeping
logsource: {product: azure, service: signinlogs}
detection: {s: {status.errorCode: 0, location.countryOrRegion|expand: '%approved_countries%'}, condition: s}
vakt: {rows: [G04]}
---
title: Another log
name: audit
logsource: {product: azure, service: auditlogs}
detection: {s: {activityDisplayName: Add user}, condition: s}
vakt: {rows: [G05]}
---
title: A log that takes a licence
name: risk
logsource: {product: azure, service: riskdetection}
detection: {s: {riskLevel: high}, condition: s}
vakt: {rows: [G06]}
---
title: Both
name: both
correlation: {type: temporal, rules: [plain, audit], group-by: [account], timespan: 1h, generate: true}
vakt: {rows: [G07]}
---
title: Either
name: either
correlation: {type: temporal, rules: [plain, audit], group-by: [account], timespan: 1h, condition: {gte: 1}, generate: true}
vakt: {rows: [G08]}
`

// covered fills rows G01 to G09 and gives the state and reason of each.
func covered(t *testing.T, c *daemon.Coverage, logs ...string) map[string]string {
	t.Helper()
	rules, problems := rule.Parse("rules.yml", []byte(coverageRules))
	if rule.Refused(problems) {
		t.Fatal(problems)
	}
	seen := &daemon.LogTally{}
	b := daemon.Batch{Rules: rules, Baseline: baseline.Default(), Watchers: []daemon.Watcher{seen},
		Files: source.Files{Stdin: strings.NewReader(strings.Join(logs, "\n"))}}
	r, err := b.Run(context.Background(), []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	c.Set, c.Result = r.Set, &check.Result{}
	if len(logs) > 0 {
		c.Logs, c.Seen = r, seen
	}
	var rows []report.Row
	for _, id := range []string{"G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09"} {
		rows = append(rows, report.Row{Row: id, Licence: map[string]string{"G06": "P2"}[id]})
	}
	c.Fill(rows)
	got := map[string]string{}
	for i := range rows {
		got[rows[i].Row] = strings.TrimSuffix(rows[i].State+": "+rows[i].Why, ": ")
	}
	return got
}

const v1SignIn = `{"id":"a","createdDateTime":"2026-03-02T08:15:30Z","userPrincipalName":"a@contoso.com","appId":"x","ipAddress":"203.0.113.9","status":{"errorCode":50126}}`

func TestCoverageStates(t *testing.T) {
	want := map[string]string{
		"G01": "live", "G02": "blind: it cannot see authenticationProtocol in graph_v1: 1 of 1 records undecided", "G03": "blind: resource_accounts needs --directory DIR",
		"G04": "asleep: the baseline leaves approved_countries empty", "G05": "no_data: no records of the log audit", "G06": "no_data: no records of the log risk",
		"G07": "no_data: no records of the log audit", "G08": "live", "G09": "missing",
	}
	if d := cmp.Diff(want, covered(t, &daemon.Coverage{}, v1SignIn)); d != "" {
		t.Error(d)
	}
}

func TestCoverageWithoutLogsIsReadyAtBest(t *testing.T) {
	want := map[string]string{
		"G01": "ready", "G02": "ready", "G03": "blind: resource_accounts needs --directory DIR", "G04": "asleep: the baseline leaves approved_countries empty",
		"G05": "ready", "G06": "ready", "G07": "ready", "G08": "ready", "G09": "missing",
	}
	if d := cmp.Diff(want, covered(t, &daemon.Coverage{})); d != "" {
		t.Error(d)
	}
}

// What the tenant has not got, or does not show, is told apart from what
// nobody gave.
func TestCoverageTellsLicenceAndPermission(t *testing.T) {
	load := func(audits string) *directory.Snapshot {
		s, err := directory.Load(fstest.MapFS{
			"manifest.json":       {Data: []byte(`{"tenant":"t","taken":"2026-03-03T00:00:00Z","parts":{"subscribedSkus.json":{"state":"complete"},"directoryAudits.jsonl":` + audits + `}}`)},
			"subscribedSkus.json": {Data: []byte(`[{"skuId":"a","skuPartNumber":"BASIC","capabilityStatus":"Enabled","prepaidUnits":{"enabled":1},"servicePlans":[]}]`)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := load(`{"state":"absent","why":"no permission AuditLog.Read.All"}`)
	s.Parts = append(s.Parts, directory.PartState{Name: directory.AuditsPart, State: directory.StateAbsent, Why: "no permission AuditLog.Read.All"})
	got := covered(t, &daemon.Coverage{Snapshot: s}, v1SignIn)
	if got["G06"] != "no_licence: no records of the log risk, which takes Entra ID P2" {
		t.Errorf("risk is %s", got["G06"])
	}
	if got["G05"] != "no_permission: the log is refused: AuditLog.Read.All" {
		t.Errorf("audits are %s", got["G05"])
	}
}

func TestCoverageMutes(t *testing.T) {
	now := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	f := func(e check.Exception, want string) {
		t.Helper()
		e.Owner, e.Reason = "ann@contoso.com", "moving"
		if got := covered(t, &daemon.Coverage{Exceptions: []check.Exception{e}, Now: now}, v1SignIn)["G01"]; got != want {
			t.Errorf("%+v: %s, want %s", e, got, want)
		}
	}
	f(check.Exception{Rule: "plain", Until: now.AddDate(0, 0, 1)}, "muted: until 2026-03-04 by ann@contoso.com: moving")
	f(check.Exception{Rule: "plain", Until: now}, "live")
	f(check.Exception{Rule: "audit", Until: now.AddDate(0, 0, 1)}, "live")
	f(check.Exception{Rule: "plain", Account: "bo@contoso.com", Until: now.AddDate(0, 0, 1)}, "live")
}
