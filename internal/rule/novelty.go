package rule

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vakt/internal/event"
)

// Novelty is `vakt: first_seen`: of the matches of a plain rule only those
// count that show something new. See FirstSeen.
type Novelty struct {
	Values        []string // names of fields, taken together
	Within, After Span
	Learned       bool // what the baseline has learned of the account counts as well

	line int
}

// Span is a length of time as a rule writes it: itself, or the name of the
// baseline parameter that holds it.
type Span struct {
	Length    time.Duration // zero where there is a Parameter
	Parameter string
}

// Memory is for Lists that know what accounts have shown before the records at
// hand. It may be asked from several goroutines at a time.
type Memory interface {
	// Learned says when an account was first and last seen with a value of
	// a field, in seconds since 1970. Account and value are in lower case,
	// the field is named as in rules. ok is false where it never was, or the
	// field is not remembered.
	Learned(account, field, value string) (first, last int64, ok bool)
	// LearnedSince says when an account was first seen at all.
	LearnedSince(account string) (first int64, ok bool)
}

// FirstSeen lets a match at t count only when its combination of Values is new
// to its group: no other match of the rule and group in [t-Within, t) has it,
// and the group is known long enough for that to mean something: there is one
// at t-After or before. Matches of one second do not know of each other. Where the
// rule says so, what the baseline has learned of an account counts as a match
// does. Every version of a record is a match of its own.
//
// Matches that come late can take it back: it is decided Compiled.Settle after
// t, in event time.
type FirstSeen struct {
	Names         []string // of the fields, as the rule calls them
	Values        []event.Field
	Within, After time.Duration

	memory Memory // nil: nothing is remembered of the rule's groups
}

// defaultAfter is how long a group is learned where the rule does not say.
const defaultAfter = 14 * 24 * time.Hour

var noveltyKeys = []key[Novelty]{
	{"values", func(r *reader, n *yaml.Node, out *Novelty) { out.Values = r.group(n, "vakt: first_seen: values") }},
	{"within", func(r *reader, n *yaml.Node, out *Novelty) { out.Within = r.span(n, "vakt: first_seen: within") }},
	{"after", func(r *reader, n *yaml.Node, out *Novelty) {
		if out.After = (Span{}); n.Value != "none" {
			out.After = r.span(n, "vakt: first_seen: after")
		}
	}},
	{"learned", func(r *reader, n *yaml.Node, out *Novelty) { out.Learned = r.boolean(n, "vakt: first_seen: learned") }},
}

func (r *reader) novelty(n *yaml.Node) *Novelty {
	out := &Novelty{After: Span{Length: defaultAfter}, line: n.Line}
	lines := section(r, n, "vakt: first_seen", noveltyKeys, out)
	for _, needed := range []string{"values", "within"} {
		if !lines.has(needed) && n.Kind == yaml.MappingNode {
			r.refuse(n.Line, "vakt: first_seen: %s is missing", needed)
		}
	}
	return out
}

// span reads a time span, or the name of a parameter that is one.
func (r *reader) span(n *yaml.Node, what string) Span {
	if n.Kind != yaml.ScalarNode || n.Value == "" || '0' <= n.Value[0] && n.Value[0] <= '9' {
		return Span{Length: r.timespan(n, what)}
	}
	return Span{Parameter: r.parameter(n, what)}
}

// length is how long a span is now.
func (c *compiler) length(s Span, line int, what string) time.Duration {
	if s.Parameter == "" {
		return s.Length
	}
	d, ok := time.Duration(0), false
	if c.lists != nil {
		d, ok = c.lists.Duration(s.Parameter)
	}
	if !ok || d < time.Second {
		c.refuse(line, "%s: there is no baseline parameter %q that is a time span above zero", what, s.Parameter)
	}
	return d
}

// firstSeen resolves `vakt: first_seen`.
func (c *compiler) firstSeen(out *Compiled) {
	written := out.Vakt.FirstSeen
	if written == nil {
		return
	}
	f := &FirstSeen{
		Names:  written.Values,
		Within: c.length(written.Within, written.line, "vakt: first_seen: within"),
		After:  c.length(written.After, written.line, "vakt: first_seen: after"),
	}
	for _, name := range written.Values {
		field, _ := c.field(out.Log, name, written.line, "vakt: first_seen: values")
		f.Values = append(f.Values, field)
	}
	if group := out.groupNames(); written.Learned && (len(group) != 1 || !strings.EqualFold(group[0], "account")) {
		c.refuse(written.line, "vakt: first_seen: learned needs the group account: the baseline learns what accounts show")
	}
	if written.Learned {
		f.memory, _ = c.lists.(Memory)
	}
	out.FirstSeen, out.Settle = f, settle(out.Rule)
}

// Since is when the baseline first saw a group, given by its values; ok is
// false where it remembers nothing of it.
func (f *FirstSeen) Since(group []string) (first int64, ok bool) {
	if f.memory == nil || len(group) != 1 {
		return 0, false
	}
	return f.memory.LearnedSince(group[0])
}

// Learned tells whether the baseline saw a group before t with each of some
// values, which stand in the order of Names, and not longer ago than Within.
func (f *FirstSeen) Learned(group, values []string, t int64) bool {
	if f.memory == nil || len(group) != 1 || len(values) != len(f.Names) {
		return false
	}
	for i, name := range f.Names {
		first, last, ok := f.memory.Learned(group[0], name, values[i])
		if !ok || first >= t || last < t-int64(f.Within.Seconds()) {
			return false
		}
	}
	return true
}

// explainNew says what a first_seen asks.
func (c *Compiled) explainNew(b *strings.Builder) {
	f := c.FirstSeen
	if f == nil {
		return
	}
	what, written := f.Names[0], c.Vakt.FirstSeen
	if len(f.Names) > 1 {
		what = "combination of " + strings.Join(f.Names, " and ")
	}
	group := strings.Join(c.groupNames(), " and ")
	fmt.Fprintf(b, "Only the first with a %s that no such record of the same %s had in the %s before%s.\n",
		what, group, spanWords(f.Within), parameterWords(written.Within.Parameter))
	if f.After > 0 {
		fmt.Fprintf(b, "While the %s has no such record from %s before or earlier%s, it is still being learned, and not alerted.\n",
			group, spanWords(f.After), parameterWords(written.After.Parameter))
	}
	if written.Learned {
		b.WriteString("What the baseline has learned of the account counts as well.\n")
	}
	fmt.Fprintf(b, "It is decided %s later, because late records can show that it was not the first.\n", spanWords(c.Settle))
}
