package graph

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 4, 8, 12, 44, 600e6, time.UTC)
	const date = "Mon, 04 May 2026 08:12:44 GMT"
	for _, c := range []struct {
		name  string
		lines []string
		date  string
		want  time.Duration // 0: says nothing
	}{
		{"whole", []string{"10"}, "", 10 * time.Second},
		{"spaces", []string{"  10 "}, "", 10 * time.Second},
		{"leading zeros", []string{"007"}, "", 7 * time.Second},
		{"fraction rounds up", []string{"1.2"}, "", 2 * time.Second},
		{"small fraction rounds up", []string{"0.001"}, "", time.Second},
		{"bare fraction", []string{".5"}, "", time.Second},
		{"zero", []string{"0"}, "", 0},
		{"zero fraction", []string{"0.0"}, "", 0},
		{"negative", []string{"-5"}, "", 0},
		{"garbage", []string{"soon"}, "", 0},
		{"empty", []string{""}, "", 0},
		{"none", nil, "", 0},
		{"dot", []string{"."}, "", 0},
		{"exponent", []string{"1e3"}, "", 0},
		{"hexadecimal", []string{"0x10"}, "", 0},
		{"twice: the longest", []string{"3", "20"}, "", 20 * time.Second},
		{"joined by a proxy", []string{"3, 20"}, "", 20 * time.Second},
		{"garbage beside a number", []string{"soon", "4"}, "", 4 * time.Second},
		{"huge", []string{"10000"}, "", 10000 * time.Second},
		{"more than fits", []string{"99999999999999999999999999"}, "", longestDelay},
		{"digits without end", []string{"1" + string(make([]byte, 0)) + "0000000000000000000000000000000000000000000000000000000000000000000000"}, "", longestDelay},
		{"date against its own clock", []string{"Mon, 04 May 2026 08:13:14 GMT"}, date, 30 * time.Second},
		{"date, our clock an hour late", []string{"Mon, 04 May 2026 09:13:14 GMT"}, "Mon, 04 May 2026 09:12:44 GMT", 30 * time.Second},
		{"date without a clock", []string{"Mon, 04 May 2026 08:13:14 GMT"}, "", 29*time.Second + 400*time.Millisecond},
		{"date in the past", []string{"Mon, 04 May 2020 08:13:14 GMT"}, date, 0},
		{"old form of date", []string{"Monday, 04-May-26 08:13:14 GMT"}, date, 30 * time.Second},
		{"date and number", []string{"Mon, 04 May 2026 08:13:14 GMT", "40"}, date, 40 * time.Second},
	} {
		h := http.Header{}
		for _, line := range c.lines {
			h.Add("Retry-After", line)
		}
		if c.date != "" {
			h.Set("Date", c.date)
		}
		got, ok := retryAfter(h, now)
		if got != c.want || ok != (c.want > 0) {
			t.Errorf("%s: got %s, %t, want %s", c.name, got, ok, c.want)
		}
	}
}

// FuzzRetryAfter: whatever a header holds, the wait is not negative and does
// not overflow.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "1.5", "Mon, 04 May 2026 08:13:14 GMT", "-1", "1e400", "999999999999", "1,2,x"} {
		f.Add(s, "Mon, 04 May 2026 08:12:44 GMT")
	}
	f.Fuzz(func(t *testing.T, line, date string) {
		wait, ok := retryAfter(http.Header{"Retry-After": {line}, "Date": {date}}, time.Unix(0, 0))
		if wait < 0 || ok != (wait > 0) {
			t.Errorf("%q at %q: %s, %t", line, date, wait, ok)
		}
	})
}

// TestThrottledForLongIsParked: told to wait longer than we do, a request
// fails at once with the time, and nothing else of its bucket is sent before.
func TestThrottledForLongIsParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 10)
		w.fault = func(n int, _ *http.Request) string {
			if n == 1 {
				return "long"
			}
			return ""
		}
		w.handler = func(w *world, _ *http.Request, _ []byte) (int, http.Header, string) {
			if w.n == 1 {
				return 429, http.Header{"Retry-After": {"10000"}}, ""
			}
			return 200, nil, `{"value":[]}`
		}
		r := w.reader(t)
		start := time.Now()
		ask := func() error { return r.List(t.Context(), List{Path: "/users"}, "", func(Page) error { return nil }) }
		for i := range 3 {
			err := ask()
			wantKind(t, err, Throttled)
			if e := asError(t, err); e.RetryAfter < 9990*time.Second || e.RetryAfter > 10000*time.Second {
				t.Errorf("try %d: RetryAfter %s", i, e.RetryAfter)
			}
		}
		if w.n != 1 || time.Since(start) > 10*time.Second {
			t.Errorf("%d requests in %s: want one, at once", w.n, time.Since(start))
		}
		if err := sleep(t.Context(), 10000*time.Second, nil); err != nil {
			t.Fatal(err)
		}
		if err := ask(); err != nil {
			t.Errorf("after the time: %v", err)
		}
	})
}

// TestUntoldThrottlingSlowsDown: 429 without Retry-After, for ever, from
// sixteen workers: the bucket sends at most one request a second, and gives up
// in the end.
func TestUntoldThrottlingSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3, 10)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 429, nil, "" }
		r := w.reader(t)
		errs := make(chan error)
		for range 16 {
			go func() { errs <- r.List(t.Context(), List{Path: "/users"}, "", func(Page) error { return nil }) }()
		}
		start := time.Now()
		for range 16 {
			wantKind(t, <-errs, Throttled)
		}
		if took := time.Since(start); took < 50*time.Minute || took > 3*time.Hour {
			t.Errorf("gave up after %s", took)
		}
		late := w.arrivals[16:] // the first ones were on the way together
		for i := 1; i < len(late); i++ {
			if gap := late[i].Sub(late[i-1]); gap < time.Second {
				t.Fatalf("two requests within %s", gap)
			}
		}
	})
}

// TestOneGateStopsAllWorkers: told to wait, all sixteen workers do.
func TestOneGateStopsAllWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3, 10)
		var told time.Time
		w.handler = func(w *world, _ *http.Request, _ []byte) (int, http.Header, string) {
			if w.n == 20 {
				told = time.Now()
				return 429, http.Header{"Retry-After": {"30"}}, ""
			}
			return 200, nil, `{"value":[]}`
		}
		r := w.reader(t)
		done := make(chan error)
		for range 16 {
			go func() {
				var err error
				for i := 0; i < 10 && err == nil; i++ {
					err = r.List(t.Context(), List{Path: "/users"}, "", func(Page) error { return nil })
				}
				done <- err
			}()
		}
		for range 16 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		after := 0
		for _, at := range w.arrivals {
			if since := at.Sub(told); since > w.delay && since < 30*time.Second {
				t.Errorf("a request came %s after everybody was told to wait 30s", since)
			} else if since >= 30*time.Second {
				after++
			}
		}
		if after == 0 {
			t.Error("nobody came back")
		}
	})
}

// TestHeedsLoad: from 80 % of the quota on, requests are held back before
// anybody is turned away.
func TestHeedsLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3, 10)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) {
			return 200, http.Header{"X-Ms-Throttle-Limit-Percentage": {"0.9"}}, `{"value":[]}`
		}
		r := w.reader(t)
		for range 2 {
			if err := r.List(t.Context(), List{Path: "/users"}, "", func(Page) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if gap := w.arrivals[1].Sub(w.arrivals[0]); gap < 5*time.Second {
			t.Errorf("the next request came after %s", gap)
		}
	})
}

// TestPublishedLimits: many workers in a hurry are never turned away by a
// service that counts as the published limits say, and go nearly as fast as
// those allow.
func TestPublishedLimits(t *testing.T) {
	for _, c := range []struct {
		path  string
		each  time.Duration // between two requests, at the limit
		count int
	}{
		{"/reports/authenticationMethods/userRegistrationDetails", 2 * time.Second, 60},
		{"/identity/conditionalAccess/policies", 2 * time.Second, 20}, // half of what all applications share
		{"/users?$select=id,signInActivity", 6 * time.Second, 60},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(5, 1)
			w.limit, w.delay = true, 400*time.Millisecond
			r := w.reader(t)
			jobs := make(chan int)
			done := make(chan error)
			for range 8 {
				go func() {
					var err error
					for range jobs {
						if e := r.List(t.Context(), List{Path: c.path}, "", func(Page) error { return nil }); e != nil {
							err = e
						}
					}
					done <- err
				}()
			}
			start := time.Now()
			for i := range c.count {
				jobs <- i
			}
			close(jobs)
			for range 8 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			took, least := time.Since(start), time.Duration(c.count)*c.each
			if w.throttle > 0 || took > least*11/10 {
				t.Errorf("%s: turned away %d times, took %s: want never, %s", c.path, w.throttle, took, least*11/10)
			}
		})
	}
}

func TestBackoffGrowsAndStaysInBounds(t *testing.T) {
	j := newJitter(9)
	for n := 1; n < 40; n++ {
		for range 50 {
			bound := min(longestWait, firstWait<<min(n-1, 20))
			if d := j.backoff(n); d < leastWait || d > bound {
				t.Fatalf("failure %s: waited %s, bound %s", strconv.Itoa(n), d, bound)
			}
		}
	}
}
