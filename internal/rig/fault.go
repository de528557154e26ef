package rig

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind names what goes wrong with a request.
type FaultKind string

// What can go wrong. The letters are those of the failure model that a
// careful client is tested against.
const (
	// FaultThrottled is a 429 with Fault.RetryAfter, which may be missing.
	FaultThrottled FaultKind = "throttled"
	// FaultServer is a 5xx, before or after the request took effect.
	FaultServer FaultKind = "server_error"
	// FaultReset cuts the connection at Fault.At, after the request took
	// effect, save at CutUnseen.
	FaultReset FaultKind = "reset"
	// FaultSilent gives no answer: the connection stands until the client hangs
	// up, or for silence. Fault.Applied tells whether the request took effect.
	FaultSilent FaultKind = "no_answer"
	// FaultSlow holds the body back for Fault.Delay.
	FaultSlow FaultKind = "slow_body"
	// FaultToken answers 401 as if the token had run out.
	FaultToken FaultKind = "token_expired"
	// FaultChallenge answers 401 with a claims challenge until another token
	// is presented.
	FaultChallenge FaultKind = "claims_challenge"
	// FaultPermission answers 403 to this request.
	FaultPermission FaultKind = "permission_lost"
	// FaultStale reads through a replica that may not have every write yet.
	FaultStale FaultKind = "stale_read"
	// FaultPageExpired answers a page token with 400 Directory_ExpiredPageToken.
	FaultPageExpired FaultKind = "page_expired"
	// FaultPageLoop makes the next link lead to the same page.
	FaultPageLoop FaultKind = "page_loop"
	// FaultPageForeign makes the next link lead to another host.
	FaultPageForeign FaultKind = "page_foreign"
	// FaultPageEmpty puts an empty page before the next one.
	FaultPageEmpty FaultKind = "page_empty"
	// FaultPageRepeat makes the next page begin with the last object of this.
	FaultPageRepeat FaultKind = "page_repeat"
	// FaultPartMissing leaves one part out of a batch answer, FaultPartTwice
	// gives one twice, FaultPartForeign adds one that was not asked for,
	// FaultPartCase changes the case of the ids.
	FaultPartMissing FaultKind = "part_missing"
	FaultPartTwice   FaultKind = "part_twice"
	FaultPartForeign FaultKind = "part_foreign"
	FaultPartCase    FaultKind = "part_case"
	// FaultHTML answers 200 with a web page, before or after the request took
	// effect; FaultTruncated answers with half of the JSON text, FaultRedirect
	// sends the client to another host.
	FaultHTML      FaultKind = "html"
	FaultTruncated FaultKind = "truncated"
	FaultRedirect  FaultKind = "redirect"
)

// Cut is where a connection breaks.
type Cut string

// The places at which a connection breaks.
const (
	CutBeforeHeaders Cut = "before_headers"
	CutInHeaders     Cut = "in_headers"
	CutInBody        Cut = "in_body"
	CutAtEnd         Cut = "at_end" // the last byte is missing
	CutUnseen        Cut = "unseen" // before the service has seen the request
)

// Fault is one thing that goes wrong; the zero value is nothing.
type Fault struct {
	Kind FaultKind
	// Status is that of FaultServer.
	Status int
	// Applied says that the request took effect before FaultServer,
	// FaultSilent or FaultHTML.
	Applied bool
	// RetryAfter holds the values of the header Retry-After, one line each. A
	// value "date:+N" becomes an HTTP date N seconds from now.
	RetryAfter []string
	At         Cut
	Delay      time.Duration
}

// Profile is how often requests fail.
type Profile struct {
	Name string
	// Share of all requests, 0 to 1.
	Share float64
	// Writes is the share of requests that would change the directory; zero
	// is that of all others.
	Writes float64
}

// The fault profiles. Under each of them a client that behaves comes to an
// end: a request that failed has the same chance anew.
var (
	Calm  = Profile{Name: "calm", Share: 0.01}
	Rough = Profile{Name: "rough", Share: 0.2}
	Hell  = Profile{Name: "hell", Share: 0.6}
)

// ProfileByName returns a profile: calm, rough, hell, or off and "" for none.
func ProfileByName(name string) (Profile, error) {
	if name == "" || name == "off" {
		return Profile{}, nil
	}
	for _, p := range []Profile{Calm, Rough, Hell} {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("no fault profile is called %q; there are off, calm, rough and hell", name)
}

// Decide tells what goes wrong with a request. It is a pure function of the
// seed and of the request's Route, Object and Index, and of what kind of
// request it is (Service, Method, Part, Paged).
func (p Profile) Decide(seed uint64, r Request) Fault {
	share := p.share(r)
	if share <= 0 {
		return Fault{}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.Method + " " + r.Route + " " + strings.ToLower(r.Object))) // a hash never returns an error
	draw := random(mix(seed, useFault, h.Sum64(), uint64(r.Index)))
	if float64(draw.next()>>11)/(1<<53) >= share {
		return Fault{}
	}
	return choose(&draw, r)
}

func (p Profile) share(r Request) float64 {
	if p.Writes > 0 && mutates(r) {
		return p.Writes
	}
	return p.Share
}

// quiet tells that no request ever fails.
func (p Profile) quiet() bool { return p.Share <= 0 && p.Writes <= 0 }

// weight is how often a kind of fault comes up among the faults that a
// request can suffer.
type weight struct {
	kind FaultKind
	n    int
	fits func(Request) bool
}

func always(Request) bool     { return true }
func alone(r Request) bool    { return !r.Part }
func paged(r Request) bool    { return r.Paged && !r.Part }
func isBatch(r Request) bool  { return r.Route == routeBatch }
func notLogin(r Request) bool { return r.Service != serviceLogin }

// mutates tells whether a request that came alone would change the directory.
func mutates(r Request) bool {
	return r.Service == serviceGraph && r.Method != http.MethodGet && r.Route != routeBatch && !r.Part
}
func behindToken(r Request) bool {
	return notLogin(r) && alone(r)
}

// weights make throttling and server errors the rule, and what ends a whole
// enumeration rare.
var weights = []weight{
	{FaultThrottled, 30, notLogin},
	{FaultServer, 24, always},
	{FaultReset, 12, alone},
	{FaultSlow, 8, alone},
	{FaultSilent, 8, mutates},
	{FaultToken, 4, behindToken},
	{FaultChallenge, 2, behindToken},
	{FaultStale, 12, notLogin},
	{FaultPageExpired, 1, paged},
	{FaultPageLoop, 1, paged},
	{FaultPageForeign, 1, paged},
	{FaultPageEmpty, 6, paged},
	{FaultPageRepeat, 4, paged},
	{FaultPartMissing, 8, isBatch},
	{FaultPartTwice, 8, isBatch},
	{FaultPartForeign, 8, isBatch},
	{FaultPartCase, 8, isBatch},
	{FaultPermission, 1, notLogin},
	{FaultHTML, 2, alone},
	{FaultTruncated, 3, alone},
	{FaultRedirect, 1, behindToken},
}

func choose(draw *random, r Request) Fault {
	total := 0
	for _, w := range weights {
		if w.fits(r) {
			total += w.n
		}
	}
	at := draw.below(total)
	for _, w := range weights {
		if !w.fits(r) {
			continue
		}
		if at -= w.n; at < 0 {
			return detail(draw, w.kind)
		}
	}
	return Fault{}
}

// waits are the forms of Retry-After that a 429 comes with; what no client
// can wait for is left to tests that ask for it.
var waits = [][]string{
	{"1"}, {"2"}, {"3"}, {"5"}, {"10"}, {"30"}, {"1.5"}, {"0.2"}, {"0"}, {"-3"}, {"date:+4"}, {"date:+20"}, {"date:-60"},
	{"soon"}, {"3", "7"}, nil, nil,
}

// detail draws what else a fault needs.
func detail(draw *random, kind FaultKind) Fault {
	f := Fault{Kind: kind}
	switch kind {
	case FaultThrottled:
		f.RetryAfter = pick(draw, waits)
	case FaultServer:
		f.Status = pick(draw, []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusServiceUnavailable, http.StatusGatewayTimeout})
		f.Applied = draw.chance(500)
		if f.Status == http.StatusServiceUnavailable && draw.chance(500) {
			f.RetryAfter = []string{strconv.Itoa(1 + draw.below(8))}
		}
	case FaultReset:
		f.At = pick(draw, []Cut{CutUnseen, CutBeforeHeaders, CutInHeaders, CutInBody, CutAtEnd})
	case FaultSilent, FaultHTML:
		f.Applied = draw.chance(500)
	case FaultSlow:
		f.Delay = time.Duration(1+draw.below(20)) * time.Second
	}
	return f
}

// schedule counts requests of the same route and object.
type schedule struct {
	mu    sync.Mutex
	count map[string]int
}

func (s *schedule) index(r Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == nil {
		s.count = map[string]int{}
	}
	key := r.Method + " " + r.Route + " " + r.Object
	n := s.count[key]
	s.count[key] = n + 1
	return n
}

// draw decides which fault a request suffers.
func (c *call) draw() {
	s := c.s
	c.told.Part = c.part
	c.told.Index = s.schedule.index(c.told)
	if s.o.Fault == nil && s.o.Faults.quiet() {
		return
	}
	if s.o.Fault != nil {
		c.fault = s.o.Fault(c.told)
	}
	if c.fault.Kind == "" {
		c.fault = s.o.Faults.Decide(s.o.Seed, c.told)
	}
	c.told.Fault = c.fault.Kind
}
