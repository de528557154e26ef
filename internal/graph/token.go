package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokens hands out the access token for one service. Only one goroutine
// fetches at a time; the others wait for what it gets.
type tokens struct {
	cred   azcore.TokenCredential
	scope  string
	tenant string // directory id that the token must be for
	now    func() time.Time
	turn   chan struct{} // holds one value: whose turn it is to look or fetch
	have   token
}

// token is an access token and what can be read in it.
type token struct {
	text       string
	generation int // grows with each token
	expires    time.Time
	claims     claims
}

// claims are what Vakt reads of a token's payload. The signature is not
// checked: the token is not a proof to us, it is what we show to others.
type claims struct {
	Tenant string   `json:"tid"`
	Object string   `json:"oid"`
	AppID  string   `json:"appid"`
	App    string   `json:"azp"`
	Name   string   `json:"app_displayname"`
	Kind   string   `json:"idtyp"`
	Roles  []string `json:"roles"`
	Scopes string   `json:"scp"`
}

func newTokens(cred azcore.TokenCredential, scope, tenantID string, now func() time.Time) *tokens {
	t := &tokens{cred: cred, scope: scope, tenant: tenantID, now: now, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// expiryMargin is how long before its end a token is replaced.
const expiryMargin = 5 * time.Minute

// get gives the token, a fresh one where there is none or it is about to end.
func (t *tokens) get(ctx context.Context) (token, error) {
	if err := t.begin(ctx); err != nil {
		return token{}, err
	}
	defer t.end()
	if t.have.text != "" && t.have.expires.Sub(t.now()) > expiryMargin {
		return t.have, nil
	}
	return t.fetch(ctx, "")
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
// since it was sent: of many callers with the same token one fetches. The
// challenge is the claims that the service asks for, or "".
func (t *tokens) renew(ctx context.Context, refused token, challenge string, r *refusals) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	defer t.end()
	if t.have.generation != refused.generation {
		r.stale++
		return nil
	}
	if challenge == "" {
		challenge = notBefore(t.now())
	}
	r.fetched++
	_, err := t.fetch(ctx, challenge)
	return err
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
	t.have, t.cred = token{}, nil
	t.end()
}

func (t *tokens) fetch(ctx context.Context, challenge string) (token, error) {
	if t.cred == nil {
		return token{}, &Error{Kind: Refused, Method: "token", Path: t.scope, Code: "closed", Err: errors.New("the client is closed")}
	}
	got, err := t.cred.GetToken(ctx, policy.TokenRequestOptions{
		Scopes: []string{t.scope}, Claims: challenge, EnableCAE: true, TenantID: t.tenant,
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
	t.have = token{text: got.Token, generation: t.have.generation + 1, expires: got.ExpiresOn, claims: read}
	return t.have, nil
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

// readClaims reads the payload of a JSON web token.
func readClaims(text string) (claims, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return claims{}, fmt.Errorf("the access token is no JSON web token: tenant and permissions cannot be checked")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims{}, fmt.Errorf("decode the access token's payload: %w", err)
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return claims{}, fmt.Errorf("decode the access token's claims: %w", err)
	}
	if c.AppID == "" {
		c.AppID = c.App
	}
	return c, nil
}

var claimsParameter = regexp.MustCompile(`(?i)\bclaims="([^"]+)"`)

// challenge reads the claims that a service asks for with a 401 (continuous
// access evaluation), or gives "".
func challenge(h http.Header) string {
	for _, line := range h.Values("WWW-Authenticate") {
		m := claimsParameter.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if text, err := enc.DecodeString(m[1]); err == nil && json.Valid(text) {
				return string(text)
			}
		}
	}
	return ""
}

// Granted is what the credential may do, as its tokens say.
type Granted struct {
	Tenant      string // directory id
	Principal   string // object id of the service principal or person
	Application string // application (client) id
	Name        string // the application's display name, where the token has it
	Delegated   bool   // a person's token: Roles holds its scopes
	Roles       []string
	// ExchangeRoles are those of the token for Exchange. ExchangeErr says why
	// there is none: it is then unknown what Exchange allows.
	ExchangeRoles []string
	ExchangeErr   error
}

// All is every permission of the tokens, sorted, each once.
func (g Granted) All() []string {
	all := slices.Concat(g.Roles, g.ExchangeRoles)
	slices.Sort(all)
	return slices.Compact(all)
}

func (c claims) permissions() []string {
	out := slices.Clone(c.Roles)
	if len(out) == 0 {
		out = strings.Fields(c.Scopes)
	}
	slices.Sort(out)
	return out
}
