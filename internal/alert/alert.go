// Package alert says what an alert is: its identity, what it shows, which
// stronger alert it folds into, and the order in which alerts stand. It begins
// with alerts as a batch run gives them, all new. It does not decide what is
// an alert (package detect does) and does no I/O.
package alert

import (
	"encoding/json"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// MaxListed is how many record ids, and how many entities of one kind, an
// alert lists.
const MaxListed = 100

// Alert is all that one rule found for one group on one UTC day.
type Alert struct {
	ID           string         `json:"id"`  // hash of key and day
	Key          string         `json:"key"` // hash of rule and group; the same every day
	Rule         string         `json:"rule"`
	Title        string         `json:"title"`
	Description  string         `json:"description"` // first sentence of the rule's
	Severity     rule.Severity  `json:"severity"`
	Status       string         `json:"status"`                // "new"
	FoldedInto   string         `json:"folded_into,omitempty"` // id of a stronger alert that holds all its records
	Tenant       string         `json:"tenant"`
	FirstSeen    string         `json:"first_seen"` // RFC 3339, UTC
	LastSeen     string         `json:"last_seen"`
	Count        int            `json:"count"` // distinct sign-in attempts or records
	Group        []Grouped      `json:"group"` // in the order of the rule
	Entities     []event.Entity `json:"entities"`
	Why          []Why          `json:"why"`
	Matched      []string       `json:"matched"` // searches of the rule that were true
	Events       []string       `json:"events"`  // record ids as the source names them, first MaxListed
	GuideRows    []string       `json:"guide_rows"`
	MITRE        []string       `json:"mitre"`
	Formats      []string       `json:"formats"`
	Next         []string       `json:"next"`   // what to do, from the rule
	Pivots       Pivots         `json:"pivots"` // queries to go on with
	RulesHash    string         `json:"rules_hash"`
	BaselineHash string         `json:"baseline_hash"`
	// Records are the events themselves, in the order of Events, where the
	// run was asked to keep them: an object, or its text where parts that
	// nobody reads are not valid JSON; null for one that was not kept.
	Records []any `json:"records,omitempty"`
}

// Grouped is one field that an alert is grouped by, as the rule calls it.
type Grouped struct {
	Field string `json:"field"`
	Value string `json:"value"` // lower case
}

// Why is one number behind an alert. Value and What are a phrase: 42 distinct
// accounts.
type Why struct {
	What      string  `json:"what"`
	Value     float64 `json:"value"`
	AtLeast   bool    `json:"at_least"` // there were more than are kept
	Threshold float64 `json:"threshold"`
	Window    string  `json:"window"` // such as 15m
}

// Context is what all alerts of a run have in common.
type Context struct {
	Tenant       string // of the run, where the records do not say
	RulesHash    string
	BaselineHash string
	FieldName    func(event.Field) string
	ShowEvents   bool // put the records into the alerts
	Workers      int  // how many goroutines make alerts; 0 is one
}

// records are the events that an alert lists, as they were kept.
func records(d *detect.Detection) []any {
	list := make([]any, 0, min(len(d.Raw), MaxListed))
	for _, raw := range d.Raw[:min(len(d.Raw), MaxListed)] {
		switch {
		case raw == nil:
			list = append(list, nil)
		case json.Valid(raw):
			list = append(list, json.RawMessage(raw))
		default:
			list = append(list, string(raw))
		}
	}
	return list
}

// present makes an empty list of none, for stable JSON.
func present(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
