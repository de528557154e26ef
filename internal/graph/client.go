package graph

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"vakt/internal/tenant"
)

// client is what Reader and Writer share: the pipeline, the tokens and the
// pace. What may be sent is decided by the guard that it is made with.
type client struct {
	tenant   tenant.Tenant
	options  Options
	pipeline runtime.Pipeline
	tokens   map[tenant.Service]*tokens
	pacer    *pacer
	jitter   *jitter
	routes   []*route
	meter    *meter
	region   region
}

// Limits of one answer and one request.
const (
	maxAnswer       = 16 << 20 // bytes after decompression
	maxHeader       = 256 << 10
	graphTimeout    = 2 * time.Minute
	exchangeTimeout = 5 * time.Minute
	maxTries        = 6 // answers in a row that say nothing, before giving up
	maxMalformed    = 2 // times that an unreadable answer is asked for again
	patience        = time.Hour
	batchesAtOnce   = 4
)

// allowed is all that the transport of a client lets pass: the reads of a
// Reader, or the writes of a Writer.
type allowed struct {
	routes  []*route
	cmdlets []string
	writes  []*writeRoute
}

func newClient(t tenant.Tenant, cred azcore.TokenCredential, o Options, may allowed) (*client, error) {
	if o.Now == nil {
		return nil, fmt.Errorf("open tenant %q: no clock was given", t.Name)
	}
	o = o.filled()
	c := &client{tenant: t, options: o, tokens: map[tenant.Service]*tokens{}, routes: may.routes, jitter: newJitter(o.Seed)}
	c.pacer = newPacer(o.Now, c.jitter)
	c.meter = newMeter(o)
	c.region = newRegion()
	g := &guard{next: o.Transport, tenant: t.ID, bases: map[tenant.Service]string{}, may: may}
	if g.next == nil {
		var err error
		if g.next, err = NewTransport(t); err != nil {
			return nil, fmt.Errorf("open tenant %q: %w", t.Name, err)
		}
	}
	for _, s := range []tenant.Service{tenant.Graph, tenant.Exchange, tenant.Compliance} {
		base, err := t.Cloud.Base(s)
		switch {
		case err == nil:
			g.bases[s] = base
			c.tokens[s] = newTokens(cred, t.Cloud.Scope(s), t.ID, o.Now)
		case s != tenant.Compliance: // a custom cloud may do without
			return nil, fmt.Errorf("open tenant %q: %w", t.Name, err)
		}
	}
	c.pipeline = runtime.NewPipeline("vakt", "v1", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: g,
		Retry:     policy.RetryOptions{MaxRetries: -1}, // ours knows batches, quotas and page tokens
		Telemetry: policy.TelemetryOptions{ApplicationID: "vakt"},
	})
	return c, nil
}

// filled gives the defaults to what was left out.
func (o Options) filled() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	if o.Workers == 0 {
		o.Workers = batchesAtOnce
	}
	return o
}

// NewTransport is a transport to the tenant's services over the network: with
// the proxies of the environment, the system's certificate authorities and the
// one that the tenant names.
func NewTransport(t tenant.Tenant) (*http.Transport, error) {
	out := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2 * batchesAtOnce,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if t.CA == "" {
		return out, nil
	}
	pem, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without a pool: the tenant's own must do
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the file %q holds no certificate in PEM", t.CA)
	}
	out.TLSClientConfig.RootCAs = pool
	return out, nil
}

// call is one request and all that is needed to send it again.
type call struct {
	route   *route
	method  string
	url     string
	name    string // for people: the path below the base, or the cmdlet
	header  http.Header
	body    []byte
	charges []charge
	timeout time.Duration
	// activity says that the request reads signInActivity
	activity bool
	// read looks at a successful answer; an error asks for it again
	read func(answer) error
	// heed is told of an answer while the request still holds its place in
	// the buckets
	heed func(answer)
	// redirect says that a redirect is the answer that is wanted
	redirect bool
	left     time.Time // when it was last sent
	// whole says that being throttled concerns the classes, not a mailbox
	whole bool
}

func (c *call) label() string { return c.name }

// permission is the least permission that the call needs.
func (c *call) permission() string {
	if c.activity {
		return "AuditLog.Read.All"
	}
	return c.route.permission
}

// licence is the licence that the call needs.
func (c *call) licence() tenant.Licence {
	if c.activity {
		return tenant.P1
	}
	return c.route.licence
}

// answer is a response that has been read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// attempt counts what has gone wrong with a call so far.
type attempt struct {
	silent    int // no answer, or one that says nothing, in a row
	malformed int
	refusals  refusals
	since     time.Time
}

// do sends a call until there is an answer that settles it, or an error. It
// waits for its turn, as long as it is told to, and for the context.
func (c *client) do(ctx context.Context, l *call) (answer, error) {
	at := attempt{since: c.options.Now()}
	for {
		a, settled, err := c.try(ctx, l, &at)
		if settled {
			return a, c.named(l, err)
		}
		if c.options.Now().Sub(at.since) > c.options.Patience {
			return answer{}, c.named(l, err)
		}
	}
}

// named gives an error without a request the name of this one.
func (c *client) named(l *call, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Path == "" {
		clone := *e
		clone.Method, clone.Path = l.method, l.label()
		return &clone
	}
	return err
}

// try sends a call once. Unless it is settled, the error says what it will be
// if there is no time for another try.
func (c *client) try(ctx context.Context, l *call, at *attempt) (answer, bool, error) {
	tokens, ok := c.tokens[l.route.service]
	if !ok {
		return answer{}, true, &Error{Kind: NotFound, Code: "service_not_offered", Method: l.method, Path: l.label()}
	}
	pass, err := c.pacer.enter(ctx, l.charges)
	if err != nil {
		return answer{}, true, err
	}
	tok, err := tokens.get(ctx)
	if err != nil {
		pass.leave(outcome{})
		return answer{}, true, err
	}
	l.left = c.options.Now()
	a, err := c.once(ctx, l, tok, c.jitter.uuid())
	if err != nil {
		pass.leave(outcome{})
		return c.unanswered(ctx, l, at, err)
	}
	if l.heed != nil {
		l.heed(a)
	}
	o := outcomeOf(a, c.options.Now())
	o.whole = l.whole
	pass.leave(o)
	c.meter.sent(l, o.throttled)
	return c.settle(ctx, l, at, a, tok)
}

// unanswered decides after a request without an answer.
func (c *client) unanswered(ctx context.Context, l *call, at *attempt, err error) (answer, bool, error) {
	var refused *Error
	switch {
	case ctx.Err() != nil:
		return answer{}, true, fmt.Errorf("%s %s: %w", l.method, l.label(), ctx.Err())
	case errors.As(err, &refused):
		return answer{}, true, refused
	}
	c.meter.sent(l, false)
	failed := &Error{Kind: Unavailable, Code: "no_answer", Method: l.method, Path: l.label(), Err: err}
	return c.again(ctx, l, at, failed)
}

// again waits before another try, or gives up.
func (c *client) again(ctx context.Context, l *call, at *attempt, failed *Error) (answer, bool, error) {
	at.silent++
	if at.silent >= maxTries {
		return answer{}, true, failed
	}
	wait := c.jitter.backoff(at.silent)
	c.options.Log.Debug("asking again", "tenant", c.tenant.Name, "request", l.label(), "wait", wait, "after", failed.Kind)
	if err := sleep(ctx, wait, nil); err != nil {
		return answer{}, true, err
	}
	return answer{}, false, failed
}

// settle decides after an answer.
func (c *client) settle(ctx context.Context, l *call, at *attempt, a answer, tok token) (answer, bool, error) {
	found := judge(a)
	if l.redirect && a.status >= 300 && a.status < 400 {
		found = done
	}
	switch found {
	case done:
		return c.accept(ctx, l, at, a)
	case throttled:
		at.silent = 0
		failed := failure(l, a)
		failed.Kind = Throttled
		failed.RetryAfter, _ = retryAfter(a.header, c.options.Now())
		c.options.Log.Debug("throttled", "tenant", c.tenant.Name, "request", l.label(), "wait", failed.RetryAfter)
		return answer{}, false, failed
	case transient:
		return c.again(ctx, l, at, failure(l, a))
	case renew:
		failed := failure(l, a)
		wanted := challenge(a.header)
		if at.refusals.final(wanted) {
			return answer{}, true, failed
		}
		if err := c.tokens[l.route.service].renew(ctx, tok, wanted, &at.refusals); err != nil {
			return answer{}, true, err
		}
		return answer{}, false, failed
	}
	return answer{}, true, failure(l, a)
}

// accept reads a successful answer. One that cannot be read is asked for
// again: a proxy's page or a cut body is not what the service says.
func (c *client) accept(ctx context.Context, l *call, at *attempt, a answer) (answer, bool, error) {
	if l.read == nil {
		return a, true, nil
	}
	err := l.read(a)
	if err == nil {
		return a, true, nil
	}
	failed := &Error{
		Kind: Malformed, Status: a.status, Code: "unreadable_answer", Method: l.method, Path: l.label(),
		RequestID: a.header.Get("request-id"), Err: err,
	}
	var ours *Error
	if errors.As(err, &ours) {
		failed = c.renamed(l, ours)
	}
	if at.malformed++; at.malformed > maxMalformed {
		return answer{}, true, failed
	}
	return c.again(ctx, l, at, failed)
}

func (c *client) renamed(l *call, e *Error) *Error {
	clone := *e
	clone.Method, clone.Path = l.method, l.label()
	return &clone
}

// once sends the request with the token and an id of ours, and reads the
// answer. Where the answer breaks off, what came of it is given beside the
// error: its status has arrived.
func (c *client) once(ctx context.Context, l *call, tok token, id string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, serviceKey{}, l.route.service), l.timeout)
	defer cancel()
	req, err := l.request(ctx)
	if err != nil {
		return answer{}, err
	}
	req.Raw().Header.Set("Authorization", "Bearer "+tok.text)
	req.Raw().Header.Set("client-request-id", id)
	resp, err := c.pipeline.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or given up
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	a := answer{resp.StatusCode, resp.Header, body}
	if err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxAnswer {
		return a, &Error{Kind: Malformed, Status: resp.StatusCode, Method: l.method, Path: l.label(), Code: "too_large", Err: errTooLarge}
	}
	return a, nil
}

// request makes the request without what proves who sends it.
func (c *call) request(ctx context.Context) (*policy.Request, error) {
	req, err := runtime.NewRequest(ctx, c.method, c.url)
	if err != nil {
		return nil, &Error{Kind: Refused, Method: c.method, Path: c.label(), Code: "bad_address", Err: err}
	}
	for name, values := range c.header {
		req.Raw().Header[name] = values
	}
	if c.body != nil {
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(c.body)), "application/json; charset=utf-8"); err != nil {
			return nil, fmt.Errorf("set the body: %w", err)
		}
	}
	runtime.SkipBodyDownload(req)
	return req, nil
}

var errTooLarge = fmt.Errorf("the answer is larger than 16 MiB")
