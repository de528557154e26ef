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

// see reads the field of a change once.
func (r *runner) see(ctx context.Context, s *step) (sight, json.RawMessage, error) {
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

// watch reads a change until two reads in a row, far enough apart, agree on
// something that is enough; it begins after first. At the end of its patience
// it gives what the last reads agreed on. Without that it is an error: nobody
// looked.
func (r *runner) watch(ctx context.Context, s *step, call string, first time.Duration, enough func(sight) bool) (sight, json.RawMessage, error) {
	if err := r.point("call." + call + ".before"); err != nil {
		return seesNothing, nil, err
	}
	seen, value, err := r.patiently(ctx, s, first, enough)
	return seen, value, errors.Join(err, r.point("call."+call+".after"))
}

func (r *runner) patiently(ctx context.Context, s *step, pause time.Duration, enough func(sight) bool) (sight, json.RawMessage, error) {
	began := r.d.Now()
	var last sight
	var since time.Time // of the first read that showed it
	for n := 0; ; n++ {
		if err := sleep(ctx, pause); err != nil {
			return seesNothing, nil, err
		}
		now := r.d.Now()
		seen, value, err := r.see(ctx, s)
		if hopeless(err) {
			return seesNothing, nil, err
		}
		if seen != last {
			last, since = seen, now
		}
		agreed := seen != seesNothing && now.Sub(since) >= apart && (seen != seesGone || now.Sub(since) >= lag)
		if agreed && enough(seen) {
			return seen, value, nil
		}
		if now.Sub(began) >= Patience {
			if agreed {
				return seen, value, nil
			}
			return seesNothing, nil, errors.Join(errors.New("ten minutes of reading gave no two reads that agree"), err)
		}
		pause = pauses[min(n, len(pauses)-1)]
		if seen != seesNothing && enough(seen) && seen != seesGone {
			pause = apart
		}
	}
}

// hopeless is an error that no waiting helps against.
func hopeless(err error) bool {
	var e *graph.Error
	if !errors.As(err, &e) {
		return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	}
	switch e.Kind {
	case graph.NotPermitted, graph.NotLicensed, graph.Unauthorized, graph.WrongTenant, graph.Refused:
		return true
	default:
		return false
	}
}

func anything(sight) bool { return true }

func onlyAfter(s sight) bool { return s == seesAfter }

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
	seen, value, err := r.watch(ctx, s, callVerify, pauses[0], onlyAfter)
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
	seen, _, err := r.watch(ctx, s, callSettle, 0, func(seen sight) bool { return seen != seesNothing })
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
