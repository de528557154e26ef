package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Growing is `vakt: growth`: what the number of a day is compared with. See
// Growth.
type Growing struct {
	Percent  Share
	AtLeast  string // baseline parameter that replaces the number of the condition
	Zone     string // baseline parameter; empty is UTC
	Holidays string // baseline parameter; empty: there are none
	By       string // the name in group-by that is a country
	Against  time.Duration

	line int
}

// Share is a percentage as a rule writes it: itself, or the name of a baseline
// parameter.
type Share struct {
	Percent   float64 // zero where there is a Parameter
	Parameter string
}

// Calendar is for Lists that know of zones and holidays. It may be asked from
// several goroutines at a time.
type Calendar interface {
	// Zone gives the value of a parameter that is a time zone; ok is false
	// when there is no such parameter.
	Zone(name string) (zone *time.Location, ok bool)
	// Holiday tells whether a date is a holiday of a country, by a parameter
	// that holds the holidays of countries, or of one that it names for all
	// others; of any of them where no country is given. Case does not
	// matter.
	Holiday(name, country string, year int, month time.Month, day int) bool
}

// Growth compares the number of a local day with that of the day Days before.
// A group fires for a day when its number holds the Bounds and is more than
// Percent above the other. A day that has not ended, by the newest event time,
// is compared with the other up to the same time on the clock. The number is
// of records; one that was seen in several versions counts once, at its
// earliest time.
//
// It takes two whole days for that: the tenant must have a match of the rules
// before the other day began, and one on it. Until then the rule is still
// learning. Days that are holidays, and those to be compared with a holiday,
// are left out.
type Growth struct {
	Percent float64
	Days    int
	Zone    *time.Location

	holidays string
	calendar Calendar // nil without holidays
	country  int      // place in the group; -1: none
}

const defaultAgainst = 7 * 24 * time.Hour

var growingKeys = []key[Growing]{
	{"percent", func(r *reader, n *yaml.Node, out *Growing) { out.Percent = r.share(n, "vakt: growth: percent") }},
	{"at_least", func(r *reader, n *yaml.Node, out *Growing) { out.AtLeast = r.parameter(n, "vakt: growth: at_least") }},
	{"zone", func(r *reader, n *yaml.Node, out *Growing) { out.Zone = r.parameter(n, "vakt: growth: zone") }},
	{"holidays", func(r *reader, n *yaml.Node, out *Growing) { out.Holidays = r.parameter(n, "vakt: growth: holidays") }},
	{"by", func(r *reader, n *yaml.Node, out *Growing) { out.By = r.filled(n, "vakt: growth: by") }},
	{"against", func(r *reader, n *yaml.Node, out *Growing) {
		if out.Against = r.timespan(n, "vakt: growth: against"); out.Against%(24*time.Hour) != 0 {
			r.refuse(n.Line, "vakt: growth: against %q is no number of days: days are compared", n.Value)
		}
	}},
}

func (r *reader) growing(n *yaml.Node) *Growing {
	out := &Growing{Against: defaultAgainst, line: n.Line}
	lines := section(r, n, "vakt: growth", growingKeys, out)
	if !lines.has("percent") && n.Kind == yaml.MappingNode {
		r.refuse(n.Line, "vakt: growth: percent is missing")
	}
	return out
}

// share reads a percentage, or the name of a parameter that is one.
func (r *reader) share(n *yaml.Node, what string) Share {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!str" {
		return Share{Parameter: r.parameter(n, what)}
	}
	percent, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !numberForm.MatchString(n.Value) || percent <= 0 || percent > 1e6 {
		r.refuse(n.Line, "%s needs a number above 0, or the name of a baseline parameter, not %s", what, described(n))
	}
	return Share{Percent: percent}
}

// checkGrowth refuses what does not go together with `vakt: growth`.
func (r *reader) checkGrowth(out *Rule) {
	g, cor := out.Vakt.Growth, out.Correlation
	if g == nil {
		return
	}
	least := len(cor.Bounds) == 1 && cor.Bounds[0].Op == "gte"
	switch {
	case cor.Type != "event_count" || cor.Timespan != 24*time.Hour:
		r.refuse(g.line, "vakt: growth compares days: it needs the type event_count and a timespan of 1d")
	case !least:
		r.refuse(g.line, "vakt: growth needs a condition with gte alone: below what number is growth nothing but noise?")
	case out.Vakt.Threshold != "" || out.Vakt.Timespan != "":
		r.refuse(g.line, "vakt: growth: write at_least in place of threshold, and no timespan")
	case out.Vakt.Collapse != nil || out.Vakt.NotFollowedBy != nil:
		r.refuse(g.line, "vakt: growth counts records of a day: collapse and not_followed_by have no meaning for it")
	case len(out.Vakt.Severity) > 0:
		r.refuse(g.line, "vakt: growth keeps no more than a sample of its records: severity cannot be raised by them")
	case g.By != "" && !slices.Contains(cor.GroupBy, g.By):
		r.refuse(g.line, "vakt: growth: by %q is not in group-by: it has %s", g.By, listed(cor.GroupBy))
	}
}

// growth resolves `vakt: growth`.
func (c *compiler) growth(out *Compiled) {
	written := out.Vakt.Growth
	if written == nil {
		return
	}
	for _, b := range out.Base {
		if b.Rule.Correlation != nil {
			c.refuse(written.line, "vakt: growth counts records, and %q is a correlation", b.Rule.Key())
		}
	}
	g := &Growth{Percent: written.Percent.Percent, Days: int(written.Against / (24 * time.Hour)), Zone: time.UTC, country: -1}
	if name := written.Percent.Parameter; name != "" {
		ok := false
		if c.lists != nil {
			g.Percent, ok = c.lists.Number(name)
		}
		if !ok {
			c.refuse(written.line, "vakt: growth: percent: there is no baseline parameter %q that is a number", name)
		}
	}
	calendar, _ := c.lists.(Calendar)
	if name := written.Zone; name != "" {
		ok := false
		if calendar != nil {
			g.Zone, ok = calendar.Zone(name)
		}
		if !ok {
			c.refuse(written.line, "vakt: growth: zone: there is no baseline parameter %q that is a time zone", name)
		}
	}
	if written.Holidays != "" {
		g.holidays, g.calendar = written.Holidays, calendar
	}
	if written.By != "" {
		g.country = slices.Index(out.Correlation.GroupBy, written.By)
	}
	out.Growth = g
}

// Holiday tells whether a date is a holiday for a group: of its country, where
// it is grouped by one, else of any.
func (g *Growth) Holiday(group []string, year int, month time.Month, day int) bool {
	if g.calendar == nil {
		return false
	}
	country := ""
	if 0 <= g.country && g.country < len(group) {
		country = group[g.country]
	}
	return g.calendar.Holiday(g.holidays, country, year, month, day)
}

// Exceeds tells whether a number is more than Percent above another.
func (g *Growth) Exceeds(number, before int) bool {
	return float64(number)*100 > float64(before)*(100+g.Percent)
}

// explainGrowth says what a growth asks.
func (c *Compiled) explainGrowth(b *strings.Builder) {
	g, written := c.Growth, c.Vakt.Growth
	group := ""
	if by := c.Correlation.GroupBy; len(by) > 0 {
		group = " of one " + strings.Join(by, " and one ")
	}
	fmt.Fprintf(b, "An alert is raised for a day (%s%s) with %s%s matching records%s, when they are more than %s %%%s above the number of the day %s before.\n",
		g.Zone, parameterWords(written.Zone), c.boundWords(amounts), parameterWords(written.AtLeast), group,
		strconv.FormatFloat(g.Percent, 'f', -1, 64), parameterWords(written.Percent.Parameter), spanWords(written.Against))
	b.WriteString("A day that has not ended is compared up to the same time on the clock.\n")
	if g.calendar != nil {
		fmt.Fprintf(b, "Holidays%s are left out, on either side.\n", parameterWords(written.Holidays))
	}
}
