package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/graph"
)

// freshEnough is how old a fresh read may be when its change is about to leave;
// an older one is made again. The writer itself refuses what is older than
// graph.Freshness.
const freshEnough = 2 * time.Second

// refusal is the reason for which a change is not sent, as the journal has it.
type refusal struct {
	phase Phase
	note  string
}

func (e *refusal) Error() string { return fmt.Sprintf("%s: %s", e.phase, e.note) }

// errLanded says that a value is there which an earlier try may have written.
var errLanded = errors.New("an earlier try may have taken effect")

// errUnsteady says that a read disagrees with those before it, as reads do
// while some replicas are behind.
var errUnsteady = errors.New("the reads before a write do not agree")

// carryOut is a run from its first row to its last.
func (r *runner) carryOut(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if err := r.recoverOpen(ctx); err != nil {
		r.stop(err)
	}
	for n, wave := range r.p.Waves() {
		if !slices.ContainsFunc(wave, func(c Change) bool { return !r.steps[c.ID].settled() }) {
			continue
		}
		if err := errors.Join(r.halted(ctx), r.admitAgain(ctx)); err != nil {
			r.stop(err)
			break
		}
		r.wave(ctx, wave)
		if err := r.gate(ctx, n, wave); err != nil {
			r.stop(err)
			break
		}
	}
	return r.end(ctx)
}

// begin writes the first row, or the one with which a run goes on. The run has
// no id before that row is on the disk.
func (r *runner) begin(ctx context.Context) error {
	if r.run.ID != "" {
		return r.journal(ctx, r.row(Resumed, nil, ""))
	}
	run := r.newRun()
	text, err := json.Marshal(run)
	if err != nil {
		return err
	}
	r.run = run
	row := r.row(Started, nil, "")
	row.After = text
	return r.journal(ctx, row)
}

// admitAgain is admit for a run that has begun: an approval may have been
// withdrawn, an exception written.
func (r *runner) admitAgain(ctx context.Context) error {
	if err := r.admit(ctx); err != nil {
		return fmt.Errorf("the run does not go on: %w", err)
	}
	return nil
}

// end writes the last row: the run is finished when every change has come to
// its end, and was stopped otherwise.
func (r *runner) end(ctx context.Context) error {
	var open []string
	for i := range r.p.Changes {
		s := r.steps[r.p.Changes[i].ID]
		if s.settled() {
			continue
		}
		what := string(s.phase)
		if what == "" {
			what = "not sent"
		}
		open = append(open, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", s.change.ID, what, s.note), ": "))
	}
	why := r.stopped()
	if why == nil && ctx.Err() != nil {
		why = ctx.Err()
	}
	if why == nil && len(open) == 0 {
		return r.journal(ctx, r.row(Finished, nil, ""))
	}
	note := fmt.Sprintf("%d of %d changes are open", len(open), len(r.p.Changes))
	if why != nil {
		note = why.Error() + "; " + note
	} else if len(open) > 0 {
		note += ", the first is " + open[0]
	}
	return errors.Join(why, r.journal(ctx, r.row(Stopped, nil, note)))
}

// wave sends the changes of a wave, accounts beside each other and each account
// in its order, and then reads all of them back: together, so that what the
// service makes wait waits once.
func (r *runner) wave(ctx context.Context, wave []Change) {
	var order []string
	byAccount := map[string][]*step{}
	for i := range wave {
		id := wave[i].Subject.ID
		if byAccount[id] == nil {
			order = append(order, id)
		}
		byAccount[id] = append(byAccount[id], r.steps[wave[i].ID])
	}
	var group sync.WaitGroup
	for _, id := range order {
		group.Go(func() { r.guard(func() { r.account(ctx, byAccount[id]) }) })
	}
	group.Wait()
	for i := range wave {
		if s := r.steps[wave[i].ID]; s.phase == Acked && r.stopped() == nil {
			group.Go(func() { r.guard(func() { r.keep(r.verify(ctx, s)) }) })
		}
	}
	group.Wait()
}

// guard keeps a panic of one account's goroutine from ending the process: the
// run stops, and what was open stays open.
func (r *runner) guard(do func()) {
	defer func() {
		if v := recover(); v != nil {
			r.die(v)
		}
	}()
	do()
}

// account makes the changes of one account, one after the other. One that could
// not be made keeps those after it from being made.
func (r *runner) account(ctx context.Context, steps []*step) {
	for i, s := range steps {
		if i > 0 && !steps[i-1].done() {
			if p := steps[i-1]; p.settled() && s.pending() {
				r.keep(r.settle(ctx, s, Left, fmt.Sprintf("%s was not done before it: %s", p.change.Action, p.phase), nil))
			}
			s.behind, s.note = true, steps[i-1].change.Action+" was not done before it"
			continue
		}
		r.keep(r.step(ctx, s))
	}
}

// done is true of a step whose effect is there.
func (s *step) done() bool { return s.phase == Acked || s.phase == Verified }

// keep stops the run at an error. What only concerns one account is none.
func (r *runner) keep(err error) {
	if err != nil {
		r.stop(err)
	}
}

// step brings a change to where it can be verified, or to its end.
func (r *runner) step(ctx context.Context, s *step) error {
	for n := range mostTries {
		if !s.pending() {
			return nil
		}
		if err := r.attempt(ctx, s); err != nil {
			return err
		}
		if !s.open() {
			return nil
		}
		enough := streak(unanswered)
		if n == mostTries-1 { // it is not sent again: what it came to must be known for sure
			enough = hoping(seesAfter)
		}
		if err := r.resolve(ctx, s, enough); err != nil || s.phase != "" {
			return err
		}
	}
	// A service that answers nothing so often is not to be pressed further.
	if err := r.settle(ctx, s, Ineffective, fmt.Sprintf("nobody answered %d times, and reads agree that it is not in effect now", mostTries), nil); err != nil {
		return err
	}
	return fmt.Errorf("%s: %s: apply the plan again later", s.change.ID, s.note)
}

// attempt sends a change, unless something speaks against it at the last
// moment.
func (r *runner) attempt(ctx context.Context, s *step) error {
	for began := r.d.Now(); ; {
		if err := r.ours(ctx, s); err != nil {
			return r.refused(ctx, s, err)
		}
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		intended, out := r.send(ctx, s)
		<-r.slots
		if !errors.Is(out.Err, errUnsteady) || intended || r.d.Now().Sub(began) > Patience {
			return r.outcome(ctx, s, out, intended)
		}
		if err := sleep(ctx, apart); err != nil {
			return err
		}
	}
}

// send looks at the account and sends the change. Right before the first byte
// of each try everything is looked at once more, and the intent is on the disk.
func (r *runner) send(ctx context.Context, s *step) (intended bool, out graph.Outcome) {
	fresh, value, err := r.look(ctx, s)
	if err != nil {
		return false, graph.Outcome{Result: graph.Held, Err: err}
	}
	out = r.client.Do(ctx, s.change.Subject.ID, s.change.Action, func(ctx context.Context) (time.Time, error) {
		if err := r.halted(ctx); err != nil {
			return time.Time{}, err
		}
		if r.d.Now().Sub(fresh.At) > freshEnough {
			if fresh, value, err = r.look(ctx, s); err != nil {
				return time.Time{}, err
			}
		}
		if !intended {
			if err := r.intend(ctx, s, value); err != nil {
				return time.Time{}, err
			}
			intended = true
		}
		return fresh.At, r.point("call." + callWrite + ".before")
	})
	if intended {
		if err := r.point("call." + callWrite + ".after"); err != nil {
			out = graph.Outcome{Result: graph.Held, Err: err}
		}
	}
	return intended, out
}

// intend makes the intent durable, and with it the value that was found. It
// counts as an attempt whatever follows.
func (r *runner) intend(ctx context.Context, s *step, found json.RawMessage) error {
	r.mu.Lock()
	err := r.limits.WithinDay(r.attempts, 1)
	if err == nil {
		r.attempts++
	}
	r.mu.Unlock()
	if err != nil {
		r.stop(err)
		return err
	}
	row := r.row(Intent, s.change, s.change.Reason)
	row.Before = found
	if err := r.journal(ctx, row); err != nil {
		return err
	}
	s.phase, s.sent, s.found = Intent, row.Time, row.Before
	return nil
}

// look reads the account afresh and compares it with the plan. It gives the
// value that the change will replace.
func (r *runner) look(ctx context.Context, s *step) (*action.Fresh, json.RawMessage, error) {
	if err := errors.Join(r.halted(ctx), r.point("call."+callFresh+".before")); err != nil {
		return nil, nil, err
	}
	fresh, err := r.eye.Fresh(ctx, s.change.Subject.ID)
	if dead := r.point("call." + callFresh + ".after"); dead != nil {
		return nil, nil, dead
	}
	if err != nil {
		return nil, nil, err
	}
	value, err := r.compare(s, fresh)
	return fresh, value, err
}

// compare refuses an account that is not as it was planned, or became
// protected. A protection is told before anything else that has moved.
func (r *runner) compare(s *step, fresh *action.Fresh) (json.RawMessage, error) {
	c, deed := s.change, deedNamed(s.change.Action)
	guard := GuardOf(fresh.Snapshot, fresh.Account)
	guard.Azure = c.Guard.Azure // only an export can bring them
	if found := r.protections(c, fresh.Account, guard); len(found) > 0 {
		return nil, &refusal{Protected, strings.Join(found, "; ")}
	}
	value, err := deed.Before(fresh)
	if err != nil {
		return nil, err
	}
	if !deed.Same(c.Before, value) {
		if s.maybe && deed.Same(c.After, value) {
			return nil, errLanded
		}
		if r.p.Undoes != "" {
			return nil, errUnsteady
		}
		return nil, &refusal{Drifted, fmt.Sprintf("%s is %s, planned was %s: somebody changed it", c.Field, value, c.Before)}
	}
	if moved := c.Guard.Moved(guard); len(moved) > 0 && r.p.Undoes == "" {
		return nil, &refusal{Drifted, "it is not as it was planned: " + strings.Join(moved, ", ")}
	}
	return value, nil
}

// protections are the reasons not to touch the account which no override in the
// plan lifts, under the name that it has and the one that it had.
func (r *runner) protections(c *Change, a *directory.Account, g Guard) []string {
	list := r.protector.Of(a.ID, a.UPN, g)
	if !strings.EqualFold(a.UPN, c.UPN) {
		list = append(list, r.protector.Of(c.Subject.ID, c.UPN, g)...)
	}
	var found []string
	for _, p := range list {
		if p.Final || !r.lifted(c, p.ID) {
			found = append(found, p.Text)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// lifted tells whether a protection does not hold for a change: because of an
// override, or because it keeps an account from being blocked, and the change
// allows again what we have blocked.
func (r *runner) lifted(c *Change, reason string) bool {
	if r.p.Undoes != "" && c.Action == Enable && (reason == "exception" || reason == "exception_baseline") {
		return true
	}
	return c.Override != nil && slices.ContainsFunc(c.Lifted, func(l check.Reason) bool { return l.ID == reason })
}

// gate holds the next wave back until this one is known to have come out right.
func (r *runner) gate(ctx context.Context, n int, wave []Change) error {
	if err := errors.Join(r.stopped(), ctx.Err()); err != nil {
		return err
	}
	for i := range wave {
		switch s := r.steps[wave[i].ID]; {
		case s.phase == Diverged:
			return fmt.Errorf("wave %d: %s reads otherwise than it was written: look at what changes it, then apply the plan again", n+1, s.change.ID)
		case s.phase == Acked, s.open():
			return fmt.Errorf("wave %d: what became of %s could not be read (%s): apply the plan again", n+1, s.change.ID, s.note)
		case s.phase == "" && !s.behind:
			return fmt.Errorf("wave %d: %s was not made (%s): apply the plan again", n+1, s.change.ID, s.note)
		}
	}
	return nil
}
