package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// seeds is how many fault runs there are: VAKT_SEEDS, or enough for a build.
func seeds(t testing.TB) int {
	t.Helper()
	text := os.Getenv("VAKT_SEEDS")
	if text == "" {
		return 1000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("VAKT_SEEDS: %v", err)
	}
	return n
}

// faults are what may happen to one request of a run.
var faults = []string{
	"429", "429", "503", "500", "502", "504", "reset", "html", "short", "twice", "nolist", "expired", "repeat", "loop",
	"empty", "cut", "expire", "cae",
}

// schedule is a pure function of seed and request number: in each run one
// request in rate fails, in one run of fifty a page leads to another host.
func schedule(w *world, rate int) func(int, *http.Request) string {
	return func(n int, _ *http.Request) string {
		switch {
		case n < 0:
			return "parts"
		case w.seed%50 == 0 && n > 10 && n < 14:
			return "foreign"
		case w.roll(rate, n) != 0:
			return ""
		}
		return faults[w.roll(len(faults), n, 3)]
	}
}

// TestSeededFaults runs lists and batches through schedules of faults. Whatever
// happens, no request comes before it was told to, no token goes elsewhere, a
// list that ends without an error is the whole list, and every part of a batch
// has its own answer.
func TestSeededFaults(t *testing.T) {
	const chunks = 20
	n := seeds(t)
	results := make(chan tally, chunks)
	t.Run("all", func(t *testing.T) {
		for c := range chunks {
			t.Run(strconv.Itoa(c), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var sum tally
					for seed := c * n / chunks; seed < (c+1)*n/chunks; seed++ {
						sum.add(runSeed(t, uint64(seed)))
					}
					results <- sum
				})
			})
		}
	})
	close(results)
	var sum tally
	for r := range results {
		sum.add(r)
	}
	t.Logf("%d runs, %d requests, %d throttled, %d whole lists, %d broken off, %d parts right", n, sum.requests, sum.throttled, sum.whole, sum.broken, sum.parts)
	if sum.parts < n*60 { // of 40 to 99 in each run, 69 on average
		t.Errorf("%d parts of batches arrived in %d runs: the client gives up too easily", sum.parts, n)
	}
	if sum.whole < n*8/10 {
		t.Errorf("%d of %d lists arrived: the client gives up too easily", sum.whole, n)
	}
}

type tally struct{ requests, throttled, whole, broken, parts int }

func (a *tally) add(b tally) {
	a.requests += b.requests
	a.throttled += b.throttled
	a.whole += b.whole
	a.broken += b.broken
	a.parts += b.parts
}

func runSeed(t *testing.T, seed uint64) tally {
	w := newWorld(seed, 40+int(seed%60))
	rate := []int{100, 5, 3}[seed%3] // calm, rough, hell
	w.fault = schedule(w, rate)
	r := w.reader(t)
	ctx := context.Background()
	var out tally
	got := map[string]int{}
	err := r.List(ctx, List{Path: "/users", Select: []string{"id"}}, "", func(p Page) error {
		for _, item := range p.Items {
			var u struct{ ID string }
			if err := json.Unmarshal(item, &u); err != nil {
				return err
			}
			got[u.ID]++
		}
		return nil
	})
	if err != nil {
		out.broken++
		wantTyped(t, seed, err)
	} else {
		out.whole++
		if len(got) != w.users {
			t.Errorf("seed %d: %d of %d users, and no error: a part was taken for the whole", seed, len(got), w.users)
		}
		for id, times := range got {
			if times != 1 {
				t.Errorf("seed %d: user %s came %d times", seed, id, times)
			}
		}
	}
	out.parts = runBatch(t, w, r)
	for _, e := range w.early {
		t.Errorf("seed %d: %s", seed, e)
	}
	if w.foreign+w.writes > 0 {
		t.Errorf("seed %d: %d requests to another host, %d writes", seed, w.foreign, w.writes)
	}
	out.requests = w.n
	out.throttled = r.c.meter.at.Throttled
	return out
}

func runBatch(t *testing.T, w *world, r *Reader) int {
	var ids []string
	for i := range w.users {
		ids = append(ids, userID(i))
	}
	var subs []Sub
	for _, id := range ids {
		subs = append(subs, Sub{ID: "caller " + id, Path: "/users/" + id + "/mailboxSettings?$select=userPurpose"})
	}
	seen := map[string]int{}
	right := 0
	err := r.Batch(context.Background(), subs, func(id string, status int, body json.RawMessage, err error) error {
		seen[id]++
		var e *Error
		var n int
		if _, scan := fmt.Sscanf(id, "caller %8x-", &n); scan != nil {
			t.Errorf("seed %d: part %q is nobody's", w.seed, id)
		}
		none := n%9 == 4
		switch {
		case err == nil && !none && status == 200 && "caller "+bodyEcho(body) == id:
			right++
		case errors.As(err, &e) && e.Kind == NoMailbox && none:
			right++
		case errors.As(err, &e) && (e.Kind == Unavailable || e.Kind == Throttled):
		default:
			t.Errorf("seed %d: part %q got status %d, body %s, error %v", w.seed, id, status, body, err)
		}
		return nil
	})
	if err != nil {
		wantTyped(t, w.seed, err)
		return right
	}
	for _, s := range subs {
		if seen[s.ID] != 1 {
			t.Errorf("seed %d: part %q was handed over %d times", w.seed, s.ID, seen[s.ID])
		}
	}
	return right
}

func wantTyped(t *testing.T, seed uint64, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Kind == "" || e.Path == "" {
		t.Errorf("seed %d: %v (%T): want an *Error with kind and path", seed, err, err)
	}
}

// TestHundredThousandAccounts is the figure of the users pass, in virtual time
// against a service that enforces its published windows.
func TestHundredThousandAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 100_000)
		w.size, w.delay, w.limit = 999, 800*time.Millisecond, true
		r := w.reader(t)
		start := time.Now()
		for _, fields := range [][]string{{"id", "signInActivity"}, {"id", "displayName"}} {
			n := 0
			err := r.List(t.Context(), List{Path: "/users", Select: fields}, "", func(p Page) error {
				n += len(p.Items)
				return nil
			})
			if err != nil || n != w.users {
				t.Fatalf("%v: %d users, %v", fields, n, err)
			}
		}
		wall := time.Since(start)
		bound := 200*6*time.Second + 101*800*time.Millisecond
		t.Logf("%d requests, %d throttled, wall %s, bound %s (%.3f)", w.n, w.throttle, wall, bound, wall.Seconds()/bound.Seconds())
		if w.n > 350 || w.throttle > w.n/100 || wall > bound*11/10 {
			t.Errorf("%d requests, %d throttled, %s: want at most 350, 1 %%, %s", w.n, w.throttle, wall, bound*11/10)
		}
	})
}
