package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"vakt/internal/action"
	"vakt/internal/directory"
	"vakt/internal/graph"
)

// Verify reads what a run has written once more, patiently, and writes down
// what it finds: also of writes that nobody answered. It sends nothing, needs
// no approval and holds no token that can write; it waits for no lock. Of
// accounts that were blocked it also looks at what Deps.Witness can see.
//
// A change that reads as it was written stands as verified, one that agreed
// reads show to be otherwise as diverged, whoever did it. What could not be
// read stays what it was.
func Verify(ctx context.Context, d Deps, run string) (*Report, error) {
	report, err := Tell(ctx, d.Journal, run)
	if err != nil {
		return nil, fmt.Errorf("verify run %q: %w", run, err)
	}
	p, err := d.Journal.Plan(ctx, report.Run.Plan)
	if err != nil {
		return nil, fmt.Errorf("verify run %q: %w", run, err)
	}
	r := newRunner(d, p, report.Run.Kind)
	if err := r.load(ctx); err != nil {
		return nil, fmt.Errorf("verify run %q: %w", run, err)
	}
	r.run = report.Run
	r.reread(ctx, report)
	r.witness(ctx)
	r.mourn()
	report, err = Tell(context.WithoutCancel(ctx), d.Journal, run)
	if err = errors.Join(r.stopped(), ctx.Err(), err); err != nil {
		return report, fmt.Errorf("verify run %q: %w", run, err)
	}
	return report, nil
}

// reread reads everything that the run has written, or may have written, and
// that was not rolled back.
func (r *runner) reread(ctx context.Context, report *Report) {
	var group sync.WaitGroup
	for i := range report.Changes {
		s := r.steps[report.Changes[i].Change.ID]
		if report.Changes[i].UndoneBy != "" {
			continue
		}
		switch s.phase {
		case Intent, Unsettled:
			group.Go(func() { r.guard(func() { r.keep(r.resolve(ctx, s, unanswered)) }) })
		case Acked, Verified, Diverged:
			group.Go(func() { r.guard(func() { r.keep(r.verify(ctx, s)) }) })
		default:
		}
	}
	group.Wait()
}

// witness writes down what is seen beside the fields of accounts that were
// blocked. That nothing was seen stops nobody; it is written down as unknown.
func (r *runner) witness(ctx context.Context) {
	if r.d.Witness == nil || ctx.Err() != nil || r.stopped() != nil {
		return
	}
	for i := range r.p.Changes {
		s := r.steps[r.p.Changes[i].ID]
		if s.change.Action != Disable || s.phase != Verified && s.phase != Diverged {
			continue
		}
		seen, err := r.d.Witness(ctx, *s.change, s.sent)
		if err != nil {
			seen = Witness{Delegates: directory.Unknown[[]Delegate](err.Error()), Refused: directory.Unknown[int](err.Error())}
		}
		seen.Others = r.others(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if err := r.saw(ctx, s.change, seen); err != nil {
			r.stop(err)
			return
		}
	}
}

// others finds in the audit log who else has changed the field since shortly
// before our last look at it.
func (r *runner) others(ctx context.Context, s *step) directory.Fact[[]Other] {
	if s.sender == "" {
		return directory.Unknown[[]Other]("the journal does not tell as whom the change was sent")
	}
	deeds, err := r.eye.Audit(ctx, s.change.Subject.ID, s.sent.Add(-2*graph.Freshness))
	if err != nil {
		return directory.Unknown[[]Other](err.Error())
	}
	found := []Other{}
	for _, d := range deeds {
		// One change of the sign-in is two records at the same time.
		known := len(found) > 0 && found[len(found)-1].Actor == d.Actor && found[len(found)-1].At.Equal(d.At)
		if !known && !sameID(d.Actor, s.sender) && slices.ContainsFunc(d.Changed, func(c action.Changed) bool { return strings.EqualFold(c.Field, s.change.Field) }) {
			found = append(found, Other{At: d.At.UTC(), Actor: d.Actor, Name: d.Name, Activity: d.Activity})
		}
	}
	return directory.Known(found)
}

func (r *runner) saw(ctx context.Context, c *Change, seen Witness) error {
	before, err := json.Marshal(c.Delegates)
	if err != nil {
		return err
	}
	after, err := json.Marshal(seen)
	if err != nil {
		return err
	}
	row := r.row(Verified, c, "")
	row.Field, row.Before, row.After = witnessField, before, after
	return r.journal(ctx, row)
}
