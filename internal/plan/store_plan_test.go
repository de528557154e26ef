package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vakt/internal/plan"
)

func TestPlansAreKeptByTheirHash(t *testing.T) {
	s, _ := newStore(t)
	p := full(t)
	for range 2 {
		if err := s.SavePlan(t.Context(), p, now); err != nil {
			t.Fatal(err)
		}
	}
	again, err := s.Plan(t.Context(), p.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fileOf(t, p), fileOf(t, again)) {
		t.Error("it is another plan")
	}
	if _, err := s.Plan(t.Context(), "x"); !errors.Is(err, plan.ErrNoPlan) {
		t.Errorf("error %v", err)
	}
	p.Changes[0].Reason = "x"
	if err := s.SavePlan(t.Context(), p, now); !errors.Is(err, plan.ErrChanged) {
		t.Errorf("error %v", err)
	}
}

func TestApprovalsAreRecorded(t *testing.T) {
	s, _ := newStore(t)
	p, a := planned(t, plan.Config{}, nil)
	said, err := plan.NewApproval(p, a.Config, cai, yes, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveApproval(t.Context(), p, a.Config, said); err != nil {
		t.Fatal(err)
	}
	if a.Approvals, err = s.Approvals(t.Context(), p.Hash); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Admit(p, a); err != nil {
		t.Error(err)
	}
	if kept, err := s.Plan(t.Context(), p.Hash); err != nil || kept.ID != p.ID {
		t.Errorf("%v, %v", kept, err)
	}
	refusal, err := plan.NewApproval(p, a.Config, bo, plan.Said{Reason: "the scanner needs it", Denied: true}, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveApproval(t.Context(), p, a.Config, refusal); err != nil {
		t.Fatal(err)
	}
	if a.Approvals, err = s.Approvals(t.Context(), p.Hash); err != nil || len(a.Approvals) != 2 {
		t.Fatal(a.Approvals, err)
	}
	if _, err := plan.Admit(p, a); !errors.Is(err, plan.ErrDenied) {
		t.Errorf("error %v", err)
	}
	said.Count = 2
	wantError(t, s.SaveApproval(t.Context(), p, a.Config, said), "2 was typed")
}

func TestManualStepsAreTickedOffByName(t *testing.T) {
	s, _ := newStore(t)
	p := full(t)
	open, err := s.Open(t.Context(), p)
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	wantError(t, s.Tick(t.Context(), p, "x", cai, "", now), "no manual step")
	if err := s.Tick(t.Context(), p, open[0].ID, cai, "disabled in the local directory", now); err != nil {
		t.Fatal(err)
	}
	if open, err = s.Open(t.Context(), p); err != nil || len(open) != 0 {
		t.Error(open, err)
	}
}

func TestRunsAreReadFromTheJournal(t *testing.T) {
	s, _ := newStore(t)
	for n := 1; n <= 2; n++ {
		run := plan.Run{ID: fmt.Sprintf("run-%d", n), Tenant: tenantID, Plan: "x", Kind: "apply", Actor: cai, Started: now}
		said, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), &plan.Row{Time: now, Tenant: tenantID, Run: run.ID, Actor: cai.ID, Phase: plan.Started, After: said}); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := s.Runs(t.Context(), tenantID)
	if err != nil || len(runs) != 2 || runs[0].ID != "run-2" || runs[1].Actor != cai {
		t.Errorf("%+v, %v", runs, err)
	}
}

// A state that an earlier version wrote is opened, believed and gone on with.
func TestGoldenStates(t *testing.T) {
	golden := filepath.Join("testdata", "state-001.db")
	if *record {
		recordState(t, golden)
	}
	bytes, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "vakt.db")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := openStore(t, path)
	fill(t, s, 8, 9)
	a, err := s.Verify(t.Context())
	if err != nil || !a.OK() || a.Rows != 10 {
		t.Errorf("%+v, %v", a, err)
	}
	rows, err := s.RowsIn(t.Context(), plan.Approved, tenantID)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if p, err := s.Plan(t.Context(), rows[0].Plan); err != nil || len(p.Changes) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}

func recordState(t *testing.T, golden string) {
	t.Helper()
	s, raw := newStore(t)
	p, a := planned(t, plan.Config{}, nil)
	said, err := plan.NewApproval(p, a.Config, cai, yes, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveApproval(t.Context(), p, a.Config, said); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 0, 8)
	if err := os.Remove(golden); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := raw.Backup(t.Context(), golden); err != nil {
		t.Fatal(err)
	}
}
