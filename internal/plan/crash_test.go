package plan_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// answers are what the tenant does with the first try of every write.
var answers = []struct {
	name  string
	fault rig.Fault
}{
	{"ok", rig.Fault{}},
	{"429", rig.Fault{Kind: rig.FaultThrottled, RetryAfter: []string{"7"}}},
	{"503, not applied", rig.Fault{Kind: rig.FaultServer, Status: http.StatusServiceUnavailable}},
	{"504, applied", rig.Fault{Kind: rig.FaultServer, Status: http.StatusGatewayTimeout, Applied: true}},
	{"no answer, not applied", rig.Fault{Kind: rig.FaultSilent}},
	{"no answer, applied", rig.Fault{Kind: rig.FaultSilent, Applied: true}},
	{"reset, not applied", rig.Fault{Kind: rig.FaultReset, At: rig.CutUnseen}},
	{"reset, applied", rig.Fault{Kind: rig.FaultReset, At: rig.CutInHeaders}},
	{"403", rig.Fault{Kind: rig.FaultPermission}},
	{"401", rig.Fault{Kind: rig.FaultToken}},
}

// crashes end the process at the n-th passing of a point, from 1; the name ""
// ends nothing. passed is how often each point was passed in one process.
type crashes struct {
	name   string
	n      int
	passed map[string]int
}

// point is for one process: it counts anew, and adds to what was passed.
func (c *crashes) point() func(string) {
	var mu sync.Mutex
	here := map[string]int{}
	return func(name string) {
		mu.Lock()
		defer mu.Unlock()
		here[name]++
		c.passed[name] = max(c.passed[name], here[name])
		if name == c.name && here[name] == c.n {
			panic(killedAt{name})
		}
	}
}

// String names the point and the passing.
func (c *crashes) String() string { return fmt.Sprintf("%s #%d", c.name, c.n) }

// matrix is one cell: what happens to the writes, and where the process dies,
// and dies again while it recovers.
type matrix struct {
	template *template
	answer   int
	deaths   []*crashes
	dir      string
	seed     uint64
}

// run plays the cell: a plan that blocks two accounts and ends the sessions of
// one is applied with the deaths, then until it is through, applied again, and
// rolled back with the same deaths. It gives what is broken.
func (m matrix) run(t *testing.T) (broken []string) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(begin))
		s := newStage(t, m.template, staging{seed: m.seed, dir: m.dir, fault: func(r rig.Request) rig.Fault {
			if r.Service == "graph" && r.Index == 0 && !r.Part && (r.Method == http.MethodPatch || r.Route == "/users/{id}/revokeSignInSessions") {
				return answers[m.answer].fault
			}
			return rig.Fault{}
		}})
		w := &story{stage: s, t: t, draw: dice(m.seed)}
		m.play(w)
		broken = w.close().verdict()
	})
	return broken
}

func (m matrix) play(w *story) {
	ids := m.template.toBlock()
	p, err := plan.Build(plan.Input{
		Snapshot: m.template.snapshot, Result: m.template.result, Policy: w.policy, Requester: ada, Now: time.Now(),
		Wanted: []plan.Wanted{{Account: ids[0]}, {Account: ids[1]}, {Account: ids[1], Action: plan.Revoke}},
	})
	if err != nil {
		w.wrong("%v", err)
		return
	}
	r := m.through(w, p)
	if r == nil {
		return
	}
	w.apply(context.Background(), p, nil, nil)
	back, err := plan.Inverse(context.Background(), w.ledger, plan.Back{Run: r.Run.ID, Requester: ada, Policy: w.policy, Now: time.Now()})
	if err != nil {
		w.wrong("%v", err)
		return
	}
	if m.through(w, back) != nil {
		w.apply(context.Background(), back, nil, nil)
	}
}

// through applies a plan with the deaths, and then until it has been carried
// out. Where nothing dies any more four times must do.
func (m matrix) through(w *story, p *plan.Plan) *plan.Report {
	w.approve(p)
	for _, c := range m.deaths {
		w.point = c.point()
		t := w.apply(context.Background(), p, nil, func(d *plan.Deps) { d.Workers = 1 })
		w.point = nil
		if t.report != nil && t.report.State == plan.StateFinished {
			return t.report
		}
		<-time.After(time.Minute)
	}
	for range 4 {
		if t := w.apply(context.Background(), p, nil, nil); t.report != nil && t.report.State == plan.StateFinished {
			return t.report
		}
		<-time.After(time.Minute)
	}
	w.wrong("the plan was not carried out after the crash")
	return nil
}

// passing counts what a run passes when nothing dies, or while it recovers
// from a death.
func (m matrix) passing(t *testing.T, before ...*crashes) map[string]int {
	t.Helper()
	watch := &crashes{passed: map[string]int{}}
	m.deaths = append(slices.Clone(before), watch)
	if broken := m.run(t); len(broken) > 0 {
		t.Fatalf("%s, %v: %v", answers[m.answer].name, before, broken)
	}
	return watch.passed
}

// TestCrashMatrix ends the process at every passing of every point, under
// every answer of the tenant: what follows must be as if nothing had happened.
// In a quick test the process dies once in each cell, and at each point the
// first time only; VAKT_CRASH=single takes every passing, and double lets it
// die a second time at every point of the recovery.
func TestCrashMatrix(t *testing.T) {
	mode := os.Getenv("VAKT_CRASH")
	var cells atomic.Int64
	t.Run("answers", func(t *testing.T) {
		for n := range answers {
			t.Run(answers[n].name, func(t *testing.T) {
				t.Parallel()
				m := matrix{template: templateOf(t, 0), answer: n, dir: t.TempDir(), seed: uint64(n)}
				for name, times := range m.passing(t) {
					for at := 1; at <= times; at++ {
						if mode == "" && at > 1 {
							break
						}
						death := &crashes{name: name, n: at, passed: map[string]int{}}
						m.deaths = []*crashes{death}
						cells.Add(1)
						if broken := m.run(t); len(broken) > 0 {
							t.Errorf("death at %s: %v", death, broken)
						}
						if mode == "double" {
							cells.Add(m.again(t, death))
						}
					}
				}
			})
		}
	})
	t.Logf("%d cells", cells.Load())
}

// again lets the process die at every point of its recovery.
func (m matrix) again(t *testing.T, death *crashes) (cells int64) {
	t.Helper()
	for name, times := range m.passing(t, death) {
		for at := 1; at <= times; at++ {
			second := &crashes{name: name, n: at, passed: map[string]int{}}
			m.deaths = []*crashes{death, second}
			cells++
			if broken := m.run(t); len(broken) > 0 {
				t.Errorf("death at %s and then at %s: %v", death, second, broken)
			}
		}
	}
	return cells
}
