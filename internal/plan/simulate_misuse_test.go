package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/plan"
	"vakt/internal/rig"
)

// misuse asks for what must be refused, once.
func (w *story) misuse() {
	ctx := context.Background()
	kinds := []func() (*plan.Plan, func(*plan.Deps), error){
		w.unapproved, w.denied, w.late, w.expired, w.otherPolicy, w.bySelf, w.forged, w.otherTenant, w.tooMany, w.tooManyToday, w.fewDoors, w.forOther, w.selfLifted, w.asSingle, w.oneEmergency, w.lastDoor,
	}
	p, change, why := kinds[w.draw.below(len(kinds))]()
	if p == nil {
		return
	}
	if t := w.apply(ctx, p, why, change); t.err == nil {
		w.wrong("it was not refused: %v", why)
	}
}

func (w *story) unapproved() (*plan.Plan, func(*plan.Deps), error) {
	return w.p, nil, errors.New("nobody has approved it")
}

func (w *story) denied() (*plan.Plan, func(*plan.Deps), error) {
	w.approve(w.p)
	w.say(w.p, bo, func(a *plan.Approval) { a.Denied = true })
	w.pause(time.Hour)
	return w.p, nil, errors.New("it was denied")
}

// say records an approval as somebody might put it into the state, whatever
// NewApproval thinks of it.
func (w *story) say(p *plan.Plan, who plan.Person, change func(*plan.Approval)) {
	now := time.Now().UTC().Truncate(time.Second)
	a := &plan.Approval{
		Plan: p.Hash, Kind: plan.Single, Approver: who, Reason: "said", At: now, Expires: now.Add(plan.ApprovalLife), Count: len(p.Changes), Limit: p.Limits.Raised, OneWay: true,
	}
	if w.policy.Config.Approval == plan.TwoPerson {
		a.Kind = plan.TwoPerson
	}
	change(a)
	text, err := json.Marshal(a)
	if err == nil {
		err = w.ledger.SavePlan(context.Background(), p, now)
	}
	phase := plan.Approved
	if a.Denied {
		phase = plan.Refused
	}
	if err == nil {
		err = w.ledger.Append(context.Background(), &plan.Row{Time: now, Tenant: p.Tenant, Plan: p.Hash, Actor: who.ID, Phase: phase, After: text, Note: a.Reason})
	}
	if err != nil {
		w.wrong("%v", err)
	}
}

func (w *story) late() (*plan.Plan, func(*plan.Deps), error) {
	w.approve(w.p)
	<-time.After(plan.ApprovalLife + time.Second + time.Duration(w.draw.below(3600))*time.Second)
	return w.p, nil, errors.New("the approval has expired")
}

func (w *story) expired() (*plan.Plan, func(*plan.Deps), error) {
	<-time.After(plan.Life - time.Hour)
	w.approve(w.p)
	<-time.After(time.Hour + time.Second)
	return w.p, nil, errors.New("the plan has expired")
}

func (w *story) otherPolicy() (*plan.Plan, func(*plan.Deps), error) {
	w.approve(w.p)
	w.policy.Baseline = w.m.baseline(w.t, fmt.Sprintf("resource_signin_exceptions: [%q]\n", w.p.Changes[0].Subject.ID))
	return w.p, nil, errors.New("the policy was changed after the approval")
}

// bySelf lets whoever asks approve, where two persons are needed.
func (w *story) bySelf() (*plan.Plan, func(*plan.Deps), error) {
	if w.policy.Config.Approval != plan.TwoPerson {
		return w.unapproved()
	}
	w.say(w.p, ada, func(*plan.Approval) {})
	return w.p, nil, errors.New("the approver is whoever asked")
}

// selfLifted lets whoever lifts a protection approve that, where two persons
// are needed.
func (w *story) selfLifted() (*plan.Plan, func(*plan.Deps), error) {
	if w.policy.Config.Approval != plan.TwoPerson {
		return w.unapproved()
	}
	account := w.m.sort("role_direct")[0]
	p, err := plan.Build(plan.Input{
		Snapshot: w.m.snapshot, Result: w.m.result, Policy: w.policy, Requester: ada, Now: time.Now(), Wanted: []plan.Wanted{{Account: account}},
		Overrides: []plan.Lift{{Account: account, Override: plan.Override{By: bo, Reason: "nobody uses it"}}},
	})
	if err != nil {
		w.wrong("%v", err)
		return nil, nil, nil
	}
	w.say(p, bo, func(*plan.Approval) {})
	return p, nil, errors.New("the approver has lifted the protection")
}

// forged puts another account into an approved plan.
func (w *story) forged() (*plan.Plan, func(*plan.Deps), error) {
	w.approve(w.p)
	f := *w.p
	f.Changes = slices.Clone(w.p.Changes)
	for _, other := range w.m.toBlock() {
		if !slices.ContainsFunc(f.Changes, func(c plan.Change) bool { return c.Subject.ID == other }) {
			c := &f.Changes[len(f.Changes)-1]
			c.Subject.ID, c.ID = other, c.Action+"/"+other
			break
		}
	}
	return &f, nil, errors.New("an account was exchanged after the approval")
}

// forOther records the approval of another plan under this one's hash.
func (w *story) forOther() (*plan.Plan, func(*plan.Deps), error) {
	w.say(w.p, w.approver(), func(a *plan.Approval) { a.Count++ })
	return w.p, nil, errors.New("the approver has counted other changes")
}

func (w *story) otherTenant() (*plan.Plan, func(*plan.Deps), error) {
	w.approve(w.p)
	return w.p, func(d *plan.Deps) { d.Access.Tenant.ID = "99999999-2222-3333-4444-555555555555" }, errors.New("it is for another tenant")
}

// tooMany asks for more accounts than a run may touch.
func (w *story) tooMany() (*plan.Plan, func(*plan.Deps), error) {
	in := plan.Input{Snapshot: w.m.snapshot, Result: w.m.result, Policy: w.policy, Requester: ada, Now: time.Now()}
	p, err := plan.Build(in)
	if err != nil || p.Accounts() <= p.Limits.Allowed() {
		w.wrong("all accounts are no more than a run may touch: %v", err)
		return nil, nil, nil
	}
	w.say(p, w.approver(), func(*plan.Approval) {})
	return p, nil, errors.New("it goes beyond the limit of a run")
}

// tooManyToday leaves room for fewer writes than the plan has.
func (w *story) tooManyToday() (*plan.Plan, func(*plan.Deps), error) {
	w.e.before = plan.DayLimit - len(w.p.Changes) + 1
	w.ledger.mu.Lock()
	inner := w.ledger.Ledger
	w.ledger.mu.Unlock()
	var rows []*plan.Row
	for n := range w.e.before {
		rows = append(rows, &plan.Row{
			Time: time.Now().Add(-time.Duration(n) * time.Minute), Tenant: w.p.Tenant, Plan: "other", Run: "earlier", Change: fmt.Sprintf("account.disable/%d", n), Subject: id(n),
			Action: plan.Disable, Field: "accountEnabled", Actor: ada.ID, Phase: plan.Intent, Note: "tried",
		}, &plan.Row{
			Time: time.Now().Add(-time.Duration(n) * time.Minute), Tenant: w.p.Tenant, Plan: "other", Run: "earlier", Change: fmt.Sprintf("account.disable/%d", n), Subject: id(n),
			Action: plan.Disable, Field: "accountEnabled", Actor: ada.ID, Phase: plan.Rejected, Note: "refused",
		})
	}
	if err := inner.Append(context.Background(), rows...); err != nil {
		w.wrong("%v", err)
		return nil, nil, nil
	}
	w.approve(w.p)
	// What is refused as a whole must not fetch a token; what is stopped on the
	// way may. Both are right.
	return w.p, nil, nil
}

// fewDoors blocks an emergency account before the run.
func (w *story) fewDoors() (*plan.Plan, func(*plan.Deps), error) {
	w.approve(w.p)
	w.act(rig.Act{Actor: rig.Admin, Does: rig.Blocks, Object: w.m.sort("break_glass")[0]})
	<-time.After(w.e.lag + time.Minute)
	return w.p, nil, nil
}

// asSingle records the approval of one person where two are needed.
func (w *story) asSingle() (*plan.Plan, func(*plan.Deps), error) {
	if w.policy.Config.Approval != plan.TwoPerson {
		return w.unapproved()
	}
	w.say(w.p, ada, func(a *plan.Approval) { a.Kind = plan.Single })
	return w.p, nil, errors.New("one person has approved it, and two must")
}

// oneEmergency asks for a plan in a tenant that declares one emergency account.
func (w *story) oneEmergency() (*plan.Plan, func(*plan.Deps), error) {
	b, problems := baseline.Parse("baseline.yaml", []byte("break_glass_accounts: ["+w.m.sort("break_glass")[0]+"]"))
	if len(problems) > 0 {
		w.wrong("%v", problems)
		return nil, nil, nil
	}
	policy := w.policy
	policy.Baseline = b
	if _, err := plan.Build(plan.Input{Snapshot: w.m.snapshot, Result: w.m.result, Policy: policy, Requester: ada, Now: time.Now(), Limit: 100}); err == nil {
		w.wrong("a plan was made in a tenant with one emergency account")
	}
	return nil, nil, nil
}

// lastDoor asks to block every Global Administrator, with an override for each.
func (w *story) lastDoor() (*plan.Plan, func(*plan.Deps), error) {
	in := plan.Input{Snapshot: w.m.snapshot, Result: w.m.result, Policy: w.policy, Requester: ada, Now: time.Now(), Limit: 100}
	for _, account := range w.heads() {
		in.Wanted = append(in.Wanted, plan.Wanted{Account: account})
		in.Overrides = append(in.Overrides, plan.Lift{Account: account, Override: plan.Override{By: ada, Reason: "all of them"}})
	}
	if _, err := plan.Build(in); err == nil {
		w.wrong("a plan was made that blocks all %d Global Administrators", len(in.Wanted))
	}
	return nil, nil, nil
}
