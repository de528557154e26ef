package detect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// TestBlindIsSaidUnderTheAlertsName: what kept a rule from being decided, or a
// match from being counted, is told under the rule that would have alerted.
func TestBlindIsSaidUnderTheAlertsName(t *testing.T) {
	const rules = `title: Single factor
name: base
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  mfa: {authenticationRequirement: multiFactorAuthentication}
  condition: selection and not mfa
---
title: Failed
name: other
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  condition: selection
level: low
vakt: {group: [sessionId]}
---
title: Failed, at the level it says
name: levelled
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  condition: selection
level: low
vakt: {level_from: tokenIssuerType}
---
title: Many
name: many
correlation:
  type: value_count
  rules: [base]
  group-by: [ip]
  timespan: 1m
  condition: {gte: 1, field: uniqueTokenIdentifier}
---
title: Resource accounts
name: listed
logsource: {product: azure, service: signinlogs}
detection:
  selection: {account|expand: '%resource_accounts%'}
  condition: selection
`
	v1 := members("id", `"one"`, "createdDateTime", `"2026-03-02T10:00:00Z"`, "userId", `"0000000a-0000-0000-0000-000000000001"`,
		"appId", `"0000000b-0000-0000-0000-000000000001"`, "ipAddress", `"192.0.2.1"`, "status", `{"errorCode":50126}`, "isInteractive", "true")
	res := see(t, detectorOf(t, rules), v1, v1)
	got := map[string]string{}
	for _, b := range res.Blind {
		got[b.Rule] = fmt.Sprint(b.Shape, " ", b.Fields, " ", b.Records)
	}
	want := map[string]string{
		"many": "graph_v1 [authenticationRequirement] 2", "other": "graph_v1 [sessionId] 2", "listed": "graph_v1 [%resource_accounts%] 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blind: %s", diff)
	}
	weak := map[string][]string{}
	for _, b := range res.Weak {
		weak[b.Rule] = b.Fields
	}
	attempt := []string{"vakt.attempt"}
	wantWeak := map[string][]string{"many": attempt, "other": attempt, "listed": attempt, "levelled": {"tokenIssuerType", "vakt.attempt"}}
	if diff := cmp.Diff(wantWeak, weak); diff != "" {
		t.Errorf("weak: %s", diff)
	}
	if diff := cmp.Diff([]string{"other"}, slices.Sorted(maps.Keys(res.Ungrouped))); diff != "" {
		t.Errorf("ungrouped: %s", diff)
	}
}

// TestValueBlind: a counted field that the shape cannot carry is blindness.
func TestValueBlind(t *testing.T) {
	text := counting("value_count", "sessionId", "gte: 1", 60, 600)
	v1 := members("id", `"one"`, "createdDateTime", `"2026-03-02T10:00:00Z"`, "userId", `"0000000a-0000-0000-0000-000000000001"`,
		"appId", `"0000000b-0000-0000-0000-000000000001"`, "ipAddress", `"192.0.2.1"`, "status", `{"errorCode":50126}`)
	res := see(t, detectorOf(t, text), v1)
	want := []Blind{{Rule: "many", Shape: event.GraphV1, Fields: []string{"sessionId"}, Records: 1}}
	if diff := cmp.Diff(want, res.Blind); diff != "" {
		t.Error(diff)
	}
}

// TestBlindCountsRecords: a record that hides something from several rules of
// a correlation is one record.
func TestBlindCountsRecords(t *testing.T) {
	text := func(name, requirement string) string {
		return `title: ` + name + `
name: ` + name + `
logsource: {product: azure, service: signinlogs}
detection:
  selection: {authenticationRequirement: ` + requirement + `}
  condition: selection
---
`
	}
	d := detectorOf(t, text("one", "singleFactorAuthentication")+text("two", "multiFactorAuthentication")+`title: Both
name: both
correlation: {type: event_count, rules: [one, two], group-by: [ip], timespan: 1m, condition: {gte: 1}}
`)
	v1 := members("id", `"one"`, "createdDateTime", `"2026-03-02T10:00:00Z"`, "userId", `"0000000a-0000-0000-0000-000000000001"`,
		"appId", `"0000000b-0000-0000-0000-000000000001"`, "ipAddress", `"192.0.2.1"`, "status", `{"errorCode":50126}`)
	res := see(t, d, v1, strings.Replace(v1, `"one"`, `"two"`, 1), strings.Replace(v1, `"one"`, `"three"`, 1))
	want := []Blind{{Rule: "both", Shape: event.GraphV1, Fields: []string{"authenticationRequirement"}, Records: 3}}
	if diff := cmp.Diff(want, res.Blind); diff != "" {
		t.Error(diff)
	}
}
