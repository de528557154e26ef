package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vakt/internal/graph"
)

// outcome writes down what became of an attempt.
func (r *runner) outcome(ctx context.Context, s *step, out graph.Outcome, intended bool) error {
	if r.dead() {
		return errDied
	}
	switch out.Result {
	case graph.Acked:
		s.sent = out.Sent
		return r.answered(ctx, s, out, Acked, "")
	case graph.Unknown:
		s.sent, s.maybe = out.Sent, true
		return r.answered(ctx, s, out, Unsettled, fmt.Sprint(out.Err))
	case graph.Rejected:
		return r.rejected(ctx, s, out)
	default:
		if !intended {
			return r.refused(ctx, s, out.Err)
		}
		if s.maybe {
			return r.answered(ctx, s, out, Unsettled, afterMaybe(out.Err))
		}
		// An earlier try of the same call was refused, and then it could not
		// be repeated: nothing is in effect.
		return errors.Join(r.answered(ctx, s, out, Rejected, fmt.Sprint(out.Err)), r.refused(ctx, s, out.Err))
	}
}

// afterMaybe is the note of a try that did not take effect, where one before
// it may have: only reading can tell what stands.
func afterMaybe(err error) string {
	return fmt.Sprintf("a later try did not take effect (%v), and an earlier one may have", err)
}

// answered writes that the call left, and what is known of it, in one go.
func (r *runner) answered(ctx context.Context, s *step, out graph.Outcome, phase Phase, note string) error {
	row := r.row(phase, s.change, note)
	row.RequestID = out.RequestID
	rows := []*Row{row}
	if !out.Sent.IsZero() {
		by, err := json.Marshal(sender{r.client.Principal()})
		if err != nil {
			return err
		}
		sent := r.row(Sent, s.change, "")
		sent.Time, sent.RequestID, sent.Before, sent.After = out.Sent, out.ClientID, nil, by
		s.sender = r.client.Principal()
		rows = []*Row{sent, row}
	}
	if err := r.journal(ctx, rows...); err != nil {
		return err
	}
	s.phase, s.note = phase, note
	return nil
}

// rejected tells a refusal of one change from one that would meet all.
func (r *runner) rejected(ctx context.Context, s *step, out graph.Outcome) error {
	phase := Rejected
	var e *graph.Error
	if errors.As(out.Err, &e) {
		switch e.Kind {
		case graph.NotPermitted:
			phase = Denied
		case graph.NotFound:
			phase = Gone
		case graph.Unauthorized, graph.WrongTenant, graph.Throttled:
			r.stop(out.Err)
		default:
		}
	}
	if s.maybe && phase != Gone {
		return r.answered(ctx, s, out, Unsettled, afterMaybe(out.Err))
	}
	return r.answered(ctx, s, out, phase, fmt.Sprint(out.Err))
}

// refused writes down why a change was not sent. What only kept it from being
// looked at leaves it as it was: the plan can be applied again.
func (r *runner) refused(ctx context.Context, s *step, err error) error {
	var no *refusal
	var e *graph.Error
	switch {
	case errors.As(err, &no):
		return r.giveUp(ctx, s, no.phase, no.note)
	case errors.Is(err, errLanded):
		s.phase = Unsettled
		return nil
	case errors.As(err, &e) && e.Kind == graph.NotFound:
		return r.missing(ctx, s)
	case errors.As(err, &e) && e.Kind == graph.NotPermitted:
		return r.giveUp(ctx, s, Denied, err.Error())
	case r.stopped() != nil, ctx.Err() != nil:
		return nil
	}
	s.note = fmt.Sprint(err)
	return nil
}

// giveUp settles a change that is not sent again. Where an earlier try may have
// taken effect, that it was refused now says nothing of what stands: it is read
// for as long as a replica may lag behind.
func (r *runner) giveUp(ctx context.Context, s *step, phase Phase, note string) error {
	if s.maybe {
		s.phase = Unsettled
		if err := r.resolve(ctx, s, hoping(seesAfter)); err != nil || s.phase != "" {
			return err
		}
	}
	return r.settle(ctx, s, phase, note, nil)
}
