// Package plan holds the one door to changes of a tenant: a plan says which
// account is to change, from what to what, and why; protections keep accounts
// out of it; an approval binds somebody to its hash; the journal holds what was
// done, row by row, so that it can be proved and undone.
//
// A plan file says what may happen and never does anything by itself: a plan
// that was changed by one byte, has expired, goes beyond its limits, or lacks
// its approval is refused. What was not read counts as protected.
//
// The room sends nothing to a tenant itself: that is what the actions do, and
// only within an approved run.
package plan

import (
	"encoding/json"
	"time"

	"vakt/internal/check"
	"vakt/internal/directory"
)

// Life spans of a plan and of what it is made from.
const (
	// Life is how long a plan may be applied after it was made.
	Life = 24 * time.Hour
	// SnapshotAge is how old the snapshot behind a plan may be.
	SnapshotAge = 24 * time.Hour
	// PolicySnapshotAge is the same for runs of the keep-blocked policy, which
	// nobody looks at beforehand.
	PolicySnapshotAge = time.Hour
)

// Plan is what is to change in one tenant. It is a value that never changes
// once it is sealed: whoever approves it approves its hash.
type Plan struct {
	ID        string `json:"id"`
	Tenant    string `json:"tenant"` // id, lower case
	Requester Person `json:"requester"`
	// Undoes is the id of the run that the plan rolls back; empty for a plan
	// of its own.
	Undoes  string    `json:"undoes,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	// Snapshot is the id of the snapshot that it was made from, Taken when
	// that was read.
	Snapshot string    `json:"snapshot"`
	Taken    time.Time `json:"taken"`
	// PolicyHash is the hash of the settings that protect accounts, as they
	// were: see Policy.Hash.
	PolicyHash string `json:"policy_hash"`
	Limits     Limits `json:"limits"`
	// Changes are in the order in which they are made.
	Changes []Change `json:"changes"`
	// Manual are steps for a person, ticked off by name.
	Manual []Manual `json:"manual"`
	// Skipped are accounts that were asked for and are protected.
	Skipped []Skipped `json:"skipped"`
	// Coverage is the MFA coverage of all enabled members before the plan and
	// after it; empty where it was not looked at.
	Coverage []check.Coverage `json:"coverage"`
	// Hash is the SHA-256 over the RFC 8785 canonical JSON of all the rest.
	Hash string `json:"hash"`
}

// Person is who asks for, approves or does something.
type Person struct {
	// ID does not change and is not given twice: "entra:TENANT-ID/OBJECT-ID",
	// "key:" and the fingerprint of an Ed25519 key, "os:" and the name of an
	// account of this machine, or "policy:" and a policy hash.
	ID   string `json:"id"`
	Name string `json:"name"` // for people; decides nothing
}

// Change is one write: one field of one object, from one value to another.
type Change struct {
	// ID is the action and the object id; it is unique in a plan, and equal in
	// every plan that says the same.
	ID     string `json:"id"`
	Action string `json:"action"` // such as account.disable
	// Subject names the object. It is written to by its id only.
	Subject check.Subject `json:"subject"`
	// UPN is the user principal name as planned, for people.
	UPN   string `json:"upn"`
	Field string `json:"field"` // as the service names it
	// Before and After are values of the field as JSON.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	// Reversible is exact, equivalent, compensating or one_way.
	Reversible string `json:"reversible"`
	Reason     string `json:"reason"`
	// Because are the reasons of the verdict.
	Because []check.Reason `json:"because,omitempty"`
	Verdict check.Verdict  `json:"verdict,omitempty"`
	// Finding or Case is what the change answers.
	Finding string `json:"finding,omitempty"`
	Case    string `json:"case,omitempty"`
	// Override lifts the protections named in Lifted; null where there are
	// none.
	Override *Override      `json:"override"`
	Lifted   []check.Reason `json:"lifted,omitempty"`
	// Delegates are those who use the mailbox and keep their access.
	Delegates directory.Fact[[]Delegate] `json:"delegates"`
	// Guard are the facts that protections were decided on, as planned: what
	// is read afresh before the write must be equal.
	Guard Guard `json:"guard"`
}

// The classes of a change, by what it takes to undo it.
const (
	Exact        = "exact"        // the old value is set again
	Equivalent   = "equivalent"   // the same again, under a new id
	Compensating = "compensating" // the contrary, which is not the same
	OneWay       = "one_way"      // it cannot be undone
)

// Override is somebody's word that a protected account is to be changed.
type Override struct {
	By     Person `json:"by"`
	Reason string `json:"reason"`
}

// Delegate is one right of somebody else in a mailbox.
type Delegate struct {
	Name  string `json:"name"`  // as Exchange writes it
	Right string `json:"right"` // full_access, send_as or send_on_behalf
}

// Manual is a step that a person has to take, because no action can. A run is
// finished only when every one was ticked off by name.
type Manual struct {
	ID      string        `json:"id"` // unique in a plan
	Subject check.Subject `json:"subject"`
	UPN     string        `json:"upn"`
	// Do is what to do, such as a command in the local directory.
	Do  string `json:"do"`
	Why string `json:"why"`
}

// Skipped is an account that was asked for and will not be touched.
type Skipped struct {
	Subject check.Subject  `json:"subject"`
	UPN     string         `json:"upn"`
	Action  string         `json:"action"`
	Because []check.Reason `json:"because"`
	// Final is true where no override can lift the protection.
	Final bool `json:"final"`
}
