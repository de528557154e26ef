package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"

	"vakt/internal/rule"
)

// series is the facts of one target, tenant and group, sorted by time.
type series struct{ facts []point }

// span is a part of a series: facts[from:to].
type span struct {
	of       *series
	from, to int
}

// mayFire tells whether a fact among those of a hash can fire, by their number
// and rules alone. Mostly none can, and nothing more is done with them.
func (t *target) mayFire(entries []entry) bool {
	n, bases := 0, uint64(0)
	for i := range entries {
		if entries[i].kind == isFact {
			n++
			bases |= 1 << entries[i].base
		}
	}
	if t.rule.Type == "value_count" && t.steady && n <= fewFacts {
		n = differentValues(entries)
	}
	return t.canFire(n, bases)
}

// differentValues is how many values a few facts have at most: of two workers
// each numbers them by itself.
func differentValues(entries []entry) int {
	n := 0
	for i := range entries {
		e := &entries[i]
		if e.kind == isFact && !slices.ContainsFunc(entries[:i], func(o entry) bool {
			return o.kind == isFact && o.value == e.value && o.of == e.of && o.global == e.global
		}) {
			n++
		}
	}
	return n
}

// canFire is mayFire by a number of facts and the rules that they are of, a bit
// each. More of either never make it false.
func (t *target) canFire(n int, bases uint64) bool {
	switch c := t.rule; {
	case n == 0:
		return false
	case c.Correlation == nil || !t.steady:
		return true
	case countsFacts(c):
		return c.HoldsForAny(float64(n)) // one fact adds one at most
	case c.Type == "temporal_ordered":
		return c.Holds(float64(bits.TrailingZeros64(^bases))) // a run begins with the first rule
	case c.Type == "temporal":
		return c.Holds(float64(bits.OnesCount64(bases)))
	}
	return true
}

// point makes of a fact what is decided on.
func (x *decision) point(t *target, e *entry) point {
	p := point{
		key: e.key, time: e.time, group: e.group, value: e.value, tenant: x.tenantOf(e), matched: e.matched, of: e.version(),
		bases: t.bit(int(e.base)), severity: rule.Severity(e.severity), direct: e.inner.of == nil,
	}
	if !e.global {
		p.group = x.global(e.of, e.group)
		if t.family != nil {
			p.matched = x.kin(e)
		} else {
			p.matched = x.global(e.of, e.matched)
		}
		if t.loose() {
			p.group = x.words.put(x.words.text(p.group))
		}
		if numeric(t.rule) && e.value != 0 {
			text := x.worker(e.of).words.text(e.value)
			p.number = math.Float64frombits(binary.BigEndian.Uint64(text))
			p.value = x.words.put(text[8:])
		} else {
			p.value = x.global(e.of, e.value)
		}
	}
	if !p.direct {
		p.inner = []span{e.inner}
	}
	return p
}

// bit marks a rule of a temporal correlation; others do not tell theirs apart.
func (t *target) bit(base int) uint64 {
	if !temporal(t.rule) {
		return 0
	}
	return 1 << base
}

// gather gives points their order: by tenant, group, time and key, one for
// each record, group and value. Those that fell away are lost.
func (x *decision) gather(points []point) []point {
	x.sort(points)
	merged := points[:0]
	for i := range points {
		if n := len(merged); n > 0 && x.comparePoints(&merged[n-1], &points[i]) == 0 {
			x.merge(&merged[n-1], &points[i])
			continue
		}
		merged = append(merged, points[i])
	}
	return merged
}

// sort orders points: see comparePoints. Of the copies of a record the one to be
// shown comes first.
func (x *decision) sort(points []point) {
	if x.inOrder(points) {
		return
	}
	slices.SortFunc(points, func(a, b point) int {
		if c := x.comparePoints(&a, &b); c != 0 {
			return c // mostly, and what follows costs more
		}
		return cmp.Or(x.newest(a.key, a.of, b.of), cmp.Compare(b.number, a.number))
	})
}

// inOrder tells whether points are sorted and differ, as those of a group mostly
// are: records come in the order of their time.
func (x *decision) inOrder(points []point) bool {
	for i := 1; i < len(points); i++ {
		if x.comparePoints(&points[i-1], &points[i]) >= 0 {
			return false
		}
	}
	return true
}

// comparePoints orders by tenant, group, time, key and value: what tells facts
// of a target apart.
func (x *decision) comparePoints(a, b *point) int {
	switch {
	case a.tenant != b.tenant:
		return cmp.Compare(a.tenant, b.tenant)
	case a.group != b.group:
		return cmp.Compare(a.group, b.group)
	case a.time != b.time:
		return cmp.Compare(a.time, b.time)
	}
	if c := bytes.Compare(a.key[:], b.key[:]); c != 0 || a.value == b.value {
		return c
	}
	return bytes.Compare(x.words.text(a.value), x.words.text(b.value))
}

// merge takes in another fact of the same record, group and value: of a copy
// of the record, or by another rule of the correlation.
func (x *decision) merge(p, other *point) {
	p.severity = max(p.severity, other.severity)
	p.bases |= other.bases
	if p.direct = p.direct || other.direct; p.matched != other.matched {
		p.matched = x.both(p.matched, other.matched)
	}
	for _, s := range other.inner {
		if !slices.Contains(p.inner, s) {
			p.inner = append(p.inner[:len(p.inner):len(p.inner)], s)
		}
	}
}

// both is the number of the searches of two matches.
func (x *decision) both(a, b uint32) uint32 {
	return x.words.put([]byte(strings.Join(sortedSet(slices.Concat(x.searches(a), x.searches(b))), joint)))
}

// searches are the names behind point.matched, sorted. They are shared.
func (x *decision) searches(matched uint32) []string {
	if matched == 0 {
		return nil
	}
	names, ok := x.named[matched]
	if !ok {
		names = slices.Clip(strings.Split(string(x.words.text(matched)), joint))
		x.named[matched] = names
	}
	return names
}

func sortedSet[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}
