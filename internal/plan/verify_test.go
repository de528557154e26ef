package plan_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/rig"
)

// Verify reads a run again without a token that can write: what holds stays
// verified, and what somebody has set since is told.
func TestVerifyTellsWhatBecameOfARun(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(3, false))
		r := w.apply(p)
		d := w.deps()
		d.Access.Write = nil
		d.Witness = func(_ context.Context, c plan.Change, _ time.Time) (plan.Witness, error) {
			if c.Subject.ID == p.Changes[1].Subject.ID {
				return plan.Witness{}, errBoom
			}
			return plan.Witness{Delegates: c.Delegates, Refused: directory.Known(2), Last: time.Now()}, nil
		}
		again, err := plan.Verify(t.Context(), d, r.Run.ID)
		fatal(t, err)
		finished(t, again)
		if o := again.Changes[0]; o.Witness == nil || o.Witness.Refused.Value != 2 || !directory.Is(o.Kept(), true) {
			t.Errorf("witness %+v", o.Witness)
		}
		if o := again.Changes[1]; o.Witness == nil || o.Witness.Refused.Known || o.Kept().Known {
			t.Errorf("what nobody saw is known: %+v", o.Witness)
		}
		fatal(t, w.state.Act(rig.Act{Actor: rig.Attacker, Does: rig.Unblocks, Object: p.Changes[2].Subject.ID}))
		again, err = plan.Verify(t.Context(), d, r.Run.ID)
		fatal(t, err)
		if others := again.Changes[2].Witness.Others; !others.Known || len(others.Value) != 1 || others.Value[0].Actor != string(rig.Attacker) {
			t.Errorf("others: %+v", others)
		}
		if others := again.Changes[0].Witness.Others; !others.Known || len(others.Value) != 0 {
			t.Errorf("others: %+v", others)
		}
		if got := again.Changes[2].Phase; got != plan.Diverged || again.Whole() {
			t.Errorf("%q, whole: %v", got, again.Whole())
		}
		if len(w.writes()) != 3 {
			t.Errorf("%d writes", len(w.writes()))
		}
		if _, err := plan.Verify(t.Context(), d, "run-0"); err == nil {
			t.Error("an unknown run was verified")
		}
		w.whole()
	})
}

// What a crash has left open is found out by Verify too.
func TestVerifySettlesWhatACrashLeft(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(1, false))
		c := &crash{at: "call.write.after", n: 1}
		if _, _, died := c.run(w, p); !died {
			t.Fatal("the run did not die")
		}
		rows, err := w.store.RowsIn(t.Context(), plan.Started, p.Tenant)
		fatal(t, err)
		before, err := plan.Tell(t.Context(), w.store, rows[0].Run)
		fatal(t, err)
		if before.State != plan.StateOpen || before.Changes[0].Phase != plan.Intent {
			t.Errorf("%s, %q", before.State, before.Changes[0].Phase)
		}
		after, err := plan.Verify(t.Context(), w.deps(), rows[0].Run)
		fatal(t, err)
		if got := after.Changes[0]; got.Phase != plan.Verified || string(got.Value) != "false" {
			t.Errorf("%q, %s", got.Phase, got.Value)
		}
	})
}

// Delegates are the same whatever their order, and unknown where either side
// is.
func TestOutcomeKept(t *testing.T) {
	anna, ben := plan.Delegate{Name: "anna", Right: "full_access"}, plan.Delegate{Name: "ben", Right: "send_as"}
	for _, c := range []struct {
		before, after directory.Fact[[]plan.Delegate]
		want          directory.Fact[bool]
	}{
		{directory.Known([]plan.Delegate{anna, ben}), directory.Known([]plan.Delegate{ben, anna}), directory.Known(true)},
		{directory.Known([]plan.Delegate{anna}), directory.Known([]plan.Delegate{}), directory.Known(false)},
		{directory.Known([]plan.Delegate{anna}), directory.Unknown[[]plan.Delegate]("why"), directory.Unknown[bool]("why")},
	} {
		o := plan.Outcome{Change: plan.Change{Delegates: c.before}, Witness: &plan.Witness{Delegates: c.after}}
		if got := o.Kept(); got != c.want {
			t.Errorf("%v → %v: %v, want %v", c.before, c.after, got, c.want)
		}
	}
	var none plan.Outcome
	if none.Kept().Known {
		t.Error("delegates that nobody looked at are known")
	}
}

// A report is stable JSON in the words of the journal.
func TestReportIsJSON(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		text, err := json.Marshal(w.apply(w.approve(w.plan(1, false))))
		fatal(t, err)
		var got struct {
			State   string
			Sent    int
			Changes []struct{ Phase string }
			Manual  []any
		}
		fatal(t, json.Unmarshal(text, &got))
		if got.State != "finished" || got.Sent != 1 || len(got.Changes) != 1 || got.Changes[0].Phase != "verified" || got.Manual == nil {
			t.Errorf("%s", text)
		}
	})
}
