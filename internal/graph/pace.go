package graph

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"vakt/internal/tenant"
)

// pacer holds requests back so that the services need not. All requests of a
// bucket wait at one gate: when one is told to wait, all of them are.
type pacer struct {
	now     func() time.Time
	jitter  *jitter
	mu      sync.Mutex
	buckets map[bucketKey]*bucket
}

type bucketKey struct {
	service tenant.Service
	class   class
	mailbox string
}

func newPacer(now func() time.Time, j *jitter) *pacer {
	return &pacer{now: now, jitter: j, buckets: map[bucketKey]*bucket{}}
}

// maxPark is the longest that a request waits because it was told to. Longer
// than that is for the caller: it can do something else meanwhile.
const maxPark = 15 * time.Minute

// maxMailboxes is how many gates of single mailboxes are kept; idle ones are
// dropped beyond that.
const maxMailboxes = 1024

// bucket finds or makes a bucket; the caller holds the lock.
func (p *pacer) bucket(k bucketKey) *bucket {
	b, ok := p.buckets[k]
	if !ok {
		if len(p.buckets) > maxMailboxes {
			p.forget()
		}
		b = newBucket(k)
		p.buckets[k] = b
	}
	return b
}

// widen raises the pace of the directory to that of a tenant with so many
// users; it never lowers it.
func (p *pacer) widen(users int) {
	p.mu.Lock()
	b := p.bucket(bucketKey{tenant.Graph, directory, ""})
	p.mu.Unlock()
	b.widen(directoryRate(users))
}

// forget drops the mailboxes that nobody uses and nobody has to wait for.
func (p *pacer) forget() {
	now := p.now()
	for k, b := range p.buckets {
		if k.mailbox != "" && b.idle(now) {
			delete(p.buckets, k)
		}
	}
}

// pass is the leave to send one request.
type pass struct {
	pacer *pacer
	in    []entry
}

type entry struct {
	bucket *bucket
	units  int
	epoch  int    // below 0: of no request
	places [2]int // in the bucket's spans; below 0: none
	since  time.Time
}

// enter waits until every bucket lets the request through at the same moment.
// Nothing is held while waiting: a gate that shuts meanwhile would not be seen.
// A Throttled error says that one of them is shut for longer than maxPark.
func (p *pacer) enter(ctx context.Context, charges []charge) (*pass, error) {
	costs := keysOf(charges)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, wait, wake := p.try(costs)
		if wait == 0 {
			return out, nil
		}
		if wait != waitForOthers && wait > maxPark {
			return nil, &Error{Kind: Throttled, RetryAfter: wait}
		}
		if err := sleep(ctx, wait, wake); err != nil {
			return nil, err
		}
	}
}

// try takes the leave of every bucket, or of none: then it says how long to
// wait and which channel tells of an earlier chance. Others see all of it or
// nothing.
func (p *pacer) try(costs []cost) (*pass, time.Duration, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	out := &pass{pacer: p}
	for _, k := range costs {
		b := p.bucket(k.key)
		e, wait, wake := b.try(now, k.units)
		if wait > 0 {
			for _, taken := range out.in {
				taken.bucket.cancel(taken)
			}
			return nil, wait, wake
		}
		out.in = append(out.in, e)
	}
	return out, 0, nil
}

type cost struct {
	key   bucketKey
	units int
}

// keysOf adds the charges up by bucket, in one order for everybody: two
// requests can then never wait for each other. A mailbox has a bucket beside
// the one of its class.
func keysOf(charges []charge) []cost {
	sums := map[bucketKey]int{}
	for _, c := range charges {
		sums[bucketKey{c.service, c.class, ""}] += c.units
		if c.mailbox != "" {
			sums[bucketKey{c.service, c.class, c.mailbox}]++
		}
	}
	out := make([]cost, 0, len(sums))
	for k, units := range sums {
		out = append(out, cost{k, units})
	}
	slices.SortFunc(out, func(a, b cost) int {
		return cmp.Or(cmp.Compare(a.key.class, b.key.class), cmp.Compare(a.key.service, b.key.service), cmp.Compare(a.key.mailbox, b.key.mailbox))
	})
	return out
}

// outcome is how a request went, as far as pacing goes.
type outcome struct {
	throttled bool
	wait      time.Duration // how long the service wants to be left alone
	told      bool          // wait is the service's word, not our guess
	ok        bool          // an answer that was not throttled
	load      float64       // x-ms-throttle-limit-percentage; 0: not said
	units     int           // x-ms-resource-unit; 0: not said
	whole     bool          // throttled as a whole, not for one of its mailboxes
}

// leave gives the leave back and tells the buckets how it went. It returns
// when the request may be tried again. A request that was throttled shuts the
// narrowest gate that it went through: its mailbox, or else every class that
// it counts in, for the answer does not say which was exhausted.
func (s *pass) leave(o outcome) (again time.Time) {
	now := s.pacer.now()
	narrow := !o.whole && slices.ContainsFunc(s.in, func(e entry) bool { return e.bucket.key.mailbox != "" })
	for _, e := range s.in {
		mine := o
		if o.throttled && narrow && e.bucket.key.mailbox == "" {
			mine = outcome{ok: true}
		}
		if at := e.bucket.leave(now, s.pacer.jitter, e, mine); at.After(again) {
			again = at
		}
	}
	s.in = nil
	return again
}

// cancel gives back a leave that was not used, and wakes who waited for it.
func (s *pass) cancel() {
	for _, e := range s.in {
		e.bucket.cancel(e)
		e.bucket.nudge()
	}
	s.in = nil
}

// shut says whether a gate has been shut since the pass was given.
func (s *pass) shut() bool {
	now := s.pacer.now()
	return slices.ContainsFunc(s.in, func(e entry) bool { return e.bucket.closed(now) })
}

// throttle shuts the gates of the charges: a part of a batch was throttled.
// It returns when the part may be sent again.
func (p *pacer) throttle(charges []charge, o outcome) (again time.Time) {
	s := &pass{pacer: p}
	p.mu.Lock()
	for _, k := range keysOf(charges) {
		s.in = append(s.in, entry{bucket: p.bucket(k.key), epoch: -1, places: [2]int{-1, -1}})
	}
	p.mu.Unlock()
	return s.leave(o)
}
