package report

// Effect is what Conditional Access policies did to sign-ins, as the records
// of the sign-ins tell.
type Effect struct {
	// SignIns is how many sign-ins were looked at, and Unknown how many of
	// others do not tell what policies did, as their shape does not carry it.
	SignIns int         `json:"sign_ins"`
	Unknown int         `json:"unknown"`
	Rows    []EffectRow `json:"rows"` // ordered by period, policy, result and device
}

// EffectRow counts the sign-ins of one week, policy, result and state of device.
type EffectRow struct {
	Period string `json:"period"` // the Monday on which the week begins, UTC
	Policy string `json:"policy"` // object id, lower case
	Name   string `json:"name"`   // as the latest record calls it
	// Result is Graph's appliedConditionalAccessPolicyResult: success, failure,
	// notApplied, reportOnlySuccess, reportOnlyFailure …
	Result string `json:"result"`
	// Device is compliant, managed (joined or managed, not compliant),
	// registered, unregistered, or unknown where the record cannot carry it.
	Device  string `json:"device"`
	SignIns int    `json:"sign_ins"`
	// Accounts is how many accounts these are, of results that stop a person
	// or would; 0 for the others, of which they are not counted.
	Accounts int `json:"accounts,omitempty"`
}

// Stops tells whether a result stops a sign-in, or would if the policy were
// more than a report.
func Stops(result string) bool {
	switch result {
	case "failure", "reportOnlyFailure", "reportOnlyInterrupted":
		return true
	}
	return false
}
