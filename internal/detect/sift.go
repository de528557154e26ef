package detect

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"vakt/internal/event"
)

// Before anything is decided the traces of each target are looked through for
// groups that may fire. The records of those are read again, once each, by
// workers that make facts of them as if there never had been traces.

// suspect is a trace, or a fact beside traces, of a group that is looked at.
type suspect struct {
	time   int64
	value  uint64
	of     uint32 // worker
	origin uint32 // 0: it is a fact
	base   uint8
	always bool // a firing beneath, which may be at any time
}

// wanted is a record that is to be read again for a target.
type wanted struct {
	origin
	target int
}

func compareWanted(a, b wanted) int {
	return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.target, b.target))
}

// sift reads the records again of which traces may be facts that fire. The
// workers that keep these facts stand behind those of the run.
func (c *common) sift(ctx context.Context) error {
	if c.open == nil {
		return nil
	}
	list, err := c.suspects(ctx)
	c.forget()
	if err != nil || len(list) == 0 {
		return err
	}
	slices.SortFunc(list, compareWanted)
	pieces := make([][]wanted, 0, len(c.workers))
	for size := (len(list)-1)/len(c.workers) + 1; len(list) > 0; {
		n := min(size, len(list))
		for n < len(list) && list[n].At == list[n-1].At {
			n++
		}
		pieces, list = append(pieces, list[:n]), list[n:]
	}
	readers, errs := make([]*reader, len(pieces)), make([]error, len(pieces))
	var busy sync.WaitGroup
	for i, piece := range pieces {
		readers[i] = c.newReader()
		c.workers = append(c.workers, readers[i].Worker)
		c.again = append(c.again, readers[i].Worker)
		busy.Go(func() { errs[i] = errors.Join(readers[i].all(ctx, piece), readers[i].archive.Close()) })
	}
	busy.Wait()
	return errors.Join(errs...)
}

// forget lets go of traces that have been looked through.
func (c *common) forget() {
	for _, w := range c.workers {
		for t := range w.traces {
			if c.d.targets[t].rule.Growth == nil {
				w.traces[t] = traces{}
			}
		}
	}
}

// all makes facts of records, sorted as compareWanted has them.
func (r *reader) all(ctx context.Context, list []wanted) error {
	var targets []int
	for i := 0; i < len(list) && ctx.Err() == nil; {
		first := &list[i]
		targets = targets[:0]
		for ; i < len(list) && list[i].At == first.At; i++ {
			targets = append(targets, list[i].target)
		}
		if _, err := r.again(&first.origin, slices.Compact(targets)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// suspects finds what is to be read again, several targets at a time.
func (c *common) suspects(ctx context.Context) (list []wanted, err error) {
	parts := c.parts()
	all := make([]*sifter, len(c.workers))
	var next atomic.Int32
	var busy sync.WaitGroup
	for i := range all {
		s := &sifter{common: c, facts: c.decision()}
		all[i] = s
		busy.Go(func() {
			for n := int(next.Add(1)); n <= len(parts) && s.err() == nil && ctx.Err() == nil; n = int(next.Add(1)) {
				s.targets(parts[n-1])
			}
		})
	}
	busy.Wait()
	for _, s := range all {
		list, err = append(list, s.found...), cmp.Or(err, s.err())
	}
	return list, cmp.Or(err, ctx.Err())
}

// sifter looks through the traces of targets that rest on each other.
type sifter struct {
	*common
	facts  *decision // for going through facts, nothing else
	failed error
	found  []wanted

	tags  map[int]tagSet // by target: of groups that may fire
	traps map[int][]trap // by target

	number int // of the target at hand
	t      *target
	twice  map[event.Key]struct{} // records of groups that may fire which were seen more than once

	keys, other []uint64 // tag and place among the suspects
	list        []suspect
	group       []suspect
	last        [maxOrdered]int64
}

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

func (s *sifter) err() error { return cmp.Or(s.failed, s.facts.err) }

// targets looks for records that are wanted for targets: first, from beneath,
// for groups that may fire, then, from above, for those whose firing matters.
func (s *sifter) targets(list []int) {
	s.tags, s.traps = map[int]tagSet{}, map[int][]trap{}
	for _, t := range list {
		s.suspect(t)
	}
	for _, t := range slices.Backward(list) {
		s.settle(t)
	}
}

// suspect finds the groups of a target that may fire.
func (s *sifter) suspect(t int) {
	counted, followed := s.count(t)
	s.number, s.t = t, &s.d.targets[t]
	if s.t.rule.Growth != nil || counted+followed+len(s.t.feeds)+len(s.t.rests) == 0 {
		return // a growth is decided by its traces
	}
	tags := tagSet{}
	s.tags[t] = tags
	if !s.t.sifts {
		if followed == 0 {
			return
		}
		for e := range s.facts.all(t) {
			if e.kind == isFact {
				tags[s.tagOf(e)] = struct{}{}
			}
		}
		return
	}
	ranges := 1
	for ranges < traceRanges && counted/ranges > rangeTraces {
		ranges *= 2
	}
	if s.hasRuns(t) {
		ranges = traceRanges
	}
	for i := range ranges {
		s.part(i, ranges)
	}
}

// settle wants the records of the groups of a target that may fire.
func (s *sifter) settle(t int) {
	tags := s.tags[t]
	s.number, s.t, s.twice = t, &s.d.targets[t], nil
	if s.isBeneath() {
		for tag := range tags {
			if !slices.ContainsFunc(s.t.feeds, func(f feed) bool { return s.tags[f.target].has(tag) }) {
				delete(tags, tag)
			}
		}
	}
	for _, one := range s.traps[t] {
		if tags.has(one.tag) {
			s.want(one.of, one.origin)
		}
	}
	delete(s.traps, t)
	if len(tags) == 0 {
		return
	}
	if s.t.sifts {
		s.versions()
	}
	s.each(t, true, 0, 1, func(of uint32, t *trace) {
		if tags.has(t.tag) {
			s.want(of, t.origin)
		}
	})
}

// isBeneath tells whether the target at hand matters only where one above it
// may fire in the same group.
func (s *sifter) isBeneath() bool {
	return len(s.t.feeds) > 0 && !s.t.alerts && s.t.rule.NotFollowedBy == nil &&
		!slices.ContainsFunc(s.t.feeds, func(f feed) bool { return f.role != counts || !s.d.targets[f.target].sifts })
}

const (
	rangeTraces = 1 << 18 // about how many traces are looked at together
	traceRanges = 64      // into how many ranges they are parted by their tags at most
)

// count is how many traces a target has.
func (s *sifter) count(t int) (counted, followed int) {
	for _, w := range s.workers {
		counted += w.traces[t].counted.len()
		followed += w.traces[t].followed.len()
		if w.spill == nil {
			continue
		}
		for _, run := range w.spill.traces {
			switch {
			case run.target != t:
			case run.followed:
				followed += run.count
			default:
				counted += run.count
			}
		}
	}
	return counted, followed
}

func (s *sifter) hasRuns(t int) bool {
	return slices.ContainsFunc(s.workers, func(w *Worker) bool {
		return w.spill != nil && slices.ContainsFunc(w.spill.traces, func(r traceRun) bool { return r.target == t })
	})
}

// each goes through the traces whose tags are in one of a number of ranges,
// which is a power of two.
func (s *sifter) each(t int, followed bool, part, ranges int, see func(of uint32, t *trace)) {
	from, to := tagRange(part, ranges)
	for i, w := range s.workers {
		list := &w.traces[t].counted
		if followed {
			list = &w.traces[t].followed
		}
		for one := range list.each {
			if one.tag >= from && one.tag <= to {
				see(uint32(i), one)
			}
		}
		if w.spill == nil {
			continue
		}
		for _, run := range w.spill.traces {
			if run.target != t || run.followed != followed {
				continue
			}
			if err := w.spill.readTraces(&run, part, ranges, func(t *trace) { see(uint32(i), t) }); err != nil {
				s.failed = cmp.Or(s.failed, err)
			}
		}
	}
}

// tagRange is the first and last tag of a range.
func tagRange(part, ranges int) (from, to uint32) {
	width := uint64(1) << tagBits / uint64(ranges)
	return uint32(uint64(part) * width), uint32(uint64(part+1)*width - 1)
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
	s.keys, s.list = s.keys[:0], s.list[:0]
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

// tagOf is the tag that a fact would have as a trace.
func (s *sifter) tagOf(e *entry) uint32 {
	return sumTag(s.d.sumOf(s.workers[e.of].words.text(e.group)))
}

// sortedTags sorts by tag, those of one tag in their order, and gives back
// both lists.
func sortedTags(list, other []uint64) (sorted, free []uint64) {
	other = slices.Grow(other[:0], len(list))[:len(list)]
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

// want notes a record.
func (s *sifter) want(of, number uint32) {
	o, err := s.workers[of].origins.of(number)
	if err != nil {
		s.failed = cmp.Or(s.failed, err)
		return
	}
	s.found = append(s.found, wanted{o, s.number})
	s.mayBeTwice(o.key)
}

// mayBeTwice notes a record that counts, if it was seen more than once.
func (s *sifter) mayBeTwice(k event.Key) {
	if s.repeats != nil && !s.repeats(k) {
		return
	}
	if s.twice == nil {
		s.twice = map[event.Key]struct{}{}
	}
	s.twice[k] = struct{}{}
}

// versions wants all versions of the records of groups that may fire, whatever
// groups they are in, as the newest one counts.
func (s *sifter) versions() {
	for e := range s.facts.all(s.number) {
		if e.kind != isFact {
			continue
		}
		if s.tags[s.number].has(s.tagOf(e)) {
			s.mayBeTwice(e.key)
		}
	}
	if len(s.twice) == 0 {
		return
	}
	s.each(s.number, false, 0, 1, func(of uint32, t *trace) {
		o, err := s.workers[of].origins.of(t.origin)
		if err != nil {
			s.failed = cmp.Or(s.failed, err)
			return
		}
		if _, ok := s.twice[o.key]; ok {
			s.found = append(s.found, wanted{o, s.number})
		}
	})
}
