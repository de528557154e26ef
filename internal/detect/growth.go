package detect

import (
	"context"
	"math"
	"slices"
	"time"

	"vakt/internal/event"
)

// dayOfGroup is a local day of a group, in texts of a worker or, with the
// worker's number, of the decision.
type dayOfGroup struct {
	of            uint32
	tenant, group uint32
	day           int64
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
	key           event.Key
	tenant, group uint32
}

// comparison decides one growth. Facts come in any order and are counted one
// by one; nothing is kept of them but the numbers of days, and the time of
// records that were seen several times.
type comparison struct {
	*judge
	clock    wallClock
	today    int64 // the day of the newest event
	hour     int64 // what its clock shows, in seconds
	counts   map[dayOfGroup]*dayCount
	repeats  map[repeated]int64     // earliest time
	tenants  map[uint32]*tenantDays // by number of the decision
	lastKey  dayOfGroup
	lastSeen *dayCount
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
		judge: j, clock: wallClock{zone: j.t.rule.Growth.Zone}, counts: map[dayOfGroup]*dayCount{}, repeats: map[repeated]int64{}, tenants: map[uint32]*tenantDays{},
	}
	c.today, c.hour = c.clock.at(j.x.now)
	if !c.count(ctx) {
		return
	}
	c.gather()
	if fired := c.fired(); len(fired) > 0 {
		c.sample(fired)
		for _, f := range fired {
			j.x.res.Detections = append(j.x.res.Detections, c.detection(f))
		}
	}
}

// count takes all facts in; false where there are none, or the run is over.
func (c *comparison) count(ctx context.Context) bool {
	n := 0
	for e := range c.x.all(c.number) {
		if n++; n%(1<<16) == 0 && ctx.Err() != nil {
			return false
		}
		if !c.x.repeated(e.key) {
			c.take(dayOfGroup{of: e.of, tenant: c.tenantOf(e), group: e.group}, e.time)
			continue
		}
		k := repeated{e.key, c.x.tenantOf(e), c.x.global(e.of, e.group)}
		if known, ok := c.repeats[k]; !ok || e.time < known {
			c.repeats[k] = e.time
		}
	}
	return n > 0
}

// tenantOf is the number of an entry's tenant among the words of its worker.
func (c *comparison) tenantOf(e *entry) uint32 {
	if !c.x.several {
		return 0
	}
	return e.tenant
}

// take counts a record for the day of its time.
func (c *comparison) take(k dayOfGroup, second int64) {
	day, clock := c.clock.at(second)
	k.day = day
	if k != c.lastKey || c.lastSeen == nil {
		if c.counts[k] == nil {
			c.counts[k] = &dayCount{}
		}
		c.lastKey, c.lastSeen = k, c.counts[k]
	}
	one := dayCount{all: 1, first: second, last: second}
	if clock <= c.hour {
		one.until = 1
	}
	c.lastSeen.add(one)
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
			k.tenant, k.group = c.x.global(k.of, k.tenant), c.x.global(k.of, k.group)
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
	points         []point // the sample
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
		group := c.groupValues(string(c.x.words.text(k.group)))
		t := c.tenants[k.tenant]
		switch {
		case c.holiday(group, k.day) || c.holiday(group, other.day):
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

func (c *comparison) holiday(group []string, date int64) bool {
	year, month, day := time.Unix(date*day, 0).UTC().Date()
	return c.t.rule.Growth.Holiday(group, year, month, day)
}

// sample gives the days that fire the records that they show: those with the
// least keys, of which every worker has kept the rows.
func (c *comparison) sample(fired map[dayOfGroup]*grown) {
	for e := range c.x.all(c.number) {
		if e.row == 0 {
			continue
		}
		date, _ := c.clock.at(e.time)
		k := dayOfGroup{ofDecision, c.x.tenantOf(e), c.x.global(e.of, e.group), date}
		if f := fired[k]; f != nil {
			f.points = append(f.points, c.x.point(c.t, e))
		}
	}
	for _, f := range fired {
		f.points = c.least(f)
	}
}

// least keeps the newest version of the records with the least keys. Those
// that count for an earlier day, in another version, are left out then: they
// take the place of others, as they did where the rows were kept.
func (c *comparison) least(f *grown) []point {
	slices.SortFunc(f.points, func(a, b point) int {
		if n := compareKeys(a.key, b.key); n != 0 {
			return n
		}
		return c.x.newest(a.key, a.of, b.of)
	})
	kept := slices.CompactFunc(f.points, func(a, b point) bool { return a.key == b.key })
	kept = kept[:min(len(kept), sampleSize)]
	return slices.DeleteFunc(kept, func(p point) bool {
		second, several := c.repeats[repeated{p.key, p.tenant, p.group}]
		if !several {
			return false
		}
		date, _ := c.clock.at(second)
		return date != f.day
	})
}

// detection is the alert of a day.
func (c *comparison) detection(f *grown) Detection {
	det := Detection{
		Rule: c.t.rule, Tenant: string(c.x.words.text(f.tenant)), Group: c.groupValues(string(c.x.words.text(f.group))),
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
