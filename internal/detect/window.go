package detect

// window is the facts that a correlation looks at: facts[from:to], at most
// the newest of those within its span of time.
type window struct {
	facts    []point
	most     int
	count    counter
	from, to int
	in       int // first fact within the span of time, kept or not
}

// advance moves the end to a fact and leaves behind what is not after a
// second, and what is more than the bound.
func (w *window) advance(to int, until int64) {
	for w.in < to && w.facts[w.in].time <= until {
		w.in++
	}
	from := max(w.in, to-w.most)
	for i := w.from; i < min(from, w.to); i++ {
		w.count.drop(i)
	}
	for i := max(from, w.to); i < to; i++ {
		w.count.add(i)
	}
	w.from, w.to = from, to
}

// cut tells whether the bound left facts out.
func (w *window) cut() bool { return w.from > w.in }
