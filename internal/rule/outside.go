package rule

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"vakt/internal/event"
)

// Outside is `vakt: outside`: the rule matches only outside working hours, by
// the clock of the country that a record names.
type Outside struct {
	Hours, Holidays, Zones string // baseline parameters; the last two may be empty
	By                     string // field that holds the country

	line int
}

var outsideKeys = []key[Outside]{
	{"hours", func(r *reader, n *yaml.Node, out *Outside) { out.Hours = r.parameter(n, "vakt: outside: hours") }},
	{"holidays", func(r *reader, n *yaml.Node, out *Outside) {
		out.Holidays = r.parameter(n, "vakt: outside: holidays")
	}},
	{"zones", func(r *reader, n *yaml.Node, out *Outside) { out.Zones = r.parameter(n, "vakt: outside: zones") }},
	{"by", func(r *reader, n *yaml.Node, out *Outside) { out.By = r.filled(n, "vakt: outside: by") }},
}

func (r *reader) outside(n *yaml.Node) *Outside {
	out := &Outside{line: n.Line}
	lines := section(r, n, "vakt: outside", outsideKeys, out)
	for _, needed := range []string{"hours", "by"} {
		if !lines.has(needed) && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "vakt: outside: %s is missing", needed)
		}
	}
	return out
}

// outsideSearch is what the search that `vakt: outside` adds to a rule is
// called.
const outsideSearch = "outside working hours"

// outside adds to the condition of a rule that it is outside working hours.
// Where nobody has said when people work in the country, that is unknown;
// where nobody has said it for any country, the rule sleeps.
func (c *compiler) outside(out *Compiled) {
	written := out.Vakt.Outside
	if written == nil {
		return
	}
	work, ok := c.workHours(written)
	country, known := c.field(out.Log, written.By, written.line, "vakt: outside: by")
	if !ok || !known {
		return
	}
	if len(work.Words()) == 0 {
		c.warn(written.line, "asleep: baseline parameter %s is empty", written.Hours)
		out.Asleep = append(out.Asleep, written.Hours)
		slices.Sort(out.Asleep)
		return
	}
	out.Hours = work
	logic := &out.logic
	logic.searches = append(logic.searches, search{name: outsideSearch, line: written.line})
	logic.condition = &expr{op: exprAnd, kids: []*expr{logic.condition, {op: exprSearch, search: len(logic.searches) - 1}}}
	out.program.condition = logic.condition
	out.program.searches = append(out.program.searches, c.outsideNode(work, written, country))
	out.Fields = sortedFields(append(out.Fields, country))
}

func (c *compiler) workHours(written *Outside) (WorkHours, bool) {
	calendars, ok := c.lists.(Calendars)
	if ok {
		var work WorkHours
		if work, ok = calendars.WorkHours(written.Hours, written.Holidays, written.Zones); ok {
			return work, true
		}
	}
	c.refuse(written.line, "vakt: outside: hours, holidays and zones must name baseline parameters that are a mapping of country to working hours, to dates and to time zones")
	return nil, false
}

// outsideNode asks whether a record's time is outside the hours of its country:
//
//	outside(country) or (not known(country) and unread)
//
// and of a record without a country the same with none. The test of such a
// record is put to its id, which every record has.
func (c *compiler) outsideNode(work WorkHours, written *Outside, country event.Field) *node {
	ask := func(f event.Field, anywhere bool) *node {
		key := fmt.Sprintf("%s %s %s %t", written.Hours, written.Holidays, written.Zones, anywhere)
		holds := c.builder.share("outside "+key, predicate{ask: askValue, field: f, test: &hoursTest{work: work, anywhere: anywhere}})
		known := c.builder.share("hours "+key, predicate{ask: askValue, field: f, test: &hoursKnown{work: work, anywhere: anywhere}})
		unread := c.builder.share(written.Hours, predicate{ask: askUnread, field: f, list: written.Hours})
		return join(nodeOr, []*node{holds, join(nodeAnd, []*node{{op: nodeNot, kids: []*node{known}}, unread})})
	}
	named := ask(country, false)
	id, ok := c.res.Lookup(c.current.Log, "id")
	if !ok {
		return named
	}
	absent := c.builder.share("", predicate{ask: askAbsent, field: country})
	return join(nodeOr, []*node{named, join(nodeAnd, []*node{absent, ask(id, true)})})
}

// hoursTest: the record is outside the working hours of the country that the
// value names, or of nobody knows where.
type hoursTest struct {
	work     WorkHours
	anywhere bool
}

func (t *hoursTest) holds(m *Matcher, v *operand) bool {
	return t.work.Outside(m.now, countryOf(v, t.anywhere)) == True
}

func (t *hoursTest) timed() bool { return true }

// hoursKnown: somebody has said when people work in the country that the value
// names.
type hoursKnown struct {
	work     WorkHours
	anywhere bool
}

func (t *hoursKnown) holds(_ *Matcher, v *operand) bool {
	return t.work.Known(countryOf(v, t.anywhere))
}

func (t *hoursKnown) timed() bool { return false }

func countryOf(v *operand, anywhere bool) string {
	if anywhere {
		return ""
	}
	return strings.TrimSpace(string(v.text))
}

// explainOutside says by which hours the rule goes.
func (c *Compiled) explainOutside(b *strings.Builder) {
	written := c.Vakt.Outside
	if written == nil || c.Hours == nil {
		return
	}
	fmt.Fprintf(b, "Only outside working hours by the clock of %s (baseline parameter %s): %s.\n",
		written.By, written.Hours, strings.Join(c.Hours.Words(), "; "))
}
