package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/rule"
	"vakt/internal/sim"
	"vakt/internal/source"
)

// smallSet has one rule of every sort.
const smallSet = `title: Disabled account
name: disabled
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50057}
  condition: selection
level: medium
---
title: Wrong password
name: wrong
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: [50126, 50053]}
  condition: selection
---
title: Many failures of an account
name: brute
correlation: {type: event_count, rules: [wrong], group-by: [account], timespan: 10m, condition: {gte: 10}}
level: high
---
title: Many accounts from an address
name: spray
correlation: {type: value_count, rules: [wrong], group-by: [ip], timespan: 15m, condition: {gte: 10, field: account}}
level: high
---
title: Few failures of an address
name: few
correlation: {type: event_count, rules: [wrong], group-by: [ip], timespan: 5m, condition: {lt: 2}}
level: informational
---
title: Failed, not stopped by policy
name: negated
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode|gt: 0}
  filter: {conditionalAccessStatus: success}
  browser: {clientAppUsed: Browser}
  condition: selection and not (filter or browser)
level: low
vakt: {group: [ip, appId]}
---
title: One factor was asked for
name: single-factor
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 0}
  one: {authenticationRequirement: singleFactorAuthentication}
  condition: all of them
level: low
---
title: Guest made a member
name: converted
logsource: {product: azure, service: auditlogs}
detection:
  selection: {activityDisplayName: Update user, modified.UserType.new: Member}
  condition: selection
level: medium
---
title: Changed
name: changed
logsource: {product: azure, service: auditlogs}
detection:
  selection: {activityDisplayName|exists: true}
  condition: selection
---
title: Busy
name: busy
correlation: {type: event_count, rules: [changed], group-by: [account], timespan: 1d, condition: {gte: 2}}
level: low
---
title: Risk
name: risk
logsource: {product: azure, service: riskdetection}
detection:
  selection: {riskEventType|exists: true}
  condition: selection
vakt: {level_from: riskLevel}
---
title: Inbox rule
name: inbox
logsource: {product: m365, service: audit}
detection:
  selection: {Operation: [New-InboxRule, Set-InboxRule]}
  condition: selection
level: high
`

func parsed(t *testing.T, text string) []*rule.Rule {
	t.Helper()
	rules, problems := rule.Parse("inline.yml", []byte(text))
	for _, p := range problems {
		t.Fatal(p)
	}
	return rules
}

// batch is a run of the small set.
func batch(t *testing.T) *daemon.Batch {
	return &daemon.Batch{Rules: parsed(t, smallSet), Baseline: baseline.Default(), Workers: 2}
}

func run(t *testing.T, b *daemon.Batch, inputs ...string) *daemon.Report {
	t.Helper()
	report, err := b.Run(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	balanced(t, report.Ledger)
	return report
}

// balanced holds the equations of the ledger.
func balanced(t *testing.T, l *source.Ledger) {
	t.Helper()
	for _, e := range l.Inputs {
		if e.Read != e.Evaluated+e.Duplicate+e.Quarantined+e.Filtered+e.Skipped() || e.Decoded != e.Evaluated+e.Duplicate+e.Filtered {
			t.Errorf("records are lost: %+v", *e)
		}
	}
}

// runText runs one input that is given as text.
func runText(t *testing.T, b *daemon.Batch, text string) *daemon.Report {
	t.Helper()
	b.Files.Stdin = strings.NewReader(text)
	return run(t, b, "-")
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// story is what happens in the scenario of a first look, with little ordinary
// life, and some records made by hand.
func story(t *testing.T) []sim.Record {
	t.Helper()
	folder, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sim.Load(folder, "first-look")
	if err != nil {
		t.Fatal(err)
	}
	quieter := *s
	quieter.Life.SignIns, quieter.Life.Audits, quieter.Life.Mailbox = 0.5, 14, 6
	records := slices.Collect(quieter.Generate(7))
	return append(records, byHand(t)...)
}

func byHand(t *testing.T) []sim.Record {
	t.Helper()
	var all []sim.Record
	for _, text := range edges() {
		r, err := sim.ParseRecord([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// edges are records at the edges of what logs hold.
func edges() []string {
	var all []string
	for i := range 24 { // around a midnight, two steps of each attempt
		at := fmt.Sprintf("2026-03-03T23:%02d:%02d.%07dZ", 58+i/12, i%12*5, i*99999)
		if i >= 12 {
			at = fmt.Sprintf("2026-03-04T00:00:%02dZ", i)
		}
		all = append(all, signInText(i, at, 50126, `"ipAddress":"2001:DB8:0::7","originalRequestId":"0000000a-0000-0000-0000-`+fmt.Sprintf("%012d", i/2)+`"`))
	}
	return append(all,
		signInText(100, "2026-03-02T10:00:00.5Z", 50126, `"ipAddress":"","resourceDisplayName":"\u00c5ngstr\u00f6m \ud83d\ude00 <b>"`),
		signInText(101, "2026-03-02T10:00:00Z", 50057, `"ipAddress":null,"deviceDetail":{"deviceId":"0000000D-0000-0000-0000-000000000001","displayName":"PC \"1\""}`),
		signInText(102, "1970-01-01T00:00:00Z", 50057, `"ipAddress":"192.0.2.99"`),
		`{"id":"Directory_1","category":"UserManagement","activityDateTime":"2026-03-02T11:00:00Z","activityDisplayName":"Update user","result":"success","operationType":"Update","loggedByService":"Core Directory",`+
			`"initiatedBy":{"user":{"id":"0000000e-0000-0000-0000-000000000001","userPrincipalName":"admin@contoso.com"},"app":null},`+
			`"targetResources":[{"id":"0000000f-0000-0000-0000-000000000001","userPrincipalName":"Ann@contoso.com","type":"User","modifiedProperties":[{"displayName":"UserType","oldValue":"[\"Guest\"]","newValue":"[\"Member\"]"}]}],"additionalDetails":[]}`,
		`{"id":"Directory_2","category":"UserManagement","activityDateTime":"2026-03-02T11:00:05Z","activityDisplayName":"Update user","result":"success","operationType":"Update","loggedByService":"Core Directory",`+
			`"initiatedBy":{"user":null,"app":{"displayName":"Provisioning","servicePrincipalId":"0000000b-0000-0000-0000-000000000009"}},"targetResources":[],"additionalDetails":[]}`,
		`{"id":"risk-1","riskEventType":"leakedCredentials","riskType":"leakedCredentials","riskLevel":"hidden","riskState":"atRisk","source":"IdentityProtection","detectedDateTime":"2026-03-02T12:00:00Z","activityDateTime":null,"userId":"0000000f-0000-0000-0000-000000000001","userPrincipalName":"ann@contoso.com","ipAddress":null}`,
	)
}

func signInText(n int, at string, code int, more string) string {
	return fmt.Sprintf(`{"id":"0000000c-0000-0000-0000-%012d","createdDateTime":%q,"userId":"0000000F-0000-0000-0000-%012d","userPrincipalName":"User%d@Contoso.com",`+
		`"userDisplayName":"User %d","appId":"0000000b-0000-0000-0000-000000000001","appDisplayName":"Portal","clientAppUsed":"Browser","conditionalAccessStatus":"notApplied","isInteractive":true,`+
		`"status":{"errorCode":%d,"failureReason":"x"},"authenticationRequirement":"singleFactorAuthentication","location":{"city":"Uppsala","countryOrRegion":"SE"},%s}`, n, at, n%13, n%13, n%13, code, more)
}

// render writes records of one shape into a file.
func render(t *testing.T, path string, shape sim.Shape, container sim.Container, how sim.Compression, records []sim.Record) {
	t.Helper()
	var b bytes.Buffer
	if err := sim.Render(&b, shape, container, slices.Values(records), sim.Options{Compression: how, PageSize: 7, MessageSize: 3}); err != nil {
		t.Fatal(err)
	}
	save(t, path, &b)
}

func save(t *testing.T, path string, from io.Reader) {
	t.Helper()
	data, err := io.ReadAll(from)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// asShape writes a story so that all records that the shape carries come in
// it, and the others in Graph's beta form or as the unified log's own.
func asShape(t *testing.T, shape sim.Shape, records []sim.Record) (folder string) {
	t.Helper()
	folder = t.TempDir()
	byShape := map[sim.Shape][]sim.Record{}
	for _, r := range records {
		at := shape
		if !shape.Carries(r.Log) {
			at = sim.GraphBeta
			if r.Log == sim.Unified {
				at = sim.ManagementActivity
			}
		}
		byShape[at] = append(byShape[at], r)
	}
	for s, list := range byShape {
		for log, part := range perFile(s, list) {
			render(t, filepath.Join(folder, string(s)+"-"+log), s, sim.Containers(s)[0], sim.None, part)
		}
	}
	return folder
}
