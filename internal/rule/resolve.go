package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/event"
)

// expand reads a baseline list, once a rule, and warns when it is empty.
func (c *compiler) expand(name string, line int, where string) (Expansion, bool) {
	e, known := c.current.expansions[name]
	if !known {
		var ok bool
		if c.lists != nil {
			e, ok = c.lists.Expand(name)
		}
		if !ok {
			c.refuse(line, "%s: there is no baseline parameter %q%s", where, name, c.similarList(name))
			return e, false
		}
		c.current.expansions[name] = e
	}
	if e.asleep() {
		c.warn(line, "asleep: baseline parameter %s is empty", name)
	}
	return e, true
}

// similarList suggests the name in lower case with _ for blanks and dashes,
// when such a parameter exists.
func (c *compiler) similarList(name string) string {
	if c.lists == nil {
		return ""
	}
	near := snake(name)
	if _, ok := c.lists.Expand(near); !ok || near == name {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", near)
}

// snake turns ApprovedCountries and approved-countries into
// approved_countries.
func snake(name string) string {
	var b []byte
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '-' || c == '.':
			c = '_'
		case 'A' <= c && c <= 'Z' && i > 0 && 'a' <= name[i-1] && name[i-1] <= 'z':
			b = append(b, '_')
		}
		b = append(b, lower(c))
	}
	return string(b)
}

// index finds rules by name and id.
type index struct {
	rules map[string]*Rule
	keys  []string // in the order of the rules, for suggestions
}

func newIndex(rules []*Rule) index {
	x := index{rules: map[string]*Rule{}}
	for _, r := range rules {
		for _, key := range []string{r.Name, r.ID} {
			if key != "" {
				x.rules[key] = r
				x.keys = append(x.keys, key)
			}
		}
	}
	return x
}

// find looks a name up, or an id in any case.
func (x index) find(name string) (*Rule, bool) {
	if r, ok := x.rules[name]; ok {
		return r, true
	}
	r, ok := x.rules[strings.ToLower(name)]
	return r, ok && r.ID == strings.ToLower(name)
}

// unique drops rules whose name or id an earlier one has, and a rule without
// both whose title is taken.
func unique(rules []*Rule) (kept []*Rule, problems []Problem) {
	taken := map[string]*Rule{}
	for _, r := range rules {
		if what, first := clash(r, taken); first != nil {
			problems = append(problems, Problem{File: r.File, Line: r.Line,
				Message: fmt.Sprintf("%s is taken by the rule in %s:%d", what, first.File, first.Line)})
			continue
		}
		for _, key := range []string{r.Name, r.ID, r.Key()} {
			if key != "" {
				taken[key] = r
			}
		}
		kept = append(kept, r)
	}
	return kept, problems
}

func clash(r *Rule, taken map[string]*Rule) (what string, first *Rule) {
	if first := taken[r.Name]; r.Name != "" && first != nil {
		return fmt.Sprintf("name %q", r.Name), first
	}
	if first := taken[r.ID]; r.ID != "" && first != nil {
		return "id " + r.ID, first
	}
	if first := taken[r.Key()]; first != nil {
		return fmt.Sprintf("title %q (the rule has neither name nor id)", r.Title), first
	}
	return "", nil
}

// correlation resolves a correlation: the rules that it counts, its fields in
// each of their logs, its number and its window.
func (c *compiler) correlation(r *Rule, rules index) {
	out, cor := c.begin(r), r.Correlation
	out.Type, out.Op = cor.Type, cor.Op
	out.Settle = r.Vakt.Settle
	if out.Settle == 0 {
		out.Settle = defaultSettle
	}
	if r.Vakt.LevelFrom != "" {
		c.refuse(r.Vakt.line, "vakt: level_from belongs in a plain rule: a correlation has one level")
	}
	c.threshold(out)
	c.window(out)
	seen := map[*Rule]bool{}
	for _, name := range cor.Rules {
		base := c.base(name, rules)
		switch {
		case base == nil:
		case seen[base.Rule]:
			c.refuse(cor.rulesLine, "correlation: rules names %q twice, by name and by id", base.Key())
		default:
			seen[base.Rule] = true
			out.Base = append(out.Base, c.baseFields(base))
		}
	}
	c.gather(out)
	if c.failed {
		return
	}
	c.done[r] = out
	c.set.correlations = append(c.set.correlations, out)
}

// base finds a counted rule and keeps it from alerting by itself, even where
// the correlation turns out to be refused: the rule alone is not the alert.
func (c *compiler) base(name string, rules index) *Compiled {
	cor := c.current.Correlation
	r, ok := rules.find(name)
	switch {
	case !ok:
		c.refuse(cor.rulesLine, "correlation: no rule has the name or id %q%s", name, hint(name, rules.keys))
		return nil
	case r.Correlation != nil:
		c.refuse(cor.rulesLine, "not supported yet: a correlation over a correlation (%q)", name)
		return nil
	}
	if alone, known := c.set.quiet[r]; !known || alone {
		c.set.quiet[r] = !cor.Generate
	}
	if c.refused[r] {
		c.refuse(cor.rulesLine, "correlation: the rule %q has problems of its own (%s:%d)", name, r.File, r.Line)
		return nil
	}
	return c.done[r]
}

// baseFields resolves the correlation's fields in the log of one base rule.
func (c *compiler) baseFields(base *Compiled) Base {
	cor, b := c.current.Correlation, Base{Rule: base}
	if base.Log == event.NoLog {
		return b
	}
	for _, name := range cor.GroupBy {
		f, _ := c.field(base.Log, name, cor.groupLine, "correlation: group-by")
		b.Group = append(b.Group, f)
	}
	if cor.Field != "" {
		b.Value, _ = c.field(base.Log, cor.Field, cor.fieldLine, "correlation: field")
	}
	return b
}

// gather takes together what the base rules read.
func (c *compiler) gather(out *Compiled) {
	asleep := len(out.Base) > 0
	for _, b := range out.Base {
		out.Log |= b.Rule.Log
		out.Fields = append(append(out.Fields, b.Rule.Fields...), b.Group...)
		if b.Value != event.NoField {
			out.Fields = append(out.Fields, b.Value)
		}
		asleep = asleep && len(b.Rule.Asleep) > 0
	}
	out.Fields = sortedFields(out.Fields)
	for _, b := range out.Base {
		if asleep {
			out.Asleep = append(out.Asleep, b.Rule.Asleep...)
		}
	}
	slices.Sort(out.Asleep)
	out.Asleep = slices.Compact(out.Asleep)
	if out.Log == event.NoLog && !c.failed {
		c.warn(out.Line, "logs of its rules are not read here: this correlation never matches")
	}
}

func (c *compiler) threshold(out *Compiled) {
	out.Threshold = out.Correlation.Number
	if name := out.Vakt.Threshold; name != "" {
		n, ok := 0.0, false
		if c.lists != nil {
			n, ok = c.lists.Number(name)
		}
		if !ok {
			c.refuse(out.Vakt.line, "vakt: threshold: there is no baseline parameter %q that is a number", name)
			return
		}
		out.Threshold = n
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

// foldTargets warns where folds_into names a rule that is not there.
func (c *compiler) foldTargets(rules index) {
	for r, out := range c.done {
		if name := r.Vakt.FoldsInto; name != "" && rules.rules[name] == nil {
			c.current = out
			c.warn(r.Vakt.line, "vakt: folds_into: no rule has the name %q%s", name, hint(name, rules.keys))
		}
	}
}
