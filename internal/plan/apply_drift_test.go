package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// Whatever somebody did to an account between plan and apply keeps that account
// from being touched, and no other.
func TestApplyRefusesChangedAccount(t *testing.T) {
	for name, c := range map[string]struct {
		does rig.Doing
		want plan.Phase
	}{
		"blocked by somebody":      {rig.Blocks, plan.Drifted},
		"given a role":             {rig.Promotes, plan.Protected},
		"made eligible for a role": {rig.Entitles, plan.Protected},
		"put into a role's group":  {rig.Enrols, plan.Protected},
		"made a Teams Room":        {rig.Converts, plan.Protected},
		"made a guest":             {rig.Invites, plan.Protected},
		"synchronised":             {rig.Attaches, plan.Protected},
		"removed":                  {rig.Removes, plan.Gone},
		"removed and made anew":    {rig.Recreates, plan.Gone},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				w := newWorld(t, setting{})
				p := w.approve(w.plan(4, false))
				victim := p.Changes[2].Subject.ID
				fatal(t, w.state.Act(rig.Act{Actor: rig.Admin, Does: c.does, Object: victim}))
				r := w.apply(p)
				if r.State != plan.StateFinished || r.Whole() {
					t.Errorf("the run is %s (%s), whole: %v", r.State, r.Why, r.Whole())
				}
				for i, o := range r.Changes {
					if want := map[bool]plan.Phase{true: c.want, false: plan.Verified}[i == 2]; o.Phase != want {
						t.Errorf("%s: %q (%s), want %q", o.Change.ID, o.Phase, o.Note, want)
					}
				}
				if n := w.effects()[p.Changes[2].ID]; n != 0 || len(w.writes()) != 3 {
					t.Errorf("%d writes to the account, %d in all", n, len(w.writes()))
				}
			})
		})
	}
}

// Somebody's change right before the fresh read is seen, wherever in the run it
// happens; what comes after it is read back as it is.
func TestApplyNeverOverwritesWhatItCouldSee(t *testing.T) {
	for _, point := range []string{"call.open.before", "journal.started.before", "journal.started.after", "call.fresh.before"} {
		t.Run(point, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				w := newWorld(t, setting{})
				p := w.approve(w.plan(1, false))
				done := false
				w.point = func(name string) {
					if name == point && !done {
						done = true
						w.set(p.Changes[0].Subject.ID, "accountEnabled", "false")
					}
				}
				r := w.apply(p)
				if got := r.Changes[0].Phase; got != plan.Drifted || len(w.writes()) != 0 {
					t.Errorf("%q with %d writes, want drifted with none", got, len(w.writes()))
				}
			})
		})
	}
}

// An account that is enabled again after the write is not called blocked, and
// the run goes no further.
func TestApplyStopsWhereItDiverges(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(3, false))
		first := p.Changes[0].Subject.ID
		w.point = func(name string) {
			if name == "journal.acked.after" {
				w.set(first, "accountEnabled", "true")
			}
		}
		r, err := plan.Apply(t.Context(), w.deps(), p)
		wantError(t, err, "wave 1")
		if got := phases(r)[p.Changes[0].ID]; got != plan.Diverged || len(w.writes()) != 1 || r.State != plan.StateStopped {
			t.Errorf("%q, %d writes, %s; want diverged, 1, stopped", got, len(w.writes()), r.State)
		}
		if _, err := plan.Inverse(t.Context(), w.store, plan.Back{Run: r.Run.ID, Requester: operator, Policy: w.policy, Now: time.Now()}); err == nil {
			t.Error("what somebody else has set can be rolled back")
		}
	})
}

// A rollback leaves what is not ours any more, and what became protected.
func TestRollbackRefusesOnDrift(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(3, true))
		r := w.apply(p)
		finished(t, r)
		theirs, privileged := p.Changes[0].Subject.ID, p.Changes[2].Subject.ID
		fatal(t, w.state.Act(rig.Act{Actor: rig.Admin, Does: rig.Unblocks, Object: theirs}))
		fatal(t, w.state.Act(rig.Act{Actor: rig.Admin, Does: rig.Promotes, Object: privileged}))
		back, err := plan.Inverse(t.Context(), w.store, plan.Back{Run: r.Run.ID, Requester: operator, Policy: w.policy, Now: time.Now()})
		fatal(t, err)
		if len(back.Changes) != 3 || len(back.Skipped) != 3 || back.Skipped[0].Because[0].ID != "one_way" || back.Changes[0].Subject.ID != p.Changes[5].Subject.ID {
			t.Fatalf("%d changes, %d skipped: %+v", len(back.Changes), len(back.Skipped), back.Skipped)
		}
		undone := w.apply(w.approve(back))
		got := phases(undone)
		want := map[string]plan.Phase{
			plan.Enable + "/" + theirs: plan.Drifted, plan.Enable + "/" + privileged: plan.Protected, back.Changes[0].ID: plan.Verified,
		}
		for id, phase := range want {
			if got[id] != phase {
				t.Errorf("%s: %q, want %q", id, got[id], phase)
			}
		}
		w.named(p, back)
	})
}

// Nothing is sent without an approval, after a denial, under changed settings,
// to another tenant, or while changes are frozen.
func TestApplyWantsLeave(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.plan(2, false)
		refuse := func(d plan.Deps, words string) {
			t.Helper()
			r, err := plan.Apply(t.Context(), d, p)
			wantError(t, err, words)
			if r != nil || len(w.writes()) != 0 {
				t.Errorf("%s: a report %v and %d writes", words, r, len(w.writes()))
			}
		}
		refuse(w.deps(), "not approved")
		w.approve(p)
		fatal(t, plan.Freeze(t.Context(), w.store, p.Tenant, operator, "an incident", time.Now()))
		refuse(w.deps(), "frozen")
		fatal(t, plan.Unfreeze(t.Context(), w.store, p.Tenant, operator, "it is over", time.Now()))
		d := w.deps()
		d.Policy = func() (plan.Policy, error) { return plan.Policy{Baseline: baselineWith("new@contoso.com")}, nil }
		refuse(d, "were changed after the plan was made")
		d = w.deps()
		d.Access.Tenant.ID = tenantID[:35] + "0"
		refuse(d, "it is for tenant")
		d = w.deps()
		d.Snapshot = nil
		refuse(d, "scan first")
		w.server.Deny("User.EnableDisableAccount.All")
		for _, id := range w.emerging {
			w.set(id, "accountEnabled", "false")
		}
		refuse(w.deps(), "emergency accounts")
		pause(t, 5*time.Hour)
		refuse(w.deps(), "expired")
	})
}

// The permission that is missing is named before anything is sent; one that is
// lost on the way denies, and applying again goes on when it is back.
func TestApplyNamesMissingPermission(t *testing.T) {
	inTime(t, func(t *testing.T) {
		lame := rig.WriteApp().Without("User.EnableDisableAccount.All")
		lame.Secret = "write-secret"
		reading := rig.ReadApp()
		reading.Secret = "read-secret"
		w := newWorld(t, setting{server: rig.ServerOptions{Apps: []rig.App{reading, lame}}})
		r, err := plan.Apply(t.Context(), w.deps(), w.approve(w.plan(2, false)))
		wantError(t, err, "User.EnableDisableAccount.All")
		if r != nil || len(w.writes()) != 0 {
			t.Errorf("a report %v and %d writes", r, len(w.writes()))
		}
	})
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(2, true))
		w.point = func(name string) {
			if name == "journal.started.after" {
				w.server.Deny("User.EnableDisableAccount.All")
			}
		}
		r := w.apply(p)
		if r.State != plan.StateStopped || r.Count(plan.Denied) != 2 || len(w.effects()) != 0 {
			t.Errorf("%s, %v, effects %v", r.State, phases(r), w.effects())
		}
		w.server.Deny()
		finished(t, w.apply(p))
		w.named(p)
	})
}

// Freeze and Ctrl-C stop a run wherever it is: nothing new is sent but what the
// workers had on the way, everything is journalled, and it can go on.
func TestFreezeStopsARun(t *testing.T) {
	for name, stop := range map[string]func(w *world, cancel func()){
		"freeze": func(w *world, _ func()) {
			fatal(w.t, plan.Freeze(w.t.Context(), w.store, w.state.TenantID(), operator, "stop", time.Now()))
		},
		"interrupt": func(_ *world, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				w := newWorld(t, setting{})
				p := w.approve(w.plan(10, false))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				acked, at := 0, 0
				w.point = func(name string) {
					if name != "journal.intent.after" {
						return
					}
					if acked++; acked == 3 {
						stop(w, cancel)
						at = acked
					}
				}
				r, err := plan.Apply(ctx, w.deps(), p)
				if name == "freeze" && !errors.Is(err, plan.ErrFrozen) || name == "interrupt" && !errors.Is(err, context.Canceled) {
					t.Errorf("error %v", err)
				}
				if r == nil || r.State != plan.StateStopped || acked > at+4 || len(w.writes()) > at+4 {
					t.Fatalf("%+v; %d intents, %d writes after stopping at %d", r, acked, len(w.writes()), at)
				}
				w.point = nil
				if name == "freeze" {
					fatal(t, plan.Unfreeze(t.Context(), w.store, p.Tenant, operator, "go on", time.Now()))
				}
				finished(t, w.apply(p))
				w.named(p)
				if len(w.effects()) != 10 {
					t.Errorf("%d effects", len(w.effects()))
				}
			})
		})
	}
}

// A journal that cannot be written stops everything: no intent, no call.
func TestNoJournalNoWrite(t *testing.T) {
	inTime(t, func(t *testing.T) {
		for _, phase := range []plan.Phase{plan.Started, plan.Intent, plan.Acked, plan.Verified} {
			w := newWorld(t, setting{})
			p := w.approve(w.plan(2, false))
			broken := &brokenLedger{Ledger: w.store, at: phase}
			w.journal = broken
			_, err := plan.Apply(t.Context(), w.deps(), p)
			if !errors.Is(err, errBoom) {
				t.Errorf("%s: %v", phase, err)
			}
			if want := count([]plan.Phase{plan.Acked, plan.Verified}, phase); len(w.writes()) != want {
				t.Errorf("%s: %d writes, want %d", phase, len(w.writes()), want)
			}
			w.journal = w.store
			finished(t, w.untilFinished(p))
			w.named(p)
		}
	})
}

// brokenLedger is a journal that cannot be written from a phase on.
type brokenLedger struct {
	plan.Ledger
	at    plan.Phase
	broke bool
}

func (l *brokenLedger) Append(ctx context.Context, rows ...*plan.Row) error {
	l.broke = l.broke || slices.ContainsFunc(rows, func(r *plan.Row) bool { return r.Phase == l.at })
	if l.broke {
		return errBoom
	}
	return l.Ledger.Append(ctx, rows...)
}

// A second run finds the lock held, is told by whom, and sends nothing.
func TestLockNamesItsHolder(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(1, false))
		var second error
		w.point = func(name string) {
			if name == "journal.intent.after" {
				d := w.deps()
				d.Point = nil
				_, second = plan.Apply(t.Context(), d, p)
			}
		}
		finished(t, w.apply(p))
		var held *plan.HeldError
		if !errors.As(second, &held) || held.Holder.Who != operator.ID || held.Holder.Plan != p.ID || held.Holder.Process == 0 {
			t.Errorf("a second run: %v", second)
		}
	})
}

// Replicas that lag for minutes neither make a run write twice nor call it
// wrong.
func TestLaggingReplicasChangeNothing(t *testing.T) {
	inTime(t, func(t *testing.T) {
		for seed := range uint64(5) {
			w := newWorld(t, setting{seed: seed})
			w.state.SetReplicas(3, 300*time.Second)
			p := w.approve(w.plan(5, true))
			finished(t, w.apply(p))
			for id, n := range w.effects() {
				if n != 1 {
					t.Errorf("seed %d: %s took effect %d times", seed, id, n)
				}
			}
			w.named(p)
		}
	})
}

// A revocation that nobody answered is never repeated unseen.
func TestNoBlindRepeatOfARevocation(t *testing.T) {
	for name, f := range map[string]struct {
		fault rig.Fault
		want  plan.Phase
	}{
		"done":     {rig.Fault{Kind: rig.FaultServer, Status: http.StatusGatewayTimeout, Applied: true}, plan.Verified},
		"not done": {rig.Fault{Kind: rig.FaultServer, Status: http.StatusGatewayTimeout}, plan.Ineffective},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				requests := 0
				w := newWorld(t, setting{server: rig.ServerOptions{Fault: func(r rig.Request) rig.Fault {
					if strings.HasSuffix(r.Route, "/revokeSignInSessions") {
						if requests++; r.Index == 0 {
							return f.fault
						}
					}
					return rig.Fault{}
				}}})
				p := w.approve(w.plan(1, true))
				r, err := plan.Apply(t.Context(), w.deps(), p)
				fatal(t, err)
				if got := r.Changes[1].Phase; got != f.want || requests != 1 {
					t.Errorf("%q after %d requests, want %q after 1", got, requests, f.want)
				}
			})
		})
	}
}

// The journal says of each write who, why, from what to what, which request,
// and when; no secret stands in it.
func TestJournalOfARun(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		p := w.approve(w.plan(1, true))
		r := w.apply(p)
		rows, err := w.store.Rows(t.Context(), r.Run.ID)
		fatal(t, err)
		var got []string
		for _, row := range rows {
			got = append(got, strings.TrimPrefix(row.Action+" "+string(row.Phase), " "))
			if row.Actor != operator.ID || row.Plan != p.Hash || row.Time.IsZero() {
				t.Errorf("row %+v", row)
			}
			if row.Phase == plan.Acked && row.RequestID == "" {
				t.Errorf("row %d has no request id", row.Seq)
			}
			text, err := json.Marshal(row)
			fatal(t, err)
			if strings.Contains(string(text), "secret") || strings.Contains(string(text), "eyJ") {
				t.Errorf("row %s", text)
			}
		}
		for _, want := range []string{
			"started", "account.disable intent", "account.disable sent", "account.disable acked", "sessions.revoke intent", "account.disable verified",
			"sessions.revoke verified", "finished",
		} {
			if count(got, want) != 1 {
				t.Errorf("%q stands there %d times: %v", want, count(got, want), got)
			}
		}
	})
}
