package rule

import (
	"slices"
	"time"

	"vakt/internal/event"
)

// Resolver tells which field a name means. event.Schema implements it.
type Resolver interface {
	// Lookup resolves a field name for rules over log, which is one log. ok
	// is false when no record of that log has such a field.
	Lookup(log event.Log, name string) (f event.Field, ok bool)
	// Suggest returns the known name nearest to name, or "".
	Suggest(log event.Log, name string) string
}

// Lists holds the parameters of the baseline. A nil Lists has none.
type Lists interface {
	// Expand gives the list behind %name%; ok is false when there is no such
	// parameter. A known list that nobody has filled is an empty Expansion.
	Expand(name string) (e Expansion, ok bool)
	// Number gives the value of a parameter that is a number; ok is false
	// when there is no such parameter.
	Number(name string) (n float64, ok bool)
	// Duration is the same for a time span.
	Duration(name string) (d time.Duration, ok bool)
}

// Expansion is the present content of a baseline list.
type Expansion struct {
	Items []Item
	// Unread says why the list could not be read, or not wholly ("needs
	// --directory"). A comparison with it is then true where an item
	// matches and unknown where none does.
	Unread string
	// FromField names the record's own field that stands in for a list that
	// nobody has filled.
	FromField string
	// Optional says that an empty list means "nothing is on it", as for a
	// list of exceptions. Any other empty list puts its rules to sleep.
	Optional bool
}

// Item is one entry of a list. It is compared as plain text: * and ? in it are
// no wildcards.
type Item struct {
	Value string
	// Until is the Unix second from which the item no longer holds: it
	// counts only for records before it. 0 is for ever.
	Until int64
}

// defaultSettle is how long a condition that can turn false again waits for
// late records, in event time.
const defaultSettle = 10 * time.Minute

// Compiled is a rule that is ready to match, or a correlation ready to count.
type Compiled struct {
	*Rule
	// Log is the log that the rule reads; of a correlation, those of its
	// base rules together. NoLog: the rule never matches.
	Log event.Log
	// Fields are all fields that the condition reads, in order of their ids;
	// of a correlation, those of its base rules, its groups and its value.
	Fields []event.Field
	// Group are the fields that alerts of a plain rule are grouped by; nil
	// in a correlation, whose groups stand in Base.
	Group []event.Field
	// LevelField holds the severity, where the rule has `level_from`; else
	// NoField.
	LevelField event.Field
	// Asleep names the baseline lists that are empty and without which the
	// rule does not work. It never matches while there is one.
	Asleep []string

	// The rest is of a correlation only.

	Type      string  // event_count or value_count
	Op        string  // gt, gte, lt, lte, eq or neq
	Threshold float64 // of the baseline parameter, else the rule's own number
	Window    time.Duration
	Settle    time.Duration // of the rule, else 10 minutes
	Base      []Base        // in the order of the correlation's `rules`

	program    program
	expansions map[string]Expansion
}

// Base is one rule whose matches a correlation counts, with the correlation's
// fields as they are called in that rule's log.
type Base struct {
	Rule  *Compiled
	Group []event.Field // in the order of group-by; nil where Rule.Log is NoLog
	Value event.Field   // value_count: the field counted; else NoField
}

// Growing reports whether more facts can only keep the condition of a
// correlation true (gt, gte). Others are decided after Settle.
func (c *Compiled) Growing() bool { return c.Op == "gt" || c.Op == "gte" }

// Holds reports whether n satisfies the condition of a correlation.
func (c *Compiled) Holds(n float64) bool {
	switch c.Op {
	case "gt":
		return n > c.Threshold
	case "gte":
		return n >= c.Threshold
	case "lt":
		return n < c.Threshold
	case "lte":
		return n <= c.Threshold
	case "eq":
		return n == c.Threshold
	case "neq":
		return n != c.Threshold
	}
	return false
}

// Set is a compiled set of rules. It does not change and may be shared.
type Set struct {
	rules        []*Compiled
	correlations []*Compiled
	quiet        map[*Rule]bool // counted by correlations only
	predicates   int
	slots        []event.Field // the fields that predicates read
	hash         string
}

// Rules lists the compiled detection rules in the order given to Compile.
// The caller must not change it.
func (s *Set) Rules() []*Compiled { return s.rules }

// Correlations lists the compiled correlations in the order given to Compile.
// The caller must not change it.
func (s *Set) Correlations() []*Compiled { return s.correlations }

// Alerting reports whether a match of the rule is an alert by itself. It is
// not for a rule that a correlation counts, unless that says `generate: true`.
func (s *Set) Alerting(c *Compiled) bool { return !s.quiet[c.Rule] }

// Asleep lists the rules and correlations that never match because a baseline
// list is empty; Compiled.Asleep names the lists.
func (s *Set) Asleep() []*Compiled {
	var list []*Compiled
	for _, c := range slices.Concat(s.rules, s.correlations) {
		if len(c.Asleep) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// Fields lists every field that rules and correlations read, with their
// groups, values and levels, in order of their ids.
func (s *Set) Fields() []event.Field {
	var list []event.Field
	for _, c := range slices.Concat(s.rules, s.correlations) {
		list = append(append(list, c.Fields...), c.Group...)
		if c.LevelField != event.NoField {
			list = append(list, c.LevelField)
		}
	}
	return sortedFields(list)
}

// Hash is the SHA-256, in hexadecimal, over RFC 8785 canonical JSON of the
// rules' content by their keys. The order of files and rules, comments and the
// way the YAML is written have no part in it.
func (s *Set) Hash() string { return s.hash }

// sortedFields sorts and drops what stands twice.
func sortedFields(list []event.Field) []event.Field {
	slices.Sort(list)
	return slices.Compact(list)
}
