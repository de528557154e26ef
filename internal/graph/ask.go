package graph

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Sub is one read that travels in a batch.
type Sub struct {
	ID       string // the caller's name for it; never sent
	Path     string // below the version, with its query: "/users/ID/mailboxSettings?$select=userPurpose"
	Beta     bool
	Eventual bool
}

// Batch sends reads in batches of twenty and calls each exactly once for every
// one of them, one at a time and in any order: with the status and body of a
// success, or with an *Error. A part that was throttled, got lost or answered
// twice in two ways is sent again by itself. A list that does not fit its part
// is completed before it is handed over, as {"value":[…]}.
//
// Batch returns nil only when every part was accounted for. An error of each
// ends it and is returned as it is.
func (r *Reader) Batch(ctx context.Context, subs []Sub, each func(id string, status int, body json.RawMessage, err error) error) error {
	b, err := r.c.newBatch(subs)
	if err != nil {
		return err
	}
	return b.run(ctx, func(p *part) error { return each(p.sub.ID, p.status, p.body, p.err) })
}

// Told is the answer to one read of Ask.
type Told struct {
	// Asked is when the request left that brought the answer: what the answer
	// shows is no older than that, as far as the service's replicas go.
	Asked time.Time
	Body  json.RawMessage // of a success
	Err   error           // an *Error, where there was none
}

// Ask sends reads as Batch does and gives all the answers, by Sub.ID. An error
// means that not every one was accounted for. A batch that takes longer than
// within is given up and sent again: for reads that are worth nothing when they
// come late; 0: the time that every request has.
func (r *Reader) Ask(ctx context.Context, subs []Sub, within time.Duration) (map[string]Told, error) {
	b, err := r.c.newBatch(subs)
	if err != nil {
		return nil, err
	}
	b.within = within
	out := make(map[string]Told, len(subs))
	err = b.run(ctx, func(p *part) error {
		out[p.sub.ID] = Told{p.asked, p.body, p.err}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Look sends one read by itself and gives its answer as Ask does. A few reads
// that belong together are cheaper so: in a batch each of them counts as it does
// alone, and the batch counts as one more. An error means that there is no
// answer, also where the token was refused: that says nothing of what was asked
// for.
func (r *Reader) Look(ctx context.Context, s Sub, within time.Duration) (Told, error) {
	one, err := r.c.listCall(List{Path: s.Path, Top: -1, Beta: s.Beta, Eventual: s.Eventual})
	if err != nil {
		return Told{}, err
	}
	one.read = wholeObject
	if within > 0 {
		one.timeout = within
	}
	p := &part{sub: s, call: one}
	a, err := r.c.do(ctx, one)
	switch {
	case err == nil:
		p.status, p.body = a.status, a.body
		err = r.c.complete(ctx, p)
	case !ofToken(err):
		err = p.broke(ctx, err)
	}
	if err != nil {
		return Told{}, err
	}
	return Told{one.left, p.body, p.err}, nil
}

// ofToken says whether an error is about the token, and so about every request.
func ofToken(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Kind == Unauthorized || e.Kind == WrongTenant)
}
