// Package sim is a simulated tenant: from a scenario and a seed it makes the
// records that a real tenant's logs would hold, together with the truth about
// them, and it renders records into the shapes and containers in which people
// export their logs.
//
// It shares no code with the packages that read logs. It follows the
// published descriptions on its own (the Graph metadata and documentation of
// signIn, directoryAudit and riskDetection, the Management Activity API
// schema, the diagnostic settings and Log Analytics table pages), so that one
// misread field cannot cancel out in a test.
//
// It does no detection. A Truth is what the published meaning of a rule says
// about the records that an attack consists of; the records of everyday life
// are made so that they stay below every threshold. It reads no clock and no
// other source of randomness: the same scenario and seed give the same bytes.
package sim

import "time"

// The logs that a Record can belong to.
const (
	SignIn  = "signin"  // Entra sign-ins, interactive and not
	Audit   = "audit"   // Entra directory audits
	Risk    = "risk"    // Entra ID Protection risk detections
	Unified = "unified" // the unified audit log's own records: Exchange
)

// Record is one record of a log as its API returns it.
type Record struct {
	// Log is SignIn, Audit, Risk or Unified.
	Log string
	// Time is the event time in UTC: a sign-in's createdDateTime, an audit's
	// activityDateTime, a risk detection's activityDateTime, a unified audit
	// record's CreationTime.
	Time time.Time
	// JSON is the record in Microsoft Graph's beta form, or for Unified the
	// AuditData object of the Management Activity API.
	JSON []byte
}

// Truth is one alert that a reader who knows the rule must raise: all firing
// facts of one rule, one group key and one UTC day. One record may be part
// of several truths, where several rules describe it.
type Truth struct {
	// Kind is the attack's kind in the scenario, such as "password_spray".
	// Where attacks overlap in one alert it is the kind of the first.
	Kind string
	// Rule is the rule's kebab-case id, such as "password-spray".
	Rule string
	// First and Last are the event times of the earliest and the latest fact
	// in any firing window, in UTC and whole seconds.
	First, Last time.Time
	// Count is the number of distinct attempts (for sign-ins by
	// originalRequestId) or records among those facts. The records that one
	// password reset leaves under several names count once.
	Count int
	// Accounts are the accounts concerned, sorted: Entra object ids, or for
	// mailbox rules the UPN in lower case, as those records carry no object id.
	// Where an audit's target is no account it is who did it.
	Accounts []string
	// IP is the address of the first fact, "" where it has none.
	IP string
	// Records are the facts' record ids in the order of time.
	Records []string
}
