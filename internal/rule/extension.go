package rule

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// The parts of the custom key `vakt` that are maps of their own.

var lackKeys = []key[Lack]{
	{"rules", func(r *reader, n *yaml.Node, out *Lack) { out.Rules = r.group(n, "vakt: not_followed_by: rules") }},
	{"within", func(r *reader, n *yaml.Node, out *Lack) { out.Within = r.span(n, "vakt: not_followed_by: within") }},
	{"generate", func(r *reader, n *yaml.Node, out *Lack) {
		out.Generate = r.boolean(n, "vakt: not_followed_by: generate")
	}},
}

func (r *reader) lack(n *yaml.Node) *Lack {
	out := &Lack{line: n.Line}
	lines := section(r, n, "vakt: not_followed_by", lackKeys, out)
	for _, needed := range []string{"rules", "within"} {
		if !lines.has(needed) && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "vakt: not_followed_by: %s is missing", needed)
		}
	}
	return out
}

var collapsingKeys = []key[Collapsing]{
	{"by", func(r *reader, n *yaml.Node, out *Collapsing) { out.By = r.group(n, "vakt: collapse: by") }},
	{"within", func(r *reader, n *yaml.Node, out *Collapsing) { out.Within = r.timespan(n, "vakt: collapse: within") }},
}

func (r *reader) collapsing(n *yaml.Node) *Collapsing {
	out := &Collapsing{line: n.Line}
	lines := section(r, n, "vakt: collapse", collapsingKeys, out)
	if !lines.has("within") && n.Kind == yaml.MappingNode {
		r.refuse(n.Line, "vakt: collapse: within is missing: how long does one operation take?")
	}
	return out
}

// raisings reads the list of `vakt: severity`.
func (r *reader) raisings(n *yaml.Node) []Raising {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n.Line, "vakt: severity must be a list, not %s", kind(n))
		return nil
	}
	if len(n.Content) == 0 {
		r.refuse(n.Line, "vakt: severity is an empty list")
	}
	list := make([]Raising, len(n.Content))
	for i, kid := range n.Content {
		list[i].line = kid.Line
		lines := section(r, kid, "vakt: severity", raisingKeys, &list[i])
		if kid.Kind == yaml.MappingNode {
			r.checkRaising(&list[i], lines)
		}
	}
	return list
}

var raisingKeys = []key[Raising]{
	{"when", func(r *reader, n *yaml.Node, out *Raising) { r.when(n, out) }},
	{"level", func(r *reader, n *yaml.Node, out *Raising) {
		out.Level, _ = SeverityNamed(r.oneOf(n, "vakt: severity: level", levels))
	}},
	{"threshold", func(r *reader, n *yaml.Node, out *Raising) {
		out.Threshold = r.parameter(n, "vakt: severity: threshold")
	}},
}

var whenKeys = []key[Raising]{
	{"list", func(r *reader, n *yaml.Node, out *Raising) { out.List = r.parameter(n, "vakt: severity: list") }},
	{"field", func(r *reader, n *yaml.Node, out *Raising) { out.Field = r.filled(n, "vakt: severity: field") }},
	{"distinct", func(r *reader, n *yaml.Node, out *Raising) { out.Field = r.filled(n, "vakt: severity: distinct") }},
	{"at_least", func(r *reader, n *yaml.Node, out *Raising) { out.AtLeast = r.positive(n, "vakt: severity: at_least") }},
	{"matched", func(r *reader, n *yaml.Node, out *Raising) { out.Matched = r.filled(n, "vakt: severity: matched") }},
	{"alerts", func(r *reader, n *yaml.Node, out *Raising) { out.Alerts = r.positive(n, "vakt: severity: alerts") }},
	{"followed_by", func(r *reader, n *yaml.Node, out *Raising) {
		out.followed().Rules = r.group(n, "vakt: severity: followed_by")
	}},
	{"within", func(r *reader, n *yaml.Node, out *Raising) {
		out.followed().Within = r.span(n, "vakt: severity: within")
	}},
}

// whenForms are the keys that may stand together.
var whenForms = [][]string{{"distinct", "at_least"}, {"list"}, {"list", "field"}, {"matched"}, {"alerts"}, {"followed_by", "within"}}

func (r *reader) when(n *yaml.Node, out *Raising) {
	before := len(r.problems)
	lines := section(r, n, "vakt: severity: when", whenKeys, out)
	fits := func(form []string) bool {
		return len(form) == len(lines) && !slices.ContainsFunc(form, func(k string) bool { return !lines.has(k) })
	}
	if len(r.problems) == before && !slices.ContainsFunc(whenForms, fits) {
		r.refuse(n.Line, "vakt: severity: when takes distinct and at_least, or list (and field), or matched, or alerts, or followed_by and within")
	}
	if out.List != "" && out.Field == "" {
		out.Field = "vakt.accountNames"
	}
}

func (r *reader) positive(n *yaml.Node, what string) int {
	number, err := strconv.ParseUint(n.Value, 10, 31)
	if err != nil || number == 0 || n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		r.refuse(n.Line, "%s needs a whole number from 1, not %s", what, described(n))
		return 1
	}
	return int(number)
}
