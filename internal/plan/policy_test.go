package plan_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/rig"
)

// kept asks the policy about a tenant in which everything has been there for
// two days, and of which the audit log says nothing.
func kept(w *world) plan.KeepInput {
	return plan.KeepInput{
		Keep: plan.Keep{Enabled: true}, Snapshot: w.snapshot, Result: w.result, Policy: w.policy, Now: time.Now(),
		Since: func(string) (time.Time, bool) { return time.Now().Add(-48 * time.Hour), true },
		Audit: func(context.Context, string, time.Time) ([]action.Deed, error) { return nil, nil },
	}
}

// only leaves n verdicts in the result.
func (w *world) only(n int) {
	kept := w.result.Verdicts[:0]
	for _, v := range w.result.Verdicts {
		if v.Verdict == check.Block && len(kept) < n {
			kept = append(kept, v)
		}
	}
	w.result.Verdicts = kept
}

// The policy blocks what is due and nothing else, in its own name, and does not
// do it again.
func TestPolicyBlocksWhatIsDue(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		w.only(4)
		k, r, err := plan.ApplyPolicy(t.Context(), w.deps(), kept(w))
		fatal(t, err)
		finished(t, r)
		if len(k.Due) != 4 || len(k.Ask)+len(k.Waiting) != 0 || r.Run.Kind != "policy" {
			t.Errorf("%+v", k)
		}
		w.named(k.Plan)
		approvals, err := w.store.Approvals(t.Context(), k.Plan.Hash)
		fatal(t, err)
		if len(approvals) != 1 || approvals[0].Approver.ID != "policy:"+w.policy.Hash() || approvals[0].Kind != plan.ByPolicy {
			t.Errorf("approved by %+v", approvals)
		}
		_, r, err = plan.ApplyPolicy(t.Context(), w.deps(), kept(w))
		fatal(t, err)
		if r.Count(plan.Drifted) != 4 || len(w.writes()) != 4 {
			t.Errorf("%v, %d writes", phases(r), len(w.writes()))
		}
	})
}

// During the grace nothing is sent; after a quarter of an hour somebody is told.
func TestPolicyWaits(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		w.only(2)
		for age, alert := range map[time.Duration]bool{0: false, 14 * time.Minute: false, 15 * time.Minute: true, 24*time.Hour - time.Second: true} {
			in := kept(w)
			in.Since = func(string) (time.Time, bool) { return in.Now.Add(-age), true }
			k, r, err := plan.ApplyPolicy(t.Context(), w.deps(), in)
			fatal(t, err)
			if r != nil || len(k.Waiting) != 2 || k.Waiting[0].Alert != alert {
				t.Errorf("after %s: %+v", age, k)
			}
		}
		in := kept(w)
		in.Since = nil
		if k, r, err := plan.ApplyPolicy(t.Context(), w.deps(), in); err != nil || r != nil || len(k.Waiting) != 2 {
			t.Errorf("of accounts that nobody has watched: %+v, %v", k, err)
		}
		if len(w.writes()) != 0 {
			t.Errorf("%d writes", len(w.writes()))
		}
	})
}

// Whoever enabled an account, be it ourselves in a rollback, meant it: the
// policy asks. So it does where the log cannot be read, and of a mailbox that
// was a person's.
func TestPolicyAsksInsteadOfFlapping(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		w.only(3)
		ids := []string{w.result.Verdicts[0].Account.ID, w.result.Verdicts[1].Account.ID, w.result.Verdicts[2].Account.ID}
		fatal(t, w.state.Act(rig.Act{Actor: rig.Admin, Does: rig.Blocks, Object: ids[0]}))
		fatal(t, w.state.Act(rig.Act{Actor: rig.Admin, Does: rig.Unblocks, Object: ids[0]}))
		for i := range w.snapshot.Accounts {
			if a := &w.snapshot.Accounts[i]; a.ID == ids[1] {
				a.Use = append(a.Use, directory.Use{What: directory.UseConverted, Detail: "UserMailbox → SharedMailbox"})
			}
		}
		eye := action.NewEye(w.access)
		in := kept(w)
		in.Audit = func(ctx context.Context, id string, since time.Time) ([]action.Deed, error) {
			if id == ids[2] {
				return nil, errors.New("the log is closed")
			}
			return eye.Audit(ctx, id, since)
		}
		k, r, err := plan.ApplyPolicy(t.Context(), w.deps(), in)
		fatal(t, err)
		why := map[string]string{}
		for _, a := range k.Ask {
			why[a.Account.ID] = a.Why.ID
		}
		if r != nil || len(w.writes()) != 0 || why[ids[0]] != "enabled_on_purpose" || why[ids[1]] != "converted" || why[ids[2]] != "could_not_look:enabled_by" {
			t.Errorf("%v, %d writes", why, len(w.writes()))
		}
	})
}

// Above its limits, and on anything but a whole fresh snapshot, the policy does
// nothing.
func TestPolicyStopsItself(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		k, r, err := plan.ApplyPolicy(t.Context(), w.deps(), kept(w))
		fatal(t, err)
		if r != nil || !strings.Contains(k.Stopped, "at most 5 may be") || len(k.Ask) != 10 {
			t.Errorf("%+v", k)
		}
		for words, change := range map[string]func(*plan.KeepInput){
			"is off":       func(in *plan.KeepInput) { in.Keep.Enabled = false },
			"last hour":    func(in *plan.KeepInput) { in.Now = in.Now.Add(61 * time.Minute) },
			"findings are": func(in *plan.KeepInput) { in.Result = &check.Result{Snapshot: "another"} },
			"block_after":  func(in *plan.KeepInput) { in.Keep.BlockAfter = time.Minute },
			"not complete": func(in *plan.KeepInput) {
				s := *in.Snapshot
				s.Complete = false
				in.Snapshot = &s
			},
		} {
			in := kept(w)
			change(&in)
			_, r, err := plan.ApplyPolicy(t.Context(), w.deps(), in)
			wantError(t, err, words)
			if r != nil {
				t.Errorf("%s: a run began", words)
			}
		}
		if len(w.writes()) != 0 {
			t.Errorf("%d writes", len(w.writes()))
		}
	})
}
