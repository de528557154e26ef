package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"vakt/internal/event"
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
		res: &knownFields{Resolver: res, answers: map[fieldName]fieldAnswer{}, lowered: map[string]string{}}, lists: lists,
		builder: builder{byKey: map[string]*predicate{}},
		done:    map[*Rule]*Compiled{},
		refused: map[*Rule]bool{},
		begun:   map[*Rule]bool{},
		set:     &Set{quiet: map[*Rule]bool{}},
	}
	rules, c.problems = unique(rules)
	c.index = newIndex(rules)
	c.filtered = c.filters(rules)
	for _, r := range rules {
		c.resolve(r)
	}
	c.collect(rules)
	c.foldTargets(c.index)
	predicates, slots := c.builder.number()
	c.set.predicates, c.set.lookups = len(predicates), newLookups(slots, predicates)
	c.set.hash = sync.OnceValue(c.set.sum)
	sortProblems(c.problems)
	return c.set, c.problems
}

type compiler struct {
	res      *knownFields
	lists    Lists
	builder  builder
	problems []Problem
	set      *Set
	index    index
	filtered map[*Rule][]*Compiled // the filters of each rule
	done     map[*Rule]*Compiled
	refused  map[*Rule]bool
	begun    map[*Rule]bool

	current *Compiled // the rule being compiled
	failed  bool      // it has a problem that is no warning
}

func (c *compiler) begin(r *Rule) *Compiled {
	c.current = &Compiled{Rule: r, expansions: map[string]Expansion{}}
	c.failed = false
	return c.current
}

// resolve compiles a rule after those that it refers to.
func (c *compiler) resolve(r *Rule) {
	if c.begun[r] || r.Filter != nil {
		return
	}
	c.begun[r] = true
	for _, name := range r.references() {
		if other, ok := c.index.find(name); ok {
			c.resolve(other)
		}
	}
	if r.Correlation != nil {
		c.correlation(r)
	} else {
		c.detectionRule(r)
	}
}

// references lists the names of other rules whose matches matter here.
func (r *Rule) references() []string {
	var names []string
	if r.Correlation != nil {
		names = append(names, r.Correlation.Rules...)
	}
	if r.Vakt.NotFollowedBy != nil {
		names = append(names, r.Vakt.NotFollowedBy.Rules...)
	}
	for _, line := range r.Vakt.Severity {
		if line.Followed != nil {
			names = append(names, line.Followed.Rules...)
		}
	}
	return names
}

// collect puts what was compiled into the set, in the given order.
func (c *compiler) collect(rules []*Rule) {
	for _, r := range rules {
		switch out := c.done[r]; {
		case out == nil:
		case r.Correlation != nil:
			c.set.correlations = append(c.set.correlations, out)
		default:
			c.set.rules = append(c.set.rules, out)
		}
	}
	place := func(c *Compiled) int { return slices.Index(rules, c.Rule) }
	slices.SortFunc(c.set.dead, func(a, b *Compiled) int { return place(a) - place(b) })
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
	c.add(Problem{Line: line, Message: fmt.Sprintf(format, args...), Warning: warning})
}

func (c *compiler) add(p Problem) {
	p.File = c.current.File
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
	case "azure/activitylogs":
		return event.Activity
	}
	return event.NoLog
}

// logOf asks the resolver, where it has records of its own.
func (c *compiler) logOf(l LogSource) event.Log {
	if own, ok := c.res.Resolver.(Sources); ok {
		return own.Source(l)
	}
	return logOf(l)
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
	case event.Activity:
		return "Azure activity log"
	}
	return l.String() + " log"
}

func (c *compiler) detectionRule(r *Rule) {
	out := c.begin(r)
	out.Log = c.logOf(r.LogSource)
	if out.Log == event.NoLog {
		c.warn(r.Line, "logs of %s are not read here: this rule never matches", r.LogSource)
	} else {
		c.program(out)
		c.group(out)
		if !c.failed {
			c.extend(out)
		}
	}
	if c.failed {
		c.inter(out)
		return
	}
	c.done[r] = out
}

// extend adds what does not stand in the rule's own detection: filters, and
// the parts of `vakt` that change what a match is.
func (c *compiler) extend(out *Compiled) {
	for _, f := range c.filtered[out.Rule] {
		out.with(f)
	}
	c.outside(out)
	c.travel(out)
	c.raises(out)
	c.firstSeen(out)
	c.lack(out, out.groupNames(), nil)
}

// program compiles the searches that the condition uses. The others have been
// warned of, and have no part in what the rule reads.
func (c *compiler) program(out *Compiled) {
	out.logic = c.read(out)
	if c.failed {
		return
	}
	d := &out.logic
	c.controls(d)
	c.away(d)
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
	for _, name := range out.groupNames() {
		f, _ := c.field(out.Log, name, max(out.Vakt.line, out.Line), "vakt: group")
		out.Group = append(out.Group, f)
	}
	if out.Vakt.LevelFrom != "" {
		out.LevelField, _ = c.field(out.Log, out.Vakt.LevelFrom, out.Vakt.line, "vakt: level_from")
	}
}

// groupNames are the names of the fields that alerts are grouped by.
func (r *Rule) groupNames() []string {
	switch {
	case r.Correlation != nil:
		return r.Correlation.GroupBy
	case len(r.Vakt.Group) == 0 && logOf(r.LogSource) == event.Audit:
		return []string{"vakt.target"} // not every audit is about an account
	case len(r.Vakt.Group) == 0 && logOf(r.LogSource) == event.Activity:
		return []string{"actor"} // what is done to a subscription is about nobody
	case len(r.Vakt.Group) == 0:
		return []string{"account"}
	}
	return r.Vakt.Group
}

// field resolves a name and refuses one that no record of the log has.
func (c *compiler) field(log event.Log, name string, line int, where any) (event.Field, bool) {
	m := mapper{res: c.res, log: log}
	if f, ok := c.res.Lookup(log, m.plain(name)); ok {
		return f, true
	}
	c.bury(line, "%s: %s", where, noField(c.res, log, name))
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
	v := values{compiler: c, item: it, where: spot{search: s.name}}
	if it.nowhere {
		return c.nowhere(it)
	}
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
