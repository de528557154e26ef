package action_test

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"vakt/internal/action"
	"vakt/internal/graph"
	"vakt/internal/rig"
)

// slow answers each request as long after it came as a service does.
type slow struct {
	next http.RoundTripper
	took time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.took):
		return s.next.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestBulk blocks 200 accounts by eight workers, each read afresh within five
// seconds before, at one fault in a hundred requests: the pace of the writes is
// what it waits for, and hardly a request is throttled.
func TestBulk(t *testing.T) {
	read, write := secrets(t)
	const n, workers = 200, 8
	inTime(t, func(t *testing.T) {
		state := generate(t, "all-traps", 1)
		ids := resources(state)
		if len(ids) < n {
			t.Fatalf("%d accounts", len(ids))
		}
		var requests, throttled atomic.Int64
		b := reach(t, state, read, write, rig.ServerOptions{Faults: rig.Calm, OnRequest: func(r rig.Request) {
			requests.Add(1)
			throttled.Add(int64(count(r.Status == http.StatusTooManyRequests && r.Fault == "")))
		}}, func(next http.RoundTripper) http.RoundTripper { return slow{next, 80 * time.Millisecond} })
		c := b.client(t)
		begin := time.Now()
		done := make(chan graph.Result)
		for chunk := range slices.Chunk(ids[:n], n/workers) {
			go func() {
				for _, id := range chunk {
					done <- block(t, c, id)
				}
			}()
		}
		results := map[graph.Result]int{}
		for range n {
			results[<-done]++
		}
		took := time.Since(begin)
		t.Logf("%s, %d requests, %d throttled, %v", took, requests.Load(), throttled.Load(), results)
		if took > 45*time.Second || throttled.Load()*100 > requests.Load() || results[graph.Acked] < n*8/10 || results[graph.Held] > 0 {
			t.Errorf("%s, %d requests, %d throttled, %v", took, requests.Load(), throttled.Load(), results)
		}
	})
}

func block(t *testing.T, c *action.Client, id string) graph.Result {
	return c.Do(t.Context(), id, "account.disable", func(ctx context.Context) (time.Time, error) {
		f, err := c.Fresh(ctx, id)
		if err != nil {
			return time.Time{}, err
		}
		return f.At, nil
	}).Result
}

// TestPace: three hundred changes by eight workers go at the pace of the quota,
// but for those that may go at once, and none is throttled.
func TestPace(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "all-traps", 1)
		ids := resources(state)
		if len(ids) < 100 {
			t.Fatalf("%d accounts", len(ids))
		}
		throttled := make(chan bool, 3000)
		c := reach(t, state, read, write, rig.ServerOptions{OnRequest: func(r rig.Request) { throttled <- r.Status == 429 }}, nil).client(t)
		begin := time.Now()
		done := make(chan graph.Outcome)
		const rounds = 3
		for chunk := range slices.Chunk(ids[:104], 13) {
			go func() {
				for range rounds {
					for _, id := range chunk {
						done <- c.Do(t.Context(), id, "account.disable", now)
					}
				}
			}()
		}
		acked := 0
		for range rounds * 104 {
			out := <-done
			acked += count(out.Result == graph.Acked)
			if out.Result != graph.Acked && out.Status != http.StatusForbidden { // some hold roles
				t.Errorf("%+v", out)
			}
		}
		if acked < rounds*80 {
			t.Errorf("%d of %d acked", acked, rounds*104)
		}
		if took := time.Since(begin); took < 13*time.Second || took > 17*time.Second {
			t.Errorf("took %s", took)
		}
		for range len(throttled) {
			if <-throttled {
				t.Error("a request was throttled")
			}
		}
	})
}
