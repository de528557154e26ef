package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// matching says what a plain rule counts.
func matching(r *rule.Compiled) string {
	if r.Hours != nil {
		return "matching " + noun(r.Log) + " outside working hours: " + strings.Join(r.Hours.Words(), "; ")
	}
	return "matching " + noun(r.Log)
}

// why puts the numbers behind a detection into words: the one that decided,
// what stayed away, and what raised the severity.
func (c *Context) why(d *detect.Detection, says *ruleSays) []Why {
	r := d.Rule
	if says.counts && len(d.Raised) == 0 {
		return says.counted(d.Value)
	}
	list := []Why{{What: says.matching, Value: d.Value, Threshold: 1, Window: "1d"}}
	switch {
	case r.FirstSeen != nil:
		list[0].What += fresh(d)
		list[0].Window = Span(r.FirstSeen.Within)
	case r.Growth != nil:
		list = grown(d)
	case r.Correlation != nil:
		list[0] = Why{
			What: c.what(d) + asked(r.Bounds), Value: d.Value, AtLeast: d.AtLeast,
			Threshold: enough(d), Window: Span(r.Window),
		}
	}
	if n := r.NotFollowedBy; n != nil {
		list = append(list, Why{What: fmt.Sprintf("times followed by %s in the %s after", keys(n.Base), Span(n.Within)), Window: Span(n.Within)})
	}
	if r.Travel != nil {
		list = travelled(d)
	}
	for i := range d.Raised {
		list = append(list, raised(&d.Raised[i]))
	}
	return list
}

// counted are the numbers behind a plain rule's detection. Those of few matches
// are shared.
func (s *ruleSays) counted(value float64) []Why {
	if n := int(value); n >= 0 && n < fewCounts && float64(n) == value {
		if s.plain[n] == nil {
			s.plain[n] = &[1]Why{{What: s.matching, Value: value, Threshold: 1, Window: "1d"}}
		}
		return s.plain[n][:]
	}
	return []Why{{What: s.matching, Value: value, Threshold: 1, Window: "1d"}}
}

// enough is the number that had to be reached: the rule's, or the lower one of
// those on a list by which the alert came about.
func enough(d *detect.Detection) float64 {
	least := d.Rule.Bounds[0].Number
	for i := range d.Raised {
		if r := d.Raised[i].Raise; r.HoldsFor(d.Value) && !d.Rule.Holds(d.Value) {
			least = min(least, r.Lower)
		}
	}
	return least
}

// what says what a correlation counts, to be read after the number.
func (c Context) what(d *detect.Detection) string {
	r := d.Rule
	switch r.Type {
	case "value_count":
		return "distinct " + c.values(r)
	case "value_sum":
		return "as the sum of " + c.values(r)
	case "value_avg":
		return "as the mean of " + c.values(r)
	case "value_percentile":
		return fmt.Sprintf("as percentile %s of %s, by nearest rank", number(r.Percentile), c.values(r))
	case "temporal":
		return fmt.Sprintf("of %d rules: %s", len(r.Base), strings.Join(d.Bases, ", "))
	case "temporal_ordered":
		return fmt.Sprintf("of %d rules in order: %s", len(r.Base), strings.Join(d.Bases, ", "))
	}
	switch {
	case r.Collapse != nil && len(r.Collapse.By) > 0:
		return fmt.Sprintf("operations, with %s of equal %s within %s as one", noun(r.Log), strings.Join(r.Collapse.By, " and "), Span(r.Collapse.Within))
	case r.Collapse != nil:
		return fmt.Sprintf("operations, with %s within %s as one", noun(r.Log), Span(r.Collapse.Within))
	case chained(r.Base):
		return "firings of " + keys(r.Base)
	}
	return noun(r.Log)
}

// values names the fields whose values are counted, with those of the first
// rule that has them.
func (c Context) values(r *rule.Compiled) string {
	var names []string
	for _, b := range r.Base {
		for _, f := range b.Values {
			names = append(names, c.FieldName(f))
		}
		if len(names) > 0 {
			break
		}
	}
	if len(names) == 0 {
		names = r.Correlation.Fields
	}
	if len(names) > 1 {
		return "combinations of " + strings.Join(names, " and ")
	}
	if r.Type != "value_count" {
		return strings.Join(names, "")
	}
	return plural(strings.Join(names, ""))
}

// asked tells of a condition that is no plain "so many or more".
func asked(bounds []rule.Bound) string {
	if len(bounds) == 1 && bounds[0].Op == "gte" {
		return ""
	}
	words := map[string]string{"gt": "more than", "gte": "at least", "lt": "fewer than", "lte": "at most", "eq": "exactly", "neq": "other than"}
	parts := make([]string, 0, len(bounds))
	for _, b := range bounds {
		parts = append(parts, words[b.Op]+" "+number(b.Number))
	}
	return " (" + strings.Join(parts, " and ") + ")"
}

// raised says what made an alert more severe.
func raised(x *detect.Raised) Why {
	w := Why{Value: float64(x.Value), Threshold: 1, Window: "1d"}
	switch r := x.Raise; {
	case r.List != "":
		w.What = fmt.Sprintf("events whose %s is on %s: %s", r.Name, r.List, r.Level)
	case r.Matched != "":
		w.What = fmt.Sprintf("match of %s: %s", r.Matched, r.Level)
	case r.Alerts > 0:
		w.What, w.Threshold = fmt.Sprintf("alerts of the rule on this day: %s", r.Level), float64(r.Alerts)
	case r.FollowedBy != nil:
		w.What, w.Window = fmt.Sprintf("followed by %s: %s", keys(r.FollowedBy.Base), r.Level), Span(r.FollowedBy.Within)
	default:
		w.What, w.Threshold = fmt.Sprintf("distinct %s in all: %s", plural(r.Name), r.Level), float64(r.AtLeast)
	}
	return w
}

func chained(bases []rule.Base) bool {
	for _, b := range bases {
		if b.Rule != nil && b.Rule.Correlation != nil {
			return true
		}
	}
	return false
}

func keys(bases []rule.Base) string {
	var names []string
	for _, b := range bases {
		names = append(names, b.Rule.Key())
	}
	return strings.Join(names, ", ")
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

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
