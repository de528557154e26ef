package rule

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The correlation types and condition operators of the specification 2.1.
var (
	countTypes    = []string{"event_count", "value_count", "temporal", "temporal_ordered"}
	numberTypes   = []string{"value_sum", "value_avg", "value_percentile"}
	temporalTypes = []string{"temporal", "temporal_ordered"}
	operators     = []string{"gt", "gte", "lt", "lte", "eq", "neq"}
)

var correlationSection = []key[Correlation]{
	{"type", func(r *reader, n *yaml.Node, out *Correlation) { out.Type = r.correlationType(n) }},
	{"rules", func(r *reader, n *yaml.Node, out *Correlation) {
		out.rulesLine, out.Rules = n.Line, r.group(n, "correlation: rules")
	}},
	{"group-by", func(r *reader, n *yaml.Node, out *Correlation) {
		out.groupLine, out.GroupBy = n.Line, r.group(n, "correlation: group-by")
	}},
	{"timespan", func(r *reader, n *yaml.Node, out *Correlation) { out.Timespan = r.timespan(n, "correlation: timespan") }},
	{"condition", func(r *reader, n *yaml.Node, out *Correlation) { r.countCondition(n, out) }},
	{"field", func(r *reader, n *yaml.Node, out *Correlation) { r.countFields(n, out) }},
	{"aliases", func(r *reader, n *yaml.Node, out *Correlation) { r.aliases(n, out) }},
	{"generate", func(r *reader, n *yaml.Node, out *Correlation) {
		out.Generate = r.boolean(n, "correlation: generate") || out.Generate
	}},
}

// correlation reads the `correlation` section.
func (r *reader) correlation(n *yaml.Node, out *Correlation) {
	out.line = n.Line
	lines := section(r, n, "correlation", correlationSection, out)
	temporal := slices.Contains(temporalTypes, out.Type)
	for _, needed := range []string{"type", "rules", "group-by", "timespan", "condition"} {
		optional := temporal && (needed == "group-by" || needed == "condition") || out.grows && needed == "group-by"
		if !lines.has(needed) && !optional && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "correlation: %s is missing", needed)
		}
	}
	r.checkCounted(n, out)
	if temporal && !lines.has("condition") {
		out.Bounds = []Bound{{"gte", float64(len(out.Rules))}}
	} else if len(out.Bounds) > 0 {
		r.checkBounds(out)
	}
}

// checkCounted refuses fields that do not fit the type.
func (r *reader) checkCounted(n *yaml.Node, out *Correlation) {
	values := strings.HasPrefix(out.Type, "value_")
	switch {
	case values && out.fieldLine == 0:
		r.refuse(n.Line, "correlation: %s needs a field in its condition: whose values are counted?", out.Type)
	case out.Type != "" && !values && out.fieldLine != 0:
		r.refuse(out.fieldLine, "correlation: %s counts records and takes no field: did you mean value_count?", out.Type)
	case slices.Contains(numberTypes, out.Type) && len(out.Fields) > 1:
		r.refuse(out.fieldLine, "correlation: %s computes with one field: several are for value_count", out.Type)
	}
	switch {
	case out.Type == "value_percentile" && out.percentileLine == 0:
		out.Percentile = 50
		r.warn(n.Line, "correlation: value_percentile without a percentile is taken for the median: write percentile: 50")
	case out.Type != "" && out.Type != "value_percentile" && out.percentileLine != 0:
		r.refuse(out.percentileLine, "correlation: percentile belongs to the type value_percentile")
	}
}

func (r *reader) correlationType(n *yaml.Node) string {
	if n.Value == "value_median" {
		r.refuse(n.Line, "correlation: value_median is not part of Sigma 2.1: write value_percentile with percentile: 50")
		return ""
	}
	return r.oneOf(n, "correlation: type", slices.Concat(countTypes, numberTypes))
}

// countCondition reads one operator with its number, or two that are a range,
// and the field counted.
func (r *reader) countCondition(n *yaml.Node, out *Correlation) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		r.refuse(n.Line, "correlation: Sigma 2.1 knows no condition as text: write a map such as {gte: 5}")
		return
	}
	before := len(r.problems)
	out.conditionLine = n.Line
	for _, e := range r.entries(n, "correlation: condition") {
		switch {
		case e.key == "field":
			r.countFields(e.value, out)
		case e.key == "percentile":
			r.percentile(e.value, out)
		case !slices.Contains(operators, e.key):
			r.unknown(e, "correlation: condition", append([]string{"field", "percentile"}, operators...))
		default:
			out.Bounds = append(out.Bounds, Bound{e.key, r.bound(e.value, e.key)})
		}
	}
	switch {
	case len(out.Bounds) == 0 && len(r.problems) == before:
		r.refuse(n.Line, "correlation: condition has no operator: write one of %s", strings.Join(operators, ", "))
	case len(out.Bounds) > 2:
		r.refuse(n.Line, "correlation: condition has %d operators: write one, or two that are a range", len(out.Bounds))
	}
}

// bound reads any number. What the type needs is checked when it is known.
func (r *reader) bound(n *yaml.Node, op string) float64 {
	if n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") && numberForm.MatchString(n.Value) {
		if number, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return number
		}
	}
	r.refuse(n.Line, "correlation: %s needs a number, not %s", op, described(n))
	return 0
}

// maxCounted bounds a number that is counted up to.
const maxCounted = 1 << 32

// checkBounds refuses numbers that nothing can be counted to, and warns of a
// condition that no number satisfies.
func (r *reader) checkBounds(out *Correlation) {
	if !slices.Contains(countTypes, out.Type) {
		return
	}
	for _, b := range out.Bounds {
		if b.Number < 0 || b.Number >= maxCounted || b.Number != float64(int64(b.Number)) {
			r.refuse(out.conditionLine, "correlation: %s needs a whole number from 0, not %s: %s counts", b.Op, strconv.FormatFloat(b.Number, 'f', -1, 64), out.Type)
			return
		}
	}
	c := Compiled{Type: out.Type, Bounds: out.Bounds}
	switch most := float64(len(out.Rules)); {
	case !c.Holds(1) && !c.MayHold(1):
		r.warn(out.conditionLine, "correlation: the condition never holds: it is asked when there is at least one match")
	case slices.Contains(temporalTypes, out.Type) && !r.failed && !holdsUpTo(&c, most):
		r.refuse(out.conditionLine, "correlation: the condition never holds: %s counts rules, and there are %g", out.Type, most)
	}
}

func holdsUpTo(c *Compiled, most float64) bool {
	for n := 1.0; n <= most; n++ {
		if c.Holds(n) {
			return true
		}
	}
	return false
}

func (r *reader) countFields(n *yaml.Node, out *Correlation) {
	if out.fieldLine != 0 {
		r.refuse(n.Line, "correlation: field stands twice, first in line %d", out.fieldLine)
		return
	}
	out.fieldLine, out.Fields = n.Line, r.group(n, "correlation: field")
}

func (r *reader) percentile(n *yaml.Node, out *Correlation) {
	out.percentileLine = n.Line
	out.Percentile = r.bound(n, "percentile")
	if out.Percentile < 0 || out.Percentile > 100 {
		r.refuse(n.Line, "correlation: percentile must lie between 0 and 100")
	}
}

// aliases reads names that stand for another field in each of the rules.
func (r *reader) aliases(n *yaml.Node, out *Correlation) {
	out.aliasLine = n.Line
	for _, e := range r.entries(n, "correlation: aliases") {
		a := Alias{Name: e.key, Fields: map[string]string{}, line: e.line}
		what := "correlation: aliases: " + e.key
		for _, f := range r.entries(e.value, what) {
			a.Fields[f.key] = r.filled(f.value, what+": "+f.key)
		}
		out.Aliases = append(out.Aliases, a)
	}
}
