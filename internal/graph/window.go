package graph

import "time"

// window lets so many requests pass in any span of time of its length. A nil one
// lets all pass.
type window struct {
	span time.Duration
	late time.Duration // how long after it was let pass a request may be counted
	next []time.Time   // when each request of the span may be followed by another
	busy []bool        // that request is on the way
}

func newWindow(requests int, span, late time.Duration) *window {
	if requests == 0 {
		return nil
	}
	return &window{span: span, late: late, next: make([]time.Time, requests), busy: make([]bool, requests)}
}

// first finds the place in the span that is free first, and says how long until
// then.
func (w *window) first(now time.Time) (place int, wait time.Duration) {
	if w == nil {
		return -1, 0
	}
	best := -1
	for i, at := range w.next {
		if !w.busy[i] && (best < 0 || at.Before(w.next[best])) {
			best = i
		}
	}
	if best < 0 {
		return 0, waitForOthers
	}
	return best, max(0, w.next[best].Sub(now))
}

// take keeps a place for a request that leaves; there is none below 0.
func (w *window) take(place int) {
	if place >= 0 {
		w.busy[place] = true
	}
}

// cancel gives back a place that was not used.
func (w *window) cancel(place int) {
	if place >= 0 {
		w.busy[place] = false
	}
}

// leave gives back the place of a request that was let pass at since and has been
// answered now. Until then the service may have counted it, but for requests that
// took very long.
func (w *window) leave(place int, since, now time.Time) {
	if place >= 0 {
		w.busy[place] = false
		w.next[place] = since.Add(w.span + min(now.Sub(since), w.late))
	}
}
