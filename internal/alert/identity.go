package alert

import (
	"strconv"

	"vakt/internal/detect"
)

// ID is the id of the alert that a detection becomes: a hash of the rule, the
// tenant where a run holds several, the group and the UTC day, and of nothing
// that a change of thresholds or lists would change.
func ID(d *detect.Detection) string {
	var m maker
	return m.identity(d, m.keyOf(d.Rule.Key(), d))
}

// keyOf is the hash that the alerts of one rule and group share.
func (m *maker) keyOf(rule string, d *detect.Detection) string {
	return m.hash("vakt-alert", []string{rule, d.Tenant}, d.Group)
}

// identity is the hash of a key and the day.
func (m *maker) identity(d *detect.Detection, key string) string {
	return m.hash("vakt-alert-day", []string{key, strconv.FormatInt(d.Day, 10)}, nil)
}
