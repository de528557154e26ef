package rule

import (
	"fmt"
	"strconv"
	"strings"
)

// amounts are the words of a correlation's operator before its number.
var amounts = map[string]string{
	"gt": "more than", "gte": "at least", "lt": "fewer than", "lte": "at most", "eq": "exactly", "neq": "any number but",
}

// sizes are the same for a number that is computed.
var sizes = map[string]string{
	"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most", "eq": "exactly", "neq": "anything but",
}

func (c *Compiled) explainCount(b *strings.Builder) {
	cor := c.Correlation
	if c.Growth != nil {
		c.explainGrowth(b)
	} else {
		fmt.Fprintf(b, "An alert is raised when within %s%s %s%s.\n",
			spanWords(c.Window), parameterWords(c.Vakt.Timespan), c.condition(), shareWords(cor.GroupBy))
	}
	if c.Collapse != nil {
		fmt.Fprintf(b, "Records%s within %s are one operation and count once.\n", shareWords(c.Collapse.By), spanWords(c.Collapse.Within))
	}
	if !c.Growing() && c.NotFollowedBy == nil {
		fmt.Fprintf(b, "It is decided %s later, because more records can turn it false again.\n", spanWords(c.Settle))
	}
	for _, a := range cor.Aliases {
		fmt.Fprintf(b, "%s is %s.\n", a.Name, aliasWords(cor.Rules, a))
	}
	verb := "Counted by"
	if c.Type == "temporal" || c.Type == "temporal_ordered" {
		verb = "One of them is"
	}
	for _, base := range c.Base {
		fmt.Fprintf(b, "%s %s: %s", verb, base.Rule.Key(), base.Rule.Explain())
	}
}

// condition says what must be the case within the window.
func (c *Compiled) condition() string {
	fields := strings.Join(c.Correlation.Fields, " and ")
	switch c.Type {
	case "value_count":
		noun := "different " + fields
		if len(c.Correlation.Fields) > 1 {
			noun = "different combinations of " + fields
		}
		return c.boundWords(amounts) + " " + noun
	case "value_sum":
		return "the sum of " + fields + " is " + c.boundWords(sizes) + " in records that"
	case "value_avg":
		return "the mean of " + fields + " is " + c.boundWords(sizes) + " in records that"
	case "value_percentile":
		return fmt.Sprintf("the %s percentile of %s is %s in records that", ordinal(c.Percentile), fields, c.boundWords(sizes))
	case "temporal":
		return c.boundWords(amounts) + " of these rules match with records that"
	case "temporal_ordered":
		return c.boundWords(amounts) + " of these rules match, in this order from the first, with records that"
	}
	return c.boundWords(amounts) + " matching records"
}

func (c *Compiled) boundWords(words map[string]string) string {
	parts := make([]string, len(c.Bounds))
	for i, b := range c.Bounds {
		parts[i] = words[b.Op] + " " + strconv.FormatFloat(b.Number, 'f', -1, 64)
	}
	return strings.Join(parts, " and ") + parameterWords(c.Vakt.Threshold)
}

func ordinal(n float64) string {
	return strconv.FormatFloat(n, 'f', -1, 64) + "th"
}

// shareWords says what records of one group have in common.
func shareWords(fields []string) string {
	if len(fields) == 0 {
		return " come together"
	}
	return " share one " + strings.Join(fields, " and one ")
}

func aliasWords(rules []string, a Alias) string {
	var parts []string
	for _, rule := range rules {
		if field, ok := a.Fields[rule]; ok {
			parts = append(parts, field+" in "+rule)
		}
	}
	return strings.Join(parts, ", ")
}

// explainExtras says what filters and the key `vakt` add.
func (c *Compiled) explainExtras(b *strings.Builder) {
	for _, f := range c.Filters {
		fmt.Fprintf(b, "Filtered by %s, %s:%d.\n", f.Key(), f.File, f.Line)
	}
	c.explainOutside(b)
	c.explainTravel(b)
	c.explainNew(b)
	if n := c.NotFollowedBy; n != nil {
		for _, base := range n.Base {
			fmt.Fprintf(b, "Only when this does not follow for the same %s within %s%s: %s: %s",
				strings.Join(c.groupNames(), " and "), spanWords(n.Within), parameterWords(c.Vakt.NotFollowedBy.Within.Parameter), base.Rule.Key(), base.Rule.Explain())
		}
	}
	for i := range c.Raises {
		r := &c.Raises[i]
		fmt.Fprintf(b, "At least %s when %s%s.\n", r.Level, r.words(c.expansions[r.List]), r.loweredWords(c.Vakt.Severity[i].Threshold))
	}
}
