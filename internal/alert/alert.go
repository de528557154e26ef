// Package alert says what an alert is: its identity, what it shows, which
// stronger alert it folds into, and the order in which alerts stand. It begins
// with alerts as a batch run gives them, all new. It does not decide what is
// an alert (package detect does) and does no I/O.
package alert

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/extract"
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
}

// From makes the alerts of a run's detections, ordered by first_seen and id.
func From(detections []detect.Detection, c Context) []Alert {
	made := make([]made, 0, len(detections))
	for i := range detections {
		made = append(made, c.make(&detections[i]))
	}
	fold(made)
	alerts := make([]Alert, 0, len(made))
	for i := range made {
		alerts = append(alerts, made[i].Alert)
	}
	slices.SortFunc(alerts, compare)
	return alerts
}

// compare orders by first_seen and id.
func compare(a, b Alert) int {
	return cmp.Or(strings.Compare(a.FirstSeen, b.FirstSeen), strings.Compare(a.ID, b.ID))
}

// made is an alert with what it was made of.
type made struct {
	Alert
	of *detect.Detection
}

func (c Context) make(d *detect.Detection) made {
	r := d.Rule
	key := hash("vakt-alert", append([]string{r.Key(), d.Tenant}, d.Group...)...)
	a := Alert{
		ID: hash("vakt-alert-day", key, strconv.FormatInt(d.Day, 10)), Key: key,
		Rule: r.Key(), Title: r.Title, Description: firstSentence(r.Description), Severity: d.Severity, Status: "new",
		Tenant: cmp.Or(d.Tenant, c.Tenant), FirstSeen: stamp(d.First), LastSeen: stamp(d.Last), Count: d.Count,
		Group: c.grouped(d), Entities: listed(d), Why: c.why(d), Matched: present(d.Matched),
		Events: present(d.Records[:min(len(d.Records), MaxListed)]), GuideRows: present(r.Vakt.Rows), MITRE: present(r.MITRE()),
		Formats: []string{}, Next: present(r.Vakt.Next), RulesHash: c.RulesHash, BaselineHash: c.BaselineHash,
	}
	a.Pivots = pivots(r.Vakt.Pivots, &a)
	for _, s := range d.Shapes {
		a.Formats = append(a.Formats, s.String())
	}
	if c.ShowEvents {
		a.Records = records(d)
	}
	return made{a, d}
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

// firstSentence is a text up to the first full stop that a blank or the end
// follows, in one line.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// grouped gives the group's values their names.
func (c Context) grouped(d *detect.Detection) []Grouped {
	list := make([]Grouped, 0, len(d.Group))
	for i, value := range d.Group {
		g := Grouped{Value: value}
		switch r := d.Rule; {
		case r.Correlation == nil && i < len(r.Group):
			g.Field = c.FieldName(r.Group[i])
		case r.Correlation != nil && i < len(r.Correlation.GroupBy):
			g.Field = r.Correlation.GroupBy[i]
		}
		list = append(list, g)
	}
	return list
}

// listed are the entities of an alert: first those that it is grouped by,
// then the others by kind and id, at most MaxListed of a kind.
func listed(d *detect.Detection) []event.Entity {
	list := make([]event.Entity, 0, len(d.Entities))
	counts := map[string]int{}
	for _, grouped := range []bool{true, false} {
		for _, e := range d.Entities {
			if slices.Contains(d.Group, strings.ToLower(e.ID)) != grouped {
				continue
			}
			if counts[e.Kind]++; counts[e.Kind] <= MaxListed {
				list = append(list, e)
			}
		}
	}
	return list
}

// hash makes an identity of texts: the SHA-256 over the RFC 8785 canonical
// JSON of their list.
func hash(kind string, parts ...string) string {
	list := []any{kind}
	for _, p := range parts {
		list = append(list, p)
	}
	return extract.Hash(list)
}

func stamp(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

// present makes an empty list of none, for stable JSON.
func present(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
