package rule

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Controls is `vakt: controls`: searches that each say that one control was
// broken, which the condition joins by `1 of`. Those whose baseline list is
// empty are no controls, and are left out; a mode of the baseline may ask for
// all of the others instead of any.
type Controls struct {
	Searches []string
	Mode     string // baseline parameter that is "any" or "all"; empty: any

	line int
}

var controlsKeys = []key[Controls]{
	{"searches", func(r *reader, n *yaml.Node, out *Controls) { out.Searches = r.group(n, "vakt: controls: searches") }},
	{"mode", func(r *reader, n *yaml.Node, out *Controls) { out.Mode = r.parameter(n, "vakt: controls: mode") }},
}

func (r *reader) controls(n *yaml.Node) *Controls {
	out := &Controls{line: n.Line}
	lines := section(r, n, "vakt: controls", controlsKeys, out)
	if !lines.has("searches") && n.Kind == yaml.MappingNode {
		r.refuse(n.Line, "vakt: controls: searches is missing")
	}
	if len(out.Searches) == 1 {
		r.refuse(n.Line, "vakt: controls: there is one search, and nothing to combine it with")
	}
	return out
}

// controls rewrites the condition: the "or" of all controls becomes the "or" or
// the "and" of those that there are. Without any it stays as it is, and the
// empty lists put the rule to sleep.
func (c *compiler) controls(d *detection) {
	written := c.current.Vakt.Controls
	if written == nil || c.failed {
		return
	}
	op, ok := c.controlMode(written)
	if !ok {
		return
	}
	d.condition = d.condition.shifted(0) // the rule's own stays as it was written
	places := make([]int, 0, len(written.Searches))
	var kept []*expr
	for _, name := range written.Searches {
		i := slices.IndexFunc(d.searches, func(s search) bool { return s.name == name })
		if i < 0 {
			c.refuse(written.line, "vakt: controls: no search is named %q%s", name, hint(name, d.usedNames()))
			return
		}
		places = append(places, i)
		if !c.unset(d.searches[i]) {
			kept = append(kept, &expr{op: exprSearch, search: i})
		}
	}
	found := false
	d.condition.walk(func(e *expr) {
		if e.isChoice(places) {
			found = true
			if len(kept) > 0 {
				*e = *(&expr{op: op, kids: kept}).simple()
			}
		}
	})
	if !found {
		c.refuse(written.line, "vakt: controls: the condition has no `1 of` these searches: %s", strings.Join(written.Searches, ", "))
	}
}

// controlMode reads whether any or all must be broken.
func (c *compiler) controlMode(written *Controls) (exprOp, bool) {
	if written.Mode == "" {
		return exprOr, true
	}
	if c.lists != nil {
		if e, ok := c.lists.Expand(written.Mode); ok && len(e.Items) == 1 {
			switch e.Items[0].Value {
			case "any":
				return exprOr, true
			case "all":
				return exprAnd, true
			}
		}
	}
	c.refuse(written.line, "vakt: controls: there is no baseline parameter %q that is any or all", written.Mode)
	return exprOr, false
}

// isChoice tells whether an expression is the "or" of just these searches.
func (e *expr) isChoice(places []int) bool {
	if e.op != exprOr || len(e.kids) != len(places) {
		return false
	}
	return !slices.ContainsFunc(e.kids, func(kid *expr) bool { return kid.op != exprSearch || !slices.Contains(places, kid.search) })
}

// unset tells whether a search asks for a baseline list that nobody has filled.
func (c *compiler) unset(s search) bool {
	for _, b := range s.branches {
		for i := range b {
			for _, v := range b[i].values {
				if v.kind != listLiteral || c.lists == nil {
					continue
				}
				if e, ok := c.lists.Expand(v.text); ok && e.asleep() {
					return true
				}
			}
		}
	}
	return false
}
