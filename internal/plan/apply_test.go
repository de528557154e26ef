package plan_test

import (
	"testing"
	"time"

	"vakt/internal/plan"
)

// The whole way of a plan: what is blocked is blocked, read back, blocked once
// only, and given back as it was.
func TestApplyAgainAndRollBack(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(8, false))
		began := time.Now()
		r := w.apply(p)
		finished(t, r)
		t.Logf("%d changes in %s", len(p.Changes), time.Since(began))
		for id := range subjects(p) {
			if w.enabled(id) {
				t.Errorf("%s is enabled", id)
			}
		}
		w.named(p)
		w.alike(subjects(p), "accountEnabled")

		sent := len(w.writes())
		finished(t, w.apply(p))
		if n := len(w.writes()); n != sent || sent != 8 {
			t.Errorf("%d writes, and %d after the plan was applied again; want 8", sent, n)
		}

		back, err := plan.Inverse(t.Context(), w.store, plan.Back{Run: r.Run.ID, Requester: operator, Policy: w.policy, Now: time.Now()})
		fatal(t, err)
		finished(t, w.apply(w.approve(back)))
		w.alike(nil)
		w.named(p, back)
		if n := len(w.writes()); n != 16 {
			t.Errorf("%d writes after the rollback, want 16", n)
		}
		again, err := plan.Tell(t.Context(), w.store, r.Run.ID)
		fatal(t, err)
		for _, o := range again.Changes {
			if o.UndoneBy == "" {
				t.Errorf("%s does not say that it was undone", o.Change.ID)
			}
		}
		if _, err := plan.Inverse(t.Context(), w.store, plan.Back{Run: r.Run.ID, Requester: operator, Policy: w.policy, Now: time.Now()}); err == nil {
			t.Error("a run was rolled back twice")
		}
		w.whole()
	})
}
