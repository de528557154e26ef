package rig

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// forced gives one fault on requests to Graph, and none on the login.
func forced(f Fault) func(Request) Fault {
	return func(r Request) Fault {
		if r.Service == serviceGraph {
			return f
		}
		return Fault{}
	}
}

func TestFaultsAreAPureFunction(t *testing.T) {
	for _, p := range []Profile{Calm, Rough, Hell} {
		struck, kinds := 0, map[FaultKind]int{}
		const n = 20000
		for i := range n {
			r := Request{Service: serviceGraph, Method: http.MethodGet, Route: "/users/{id}", Object: strconv.Itoa(i % 100), Index: i, Paged: i%2 == 0}
			f := p.Decide(5, r)
			if again := p.Decide(5, r); again.Kind != f.Kind || again.Delay != f.Delay || again.Status != f.Status {
				t.Fatalf("%s: request %d draws %v and then %v", p.Name, i, f, again)
			}
			if f.Kind != "" {
				struck++
				kinds[f.Kind]++
			}
		}
		if share := float64(struck) / n; share < p.Share*0.8 || share > p.Share*1.2 {
			t.Errorf("%s: %.3f of the requests fail, want %.2f", p.Name, share, p.Share)
		}
		if p.Name == "hell" && len(kinds) < 14 {
			t.Errorf("hell has %d kinds of faults only: %v", len(kinds), kinds)
		}
		if kinds[FaultPartMissing] > 0 {
			t.Errorf("%s: a request outside of a batch lost a part", p.Name)
		}
	}
}

func TestFormsOfThrottling(t *testing.T) {
	for _, test := range []struct{ form, want string }{
		{"7", "7"}, {"1.5", "1.5"}, {"-3", "-3"}, {"soon", "soon"}, {"10000", "10000"},
		{"date:+30", noon.Add(30 * time.Second).Format(http.TimeFormat)}, {"date:-60", noon.Add(-time.Minute).Format(http.TimeFormat)},
	} {
		c := dial(t, "small-business", 0, ServerOptions{Fault: forced(Fault{Kind: FaultThrottled, RetryAfter: []string{test.form}})})
		got := c.fails(http.MethodGet, "/v1.0/users", nil, http.StatusTooManyRequests, "TooManyRequests")
		if h := got.header.Get("Retry-After"); h != test.want {
			t.Errorf("%s: Retry-After is %q", test.form, h)
		}
	}
}

// A 5xx comes before the write took effect, or after it: the truth tells.
func TestServerErrorsBeforeAndAfterTheWrite(t *testing.T) {
	for _, applied := range []bool{false, true} {
		c := dial(t, "small-business", 0, ServerOptions{Fault: forced(Fault{Kind: FaultServer, Status: http.StatusGatewayTimeout, Applied: applied})})
		user := c.aUser(enabledMember).Text("id")
		c.fails(http.MethodPatch, "/v1.0/users/"+user, `{"department":"Lager"}`, http.StatusGatewayTimeout, "GatewayTimeout")
		o, _ := c.s.state.Primary().Get(Users, user)
		if got := o.Text("department") == "Lager"; got != applied || (len(c.s.state.Truth()) > 0) != applied {
			t.Errorf("applied %v: the department is %q, the truth has %d entries", applied, o.Text("department"), len(c.s.state.Truth()))
		}
	}
}

func TestConnectionsBreakAtFourPlaces(t *testing.T) {
	for _, at := range []Cut{CutBeforeHeaders, CutInHeaders, CutInBody, CutAtEnd} {
		c := dial(t, "small-business", 0, ServerOptions{Fault: forced(Fault{Kind: FaultReset, At: at})})
		user := c.aUser(enabledMember).Text("id")
		got := c.send(http.MethodPatch, "/v1.0/users/"+user, `{"department":"Lager"}`)
		if at != CutInBody && at != CutAtEnd && !errors.Is(got.err, errReset) {
			t.Errorf("%s: %v", at, got.err)
		}
		if o, _ := c.s.state.Primary().Get(Users, user); o.Text("department") != "Lager" {
			t.Errorf("%s: the write did not take effect", at)
		}
		if got := c.send(http.MethodGet, "/v1.0/users", nil); got.err == nil || got.status == 200 && !errors.Is(got.err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: a list that broke off: %d %v", at, got.status, got.err)
		}
	}
}

func TestSpoiltPages(t *testing.T) {
	const path = "/v1.0/users?$select=id&$top=5"
	first := func(kind FaultKind) (*client, reply) {
		done := false
		c := dial(t, "small-business", 0, ServerOptions{Unlimited: true, Fault: func(r Request) Fault {
			if r.Service != serviceGraph || done || kind == FaultPageExpired && !strings.Contains(r.Path, "skiptoken") {
				return Fault{}
			}
			done = true
			return Fault{Kind: kind}
		}})
		return c, c.get(path)
	}
	c, loop := first(FaultPageLoop)
	if again := c.get(loop.next()); again.values()[0].Text("id") != loop.values()[0].Text("id") {
		t.Error("the loop does not lead back")
	}
	_, foreign := first(FaultPageForeign)
	if next := foreign.next(); !strings.HasPrefix(next, "https://attacker.example.com/") {
		t.Errorf("the foreign link is %q", next)
	}
	c, empty := first(FaultPageEmpty)
	if got := c.get(empty.next()); len(empty.values()) != 0 || len(got.values()) != 5 {
		t.Errorf("an empty page of %d, then %d", len(empty.values()), len(got.values()))
	}
	c, repeat := first(FaultPageRepeat)
	if got := c.get(repeat.next()); got.values()[0].Text("id") != repeat.values()[4].Text("id") {
		t.Error("the second page does not begin with the last object of the first")
	}
	c, page := first(FaultPageExpired)
	c.fails(http.MethodGet, page.next(), nil, http.StatusBadRequest, "Directory_ExpiredPageToken")
	c.get(path)
}

func TestMalformedAnswers(t *testing.T) {
	for kind, check := range map[FaultKind]func(reply) bool{
		FaultHTML:      func(r reply) bool { return r.status == 200 && strings.HasPrefix(string(r.body), "<!DOCTYPE") },
		FaultTruncated: func(r reply) bool { return r.status == 200 && !strings.HasSuffix(string(r.body), "}") },
		FaultRedirect:  func(r reply) bool { return r.status == 302 && strings.Contains(r.header.Get("Location"), "attacker") },
		FaultToken:     func(r reply) bool { return r.status == 401 && r.code() == "InvalidAuthenticationToken" },
		FaultChallenge: func(r reply) bool {
			return r.status == 401 && strings.Contains(r.header.Get("WWW-Authenticate"), "claims=")
		},
		FaultPermission: func(r reply) bool { return r.status == 403 },
	} {
		c := dial(t, "small-business", 0, ServerOptions{Fault: forced(Fault{Kind: kind})})
		if got := c.send(http.MethodGet, "/v1.0/users", nil); !check(got) {
			t.Errorf("%s: %d %.100s", kind, got.status, got.body)
		}
	}
}

// Reads go back in time between replicas, by the seed, and agree at last.
func TestStaleReads(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Unlimited: true, Fault: forced(Fault{Kind: FaultStale})})
	c.s.state.SetReplicas(3, 5*time.Minute)
	user := c.aUser(enabledMember).Text("id")
	c.send(http.MethodPatch, "/v1.0/users/"+user, `{"department":"Lager"}`)
	stale, fresh := 0, 0
	for range 100 {
		c.now.add(3 * time.Second)
		if c.get("/v1.0/users/" + user + "?$select=department").values(); Object(c.get("/v1.0/users/"+user+"?$select=department").body).Text("department") == "Lager" {
			fresh++
		} else {
			stale++
		}
	}
	c.now.add(5 * time.Minute)
	for range 20 {
		if got := c.get("/v1.0/users/" + user + "?$select=department"); Object(got.body).Text("department") != "Lager" {
			t.Errorf("after five minutes a replica still says %s", got.body)
		}
	}
	if stale == 0 || fresh == 0 {
		t.Errorf("%d stale reads and %d fresh ones", stale, fresh)
	}
}

func TestSlowAnswersTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, "small-business", 0, ServerOptions{Fault: forced(Fault{Kind: FaultSlow, Delay: 20 * time.Second})})
		start := time.Now()
		c.get("/v1.0/users")
		if took := time.Since(start); took != 20*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// A client that does what it should comes through every profile: it waits,
// repeats, renews its token and begins a list anew.
func TestEveryProfileComesToAnEnd(t *testing.T) {
	for _, p := range []Profile{Calm, Rough, Hell} {
		for seed := range uint64(50) {
			synctest.Test(t, func(t *testing.T) { // slow answers take no time here
				c := dial(t, "small-business", 0, ServerOptions{Seed: seed, Faults: p})
				patient := &patientClient{client: c}
				if n := patient.list("/v1.0/users?$select=id&$top=20"); n != c.s.state.Primary().Len(Users) {
					t.Errorf("%s, seed %d: %d users", p.Name, seed, n)
				}
			})
		}
	}
}

// patientClient is the plainest client that survives.
type patientClient struct{ *client }

// list restarts on whatever it does not understand, and counts ids once.
func (c *patientClient) list(path string) int {
	for range 3000 {
		ids, visited, next := map[string]bool{}, map[string]bool{}, path
		for next != "" && !visited[next] {
			c.now.add(3 * time.Second)
			got := c.send(http.MethodGet, next, nil)
			if got.status == http.StatusUnauthorized {
				c.token = c.tokenFor(c.s.apps[0], graphHost)
			}
			if got.err != nil || got.status != http.StatusOK || !json.Valid(got.body) {
				continue
			}
			visited[next] = true
			for _, o := range got.values() {
				ids[o.Text("id")] = true
			}
			if next = got.next(); next != "" && !strings.HasPrefix(next, graphHost) {
				next = path
			}
		}
		if next == "" {
			return len(ids)
		}
	}
	return -1
}
