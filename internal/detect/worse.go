package detect

import (
	"slices"

	"vakt/internal/rule"
)

// What makes an alert more severe beyond its own records, and for whom a
// smaller number is enough.

// holdsLower tells whether the number is enough for a fact because its record
// is on a list that has a number of its own. Mostly it is not, or too small for
// everybody, and no record is looked at.
func (j *judge) holdsLower(f *point, value float64) bool {
	for r := range j.t.rule.Raises {
		raise, watch := &j.t.rule.Raises[r], j.t.raise[r]
		if watch == nil || !raise.HoldsFor(value) {
			continue
		}
		if j.x.show(&j.record, f.of, f.key); slices.Contains(j.record.listed, watch.id) {
			return true
		}
	}
	return false
}

// worsened tells whether something that makes it worse lies between the first
// record of a detection and some time after the last.
func (j *judge) worsened(det *Detection, by *rule.FollowedBy) bool {
	group := &j.now.facts[0]
	return within(j.after, after{group.tenant, group.group, true, det.First}, det.Last+int64(by.Within.Seconds()))
}

// dayOfRule is where the alerts of a rule are counted.
type dayOfRule struct {
	rule   *rule.Compiled
	tenant string
	day    int64
}

// raiseMany raises the alerts of rules of which there are many on a day. It
// comes last, when all are known.
func raiseMany(list []*Detection) {
	alerts := map[dayOfRule]int{}
	for _, det := range list {
		if countsAlerts(det.Rule) {
			alerts[dayOfRule{det.Rule, det.Tenant, det.Day}]++
		}
	}
	for _, det := range list {
		if !countsAlerts(det.Rule) {
			continue
		}
		n := alerts[dayOfRule{det.Rule, det.Tenant, det.Day}]
		for r := range det.Rule.Raises {
			if raise := &det.Rule.Raises[r]; raise.Alerts > 0 && n >= raise.Alerts {
				det.Raised = append(det.Raised, Raised{raise, n})
				det.Severity = max(det.Severity, raise.Level)
			}
		}
	}
}

// countsAlerts tells whether a rule is raised by the number of its alerts.
func countsAlerts(c *rule.Compiled) bool {
	return slices.ContainsFunc(c.Raises, func(r rule.Raise) bool { return r.Alerts > 0 })
}
