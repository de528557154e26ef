package rig

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// before is the answer of a fault that strikes before the request takes
// effect, nil for the others.
func (c *call) before() *answer {
	switch f := c.fault; f.Kind {
	case FaultThrottled:
		return c.injected(f)
	case FaultServer:
		if !f.Applied {
			return c.serverError(f)
		}
	case FaultToken:
		return unauthorized("Lifetime validation failed, the token is expired.", "")
	case FaultChallenge:
		return c.challenged()
	case FaultPermission:
		return c.forbidden()
	case FaultHTML:
		if !f.Applied {
			return webPage()
		}
	case FaultReset:
		if f.At == CutUnseen {
			return &answer{header: http.Header{}, cut: FaultReset, at: CutUnseen}
		}
	case FaultSilent:
		if !f.Applied {
			return &answer{header: http.Header{}, cut: FaultSilent}
		}
	case FaultRedirect:
		a := rawAnswer(http.StatusFound, nil)
		a.header.Set("Location", "https://attacker.example.com"+c.path)
		return a
	}
	return nil
}

func webPage() *answer {
	a := rawAnswer(http.StatusOK, []byte("<!DOCTYPE html><html><body><h1>Service unavailable</h1></body></html>"))
	a.header.Set("Content-Type", "text/html")
	return a
}

// challenged revokes the tokens issued so far.
func (c *call) challenged() *answer {
	c.s.ChallengeTokens()
	return c.s.challenge()
}

func (c *call) forbidden() *answer {
	if c.route != nil && c.told.Service == serviceGraph {
		return c.denied()
	}
	return exchangeError(http.StatusForbidden, "Forbidden", "UnauthorizedAccessException", "The caller may not do this.")
}

// injected is a 429 that no bucket asked for. The bucket remembers the time.
func (c *call) injected(f Fault) *answer {
	a := graphError(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
	now := c.s.now()
	var until time.Time
	for _, value := range f.RetryAfter {
		if offset, ok := strings.CutPrefix(value, "date:"); ok {
			n, err := strconv.Atoi(offset)
			if err != nil {
				continue
			}
			value = now.Add(time.Duration(n) * time.Second).Format(http.TimeFormat)
		}
		a.header.Add("Retry-After", value)
		if at, ok := waitUntil(value, now); ok && at.After(until) {
			until = at
		}
	}
	c.remember(until)
	return a
}

// waitUntil reads one value of Retry-After: seconds, fractions of them, or a
// date.
func waitUntil(value string, now time.Time) (time.Time, bool) {
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return now.Add(time.Duration(seconds * float64(time.Second))), true
	}
	at, err := http.ParseTime(value)
	return at, err == nil
}

// remember notes in the first bucket of a request until when it asked for
// silence.
func (c *call) remember(until time.Time) {
	if c.route == nil || c.who == nil || c.s.o.Unlimited {
		return
	}
	t := &c.s.throttle
	t.mu.Lock()
	defer t.mu.Unlock()
	if b := t.bucket(c.charges()[0]); until.After(b.until) {
		b.until, b.told = until, c.s.now()
	}
}

func (c *call) serverError(f Fault) *answer {
	codes := map[int]string{500: "generalException", 502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout"}
	a := graphError(f.Status, codes[f.Status], "The service failed.")
	for _, value := range f.RetryAfter {
		a.header.Add("Retry-After", value)
	}
	return a
}

// after spoils an answer that the request has earned.
func (c *call) after(a *answer) *answer {
	switch f := c.fault; f.Kind {
	case FaultServer:
		if f.Applied {
			failed := c.serverError(f)
			failed.done = a.done
			return failed
		}
	case FaultHTML:
		page := webPage()
		page.done = a.done
		return page
	case FaultReset, FaultSilent:
		a.cut, a.at = f.Kind, f.At
	case FaultSlow:
		a.delay = f.Delay
	case FaultTruncated:
		a.body = a.body[:len(a.body)/2]
	}
	return a
}

// suffers tells whether the request was drawn one of these faults.
func (c *call) suffers(kinds ...FaultKind) bool { return slices.Contains(kinds, c.fault.Kind) }
