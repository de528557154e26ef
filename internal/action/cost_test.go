package action_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vakt/internal/graph"
	"vakt/internal/rig"
)

// TestFreshCostsThreeRequests: of an account alone is asked what is about it
// alone, each once and in no batch; what all accounts share is read again when
// it has grown too old, in one batch.
func TestFreshCostsThreeRequests(t *testing.T) {
	read, write := secrets(t)
	const n = 30
	inTime(t, func(t *testing.T) {
		state := generate(t, "all-traps", 1)
		var mu sync.Mutex
		byRoute := map[string]int{}
		b := reach(t, state, read, write, rig.ServerOptions{OnRequest: func(r rig.Request) {
			mu.Lock()
			defer mu.Unlock()
			if r.Service == "graph" {
				byRoute[r.Route]++
			}
			if r.Object != "" && r.Part {
				t.Errorf("a part of a batch: %s", r.Path)
			}
		}}, nil)
		c := b.client(t)
		begin := time.Now()
		for _, id := range resources(state)[:n] {
			if _, err := c.Fresh(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			<-time.After(100 * time.Millisecond)
		}
		boards := int(time.Since(begin)/(2*time.Second)) + 1
		for route, most := range map[string]int{
			"/users/{id}": n, "/users/{id}/mailboxSettings": n, "/users/{id}/transitiveMemberOf/microsoft.graph.group": n,
			"/$batch": boards, "/domains": boards, "/roleManagement/directory/roleAssignments": boards, "/subscribedSkus": 1,
		} {
			if got := byRoute[route]; got == 0 || got > most {
				t.Errorf("%s was asked for %d times, want %d", route, got, most)
			}
		}
	})
}

// TestFreshDoesNotWaitForTheLate: an answer that comes later than anything may
// be written on it is not waited for, neither that of an account nor the one
// that all accounts wait for.
func TestFreshDoesNotWaitForTheLate(t *testing.T) {
	read, write := secrets(t)
	for _, route := range []string{"/users/{id}", "/users/{id}/mailboxSettings", "/$batch"} {
		inTime(t, func(t *testing.T) {
			state := generate(t, "small-business", 1)
			var late atomic.Int64
			b := reach(t, state, read, write, rig.ServerOptions{Fault: func(r rig.Request) rig.Fault {
				// The first batch also brings what may be ten minutes old.
				if r.Route != route || r.Index != 1 {
					return rig.Fault{}
				}
				late.Add(1)
				return rig.Fault{Kind: rig.FaultSlow, Delay: time.Minute}
			}}, nil)
			c := b.client(t)
			id := resources(state)[0]
			for range 2 {
				begin := time.Now()
				f, err := c.Fresh(t.Context(), id)
				if err != nil {
					t.Fatalf("%s: %v", route, err)
				}
				if took := time.Since(begin); took > 30*time.Second || time.Since(f.At) > graph.Freshness {
					t.Errorf("%s: it took %s, and shows what was %s ago", route, took, time.Since(f.At))
				}
				<-time.After(graph.Freshness)
			}
			if late.Load() != 1 {
				t.Errorf("%s: %d answers were late", route, late.Load())
			}
		})
	}
}
