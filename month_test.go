package vakt_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vakt"
	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/directory"
	"vakt/internal/rig"
	"vakt/internal/rule"
	"vakt/internal/sim"
)

// What the month of a small company must come to with the baseline that its
// administrators would write. cmd/bench plays the whole of it.
const (
	monthAccounts = 250
	mostFalse     = 1 // false alerts of medium or above, a day
)

// TestMonthIsFound plays a month of a small company: every attack that a rule
// of ours is about is found, and what else is said stays within bounds.
func TestMonthIsFound(t *testing.T) {
	t.Parallel()
	const seed = 5
	s, logs, folder := playMonth(t, seed)
	b, problems := baseline.Parse("answers.yaml", []byte(s.Answers(seed)))
	for _, p := range problems {
		t.Fatal(p)
	}
	rules := ownRules(t)
	found, wrong := judgeMonth(s.Incidents(seed), runMonth(t, rules, b, logs, folder))
	for i, is := range s.Incidents(seed) {
		if !found[i] && about(rules, is.Rows) {
			t.Errorf("not found: %s (%v)", is, is.Rows)
		}
	}
	total := 0
	for _, n := range wrong {
		total += n
	}
	if perDay := float64(total) / float64(s.Days); perDay > mostFalse {
		t.Errorf("%.1f false alerts a day: %v", perDay, wrong)
	}
	t.Logf("false alerts of medium or above: %v", wrong)
}

// about says whether a rule is there for one of these rows.
func about(rules []*rule.Rule, rows []string) bool {
	return slices.ContainsFunc(rules, func(r *rule.Rule) bool {
		return slices.ContainsFunc(r.Vakt.Rows, func(row string) bool { return slices.Contains(rows, row) })
	})
}

// playMonth writes the logs and the directory of the month.
func playMonth(t *testing.T, seed uint64) (s *sim.Scenario, logs, folder string) {
	t.Helper()
	scenarios, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		t.Fatal(err)
	}
	s, err = sim.Load(scenarios, "month")
	if err == nil {
		s, err = s.WithAccounts(monthAccounts)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Life.SignIns = 1.5
	state, _, err := rig.Generate(s, rig.Options{Clock: func() time.Time { return s.Start }, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	state.WithoutLogs()
	logs, folder = t.TempDir(), t.TempDir()
	if err := state.Export(folder); err != nil {
		t.Fatal(err)
	}
	s = s.With(state.Residents())
	files := map[string]io.Writer{}
	for rec := range s.Generate(seed) {
		w := files[rec.Log]
		if w == nil {
			f, err := os.Create(filepath.Join(logs, rec.Log+".json"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close() //nolint:errcheck // written for this test
			w, files[rec.Log] = f, f
		}
		if _, err := w.Write(append(rec.JSON, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	return s, logs, folder
}

func runMonth(t *testing.T, rules []*rule.Rule, b *baseline.Baseline, logs, folder string) []alert.Alert {
	t.Helper()
	d, err := directory.Open(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	lists := d.Lists()
	days, _ := b.Number("dormant_days")
	if ids, ok := d.DormantAccounts(int(days)); ok {
		lists["dormant_accounts"] = ids
	}
	batch := daemon.Batch{Rules: rules, Baseline: b.WithDirectory(lists), Workers: 2}
	report, err := batch.Run(context.Background(), []string{logs})
	if err != nil {
		t.Fatal(err)
	}
	if missing := report.Ledger.Incomplete(); missing != "" {
		t.Fatal(missing)
	}
	return report.Alerts
}

// judgeMonth says which attacks an alert of medium or above is about, and how
// many such alerts of each rule are about none.
func judgeMonth(incidents []sim.Incident, alerts []alert.Alert) (found []bool, wrong map[string]int) {
	found, wrong = make([]bool, len(incidents)), map[string]int{}
	for i := range alerts {
		a := &alerts[i]
		loud := slices.Contains([]string{"medium", "high", "critical"}, a.Severity.String())
		explained := false
		for j, is := range incidents {
			if is.Explains(asked(a)) {
				explained, found[j] = true, found[j] || loud
			}
		}
		if loud && !explained {
			wrong[a.Rule]++
		}
	}
	return found, wrong
}

// asked is an alert as far as the simulator asks for it.
func asked(a *alert.Alert) sim.Alert {
	is := sim.Alert{Rows: a.GuideRows, Whole: true}
	is.First, _ = time.Parse(time.RFC3339, a.FirstSeen)
	is.Last, _ = time.Parse(time.RFC3339, a.LastSeen)
	for _, e := range a.Entities {
		is.Names = append(is.Names, e.ID, e.Name)
		is.Whole = is.Whole && e.Kind != "account" && e.Kind != "ip"
	}
	return is
}
