package graph

import (
	"context"
	"encoding/json"
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
// means that not every one was accounted for.
func (r *Reader) Ask(ctx context.Context, subs []Sub) (map[string]Told, error) {
	b, err := r.c.newBatch(subs)
	if err != nil {
		return nil, err
	}
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
