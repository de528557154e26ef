package graph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"vakt/internal/extract"
	"vakt/internal/tenant"
)

// Writer changes a tenant. It has one method for each change that Vakt makes,
// and no way to send any other; it reads nothing. Only actions open one, for as
// long as an approved run lasts. It is safe for several goroutines.
//
// There is one Writer for a tenant at a time: its pace is kept by itself.
type Writer struct {
	c *client
}

// Freshness is how long ago an object may have been read when a change to it
// is sent.
const Freshness = 5 * time.Second

// writeTimeout is how long a change may take: Freeze has to wait for it, and so
// has a wave for its last one. Of a change that took longer nothing is known,
// and reading tells.
const writeTimeout = 10 * time.Second

// NewWriter makes a writer of the tenant with the credential, which is to be
// another one than the Reader's. Nothing is sent yet. Of the options, Timeout
// is ten seconds unless given. Only the room action may call it.
func NewWriter(t tenant.Tenant, cred azcore.TokenCredential, o Options) (*Writer, error) {
	if o.Timeout == 0 {
		o.Timeout = writeTimeout
	}
	c, err := newClient(t, cred, o, allowed{writes: writeRoutes})
	if err != nil {
		return nil, err
	}
	return &Writer{c}, nil
}

// Granted reads what the credential may do from its token, which it fetches
// where there is none. A token of another tenant is an error.
func (w *Writer) Granted(ctx context.Context) (Granted, error) {
	t, err := w.c.tokens[tenant.Graph].get(ctx)
	if err != nil {
		return Granted{}, err
	}
	return t.claims.granted(), nil
}

// Close drops token and credential. What is on the wire ends by itself; what
// waits, and all that comes later, is Held. Closing again does nothing.
func (w *Writer) Close() {
	for _, t := range w.c.tokens {
		t.drop()
	}
}

// Ready is called when a change may leave: its turn has come and the token is
// there. It is the last word before the first byte: the place to look at the
// object once more and to make the intent durable. It gives the time at which
// the reading of the object began. An error holds the change back and is found
// in Outcome.Err.
//
// It is called again before each repetition, and where the change could not
// leave at once after all, so it may be called several times for one change.
type Ready func(ctx context.Context) (read time.Time, err error)

// Result is what is known of a change that was to be sent.
type Result string

// Results of a change.
const (
	// Acked: the service has said that it is done.
	Acked Result = "acked"
	// Rejected: the service has said that it was not done; Err is an *Error.
	Rejected Result = "rejected"
	// Unknown: it may have been done. Only reading the object can tell, and
	// nobody may send it again before.
	Unknown Result = "unknown"
	// Held: nothing has left.
	Held Result = "held"
)

// Outcome is what became of a change. No result is guessed: Acked and Rejected
// come from an answer.
type Outcome struct {
	Result Result
	Status int // HTTP status; 0: no answer
	// RequestID is the service's id of the request, "" without an answer;
	// ClientID is the one that we sent along, "" where nothing was sent.
	RequestID, ClientID string
	Sent                time.Time // when it was last about to leave; zero: never
	Err                 error     // why, unless Acked; an *Error, or what Ready returned
}

// SetAccountEnabled blocks the sign-in of an account, or allows it again. The
// id is the account's object id. Needs User.EnableDisableAccount.All, and an
// Entra role that outranks the account where that is an administrator.
// https://learn.microsoft.com/graph/api/user-update
func (w *Writer) SetAccountEnabled(ctx context.Context, id string, enabled bool, ready Ready) Outcome {
	body := disableBody
	if enabled {
		body = enableBody
	}
	return w.send(ctx, w.call(enableRoute, id, body, nothing), ready)
}

// RevokeSessions ends the sessions of an account: whoever is signed in must
// sign in again when the access token ends. It has no effect on guests. Needs
// User.RevokeSessions.All.
// https://learn.microsoft.com/graph/api/user-revokesigninsessions
func (w *Writer) RevokeSessions(ctx context.Context, id string, ready Ready) Outcome {
	return w.send(ctx, w.call(revokeRoute, id, nil, truth), ready)
}

// call makes the request of a change.
func (w *Writer) call(r *writeRoute, id string, body []byte, read func(answer) error) *call {
	path := versions[0] + strings.ReplaceAll(r.pattern, "{}", id)
	return &call{
		route: &r.route, method: r.method, name: path, url: w.c.tenant.Cloud.Graph + path, body: body,
		header: http.Header{"Accept": {"application/json"}}, timeout: w.c.timeout(r.service), read: read,
		charges: []charge{{r.service, r.class, r.units, ""}},
	}
}

// nothing wants an answer without a body, as a change of a property has. A
// page of some proxy is no word of the service.
func nothing(a answer) error {
	if len(a.body) > 0 {
		return fmt.Errorf("an answer without a body was expected")
	}
	return nil
}

// truth wants the answer true, or none: the documentation gives 200 with a
// value, and 204 in places.
func truth(a answer) error {
	if len(a.body) == 0 && a.status != http.StatusOK {
		return nil
	}
	if err := strict(a.body); err != nil {
		return err
	}
	if string(extract.Member(a.body, "value")) != "true" {
		return errors.New("the answer does not say that it was done")
	}
	return nil
}

// maxStale is how often a change waits for a fresh reading before it is held.
const maxStale = 3

// tries counts what has kept a change from being settled.
type tries struct {
	since    time.Time
	refusals refusals
	unsent   int // connections that could not be made
	stale    int // readings that were too old when the change could leave
}

// send sends a change, once unless the service or the network has said that it
// was not done. It waits for its turn, as long as it is told to, and for ctx;
// but what is on the wire is not called back when ctx ends.
func (w *Writer) send(ctx context.Context, l *call, ready Ready) Outcome {
	at := tries{since: w.c.options.Now()}
	for {
		out, again := w.try(ctx, l, &at, ready)
		if !again || w.c.options.Now().Sub(at.since) > w.c.options.Patience {
			return out
		}
	}
}

func held(err error) Outcome { return Outcome{Result: Held, Err: err} }

// try sends a change once. again says that it was not done, and that nothing
// speaks against another try; the outcome is then what it will be if there is
// no time for one.
func (w *Writer) try(ctx context.Context, l *call, at *tries, ready Ready) (out Outcome, again bool) {
	pass, err := w.c.pacer.enter(ctx, l.charges)
	if err != nil {
		return held(w.c.named(l, err)), false
	}
	tok, err := w.c.tokens[l.route.service].get(ctx)
	if err != nil {
		pass.cancel()
		return held(err), false
	}
	if out, again, ok := w.goes(ctx, l, at, pass, ready); !ok {
		pass.cancel()
		return out, again
	}
	out = Outcome{ClientID: w.c.jitter.uuid(), Sent: w.c.options.Now()}
	a, err := w.c.once(context.WithoutCancel(ctx), l, tok, out.ClientID)
	if a.status == 0 {
		pass.leave(outcome{})
		return w.unanswered(ctx, l, at, out, err)
	}
	o := outcomeOf(a, w.c.options.Now())
	pass.leave(o)
	w.c.meter.sent(l, o.throttled)
	out.Status, out.RequestID = a.status, a.header.Get("request-id")
	return w.answered(ctx, l, at, out, a, err, tok)
}

// goes asks whether the change may leave now. Whatever was true when its turn
// came may have ceased to be while it was made ready.
func (w *Writer) goes(ctx context.Context, l *call, at *tries, p *pass, ready Ready) (out Outcome, again, ok bool) {
	read, err := ready(ctx)
	switch age := w.c.options.Now().Sub(read); {
	case err != nil:
		return held(err), false, false
	case ctx.Err() != nil:
		return held(ctx.Err()), false, false
	case age > Freshness:
		at.stale++
		stale := &Error{Kind: Conflict, Method: l.method, Path: l.label(), Code: "stale_reading", Err: fmt.Errorf("the object was last read %s ago", age.Round(time.Millisecond))}
		return held(stale), at.stale < maxStale, false
	case p.shut():
		return held(&Error{Kind: Throttled, Method: l.method, Path: l.label()}), true, false
	}
	return Outcome{}, false, true
}

// unanswered decides after a change without an answer. Where no connection was
// made nothing can have left. net/http repeats a change by itself only where
// the server has not begun with it: a connection closed while idle, or a
// stream that HTTP/2 says was not processed.
func (w *Writer) unanswered(ctx context.Context, l *call, at *tries, out Outcome, err error) (Outcome, bool) {
	var refused *Error
	if errors.As(err, &refused) && refused.Kind == Refused {
		return held(refused), false
	}
	failed := &Error{Kind: Unavailable, Code: "no_answer", Method: l.method, Path: l.label(), Err: err}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		out.Result, out.Err = Unknown, failed
		return out, false
	}
	if at.unsent++; at.unsent >= maxTries {
		return held(failed), false
	}
	if err := sleep(ctx, w.c.jitter.backoff(at.unsent), nil); err != nil {
		return held(err), false
	}
	return held(failed), true
}

// answered decides after an answer, whose body may have broken off. A client's
// error is the service's word that nothing was done. A server's error is no
// word at all: the change may have been made before.
func (w *Writer) answered(ctx context.Context, l *call, at *tries, out Outcome, a answer, broken error, tok token) (Outcome, bool) {
	failed := failure(l, a)
	out.Result, out.Err = Unknown, failed
	switch {
	case a.status >= 200 && a.status < 300:
		return w.done(l, out, a, broken), false
	case a.status == http.StatusRequestTimeout, a.status < 400, a.status >= 500 && a.status != http.StatusNotImplemented:
		if failed.Kind != Malformed {
			failed.Kind = Unavailable
		}
		return out, false
	}
	out.Result = Rejected
	switch a.status {
	case http.StatusTooManyRequests:
		failed.Kind = Throttled
		failed.RetryAfter, _ = retryAfter(a.header, w.c.options.Now())
		w.c.options.Log.Debug("throttled", "tenant", w.c.tenant.Name, "request", l.label(), "wait", failed.RetryAfter)
		at.refusals = refusals{}
		return out, failed.RetryAfter <= maxPark
	case http.StatusUnauthorized:
		wanted := challenge(a.header)
		if at.refusals.final(wanted) {
			return out, false
		}
		if err := w.c.tokens[l.route.service].renew(ctx, tok, wanted, &at.refusals); err != nil {
			out.Err = err
			return out, false
		}
		return out, true
	case http.StatusForbidden:
		outranked(failed, tok)
	}
	return out, false
}

// done decides after an answer that says that all went well.
func (w *Writer) done(l *call, out Outcome, a answer, broken error) Outcome {
	if broken == nil {
		broken = l.read(a)
	}
	if broken == nil {
		out.Result, out.Err = Acked, nil
		return out
	}
	out.Err = &Error{
		Kind: Malformed, Status: a.status, Code: "unreadable_answer", Method: l.method, Path: l.label(),
		RequestID: out.RequestID, Err: broken,
	}
	return out
}

// outranked says what is missing where the permission is not: an application
// may change an administrator only if it holds a role that outranks his.
func outranked(e *Error, tok token) {
	p, _ := tenant.PermissionByName(e.Permission)
	holds := func(name string) bool { return slices.Contains(tok.claims.permissions(), name) }
	if e.Kind == NotPermitted && slices.ContainsFunc(append([]string{p.Name}, p.Wider...), holds) {
		e.Permission, e.Err = "", errOutranked
	}
}

var errOutranked = errors.New("the permission is there; the account is an administrator or in a restricted unit, and the application holds no Entra role that outranks it")
