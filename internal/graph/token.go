package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokens hands out the access token for one service. Only one goroutine
// fetches at a time; the others wait for what it gets. From the moment at which
// the service refuses a token it is not handed out any more: what has not been
// sent yet waits for the next one.
type tokens struct {
	cred   azcore.TokenCredential
	scope  string
	tenant string // directory id that the token must be for
	now    func() time.Time
	turn   chan struct{} // holds one value: whose turn it is to fetch

	mu sync.Mutex // nobody waits for anything while holding it
	at supply
}

// supply is what there is of tokens at a moment.
type supply struct {
	have   token
	spoilt bool   // the service has refused it
	wanted string // claims that the service asks of the next one
	failed int    // how often none was to be had
	why    error  // the last time
}

// token is an access token and what can be read in it.
type token struct {
	text       string
	generation int // grows with each token
	expires    time.Time
	claims     claims
}

func newTokens(cred azcore.TokenCredential, scope, tenantID string, now func() time.Time) *tokens {
	t := &tokens{cred: cred, scope: scope, tenant: tenantID, now: now, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// expiryMargin is how long before its end a token is replaced.
const expiryMargin = 5 * time.Minute

// get gives the token, a fresh one where there is none, it is about to end or
// the service has refused it.
func (t *tokens) get(ctx context.Context) (token, error) {
	before := t.look()
	if before.good(t.now()) {
		return before.have, nil
	}
	if err := t.begin(ctx); err != nil {
		return token{}, err
	}
	defer t.end()
	at := t.look()
	switch {
	case at.good(t.now()):
		return at.have, nil
	case at.failed != before.failed:
		return token{}, at.why
	}
	return t.fetch(ctx, at.wanted)
}

func (t *tokens) look() supply {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at
}

// good says whether the token may be handed out.
func (s supply) good(now time.Time) bool {
	return s.have.text != "" && !s.spoilt && s.have.expires.Sub(now) > expiryMargin
}

// refusals are the tokens of one request that the service refused.
type refusals struct {
	fetched int // how often another was fetched for this request
	stale   int // how often another had already been fetched for somebody else
}

// final says that the next token would be refused as well. A service that names
// the claims of the token it wants may have to name them twice: what was fetched
// for the first time may have been revoked meanwhile.
func (r refusals) final(challenge string) bool {
	most := 1
	if challenge != "" {
		most = 2
	}
	return r.fetched >= most || r.stale > 1
}

// renew replaces a token that a service refused, unless it was replaced already
// since it was sent: of many callers with the same token one fetches, and all
// of them get what comes of it. The challenge is the claims that the service
// asks for, or "".
func (t *tokens) renew(ctx context.Context, refused token, challenge string, r *refusals) error {
	before := t.spoil(refused, challenge)
	if err := t.begin(ctx); err != nil {
		return err
	}
	defer t.end()
	at := t.look()
	switch {
	case at.have.generation != refused.generation:
		r.stale++
		return nil
	case at.failed != before.failed:
		return at.why
	}
	r.fetched++
	_, err := t.fetch(ctx, at.wanted)
	return err
}

// spoil keeps a token from being handed out again. Without a challenge the next
// one must be no older than now.
func (t *tokens) spoil(refused token, challenge string) supply {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at.have.generation == refused.generation {
		if t.at.spoilt = true; challenge != "" {
			t.at.wanted = challenge
		} else if t.at.wanted == "" {
			t.at.wanted = notBefore(t.now())
		}
	}
	return t.at
}

func (t *tokens) begin(ctx context.Context) error {
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tokens) end() { t.turn <- struct{}{} }

// drop forgets the token and the credential: there will not be another.
func (t *tokens) drop() {
	<-t.turn
	defer t.end()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.cred = supply{}, nil
}

// fetch gets a token with the claims that are wanted; the caller has the turn.
// That the caller has given up says nothing to the others.
func (t *tokens) fetch(ctx context.Context, wanted string) (token, error) {
	next, err := t.ask(ctx, wanted)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		next.generation = t.at.have.generation + 1
		t.at = supply{have: next, failed: t.at.failed}
	case ctx.Err() == nil:
		t.at.failed, t.at.why = t.at.failed+1, err
	}
	return next, err
}

// ask asks the credential for a token, which must be for the tenant.
func (t *tokens) ask(ctx context.Context, wanted string) (token, error) {
	if t.cred == nil {
		return token{}, &Error{Kind: Refused, Method: "token", Path: t.scope, Code: "closed", Err: errors.New("the client is closed")}
	}
	got, err := t.cred.GetToken(ctx, policy.TokenRequestOptions{
		Scopes: []string{t.scope}, Claims: wanted, EnableCAE: true, TenantID: t.tenant,
	})
	if err != nil {
		if ctx.Err() != nil {
			return token{}, ctx.Err()
		}
		return token{}, t.failure(err)
	}
	read, err := readClaims(got.Token)
	if err != nil {
		return token{}, &Error{Kind: Unauthorized, Method: "token", Path: t.scope, Code: "unreadable_token", Err: err}
	}
	if !strings.EqualFold(read.Tenant, t.tenant) {
		return token{}, &Error{
			Kind: WrongTenant, Method: "token", Path: t.scope, Code: "wrong_tenant",
			Err: fmt.Errorf("the token is for tenant %q, the configuration says %q", read.Tenant, t.tenant),
		}
	}
	return token{text: got.Token, expires: got.ExpiresOn, claims: read}, nil
}

// failure tells an authority that refuses from one that does not answer, which
// the credential has asked several times by then.
func (t *tokens) failure(err error) *Error {
	e := &Error{Kind: Unauthorized, Method: "token", Path: t.scope, Code: "no_token", Err: err}
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) {
		return e
	}
	r := failed.RawResponse
	if r == nil {
		e.Kind = Unavailable
		return e
	}
	e.Status = r.StatusCode
	if r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests {
		e.Kind = Unavailable
	}
	var said struct {
		Code  string `json:"error"`
		Words string `json:"error_description"`
	}
	if body, readErr := runtime.Payload(r); readErr == nil && json.Unmarshal(body, &said) == nil && said.Code != "" {
		first, _, _ := strings.Cut(said.Words, "\n")
		first, _, _ = strings.Cut(first, " Trace ID:")
		e.Code, e.Message, e.Err = said.Code, shorten(strings.TrimSpace(first)), quiet{err}
	}
	return e
}

// quiet is an error whose own text, pages of a request and its answer, has
// been said in short already.
type quiet struct{ err error }

func (q quiet) Error() string { return "the authority gave no token" }
func (q quiet) Unwrap() error { return q.err }

// notBefore asks for a token that is no older than now. It is the form in
// which services challenge; without it the credential would hand out again
// what it has cached, and what was just refused.
func notBefore(now time.Time) string {
	return fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, now.Unix())
}
