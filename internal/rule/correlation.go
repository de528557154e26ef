package rule

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The correlation types and condition operators of the specification 2.1.
var (
	builtTypes = []string{"event_count", "value_count"}
	laterTypes = []string{"temporal", "temporal_ordered", "value_sum", "value_avg", "value_median", "value_percentile"}
	operators  = []string{"gt", "gte", "lt", "lte", "eq", "neq"}
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
	{"field", func(r *reader, n *yaml.Node, out *Correlation) { r.countField(n, out) }},
	{"aliases", func(r *reader, n *yaml.Node, _ *Correlation) {
		r.refuse(n.Line, "not supported yet: correlation aliases")
	}},
	{"generate", func(r *reader, n *yaml.Node, out *Correlation) {
		out.Generate = r.boolean(n, "correlation: generate") || out.Generate
	}},
}

// correlation reads the `correlation` section.
func (r *reader) correlation(n *yaml.Node, out *Correlation) {
	out.line = n.Line
	lines := section(r, n, "correlation", correlationSection, out)
	if slices.Contains(laterTypes, typeText(n)) {
		return
	}
	for _, needed := range []string{"type", "rules", "group-by", "timespan", "condition"} {
		if _, ok := lines[needed]; !ok && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "correlation: %s is missing", needed)
		}
	}
	switch {
	case out.Type == "value_count" && out.fieldLine == 0:
		r.refuse(n.Line, "correlation: value_count needs a field in its condition: whose distinct values are counted?")
	case out.Type == "event_count" && out.fieldLine != 0:
		r.refuse(out.fieldLine, "correlation: event_count counts records and takes no field: did you mean value_count?")
	}
}

func typeText(n *yaml.Node) string {
	if t := child(n, "type"); t != nil {
		return t.Value
	}
	return ""
}

func (r *reader) correlationType(n *yaml.Node) string {
	if slices.Contains(laterTypes, n.Value) {
		r.refuse(n.Line, "not supported yet: correlation type %s", n.Value)
		return ""
	}
	return r.oneOf(n, "correlation: type", builtTypes)
}

// countCondition reads one operator with its number, and the field counted.
func (r *reader) countCondition(n *yaml.Node, out *Correlation) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		r.refuse(n.Line, "not supported yet: a correlation condition as text")
		return
	}
	before := len(r.problems)
	for _, e := range r.entries(n, "correlation: condition") {
		switch {
		case e.key == "field":
			r.countField(e.value, out)
		case !slices.Contains(operators, e.key):
			r.unknown(e, "correlation: condition", append([]string{"field"}, operators...))
		case out.Op != "":
			r.refuse(e.line, "not supported yet: several operators in one correlation condition (%s and %s)", out.Op, e.key)
		default:
			out.Op, out.Number = e.key, r.count(e.value, e.key)
		}
	}
	if out.Op == "" && len(r.problems) == before {
		r.refuse(n.Line, "correlation: condition has no operator: write one of %s", strings.Join(operators, ", "))
	}
}

func (r *reader) count(n *yaml.Node, op string) float64 {
	number, err := strconv.ParseUint(n.Value, 10, 32)
	if err != nil || n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		r.refuse(n.Line, "correlation: %s needs a whole number, not %s", op, described(n))
		return 0
	}
	return float64(number)
}

func (r *reader) countField(n *yaml.Node, out *Correlation) {
	switch {
	case out.fieldLine != 0:
		r.refuse(n.Line, "correlation: field stands twice, first in line %d", out.fieldLine)
	case n.Kind == yaml.SequenceNode && len(n.Content) != 1:
		r.refuse(n.Line, "not supported yet: counting the combination of several fields")
	case n.Kind == yaml.SequenceNode:
		out.Field = r.filled(n.Content[0], "correlation: field")
	default:
		out.Field = r.filled(n, "correlation: field")
	}
	out.fieldLine = n.Line
}
