package detect

import (
	"iter"
	"math/bits"
)

// ordered finds runs of facts of the rules 0, 1, 2, … whose times do not
// decrease. A fact sees the longest run that ends with it; the facts of one
// second may stand in any order in it, and one record may be several steps.
type ordered struct {
	facts []point
	// start is, by rule, of all runs that end with a fact of it, how late
	// the earliest fact of a run can be: its place among the facts.
	start    []int
	from, to int // facts of the newest second that start does not know
}

func newOrdered(facts []point, rules int) *ordered {
	o := &ordered{facts: facts, start: make([]int, rules)}
	for i := range o.start {
		o.start[i] = -1
	}
	return o
}

func (o *ordered) add(i int) {
	if o.from == o.to {
		o.from = i
	}
	o.to = i + 1
}

func (o *ordered) drop(int) {}

func (o *ordered) number(i, from int) float64 {
	o.learn()
	longest := 0
	for b := range setBits(o.facts[i].bases) {
		if o.begin(i, b) >= from {
			longest = b + 1
		}
	}
	return float64(longest)
}

// begin is how late the earliest fact of a run to fact i, of a rule, can be;
// -1 without a run.
func (o *ordered) begin(i, base int) int {
	if base == 0 {
		return i
	}
	return min(i, o.start[base-1])
}

// learn takes the newest second in, rule by rule, as a run may take its facts
// in any order.
func (o *ordered) learn() {
	for b := range o.start {
		for i := o.from; i < o.to; i++ {
			if o.facts[i].bases&(1<<b) != 0 {
				o.start[b] = max(o.start[b], o.begin(i, b))
			}
		}
	}
	o.from = o.to
}

// setBits yields the places of the bits that are set, from the lowest.
func setBits(word uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; word != 0; word &= word - 1 {
			if !yield(bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
