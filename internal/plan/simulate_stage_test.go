package plan_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"vakt/internal/action"
	"vakt/internal/db"
	"vakt/internal/graph"
	"vakt/internal/plan"
	"vakt/internal/rig"
	"vakt/internal/tenant"
)

// stage is one simulated tenant on which a story is played, and the book of
// what happened there.
type stage struct {
	t       testing.TB
	m       *template
	seed    uint64
	state   *rig.State
	server  *rig.Server
	ledger  *ledger
	store   *plan.Store // nil where the ledger has no disk
	policy  plan.Policy
	where   tenant.Tenant
	lock    string
	point   func(string)
	calm    atomic.Bool // the service has stopped failing
	closing []func() error

	mu      sync.Mutex
	e       *evidence
	read    map[string]time.Time // when an account was last read as a whole
	acted   map[string]time.Time // when somebody else last acted on it
	lifted  map[string][]string  // protections that an override lifts, by account
	waiting map[string]*arrival  // what is being answered, by object
}

// staging says how a stage is made.
type staging struct {
	seed   uint64
	faults rig.Profile
	fault  func(rig.Request) rig.Fault // asked before faults; nil: nothing
	lag    time.Duration
	disk   bool
	dir    string // for the lock and the state
}

func newStage(t testing.TB, m *template, set staging) *stage {
	t.Helper()
	state, _, err := rig.Generate(m.scenario, rig.Options{Clock: time.Now, Seed: m.seed})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{
		t: t, m: m, seed: set.seed, state: state, policy: m.policy, lock: filepath.Join(set.dir, "tenant.lock"),
		read: map[string]time.Time{}, acted: map[string]time.Time{}, lifted: map[string][]string{}, waiting: map[string]*arrival{},
	}
	if set.lag > 0 {
		state.SetReplicas(2, set.lag)
	}
	s.server = rig.Handler(state, rig.ServerOptions{
		Seed: set.seed, OnRequest: s.answered, Apps: apps(),
		Fault: func(r rig.Request) (f rig.Fault) {
			if s.calm.Load() {
				return f
			}
			if set.fault != nil {
				f = set.fault(r)
			}
			if f.Kind == "" {
				f = set.faults.Decide(set.seed, r)
			}
			return f
		},
		OnUnknown: func(r string) { s.wrong("the simulated tenant does not know %s", r) },
	})
	cloud, ok := tenant.CloudByName("global")
	if !ok {
		t.Fatal("there is no cloud called global")
	}
	s.where = tenant.Tenant{Name: "contoso", ID: state.TenantID(), Cloud: cloud}
	s.ledger = &ledger{Ledger: newMemory(), now: time.Now, left: -1}
	if set.disk {
		s.openDisk(set.dir)
	}
	s.e = &evidence{start: s.users(), lag: set.lag, workers: 4, touched: map[string]bool{}, quiet: true}
	return s
}

// apps are the two registrations. The writing one may change administrators,
// so that nothing but our own protections keeps it from them.
func apps() []rig.App {
	read, write := rig.ReadApp(), rig.WriteApp()
	read.Secret, write.Secret = "read-secret", "write-secret"
	write.DirectoryRoles = append(write.DirectoryRoles, "7be44c8a-adaf-4e2a-84d6-ab2649e08a13") // Privileged Authentication Administrator
	return []rig.App{read, write}
}

// openDisk puts the ledger on the real store; close lets go of it.
func (s *stage) openDisk(dir string) {
	d, err := db.Open(context.Background(), filepath.Join(dir, fmt.Sprintf("state-%d.db", s.seed)), db.Options{})
	if err == nil {
		_, err = d.Migrate(context.Background(), time.Now(), db.Room{Name: "plan", Schema: plan.Schema()})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.store = plan.NewStore(d)
	s.ledger.Ledger = s.store
	s.closing = append(s.closing, d.Close)
}

// wrong writes down what must not happen in a story, whatever stands in the
// tenant.
func (s *stage) wrong(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.e.wrong = append(s.e.wrong, fmt.Sprintf(format, args...))
}

func (s *stage) users() map[string]rig.Object {
	all := map[string]rig.Object{}
	for _, u := range s.state.Primary().All(rig.Users) {
		all[strings.ToLower(u.Text("id"))] = u
	}
	return all
}

// answered is told of every request once the tenant has its answer.
func (s *stage) answered(r rig.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Fault == rig.FaultPermission && r.Method == http.MethodGet {
		s.e.quiet = false // what cannot be read protects: the story may rightly end otherwise
	}
	if a := s.waiting[r.Object]; r.Early && r.Method != http.MethodGet && a != nil && a.attempt.throttled {
		s.e.early++
	}
	switch {
	case isFresh(r) && r.Status == http.StatusOK:
		s.read[strings.ToLower(r.Object)] = time.Now()
	case r.Method != http.MethodGet && s.waiting[r.Object] != nil:
		a := s.waiting[r.Object]
		a.status = r.Status
		a.attempt.throttled = a.attempt.throttled || r.Status == http.StatusTooManyRequests
	}
}

// isFresh tells the read before a write, which asks for what protections are
// decided on, from those that only look what has become of a write.
func isFresh(r rig.Request) bool {
	return r.Route == "/users/{id}" && r.Method == http.MethodGet && strings.Contains(r.Path, "userType") && strings.Contains(r.Path, "manager")
}

// act lets somebody else do something now.
func (s *stage) act(a rig.Act) {
	before := len(s.state.Truth())
	if err := s.state.Act(a); err != nil {
		s.wrong("%v", err)
	}
	done := slices.ContainsFunc(s.state.Truth()[before:], func(x rig.Entry) bool { return !x.Ours() })
	s.mu.Lock()
	defer s.mu.Unlock()
	if done {
		s.acted[a.Object], s.e.touched[a.Object], s.e.quiet = time.Now(), true, false
	}
}

// haunt lets others act on the clock until ctx ends.
func (s *stage) haunt(ctx context.Context, acts []rig.Act) {
	from := time.Now()
	for _, a := range acts {
		timer := time.NewTimer(a.After - time.Since(from))
		select {
		case <-timer.C:
			s.act(a)
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// apply is one attempt to carry out a plan, by a process of its own. change may
// change what the process has.
func (s *stage) apply(ctx context.Context, p *plan.Plan, admissible error, change func(*plan.Deps)) *attempt {
	t := &attempt{plan: p, rollback: p.Undoes != "", admissible: admissible == nil, begin: time.Now(), finished: s.carriedOut(p)}
	if admissible != nil {
		t.why = admissible.Error()
	}
	for _, id := range s.m.sort("break_glass") {
		if u, ok := s.state.Primary().Get(rig.Users, id); ok && u.True("accountEnabled") {
			t.emergency++
		}
	}
	s.mu.Lock()
	s.e.attempts = append(s.e.attempts, t)
	t.number = len(s.e.attempts)
	s.mu.Unlock()
	d := s.deps(t)
	if change != nil {
		change(&d)
	}
	func() {
		defer func() {
			switch v := recover(); v.(type) {
			case nil:
			case killedAt:
				t.died = true
			default:
				panic(v)
			}
		}()
		t.report, t.err = plan.Apply(ctx, d, p)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.end = time.Now()
	return t
}

// underWay is the first attempt that has not ended, nil for none.
func (s *stage) underWay() *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.e.attempts {
		if t.end.IsZero() {
			return t
		}
	}
	return nil
}

func (s *stage) quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.e.quiet
}

// killedAt is what a point panics with that ends the process.
type killedAt struct{ at string }

func (s *stage) carriedOut(p *plan.Plan) bool {
	return slices.ContainsFunc(s.ledger.rows(), func(r plan.Row) bool { return r.Plan == p.Hash && r.Phase == plan.Finished })
}

func (s *stage) deps(t *attempt) plan.Deps {
	return plan.Deps{
		Journal: s.ledger, Access: s.access(t), Snapshot: s.m.snapshot, Policy: func() (plan.Policy, error) { return s.policy, nil },
		Actor: ada, Lock: s.lock, Now: time.Now, Workers: s.e.workers, Point: s.point,
	}
}

// access is the way of one process to the tenant.
func (s *stage) access(t *attempt) action.Access {
	reading := &credential{s.server.Transport(), rig.ReadApp().ClientID, "read-secret", nil}
	r, err := graph.NewReader(s.where, reading, graph.Options{Now: time.Now, Seed: s.seed, Transport: s.server.Transport()})
	if err != nil {
		s.t.Fatal(err)
	}
	writing := &credential{s.server.Transport(), rig.WriteApp().ClientID, "write-secret", func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		t.tokens++
	}}
	return action.Access{
		Tenant: s.where, Read: r, Write: func(context.Context) (azcore.TokenCredential, error) { return writing, nil },
		Graph: graph.Options{Now: time.Now, Seed: s.seed + uint64(t.number), Transport: &wire{s, t}},
	}
}

// credential signs an application in, without a cache.
type credential struct {
	transport    http.RoundTripper
	client, word string
	told         func()
}

// GetToken implements azcore.TokenCredential.
func (c *credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (token azcore.AccessToken, err error) {
	if c.told != nil {
		c.told()
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.client}, "client_secret": {c.word}, "scope": {o.Scopes[0]}}
	for try := range 8 {
		if token, err = c.ask(ctx, form); err == nil || ctx.Err() != nil {
			return token, err
		}
		<-time.After(time.Duration(try+1) * time.Second)
	}
	return token, err
}

func (c *credential) ask(ctx context.Context, form url.Values) (azcore.AccessToken, error) {
	address := "https://login.microsoftonline.com/" + tenantID + "/oauth2/v2.0/token"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, json.Unmarshal(body, &answer)); err != nil || answer.AccessToken == "" {
		return azcore.AccessToken{}, errors.Join(fmt.Errorf("sign in: status %d", resp.StatusCode), err)
	}
	return azcore.AccessToken{Token: answer.AccessToken, ExpiresOn: time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)}, nil
}

// wire is what the writing side of one process is connected to. It notes what
// arrives.
type wire struct {
	s *stage
	t *attempt
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	a := w.s.arrives(w.t, r, body)
	before := len(w.s.state.Truth())
	resp, err := w.s.server.Transport().RoundTrip(r)
	w.s.leaves(a, before)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(resp.Body)
	a.clean = err == nil && whole(a, resp.StatusCode, answer)
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), broken{err}))
	return resp, nil
}

// whole tells whether an answer says without a doubt that a write was done.
func whole(a *arrival, status int, body []byte) bool {
	if status == http.StatusNoContent || a.method != http.MethodPost {
		return status == http.StatusNoContent && len(body) == 0
	}
	var said struct{ Value bool }
	return status == http.StatusOK && json.Unmarshal(body, &said) == nil && said.Value
}

// broken ends a body with the error that it had.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, cmp.Or(b.err, io.EOF) }

// arrives writes down a write and what the tenant knows of its object.
func (s *stage) arrives(t *attempt, r *http.Request, body []byte) *arrival {
	a := &arrival{at: time.Now(), attempt: t, method: r.Method, path: r.URL.Path, body: string(body), read: -1, touched: -1, down: -1, frozen: -1, doors: -1}
	a.parse()
	a.after = s.ledger.last()
	_, err := s.ledger.Plan(r.Context(), t.plan.Hash)
	a.kept = err == nil
	a.intent = s.ledger.intent(a.object, a.action)
	if down, frozen := s.ledger.failing(); true {
		a.down, a.frozen = since(down), since(frozen)
	}
	s.look(a)
	a.unready = unready(t.plan, a.change(), s.ledger.phases(t.plan.Hash, t.begin))
	s.mu.Lock()
	defer s.mu.Unlock()
	a.read, a.touched = since(s.read[a.object]), since(s.acted[a.object])
	s.e.arrivals = append(s.e.arrivals, a)
	s.waiting[a.object] = a
	return a
}

func since(at time.Time) time.Duration {
	if at.IsZero() {
		return -1
	}
	return time.Since(at)
}

// parse reads what a write says.
func (a *arrival) parse() {
	parts := strings.Split(strings.Trim(a.path, "/"), "/")
	if len(parts) < 3 || parts[0] != "v1.0" || parts[1] != "users" {
		return
	}
	a.object = parts[2]
	switch {
	case a.method == http.MethodPost && len(parts) == 4 && parts[3] == "revokeSignInSessions" && a.body == "":
		a.action, a.field, a.value = plan.Revoke, written[1], plan.Now
	case a.method == http.MethodPatch && len(parts) == 3 && a.body == `{"accountEnabled":false}`:
		a.action, a.field, a.value = plan.Disable, written[0], "false"
	case a.method == http.MethodPatch && len(parts) == 3 && a.body == `{"accountEnabled":true}`:
		a.action, a.field, a.value = plan.Enable, written[0], "true"
	}
}

// leaves writes down whether a write took effect.
func (s *stage) leaves(a *arrival, before int) {
	entries := s.state.Truth()[before:]
	s.mu.Lock()
	defer s.mu.Unlock()
	a.applied = slices.ContainsFunc(entries, func(x rig.Entry) bool {
		return x.Ours() && x.Applied && x.Subject == a.object && strings.HasSuffix(a.path, strings.TrimPrefix(x.Path, "/v1.0"))
	})
	if s.waiting[a.object] == a {
		delete(s.waiting, a.object)
	}
}

// close ends the story and gives its evidence.
func (s *stage) close() *evidence {
	s.tampered()
	for _, c := range s.closing {
		if err := c(); err != nil {
			s.wrong("%v", err)
		}
	}
	s.e.end, s.e.entries, s.e.rows = s.users(), s.state.Truth(), s.ledger.rows()
	return s.e
}

// tampered looks at the exported journal as somebody else would, and then at
// one in which one byte was changed.
func (s *stage) tampered() {
	if s.store == nil {
		return
	}
	var file bytes.Buffer
	if err := s.store.Export(context.Background(), &file); err != nil {
		s.e.chain = append(s.e.chain, "the journal cannot be exported: "+err.Error())
		return
	}
	if a, err := plan.VerifyFile(bytes.NewReader(file.Bytes())); err != nil || !a.OK() {
		s.e.chain = append(s.e.chain, fmt.Sprintf("the journal is found to be changed, and it was not: %v %v", a, err))
	}
	draw := dice(s.seed ^ 0x5bd1e995)
	if forged, how := forge(&draw, file.Bytes()); forged != nil {
		if a, err := plan.VerifyFile(bytes.NewReader(forged)); err == nil && a.OK() {
			s.e.chain = append(s.e.chain, "nobody noticed in the journal that "+how)
		}
	}
}

// forge changes a journal in one of the ways that must be found. Rows at its
// end can be cut off without a trace: only a checkpoint tells.
func forge(draw *dice, file []byte) (forged []byte, how string) {
	lines := bytes.SplitAfter(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	if len(lines) < 3 {
		return nil, ""
	}
	lines[len(lines)-1] = append(bytes.Clone(lines[len(lines)-1]), '\n')
	at := draw.below(len(lines) - 2)
	switch draw.below(4) {
	case 0:
		return bytes.Join(slices.Delete(lines, at, at+1), nil), fmt.Sprintf("line %d was removed", at+1)
	case 1:
		lines[at], lines[at+1] = lines[at+1], lines[at]
		return bytes.Join(lines, nil), fmt.Sprintf("line %d and the next were exchanged", at+1)
	case 2:
		return bytes.Join(slices.Insert(lines, at, lines[at]), nil), fmt.Sprintf("line %d was repeated", at+1)
	}
	forged = bytes.Clone(file)
	flip := draw.below(len(forged))
	forged[flip] ^= byte(1 << draw.below(7))
	return forged, fmt.Sprintf("byte %d was changed", flip)
}
