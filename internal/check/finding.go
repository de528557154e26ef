// Package check judges a snapshot of a tenant: it gives every resource account
// a verdict, runs the checks over accounts and tenant, counts MFA coverage and
// applies the exceptions.
//
// It reads nothing but what it is handed and changes nothing: a snapshot,
// checks as data (Sigma documents over the facts of an account or a tenant), a
// list of exceptions and the time. What the snapshot does not know stays
// unknown through every step: a check then could not look, and a verdict is
// never "block". It proposes no plan; that is another room's work.
package check

import (
	"time"

	"vakt/internal/directory"
	"vakt/internal/rule"
)

// Verdict says what is to become of a resource account's sign-in. People and
// guests get none.
type Verdict string

// The verdicts, in the order in which they are tried: the first that applies
// is given.
const (
	NotYours   Verdict = "not_yours"   // an object of the system: nobody's to change
	Blocked    Verdict = "blocked"     // sign-in is blocked already
	Excepted   Verdict = "exception"   // declared and unexpired, or a Teams Room by licence and room mailbox
	OnPremises Verdict = "on_premises" // synced: to be disabled in the local directory
	Hold       Verdict = "hold"        // a question that a person must answer first
	Block      Verdict = "block"       // blocking the sign-in hurts nobody
)

// Verdicts lists all verdicts in the order in which they are tried.
func Verdicts() []Verdict {
	return []Verdict{NotYours, Blocked, Excepted, OnPremises, Hold, Block}
}

// Status says what a check saw.
type Status string

// The statuses of a finding. What could not be looked at is never ok.
const (
	Found        Status = "finding"
	OK           Status = "ok"
	CouldNotLook Status = "could_not_look"
)

// Subject is what a finding or a verdict is about. Kind is one of the
// project's entity kinds, such as account, policy or tenant.
type Subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Reason is one ground for a finding or a verdict. ID is stable and may be
// decided upon; a reason that something was not read has the id
// "could_not_look:" and the fact. Text is a sentence in English. Values are
// the words and numbers in it, by name, for texts in other languages.
type Reason struct {
	ID     string            `json:"id"`
	Text   string            `json:"text"`
	Values map[string]string `json:"values,omitempty"`
}

// Finding is what one check says about one subject. Its ID is the same in
// every run over the same subject.
type Finding struct {
	ID       string        `json:"id"`
	Check    string        `json:"check"`
	Title    string        `json:"title"`
	Severity rule.Severity `json:"severity"`
	Status   Status        `json:"status"`
	Subject  Subject       `json:"subject"`
	// Verdict is the account's, where the subject is a resource account.
	Verdict Verdict  `json:"verdict,omitempty"`
	Reasons []Reason `json:"reasons"`
	// Ask names whom to ask: "no owner" where nobody is known.
	Ask []string `json:"ask"`
	// Facts are those that the check read, as they were; unknown ones are
	// null and named among the reasons.
	Facts map[string]any `json:"facts"`
	// Next is what to do, in words, in order.
	Next []string `json:"next"`
	Rows []string `json:"guide_rows,omitempty"`
	// MITRE holds ATT&CK technique ids, Controls those of the CIS benchmark.
	MITRE    []string `json:"mitre,omitempty"`
	Controls []string `json:"controls,omitempty"`
	Snapshot string   `json:"snapshot"`
	Complete bool     `json:"complete"`
}

// AccountVerdict is the verdict on one resource account.
type AccountVerdict struct {
	Account Subject       `json:"account"`
	UPN     string        `json:"upn"`
	Kind    string        `json:"kind"` // as the snapshot has it: shared, room, equipment …
	Verdict Verdict       `json:"verdict"`
	Status  Status        `json:"status"`
	Level   rule.Severity `json:"severity"`
	Reasons []Reason      `json:"reasons"`
	Ask     []string      `json:"ask"`
	// Step is the one thing to do next, such as the exact command in the
	// local directory; empty where nothing is to be done.
	Step string `json:"step,omitempty"`
	// Facts are those that decided, for a report to show.
	Facts map[string]any `json:"facts"`
	// Refused counts the attempts at a blocked account that failed, in the
	// logs at hand; null where none were read, or it is not blocked.
	Refused *int `json:"refused_attempts"`
}

// Coverage is the MFA coverage of one population. Total counts every account
// in it, Capable those that can use MFA, and Unknown those of which that is
// not known, such as those that the registration report does not hold: they
// are neither capable nor not.
type Coverage struct {
	Population string `json:"population"` // enabled_members, without_resource_accounts, after_block or guests
	// Words says who is counted.
	Words   string `json:"words"`
	Capable int    `json:"capable"`
	Total   int    `json:"total"`
	Unknown int    `json:"unknown"`
	// Why says why some are unknown; empty where none are.
	Why string `json:"why,omitempty"`
	// The accounts behind the numbers, by id, sorted.
	CapableIDs []string `json:"-"`
	NotIDs     []string `json:"-"` // known and not capable
	UnknownIDs []string `json:"-"`
}

// Percent is the coverage in percent: at least least and at most most, which
// are equal where nothing is unknown. ok is false for an empty population,
// which has no coverage.
func (c *Coverage) Percent() (least, most float64, ok bool) {
	if c.Total == 0 {
		return 0, 0, false
	}
	of := func(n int) float64 { return 100 * float64(n) / float64(c.Total) }
	return of(c.Capable), of(c.Capable + c.Unknown), true
}

// Tally counts what one check said.
type Tally struct {
	Check string `json:"check"`
	Title string `json:"title"`
	// Population says whom the check looks at, as in the check's document.
	Population   string        `json:"population"`
	Severity     rule.Severity `json:"severity"`
	Findings     int           `json:"findings"`
	OK           int           `json:"ok"`
	CouldNotLook int           `json:"could_not_look"`
	// Hidden counts findings that an exception hides. They are not in
	// Findings; an account with the verdict "exception" is among the
	// result's findings all the same, with the status ok.
	Hidden int `json:"hidden"`
	// Asleep says which setting of the baseline the check waits for.
	Asleep []string `json:"asleep,omitempty"`
}

// Hidden is a finding that an exception hides.
type Hidden struct {
	Finding   Finding   `json:"finding"`
	Exception Exception `json:"exception"`
}

// Result is everything that was found in one snapshot.
type Result struct {
	Tenant   string    `json:"tenant"`
	Snapshot string    `json:"snapshot"`
	Taken    time.Time `json:"taken"`
	// Complete is false where some part of the tenant was not read;
	// CouldNotLook names the parts.
	Complete     bool                `json:"complete"`
	CouldNotLook []directory.Missing `json:"could_not_look"`
	// Findings are what was found and what could not be looked at, the most
	// severe first; of the statuses ok, only those of resource accounts
	// whose sign-in is blocked.
	Findings []Finding        `json:"findings"`
	Verdicts []AccountVerdict `json:"verdicts"` // by name
	Coverage []Coverage       `json:"coverage"`
	Tallies  []Tally          `json:"checks"`
	// Hidden are the findings that exceptions hide, Exceptions the state of
	// every exception, those that end first before the others.
	Hidden     []Hidden         `json:"hidden"`
	Exceptions []ExceptionState `json:"exceptions"`
}

// Count gives the number of verdicts of a kind.
func (r *Result) Count(v Verdict) (n int) {
	for i := range r.Verdicts {
		if r.Verdicts[i].Verdict == v {
			n++
		}
	}
	return n
}

// Worst is the highest severity among the findings; ok is false without one.
func (r *Result) Worst() (worst rule.Severity, ok bool) {
	for i := range r.Findings {
		if r.Findings[i].Status == Found {
			worst, ok = max(worst, r.Findings[i].Severity), true
		}
	}
	return worst, ok
}
