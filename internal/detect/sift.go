package detect

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"vakt/internal/event"
)

// Before anything is decided the traces of each target are looked through for
// groups that may fire. The records of those are read again, once each, by
// workers that make facts of them as if there never had been traces.

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
	if err := c.makeRoom(); err != nil {
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
		readers[i].limit -= c.workers[i].held
		c.workers = append(c.workers, readers[i].Worker)
		c.again = append(c.again, readers[i].Worker)
		busy.Go(func() { errs[i] = errors.Join(readers[i].all(ctx, piece), readers[i].archive.Close()) })
	}
	busy.Wait()
	return cmp.Or(errs...) // a file that changed is told once
}

// makeRoom puts what workers keep into files where it is more than half of what
// they may: those that read records again keep facts in the room that is left.
func (c *common) makeRoom() error {
	for _, w := range c.workers {
		if w.held > w.limit/2 {
			if err := w.spillAll(); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget lets go of traces that have been looked through.
func (c *common) forget() {
	for _, w := range c.workers {
		for t := range w.traces {
			if c.d.targets[t].rule.Growth == nil {
				w.traces[t] = traces{}
			}
		}
		for _, table := range w.tables {
			if !table.days {
				table.empty()
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

	expected    int      // how many suspects the target has, roughly
	tally       tally    // of a range of tags
	likely      tally    // the tags of groups that may fire by that
	block       []trace  // scratch: see each
	keys, other []uint64 // tag and place among the suspects
	list        []suspect
	group       []suspect
	last        [maxOrdered]int64
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
	counted, followed := s.traceCount(t)
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
	s.expected = counted + s.common.facts(t)
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
	s.likely.begin(ofSuspects, len(tags))
	for tag := range tags {
		s.likely.add(tag, 0)
	}
	s.each(t, true, 0, 1, func(of uint32, list []trace) {
		for i := range list {
			if s.likely.has(list[i].tag) {
				s.want(of, list[i].origin)
			}
		}
	})
}

// isBeneath tells whether the target at hand matters only where one above it
// may fire in the same group.
func (s *sifter) isBeneath() bool {
	return len(s.t.feeds) > 0 && !s.t.alerts && s.t.rule.NotFollowedBy == nil &&
		!slices.ContainsFunc(s.t.feeds, func(f feed) bool { return f.role != counts || !s.d.targets[f.target].sifts })
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
	s.each(s.number, false, 0, 1, func(of uint32, list []trace) {
		for i := range list {
			o, err := s.workers[of].origins.of(list[i].origin)
			if err != nil {
				s.failed = cmp.Or(s.failed, err)
				return
			}
			if _, ok := s.twice[o.key]; ok {
				s.found = append(s.found, wanted{o, s.number})
			}
		}
	})
}
