package graph

import (
	"encoding/hex"
	"sync/atomic"
	"time"
)

// jitter is a source of numbers that nobody has to guess: waits that spread,
// and ids that tell requests apart. The same seed gives the same numbers.
type jitter struct{ state atomic.Uint64 }

func newJitter(seed uint64) *jitter {
	j := &jitter{}
	j.state.Store(seed)
	return j
}

// next is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func (j *jitter) next() uint64 {
	z := j.state.Add(0x9e3779b97f4a7c15)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a duration from 0 up to d.
func (j *jitter) below(d time.Duration) time.Duration {
	return time.Duration(float64(j.next()>>11) / (1 << 53) * float64(d))
}

// Waits after a failure that says nothing of its end.
const (
	firstWait   = 2 * time.Second
	longestWait = time.Minute
	leastWait   = time.Second
)

// backoff is the wait after the nth failure in a row: anything up to a bound
// that doubles, but never less than a second.
func (j *jitter) backoff(n int) time.Duration {
	bound := longestWait
	if n < 6 {
		bound = min(longestWait, firstWait<<max(0, n-1))
	}
	return max(leastWait, j.below(bound))
}

// uuid is a random-looking id of version 4 for client-request-id.
func (j *jitter) uuid() string {
	var b [16]byte
	for i, n := 0, [2]uint64{j.next(), j.next()}; i < 16; i++ {
		b[i] = byte(n[i/8] >> (i % 8 * 8))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
