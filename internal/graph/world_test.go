package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"vakt/internal/tenant"
)

const (
	testTenant = "11111111-2222-3333-4444-555555555555"
	testGraph  = "https://graph.example.com/graph"
	testAdmin  = "https://outlook.example.com"
)

// world is a tenant with users and mailboxes behind a transport of its own. It
// keeps the books that the tests read: what came too early, what went to
// another host, what would have written.
type world struct {
	seed  uint64
	users int           // u0 … ; their ids are uuids
	size  int           // objects a page
	delay time.Duration // that an answer takes
	limit bool          // enforces the published windows
	fault func(n int, req *http.Request) string

	mu       sync.Mutex
	n        int                    // requests so far
	gates    map[string]gate        // what was told to wait, and until when
	windows  map[string][]time.Time // arrivals of each limited class
	early    []string
	foreign  int
	writes   int
	throttle int
	valid    int // generation of the only valid token
	fetched  int
	claims   []string // that tokens were asked for with
	onFetch  func()
	lastExp  int
	arrivals []time.Time
	parts    map[string]int // how often each part of a batch was answered for good
	roles    []string
	tid      string
	handler  func(w *world, req *http.Request, body []byte) (int, http.Header, string) // instead of the users
}

// gate is a time in which nobody may come who has been told so: from when the
// client has the answer, to when the service said.
type gate struct{ told, until time.Time }

func (w *world) shut(name string, now time.Time, wait time.Duration) {
	w.gates[name] = gate{now.Add(w.delay), now.Add(wait)}
}

func (w *world) come(name string, now time.Time, what string) {
	if g := w.gates[name]; now.After(g.told) && now.Before(g.until) {
		w.early = append(w.early, fmt.Sprintf("%s %s early", what, g.until.Sub(now)))
	}
}

func newWorld(seed uint64, users int) *world {
	return &world{
		seed: seed, users: users, size: 7, delay: 50 * time.Millisecond, valid: 1, tid: testTenant,
		gates: map[string]gate{}, windows: map[string][]time.Time{}, parts: map[string]int{}, roles: []string{"User.Read.All"},
		fault: func(int, *http.Request) string { return "" },
	}
}

func testCloud() tenant.Cloud {
	return tenant.Cloud{
		Name: tenant.Custom, Login: "https://login.example.com", Graph: testGraph, Exchange: testAdmin,
		Compliance: "https://ps.compliance.example.com",
	}
}

func (w *world) reader(t testing.TB, change ...func(*Options)) *Reader {
	t.Helper()
	o := Options{Now: time.Now, Seed: w.seed, Transport: w}
	for _, f := range change {
		f(&o)
	}
	r, err := NewReader(tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}, w, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// GetToken makes world a credential. Asked without claims it gives again what
// it gave before, as a cache does.
func (w *world) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fetched++
	w.claims = append(w.claims, o.Claims)
	if w.onFetch != nil {
		w.onFetch()
	}
	return azcore.AccessToken{Token: w.token(), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func (w *world) token() string {
	payload, _ := json.Marshal(map[string]any{ //nolint:errchkjson // three plain values
		"tid": w.tid, "oid": "aaaaaaaa-0000-0000-0000-000000000001", "appid": "bbbbbbbb-0000-0000-0000-000000000001", "roles": w.roles, "gen": w.valid,
	})
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

// RoundTrip answers a request after the delay.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body) // bytes in memory
	}
	status, header, text, err := w.answer(req, body)
	if e := sleep(req.Context(), w.delay, nil); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	if header == nil {
		header = http.Header{}
	}
	w.mu.Lock()
	header.Set("request-id", "r"+strconv.Itoa(w.n))
	w.mu.Unlock()
	return &http.Response{
		StatusCode: status, Header: header, Body: w.body(header, text), Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}, nil
}

// body breaks off in the middle where the header says so.
func (w *world) body(h http.Header, text string) io.ReadCloser {
	if h.Get("x-test-cut") == "" {
		return io.NopCloser(strings.NewReader(text))
	}
	return io.NopCloser(io.MultiReader(strings.NewReader(text[:len(text)/2]), broken{}))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

var errReset = errors.New("connection reset")

func (w *world) answer(req *http.Request, body []byte) (int, http.Header, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	now := time.Now()
	w.arrivals = append(w.arrivals, now)
	if req.URL.Host != "graph.example.com" && req.URL.Host != "outlook.example.com" && !strings.HasSuffix(req.URL.Host, "ps.compliance.example.com") {
		w.foreign++
		return 200, nil, `{"value":[]}`, nil
	}
	if req.Method != get && (req.Method != post || !strings.HasSuffix(req.URL.Path, "$batch") && !strings.HasSuffix(req.URL.Path, "InvokeCommand")) {
		w.writes++
	}
	if status, header, ok := w.busy(req, now); ok {
		return status, header, `{"error":{"code":"TooManyRequests","message":"slow down"}}`, nil
	}
	fault := w.fault(w.n, req)
	if fault == "expire" && w.n-w.lastExp > 30 || fault == "cae" && w.n-w.lastExp > 30 {
		w.lastExp = w.n
		w.valid++
	}
	if req.Header.Get("Authorization") != "Bearer "+w.token() {
		h := http.Header{}
		if fault == "cae" {
			h.Set("WWW-Authenticate", `Bearer realm="", authorization_uri="https://login.example.com/common/oauth2/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwgInZhbHVlIjoiMTYwNDEwNjY1MSJ9fX0="`)
		}
		return 401, h, `{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}`, nil
	}
	if status, header, text, err, ok := w.failing(fault, req, now); ok {
		return status, header, text, err
	}
	if w.handler != nil {
		status, header, text := w.handler(w, req, body)
		return status, header, text, nil
	}
	if strings.HasSuffix(req.URL.Path, "$batch") {
		return 200, nil, w.batch(body, now), nil
	}
	return w.list(req, fault)
}

// gateOf is what a request waits at, as the service counts.
func gateOf(req *http.Request) string {
	switch {
	case strings.Contains(req.URL.RawQuery, "signInActivity"):
		return "activity"
	case strings.Contains(req.URL.Path, "/reports/"), strings.Contains(req.URL.Path, "/auditLogs/"):
		return "reports"
	case strings.Contains(req.URL.Path, "/identity"):
		return "protection"
	case strings.HasSuffix(req.URL.Path, "$batch"):
		return "mail"
	}
	return "directory"
}

var spans = map[string]struct {
	n    int
	span time.Duration
}{
	"activity": {10, time.Minute}, "reports": {5, 10 * time.Second}, "protection": {1, time.Second},
}

// busy notes who comes too early, and turns away who comes too often.
func (w *world) busy(req *http.Request, now time.Time) (int, http.Header, bool) {
	gate := gateOf(req)
	w.come(gate, now, fmt.Sprintf("request %d to %s", w.n, req.URL.Path))
	limited := []string{gate}
	if gate == "activity" {
		limited = append(limited, "reports")
	}
	for _, class := range limited {
		if s, ok := spans[class]; ok && w.limit {
			w.windows[class] = slices.DeleteFunc(w.windows[class], func(at time.Time) bool { return now.Sub(at) >= s.span })
			if len(w.windows[class]) >= s.n {
				w.throttle++
				w.shut(gate, now, 10*time.Second)
				return 429, http.Header{"Retry-After": {"10"}}, true
			}
			w.windows[class] = append(w.windows[class], now)
		}
	}
	return 0, nil, false
}

// roll is a number from 0 to n-1 out of the seed and what is asked for.
func (w *world) roll(n int, about ...int) int {
	j := newJitter(w.seed*1_000_003 + 17)
	for _, a := range about {
		j.state.Add(uint64(a) * 0x9e3779b97f4a7c15)
		j.state.Store(j.next())
	}
	return int(j.next() % uint64(n))
}
