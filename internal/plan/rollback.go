package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/check"
)

// Back says how the plan is made that rolls a run back.
type Back struct {
	Run       string // its id
	Requester Person
	Reason    string // empty: that the run is rolled back
	// Only are the accounts that are rolled back, by object id or user
	// principal name; none means all.
	Only   []string
	Policy Policy
	Now    time.Time
}

// Inverse makes the plan that rolls a run back, from nothing but the journal:
// what the run changed, and nothing else, in reverse order, to the values that
// it found. Changes that cannot be undone, and such of which nobody knows
// whether they took effect, are listed as skipped. The plan is approved and
// applied like any other; it then writes only where two reads agree that the
// value is still the one that the run has set.
func Inverse(ctx context.Context, j Ledger, b Back) (*Plan, error) {
	report, err := Tell(ctx, j, b.Run)
	if err != nil {
		return nil, fmt.Errorf("roll back run %q: %w", b.Run, err)
	}
	old, err := j.Plan(ctx, report.Run.Plan)
	if err != nil {
		return nil, fmt.Errorf("roll back run %q: %w", b.Run, err)
	}
	p := &Plan{
		Tenant: old.Tenant, Requester: b.Requester, Undoes: b.Run, Created: b.Now, Expires: b.Now.Add(Life), Snapshot: old.Snapshot, Taken: old.Taken,
		PolicyHash: b.Policy.Hash(), Limits: old.Limits,
	}
	for _, o := range slices.Backward(report.Changes) {
		if !b.wants(&o.Change) {
			continue
		}
		if why := o.lasting(); why.ID != "" {
			p.Skipped = append(p.Skipped, Skipped{Subject: o.Change.Subject, UPN: o.Change.UPN, Action: o.Change.Action, Because: []check.Reason{why}, Final: true})
			continue
		}
		p.Changes = append(p.Changes, b.inverse(o.Change))
	}
	if len(p.Changes) == 0 {
		return nil, fmt.Errorf("roll back run %q: there is nothing in it that can be undone: %s", b.Run, reasonsText(p.Skipped))
	}
	if err := p.name(); err != nil {
		return nil, err
	}
	return p, p.Seal()
}

func (b Back) wants(c *Change) bool {
	return len(b.Only) == 0 || slices.ContainsFunc(b.Only, func(name string) bool { return sameID(name, c.Subject.ID) || strings.EqualFold(name, c.UPN) })
}

func reasonsText(list []Skipped) string {
	if len(list) == 0 {
		return "it changed nothing"
	}
	return list[0].Because[0].Text
}

// lasting tells why a change cannot be rolled back; no reason for one that can.
func (o *Outcome) lasting() check.Reason {
	undo, ok := deedNamed(o.Change.Action).Undo()
	switch {
	case o.UndoneBy != "":
		return check.Reason{ID: "undone", Text: "it was rolled back already by run " + o.UndoneBy}
	case o.Phase == Intent || o.Phase == Unsettled:
		return check.Reason{ID: "unknown", Text: "nobody knows whether it took effect: `vakt verify` reads it"}
	case o.Phase == Diverged:
		return check.Reason{ID: "not_ours", Text: "the value is not the one that was written: somebody else has set it"}
	case o.Phase != Acked && o.Phase != Verified:
		return check.Reason{ID: "not_changed", Text: "the run did not change it"}
	case !ok || o.Change.Reversible == OneWay || undo == "":
		return check.Reason{ID: "one_way", Text: fmt.Sprintf("%s cannot be undone", o.Change.Action)}
	}
	return check.Reason{}
}

// inverse is the change that sets the old value again. Only what lasting has
// nothing against gets here.
func (b Back) inverse(c Change) Change {
	undo, _ := deedNamed(c.Action).Undo()
	c.ID, c.Action = changeID(undo, c.Subject.ID), undo
	c.Before, c.After = c.After, c.Before
	c.Reason = b.Reason
	if c.Reason == "" {
		c.Reason = "run " + b.Run + " is rolled back"
	}
	c.Verdict, c.Because = "", nil
	return c
}

// loadUndone finds the run that the plan rolls back.
func (r *runner) loadUndone(ctx context.Context) error {
	if r.p.Undoes == "" {
		return nil
	}
	rows, err := r.d.Journal.Rows(ctx, r.p.Undoes)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Phase == Started {
			return json.Unmarshal(rows[i].After, &r.undoes)
		}
	}
	return fmt.Errorf("the run %q that it rolls back is not in this journal", r.p.Undoes)
}

// undone says in the run that is rolled back that a change of it was.
func (r *runner) undone(s *step) *Row {
	row := r.row(Undone, s.change, "by run "+r.run.ID)
	row.Run, row.Plan = r.undoes.ID, r.undoes.Plan
	row.Action, _ = deedNamed(s.change.Action).Undo()
	row.Change = changeID(row.Action, s.change.Subject.ID)
	return row
}

// ours wants a value that a rollback is to replace to be the one that the run
// has written: two reads must agree on it. That it is not is believed only when
// no replica can be behind any more.
func (r *runner) ours(ctx context.Context, s *step) error {
	if r.p.Undoes == "" || s.maybe {
		return nil
	}
	if err := r.halted(ctx); err != nil {
		return err
	}
	seen, value, err := r.watch(ctx, s, callSettle, 0, hoping(seesBefore))
	switch {
	case err != nil:
		return err
	case seen == seesBefore:
		return nil
	case seen == seesGone:
		return &refusal{Gone, "the object is not there any more"}
	}
	return &refusal{Drifted, fmt.Sprintf("%s is %s, and not %s as the run has written it: somebody changed it, and it is left as it is", s.change.Field, value, s.change.Before)}
}
