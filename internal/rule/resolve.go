package rule

import (
	"fmt"
	"strings"
)

// expand reads a baseline list for a condition and warns when it is empty.
func (c *compiler) expand(name string, line int, where any) (Expansion, bool) {
	e, ok := c.baselineList(name, line, where)
	if ok && e.asleep() {
		c.warn(line, "asleep: baseline parameter %s is empty", name)
	}
	return e, ok
}

// baselineList reads a baseline list, once a rule.
func (c *compiler) baselineList(name string, line int, where any) (Expansion, bool) {
	e, known := c.current.expansions[name]
	if known {
		return e, true
	}
	ok := false
	if c.lists != nil {
		e, ok = c.lists.Expand(name)
	}
	if !ok {
		c.bury(line, "%s: there is no baseline parameter %q%s", where, name, c.similarList(name))
		return e, false
	}
	c.current.expansions[name] = e
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

// foldTargets warns where folds_into names a rule that is not there.
func (c *compiler) foldTargets(rules index) {
	for r, out := range c.done {
		if name := r.Vakt.FoldsInto; name != "" && rules.rules[name] == nil {
			c.current = out
			c.warn(r.Vakt.line, "vakt: folds_into: no rule has the name %q%s", name, hint(name, rules.keys))
		}
	}
}
