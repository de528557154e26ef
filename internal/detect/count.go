package detect

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/rule"
)

// counter computes the number that a correlation's condition judges from the
// facts of a window. Facts come and go in order.
type counter interface {
	add(i int)
	drop(i int)
	// number is the one that fact i sees, of the newest second, where the
	// window begins with fact from.
	number(i, from int) float64
}

func newCounter(c *rule.Compiled, facts []fact) counter {
	switch c.Type {
	case "value_count":
		return newDistinct(facts, func(f *fact) string { return f.value })
	case "value_sum":
		return &total{facts: facts}
	case "value_avg":
		return &total{facts: facts, mean: true}
	case "value_percentile":
		return &ranked{facts: facts, percentile: c.Percentile}
	case "temporal":
		return &together{facts: facts}
	case "temporal_ordered":
		return newOrdered(facts, len(c.Base))
	}
	if c.Collapse != nil {
		return newOperations(facts, int64(c.Collapse.Within.Seconds()))
	}
	return newDistinct(facts, func(f *fact) string { return string(f.shown.attempt[:]) })
}

// countsFacts tells whether the number is never more than the facts are.
func countsFacts(c *rule.Compiled) bool { return c.Type == "event_count" || c.Type == "value_count" }

// numeric tells whether a correlation computes with numbers.
func numeric(c *rule.Compiled) bool {
	return c.Type == "value_sum" || c.Type == "value_avg" || c.Type == "value_percentile"
}

// parseNumber reads a finite decimal number.
func parseNumber(text string) (n float64, ok bool) {
	if text == "" || strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n + 0, err == nil // + 0 makes a zero of -0
}

// distinct counts different texts: attempts or values.
type distinct struct {
	ids   []int32 // by fact
	times []int32 // by id: how often it is in the window
	count int
}

func newDistinct(facts []fact, text func(*fact) string) *distinct {
	known := map[string]int32{}
	d := &distinct{ids: make([]int32, len(facts))}
	for i := range facts {
		t := text(&facts[i])
		id, ok := known[t]
		if !ok {
			id = int32(len(known))
			known[t] = id
		}
		d.ids[i] = id
	}
	d.times = make([]int32, len(known))
	return d
}

func (d *distinct) add(i int) {
	if d.times[d.ids[i]]++; d.times[d.ids[i]] == 1 {
		d.count++
	}
}

func (d *distinct) drop(i int) {
	if d.times[d.ids[i]]--; d.times[d.ids[i]] == 0 {
		d.count--
	}
}

func (d *distinct) number(int, int) float64 { return float64(d.count) }

// together counts the different rules of a temporal correlation.
type together struct {
	facts []fact
	times [maxOrdered]int32
	count int
}

func (t *together) add(i int) {
	for b := range setBits(t.facts[i].bases) {
		if t.times[b]++; t.times[b] == 1 {
			t.count++
		}
	}
}

func (t *together) drop(i int) {
	for b := range setBits(t.facts[i].bases) {
		if t.times[b]--; t.times[b] == 0 {
			t.count--
		}
	}
}

func (t *together) number(int, int) float64 { return float64(t.count) }

// total adds numbers up without rounding, so that a number which left the
// window leaves no trace.
type total struct {
	facts []fact
	mean  bool
	sum   big.Int // of multiples of 2^-scale
	term  big.Int
	count int
}

// scale makes every float64 a whole number: the least is 2^-1074, of which
// Frexp makes 53 digits.
const scale = 1074 + 53

func (t *total) add(i int) {
	t.sum.Add(&t.sum, t.whole(t.facts[i].number))
	t.count++
}

func (t *total) drop(i int) {
	t.sum.Sub(&t.sum, t.whole(t.facts[i].number))
	t.count--
}

func (t *total) whole(n float64) *big.Int {
	fraction, exponent := math.Frexp(n)
	t.term.SetInt64(int64(fraction * (1 << 53)))
	return t.term.Lsh(&t.term, uint(exponent-53+scale))
}

func (t *total) number(int, int) float64 {
	sum := new(big.Float).SetInt(&t.sum)
	sum.SetMantExp(sum, -scale)
	if t.mean {
		sum.Quo(sum, big.NewFloat(float64(t.count)))
	}
	n, _ := sum.Float64()
	return min(max(n, -math.MaxFloat64), math.MaxFloat64)
}

// ranked finds a percentile by nearest rank: the least number of the window
// that at least so many of a hundred are not above.
type ranked struct {
	facts      []fact
	percentile float64
	sorted     []float64
}

func (r *ranked) add(i int) {
	at, _ := slices.BinarySearch(r.sorted, r.facts[i].number)
	r.sorted = slices.Insert(r.sorted, at, r.facts[i].number)
}

func (r *ranked) drop(i int) {
	at, _ := slices.BinarySearch(r.sorted, r.facts[i].number)
	r.sorted = slices.Delete(r.sorted, at, at+1)
}

func (r *ranked) number(int, int) float64 {
	rank := int(math.Ceil(r.percentile * float64(len(r.sorted)) / 100))
	return r.sorted[min(max(rank, 1), len(r.sorted))-1]
}
