package detect

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/event"
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

func (j *judge) counter(facts []point) counter {
	c := j.t.rule
	switch c.Type {
	case "value_count":
		j.distinct.byValue(facts)
		return &j.distinct
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
	j.distinct.byAttempt(facts, &j.x.words)
	return &j.distinct
}

// countsAttempts tells whether a rule counts sign-in attempts, or records.
func countsAttempts(c *rule.Compiled) bool {
	return c.Type == "event_count" && c.Collapse == nil && c.Growth == nil
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

// distinct counts different values or attempts. It is used again and again.
type distinct struct {
	ids      []int32 // by fact
	times    []int32 // by id: how often it is in the window
	count    int
	values   map[uint32]int32
	attempts map[event.Key]int32
}

// byValue makes it count the values of facts.
func (d *distinct) byValue(facts []point) {
	d.values = emptied(d.values)
	d.begin(len(facts))
	for i := range facts {
		d.ids[i] = numbered(d.values, facts[i].value)
	}
	d.times = append(d.times[:0], make([]int32, len(d.values))...)
}

// byAttempt makes it count the attempts of facts, of which the value is the
// attempt or, for a record that is one itself, empty.
func (d *distinct) byAttempt(facts []point, words *glossary) {
	d.attempts = emptied(d.attempts)
	d.begin(len(facts))
	for i := range facts {
		attempt := facts[i].key
		if text := words.text(facts[i].value); len(text) > 0 {
			copy(attempt[:], text)
		}
		d.ids[i] = numbered(d.attempts, attempt)
	}
	d.times = append(d.times[:0], make([]int32, len(d.attempts))...)
}

func (d *distinct) begin(facts int) {
	d.count = 0
	d.ids = slices.Grow(d.ids[:0], facts)[:facts]
}

// fewKnown is how large a map may be that is cleared: that takes as long as it
// ever had entries.
const fewKnown = 1024

func emptied[K comparable](m map[K]int32) map[K]int32 {
	if m == nil || len(m) > fewKnown {
		return map[K]int32{}
	}
	clear(m)
	return m
}

// numbered gives every key a number, from 0.
func numbered[K comparable](m map[K]int32, k K) int32 {
	id, ok := m[k]
	if !ok {
		id = int32(len(m))
		m[k] = id
	}
	return id
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
	facts []point
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
	facts []point
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
	facts      []point
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
