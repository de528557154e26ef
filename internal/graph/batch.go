package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vakt/internal/extract"
	"vakt/internal/tenant"
)

// part is one read of a batch on its way.
type part struct {
	sub      Sub
	call     *call  // how the part would look alone: for its name, cost and pages
	url      string // as the batch writes it
	wire     string // its id in the batch that it is in now
	silent   int    // answers that settled nothing, in a row
	refusals refusals
	since    time.Time // when it was first ready
	from     time.Time // not to be sent before
	asked    time.Time // when the request left that brought the answer
	again    bool      // to be sent again
	status   int
	body     json.RawMessage
	err      error
}

// batch is all parts, those on the way and those that wait.
type batch struct {
	c      *client
	fresh  []*part // not sent yet, in order
	waits  []*part // to be sent again
	wires  int     // how many wire ids were used: none is used twice
	active int
	within time.Duration // how long one of them may take; 0: as long as any
	back   chan sent
}

// sent is a batch that has come back.
type sent struct {
	parts []*part
	err   error
}

func (c *client) newBatch(subs []Sub) (*batch, error) {
	b := &batch{c: c, back: make(chan sent)}
	now := c.options.Now()
	for _, s := range subs {
		one, err := c.listCall(List{Path: s.Path, Top: -1, Beta: s.Beta, Eventual: s.Eventual})
		if err != nil {
			return nil, err
		}
		if !one.route.batchable() || one.activity {
			return nil, &Error{Kind: Refused, Method: get, Path: one.name, Code: "not_batchable", Err: errors.New("requests of its class are counted one by one: send it alone")}
		}
		url := strings.TrimPrefix(one.url, c.tenant.Cloud.Graph+one.version())
		b.fresh = append(b.fresh, &part{sub: s, call: one, url: url, since: now})
	}
	return b, nil
}

func (c *call) version() string {
	version, _, _ := strings.Cut(strings.TrimPrefix(c.name, "/"), "/")
	return "/" + version
}

// run keeps batches on the way until nothing is left. It waits for those that
// it has started, whatever happens.
func (b *batch) run(ctx context.Context, each func(*part) error) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		for b.active > 0 {
			<-b.back
			b.active--
		}
	}()
	for {
		wait := b.start(ctx)
		if b.active == 0 && len(b.fresh)+len(b.waits) == 0 {
			return nil
		}
		if err := b.await(ctx, wait, each); err != nil {
			return err
		}
	}
}

// start sends what may be sent and says how long until more may be.
func (b *batch) start(ctx context.Context) time.Duration {
	for b.active < b.c.options.Workers {
		parts, wait := b.pick(b.c.options.Now())
		if len(parts) == 0 {
			return wait
		}
		b.active++
		go func() {
			err := b.send(ctx, parts)
			b.back <- sent{parts, err}
		}()
	}
	return waitForOthers
}

// await takes in one batch that has come back, or waits until a part may be
// sent again.
func (b *batch) await(ctx context.Context, wait time.Duration, each func(*part) error) error {
	var over <-chan time.Time
	if wait != waitForOthers {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-over:
		return nil
	case s := <-b.back:
		b.active--
		if s.err != nil {
			return s.err
		}
		return b.take(s.parts, each)
	}
}

// take hands over what is settled and keeps the rest.
func (b *batch) take(parts []*part, each func(*part) error) error {
	for _, p := range parts {
		if p.again {
			b.waits = append(b.waits, p)
			continue
		}
		if p.err == nil {
			b.c.meter.got(1)
		}
		if err := each(p); err != nil {
			return err
		}
	}
	return nil
}

// pick chooses the parts of the next batch: of one version, at most four of
// one mailbox, those that wait before those that are new.
func (b *batch) pick(now time.Time) ([]*part, time.Duration) {
	var out []*part
	boxes := map[string]int{}
	fits := func(p *part) bool {
		box := p.call.charges[0].mailbox
		if len(out) > 0 && out[0].sub.Beta != p.sub.Beta || box != "" && boxes[box] >= mailboxAtOnce {
			return false
		}
		boxes[box]++
		return true
	}
	wait := waitForOthers
	rest := b.waits[:0]
	for _, p := range b.waits {
		switch {
		case p.from.After(now):
			wait = min(wait, p.from.Sub(now))
		case len(out) < maxBatch && fits(p):
			out = append(out, p)
			continue
		}
		rest = append(rest, p)
	}
	b.waits = rest
	for len(b.fresh) > 0 && len(out) < maxBatch && fits(b.fresh[0]) {
		out, b.fresh = append(out, b.fresh[0]), b.fresh[1:]
	}
	for _, p := range out {
		b.wires++
		p.wire, p.again, p.status, p.body, p.err = strconv.Itoa(b.wires), true, 0, nil, nil
	}
	return out, wait
}

// send sends one batch, settles its parts as far as they can be, and completes
// lists that broke off.
func (b *batch) send(ctx context.Context, parts []*part) error {
	tok, err := b.c.tokens[tenant.Graph].get(ctx)
	if err != nil {
		return err
	}
	one, err := b.envelope(parts)
	if err != nil {
		return err
	}
	if _, err := b.c.do(ctx, one); err != nil {
		return err
	}
	for _, p := range parts {
		if err := b.finish(ctx, p, tok); err != nil {
			return err
		}
	}
	return nil
}

// envelope writes the batch. Its answer is dealt out while the request still
// holds its place, so that parts that were throttled shut their gates first.
func (b *batch) envelope(parts []*part) (*call, error) {
	version := parts[0].call.version()
	var body batchRequest
	one := &call{
		route: batchRoute, method: post, name: version + batchRoute.pattern, url: b.c.tenant.Cloud.Graph + version + batchRoute.pattern,
		header: http.Header{"Accept": {"application/json"}}, timeout: b.c.timeout(tenant.Graph), whole: true,
	}
	if b.within > 0 {
		one.timeout = b.within
	}
	for _, p := range parts {
		w := batchPart{ID: p.wire, Method: p.call.method, URL: p.url}
		if p.sub.Eventual {
			w.Headers = map[string]string{consistencyHeader: "eventual"}
		}
		body.Requests = append(body.Requests, w)
		one.charges = append(one.charges, p.call.charges...)
	}
	var err error
	if one.body, err = encode(body); err != nil {
		return nil, err
	}
	var bad error
	one.heed = func(a answer) {
		bad = nil
		if judge(a) == done {
			bad = b.deal(parts, a, one.left)
		}
	}
	one.read = func(answer) error { return bad }
	return one, nil
}

// partAnswer is one answer of a batch.
type partAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// deal gives each part its answer, by its id and by nothing else. Answers that
// belong to no part are left alone; a part with two answers that differ has
// none.
func (b *batch) deal(parts []*part, a answer, left time.Time) error {
	if err := strict(a.body); err != nil {
		return err
	}
	var all struct {
		Responses *[]partAnswer `json:"responses"`
	}
	if err := json.Unmarshal(a.body, &all); err != nil || all.Responses == nil {
		return errors.New(`the answer is no batch: it has no "responses"`)
	}
	byID := map[string]*partAnswer{}
	for _, one := range *all.Responses {
		id := strings.ToLower(one.ID)
		first, twice := byID[id]
		if twice && (first == nil || first.Status != one.Status || !bytes.Equal(first.Body, one.Body)) {
			byID[id] = nil
			continue
		}
		byID[id] = &one
	}
	for _, p := range parts {
		p.asked = left
		b.receive(p, byID[strings.ToLower(p.wire)])
	}
	return nil
}

// receive puts an answer, or the lack of one, into its part.
func (b *batch) receive(p *part, got *partAnswer) {
	p.status, p.body = 0, nil
	if got == nil {
		p.err = &Error{Kind: Unavailable, Method: p.call.method, Path: p.call.label(), Code: "no_answer_in_batch"}
		return
	}
	h := http.Header{}
	for name, value := range got.Headers {
		h.Add(name, value)
	}
	a := answer{got.Status, h, got.Body}
	p.status, p.body, p.err = a.status, a.body, nil
	if judge(a) == done {
		return
	}
	e := failure(p.call, a)
	if now := b.c.options.Now(); judge(a) == throttled {
		e.Kind = Throttled
		o := outcomeOf(a, now)
		e.RetryAfter = o.wait
		p.from = b.c.pacer.throttle(p.call.charges, o)
	}
	p.err = e
}

// finish decides whether a part is settled or goes again.
func (b *batch) finish(ctx context.Context, p *part, tok token) error {
	now := b.c.options.Now()
	found := judge(answer{status: p.status, header: http.Header{}})
	var e *Error
	if errors.As(p.err, &e) && e.Kind == Throttled {
		found = throttled
	}
	switch {
	case p.status == 0 || p.status == http.StatusFailedDependency || found == transient:
		p.silent++
		p.from = now.Add(b.c.jitter.backoff(p.silent))
		p.again = p.silent < maxTries
		if e != nil {
			e.Kind = Unavailable
		}
	case found == throttled:
		p.silent = 0
		p.again = p.from.Sub(now) <= maxPark && now.Sub(p.since) <= b.c.options.Patience
	case found == renew && !p.refusals.final(""):
		p.again = true
		return b.c.tokens[tenant.Graph].renew(ctx, tok, "", &p.refusals)
	case found == done:
		p.again = false
		return b.c.complete(ctx, p)
	default:
		p.again = false
	}
	return nil
}

// complete follows the pages of a part whose list broke off.
func (c *client) complete(ctx context.Context, p *part) error {
	if extract.Member(p.body, "@odata.nextLink") == nil {
		return nil
	}
	l, err := readList(p.body)
	if err != nil {
		p.body, p.err = nil, &Error{Kind: Malformed, Status: p.status, Method: p.call.method, Path: p.call.label(), Code: "unreadable_answer", Err: err}
		return nil
	}
	w := &walk{c: c, first: p.call, seen: map[string]struct{}{}, visits: map[string]int{}}
	whole := w.fresh(*l.Value)
	at := l.Next
	if err = w.follows(at); err != nil {
		at = ""
	}
	for err == nil && at != "" {
		at, err = w.step(ctx, at, func(next Page) error {
			whole = append(whole, next.Items...)
			return nil
		})
	}
	if err != nil {
		return p.broke(ctx, err)
	}
	p.body, err = encode(map[string]any{"value": whole})
	return err
}

// broke makes the part fail: what it has is not the list.
func (p *part) broke(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.body, p.err = nil, err
	var e *Error
	if !errors.As(err, &e) {
		return fmt.Errorf("complete %q: %w", p.call.label(), err)
	}
	return nil
}
