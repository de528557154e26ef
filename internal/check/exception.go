package check

import (
	"fmt"
	"strings"
	"time"
)

// Exception is one entry of exceptions.yaml: what it covers, who answers for
// it, why, and until when. Exactly one of Account, Check and Rule may stand
// alone; Account and Check together cover one check for one account.
type Exception struct {
	Account string `json:"account,omitempty"` // object id or user principal name
	Check   string `json:"check,omitempty"`
	Rule    string `json:"rule,omitempty"` // a detection rule: not of this room, kept for it
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Ticket  string `json:"ticket,omitempty"`
	// Until is the first day on which the exception no longer holds, UTC.
	Until time.Time `json:"until"`
	// OnlyIf are conditions that must hold, by fact; the exception ends as
	// soon as one does not, or cannot be looked at.
	OnlyIf []Condition `json:"only_if,omitempty"`
	// Line is where the entry begins in its file, from 1.
	Line int `json:"line"`
}

// Condition says that a fact of the account has one of some values.
type Condition struct {
	Fact   string   `json:"fact"`
	Values []string `json:"values"`
}

// ExceptionState is what became of an exception in a run.
type ExceptionState struct {
	Exception Exception `json:"exception"`
	// State is active, expiring (active, and ends within the notice),
	// expired, broken (a condition no longer holds) or unused (it covers
	// nothing that was found).
	State string `json:"state"`
	// Why says which condition broke it.
	Why string `json:"why,omitempty"`
	// Days is the number of whole days that are left, below 0 once expired.
	Days int `json:"days"`
	// Hides counts the findings that it hides now.
	Hides int `json:"hides"`
}

// The states of an exception.
const (
	Active   = "active"
	Expiring = "expiring"
	Expired  = "expired"
	Broken   = "broken"
	Unused   = "unused"
)

// key tells exceptions for the same thing; accounts are compared without case.
func (e *Exception) key() string {
	return strings.ToLower(e.Account) + "\x00" + e.Check + "\x00" + e.Rule
}

// Covers says in words what the exception is for.
func (e *Exception) Covers() string {
	var parts []string
	for _, p := range []struct{ what, value string }{{"account", e.Account}, {"check", e.Check}, {"rule", e.Rule}} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf("%s %q", p.what, p.value))
		}
	}
	return strings.Join(parts, ", ")
}
