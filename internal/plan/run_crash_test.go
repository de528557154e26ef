package plan_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// killed is the end of a process in a test.
type killed struct{ point string }

// crash ends the run at the n-th time that a point is passed, from 1. It tells
// how often each point was passed.
type crash struct {
	at string
	n  int

	mu     sync.Mutex
	passed map[string]int
}

func (c *crash) point(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.passed == nil {
		c.passed = map[string]int{}
	}
	c.passed[name]++
	if name == c.at && c.passed[name] == c.n {
		panic(killed{name})
	}
}

// run applies a plan until the process dies, and tells whether it did.
func (c *crash) run(w *world, p *plan.Plan) (r *plan.Report, err error, died bool) {
	w.point = c.point
	defer func() {
		w.point = nil
		if v := recover(); v != nil {
			if _, ours := v.(killed); !ours {
				panic(v)
			}
			died = true
		}
	}()
	r, err = plan.Apply(w.t.Context(), w.deps(), p)
	return r, err, false
}

// weathers are what the tenant does to the first try of each write.
var weathers = map[string]func(rig.Request) rig.Fault{
	"calm": nil,
	"done, then reset": func(r rig.Request) rig.Fault {
		return first(r, rig.Fault{Kind: rig.FaultReset, At: rig.CutBeforeHeaders})
	},
	"throttled": func(r rig.Request) rig.Fault {
		return first(r, rig.Fault{Kind: rig.FaultThrottled, RetryAfter: []string{"7"}})
	},
}

func first(r rig.Request, f rig.Fault) rig.Fault {
	if isWrite(r) && r.Index == 0 {
		return f
	}
	return rig.Fault{}
}

func isWrite(r rig.Request) bool {
	return r.Service == "graph" && (r.Method == http.MethodPatch || strings.HasSuffix(r.Route, "/revokeSignInSessions"))
}

// Wherever a run breaks off, and however the tenant treats its writes, applying
// the plan again ends as if nothing had happened, with at most one more
// identical write a crash.
func TestCrashAnywhereEndsRight(t *testing.T) {
	for name, fault := range weathers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all crash
			inTime(t, func(t *testing.T) { crashAt(t, &all, nil, fault) })
			runs := 0
			for _, point := range plan.Points() {
				if all.passed[point] > 0 {
					runs++
					inTime(t, func(t *testing.T) { crashAt(t, &crash{at: point, n: 1 + all.passed[point]/2}, nil, fault) })
				}
			}
			t.Logf("%d crashes", runs)
		})
	}
}

// A second crash while the first is being recovered from changes nothing.
func TestCrashInRecoveryEndsRight(t *testing.T) {
	fault := func(r rig.Request) rig.Fault {
		return first(r, rig.Fault{Kind: rig.FaultServer, Status: http.StatusGatewayTimeout, Applied: r.Number%2 == 0})
	}
	firsts := []string{"journal.intent.after", "call.write.after"}
	for _, point := range firsts {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			var all crash
			inTime(t, func(t *testing.T) { crashAt(t, &crash{at: point, n: 1}, &all, fault) })
			for _, second := range plan.Points() {
				if all.passed[second] > 0 {
					inTime(t, func(t *testing.T) { crashAt(t, &crash{at: point, n: 1}, &crash{at: second, n: 1}, fault) })
				}
			}
		})
	}
}

// crashAt runs a plan with one or two crashes, then to its end, and looks at
// what the tenant has got.
func crashAt(t *testing.T, one, two *crash, fault func(rig.Request) rig.Fault) {
	w := newWorld(t, setting{server: rig.ServerOptions{Fault: fault}})
	p := w.approve(w.plan(2, true))
	crashes := 0
	for _, c := range []*crash{one, two} {
		if c == nil {
			continue
		}
		_, err, died := c.run(w, p)
		if c.at != "" && !died {
			t.Errorf("%q was not passed: %v", c.at, err)
		}
		if died {
			crashes++
			w.named(p)
			pause(t, time.Minute)
		}
	}
	r := w.untilFinished(p)
	finished(t, r)
	w.named(p)
	w.alike(subjects(p), "accountEnabled", "signInSessionsValidFromDateTime")
	extra := 0
	for _, c := range p.Changes {
		n := w.effects()[c.ID]
		if n < 1 {
			t.Errorf("crash at %s: %s took no effect", where(one, two), c.ID)
		}
		extra += max(0, n-1)
	}
	if extra > crashes {
		t.Errorf("crash at %s: %d writes took effect once more", where(one, two), extra)
	}
	sent := len(w.writes())
	finished(t, w.apply(p))
	if n := len(w.writes()); n != sent {
		t.Errorf("crash at %s: %d writes by applying it again", where(one, two), n-sent)
	}
	w.whole()
}

func where(list ...*crash) string {
	var names []string
	for _, c := range list {
		if c != nil && c.at != "" {
			names = append(names, fmt.Sprintf("%s#%d", c.at, c.n))
		}
	}
	return strings.Join(names, ", ")
}

// untilFinished applies a plan until it is finished, three times at most.
func (w *world) untilFinished(p *plan.Plan) *plan.Report {
	w.t.Helper()
	var r *plan.Report
	for range 3 {
		var err error
		r, err = plan.Apply(w.t.Context(), w.deps(), p)
		if err != nil {
			w.t.Logf("apply: %v", err)
		}
		if r != nil && r.State == plan.StateFinished {
			return r
		}
	}
	if r == nil {
		w.t.Fatal("no run began")
	}
	return r
}

// Points names every point that a run passes.
func TestPointsAreAll(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, setting{})
		var c crash
		p := w.approve(w.plan(2, true))
		if _, err, _ := c.run(w, p); err != nil {
			t.Fatal(err)
		}
		for name := range c.passed {
			if !slices.Contains(plan.Points(), name) {
				t.Errorf("Points does not name %q", name)
			}
		}
	})
}

// Where the first account cannot be written, however often it is tried, no
// other one is.
func TestPilotHoldsTheOthersBack(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var pilot string
		w := newWorld(t, setting{server: rig.ServerOptions{Fault: func(r rig.Request) rig.Fault {
			if isWrite(r) && r.Object == pilot {
				return rig.Fault{Kind: rig.FaultServer, Status: http.StatusServiceUnavailable}
			}
			return rig.Fault{}
		}}})
		p := w.approve(w.plan(4, false))
		pilot = p.Changes[0].Subject.ID
		r, err := plan.Apply(t.Context(), w.deps(), p)
		wantError(t, err, "apply the plan again later")
		if r.State != plan.StateStopped || r.Changes[0].Phase != plan.Ineffective || len(w.effects()) != 0 {
			t.Errorf("%s, %v, effects %v", r.State, phases(r), w.effects())
		}
		pilot = ""
		finished(t, w.apply(p))
		w.named(p)
	})
}
