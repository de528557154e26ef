package rig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The services of a tenant. Where the simulated tenant answers under one
// address, each has its name as the first part of the path; the login has none.
const (
	serviceLogin      = "login"
	serviceGraph      = "graph"
	serviceExchange   = "exchange"
	serviceCompliance = "compliance"
	serviceManage     = "manage"
)

var services = []string{serviceGraph, serviceExchange, serviceCompliance, serviceManage}

// ServerOptions says how a simulated tenant answers.
type ServerOptions struct {
	// Apps are the registered applications. None: ReadApp and WriteApp, with
	// the secrets "read-secret" and "write-secret".
	Apps []App
	// Seed chooses faults, replicas, ids and the order of batch answers.
	Seed uint64
	// Faults is how often requests fail; the zero value is never.
	Faults Profile
	// Fault, where it is set, is asked before the profile; the zero Fault
	// leaves the request to the profile.
	Fault func(Request) Fault
	// Unlimited switches the throttle off, for tests of other things.
	Unlimited bool
	// TokenLifetime is that of access tokens, 3,599 seconds if zero.
	TokenLifetime time.Duration
	// Person is the account that a device code flow signs in, by id or UPN.
	// "": the first enabled member of the directory.
	Person string
	// Approve, where it is set, tells whether the person has entered the user
	// code by now; without it a device code is approved at once.
	Approve func(userCode string) bool
	// OnUnknown is told of every request that got 501, as text. A test fails
	// on it.
	OnUnknown func(request string)
	// OnRequest is told of every request after it was answered, each part of a
	// batch included. It must be safe for concurrent use.
	OnRequest func(Request)
	// OnAnswer is told of every answer of a Graph route that carries a body,
	// with the type that the body has. It must be safe for concurrent use.
	OnAnswer func(Answer)
}

// Request is what the server knows of a request once it has answered.
type Request struct {
	// Number counts the requests from 1, parts of a batch among them.
	Number int64
	// Service is login, graph, exchange, compliance or manage.
	Service string
	// Method and Path are as they were sent, the path with its query.
	Method, Path string
	// Route is the pattern that the path has, such as "/users/{id}", or the
	// name of a cmdlet.
	Route string
	// Object is the id in the path, or the identity that a cmdlet names.
	Object string
	// Index counts requests of the same route and object from 0.
	Index int
	// Part says that the request stood in a batch.
	Part bool
	// Paged says that the answer may come in pages.
	Paged bool
	// Principal is the object id of who sent it, "" before it is known.
	Principal string
	// Status is the answer's, 0 where the connection was cut.
	Status int
	// Fault is the kind of fault that the answer suffered, "" if none.
	Fault FaultKind
	// Early says that the request came before the time that an earlier answer
	// of its throttle bucket had named.
	Early bool
}

// Answer is the body that a Graph route gave.
type Answer struct {
	// Method and Route name the route, Version is v1.0 or beta.
	Method, Route, Version string
	// Type is the CSDL type of the body, or of the elements of its value.
	Type string
	// Status is 2xx; errors have one shape everywhere and are not told.
	Status int
	Body   []byte
}

// Server answers for a simulated tenant: its login, Microsoft Graph and the
// administration interface of Exchange Online. It is safe for concurrent use.
type Server struct {
	state  *State
	o      ServerOptions
	apps   []App
	tenant string
	key    *ecdsa.PrivateKey
	kid    string
	routes *routes

	requests   atomic.Int64
	tokens     atomic.Int64 // numbers given to tokens
	expired    atomic.Int64 // tokens up to this number are expired
	challenged atomic.Int64 // tokens up to this number were revoked
	seen       sync.Map     // verified tokens: text → *principal

	throttle throttle
	schedule schedule
	devices  devices
	logs     logOrder
	denied   atomic.Pointer[[]string] // permissions taken away since the start
}

// Handler returns the tenant's server. It answers under the names of the
// public clouds, and under any other host with the service as the first part
// of the path: https://127.0.0.1:8443/graph/v1.0/users; the login stands at
// the root. Transport serves it without a network.
func Handler(state *State, o ServerOptions) *Server {
	s := &Server{state: state, o: o, apps: o.Apps, tenant: state.TenantID(), routes: graphRoutes(), kid: "rig"}
	if len(s.apps) == 0 {
		read, write := ReadApp(), WriteApp()
		read.Secret, write.Secret = "read-secret", "write-secret"
		s.apps = []App{read, write}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil { // the system has no randomness: nothing can be signed
		panic(fmt.Sprintf("rig: no key for tokens: %v", err))
	}
	s.key = key
	s.throttle.init(s)
	return s
}

// ExpireTokens makes every access token issued so far invalid, as if its time
// had run out.
func (s *Server) ExpireTokens() { s.expired.Store(s.tokens.Load()) }

// ChallengeTokens makes every access token issued so far subject to a claims
// challenge, as continuous access evaluation does after a revocation.
func (s *Server) ChallengeTokens() { s.challenged.Store(s.tokens.Load()) }

// Deny takes permissions away from all tokens from now on, also from those
// already issued. Without arguments it gives back what it took.
func (s *Server) Deny(permissions ...string) { s.denied.Store(&permissions) }

// Requests returns how many requests were answered, parts of batches counted.
func (s *Server) Requests() int64 { return s.requests.Load() }

func (s *Server) now() time.Time { return s.state.Now().UTC() }

func (s *Server) isTenant(name string) bool {
	_, found := s.state.Primary().Get(Domains, name)
	return found || strings.EqualFold(name, s.tenant)
}

// app returns the registered application with the client id.
func (s *Server) app(clientID string) (App, bool) {
	i := slices.IndexFunc(s.apps, func(a App) bool { return strings.EqualFold(a.ClientID, clientID) })
	if i < 0 {
		return App{}, false
	}
	return s.apps[i], true
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, method: r.Method, header: r.Header, number: s.requests.Add(1)}
	service, base, path := s.resolve(r)
	c.base, c.path = base, path
	c.told = Request{Number: c.number, Service: service, Method: r.Method, Path: r.URL.RequestURI()}
	var a *answer
	if service == serviceLogin {
		a = s.login(r, c)
	} else {
		a = s.serve(r, c)
	}
	s.finish(c, a)
	if a.done != nil {
		defer a.done()
	}
	a.write(w, r, c)
}

// serve answers a request to one of the services behind a token.
func (s *Server) serve(r *http.Request, c *call) *answer {
	var bad *answer
	if c.query, bad = queryOf(r.URL.RawQuery); bad != nil {
		return bad
	}
	if c.body, bad = bodyOf(r); bad != nil {
		return bad
	}
	switch c.told.Service {
	case serviceGraph:
		return s.graph(r, c)
	case serviceExchange, serviceCompliance:
		return s.exchange(r, c)
	}
	return s.unknown(c)
}

// finish tells the hooks about an answered request.
func (s *Server) finish(c *call, a *answer) {
	c.told.Status = a.status
	if a.cut != "" {
		c.told.Status = 0
	}
	if c.who != nil {
		c.told.Principal = c.who.Object
	}
	if s.o.OnRequest != nil {
		s.o.OnRequest(c.told)
	}
	if s.o.OnAnswer != nil && a.typ != "" && a.status < 300 && len(a.body) > 0 && a.cut == "" && c.told.Fault == "" {
		s.o.OnAnswer(Answer{Method: c.method, Route: c.told.Route, Version: c.version, Type: a.typ, Status: a.status, Body: a.body})
	}
}

// unknown refuses what the simulated tenant does not know.
func (s *Server) unknown(c *call) *answer {
	text := c.method + " " + c.told.Path
	if s.o.OnUnknown != nil {
		s.o.OnUnknown(text)
	}
	return graphError(http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not know this request: "+text)
}

// resolve tells which service a request is for, the base of its links, and
// the path below that.
func (s *Server) resolve(r *http.Request) (service, base, path string) {
	for service, hosts := range serviceHosts {
		for _, host := range hosts {
			if r.Host == host || service == serviceCompliance && strings.HasSuffix(r.Host, "."+host) {
				return service, baseURL(r), r.URL.EscapedPath()
			}
		}
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if slices.Contains(services, first) {
		return first, baseURL(r) + "/" + first, "/" + rest
	}
	return serviceLogin, baseURL(r), r.URL.EscapedPath()
}

// baseURL is the scheme and host under which a request came.
func baseURL(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// maxBody bounds what is read of a request: Graph's limit of 4 MB.
const maxBody = 4 << 20

func bodyOf(r *http.Request) ([]byte, *answer) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, graphError(http.StatusBadRequest, "BadRequest", "The body of the request broke off.")
	}
	if len(body) > maxBody {
		return nil, graphError(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The body of the request is above 4 MB.")
	}
	return body, nil
}

func queryOf(raw string) (url.Values, *answer) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, graphError(http.StatusBadRequest, "BadRequest", "The query of the request cannot be read.")
	}
	return q, nil
}

// answer is what goes back: made without knowing whether it travels alone or
// as a part of a batch.
type answer struct {
	status int
	header http.Header
	body   []byte
	typ    string        // CSDL type of the body, for the contract
	cut    FaultKind     // where the connection breaks, "" where it does not
	at     Cut           // with cut: the place
	delay  time.Duration // before the body
	done   func()        // called when the answer has been sent
}

func jsonAnswer(status int, v any) *answer {
	body, err := json.Marshal(v)
	if err != nil { // the values are ours: maps, texts and numbers
		panic(fmt.Sprintf("rig: encode answer: %v", err))
	}
	return rawAnswer(status, body)
}

func rawAnswer(status int, body []byte) *answer {
	h := http.Header{}
	if body != nil {
		h.Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	}
	return &answer{status: status, header: h, body: body}
}

// graphError is the error body of Microsoft Graph.
func graphError(status int, code, text string) *answer {
	return jsonAnswer(status, map[string]any{"error": map[string]any{
		"code": code, "message": text, "innerError": map[string]any{},
	}})
}

func b64Std(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
