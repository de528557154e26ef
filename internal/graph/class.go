package graph

import (
	"time"

	"vakt/internal/tenant"
)

// A class is a group of requests that a service counts together.
type class string

// Classes of limits, from Microsoft's throttling limits of Graph. Each is
// counted per application and tenant unless it says otherwise.
const (
	directory  class = "directory"  // users, groups, roles: resource units per 10 s
	reports    class = "reports"    // sign-ins, audits, registration: 5 requests in 10 s
	activity   class = "activity"   // signInActivity: 10 requests a minute; counts as a report too
	protection class = "protection" // risk and Conditional Access: one a second for all applications of the tenant together; its 429 has no Retry-After
	mail       class = "mail"       // mailbox settings and rules: four at once a mailbox
	trace      class = "trace"      // message trace: 100 in five minutes
	exchange   class = "exchange"   // cmdlets: no limit is published, so the pace adapts
	writes     class = "writes"     // changes to the directory: 3,000 in 150 s, and 18,000 in five minutes for all applications of the tenant together
)

// limit is what we allow ourselves of a class.
type limit struct {
	// requests in any span of time of this length, for classes that are
	// counted by the request
	requests int
	span     time.Duration
	// rate is units a second and burst the most at once, for the others and
	// for those that may not use up their span in one go
	rate, burst float64
	// second is the most requests in any second; 0: no bound
	second int
	// adaptive rates halve when throttled and grow back
	adaptive bool
	slowest  float64
}

// limits of requests. What is shared with other applications of the tenant, or
// published as a budget of units, is used by half; what is counted for us
// alone is used fully. The directory's budget is that of the smallest tenants,
// 3,500 units in 10 s, until the tenant is known to be larger (see
// directoryRate). Writes take half of theirs in any span that the service
// counts. They go at the pace of the whole of it, and no more than 31 leave in any
// second: half of the 60 that all applications of the tenant have together, and the
// one with which it begins.
var limits = map[class]limit{
	directory:  {rate: directoryRate(0), burst: directoryBurst * directoryRate(0), slowest: 5, adaptive: true},
	reports:    {requests: 5, span: 10 * time.Second},
	activity:   {requests: 10, span: time.Minute},
	protection: {requests: 1, span: 2 * time.Second},
	mail:       {rate: 50, burst: 80, slowest: 0.5, adaptive: true},
	trace:      {requests: 100, span: 5 * time.Minute},
	exchange:   {rate: 8, burst: 8, slowest: 0.2, adaptive: true},
	writes:     {requests: 1500, span: 150 * time.Second, rate: 20, burst: 31, second: 31, slowest: 1, adaptive: true},
}

// directoryBurst is for how many seconds the directory's units may gather.
const directoryBurst = 5

// directoryRate is half of the units a second that the directory gives an
// application in a tenant of so many users.
// https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
func directoryRate(users int) float64 {
	const half, span = 2, 10 // of what is published, in seconds
	units := 3500.0
	switch {
	case users > 500:
		units = 8000
	case users >= 50:
		units = 5000
	}
	return units / half / span
}

// interval is the time between two requests at the pace of the class, when
// each costs so many units.
func (c class) interval(units int) time.Duration {
	l := limits[c]
	if l.requests > 0 {
		return l.span / time.Duration(l.requests)
	}
	return time.Duration(float64(units) / l.rate * float64(time.Second))
}

// charge is what a request costs in one class. A mailbox narrows the gate:
// being throttled for one mailbox says nothing about another.
type charge struct {
	service tenant.Service
	class   class
	units   int
	mailbox string
}

// mailboxAtOnce is how many requests Outlook serves at once for a mailbox and
// application; the fifth is throttled.
const mailboxAtOnce = 4
