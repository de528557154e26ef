package vakt_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vakt"
	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/sim"
)

// ownRules loads our rules; nothing may be wrong with them. That one sleeps
// until its list is declared is right.
func ownRules(t *testing.T) []*rule.Rule {
	t.Helper()
	rules, problems := daemon.LoadRules(vakt.Rules, nil)
	_, more := rule.Compile(rules, event.NewSchema(), baseline.Default())
	for _, p := range append(problems, more...) {
		if !p.Warning || !strings.HasPrefix(p.Message, "asleep: ") {
			t.Errorf("%v", p)
		}
	}
	if len(rules) == 0 {
		t.Fatal("there are no rules")
	}
	return rules
}

// Every rule file has hits and misses, and they come out right in every shape
// that carries their records.
func TestRulesHitAndMiss(t *testing.T) {
	var shapes []string
	for _, s := range sim.Shapes() {
		shapes = append(shapes, string(s))
	}
	render := func(shape string, records [][]byte) ([][]byte, bool, error) {
		return sim.RenderTexts(sim.Shape(shape), records)
	}
	for _, file := range daemon.ByFile(ownRules(t)) {
		t.Run(strings.TrimSuffix(path.Base(file[0].File), ".yml"), func(t *testing.T) {
			t.Parallel()
			cases, err := daemon.LoadCases(vakt.Rules, file[0].File)
			if err != nil {
				t.Fatal(err)
			}
			trials, err := daemon.TestRules(context.Background(), file, cases, shapes, render)
			if err != nil {
				t.Fatal(err)
			}
			exact := map[*daemon.Case]bool{}
			for i := range trials {
				if !trials[i].Passed() {
					t.Errorf("%v", &trials[i])
				}
				exact[trials[i].Case] = exact[trials[i].Case] || trials[i].Exact()
			}
			for i := range cases {
				if !exact[&cases[i]] {
					t.Errorf("%s:%d: case %q comes out right in no shape", cases[i].File, cases[i].Line, cases[i].Name)
				}
			}
		})
	}
}

// A rule file is named for its rule, says what it needs and what to do, and
// names rows that exist.
func TestRulesAreComplete(t *testing.T) {
	rows := map[string]bool{}
	for _, r := range guideRows(t) {
		rows[r[0]] = true
	}
	for _, file := range daemon.ByFile(ownRules(t)) {
		r := file[len(file)-1]
		stem := strings.TrimSuffix(path.Base(r.File), ".yml")
		if r.Name != stem {
			t.Errorf("%s: the last rule is called %q, not like the file", r.File, r.Name)
		}
		if r.ID == "" || r.Description == "" || r.Level == "" || len(r.FalsePositives) == 0 || len(r.MITRE()) == 0 ||
			len(r.Vakt.Rows) == 0 || len(r.Vakt.Needs) == 0 || len(r.Vakt.Next) == 0 || r.Vakt.Pivots.KQL == "" {
			t.Errorf("%s: lacks one of id, description, level, falsepositives, an ATT&CK tag, rows, needs, next, pivots.kql", r.File)
		}
		for _, row := range r.Vakt.Rows {
			if !rows[row] {
				t.Errorf("%s: row %s is not in rules/rows.csv", r.File, row)
			}
		}
	}
}

func guideRows(t *testing.T) [][]string {
	t.Helper()
	data, err := fs.ReadFile(vakt.Rules, "rules/rows.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines[1:]
}

// rules/rows.csv has every row of the detection catalogue, under its id.
func TestRowsAreTheCatalogue(t *testing.T) {
	f, err := os.Open("../shared/reference/detections.csv")
	if err != nil {
		if strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), "fixtures") {
			t.Fatal(err)
		}
		t.Skip("the catalogue ../shared/reference/detections.csv is not here")
	}
	defer f.Close() //nolint:errcheck // read only
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, l := range lines[1:] {
		want = append(want, l[0]+" "+l[1]+" "+l[4])
	}
	for _, l := range guideRows(t) {
		got = append(got, l[0]+" "+l[1]+" "+l[2])
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What the rules find in a scenario is what happened in it, in every shape
// that the simulator renders: no incident is missed, and nothing else is said.
func TestScenariosAreFound(t *testing.T) {
	folder, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, r := range ownRules(t) {
		have[r.Name] = true
	}
	for _, name := range []string{"first-look", "quiet", "whole-guide"} {
		s, err := sim.Load(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, shape := range []sim.Shape{sim.GraphBeta, sim.AzureMonitor, sim.LogAnalytics, sim.PortalJSON, sim.LogAnalyticsCSV} {
			t.Run(name+"/"+string(shape), func(t *testing.T) {
				t.Parallel()
				const seed = 7
				logs := export(t, s, shape, seed)
				var want []string
				for _, truth := range s.Truth(seed) {
					if have[truth.Rule] {
						want = append(want, fmt.Sprintf("%s %s %s %d", truth.Rule, truth.First.Format(time.RFC3339), truth.Last.Format(time.RFC3339), truth.Count))
					}
				}
				if name == "first-look" && len(want) < 5 {
					t.Fatalf("the scenario holds only %d incidents that we have rules for", len(want))
				}
				slices.Sort(want)
				if d := gocmp.Diff(want, said(run(t, ownRules(t), logs))); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// export writes the logs of a scenario to a folder, a file a log: in the
// shape, or where it does not carry the log as it comes otherwise.
func export(t *testing.T, s *sim.Scenario, shape sim.Shape, seed uint64) (folder string) {
	t.Helper()
	logs := map[string][]sim.Record{}
	for rec := range s.Generate(seed) {
		logs[rec.Log] = append(logs[rec.Log], rec)
	}
	folder = t.TempDir()
	for log, records := range logs {
		as := shape
		if !as.Carries(log) {
			as = sim.ManagementActivity
		}
		var b bytes.Buffer
		container := sim.Containers(as)[len(sim.Containers(as))-1]
		if err := sim.Render(&b, as, container, slices.Values(records), sim.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, log), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func run(t *testing.T, rules []*rule.Rule, path string) []alert.Alert {
	t.Helper()
	b := daemon.Batch{Rules: rules, Baseline: baseline.Default(), Workers: 2}
	report, err := b.Run(context.Background(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	if missing := report.Ledger.Incomplete(); missing != "" {
		ledger, _ := json.Marshal(report.Ledger)
		t.Fatalf("%s: %s", missing, ledger[:min(len(ledger), 2000)])
	}
	return report.Alerts
}

func said(alerts []alert.Alert) []string {
	var lines []string
	for i := range alerts {
		a := &alerts[i]
		lines = append(lines, fmt.Sprintf("%s %s %s %d", a.Rule, a.FirstSeen, a.LastSeen, a.Count))
	}
	slices.SortFunc(lines, func(a, b string) int { return cmp.Compare(a, b) })
	return lines
}
