package detect

import (
	"sort"

	"vakt/internal/rule"
)

// aftermath is when something followed, by tenant and group.
type aftermath map[afterKey][]int64 // sorted

type afterKey struct {
	tenant, group string
	sure          bool
}

func newAftermath(all []follower) aftermath {
	m := aftermath{}
	for _, f := range all {
		k := afterKey{f.tenant, f.group, f.sure}
		m[k] = append(m[k], f.time)
	}
	for k, times := range m {
		m[k] = sortedSet(times)
	}
	return m
}

// within tells whether there is a time in [from, to].
func (m aftermath) within(k afterKey, from, to int64) bool {
	times := m[k]
	i := sort.Search(len(times), func(i int) bool { return times[i] >= from })
	return i < len(times) && times[i] <= to
}

// followed tells whether something that must not follow lies in
// [t, t+Within]. Equal seconds are simultaneous, and either order is accepted.
// It is unknown where a record does not tell, or not its group.
func (j *judge) followed(f *fact) rule.Truth {
	tenant, until := f.shown.tenant, f.time+int64(j.t.rule.NotFollowedBy.Within.Seconds())
	if j.after.within(afterKey{tenant, f.group, true}, f.time, until) {
		return rule.True
	}
	if j.after.within(afterKey{tenant, f.group, false}, f.time, until) || j.after.within(afterKey{tenant, anyGroup, false}, f.time, until) {
		return rule.Unknown
	}
	return rule.False
}

// missing names the logs of rules of which the input holds no record: that
// nothing is seen there says nothing.
func (x *decision) missing(bases []rule.Base) []string {
	var names []string
	for _, b := range bases {
		if b.Rule.Correlation != nil {
			names = append(names, x.missing(b.Rule.Base)...)
		} else if b.Rule.Log&x.logs == 0 {
			names = append(names, b.Rule.LogSource.String())
		}
	}
	return sortedSet(names)
}

// sayAbsent tells of facts that would have fired if a log were not missing.
func (x *decision) sayAbsent() {
	for k, records := range x.absent {
		t := &x.d.targets[k.target]
		x.res.Blind = append(x.res.Blind, Blind{
			Rule: t.rule.Key(), Shape: k.shape, Fields: x.missingAbove(t.rule), Records: len(records),
		})
	}
	x.res.Blind = sortBlind(x.res.Blind)
}

// missingAbove names the missing logs of a rule and those beneath it.
func (x *decision) missingAbove(c *rule.Compiled) []string {
	var names []string
	if c.NotFollowedBy != nil {
		names = x.missing(c.NotFollowedBy.Base)
	}
	for _, b := range c.Base {
		names = append(names, x.missingAbove(b.Rule)...)
	}
	return sortedSet(names)
}
