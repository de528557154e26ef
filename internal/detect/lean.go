package detect

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"vakt/internal/event"
)

// Some targets are told of nearly every record and show few of them. They keep
// less than a fact and a row for each:
//
// A first_seen needs the first record that shows a value; of those after it
// only the times matter, and of these only where there is a gap. A worker
// knows for each group and value a stretch of time that the records which it
// has seen leave no gap in, and keeps a record only where it stands at the
// beginning of one. Stretches become facts of the kind sighting when they
// break off, when there are more than memory should hold, and before the
// decision.
//
// A growth needs numbers. A record is a fact without a row, but for a sample
// of each day that alerts show.

// lean is what a worker keeps for such targets, by target; nil for others.
type lean struct {
	stretches []*sights
	samples   []*samples
	held      int // bytes of both, beside those of facts and rows
}

// sight is a value that a group has shown.
type sight struct{ group, value, tenant uint32 }

// sighted is a sight by the hashes of its group and value, and seen what is known
// of it. Mostly a record shows what is known already, and hashes tell that.
type sighted struct {
	group, value uint64
	tenant       uint32
	taken        bool // false only where there is none
}

type seen struct {
	sighted
	groupText, valueText uint32
	stretch
}

// sight is the sight by its texts.
func (s *seen) sight() sight { return sight{s.groupText, s.valueText, s.tenant} }

// stretch is a span of time from the first to the last of some facts, of which
// each lies within the span of the first_seen from the one before.
type stretch struct{ first, last int64 }

// What a sight, and a sample, take in memory.
const (
	sightBytes  = 96
	sampleBytes = 64 + sampleSize*len(event.Key{})
)

func newLean(d *Detector) lean {
	l := lean{stretches: make([]*sights, len(d.targets)), samples: make([]*samples, len(d.targets))}
	for i := range d.targets {
		switch c := d.targets[i].rule; {
		case c == nil:
		case c.FirstSeen != nil:
			l.stretches[i] = &sights{}
		case c.Growth != nil:
			l.samples[i] = &samples{clock: wallClock{zone: c.Growth.Zone}, keys: map[sampled][]event.Key{}}
		}
	}
	return l
}

// of tells whether a target is one of them.
func (l *lean) of(target int) bool { return l.stretches[target] != nil || l.samples[target] != nil }

// wants tells whether a fact is to be kept with its row. Where it is not, what
// matters of it is kept otherwise.
func (w *Worker) wants(target int, f *fact) bool {
	switch {
	case w.lean.stretches[target] != nil:
		return w.begins(target, f)
	case w.lean.samples[target] != nil:
		return w.samples(target, f)
	}
	return true
}

// isKnown tells whether a match shows only what its groups have shown before it,
// and notes that they still do. It is false where that takes a closer look.
func (w *Worker) isKnown(r *event.Record, u *use) bool {
	if !w.asksSights(u, r.Shape()) {
		return false
	}
	known := w.lean.stretches[u.target]
	groups, values := w.sums(r, u.groupSet), w.sums(r, u.valueSet)
	at, within := r.Time(), spanOf(w.d.targets[u.target].rule.FirstSeen.Within)
	k := sighted{tenant: w.tenantOf(r), taken: true}
	for _, k.group = range groups {
		for _, k.value = range values {
			s := known.find(&k)
			if s == nil || at <= s.first || at > s.last+within {
				return false
			}
			s.last = max(s.last, at)
		}
	}
	return len(groups) > 0 && len(values) > 0
}

// asksSights tells whether isKnown can answer for a use and a shape.
func (w *Worker) asksSights(u *use, shape event.Shape) bool {
	return w.lean.stretches[u.target] != nil && u.whole>>shape&1 == 1
}

// nearSights has fetched what isKnown will look at, if it is one sight.
func (w *Worker) nearSights(r *event.Record, u *use) {
	groups, values := w.sums(r, u.groupSet), w.sums(r, u.valueSet)
	if len(groups) == 1 && len(values) == 1 {
		w.lean.stretches[u.target].near(&sighted{group: groups[0], value: values[0], tenant: w.tenantOf(r)})
	}
}

// begins tells whether a fact may be the first of its group to show its value:
// none that is known stands before it.
func (w *Worker) begins(target int, f *fact) bool {
	known, within := w.lean.stretches[target], spanOf(w.d.targets[target].rule.FirstSeen.Within)
	is := seen{
		sighted{w.d.sumOf(w.words.text(f.group)), w.d.sumOf(w.words.text(f.value)), f.tenant, true},
		f.group, f.value, stretch{f.time, f.time},
	}
	s := known.find(&is.sighted)
	switch {
	case s == nil:
		w.room(sightBytes)
		known.add(is)
		return true
	case f.time == s.first:
		return true
	case s.first < f.time && f.time <= s.last+within:
		s.last = max(s.last, f.time)
		return false
	case s.first-within <= f.time && f.time < s.first:
		s.first = f.time
		return true
	}
	w.keep(target, s.sight().fact(s.stretch))
	known.add(is)
	return true
}

// room makes room for what is remembered of one group more. What was
// remembered so far goes with the facts, to memory or files.
func (w *Worker) room(bytes int) {
	if w.lean.held += bytes; w.lean.held > w.limit {
		w.unload()
		w.lean.held = bytes
	}
}

// leave notes a record without a value to group by or to count. Where the
// shape cannot carry it that is known already, and may be so of every record.
func (w *Worker) leave(r *event.Record, u *use) {
	if w.recall != nil {
		return // it was told when the record was seen first
	}
	unknown := func(f event.Field) bool { return r.Field(f).Unknown }
	if w.lean.stretches[u.target] != nil && slices.ContainsFunc(u.values, unknown) {
		return
	}
	w.alone[u.target] = append(w.alone[u.target], r.Key())
}

// spanOf is a time span in seconds.
func spanOf(d time.Duration) int64 { return int64(d / time.Second) }

// fact is a stretch as a fact.
func (k sight) fact(s stretch) fact {
	f := fact{time: s.first, group: k.group, value: k.value, tenant: k.tenant, kind: sighting}
	binary.LittleEndian.PutUint64(f.key[:], uint64(s.last))
	return f
}

// stretch is the reverse of sight.fact.
func (f *fact) stretch() stretch {
	return stretch{f.time, int64(binary.LittleEndian.Uint64(f.key[:]))}
}

// unload makes facts of the stretches, and forgets the samples: those of what
// follows are samples too.
func (w *Worker) unload() {
	for t, known := range w.lean.stretches {
		if known == nil {
			continue
		}
		for s := range known.each {
			w.facts[t].add(s.sight().fact(s.stretch))
			w.held += factBytes
		}
		*known = sights{}
	}
	for _, s := range w.lean.samples {
		if s != nil {
			s.keys, s.known = map[sampled][]event.Key{}, nil
		}
	}
}

// samples finds the facts of a growth that may be shown: of each day of a
// group those with the least keys, which is any of them, and the same however
// records come.
type samples struct {
	clock  wallClock
	keys   map[sampled][]event.Key // sorted
	number int                     // of the record at hand
	groups []uint32                // its facts' so far
	latest sampled                 // the day at which the last fact was looked for
	known  []event.Key             // its keys; nil: none yet
}

// sampled is a day of a group.
type sampled struct {
	group, tenant uint32
	day           int64
}

// sampleSize is how many records of a day are shown.
const sampleSize = 20

// samples tells whether a fact of a growth is among those that may be shown.
// If not it is kept here, without a row. A record that several rules match
// counts once.
func (w *Worker) samples(target int, f *fact) bool {
	s := w.lean.samples[target]
	if s.number != w.number {
		s.number, s.groups = w.number, s.groups[:0]
	}
	if slices.Contains(s.groups, f.group) {
		return false
	}
	s.groups = append(s.groups, f.group)
	day, _ := s.clock.at(f.time)
	keys := s.of(sampled{f.group, f.tenant, day})
	if keys == nil {
		w.room(sampleBytes)
	}
	at, known := slices.BinarySearchFunc(keys, f.key, compareKeys)
	switch {
	case known:
		return true
	case at == sampleSize:
		w.keep(target, *f)
		return false
	case len(keys) == sampleSize:
		keys = keys[:sampleSize-1]
	}
	s.known = slices.Insert(keys, at, f.key)
	s.keys[s.latest] = s.known
	return true
}

// of is the keys of a day; nil where it has none. Mostly it is the day of the
// fact before.
func (s *samples) of(k sampled) []event.Key {
	if k != s.latest || s.known == nil {
		s.latest, s.known = k, s.keys[k]
	}
	return s.known
}

func compareKeys(a, b event.Key) int { return bytes.Compare(a[:], b[:]) }

// wallClock reads the clock of a time zone. It remembers the offset that it
// met last.
type wallClock struct {
	zone     *time.Location
	from, to int64 // seconds between which the offset is what it is
	offset   int64
}

// at is the date of a second, in days since 1970, and what the clock shows, in
// seconds.
func (c *wallClock) at(second int64) (date, clock int64) {
	if second < c.from || second >= c.to {
		c.find(second)
	}
	local := second + c.offset
	date = dayOf(local)
	return date, local - date*day
}

func (c *wallClock) find(second int64) {
	t := time.Unix(second, 0).In(c.zone)
	_, offset := t.Zone()
	c.offset = int64(offset)
	from, to := t.ZoneBounds()
	c.from, c.to = second, second+1
	if !from.IsZero() {
		c.from = from.Unix()
	}
	if !to.IsZero() {
		c.to = to.Unix()
	}
	if from.IsZero() && to.IsZero() {
		c.from, c.to = math.MinInt64, math.MaxInt64
	}
}
