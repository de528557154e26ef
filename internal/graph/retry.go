package graph

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter reads every Retry-After of an answer and gives the longest wait
// that one of them asks for, in whole seconds rounded up. ok is false where
// none says how long: missing, not a number and not a date, or not in the
// future. The HTTP date is measured against the answer's own Date, which is
// the same clock, and against ours where there is none.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	base := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		base = date
	}
	for _, line := range h.Values("Retry-After") {
		forms := []string{line}
		if at, err := http.ParseTime(strings.TrimSpace(line)); err == nil {
			wait = max(wait, at.Sub(base))
			continue
		}
		if strings.Contains(line, ",") { // two headers that a proxy has joined
			forms = strings.Split(line, ",")
		}
		for _, form := range forms {
			wait = max(wait, seconds(strings.TrimSpace(form)))
		}
	}
	return wait, wait > 0
}

// longestDelay is what any delay that does not fit is taken for.
const longestDelay = 10 * 365 * 24 * time.Hour

// seconds reads a delay in seconds, with or without a fraction; 0 where it is
// no such number. Rounding goes up: a fraction that is cut off is a request
// that comes too early.
func seconds(s string) time.Duration {
	if s == "" || strings.Trim(s, "0123456789.") != "" || strings.Count(s, ".") > 1 || s == "." {
		return 0
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n > longestDelay.Seconds() {
		return longestDelay // only digits: an error means that it is too large
	}
	return time.Duration(math.Ceil(n)) * time.Second
}

// verdict is what becomes of an answer.
type verdict int

const (
	done      verdict = iota // use it
	fail                     // a final error
	throttled                // wait at the gate, then again
	transient                // wait a little, then again
	renew                    // fetch a new token, then again
)

// judge decides by the status alone. Every request of the Reader may be
// repeated: it changes nothing.
func judge(a answer) verdict {
	switch {
	case a.status >= 200 && a.status < 300:
		return done
	case a.status == http.StatusUnauthorized:
		return renew
	case a.status == http.StatusTooManyRequests:
		return throttled
	case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
		return throttled
	case a.status == http.StatusRequestTimeout, a.status == http.StatusInternalServerError, a.status == http.StatusBadGateway,
		a.status == http.StatusServiceUnavailable, a.status == http.StatusGatewayTimeout, a.status == http.StatusInsufficientStorage:
		return transient
	}
	return fail
}

// outcomeOf reads what an answer says about pacing.
func outcomeOf(a answer, now time.Time) outcome {
	o := outcome{ok: true}
	if judge(a) == throttled {
		o.throttled, o.ok = true, false
		o.wait, o.told = retryAfter(a.header, now)
	}
	if load, err := strconv.ParseFloat(a.header.Get("x-ms-throttle-limit-percentage"), 64); err == nil && load < 100 {
		o.load = load
	}
	if units, err := strconv.ParseFloat(a.header.Get("x-ms-resource-unit"), 64); err == nil && units < 1000 {
		o.units = int(math.Ceil(units))
	}
	return o
}
