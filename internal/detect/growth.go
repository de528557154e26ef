package detect

import (
	"context"
	"math"
	"slices"
	"time"

	"vakt/internal/event"
)

// dayOfGroup is a local day of a group, which is known by a hash. The tenant is
// a text of a worker or, with ofDecision, of the decision.
type dayOfGroup struct {
	of     uint32
	tenant uint32
	group  uint64
	day    int64
}

// dayCount is how many records a day has.
type dayCount struct {
	all, until  int // until: up to what the clock shows at the newest event
	first, last int64
}

func (c *dayCount) add(o dayCount) {
	if c.all == 0 {
		*c = o
		return
	}
	c.all, c.until = c.all+o.all, c.until+o.until
	c.first, c.last = min(c.first, o.first), max(c.last, o.last)
}

// repeated is a record that may have been seen several times, in a group.
type repeated struct {
	key    event.Key
	tenant uint32
	group  uint64
}

// comparison decides one growth. Facts and traces come in any order and are
// counted one by one; nothing is kept of them but the numbers of days, the time
// of records that were seen several times, and where each group was met first.
type comparison struct {
	*judge
	clock    wallClock
	today    int64 // the day of the newest event
	hour     int64 // what its clock shows, in seconds
	counts   map[dayOfGroup]*dayCount
	repeats  map[repeated]int64     // earliest time
	tenants  map[uint32]*tenantDays // by number of the decision
	met      map[uint64]meeting     // by group
	lastKey  dayOfGroup
	lastSeen *dayCount
}

// meeting is a fact of a group, or a trace.
type meeting struct {
	of     uint32
	origin uint32 // of the trace; 0: it is a fact
	group  uint32 // of the fact
}

// tenantDays are the days of a tenant that have records.
type tenantDays struct {
	first int64
	days  map[int64]bool
}

// compareDays decides a growth.
func (j *judge) compareDays(ctx context.Context) {
	if !j.t.alerts {
		return
	}
	c := &comparison{
		judge: j, clock: wallClock{zone: j.t.rule.Growth.Zone}, counts: map[dayOfGroup]*dayCount{}, repeats: map[repeated]int64{}, tenants: map[uint32]*tenantDays{}, met: map[uint64]meeting{},
	}
	c.today, c.hour = c.clock.at(j.x.now)
	if !c.count(ctx) {
		return
	}
	c.gather()
	if fired := c.fired(); len(fired) > 0 {
		c.sample(fired)
		for _, f := range fired {
			*j.x.found.next() = c.detection(f)
		}
	}
}

// count takes all facts and traces in; false where there are none, or the run
// is over.
func (c *comparison) count(ctx context.Context) bool {
	n := 0
	for e := range c.x.all(c.number) {
		if n++; n%(1<<16) == 0 && ctx.Err() != nil {
			return false
		}
		c.see(e.of, e.tenant, c.hashOf(e), e.key, e.time, meeting{of: e.of, group: e.group})
	}
	c.x.traces(c.number, func(of uint32, t *trace, o *origin) {
		n++
		c.see(of, t.tag, t.value, o.key, o.time, meeting{of: of, origin: t.origin})
	})
	return n > 0 && ctx.Err() == nil
}

// hashOf is what the group of a fact is known by.
func (c *comparison) hashOf(e *entry) uint64 {
	return c.x.d.sumOf(c.x.worker(e.of).words.text(e.group))
}

// see takes one in.
func (c *comparison) see(of, tenant uint32, group uint64, key event.Key, second int64, at meeting) {
	if !c.x.several {
		tenant = 0
	}
	first := false
	if c.x.repeated(key) {
		k := repeated{key, c.x.global(of, tenant), group}
		known, ok := c.repeats[k]
		if first = !ok; first || second < known {
			c.repeats[k] = second
		}
	} else {
		first = c.take(dayOfGroup{of: of, tenant: tenant, group: group}, second)
	}
	if _, met := c.met[group]; first && !met {
		c.met[group] = at
	}
}

// take counts a record for the day of its time, and tells whether it is its first.
func (c *comparison) take(k dayOfGroup, second int64) (first bool) {
	day, clock := c.clock.at(second)
	k.day = day
	if k != c.lastKey || c.lastSeen == nil {
		if c.counts[k] == nil {
			c.counts[k], first = &dayCount{}, true
		}
		c.lastKey, c.lastSeen = k, c.counts[k]
	}
	one := dayCount{all: 1, first: second, last: second}
	if clock <= c.hour {
		one.until = 1
	}
	c.lastSeen.add(one)
	return first
}

// ofDecision is the worker's number of a count in texts of the decision.
const ofDecision = math.MaxUint32

// gather puts the counts of all workers together, and says which days each
// tenant has.
func (c *comparison) gather() {
	mine := c.counts
	c.counts = map[dayOfGroup]*dayCount{}
	for k, n := range mine {
		if k.of != ofDecision {
			k.tenant = c.x.global(k.of, k.tenant)
		}
		k.of = ofDecision
		if c.counts[k] == nil {
			c.counts[k] = &dayCount{}
		}
		c.counts[k].add(*n)
	}
	c.lastSeen = nil
	for r, second := range c.repeats {
		c.take(dayOfGroup{of: ofDecision, tenant: r.tenant, group: r.group}, second)
	}
	for k := range c.counts {
		t := c.tenants[k.tenant]
		if t == nil {
			t = &tenantDays{k.day, map[int64]bool{}}
			c.tenants[k.tenant] = t
		}
		t.first, t.days[k.day] = min(t.first, k.day), true
	}
}

// grown is a day that fires.
type grown struct {
	dayOfGroup
	dayCount
	number, before int
	traced         []traced // of its day
	points         []point  // the sample
}

// fired finds the days that have grown, in any order.
func (c *comparison) fired() map[dayOfGroup]*grown {
	g, found := c.t.rule.Growth, map[dayOfGroup]*grown{}
	for k, n := range c.counts {
		other := k
		other.day -= int64(g.Days)
		number, before := c.records(k, k.day), c.records(other, k.day)
		if !c.t.rule.Holds(float64(number)) || !g.Exceeds(number, before) {
			continue
		}
		t := c.tenants[k.tenant]
		switch {
		case c.holiday(k.group, k.day) || c.holiday(k.group, other.day):
		case t.first >= other.day || !t.days[other.day]:
			c.learning()
		default:
			found[k] = &grown{dayOfGroup: k, dayCount: *n, number: number, before: before}
		}
	}
	return found
}

// records is how many a day has, when it is compared for a day: all, or as
// many as there can be by now.
func (c *comparison) records(k dayOfGroup, compared int64) int {
	switch n := c.counts[k]; {
	case n == nil:
		return 0
	case compared == c.today:
		return n.until
	default:
		return n.all
	}
}

// holiday tells whether a date is one for a group. Most dates are none for
// anybody.
func (c *comparison) holiday(group uint64, date int64) bool {
	year, month, day := time.Unix(date*day, 0).UTC().Date()
	g := c.t.rule.Growth
	return g.Holiday(nil, year, month, day) && g.Holiday(c.groupOf(group), year, month, day)
}

// detection is the alert of a day.
func (c *comparison) detection(f *grown) Detection {
	det := Detection{
		Rule: c.t.rule, Tenant: string(c.x.words.text(f.tenant)), Group: c.groupOf(f.group),
		Day: f.day, Value: float64(f.number), Before: f.before, Severity: c.t.level,
	}
	sample := make([]*point, len(f.points))
	for i := range f.points {
		sample[i] = &f.points[i]
	}
	slices.SortFunc(sample, comparePlaces)
	c.show(&det, sample)
	det.First, det.Last, det.Count = f.first, f.last, f.number
	return det
}
