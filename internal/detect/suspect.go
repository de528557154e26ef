package detect

import (
	"cmp"
	"math"
	"slices"
)

// suspect is a trace, or a fact beside traces, of a group that is looked at.
type suspect struct {
	time   int64
	value  uint64
	of     uint32 // worker
	origin uint32 // 0: it is a fact
	base   uint8
	always bool // a firing beneath, which may be at any time
}

// part looks at the groups of a range of tags.
func (s *sifter) part(part, ranges int) {
	s.gather(part, ranges)
	if !s.mayFireTogether() {
		return
	}
	s.keys, s.other = sortedTags(s.keys, s.other)
	for i := 0; i < len(s.keys); {
		first := i
		tag := uint32(s.keys[i] >> tagBits)
		for i++; i < len(s.keys) && uint32(s.keys[i]>>tagBits) == tag; i++ {
		}
		if s.mayFire(s.keys[first:i]) {
			s.tags[s.number][tag] = struct{}{}
			for _, one := range s.group {
				if one.origin != 0 {
					s.traps[s.number] = append(s.traps[s.number], trap{tag, one.of, one.origin})
				}
			}
		}
	}
}

// mayFireTogether tells whether any group may, as all suspects could if they
// were of one.
func (s *sifter) mayFireTogether() bool {
	bases, always := uint64(0), false
	for i := range s.list {
		bases |= 1 << s.list[i].base
		always = always || s.list[i].always
	}
	c := s.t.rule
	return c.Correlation == nil || always && countsFacts(c) || s.t.canFire(len(s.list), bases)
}

// gather lists the suspects of a range of tags: traces, facts beside them, and
// firings beneath.
func (s *sifter) gather(part, ranges int) {
	s.roomFor(ranges)
	add := func(tag uint32, one suspect) {
		s.keys = append(s.keys, uint64(tag)<<tagBits|uint64(len(s.list)))
		s.list = append(s.list, one)
	}
	ordered := temporal(s.t.rule)
	s.each(s.number, false, part, ranges, func(of uint32, t *trace) {
		one := suspect{value: t.value, of: of, origin: t.origin}
		if ordered {
			one.base = uint8(t.value)
		}
		add(t.tag, one)
	})
	from, to := tagRange(part, ranges)
	for _, r := range s.t.rests {
		for tag := range s.tags[r.target] {
			if tag >= from && tag <= to {
				add(tag, suspect{base: uint8(r.base), always: true})
			}
		}
	}
	wild := uint64(0)
	for e := range s.facts.all(s.number) {
		if e.kind != isFact {
			continue
		}
		if tag := s.tagOf(e); tag >= from && tag <= to {
			wild-- // a value of its own
			one := suspect{time: e.time, value: wild, of: e.of}
			if ordered {
				one.base = e.base
			}
			add(tag, one)
		}
	}
}

// roomFor empties the lists of suspects and gives them the room that one of a
// number of ranges is likely to need, as tags are spread evenly: lists that grow
// are copied again and again.
func (s *sifter) roomFor(ranges int) {
	traces, _ := s.count(s.number)
	likely := (traces + s.common.facts(s.number)) / ranges
	if ranges > 1 {
		likely += likely / 8
	}
	s.keys, s.list = roomy(s.keys, likely), roomy(s.list, likely)
}

// roomy is a list without items and with room for so many: the one given,
// where it has that.
func roomy[T any](list []T, room int) []T {
	if cap(list) < room {
		return make([]T, 0, room)
	}
	return list[:0]
}

// tagOf is the tag that a fact would have as a trace.
func (s *sifter) tagOf(e *entry) uint32 {
	return sumTag(s.d.sumOf(s.workers[e.of].words.text(e.group)))
}

// sortedTags sorts by tag, those of one tag in their order, and gives back
// both lists.
func sortedTags(list, other []uint64) (sorted, free []uint64) {
	other = roomy(other, len(list))[:len(list)]
	for shift := tagBits; shift < 64; shift += digitBits {
		var places [1 << digitBits]int
		for _, k := range list {
			places[k>>shift%(1<<digitBits)]++
		}
		sum := 0
		for d, n := range places {
			places[d] = sum
			sum += n
		}
		for _, k := range list {
			p := &places[k>>shift%(1<<digitBits)]
			other[*p] = k
			*p++
		}
		list, other = other, list
	}
	return list, other
}

// mayFire tells whether a group may, and leaves it in s.group.
func (s *sifter) mayFire(keys []uint64) bool {
	s.group = s.group[:0]
	bases := uint64(0)
	values, always := 1, false
	for _, k := range keys {
		one := s.list[uint32(k)]
		always = always || one.always
		if n := len(s.group); n > 0 && one.value != s.group[n-1].value {
			values++
		}
		s.group = append(s.group, one)
		bases |= 1 << one.base
	}
	switch c := s.t.rule; {
	case c.Travel != nil:
		return values > 1
	case always && countsFacts(c):
		return true // there may be as many firings as it takes
	case c.Type == "value_count":
		return s.t.canFire(values, bases) && s.within(true)
	default:
		return s.t.canFire(len(keys), bases) && s.within(false)
	}
}

// within tells whether the group may fire in any window of time, by what is
// in it: as many facts, or different values at most, and their rules.
func (s *sifter) within(byValue bool) bool {
	always := uint64(0)
	for i := range s.group {
		one := &s.group[i]
		if one.always {
			always |= 1 << one.base
		}
		if one.origin == 0 {
			continue
		}
		o, err := s.workers[one.of].origins.of(one.origin)
		if err != nil {
			s.failed = cmp.Or(s.failed, err)
			return false
		}
		one.time = o.time
	}
	slices.SortStableFunc(s.group, func(a, b suspect) int { return cmp.Compare(a.time, b.time) })
	for i := range s.last {
		s.last[i] = math.MinInt64
	}
	width := int64(s.t.rule.Window.Seconds())
	from, changes := 0, 0
	for next := 0; next < len(s.group); {
		at := s.group[next].time
		for ; next < len(s.group) && s.group[next].time == at; next++ {
			s.last[s.group[next].base] = at
			if next > 0 && s.group[next].value != s.group[next-1].value {
				changes++
			}
		}
		for ; s.group[from].time < at-width; from++ {
			if s.group[from].value != s.group[from+1].value {
				changes--
			}
		}
		n := next - from
		if byValue {
			n = changes + 1
		}
		if s.t.canFire(n, always|s.basesSince(at-width)) {
			return true
		}
	}
	return false
}

// basesSince are the rules of the target that have a suspect since a second.
func (s *sifter) basesSince(second int64) (bases uint64) {
	for b := range max(1, len(s.t.rule.Base)) {
		if b < maxOrdered && s.last[b] >= second {
			bases |= 1 << b
		}
	}
	return bases
}
