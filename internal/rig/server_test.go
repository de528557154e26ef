package rig

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// client sends requests to a simulated tenant in this process. Whatever a
// test does through it is checked against the published contract.
type client struct {
	t      testing.TB
	s      *Server
	now    *clock
	token  string // for Graph
	exo    string // for Exchange
	header http.Header
}

// clock is moved by tests.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const (
	graphHost    = "https://graph.microsoft.com"
	exchangeHost = "https://outlook.office365.com"
	loginHost    = "https://login.microsoftonline.com"
)

// dial opens a tenant of a scenario, as the writing application.
func dial(t testing.TB, scenario string, n int, o ServerOptions) *client {
	t.Helper()
	c := &clock{now: noon}
	state, _, err := Generate(scene(t, scenario, n), Options{Clock: c.time, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return dialState(t, state, c, o)
}

func dialState(t testing.TB, state *State, now *clock, o ServerOptions) *client {
	t.Helper()
	if len(o.Apps) == 0 {
		o.Apps = []App{allPowers()}
	}
	if o.OnUnknown == nil {
		o.OnUnknown = func(request string) { t.Errorf("the simulated tenant does not know %s", request) }
	}
	o.OnAnswer = func(a Answer) { checkAnswer(t, a) }
	c := &client{t: t, s: Handler(state, o), now: now, header: http.Header{}}
	c.signIn()
	return c
}

// checkAnswer holds an answer against the metadata.
func checkAnswer(t testing.TB, a Answer) {
	if a.Type == "-" {
		return
	}
	if found := CheckBody(a.Version, a.Type, a.Body); len(found) > 0 {
		t.Errorf("%s %s (%s): %d breaches of the contract, such as %s\nin %.600s", a.Method, a.Route, a.Version, len(found), found[0], a.Body)
	}
}

// allPowers is an application that may do everything that is served.
func allPowers() App {
	a := WriteApp()
	a.Secret = "s3cret"
	for _, group := range [][]route{userRoutes(), groupRoutes(), roleRoutes(), policyRoutes(), logRoutes(), tenantRoutes(), mailRoutes(), methodRoutes()} {
		for _, r := range group {
			key := r.permission
			if key == "" {
				key = r.method + " " + strings.ToLower(r.pattern)
			}
			a.Roles = append(a.Roles, allowed(key, false)...)
		}
	}
	a.DirectoryRoles = []string{roleGlobalAdmin}
	return a
}

func (c *client) signIn() {
	c.token = c.tokenFor(c.s.apps[0], graphHost)
	c.exo = c.tokenFor(c.s.apps[0], exchangeHost)
}

func (c *client) tokenFor(a App, resource string) string {
	c.t.Helper()
	for range 1000 { // the login fails too, under a fault profile
		if token := c.askToken(a, resource); token != "" {
			return token
		}
	}
	c.t.Fatal("the login gives no token")
	return ""
}

// askToken asks once, "" if that failed.
func (c *client) askToken(a App, resource string) string {
	c.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {a.ClientID}, "client_secret": {a.Secret}, "scope": {resource + "/.default"}}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, loginHost+"/"+c.s.tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := c.do(r)
	if got.status != http.StatusOK || got.err != nil || !json.Valid(got.body) {
		return ""
	}
	return Object(got.body).Text("access_token")
}

// reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // of reading the body
}

func (r reply) code() string {
	inner, _ := Object(r.body).Field("error")
	return Object(inner).Text("code")
}

func (r reply) values() []Object { return Object(r.body).Items("value") }

func (r reply) next() string { return Object(r.body).Text("@odata.nextLink") }

func (c *client) do(r *http.Request) reply {
	c.t.Helper()
	resp, err := c.s.Transport().RoundTrip(r)
	if err != nil {
		return reply{err: err}
	}
	defer func() {
		if err := resp.Body.Close(); err != nil {
			c.t.Error(err)
		}
	}()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body, err}
}

// send sends a request with a token. The path may be a whole address.
func (c *client) send(method, path string, body any) reply {
	c.t.Helper()
	token := c.token
	if !strings.HasPrefix(path, "https://") {
		path = graphHost + path
	} else if strings.HasPrefix(path, exchangeHost) {
		token = c.exo
	}
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, strings.ReplaceAll(path, " ", "%20"), in)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = c.header.Clone()
	r.Header.Set("Authorization", "Bearer "+token)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.do(r)
}

// get fails the test unless the answer is 200.
func (c *client) get(path string) reply {
	c.t.Helper()
	got := c.send(http.MethodGet, path, nil)
	if got.status != http.StatusOK || got.err != nil {
		c.t.Fatalf("GET %s: %d %v %s", path, got.status, got.err, got.body)
	}
	return got
}

// fails checks status and code of a refusal.
func (c *client) fails(method, path string, body any, status int, code string) reply {
	c.t.Helper()
	got := c.send(method, path, body)
	if got.status != status || got.code() != code {
		c.t.Errorf("%s %s: got %d %s, want %d %s\n%s", method, path, got.status, got.code(), status, code, got.body)
	}
	return got
}

// all follows a listing to its end.
func (c *client) all(path string) []Object {
	c.t.Helper()
	var items []Object
	for path != "" {
		got := c.get(path)
		items = append(items, got.values()...)
		path = got.next()
	}
	return items
}

// cmdlet runs one, and fails the test unless the answer is 200.
func (c *client) cmdlet(name string, params map[string]any) reply {
	c.t.Helper()
	got := c.tryCmdlet(name, params)
	if got.status != http.StatusOK {
		c.t.Fatalf("%s %v: %d %s", name, params, got.status, got.body)
	}
	return got
}

func (c *client) tryCmdlet(name string, params map[string]any) reply {
	c.t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	return c.send(http.MethodPost, exchangeHost+"/adminapi/beta/"+c.s.tenant+"/InvokeCommand",
		map[string]any{"CmdletInput": map[string]any{"CmdletName": name, "Parameters": params}})
}

// aUser returns a user of the tenant that a test takes to.
func (c *client) aUser(want func(Object) bool) Object {
	c.t.Helper()
	for _, o := range c.s.state.Primary().All(Users) {
		if want(o) {
			return o
		}
	}
	c.t.Fatal("the tenant has no such user")
	return nil
}

func enabledMember(o Object) bool {
	on, _ := o.Field("onPremisesSyncEnabled")
	return o.True("accountEnabled") && o.Text("userType") == "Member" && string(on) == "null"
}
