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

// Sources is for a Resolver that has other records than those of logs, such as
// the facts about an account: it is asked which log a log source stands for.
// NoLog is for one that it does not know.
type Sources interface {
	Source(l LogSource) event.Log
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

	// NotFollowedBy is what must stay away for a match to count; nil for
	// most rules and correlations.
	NotFollowedBy *NotFollowedBy
	// FirstSeen, of a plain rule, lets only matches count that show something
	// new; nil for most rules.
	FirstSeen *FirstSeen
	// Hours, of a plain rule with `vakt: outside`, are the working hours
	// outside which it matches; they are part of its condition.
	Hours WorkHours
	// Travel, of a plain rule, lets only matches count to which nobody can
	// have travelled.
	Travel *Travel
	// Settle is how long a condition that can turn false again is waited
	// for, in event time: the rule's own, else 10 minutes. Zero where no
	// record can turn it false: of a plain rule without FirstSeen.
	Settle time.Duration
	// Raises are the lines of `vakt: severity`. Level is the least severity
	// of an alert; each line that holds raises it.
	Raises []Raise
	// Filters are the filter documents that are part of the condition, by
	// their keys in order; nil in a correlation.
	Filters []*Rule

	// The rest is of a correlation only.

	// Type is event_count, value_count, value_sum, value_avg,
	// value_percentile, temporal or temporal_ordered. The number that Bounds
	// judge is, of the facts in the window: how many attempts (or
	// operations, where there is a Collapse) they are; how many different
	// combinations of Base.Values they have; the sum, the mean or the
	// percentile of the numbers in Base.Values; how many different bases
	// they are of; the length of the longest run of bases 0, 1, 2, … whose
	// times do not decrease.
	Type       string
	Bounds     []Bound // one, or two that are a range; all must hold
	Percentile float64 // value_percentile: 0 to 100; the nearest-rank method
	Window     time.Duration
	Base       []Base    // in the order of the correlation's `rules`
	Collapse   *Collapse // event_count only; nil counts attempts
	// Growth compares the number of a day, of records and not of attempts,
	// with that of an earlier day; nil for most correlations.
	Growth *Growth

	// Notes say how names and values are read that other products call
	// otherwise, in the order of lines.
	Notes []string
	// Dead says why no record can ever match. A dead rule is in Set.Dead and
	// nowhere else.
	Dead []string

	logic      detection // of the rule and its filters, as it was compiled
	program    program
	expansions map[string]Expansion
}

// Bound is one operator of a correlation's condition with its number.
type Bound struct {
	Op     string  // gt, gte, lt, lte, eq or neq
	Number float64 // of the baseline parameter, else the rule's own
}

// holds compares n with the bound.
func (b Bound) holds(n float64) bool {
	switch b.Op {
	case "gt":
		return n > b.Number
	case "gte":
		return n >= b.Number
	case "lt":
		return n < b.Number
	case "lte":
		return n <= b.Number
	case "eq":
		return n == b.Number
	case "neq":
		return n != b.Number
	}
	return false
}

// Base is one rule whose matches are facts of a correlation, or one that must
// not follow, with the correlation's fields as they are called there.
//
// Where Rule is a detection rule, its matches are the facts, and Group and
// Values are fields of its log. Where Rule is itself a correlation (a chain),
// the facts that made it fire are; they have no fields but the values of
// their own group, and GroupIndex and ValueIndex are places in that.
type Base struct {
	Rule       *Compiled
	Group      []event.Field // in the order of group-by; nil in a chain and where Rule.Log is NoLog
	GroupIndex []int         // in a chain, in the order of group-by: which value of the inner group
	Values     []event.Field // value_*: the fields counted together; nil in a chain
	ValueIndex []int         // in a chain: which values of the inner group are counted
}

// NotFollowedBy takes matches back: a match (of a plain rule) or a firing fact
// (of a correlation) at t counts only when no fact of Base with the same group
// has a time in [t, t+Within]. It is decided Within after t, in event time.
// What is not known is no absence: a record of that group and time on which a
// base rule is Unknown keeps the match from counting and makes it blind, and
// so does a base rule's log that the input does not hold.
type NotFollowedBy struct {
	Base   []Base // Values and ValueIndex are nil
	Within time.Duration
}

// Raise is one line of `vakt: severity`. It holds for an alert when, over the
// facts of all its firing windows, ONE of these is so, whichever is set:
//
//   - List: for a fact's record, Matcher.Listed is True;
//   - Matched: a fact's record matched the search of that name;
//   - AtLeast: the records hold at least so many different values, compared
//     without case, of the field that Field gives;
//   - Alerts: there are at least so many alerts of the rule, this one among
//     them, in its tenant on its UTC day;
//   - FollowedBy: a fact of its Base with the alert's group lies between the
//     earliest time of the alert and Within after its latest.
//
// Each can only turn true with more facts. Facts of a chain are judged by the
// records beneath them.
type Raise struct {
	Level   Severity
	List    string // name of a baseline list
	Matched string // name of a search of the rule, or of one beneath
	AtLeast int    // 0 where another is set
	Alerts  int    // the same

	// FollowedBy is nil where another is set, and of at most one Raise of a
	// rule, which then has no NotFollowedBy.
	FollowedBy *FollowedBy

	// Lower is, with List, the number that is enough for a fact whose record
	// is on it, in place of the number in Bounds; 0 where that is the same for
	// all. See HoldsFor.
	Lower float64

	// Name is the field compared or counted, as the rule calls it: `account`
	// for a list unless the rule names another.
	Name string

	fields map[event.Log]event.Field
	listed map[event.Log]*node // nil without List
}

// Field is the field that a raise compares or counts in records of a log,
// which is one log; NoField for Matched, and for a log that is not beneath
// the rule.
func (r *Raise) Field(log event.Log) event.Field { return r.fields[log] }

// Collapse counts several records of one operation as one. The facts in a
// window are taken apart by the values of their Fields (facts without a value
// for one of them are taken together by attempt). The number of operations is,
// summed over these parts, the least number of time spans [t, t+Within] that
// cover all times of the part: beginning at the earliest time, each span
// begins at the first time that the one before does not reach. So it is the
// same in any order, and more facts never make it less.
type Collapse struct {
	By     []string // as the rule calls the fields; empty: the facts of a group are one part
	Within time.Duration

	fields map[event.Log][]event.Field
}

// Fields are the fields of By in records of a log, which is one log.
func (c *Collapse) Fields(log event.Log) []event.Field { return c.fields[log] }

// Growing reports whether more facts can only keep the condition of a
// correlation true. Others are decided after Settle: those with an upper
// bound, those that compute with numbers, and those that something must not
// follow.
func (c *Compiled) Growing() bool {
	if c.NotFollowedBy != nil || !c.counts() {
		return false
	}
	for _, b := range c.Bounds {
		if b.Op != "gt" && b.Op != "gte" {
			return false
		}
	}
	return true
}

// counts tells whether the number that Bounds judge only grows with facts.
func (c *Compiled) counts() bool {
	switch c.Type {
	case "event_count", "value_count", "temporal", "temporal_ordered":
		return true
	}
	return false
}

// Holds reports whether n satisfies every bound of a correlation.
func (c *Compiled) Holds(n float64) bool {
	for _, b := range c.Bounds {
		if !b.holds(n) {
			return false
		}
	}
	return len(c.Bounds) > 0
}

// MayHold reports whether a window that stands at n holds, or would with more
// facts. A window that can no longer hold is decided before Settle.
func (c *Compiled) MayHold(n float64) bool {
	if !c.counts() || c.Holds(n) {
		return true
	}
	for _, b := range c.Bounds {
		for _, higher := range []float64{b.Number - 1, b.Number, b.Number + 1} {
			if higher > n && c.Holds(higher) {
				return true
			}
		}
	}
	return false
}

// Set is a compiled set of rules. It does not change and may be shared.
type Set struct {
	rules        []*Compiled
	correlations []*Compiled
	filters      []*Rule
	dead         []*Compiled
	quiet        map[*Rule]bool // counted by correlations only
	predicates   int
	lookups      []*lookup // by slot: one for each field that predicates read, in order
	hash         func() string
}

// Rules lists the compiled detection rules in the order given to Compile.
// The caller must not change it.
func (s *Set) Rules() []*Compiled { return s.rules }

// Correlations lists the compiled correlations in the order given to Compile.
// The caller must not change it.
func (s *Set) Correlations() []*Compiled { return s.correlations }

// Filters lists the filters that were added to rules, by their keys.
// The caller must not change it.
func (s *Set) Filters() []*Rule { return s.filters }

// Dead lists the rules and correlations that can never match, in the order
// given to Compile; Compiled.Dead says why. They are valid Sigma and stop no
// run, but whoever counts on them is mistaken.
func (s *Set) Dead() []*Compiled { return s.dead }

// Alerting reports whether a match of a rule, or of a correlation, is an alert
// by itself. It is not for one that a correlation counts, or that must not
// follow another, unless that other one says `generate: true`.
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
// groups, values, levels, raises and collapses, in order of their ids.
func (s *Set) Fields() []event.Field {
	var list []event.Field
	for _, c := range slices.Concat(s.rules, s.correlations) {
		list = append(list, c.reads()...)
	}
	return sortedFields(list)
}

// reads lists what a rule or correlation reads itself, in any order.
func (c *Compiled) reads() []event.Field {
	list := slices.Concat(c.Fields, c.Group, []event.Field{c.LevelField})
	for _, r := range c.Raises {
		for _, f := range r.fields {
			list = append(list, f)
		}
	}
	if c.Travel != nil {
		list = append(list, c.Travel.fields()...)
	}
	if c.FirstSeen != nil {
		list = append(list, c.FirstSeen.Values...)
	}
	if c.Collapse != nil {
		for _, fields := range c.Collapse.fields {
			list = append(list, fields...)
		}
	}
	for _, b := range c.Followers() {
		list = append(append(list, b.Rule.Fields...), b.Group...)
	}
	return slices.DeleteFunc(list, func(f event.Field) bool { return f == event.NoField })
}

// Hash is the SHA-256, in hexadecimal, over RFC 8785 canonical JSON of the
// rules' content by their keys, correlations and filters among them. The order
// of files and rules, comments and the way the YAML is written have no part in
// it. It is made when it is first asked for, as only alerts carry it.
func (s *Set) Hash() string { return s.hash() }

// sum is the hash of the set.
func (s *Set) sum() string {
	all := map[string][]byte{}
	for _, f := range s.filters {
		all[f.Key()] = f.content
	}
	for _, r := range slices.Concat(s.rules, s.correlations) {
		all[r.Key()] = r.content
	}
	return hashOf(all)
}

// sortedFields sorts and drops what stands twice.
func sortedFields(list []event.Field) []event.Field {
	slices.Sort(list)
	return slices.Compact(list)
}
