package plan_test

import (
	"sync/atomic"
	"testing"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// A thousand accounts are written and verified within minutes of simulated
// time, with one request in a hundred failing and at most one in a hundred
// throttled by a limit. It takes about two minutes, and as long as the service
// asks for silence in between: each of its answers 429 asks for up to thirty
// seconds, some fifteen times.
func TestThousandAccountsInMinutes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute of computing")
	}
	inTime(t, func(t *testing.T) {
		var requests, throttled, injected atomic.Int64
		w := newWorld(t, setting{shared: 1700, seed: 4, server: rig.ServerOptions{Faults: rig.Calm, OnRequest: func(r rig.Request) {
			requests.Add(1)
			if r.Status == 429 && r.Fault == "" {
				throttled.Add(1)
			}
			if r.Fault != "" {
				injected.Add(1)
			}
		}}})
		p := w.approve(w.plan(1000, false))
		began := time.Now()
		r, err := plan.Apply(t.Context(), w.deps(), p)
		fatal(t, err)
		took := time.Since(began)
		t.Logf("%d of %d verified in %s; %d requests, %d faults, %d throttled; %s", r.Count(plan.Verified), len(p.Changes), took, requests.Load(), injected.Load(), throttled.Load(), r.Why)
		for _, o := range r.Changes {
			if o.Phase != plan.Verified {
				t.Logf("%s: %q: %s", o.Change.ID, o.Phase, o.Note)
			}
		}
		w.named(p)
		if took > 6*time.Minute || throttled.Load()*100 > requests.Load() || r.Count(plan.Verified) < 990 {
			t.Error("too slow, too greedy, or too little")
		}
	})
}
