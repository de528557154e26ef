package event

import "strings"

// Log is a set of logs, one bit each. A record belongs to one or more: an
// Entra audit record that came through the unified audit log belongs to
// Audit and to Unified, so that rules written for either can see it.
type Log uint8

// The logs that rules are written for.
const (
	SignIn   Log = 1 << iota // Entra sign-ins: interactive, non-interactive, service principals
	Audit                    // Entra directory audits
	Risk                     // Entra ID Protection risk detections
	Unified                  // the unified audit log (Exchange, SharePoint, Entra, …)
	Activity                 // the Azure activity log: what was done to subscriptions

	NoLog Log = 0
)

// Logs lists the single logs in their fixed order.
func Logs() []Log { return []Log{SignIn, Audit, Risk, Unified, Activity} }

// String names the logs of the set, joined by "+".
func (l Log) String() string {
	var names []string
	for _, n := range []struct {
		log  Log
		name string
	}{{SignIn, "signin"}, {Audit, "audit"}, {Risk, "risk"}, {Unified, "unified_audit"}, {Activity, "azure_activity"}} {
		if l&n.log != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, "+")
}
