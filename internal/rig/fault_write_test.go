package rig

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Every fault of a write says by the truth alone whether it took effect.
func TestWritesThatFail(t *testing.T) {
	for name, test := range map[string]struct {
		fault   Fault
		applied bool
		status  int // 0: no answer
	}{
		"unseen":         {Fault{Kind: FaultReset, At: CutUnseen}, false, 0},
		"before headers": {Fault{Kind: FaultReset, At: CutBeforeHeaders}, true, 0},
		"silent, before": {Fault{Kind: FaultSilent}, false, 0},
		"silent, after":  {Fault{Kind: FaultSilent, Applied: true}, true, 0},
		"page, before":   {Fault{Kind: FaultHTML}, false, http.StatusOK},
		"page, after":    {Fault{Kind: FaultHTML, Applied: true}, true, http.StatusOK},
		"504, after":     {Fault{Kind: FaultServer, Status: 504, Applied: true}, true, 504},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := dial(t, "small-business", 0, ServerOptions{Fault: forced(test.fault)})
			id := c.aUser(enabledMember).Text("id")
			got := c.send(http.MethodPatch, "/v1.0/users/"+id, `{"department":"Lager"}`)
			if got.status != test.status || (got.err != nil) != (test.status == 0) {
				t.Errorf("%s: %d %v", name, got.status, got.err)
			}
			if changed := user(c.s.state, id).Text("department") == "Lager"; changed != test.applied {
				t.Errorf("%s: it took effect: %v", name, changed)
			}
		})
	}
}

// A client that hangs up on a silent connection is let go at once.
func TestSilenceEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, "small-business", 0, ServerOptions{Fault: forced(Fault{Kind: FaultSilent})})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPatch, graphHost+"/v1.0/users/x", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		begin := time.Now()
		resp, err := c.s.Transport().RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
			t.Error("a silent connection gave an answer")
		}
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("it ended after %s", took)
		}
	})
}

// Writes have a share of faults of their own, and no read is ever silent.
func TestWritesFailByTheirOwnShare(t *testing.T) {
	p := Profile{Name: "writes", Share: 0, Writes: 0.5}
	failed := map[string]int{}
	for i := range 4000 {
		for _, method := range []string{http.MethodGet, http.MethodPatch} {
			r := Request{Service: serviceGraph, Method: method, Route: "/users/{id}", Object: strconv.Itoa(i)}
			switch f := p.Decide(9, r); {
			case f.Kind != "":
				failed[method]++
			case Hell.Decide(9, r).Kind == FaultSilent && method == http.MethodGet:
				t.Fatal("a read is silent")
			}
		}
	}
	if failed[http.MethodGet] != 0 || failed[http.MethodPatch] < 1800 || failed[http.MethodPatch] > 2200 {
		t.Errorf("of 4000 each, so many failed: %v", failed)
	}
}

// The replica that a request reads through does not depend on what others ask
// meanwhile: the order in which parallel requests come changes nothing.
func TestReplicasAreAPureFunction(t *testing.T) {
	read := func(others int) (out []string) {
		c := dial(t, "small-business", 0, ServerOptions{Unlimited: true, Seed: 4})
		c.s.state.SetReplicas(3, 5*time.Minute)
		id := c.aUser(enabledMember).Text("id")
		c.send(http.MethodPatch, "/v1.0/users/"+id, `{"department":"Lager"}`)
		for range 40 {
			for range others {
				c.get("/v1.0/users?$top=1")
			}
			c.now.add(2 * time.Second)
			out = append(out, Object(c.get("/v1.0/users/"+id+"?$select=department").body).Text("department"))
		}
		return out
	}
	alone, among := read(0), read(3)
	if got, want := strings.Join(among, ","), strings.Join(alone, ","); got != want {
		t.Errorf("with others the reads are\n%s\nwithout\n%s", got, want)
	}
}
