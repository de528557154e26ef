package detect

import (
	"cmp"
	"slices"

	"vakt/internal/rule"
)

// after is something that follows, or may.
type after struct {
	tenant, group uint32
	sure          bool // it follows; else it is unknown whether it does
	time          int64
}

func compareAfter(a, b after) int {
	sure := 0
	if a.sure != b.sure {
		if sure = 1; b.sure {
			sure = -1
		}
	}
	return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.group, b.group), sure, cmp.Compare(a.time, b.time))
}

// followers gathers what follows the facts at hand, of the entries of one hash.
func (j *judge) followers(list []entry) {
	for i := range list {
		e := &list[i]
		if e.kind != isAfter && e.kind != maybe {
			continue
		}
		if group, ok := j.followedGroup(e); ok {
			j.after = append(j.after, after{j.x.tenantOf(e), group, e.kind == isAfter, e.time})
		}
	}
	sortAfter(j.after)
}

// followedGroup is the group among those of the facts at hand that an entry
// follows. A match knows its group by the hash, a firing beneath by its number.
func (j *judge) followedGroup(e *entry) (group uint32, ok bool) {
	switch {
	case e.global:
		return e.group, true
	case !e.byHash():
		return j.x.global(e.of, e.group), true
	}
	last := uint32(0)
	for i := range j.points {
		if group = j.points[i].group; i > 0 && group == last {
			continue
		}
		if last = group; j.x.d.groupHash(j.x.words.text(group)) == e.key {
			return group, true
		}
	}
	return 0, false
}

func sortAfter(list []after) { slices.SortFunc(list, compareAfter) }

// within tells whether one like the first, apart from its time, lies between
// it and a later time, both included. The list is sorted.
func within(list []after, first after, until int64) bool {
	i, _ := slices.BinarySearchFunc(list, first, compareAfter)
	if i == len(list) || list[i].time > until {
		return false
	}
	first.time = list[i].time
	return list[i] == first
}

// followed tells whether something that must not follow lies in
// [t, t+Within]. Equal seconds are simultaneous, and either order is accepted.
// It is unknown where a record does not tell, or not its group.
func (j *judge) followed(p *point) rule.Truth {
	until := p.time + int64(j.t.rule.NotFollowedBy.Within.Seconds())
	switch {
	case within(j.after, after{p.tenant, p.group, true, p.time}, until):
		return rule.True
	case within(j.after, after{p.tenant, p.group, false, p.time}, until), within(j.x.anyGroup, after{p.tenant, 0, false, p.time}, until):
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
