package detect

import (
	"cmp"
	"math"
	"slices"

	"vakt/internal/memory"
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

// tagSet is tags of groups.
type tagSet map[uint32]struct{}

func (s tagSet) has(tag uint32) bool {
	_, ok := s[tag]
	return ok
}

// trap is a trace of a group that may fire.
type trap struct {
	tag        uint32
	of, origin uint32
}

// part looks at the groups of a range of tags: at those that may fire by what is
// counted of them.
func (s *sifter) part(part, ranges int) {
	s.count(part, ranges)
	if s.pick(); s.likely.count == 0 {
		return
	}
	s.gather(part, ranges)
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

// count counts the suspects of a range of tags.
func (s *sifter) count(part, ranges int) {
	y := &s.tally
	y.begin(s.t.tallyOf(), s.expected/ranges/tracesOfGroup)
	s.each(s.number, false, part, ranges, func(_ uint32, list []trace) {
		y.room(len(list))
		y.fetch(list)
		for i := range list {
			y.add(list[i].tag, list[i].value)
		}
	})
	s.eachFact(part, ranges, func(tag uint32, one suspect) {
		y.room(1)
		if y.counts == ofRules {
			one.value = uint64(one.base)
		}
		y.add(tag, one.value)
	})
	s.eachBeneath(part, ranges, func(tag uint32, one suspect) {
		y.room(1)
		if y.add(tag, uint64(one.base)); countsFacts(s.t.rule) {
			y.slot(tag).times = enough
		}
	})
}

// tracesOfGroup is how many traces a group has, roughly.
const tracesOfGroup = 4

// pick leaves the tags in s.likely of which a group may fire.
func (s *sifter) pick() {
	s.likely.begin(ofSuspects, 0)
	for i := range s.tally.slots {
		if one := &s.tally.slots[i]; one.times > 0 && one.canFire(s.t) {
			s.likely.room(1)
			s.likely.add(one.tag, 0)
		}
	}
}

// gather lists the suspects of a range of tags whose groups may fire: traces, facts
// beside them, and firings beneath.
func (s *sifter) gather(part, ranges int) {
	room := s.expected / ranges * s.likely.count / s.tally.count
	room += room / 8 // as tags are spread evenly, but not quite
	s.keys, s.list = roomy(s.keys, room), roomy(s.list, room)
	add := func(tag uint32, one suspect) {
		if s.likely.has(tag) {
			s.keys = append(s.keys, uint64(tag)<<tagBits|uint64(len(s.list)))
			s.list = append(s.list, one)
		}
	}
	ordered := temporal(s.t.rule)
	s.each(s.number, false, part, ranges, func(of uint32, list []trace) {
		for i := range list {
			t := &list[i]
			if !s.likely.has(t.tag) {
				continue
			}
			one := suspect{value: t.value, of: of, origin: t.origin}
			if ordered {
				one.base = uint8(t.value)
			}
			add(t.tag, one)
		}
	})
	s.eachBeneath(part, ranges, add)
	s.eachFact(part, ranges, add)
}

// eachBeneath goes through the firings beneath of a range of tags, which may be
// as many as it takes.
func (s *sifter) eachBeneath(part, ranges int, see func(tag uint32, one suspect)) {
	from, to := tagRange(part, ranges)
	for _, r := range s.t.rests {
		for tag := range s.tags[r.target] {
			if tag >= from && tag <= to {
				see(tag, suspect{base: uint8(r.base), always: true})
			}
		}
	}
}

// eachFact goes through the facts beside traces of a range of tags.
func (s *sifter) eachFact(part, ranges int, see func(tag uint32, one suspect)) {
	from, to := tagRange(part, ranges)
	ordered, wild := temporal(s.t.rule), uint64(0)
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
			see(tag, one)
		}
	}
}

// roomy is a list without items and with room for so many: the one given,
// where it has that.
func roomy[T any](list []T, room int) []T {
	if cap(list) < room {
		list = make([]T, 0, room)
		memory.Huge(list, room)
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
