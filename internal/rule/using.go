package rule

import (
	"maps"
	"slices"
)

// Unread names the baseline lists that a rule, or one beneath it, compares
// with and that nobody has read, each with the reason. Where such a comparison
// decides, the rule is blind. Lists that only raise a severity are not among
// them.
func (c *Compiled) Unread() map[string]string {
	why := map[string]string{}
	c.program.walk(func(p *predicate) {
		if p.ask == askUnread {
			why[p.list] = c.expansions[p.list].Unread
		}
	})
	for _, b := range c.Base {
		maps.Copy(why, b.Rule.Unread())
	}
	return why
}

// Parameters lists the baseline parameters that a rule, or one beneath it,
// reads: lists, and those that replace its number or its window. They are
// sorted.
func (c *Compiled) Parameters() []string {
	names := slices.Collect(maps.Keys(c.expansions))
	names = append(names, c.Vakt.Threshold, c.Vakt.Timespan)
	for _, b := range c.Base {
		names = append(names, b.Rule.Parameters()...)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	slices.Sort(names)
	return slices.Compact(names)
}
