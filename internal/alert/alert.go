// Package alert says what an alert is: its identity, what it shows, and the
// order in which alerts stand. It begins with alerts as a batch run gives
// them, all new. It does not decide what is an alert (package detect does)
// and does no I/O.
package alert

import (
	"cmp"
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
	Severity     rule.Severity  `json:"severity"`
	Status       string         `json:"status"` // "new"
	Tenant       string         `json:"tenant"`
	FirstSeen    string         `json:"first_seen"` // RFC 3339, UTC
	LastSeen     string         `json:"last_seen"`
	Count        int            `json:"count"` // distinct sign-in attempts or records
	Entities     []event.Entity `json:"entities"`
	Why          []Why          `json:"why"`
	Matched      []string       `json:"matched"` // searches of the rule that were true
	Events       []string       `json:"events"`  // record ids as the source names them, first MaxListed
	GuideRows    []string       `json:"guide_rows"`
	MITRE        []string       `json:"mitre"`
	Formats      []string       `json:"formats"`
	Next         []string       `json:"next"` // what to do, from the rule
	RulesHash    string         `json:"rules_hash"`
	BaselineHash string         `json:"baseline_hash"`
}

// Why is one number behind an alert.
type Why struct {
	What      string  `json:"what"`
	Value     int     `json:"value"`
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
}

// From makes the alerts of a run's detections, ordered by first_seen and id.
func From(detections []detect.Detection, c Context) []Alert {
	alerts := make([]Alert, 0, len(detections))
	for i := range detections {
		alerts = append(alerts, c.alert(&detections[i]))
	}
	slices.SortFunc(alerts, func(a, b Alert) int {
		return cmp.Or(strings.Compare(a.FirstSeen, b.FirstSeen), strings.Compare(a.ID, b.ID))
	})
	return alerts
}

func (c Context) alert(d *detect.Detection) Alert {
	r := d.Rule
	key := hash("vakt-alert", append([]string{r.Key(), d.Tenant}, d.Group...)...)
	a := Alert{
		ID: hash("vakt-alert-day", key, strconv.FormatInt(d.Day, 10)), Key: key,
		Rule: r.Key(), Title: r.Title, Severity: d.Severity, Status: "new", Tenant: cmp.Or(d.Tenant, c.Tenant),
		FirstSeen: stamp(d.First), LastSeen: stamp(d.Last), Count: d.Count,
		Entities: listed(d), Why: []Why{c.why(d)}, Matched: present(d.Matched), Events: present(d.Records[:min(len(d.Records), MaxListed)]),
		GuideRows: present(r.Vakt.Rows), MITRE: present(r.MITRE()), Formats: []string{}, Next: present(r.Vakt.Next),
		RulesHash: c.RulesHash, BaselineHash: c.BaselineHash,
	}
	for _, s := range d.Shapes {
		a.Formats = append(a.Formats, s.String())
	}
	return a
}

// why puts the number that decided into words.
func (c Context) why(d *detect.Detection) Why {
	r := d.Rule
	if r.Correlation == nil {
		return Why{What: "matching " + noun(r.Log), Value: d.Value, Threshold: 1, Window: "1d"}
	}
	what := noun(r.Log)
	if r.Type == "value_count" {
		what = "distinct " + plural(c.FieldName(r.Base[0].Value))
	}
	return Why{What: what, Value: d.Value, AtLeast: d.AtLeast, Threshold: r.Threshold, Window: Span(r.Window)}
}

func noun(log event.Log) string {
	switch log {
	case event.SignIn:
		return "sign-ins"
	case event.Audit:
		return "audit events"
	case event.Risk:
		return "risk detections"
	}
	return "events"
}

func plural(field string) string {
	if field == "account" || field == "actor" || field == "ip" {
		return field + "s"
	}
	return field
}

// Span writes a duration the way rules do, in the largest unit that divides
// it: 15m, 1h, 7d.
func Span(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= u.of && d%u.of == 0 {
			return strconv.FormatInt(int64(d/u.of), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
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
