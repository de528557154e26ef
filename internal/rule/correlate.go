package rule

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vakt/internal/event"
)

// correlation resolves a correlation: the rules that it counts, its fields in
// each of their logs, its numbers and its window.
func (c *compiler) correlation(r *Rule) {
	out, cor := c.begin(r), r.Correlation
	out.Type, out.Percentile = cor.Type, cor.Percentile
	out.Settle = settle(r)
	if r.Vakt.LevelFrom != "" {
		c.refuse(r.Vakt.line, "vakt: level_from belongs in a plain rule: a correlation has one level")
	}
	c.bounds(out)
	c.window(out)
	c.checkAliases(r)
	at := place{cor.rulesLine, "correlation: rules", "correlation", cor.Generate}
	for _, base := range c.bases(at, cor.Rules) {
		out.Base = append(out.Base, c.base(base, cor))
	}
	c.gather(out)
	if !c.failed {
		c.collapse(out)
		c.growth(out)
		c.raises(out)
		c.lack(out, cor.GroupBy, cor)
	}
	if c.failed {
		c.inter(out)
		return
	}
	c.done[r] = out
}

// settle is how long a rule waits that has to.
func settle(r *Rule) time.Duration { return cmp.Or(r.Vakt.Settle, defaultSettle) }

// place is where a rule names others.
type place struct {
	line     int
	key      string // of the list
	section  string
	generate bool // those that it names also alert by themselves
}

// bases finds the rules that a list names, once each.
func (c *compiler) bases(at place, names []string) []*Compiled {
	var list []*Compiled
	for _, name := range names {
		base := c.find(at, name)
		switch {
		case base == nil:
		case slices.Contains(list, base):
			c.refuse(at.line, "%s names %q twice, by name and by id", at.key, base.Key())
		default:
			list = append(list, base)
		}
	}
	return list
}

// find finds a rule and keeps it from alerting by itself, even where the one
// that names it turns out to be refused: the rule alone is not the alert.
func (c *compiler) find(at place, name string) *Compiled {
	r, ok := c.index.find(name)
	switch {
	case !ok:
		c.refuse(at.line, "%s: no rule has the name or id %q%s", at.section, name, hint(name, c.index.keys))
		return nil
	case r.Filter != nil:
		c.refuse(at.line, "%s: %q is a filter, which never matches by itself", at.section, name)
		return nil
	}
	if alone, known := c.set.quiet[r]; !known || alone {
		c.set.quiet[r] = !at.generate
	}
	base := c.done[r]
	switch {
	case c.refused[r]:
		c.refuseWith(r, at.line, "%s: the rule %q has problems of its own (%s:%d)", at.section, name, r.File, r.Line)
		return nil
	case base == nil:
		c.refuse(at.line, "%s: %q refers back to this one: rules must not go round in a circle", at.section, name)
	case base.FirstSeen != nil || base.Growth != nil || base.Travel != nil:
		c.refuse(at.line, "%s: %q has vakt: first_seen, growth or travel, and can only stand alone", at.section, name)
	case r.Correlation == nil && base.NotFollowedBy != nil:
		c.refuse(at.line, "%s: %q has vakt: not_followed_by: count a rule without it and write it in the correlation", at.section, name)
	}
	return base
}

// base resolves the correlation's fields in one of its rules.
func (c *compiler) base(rule *Compiled, cor *Correlation) Base {
	b := c.grouped(rule, cor.GroupBy, cor, cor.groupLine, "correlation: group-by")
	if rule.Correlation != nil && slices.Contains(numberTypes, cor.Type) {
		c.refuse(cor.fieldLine, "correlation: %s computes with a field of records, and %q is a correlation", cor.Type, rule.Key())
		return b
	}
	values := c.grouped(rule, cor.Fields, cor, cor.fieldLine, "correlation: field")
	b.Values, b.ValueIndex = values.Group, values.GroupIndex
	return b
}

// grouped finds fields by name in a rule: in its log, or among those that it,
// a correlation, groups by itself. cor has the aliases; it may be nil.
func (c *compiler) grouped(rule *Compiled, names []string, cor *Correlation, line int, what string) Base {
	b := Base{Rule: rule}
	if rule.Log == event.NoLog {
		return b
	}
	for _, name := range names {
		name, ok := c.unaliased(rule.Rule, name, cor, line, what)
		if !ok {
			continue
		}
		if rule.Correlation == nil {
			f, _ := c.field(rule.Log, name, line, what)
			b.Group = append(b.Group, f)
			continue
		}
		inner := rule.Correlation.GroupBy
		i := slices.IndexFunc(inner, func(known string) bool { return strings.EqualFold(known, name) })
		if i < 0 {
			c.refuse(line, "%s: the correlation %q does not group by %q: it has %s", what, rule.Key(), name, listed(inner))
		}
		b.GroupIndex = append(b.GroupIndex, i)
	}
	return b
}

func listed(names []string) string {
	if len(names) == 0 {
		return "no group"
	}
	return strings.Join(names, ", ")
}

// unaliased is what a name is called in a rule.
func (c *compiler) unaliased(rule *Rule, name string, cor *Correlation, line int, what string) (string, bool) {
	if cor == nil {
		return name, true
	}
	for _, a := range cor.Aliases {
		if a.Name != name {
			continue
		}
		for _, key := range []string{rule.Name, rule.ID} {
			if field, ok := a.Fields[key]; ok && key != "" {
				return field, true
			}
		}
		c.refuse(line, "%s: the alias %q does not say what it is in the rule %q", what, name, rule.Key())
		return "", false
	}
	return name, true
}

// checkAliases refuses aliases for rules that are not there, and warns of
// those that nothing uses.
func (c *compiler) checkAliases(r *Rule) {
	cor, named := r.Correlation, map[*Rule]bool{}
	for _, name := range r.references() {
		if other, ok := c.index.find(name); ok {
			named[other] = true
		}
	}
	for _, a := range cor.Aliases {
		for key := range a.Fields {
			if other, ok := c.index.find(key); !ok || !named[other] {
				c.refuse(a.line, "correlation: aliases: %s: %q is not one of the rules%s", a.Name, key, hint(key, cor.Rules))
			}
		}
		if !slices.Contains(cor.GroupBy, a.Name) && !slices.Contains(cor.Fields, a.Name) {
			c.warn(a.line, "correlation: aliases: neither group-by nor field uses %q", a.Name)
		}
	}
}

// gather takes together what the base rules read, and finds out whether the
// condition can hold at all.
func (c *compiler) gather(out *Compiled) {
	alive := make([]bool, len(out.Base))
	for i, b := range out.Base {
		out.Log |= b.Rule.Log
		out.Fields = slices.Concat(out.Fields, b.Rule.Fields, b.Group, b.Values)
		alive[i] = len(b.Rule.Asleep) == 0 && b.Rule.Log != event.NoLog
	}
	out.Fields = sortedFields(out.Fields)
	if c.failed || out.reaches(alive) {
		return
	}
	for _, b := range out.Base {
		out.Asleep = append(out.Asleep, b.Rule.Asleep...)
	}
	slices.Sort(out.Asleep)
	out.Asleep = slices.Compact(out.Asleep)
	if len(out.Asleep) == 0 {
		c.warn(out.Line, "logs of its rules are not read here: this correlation never matches")
	}
}

// reaches tells whether the condition can hold when only some of the base
// rules can match.
func (c *Compiled) reaches(alive []bool) bool {
	all, run := 0, 0
	for i, ok := range alive {
		if ok {
			all++
		}
		if ok && run == i {
			run++
		}
	}
	switch c.Type {
	case "temporal":
		return holdsUpTo(c, float64(all))
	case "temporal_ordered":
		return holdsUpTo(c, float64(run))
	}
	return all > 0
}

func (c *compiler) bounds(out *Compiled) {
	out.Bounds = slices.Clone(out.Correlation.Bounds)
	name, key := out.Vakt.Threshold, "threshold"
	if g := out.Vakt.Growth; g != nil && g.AtLeast != "" {
		name, key = g.AtLeast, "growth: at_least"
	}
	if name != "" {
		n, ok := 0.0, false
		if c.lists != nil {
			n, ok = c.lists.Number(name)
		}
		if !ok {
			c.refuse(out.Vakt.line, "vakt: %s: there is no baseline parameter %q that is a number", key, name)
			return
		}
		out.Bounds[0].Number = n
	}
}

func (c *compiler) window(out *Compiled) {
	out.Window = out.Correlation.Timespan
	if name := out.Vakt.Timespan; name != "" {
		d, ok := time.Duration(0), false
		if c.lists != nil {
			d, ok = c.lists.Duration(name)
		}
		if !ok || d <= 0 {
			c.refuse(out.Vakt.line, "vakt: timespan: there is no baseline parameter %q that is a time span above zero", name)
			return
		}
		out.Window = d
	}
}
