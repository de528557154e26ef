package rule

import "strings"

// Severity is how much a match matters. Severities are ordered: a greater
// one is more severe.
type Severity uint8

// The severities, with Sigma's names for levels.
const (
	Informational Severity = iota
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"informational", "low", "medium", "high", "critical"}

// String is the severity's name.
func (s Severity) String() string { return severities[s] }

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// SeverityNamed finds a severity by name, without case; ok is false for a
// name that is none.
func SeverityNamed(name string) (s Severity, ok bool) {
	for i, n := range severities {
		if strings.EqualFold(n, name) {
			return Severity(i), true
		}
	}
	return Informational, false
}

// RecordSeverity reads the level that a record gives itself: a severity by
// name, "hidden" (the tenant's licence does not show the level) as medium and
// "none" as low. ok is false for any other text.
func RecordSeverity(level string) (s Severity, ok bool) {
	switch strings.ToLower(level) {
	case "hidden":
		return Medium, true
	case "none":
		return Low, true
	}
	return SeverityNamed(level)
}
