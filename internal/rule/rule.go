// Package rule reads Sigma rules, refuses the bad ones with file and line,
// compiles the good ones against a schema and a baseline, matches records and
// explains in words what a rule looks for.
//
// It follows the Sigma specification 2.1.0: detection rules, correlations and
// filters. What it does not know is refused at load; nothing is left out in
// silence. Logic is three-valued: a field that a record's shape cannot carry
// is unknown, and only a condition that is true is a match.
//
// The package does no I/O of its own: it is handed bytes or a file system. It
// knows nothing of windows, alerts or log shapes; a correlation is resolved
// here (rules, groups, number, window) and counted elsewhere.
package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rule is one document of a rule file as written: a detection rule, a
// correlation or a filter. It holds no error: Parse returns only rules that it accepted.
type Rule struct {
	File string // as given to Parse
	Line int    // where the document begins, from 1

	Title          string
	ID             string // UUID in lower case, or empty
	Name           string // what correlations and alerts call the rule, or empty
	Related        []Related
	Taxonomy       string
	Status         string // stable, test, experimental, deprecated, unsupported or empty
	Description    string
	License        string
	References     []string
	Author         string
	Date           string // YYYY-MM-DD or empty
	Modified       string // YYYY-MM-DD or empty
	FalsePositives []string
	Level          string // informational, low, medium, high, critical or empty
	Tags           []string
	Scope          []string
	Show           []string // Sigma's `fields`: names worth showing beside a match

	LogSource   LogSource    // zero in a correlation
	Correlation *Correlation // nil in a detection rule
	Filter      *Filter      // nil but in a filter, which is no rule: it is added to rules
	Vakt        Vakt

	detection detection
	content   []byte // the whole document as canonical JSON, for Set.Hash
}

// Related is a reference to another rule by id.
type Related struct {
	ID   string
	Type string // derived, obsolete, merged, renamed or similar
}

// LogSource names the log a detection rule is written for.
type LogSource struct {
	Category, Product, Service, Definition string
}

// String joins category, product and service with "/".
func (l LogSource) String() string {
	var parts []string
	for _, p := range []string{l.Category, l.Product, l.Service} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "/")
}

// Correlation is the `correlation` section of a correlation document.
type Correlation struct {
	Type       string   // see Compiled.Type
	Rules      []string // names or ids of the rules whose matches are counted; may be correlations
	GroupBy    []string // names of fields or aliases; facts with equal values are counted together
	Aliases    []Alias
	Timespan   time.Duration
	Bounds     []Bound  // one, or two that are a range; of a temporal type without a condition "all rules"
	Fields     []string // value_*: the field whose values are counted; value_count may combine several
	Percentile float64  // value_percentile: 0 to 100
	Generate   bool     // the counted rules also alert on their own

	line, rulesLine, groupLine, fieldLine, aliasLine int
	conditionLine, percentileLine                    int

	grows bool // it is compared by `vakt: growth`, and may have no group
}

// Alias is a name in `group-by` or `field` that stands for a field of another
// name in each rule of a correlation.
type Alias struct {
	Name   string
	Fields map[string]string // by name or id of the rule

	line int
}

// Filter is the `filter` section of a filter document.
type Filter struct {
	Rules []string // names or ids of the rules that it is added to; nil is every rule of its log source

	line, rulesLine int
}

// Lack is `vakt: not_followed_by`: what must stay away for a match to count.
type Lack struct {
	Rules    []string // names or ids of detection rules or correlations
	Within   Span
	Generate bool // these rules also alert on their own

	line int
}

// Raising is one line of `vakt: severity`: of List, Matched, AtLeast, Alerts
// and Followed one is set. See Raise.
type Raising struct {
	Level     Severity
	List      string // name of a baseline list
	Field     string // compared with List, or counted up to AtLeast
	Matched   string // name of a search
	AtLeast   int
	Alerts    int
	Followed  *Lack
	Threshold string // with List: the baseline parameter that replaces the correlation's number

	line int
}

// Collapsing is `vakt: collapse`: what makes several records one operation.
// See Collapse.
type Collapsing struct {
	By     []string // names of fields; may be empty
	Within time.Duration

	line int
}

// Vakt is the content of our one custom key, `vakt`.
type Vakt struct {
	Rows      []string      // rows of the guide that the rule covers, such as "G11"
	Group     []string      // plain rules: fields that alerts are grouped by; empty is the account
	Settle    time.Duration // how long to wait before a condition that can turn false is decided; 0 is the default
	Needs     []string      // data and licences without which the rule sees nothing, in words
	Next      []string      // what to do when the rule fires, in words
	Pivots    Pivots
	FoldsInto string // name of a stronger rule that covers the same event
	LevelFrom string // field whose value is the severity, in place of level
	Threshold string // baseline parameter that replaces the correlation's number
	Timespan  string // baseline parameter that replaces the correlation's timespan

	NotFollowedBy *Lack
	Severity      []Raising
	Collapse      *Collapsing
	FirstSeen     *Novelty
	Growth        *Growing
	Away          *Away
	Outside       *Outside
	Travel        *Traveling
	Controls      *Controls

	line int
}

// Pivots are ready queries with which a person follows an alert up.
type Pivots struct {
	KQL        string
	PowerShell string
}

// Key is what alerts and correlations call the rule: its name, else its id,
// else its title.
func (r *Rule) Key() string {
	return cmp.Or(r.Name, r.ID, r.Title)
}

// MITRE lists the ATT&CK technique ids among the tags, upper case, in file
// order: `attack.t1110.003` gives T1110.003. Tactics and groups are left out.
func (r *Rule) MITRE() []string {
	var ids []string
	for _, tag := range r.Tags {
		id, ok := strings.CutPrefix(tag, "attack.t")
		if ok && id != "" && strings.Trim(id, "0123456789.") == "" {
			ids = append(ids, "T"+id)
		}
	}
	return ids
}

// Problem is one thing wrong with a rule file, at a place.
type Problem struct {
	File    string
	Line    int // from 1; 0 when it concerns the whole file
	Message string
	// Warning is true where the rule still loads. Otherwise the rule that
	// the problem belongs to was refused, or is Dead.
	Warning bool
	// Note is true of a warning that only says how the rule is read.
	Note bool
	// Dead is true where nothing is wrong with the file, but the rule, or a
	// part of it, can never match. It is no reason not to run the others.
	Dead bool
}

// Stops reports whether a run that was given the rule must not begin.
func (p Problem) Stops() bool { return !p.Warning && !p.Dead }

// String renders the problem as file:line: message, or file: message when no
// line is known.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Error is String: a problem can be returned as an error.
func (p Problem) Error() string { return p.String() }

// Refused reports whether any of the problems is more than a warning.
func Refused(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// sortProblems orders by file and line and keeps the order of finding within
// a line.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
