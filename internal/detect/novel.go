package detect

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// newValues are the fields whose values a rule asks to be new.
func newValues(c *rule.Compiled) []event.Field {
	if c.FirstSeen == nil {
		return nil
	}
	return c.FirstSeen.Values
}

// seenAt is a stretch of time in which a group has shown a value.
type seenAt struct {
	tenant, group, value uint32
	stretch
}

func (x *decision) seenAt(e *entry) seenAt {
	return seenAt{x.tenantOf(e), x.global(e.of, e.group), x.global(e.of, e.value), e.stretch()}
}

func compareSights(a, b seenAt) int {
	return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.group, b.group), cmp.Compare(a.value, b.value), cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last))
}

func sortSights(list []seenAt) { slices.SortFunc(list, compareSights) }

// sightsOf is the part of a sorted list that is like the first, apart from its
// time and, where the group is all that matters, its value.
func sightsOf(list []seenAt, like seenAt, anyValue bool) []seenAt {
	differs := func(s, like seenAt) int {
		value := cmp.Compare(s.value, like.value)
		if anyValue {
			value = 0
		}
		return cmp.Or(cmp.Compare(s.tenant, like.tenant), cmp.Compare(s.group, like.group), value)
	}
	from, _ := slices.BinarySearchFunc(list, like, differs)
	to := from
	for to < len(list) && differs(list[to], like) == 0 {
		to++
	}
	return list[from:to]
}

// firstSeen lets those facts of a series fire that show something new.
func (j *judge) firstSeen() {
	c, facts := j.t.rule.FirstSeen, j.now.facts
	sights := sightsOf(j.sights, seenAt{tenant: facts[0].tenant, group: facts[0].group}, true)
	group := slices.AppendSeq(j.names[:0], strings.SplitSeq(string(j.x.words.text(facts[0].group)), joint))
	j.names = group
	begin, known := c.Since(group)
	if !known {
		begin = math.MaxInt64
	}
	for _, s := range sights {
		begin = min(begin, s.first)
	}
	j.bridged = bridged(j.bridged[:0], sights, spanOf(c.Within))
	for i := range facts {
		f := &facts[i]
		switch {
		case seenBefore(j.bridged, f, spanOf(c.Within)) || known && c.Learned(group, strings.Split(string(j.x.words.text(f.value)), joint), f.time):
		case begin > f.time-spanOf(c.After):
			j.learning()
		case j.stands(i, 1):
			j.fire(i, span{j.now, i, i + 1}, 0, false)
		}
	}
}

// bridged makes one of stretches of a value that leave no gap between them, and
// appends them to a list that is empty.
func bridged(merged, sorted []seenAt, within int64) []seenAt {
	for _, s := range sorted {
		if n := len(merged); n > 0 && merged[n-1].value == s.value && s.first <= merged[n-1].last+within {
			merged[n-1].last = max(merged[n-1].last, s.last)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// seenBefore tells whether the value of a fact was seen in the span before it.
func seenBefore(bridged []seenAt, f *point, within int64) bool {
	like := seenAt{f.tenant, f.group, f.value, stretch{f.time, math.MinInt64}}
	i, _ := slices.BinarySearchFunc(bridged, like, compareSights)
	if i == 0 {
		return false
	}
	s := bridged[i-1] // the last that begins before
	return s.value == f.value && f.time <= s.last+within
}

// learning counts what would fire if enough were known of the time before.
func (j *judge) learning() {
	for _, t := range j.t.said {
		j.x.res.Learning[j.x.d.targets[t].rule.Key()]++
	}
}

// newValues are the values of facts of a first_seen, for people.
func (j *judge) newValues(facts []*point) []string {
	if j.t.rule.FirstSeen == nil {
		return nil
	}
	var all []string
	for _, f := range facts {
		all = append(all, strings.ReplaceAll(string(j.x.words.text(f.value)), joint, " "))
	}
	return sortedSet(all)
}
