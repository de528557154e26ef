package vakt_test

import (
	"bytes"
	"context"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vakt"
	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/rule"
	"vakt/internal/sim"
	files "vakt/internal/source"
)

// The Azure activity log gives the same alerts whichever way it was exported:
// the same ids, times, counts, entities and reasons. Only the ids of records
// may differ, as diagnostic records have none.
func TestAzureActivityAlertsAreTheSameInEveryShape(t *testing.T) {
	var own []*rule.Rule
	for _, r := range ownRules(t) {
		if r.LogSource.Service == "activitylogs" || r.Correlation != nil && bytes.Contains([]byte(r.File), []byte("rules/azure/")) {
			own = append(own, r)
		}
	}
	found := 0
	for _, file := range daemon.ByFile(own) {
		cases, err := daemon.LoadCases(vakt.Rules, file[0].File)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			c := &cases[i]
			want := azureAlerts(t, own, c, "azure_rest")
			found += len(want)
			for _, shape := range azureShapes[1:] {
				if d := gocmp.Diff(want, azureAlerts(t, own, c, shape)); d != "" {
					t.Errorf("%s:%d %s as %s:\n%s", c.File, c.Line, c.Name, shape, d)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d alerts were compared", found)
	}
}

// azureAlerts are the alerts of a case in a shape, less what may differ.
func azureAlerts(t *testing.T, rules []*rule.Rule, c *daemon.Case, shape string) []alert.Alert {
	t.Helper()
	inputs, ok, err := sim.RenderTexts(sim.Shape(shape), c.Records)
	if err != nil || !ok || len(inputs) != 1 {
		t.Fatalf("%s as %s: %d inputs, carried %v, %v", c.Name, shape, len(inputs), ok, err)
	}
	base, err := baseline.FromValues(c.Baseline)
	if err != nil {
		t.Fatal(err)
	}
	if c.Directory != nil {
		base = base.WithDirectory(c.Directory)
	}
	b := daemon.Batch{Rules: rules, Baseline: base, Workers: 2, Files: files.Files{Stdin: bytes.NewReader(inputs[0])}}
	report, err := b.Run(context.Background(), []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Alerts {
		report.Alerts[i].Formats, report.Alerts[i].Events = nil, nil
	}
	return report.Alerts
}
