package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vakt/internal/action"
	"vakt/internal/graph"
)

// How what was written is read back. A replica may show an older state for some
// minutes, so no single read is believed.
const (
	// Patience is how long a change is read before the run gives up on it.
	Patience = 10 * time.Minute
	// apart is how far two reads that agree must lie from each other.
	apart = 5 * time.Second
	// lag is how long a replica may go on showing an older state: what it has
	// denied for longer is not there.
	lag = 5 * time.Minute
)

// pauses are those before each read; the last one is repeated.
var pauses = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, 60 * time.Second}

// sight is what one read shows of a change.
type sight string

const (
	seesNothing sight = ""       // it could not be read
	seesAfter   sight = "after"  // what the change writes
	seesBefore  sight = "before" // what was there before
	seesOther   sight = "other"  // something else
	seesGone    sight = "gone"   // the object is not there
)

// before is the value that was there when the change was sent.
func (s *step) before() json.RawMessage {
	if s.found != nil {
		return s.found
	}
	return s.change.Before
}

// see reads the field of a change when there is a seat, and says when it
// began to.
func (r *runner) see(ctx context.Context, s *step) (at time.Time, seen sight, value json.RawMessage, err error) {
	select {
	case r.seats <- struct{}{}:
	case <-ctx.Done():
		return r.d.Now(), seesNothing, nil, ctx.Err()
	}
	defer func() { <-r.seats }()
	at = r.d.Now()
	seen, value, err = r.glance(ctx, s)
	return at, seen, value, err
}

// glance reads the field of a change once.
func (r *runner) glance(ctx context.Context, s *step) (sight, json.RawMessage, error) {
	c := s.change
	value, err := r.eye.Value(ctx, c.Subject.ID, c.Action)
	var e *graph.Error
	switch {
	case errors.As(err, &e) && e.Kind == graph.NotFound:
		return seesGone, nil, nil
	case err != nil:
		return seesNothing, nil, err
	}
	switch deed := deedNamed(c.Action); {
	case deed.Settled(s.before(), value, s.sent):
		return seesAfter, value, nil
	case deed.Same(c.Before, value):
		return seesBefore, value, nil
	default:
		return seesOther, value, nil
	}
}

// streak is how long reads in a row must show the same before it is believed;
// never is for what only the end of all patience makes believable.
type streak func(sight) time.Duration

const never = 2 * Patience

// hoping believes one sight after two reads, and all others only when no
// replica can lag behind it any more.
func hoping(wanted sight) streak {
	return func(seen sight) time.Duration {
		if seen == wanted {
			return apart
		}
		return lag
	}
}

// written believes a change that was acknowledged to be there after two reads,
// and nothing else before the end.
func written(seen sight) time.Duration {
	if seen == seesAfter {
		return apart
	}
	return never
}

// unanswered believes either value after two reads, as a write that sets a
// value may be repeated.
func unanswered(seen sight) time.Duration {
	if seen == seesAfter || seen == seesBefore {
		return apart
	}
	return lag
}

// watch reads a change until reads in a row agree for long enough; it begins
// after first. At the end of its patience it gives what the last two reads
// agreed on. Without that it is an error: nobody looked.
func (r *runner) watch(ctx context.Context, s *step, call string, first time.Duration, enough streak) (sight, json.RawMessage, error) {
	if err := r.point("call." + call + ".before"); err != nil {
		return seesNothing, nil, err
	}
	seen, value, err := r.patiently(ctx, s, first, enough)
	return seen, value, errors.Join(err, r.point("call."+call+".after"))
}

func (r *runner) patiently(ctx context.Context, s *step, pause time.Duration, enough streak) (sight, json.RawMessage, error) {
	began := r.d.Now()
	var last sight
	var since time.Time // of the first read of the streak
	for n, refused := 0, 0; ; n++ {
		if err := sleep(ctx, pause); err != nil {
			return seesNothing, nil, err
		}
		now, seen, value, err := r.see(ctx, s)
		if refused = refusals(refused, err); refused >= mostRefusals {
			return seesNothing, nil, err
		}
		if seen != last || now.Before(s.steady) {
			last, since = seen, now
		}
		agree := now.Sub(since)
		if seen != seesNothing && agree >= enough(seen) {
			return seen, value, nil
		}
		if now.Sub(began) >= Patience {
			if seen != seesNothing && agree >= apart {
				return seen, value, nil
			}
			return seesNothing, nil, errors.Join(errors.New("ten minutes of reading gave no two reads that agree"), err)
		}
		if pause = pauses[min(n, len(pauses)-1)]; seen != seesNothing && enough(seen) == apart {
			pause = apart
		}
	}
}

// mostRefusals is how many reads in a row may be refused before reading is
// given up: waiting does not bring back a permission.
const mostRefusals = 3

// refusals counts reads that were refused one after the other. What no other
// try can change counts as all of them.
func refusals(before int, err error) int {
	var e *graph.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return mostRefusals
	case !errors.As(err, &e):
		return 0
	}
	switch e.Kind {
	case graph.NotPermitted, graph.NotLicensed:
		return before + 1
	case graph.Unauthorized, graph.WrongTenant, graph.Refused:
		return mostRefusals
	default:
		return 0
	}
}

// sleep waits, as long as nobody stops it.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// verify reads a change back that the service says it has made.
func (r *runner) verify(ctx context.Context, s *step) error {
	seen, value, err := r.watch(ctx, s, callVerify, pauses[0], written)
	switch {
	case r.dead():
		return errDied
	case err != nil:
		s.note = err.Error()
		return nil
	case seen == seesAfter:
		return r.settle(ctx, s, Verified, deedNamed(s.change.Action).About().Residual, value)
	case seen == seesGone:
		return r.settle(ctx, s, Gone, "it was written, and then the object was deleted", nil)
	}
	return r.settle(ctx, s, Diverged, fmt.Sprintf("it was written, and after ten minutes %s still reads %s, or does so again", s.change.Field, value), value)
}

// missing waits until an object that was not found can be called gone.
func (r *runner) missing(ctx context.Context, s *step) error {
	seen, _, err := r.watch(ctx, s, callSettle, 0, unanswered)
	switch {
	case r.dead():
		return errDied
	case err != nil:
		s.note = err.Error()
	case seen == seesGone:
		return r.settle(ctx, s, Gone, "the object is not there any more", nil)
	default:
		s.note = "the object was not there, and then it was: apply the plan again"
	}
	return nil
}

// deedNamed is the action of a change. A plan names no other: Build and Admit
// see to that.
func deedNamed(name string) action.Action {
	a, ok := action.Find(name)
	if !ok {
		panic(fmt.Sprintf("plan: no action is called %q", name))
	}
	return a
}
