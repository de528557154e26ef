package rule

import (
	"fmt"
	"slices"

	"vakt/internal/event"
)

// lack resolves `vakt: not_followed_by`. Its rules are grouped by the same
// names as the rule itself.
func (c *compiler) lack(out *Compiled, group []string, cor *Correlation) {
	lack := out.Vakt.NotFollowedBy
	if lack == nil {
		return
	}
	n := &NotFollowedBy{Within: c.length(lack.Within, lack.line, "vakt: not_followed_by: within")}
	at := place{lack.line, "vakt: not_followed_by: rules", "vakt: not_followed_by", lack.Generate}
	for _, rule := range c.bases(at, lack.Rules) {
		switch {
		case rule.Log == event.NoLog:
			c.refuse(lack.line, "vakt: not_followed_by: the logs of %q are not read here, so nobody can tell that it stays away", rule.Key())
		case rule.Rule == out.Rule:
			c.refuse(lack.line, "vakt: not_followed_by names the rule itself")
		}
		n.Base = append(n.Base, c.grouped(rule, group, cor, lack.line, "vakt: not_followed_by"))
		out.Asleep = append(out.Asleep, rule.Asleep...)
	}
	slices.Sort(out.Asleep)
	out.Asleep = slices.Compact(out.Asleep)
	out.NotFollowedBy = n
}

// logs lists the logs of the detection rules of a rule: its own, or those
// beneath a correlation.
func (c *Compiled) logs() []event.Log {
	var list []event.Log
	for _, log := range event.Logs() {
		if c.Log&log != 0 {
			list = append(list, log)
		}
	}
	return list
}

// searchNames lists the searches that a match can name.
func (c *Compiled) searchNames() []string {
	names := c.logic.usedOrNone()
	if c.Vakt.Controls != nil {
		names = append(names, c.Vakt.Controls.Searches...) // also those that no list makes a control
	}
	for _, b := range c.Base {
		names = append(names, b.Rule.searchNames()...)
	}
	return names
}

func (d *detection) usedOrNone() []string {
	if d.condition == nil {
		return nil
	}
	return d.usedNames()
}

// raises resolves `vakt: severity`.
func (c *compiler) raises(out *Compiled) {
	for _, line := range out.Vakt.Severity {
		r := Raise{Level: line.Level, List: line.List, Matched: line.Matched, AtLeast: line.AtLeast, Alerts: line.Alerts, Name: line.Field}
		c.lowered(out, &r, line)
		c.followed(out, &r, line)
		if names := out.searchNames(); r.Matched != "" && !slices.Contains(names, r.Matched) {
			c.refuse(line.line, "vakt: severity: no rule beneath uses a search %q%s", r.Matched, hint(r.Matched, names))
		}
		if r.Name != "" {
			c.raiseFields(out, &r, line.line)
		}
		out.Raises = append(out.Raises, r)
	}
}

// raiseFields resolves the field of a raise in every log beneath the rule,
// and the comparison with its list.
func (c *compiler) raiseFields(out *Compiled, r *Raise, line int) {
	r.fields, r.listed = map[event.Log]event.Field{}, map[event.Log]*node{}
	for _, log := range out.logs() {
		f, ok := c.field(log, r.Name, line, "vakt: severity")
		if !ok {
			return
		}
		r.fields[log] = f
		if r.List == "" {
			continue
		}
		if r.listed[log] = c.listed(f, r, log, line); r.listed[log] == nil {
			return
		}
	}
}

// listed compiles "the field is on the list". An empty list raises nothing,
// and does not put the rule to sleep.
func (c *compiler) listed(f event.Field, r *Raise, log event.Log, line int) *node {
	whole := c.current.Log
	c.current.Log = log
	defer func() { c.current.Log = whole }()
	v := values{compiler: c, item: &item{field: r.Name, how: modifiers{expand: true}}, field: f, where: "vakt: severity"}
	e, ok := c.baselineList(r.List, line, v.where)
	if !ok {
		return nil
	}
	if e.asleep() {
		c.warn(line, "vakt: severity: baseline parameter %s is empty: this line raises nothing", r.List)
	}
	return join(nodeOr, v.listed(e, literal{kind: listLiteral, text: r.List, line: line}))
}

// collapse resolves `vakt: collapse`.
func (c *compiler) collapse(out *Compiled) {
	written := out.Vakt.Collapse
	if written == nil {
		return
	}
	for _, b := range out.Base {
		if b.Rule.Correlation != nil {
			c.refuse(written.line, "vakt: collapse counts records, and %q is a correlation: write it there", b.Rule.Key())
			return
		}
	}
	out.Collapse = &Collapse{By: written.By, Within: written.Within, fields: map[event.Log][]event.Field{}}
	for _, log := range out.logs() {
		for _, name := range written.By {
			f, _ := c.field(log, name, written.line, "vakt: collapse")
			out.Collapse.fields[log] = append(out.Collapse.fields[log], f)
		}
	}
}

// words says for an explanation when a raise holds.
func (r *Raise) words(e Expansion) string {
	switch {
	case r.List != "":
		return fmt.Sprintf("%s is on the baseline list %s (%s)", r.Name, r.List, e.words())
	case r.Matched != "":
		return r.Matched + " matched"
	case r.Alerts > 0 || r.FollowedBy != nil:
		return r.otherWords()
	}
	return fmt.Sprintf("there are at least %d different values of %s", r.AtLeast, r.Name)
}
