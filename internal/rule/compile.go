package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// Compile resolves fields, baseline lists and references, and makes the rules
// ready to match. A rule with a problem that is not a warning is left out of
// the set; the others work. Rules whose name or id is taken by an earlier one
// are refused. A nil lists has no parameters.
//
// Rules for logs that are not read here compile with a warning and never
// match; their fields and lists are not looked at.
func Compile(rules []*Rule, res Resolver, lists Lists) (*Set, []Problem) {
	c := &compiler{
		res: res, lists: lists,
		builder: builder{byKey: map[string]*predicate{}},
		done:    map[*Rule]*Compiled{},
		refused: map[*Rule]bool{},
		set:     &Set{quiet: map[*Rule]bool{}},
	}
	rules, c.problems = unique(rules)
	for _, r := range rules {
		if r.Correlation == nil {
			c.detectionRule(r)
		}
	}
	index := newIndex(rules)
	for _, r := range rules {
		if r.Correlation != nil {
			c.correlation(r, index)
		}
	}
	c.foldTargets(index)
	c.set.predicates, c.set.slots = c.builder.number()
	c.set.hash = c.hash()
	sortProblems(c.problems)
	return c.set, c.problems
}

type compiler struct {
	res      Resolver
	lists    Lists
	builder  builder
	problems []Problem
	set      *Set
	done     map[*Rule]*Compiled
	refused  map[*Rule]bool

	current *Compiled // the rule being compiled
	failed  bool      // it has a problem that is no warning
}

func (c *compiler) begin(r *Rule) *Compiled {
	c.current = &Compiled{Rule: r, expansions: map[string]Expansion{}}
	c.failed = false
	return c.current
}

func (c *compiler) refuse(line int, format string, args ...any) {
	c.failed = true
	c.refused[c.current.Rule] = true
	c.report(line, false, format, args...)
}

func (c *compiler) warn(line int, format string, args ...any) {
	c.report(line, true, format, args...)
}

// report drops a message that the same line has given before: one list may
// stand twice in a line.
func (c *compiler) report(line int, warning bool, format string, args ...any) {
	p := Problem{File: c.current.File, Line: line, Message: fmt.Sprintf(format, args...), Warning: warning}
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}

// logOf names the log that a log source stands for, or NoLog.
func logOf(l LogSource) event.Log {
	if l.Category != "" {
		return event.NoLog
	}
	switch strings.ToLower(l.Product + "/" + l.Service) {
	case "azure/signinlogs":
		return event.SignIn
	case "azure/auditlogs":
		return event.Audit
	case "azure/riskdetection":
		return event.Risk
	case "m365/audit", "m365/exchange", "m365/threat_management", "m365/threat_detection":
		return event.Unified
	}
	return event.NoLog
}

// logName is what a log is called in messages and explanations.
func logName(l event.Log) string {
	switch l {
	case event.SignIn:
		return "sign-in log"
	case event.Audit:
		return "directory audit log"
	case event.Risk:
		return "risk detection log"
	case event.Unified:
		return "unified audit log"
	}
	return l.String() + " log"
}

func (c *compiler) detectionRule(r *Rule) {
	out := c.begin(r)
	out.Log = logOf(r.LogSource)
	if out.Log == event.NoLog {
		c.warn(r.Line, "logs of %s are not read here: this rule never matches", r.LogSource)
	} else {
		c.program(out)
		c.group(out)
	}
	if c.failed {
		return
	}
	c.done[r] = out
	c.set.rules = append(c.set.rules, out)
}

// program compiles the searches that the condition uses. The others have been
// warned of, and have no part in what the rule reads.
func (c *compiler) program(out *Compiled) {
	d := &out.detection
	out.program = program{condition: d.condition, searches: make([]*node, len(d.searches))}
	for i, used := range d.used() {
		if used {
			out.program.searches[i] = c.search(d.searches[i])
		}
	}
	out.program.walk(func(p *predicate) {
		for _, f := range []event.Field{p.field, p.peer} {
			if f != event.NoField {
				out.Fields = append(out.Fields, f)
			}
		}
	})
	out.Fields = sortedFields(out.Fields)
	out.Asleep = slices.Sorted(maps.Keys(c.emptyLists(out)))
}

// emptyLists names the lists that are empty and should not be.
func (c *compiler) emptyLists(out *Compiled) map[string]bool {
	empty := map[string]bool{}
	for name, e := range out.expansions {
		if e.asleep() {
			empty[name] = true
		}
	}
	return empty
}

func (e Expansion) asleep() bool {
	return len(e.Items) == 0 && e.Unread == "" && e.FromField == "" && !e.Optional
}

// group resolves the fields of alerts: the rule's own group, or the account.
func (c *compiler) group(out *Compiled) {
	names := out.Vakt.Group
	if len(names) == 0 {
		names = []string{"account"}
	}
	for _, name := range names {
		f, _ := c.field(out.Log, name, max(out.Vakt.line, out.Line), "vakt: group")
		out.Group = append(out.Group, f)
	}
	if out.Vakt.LevelFrom != "" {
		out.LevelField, _ = c.field(out.Log, out.Vakt.LevelFrom, out.Vakt.line, "vakt: level_from")
	}
}

// field resolves a name and refuses one that no record of the log has.
func (c *compiler) field(log event.Log, name string, line int, where string) (event.Field, bool) {
	if f, ok := c.res.Lookup(log, name); ok {
		return f, true
	}
	suggestion := ""
	if near := c.res.Suggest(log, name); near != "" {
		suggestion = fmt.Sprintf(": did you mean %q?", near)
	}
	c.refuse(line, "%s: no record of the %s has a field %q%s", where, logName(log), name, suggestion)
	return event.NoField, false
}

func (c *compiler) search(s search) *node {
	var branches []*node
	for _, b := range s.branches {
		var items []*node
		for i := range b {
			items = append(items, c.item(s, &b[i]))
		}
		slices.SortStableFunc(items, cheaper)
		branches = append(branches, join(nodeAnd, items))
	}
	slices.SortStableFunc(branches, cheaper)
	return join(nodeOr, branches)
}

// item compiles one line of a search.
func (c *compiler) item(s search, it *item) *node {
	v := values{compiler: c, item: it, where: fmt.Sprintf("search %q", s.name)}
	if it.field != "" {
		f, ok := c.field(c.current.Log, it.field, it.line, v.where)
		if !ok {
			return &node{op: nodeOr} // the rule is refused
		}
		v.field = f
	}
	var n *node
	if it.how.all {
		var kids []*node
		for i := range it.values {
			kids = append(kids, v.any(it.values[i:i+1]))
		}
		n = join(nodeAnd, kids)
	} else {
		n = v.any(it.values)
	}
	if it.how.negate {
		return &node{op: nodeNot, kids: []*node{n}}
	}
	return n
}

// hash covers the content of every rule of the set, correlations included.
func (c *compiler) hash() string {
	all := map[string]any{}
	for _, r := range slices.Concat(c.set.rules, c.set.correlations) {
		all[r.Key()] = r.content
	}
	return extract.Hash(all)
}
