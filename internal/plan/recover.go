package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vakt/internal/action"
)

// recoverOpen finds out what became of the writes that an earlier part of this
// run, or another run, left without an outcome: by reading, all at once. What
// other runs left on accounts of this plan is only told apart; a plan of theirs
// sends it again, or nobody.
func (r *runner) recoverOpen(ctx context.Context) error {
	others, err := r.d.Journal.Unsettled(ctx, r.p.Tenant)
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	for _, s := range r.steps {
		switch s.phase {
		case Intent:
			group.Go(func() { r.guard(func() { r.keep(r.brokeOff(ctx, s)) }) })
		case Unsettled:
			group.Go(func() { r.guard(func() { r.keep(r.resolve(ctx, s, unanswered)) }) })
		case Acked:
			group.Go(func() { r.guard(func() { r.keep(r.verify(ctx, s)) }) })
		default:
		}
	}
	for i := range others {
		if row := &others[i]; row.Run != r.run.ID && r.touches(row.Subject) {
			group.Go(func() { r.guard(func() { r.keep(r.foreign(ctx, row)) }) })
		}
	}
	group.Wait()
	return nil
}

// touches tells whether the plan still has something to do with an object.
func (r *runner) touches(object string) bool {
	for _, s := range r.steps {
		if s.change.Subject.ID == object && s.pending() {
			return true
		}
	}
	return false
}

// brokeOff takes over a write whose run ended between its intent and its
// outcome.
func (r *runner) brokeOff(ctx context.Context, s *step) error {
	s.maybe = true
	if err := r.settle(ctx, s, Unsettled, "the run broke off before an outcome was written down", nil); err != nil {
		return err
	}
	return r.resolve(ctx, s, unanswered)
}

// resolve finds out by reading what became of a write that nobody answered. One
// that sets a value may be sent again where two reads agree that the old value
// is there; any other is read for as long as a replica may lag, and never
// repeated unseen. enough says what is believed of the former.
func (r *runner) resolve(ctx context.Context, s *step, enough streak) error {
	if !s.absolute() {
		enough = written
	}
	if err := r.steady(ctx, s, r.run.ID); err != nil {
		return err
	}
	seen, value, err := r.watch(ctx, s, callSettle, 0, enough)
	switch {
	case r.dead():
		return errDied
	case err != nil:
		s.note = err.Error()
		return nil
	}
	switch seen {
	case seesAfter:
		if who := r.another(ctx, s); who != "" {
			return r.settle(ctx, s, Drifted, "nobody answered; it reads as planned, and after the audit log it was "+who+" who set it so", value)
		}
		return r.settle(ctx, s, Verified, "nobody answered; two reads agree that it took effect", value)
	case seesGone:
		return r.settle(ctx, s, Gone, "the object is not there any more", nil)
	case seesOther:
		return r.settle(ctx, s, Diverged, fmt.Sprintf("nobody answered, and %s reads %s", s.change.Field, value), value)
	default:
		if !s.absolute() {
			return r.settle(ctx, s, Ineffective, "nobody answered, and ten minutes of reading show that it did not take effect", value)
		}
		s.phase, s.note = "", "nobody answered, and two reads agree that it did not take effect"
		return nil
	}
}

// auditWait is how long the audit log is asked.
const auditWait = time.Minute

// another tells who set the value of a write that nobody answered, where the
// audit log says that it was not us. The log is minutes late and may be closed
// to us: then nothing speaks against our having done it.
func (r *runner) another(ctx context.Context, s *step) (who string) {
	if !s.absolute() || r.client == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, auditWait)
	defer cancel()
	deeds, err := r.eye.Audit(ctx, s.change.Subject.ID, s.sent.Add(-lag))
	if err != nil {
		return ""
	}
	for _, d := range deeds {
		sets := slices.ContainsFunc(d.Changed, func(c action.Changed) bool {
			return strings.EqualFold(c.Field, s.change.Field) && strings.Contains(c.New, string(s.change.After))
		})
		switch {
		case !sets:
		case strings.EqualFold(d.Actor, r.client.Principal()):
			return ""
		default:
			who = cmp.Or(d.Name, d.Actor, "somebody else")
		}
	}
	return who
}

// steady finds out from when on reads can be believed. Where we have changed the
// field shortly before, as when a run is rolled back at once, replicas may still
// show what was there before that: the very value that is written now.
func (r *runner) steady(ctx context.Context, s *step, run string) error {
	rows, err := r.d.Journal.WritesSince(ctx, r.p.Tenant, s.change.Subject.ID, s.sent.Add(-lag))
	if err != nil {
		return err
	}
	s.steady = time.Time{}
	for i := range rows {
		row := &rows[i]
		itself := row.Run == run && row.Change == s.change.ID
		if at := row.Time.Add(lag); row.Field == s.change.Field && !itself && at.After(s.steady) {
			s.steady = at
		}
	}
	return nil
}

// foreign writes down what became of a write of another run, so that it is not
// asked again.
func (r *runner) foreign(ctx context.Context, row *Row) error {
	of, err := r.d.Journal.Plan(ctx, row.Plan)
	if err != nil {
		return err
	}
	for i := range of.Changes {
		if of.Changes[i].ID != row.Change {
			continue
		}
		s := &step{change: &of.Changes[i], phase: Unsettled, sent: row.Time, found: row.Before}
		if err := r.steady(ctx, s, row.Run); err != nil {
			return err
		}
		seen, value, err := r.watch(ctx, s, callSettle, 0, unanswered)
		if err != nil {
			return fmt.Errorf("an earlier run (%s) left %s without an outcome: %w", row.Run, row.Change, err)
		}
		phase, note := Unsettled, fmt.Sprintf("nobody answered, and two reads agree on the sight %q", seen)
		if seen == seesAfter {
			phase, note = Verified, "nobody answered; two reads agree that it took effect"
		}
		told := r.row(phase, s.change, note)
		told.Run, told.Plan = row.Run, row.Plan
		if value != nil {
			told.After = value
		}
		return r.journal(ctx, told)
	}
	return nil
}
