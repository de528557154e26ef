package daemon_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/report"
	"vakt/internal/source"
)

// signIn is a sign-in with one policy and a device.
func signIn(id int, at, account, result, device string) string {
	return fmt.Sprintf(`{"id":"5f2e0c1a-7d3b-4c55-9a41-%012d","createdDateTime":%q,"userPrincipalName":"%s@contoso.com","appId":"a","ipAddress":"203.0.113.9","authenticationRequirement":"none",
		"status":{"errorCode":0},"deviceDetail":%s,"appliedConditionalAccessPolicies":[{"id":"p1","displayName":"Require MFA","result":%q}]}`, id, at, account, device, result)
}

const (
	compliant    = `{"deviceId":"9b1c0a52-3a6f-4a3e-8c1e-2f4f0a7d1b11","isCompliant":true,"isManaged":true,"trustType":"Azure AD joined"}`
	joined       = `{"deviceId":"9b1c0a52-3a6f-4a3e-8c1e-2f4f0a7d1b11","isCompliant":false,"isManaged":false,"trustType":"Hybrid Azure AD joined"}`
	registered   = `{"deviceId":"9b1c0a52-3a6f-4a3e-8c1e-2f4f0a7d1b11","isCompliant":false,"isManaged":false,"trustType":"Azure AD registered"}`
	unregistered = `{"deviceId":"","isCompliant":false,"isManaged":false,"trustType":""}`
)

// effectOf runs the counting over inputs.
func effectOf(t testing.TB, workers int, records ...string) *report.Effect {
	t.Helper()
	e := &daemon.PolicyEffect{}
	b := daemon.Batch{Baseline: baseline.Default(), Workers: workers, Watchers: []daemon.Watcher{e},
		Files: source.Files{Stdin: bytes.NewReader([]byte(strings.Join(records, "\n")))}}
	if _, err := b.Run(context.Background(), []string{"-"}); err != nil {
		t.Fatal(err)
	}
	return e.Effect()
}

func TestPolicyEffect(t *testing.T) {
	got := effectOf(t, 2,
		signIn(1, "2026-03-01T23:59:59Z", "ann", "success", compliant),
		signIn(2, "2026-03-02T00:00:00Z", "ann", "success", joined),
		signIn(3, "2026-03-08T23:59:59Z", "ann", "reportOnlyFailure", registered),
		signIn(4, "2026-03-08T23:59:59Z", "ann", "reportOnlyFailure", registered),
		signIn(5, "2026-03-05T10:00:00Z", "bo", "reportOnlyFailure", registered),
		signIn(5, "2026-03-05T10:00:00Z", "bo", "reportOnlyFailure", registered), // the same again
		signIn(6, "2026-03-05T10:00:00Z", "bo", "notApplied", unregistered),
		`{"Operation":"UserLoggedIn","CreationTime":"2026-03-05T10:00:00","Id":"7","Workload":"AzureActiveDirectory","UserId":"bo@contoso.com"}`, // does not tell
		`{"activityDisplayName":"Update user","activityDateTime":"2026-03-05T10:00:00Z","id":"8"}`,                                               // no sign-in
	)
	want := &report.Effect{SignIns: 6, Unknown: 1, Rows: []report.EffectRow{
		{Period: "2026-02-23", Policy: "p1", Name: "Require MFA", Result: "success", Device: "compliant", SignIns: 1},
		{Period: "2026-03-02", Policy: "p1", Name: "Require MFA", Result: "notApplied", Device: "unregistered", SignIns: 1},
		{Period: "2026-03-02", Policy: "p1", Name: "Require MFA", Result: "reportOnlyFailure", Device: "registered", SignIns: 3, Accounts: 2},
		{Period: "2026-03-02", Policy: "p1", Name: "Require MFA", Result: "success", Device: "managed", SignIns: 1},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The order of records, their repetition and the number of workers change
// nothing.
func TestPolicyEffectDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var records []string
		for i := range rapid.IntRange(1, 12).Draw(rt, "records") {
			day := rapid.IntRange(1, 28).Draw(rt, "day")
			records = append(records, signIn(i, fmt.Sprintf("2026-02-%02dT12:00:00Z", day), rapid.SampledFrom([]string{"ann", "bo"}).Draw(rt, "account"),
				rapid.SampledFrom([]string{"success", "failure", "reportOnlyInterrupted"}).Draw(rt, "result"),
				rapid.SampledFrom([]string{compliant, joined, registered, unregistered}).Draw(rt, "device")))
		}
		want := effectOf(t, 1, records...)
		again := append(rapid.Permutation(records).Draw(rt, "order"), records[0])
		if d := cmp.Diff(want, effectOf(t, rapid.IntRange(1, 3).Draw(rt, "workers"), again...)); d != "" {
			rt.Fatal(d)
		}
	})
}
