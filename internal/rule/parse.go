package rule

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Parse reads the rules of one file: one or more YAML documents, each a
// detection rule, a correlation or a filter. file only names the place in problems.
//
// Every problem that can be told apart is reported, in the order of lines. A
// document with a problem that is not a warning gives no rule; the other
// documents of the file are read all the same.
func Parse(file string, data []byte) ([]*Rule, []Problem) {
	return parse(file, data, &scratch{})
}

// scratch is memory for what is made while a file is read and not kept, so
// that the next file can use it again.
type scratch struct {
	file      bytes.Buffer
	nodes     nodeStore
	canonical canonical
}

// parse is Parse with memory.
func parse(file string, data []byte, memory *scratch) ([]*Rule, []Problem) {
	memory.nodes.reset()
	r := &reader{file: file, memory: memory}
	roots := r.documents(data)
	var rules []*Rule
	for _, root := range roots {
		r.failed = false
		if rule := r.rule(root); !r.failed {
			rules = append(rules, rule)
		}
	}
	if len(roots) == 0 && len(r.problems) == 0 {
		r.refuse(1, "the file holds no rule")
	}
	sortProblems(r.problems)
	return rules, r.problems
}

// key is one allowed key of a section and how its value is read.
type key[T any] struct {
	name string
	read func(r *reader, n *yaml.Node, out *T)
}

// keyLines are the known keys of a section that were there, with their lines.
type keyLines []entry

// line is that of a key; 0 when it was not there.
func (l keyLines) line(name string) int {
	for _, e := range l {
		if e.key == name {
			return e.line
		}
	}
	return 0
}

func (l keyLines) has(name string) bool { return l.line(name) != 0 }

// section reads a map whose keys are all known. It returns the keys that were
// there.
func section[T any](r *reader, n *yaml.Node, what string, keys []key[T], out *T) keyLines {
	list := r.entries(n, what)
	known := list[:0]
	for _, e := range list {
		i := slices.IndexFunc(keys, func(k key[T]) bool { return k.name == e.key })
		if i < 0 {
			r.unknown(e, what, names(keys))
			continue
		}
		known = append(known, e)
		keys[i].read(r, e.value, out)
	}
	return known
}

func names[T any](keys []key[T]) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.name
	}
	return list
}

// The word lists of the specification.
var (
	statuses     = []string{"stable", "test", "experimental", "deprecated", "unsupported"}
	levels       = []string{"informational", "low", "medium", "high", "critical"}
	relatedTypes = []string{"derived", "obsolete", "merged", "renamed", "similar"}
)

// commonKeys may stand in rules and in correlations.
var commonKeys = []key[Rule]{
	{"title", func(r *reader, n *yaml.Node, out *Rule) { out.Title = r.short(n, "title") }},
	{"id", func(r *reader, n *yaml.Node, out *Rule) { out.ID = r.uuid(n, "id") }},
	{"name", func(r *reader, n *yaml.Node, out *Rule) { out.Name = r.short(n, "name") }},
	{"related", func(r *reader, n *yaml.Node, out *Rule) { out.Related = r.related(n) }},
	{"taxonomy", func(r *reader, n *yaml.Node, out *Rule) { out.Taxonomy = r.short(n, "taxonomy") }},
	{"status", func(r *reader, n *yaml.Node, out *Rule) { out.Status = r.oneOf(n, "status", statuses) }},
	{"description", func(r *reader, n *yaml.Node, out *Rule) { out.Description = r.text(n, "description") }},
	{"license", func(r *reader, n *yaml.Node, out *Rule) { out.License = r.text(n, "license") }},
	{"references", func(r *reader, n *yaml.Node, out *Rule) { out.References = r.texts(n, "references") }},
	{"author", func(r *reader, n *yaml.Node, out *Rule) { out.Author = r.text(n, "author") }},
	{"date", func(r *reader, n *yaml.Node, out *Rule) { out.Date = r.date(n, "date") }},
	{"modified", func(r *reader, n *yaml.Node, out *Rule) { out.Modified = r.date(n, "modified") }},
	{"fields", func(r *reader, n *yaml.Node, out *Rule) { out.Show = r.texts(n, "fields") }},
	{"falsepositives", func(r *reader, n *yaml.Node, out *Rule) {
		out.FalsePositives = r.textOrTexts(n, "falsepositives")
	}},
	{"level", func(r *reader, n *yaml.Node, out *Rule) { out.Level = r.oneOf(n, "level", levels) }},
	{"tags", func(r *reader, n *yaml.Node, out *Rule) { out.Tags = r.tags(n) }},
	{"scope", func(r *reader, n *yaml.Node, out *Rule) { out.Scope = r.texts(n, "scope") }},
	{"vakt", func(r *reader, n *yaml.Node, out *Rule) { r.vakt(n, &out.Vakt) }},
}

var detectionKeys = append([]key[Rule]{
	{"logsource", func(r *reader, n *yaml.Node, out *Rule) { r.logSource(n, &out.LogSource) }},
	{"detection", func(r *reader, n *yaml.Node, out *Rule) { r.detection(n, &out.detection) }},
}, commonKeys...)

var correlationKeys = append([]key[Rule]{
	{"correlation", func(r *reader, n *yaml.Node, out *Rule) {
		r.correlation(n, out.Correlation)
	}},
	{"generate", func(r *reader, n *yaml.Node, out *Rule) {
		out.Correlation.Generate = r.boolean(n, "generate") || out.Correlation.Generate
	}},
	{"detection", misplaced("detection", "a correlation")},
	{"logsource", misplaced("logsource", "a correlation")},
	{"filter", misplaced("filter", "a correlation")},
}, commonKeys...)

// misplaced refuses a key that belongs to another kind of document.
func misplaced(name, where string) func(*reader, *yaml.Node, *Rule) {
	return func(r *reader, n *yaml.Node, _ *Rule) {
		r.refuse(n.Line, "%s does not belong in %s: write it as a rule in a document of its own", name, where)
	}
}

var logSourceKeys = []key[LogSource]{
	{"category", func(r *reader, n *yaml.Node, out *LogSource) { out.Category = r.filled(n, "category") }},
	{"product", func(r *reader, n *yaml.Node, out *LogSource) { out.Product = r.filled(n, "product") }},
	{"service", func(r *reader, n *yaml.Node, out *LogSource) { out.Service = r.filled(n, "service") }},
	{"definition", func(r *reader, n *yaml.Node, out *LogSource) { out.Definition = r.text(n, "definition") }},
}

// rule reads one document. What it returns is meaningless when it failed.
func (r *reader) rule(n *yaml.Node) *Rule {
	out := &Rule{File: r.file, Line: n.Line}
	if n.Kind != yaml.MappingNode {
		r.refuse(n.Line, "a rule must be a map, not %s", kind(n))
		return out
	}
	var lines keyLines
	switch {
	case child(n, "action") != nil:
		r.refuse(n.Line, "not supported: action (rule collections of the old format): write each rule out")
		return out
	case child(n, "correlation") != nil:
		lines = r.correlationRule(n, out)
	case child(n, "filter") != nil:
		lines = r.filterRule(n, out)
	default:
		lines = r.detectionRule(n, out)
	}
	if !lines.has("title") {
		r.refuse(n.Line, "title is missing")
	}
	if !r.failed {
		out.content = r.content(n)
	}
	return out
}

// content gives the document as canonical JSON.
func (r *reader) content(n *yaml.Node) []byte {
	c := &r.memory.canonical
	c.out = c.out[:0]
	c.write(n)
	return slices.Clone(c.out)
}

func (r *reader) detectionRule(n *yaml.Node, out *Rule) keyLines {
	lines := section(r, n, "the rule", detectionKeys, out)
	if !lines.has("detection") {
		r.refuse(n.Line, "detection is missing")
	}
	if !lines.has("logsource") {
		r.refuse(n.Line, "logsource is missing")
	}
	for _, only := range []struct{ name, value string }{{"threshold", out.Vakt.Threshold}, {"timespan", out.Vakt.Timespan}} {
		if only.value != "" {
			r.refuse(out.Vakt.line, "vakt: %s belongs in a correlation: this rule counts nothing", only.name)
		}
	}
	if out.Vakt.Collapse != nil {
		r.refuse(out.Vakt.Collapse.line, "vakt: collapse belongs in a correlation: this rule counts nothing")
	}
	if out.Vakt.Growth != nil {
		r.refuse(out.Vakt.Growth.line, "vakt: growth belongs in a correlation: this rule counts nothing")
	}
	r.checkSearches(out)
	return lines
}

// checkSearches refuses lines of `vakt: severity` about searches that the
// condition does not use: they are never matched.
func (r *reader) checkSearches(out *Rule) {
	if out.detection.condition == nil {
		return
	}
	names := out.detection.usedNames()
	for _, line := range out.Vakt.Severity {
		if line.Matched != "" && !slices.Contains(names, line.Matched) {
			r.refuse(line.line, "vakt: severity: the condition uses no search %q%s", line.Matched, hint(line.Matched, names))
		}
	}
}

func (r *reader) correlationRule(n *yaml.Node, out *Rule) keyLines {
	extras := child(n, "vakt")
	out.Correlation = &Correlation{grows: extras != nil && child(extras, "growth") != nil}
	lines := section(r, n, "the correlation document", correlationKeys, out)
	if len(out.Vakt.Group) > 0 {
		r.refuse(out.Vakt.line, "vakt: group belongs in a plain rule: a correlation has group-by")
	}
	r.plainOnly(&out.Vakt)
	if out.Vakt.FirstSeen != nil {
		r.refuse(out.Vakt.FirstSeen.line, "vakt: first_seen belongs in a plain rule: write it beside the detection")
	}
	r.checkGrowth(out)
	cor := out.Correlation
	switch {
	case out.Vakt.Threshold != "" && len(cor.Bounds) > 1:
		r.refuse(out.Vakt.line, "vakt: threshold replaces the number of one operator: this condition has %d", len(cor.Bounds))
	case out.Vakt.Threshold != "" && len(cor.Bounds) == 1 && cor.conditionLine == 0:
		r.refuse(out.Vakt.line, "vakt: threshold replaces the number of the condition: this correlation has none")
	case out.Vakt.Collapse != nil && cor.Type != "event_count":
		r.refuse(out.Vakt.Collapse.line, "vakt: collapse belongs to event_count: %s does not count records", cor.Type)
	}
	return lines
}

// child returns the value of a key in a map, or nil.
func child(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func (r *reader) logSource(n *yaml.Node, out *LogSource) {
	before := len(r.problems)
	section(r, n, "logsource", logSourceKeys, out)
	if out.String() == "" && len(r.problems) == before {
		r.refuse(n.Line, "logsource names no category, product or service")
	}
}

func (r *reader) related(n *yaml.Node) []Related {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n.Line, "related must be a list, not %s", kind(n))
		return nil
	}
	keys := []key[Related]{
		{"id", func(r *reader, n *yaml.Node, out *Related) { out.ID = r.uuid(n, "related: id") }},
		{"type", func(r *reader, n *yaml.Node, out *Related) { out.Type = r.oneOf(n, "related: type", relatedTypes) }},
	}
	list := make([]Related, len(n.Content))
	for i, kid := range n.Content {
		lines := section(r, kid, "related", keys, &list[i])
		if len(lines) != len(keys) {
			r.refuse(kid.Line, "related: an entry needs id and type")
		}
	}
	return list
}

// maxShort is the specification's length limit on titles and names.
const maxShort = 256

func (r *reader) short(n *yaml.Node, what string) string {
	s := r.filled(n, what)
	if len([]rune(s)) > maxShort {
		r.refuse(n.Line, "%s is longer than %d characters", what, maxShort)
	}
	return s
}

func (r *reader) uuid(n *yaml.Node, what string) string {
	s := r.filled(n, what)
	if s != "" && !isUUID(s) {
		r.refuse(n.Line, "%s %q is not a UUID", what, s)
	}
	return strings.ToLower(s)
}

func (r *reader) date(n *yaml.Node, what string) string {
	s := r.filled(n, what)
	if _, err := time.Parse(time.DateOnly, s); err != nil && s != "" {
		r.refuse(n.Line, "%s %q is not a date: write it as YYYY-MM-DD", what, s)
	}
	return s
}

func (r *reader) tags(n *yaml.Node) []string {
	list := r.texts(n, "tags")
	for i, tag := range list {
		if tag != "" && !isTag(tag) {
			r.refuse(n.Content[i].Line, "tag %q is not of the form namespace.name in lower case", tag)
		}
	}
	return list
}

func (r *reader) boolean(n *yaml.Node, what string) bool {
	if !isBoolean(n) {
		r.refuse(n.Line, "%s must be true or false, not %s", what, described(n))
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

// isBoolean leaves out the yes and on that YAML 1.1 had.
func isBoolean(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" &&
		(strings.EqualFold(n.Value, "true") || strings.EqualFold(n.Value, "false"))
}

// described is kind, with the text itself where there is some.
func described(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Value != "" && n.ShortTag() != "!!null" {
		return kind(n) + " (" + n.Value + ")"
	}
	return kind(n)
}
