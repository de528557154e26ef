package graph

import (
	"context"
	"math"
	"sync"
	"time"
)

// bucket is the gate and the quota of one class of requests.
type bucket struct {
	key   bucketKey
	limit limit

	mu       sync.Mutex
	wake     chan struct{} // closed when somebody waiting should look again
	open     time.Time     // nothing leaves before
	strikes  int           // times throttled since the last success
	epoch    int           // grows with each strike: who entered before it proves nothing
	inflight int
	spans    [2]*window // the span that the service counts, and a second
	level    float64    // units in hand
	rate     float64    // units a second, now
	filled   time.Time  // when level was right
}

func newBucket(k bucketKey) *bucket {
	l := limits[k.class]
	if k.mailbox != "" {
		l = limit{rate: math.Inf(1), burst: mailboxAtOnce}
	}
	return &bucket{
		key: k, limit: l, wake: make(chan struct{}), level: l.burst, rate: l.rate,
		spans: [2]*window{newWindow(l.requests, l.span, l.span/20), newWindow(l.second, time.Second, time.Second)},
	}
}

// waitForOthers is the answer of try where only somebody else's leaving helps.
const waitForOthers = time.Duration(math.MaxInt64)

// try takes the leave, or says how long to wait before trying again and which
// channel tells of an earlier chance.
func (b *bucket) try(now time.Time, units int) (entry, time.Duration, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.open.Sub(now); wait > 0 {
		return entry{}, wait, b.wake
	}
	if b.strikes > 0 && b.inflight > 0 { // one at a time until the service answers again
		return entry{}, waitForOthers, b.wake
	}
	if b.key.mailbox != "" && b.inflight >= mailboxAtOnce {
		return entry{}, waitForOthers, b.wake
	}
	places, wait := b.places(now)
	if wait == 0 {
		wait = b.take(now, float64(units))
	}
	if wait > 0 {
		return entry{}, wait, b.wake
	}
	for i, w := range b.spans {
		w.take(places[i])
	}
	b.inflight++
	return entry{bucket: b, units: units, epoch: b.epoch, places: places, since: now}, 0, nil
}

// places finds a place in each span, and says how long until all are free.
func (b *bucket) places(now time.Time) (places [2]int, wait time.Duration) {
	for i, w := range b.spans {
		place, later := w.first(now)
		places[i], wait = place, max(wait, later)
	}
	return places, wait
}

// take removes units from what is in hand. A request that costs more than the
// burst goes when the bucket is full, and leaves it in debt.
func (b *bucket) take(now time.Time, units float64) time.Duration {
	if b.limit.rate == 0 || math.IsInf(b.rate, 1) {
		return 0
	}
	b.fill(now)
	need := min(units, b.limit.burst)
	if b.level < need {
		return time.Duration(math.Ceil((need - b.level) / b.rate * float64(time.Second)))
	}
	b.level -= units
	return 0
}

func (b *bucket) fill(now time.Time) {
	if passed := now.Sub(b.filled).Seconds(); passed > 0 {
		if !b.filled.IsZero() {
			b.level = min(b.limit.burst, b.level+passed*b.rate)
		}
		b.filled = now
	}
}

// widen raises the limit of units a second. A pace that was lowered grows back
// to it by and by.
func (b *bucket) widen(rate float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if rate <= b.limit.rate {
		return
	}
	if b.rate == b.limit.rate {
		b.rate = rate
	}
	b.limit.rate, b.limit.burst = rate, directoryBurst*rate
}

// cancel gives back a leave that was not used.
func (b *bucket) cancel(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inflight--
	for i, w := range b.spans {
		w.cancel(e.places[i])
	}
	if b.limit.rate != 0 && !math.IsInf(b.rate, 1) {
		b.level += float64(e.units)
	}
}

// nudge makes those who wait look again.
func (b *bucket) nudge() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.wake)
	b.wake = make(chan struct{})
}

func (b *bucket) closed(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open.After(now)
}

// leave takes a request out and says when it may be tried again.
func (b *bucket) leave(now time.Time, j *jitter, e entry, o outcome) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.epoch >= 0 {
		b.inflight--
	}
	for i, w := range b.spans {
		w.leave(e.places[i], e.since, now)
	}
	switch {
	case o.throttled:
		b.strike(now, j, o)
	case o.ok && e.epoch == b.epoch:
		b.strikes = 0
		b.rate = min(b.limit.rate, b.rate*1.05)
	}
	b.listen(now, e, o)
	close(b.wake)
	b.wake = make(chan struct{})
	return b.open
}

// strike shuts the gate for as long as the service says, or else for a time
// that grows from two seconds to a minute, with full jitter above one second.
func (b *bucket) strike(now time.Time, j *jitter, o outcome) {
	b.strikes++
	b.epoch++
	wait := o.wait
	if !o.told {
		wait = j.backoff(b.strikes)
	}
	if at := now.Add(wait); at.After(b.open) {
		b.open = at
	}
	if b.limit.adaptive {
		b.rate = max(b.limit.slowest, b.rate/2)
		b.level = min(b.level, 1)
	}
}

// listen heeds what the service says of its load: from 80 % on it is left
// alone for up to ten seconds, and units that cost more than expected are paid
// afterwards.
func (b *bucket) listen(now time.Time, e entry, o outcome) {
	if b.limit.rate == 0 || b.key.mailbox != "" {
		return
	}
	if o.units > e.units && e.epoch >= 0 {
		b.level -= float64(o.units - e.units)
	}
	if o.load >= 0.8 {
		pause := time.Duration(min(1, (o.load-0.75)/0.25) * float64(10*time.Second))
		if at := now.Add(pause); at.After(b.open) {
			b.open = at
		}
	}
}

func (b *bucket) idle(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inflight == 0 && !b.open.After(now)
}

// sleep waits for a time, for a sign, or for the end.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	var over <-chan time.Time
	if d != waitForOthers {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-over:
	}
	return nil
}
