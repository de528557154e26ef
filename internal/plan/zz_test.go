package plan_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

func TestZZ(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var mu sync.Mutex
		routes := map[string]int{}
		perSec := map[int]int{}
		var began time.Time
		w := newWorld(t, setting{shared: 1600, server: rig.ServerOptions{Faults: rig.Calm, OnRequest: func(r rig.Request) {
			mu.Lock()
			defer mu.Unlock()
			k := r.Service + " " + r.Method + " " + r.Route
			routes[k]++
			if r.Fault != "" || r.Status == 429 {
				fmt.Fprintln(os.Stderr, "   F", time.Since(began).Round(time.Second), r.Fault, r.Status, r.Method, r.Route, r.Part)
			}
			if isWrite(r) {
				perSec[int(time.Since(began).Seconds())/10]++
			}
		}}})
		p := w.approve(w.plan(1000, false))
		began = time.Now()
		d := w.deps()
		n := 0
		d.Progress = func(r plan.Row) {
			if r.Phase == plan.Verified || r.Phase == plan.Unsettled || r.Phase == plan.Rejected {
				n++
				if n%50 == 0 {
					fmt.Fprintln(os.Stderr, n, r.Phase, time.Since(began), r.Note[:min(60, len(r.Note))])
				}
			}
		}
		_, err := plan.Apply(t.Context(), d, p)
		fmt.Fprintln(os.Stderr, err, routes)
		for i := 0; i < 40; i++ {
			fmt.Fprint(os.Stderr, perSec[i], " ")
		}
	})
}
