package rule

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"vakt/internal/event"
)

// A filter document is no rule: it is a condition that is added, with "and",
// to the conditions of other rules, and so it leaves out what it does not
// hold for.

var filterKeys = append([]key[Rule]{
	{"logsource", func(r *reader, n *yaml.Node, out *Rule) { r.logSource(n, &out.LogSource) }},
	{"filter", func(r *reader, n *yaml.Node, out *Rule) { r.filter(n, out) }},
	{"detection", misplaced("detection", "a filter")},
	{"vakt", misplaced("vakt", "a filter")},
}, slices.DeleteFunc(slices.Clone(commonKeys), func(k key[Rule]) bool { return k.name == "vakt" })...)

// filterRule reads a filter document.
func (r *reader) filterRule(n *yaml.Node, out *Rule) keyLines {
	out.Filter = &Filter{}
	lines := section(r, n, "the filter document", filterKeys, out)
	if !lines.has("logsource") {
		r.refuse(n.Line, "logsource is missing")
	}
	if !r.failed {
		r.warnInverted(out)
	}
	return lines
}

// filter reads the `filter` section. Without `rules`, and with `rules: any`,
// it is for every rule of the log source.
func (r *reader) filter(n *yaml.Node, out *Rule) {
	f, d := out.Filter, &out.detection
	f.line = n.Line
	var condition *yaml.Node
	for _, e := range r.entries(n, "filter") {
		switch {
		case e.key == "condition":
			condition = e.value
		case e.key == "rules" && e.value.Kind == yaml.ScalarNode && e.value.Value == "any":
		case e.key == "rules":
			f.rulesLine, f.Rules = e.line, r.group(e.value, "filter: rules")
		default:
			d.searches = append(d.searches, r.search(e))
		}
	}
	switch {
	case condition != nil:
		r.condition(condition, d)
	case n.Kind == yaml.MappingNode:
		r.refuse(n.Line, "filter has no condition")
	}
}

// Words by which the author of a filter says that it leaves records out, and
// those by which it keeps them.
// Most runs have no filter, and need neither.
var (
	leavesOut = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)exclu|except|filter|ignor|suppress|allow|whitelist|false.positive|legitimate|benign|known|valid`)
	})
	keepsOnly = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\b(only|keep|restrict|limit)`) })
)

// warnInverted names the trap of the specification's own example: an
// exclusion whose condition is the search itself keeps nothing else.
func (r *reader) warnInverted(out *Rule) {
	about := out.Title + " " + out.Description
	if !leavesOut().MatchString(about) || keepsOnly().MatchString(about) || out.detection.negates() {
		return
	}
	r.warn(out.Filter.line, "filter: its condition is added with \"and\", so the rules then match only what its searches match; to leave that out write `condition: not …`")
}

// negates tells whether the condition, or a search that it uses, denies
// anything.
func (d *detection) negates() bool {
	found := false
	d.condition.walk(func(e *expr) { found = found || e.op == exprNot })
	for i, used := range d.used() {
		for _, b := range d.searches[i].branches {
			found = found || used && slices.ContainsFunc(b, func(it item) bool { return it.how.negate })
		}
	}
	return found
}

// covers tells whether the log source holds the other one: every part that it
// names is the same there.
func (l LogSource) covers(other LogSource) bool {
	part := func(mine, theirs string) bool { return mine == "" || strings.EqualFold(mine, theirs) }
	return part(l.Category, other.Category) && part(l.Product, other.Product) && part(l.Service, other.Service)
}

// filters compiles the filters and tells which are for which rule, in order
// of their keys. A filter with a problem is left out for every rule.
func (c *compiler) filters(rules []*Rule) map[*Rule][]*Compiled {
	all := map[*Rule][]*Compiled{}
	documents := slices.DeleteFunc(slices.Clone(rules), func(r *Rule) bool { return r.Filter == nil })
	slices.SortFunc(documents, func(a, b *Rule) int { return cmp.Compare(a.Key(), b.Key()) })
	for _, f := range documents {
		targets := c.targets(f, rules)
		byLog := c.filterLogs(f, targets)
		if c.failed {
			continue
		}
		c.set.filters = append(c.set.filters, f)
		for _, r := range targets {
			if compiled := byLog[logOf(r.LogSource)]; compiled != nil {
				all[r] = append(all[r], compiled)
			}
		}
	}
	return all
}

// targets lists the rules that a filter is for.
func (c *compiler) targets(f *Rule, rules []*Rule) []*Rule {
	c.begin(f)
	var list []*Rule
	if f.Filter.Rules == nil {
		for _, r := range rules {
			if r.Correlation == nil && r.Filter == nil && f.LogSource.covers(r.LogSource) {
				list = append(list, r)
			}
		}
	}
	for _, name := range f.Filter.Rules {
		r, ok := c.index.find(name)
		switch {
		case !ok:
			c.refuse(f.Filter.rulesLine, "filter: no rule has the name or id %q%s", name, hint(name, c.index.keys))
		case r.Correlation != nil || r.Filter != nil:
			c.refuse(f.Filter.rulesLine, "filter: %q is not a detection rule: a filter is added to rules that read records", name)
		case !f.LogSource.covers(r.LogSource):
			c.refuse(f.Filter.rulesLine, "filter: it is for logs of %s, and the rule %q reads %s", f.LogSource, name, r.LogSource)
		default:
			list = append(list, r)
		}
	}
	if len(list) == 0 && !c.failed {
		c.warn(f.Line, "filter: there is no rule for logs of %s: it does nothing", f.LogSource)
	}
	return list
}

// filterLogs compiles a filter for every log that its rules read. A filter
// with an empty baseline list is left out there: it must neither silence a
// rule nor put it to sleep.
func (c *compiler) filterLogs(f *Rule, targets []*Rule) map[event.Log]*Compiled {
	if c.failed {
		return nil
	}
	byLog := map[event.Log]*Compiled{}
	for _, r := range targets {
		log := logOf(r.LogSource)
		if _, done := byLog[log]; done || log == event.NoLog {
			continue
		}
		out := c.begin(f)
		out.Log = log
		c.program(out)
		c.checkSighted(out)
		if c.failed {
			return nil
		}
		if len(out.Asleep) > 0 {
			out = nil
		}
		byLog[log] = out
	}
	return byLog
}

// checkSighted refuses a filter over a field that no record of the log has: it
// would never be decided, and silence its rules.
func (c *compiler) checkSighted(out *Compiled) {
	if c.failed {
		return
	}
	blind := false
	out.program.walk(func(p *predicate) { blind = blind || p.ask == askNowhere })
	if blind {
		c.refuse(out.Filter.line, "filter: no record of the %s has all of its fields: write logsource or rules so that it is for rules whose log has them", logName(out.Log))
	}
}

// with adds a compiled filter to the condition of a rule. The filter's
// searches are called by its key and their own name.
func (c *Compiled) with(f *Compiled) {
	shift := len(c.logic.searches)
	for _, s := range f.logic.searches {
		s.name = f.Key() + ": " + s.name
		c.logic.searches = append(c.logic.searches, s)
	}
	c.logic.condition = &expr{op: exprAnd, kids: []*expr{c.logic.condition, f.logic.condition.shifted(shift)}}
	c.program.condition = c.logic.condition
	c.program.searches = append(c.program.searches, f.program.searches...)
	c.Fields = sortedFields(slices.Concat(c.Fields, f.Fields))
	c.Filters = append(c.Filters, f.Rule)
	maps.Copy(c.expansions, f.expansions)
}

// shifted is the same expression over searches that stand later in a list.
func (e *expr) shifted(by int) *expr {
	out := &expr{op: e.op, search: e.search + by}
	for _, kid := range e.kids {
		out.kids = append(out.kids, kid.shifted(by))
	}
	return out
}
