package rig

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// class names the limit under which a route falls: the page "Microsoft Graph
// service-specific throttling limits".
type class string

const (
	classDirectory  class = "directory"       // resource units of the identity service
	classReports    class = "reports"         // auditLogs and reports
	classActivity   class = "signInActivity"  // users with signInActivity
	classProtection class = "protection"      // ID Protection and Conditional Access
	classMailbox    class = "mailbox"         // Outlook, per application and mailbox
	classMethods    class = "methods"         // authentication methods: as the directory
	classPIM        class = "pim"             // privileged identity: as the directory
	classWrites     class = "writes"          // writes to the directory
	classTenant     class = "writes (tenant)" // the same, of all applications
)

// limit is so many units in a time. What was not used fills up evenly.
type limit struct {
	units float64
	in    time.Duration
}

// limits are those of one application in one tenant, except where the name
// says otherwise.
var limits = map[class]limit{
	classReports:    {5, 10 * time.Second},
	classActivity:   {10, time.Minute},
	classProtection: {1, time.Second},
	classMailbox:    {10000, 10 * time.Minute},
	classWrites:     {3000, 150 * time.Second},
	classTenant:     {18000, 5 * time.Minute},
}

// bucket fills up evenly to its limit; a request takes from it what it costs.
type bucket struct {
	limit
	used  float64   // units not yet given back
	at    time.Time // when that was so
	until time.Time // the time that the last 429 named
	told  time.Time // when that was: who was on the way then cannot know
	open  int       // requests that are being answered, of a mailbox
}

// take reserves units; where there are none left it says how long to wait.
func (b *bucket) take(units float64, now time.Time) (wait time.Duration, ok bool) {
	if gone := now.Sub(b.at); gone > 0 {
		b.used = max(0, b.used-b.units*float64(gone)/float64(b.in))
		b.at = now
	}
	if b.used+units > b.units+1e-9 {
		return time.Duration((b.used + units - b.units) / b.units * float64(b.in)), false
	}
	b.used += units
	return 0, true
}

// throttle holds the buckets by what they limit.
type throttle struct {
	s       *Server
	mu      sync.Mutex
	buckets map[string]*bucket
	units   float64 // of the directory in 10 seconds, by the tenant's size
}

// mostConcurrent is how many requests one application may have open on one
// mailbox.
const mostConcurrent = 4

func (t *throttle) init(s *Server) {
	t.s, t.buckets = s, map[string]*bucket{}
	switch n := s.state.Primary().Len(Users); {
	case n < 50:
		t.units = 3500
	case n <= 500:
		t.units = 5000
	default:
		t.units = 8000
	}
}

// charge is one bucket from which a request takes.
type charge struct {
	class class
	key   string
	units float64
}

// charges lists what a request costs.
func (c *call) charges() []charge {
	app := c.who.AppID
	switch c.route.class {
	case classReports:
		return []charge{{classReports, app, 1}}
	case classProtection:
		return []charge{{classProtection, "", 1}} // all applications together
	case classMailbox:
		return []charge{{classMailbox, app + " " + strings.ToLower(c.id(0)), 1}}
	}
	all := []charge{{classDirectory, app, c.units()}}
	if c.method != http.MethodGet {
		all = append(all, charge{classWrites, app, 1}, charge{classTenant, "", 1})
	}
	if c.readsActivity() {
		all = append(all, charge{classReports, app, 1}, charge{classActivity, app, 1})
	}
	return all
}

// units are the resource units of a request to the directory: 1 saved by
// $select, 1 added by $expand.
func (c *call) units() float64 {
	units := c.route.units
	if units == 0 {
		units = 1
	}
	if c.query.Has("$select") && units > 1 {
		units--
	}
	if c.query.Has("$expand") {
		units++
	}
	return float64(units)
}

// throttled takes what a request costs, or answers 429. The returned func
// must be called when the request has been answered.
func (c *call) throttled() (*answer, func()) {
	t := &c.s.throttle
	if c.s.o.Unlimited {
		return nil, func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := c.s.now()
	charges := c.charges()
	for i, ch := range charges {
		b := t.bucket(ch)
		if now.Before(b.until) && now.After(b.told) {
			c.told.Early = true
		}
		wait, ok := b.take(ch.units, now)
		if ok && ch.class == classMailbox && b.open >= mostConcurrent {
			wait, ok = time.Second, false
		}
		if !ok {
			for _, back := range charges[:i] {
				t.bucket(back).used -= back.units
			}
			return c.tooMany(b, ch.class, wait, now), func() {}
		}
	}
	return nil, c.opened(charges)
}

// opened counts a request on a mailbox as being answered until the returned
// func is called; the caller holds the lock.
func (c *call) opened(charges []charge) func() {
	if charges[0].class != classMailbox {
		return func() {}
	}
	t := &c.s.throttle
	b := t.bucket(charges[0])
	b.open++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		b.open--
	}
}

func (t *throttle) bucket(ch charge) *bucket {
	key := string(ch.class) + " " + ch.key
	b, ok := t.buckets[key]
	if !ok {
		b = &bucket{limit: limits[ch.class], at: t.s.now()}
		if ch.class == classDirectory {
			b.limit = limit{t.units, 10 * time.Second}
		}
		t.buckets[key] = b
	}
	return b
}

// tooMany is the 429 of a bucket. ID Protection and Conditional Access name
// no time.
func (c *call) tooMany(b *bucket, cl class, wait time.Duration, now time.Time) *answer {
	code, text := "TooManyRequests", "Too many requests."
	if cl == classMailbox {
		code, text = "ApplicationThrottled", "Application is over its MailboxConcurrency limit."
	}
	a := graphError(http.StatusTooManyRequests, code, text)
	if cl == classProtection {
		return a
	}
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	b.until, b.told = now.Add(time.Duration(seconds)*time.Second), now
	a.header.Set("Retry-After", strconv.Itoa(seconds))
	if cl == classDirectory || cl == classWrites || cl == classTenant {
		a.header.Set("x-ms-throttle-scope", "Tenant_Application/ReadWrite/"+c.who.AppID+"/"+c.s.tenant)
		a.header.Set("x-ms-throttle-information", "ResourceUnitLimitExceeded")
	}
	return a
}

// tellUnits adds the headers in which the directory says what a request cost,
// and from 0.8 on how much of the limit is used.
func (c *call) tellUnits(a *answer) {
	if c.s.o.Unlimited || c.route.class != classDirectory {
		return
	}
	t := &c.s.throttle
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(charge{classDirectory, c.who.AppID, 0})
	a.header.Set("x-ms-resource-unit", strconv.Itoa(int(c.units())))
	if share := b.used / b.units; share >= 0.8 {
		a.header.Set("x-ms-throttle-limit-percentage", strconv.FormatFloat(share, 'f', 2, 64))
		a.header.Set("x-ms-throttle-scope", "Tenant_Application/ReadWrite/"+c.who.AppID+"/"+c.s.tenant)
	}
}
