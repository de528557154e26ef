package plan

import (
	"context"
	"encoding/json"
	"time"
)

// Journal is what a run needs of the journal. *Store is one.
type Journal interface {
	// Append adds rows to the chain, all or none, and returns when they are on
	// the disk. It fills in Seq, PrevHash and Hash of the rows themselves.
	Append(ctx context.Context, rows ...*Row) error
	// Rows are the rows of a run in their order.
	Rows(ctx context.Context, run string) ([]Row, error)
	// Attempts counts the intents of a tenant since a time, whatever became of
	// them.
	Attempts(ctx context.Context, tenant string, since time.Time) (int, error)
	// SavePlan keeps a sealed plan under its hash, and Plan gives it back.
	// Keeping it again changes nothing.
	SavePlan(ctx context.Context, p *Plan, now time.Time) error
	Plan(ctx context.Context, hash string) (*Plan, error)
}

// Row is one line of the journal. Each row carries the hash of the row before
// it, so no row can be changed, removed, put in or moved without breaking the
// chain. No secret ever stands in a row.
type Row struct {
	Seq  int64     `json:"seq"` // from 1, without a hole
	Time time.Time `json:"time"`
	// Tenant and Plan say what the row belongs to: the tenant's id and the
	// plan's hash.
	Tenant string `json:"tenant"`
	Plan   string `json:"plan"`
	Run    string `json:"run"`    // empty before a run, as for an approval
	Change string `json:"change"` // id of the change or of the manual step; empty for what is about the run
	// Subject, Action and Field repeat the change, so that an exported journal
	// can be read without the plan.
	Subject string `json:"subject"` // object id
	Action  string `json:"action"`
	Field   string `json:"field"`
	Actor   string `json:"actor"` // Person.ID of who did it
	Phase   Phase  `json:"phase"`
	// Before and After are values of the field, or what the phase says. None
	// is null. They are kept as RFC 8785 canonical JSON.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	// Note says in words what is worth knowing: why a change was refused, what
	// had drifted.
	Note      string `json:"note"`
	RequestID string `json:"request_id"` // the service's id of the call
	PrevHash  string `json:"prev_hash"`  // 64 zeros for the first row
	Hash      string `json:"hash"`       // SHA-256 over the canonical JSON of all the rest
}

// Phase says what a row tells.
type Phase string

// Phases of one change. The first five are before and after the call, the
// others end a change, save that a change that was verified can be undone.
const (
	Intent    Phase = "intent"    // about to be sent: on the disk before the first byte leaves
	Sent      Phase = "sent"      // the call has left
	Acked     Phase = "acked"     // the service said that it is done
	Rejected  Phase = "rejected"  // the service said that it is not done
	Unsettled Phase = "unknown"   // nobody said; only reading can tell
	Verified  Phase = "verified"  // two reads agree that it is done
	Diverged  Phase = "diverged"  // it reads otherwise than what was written
	Drifted   Phase = "drifted"   // somebody changed it since the plan: not touched
	Gone      Phase = "gone"      // the object is not there any more
	Denied    Phase = "denied"    // a permission is missing
	Protected Phase = "protected" // it became protected: not touched
	Left      Phase = "skipped"   // not touched for another reason, which Note tells
	Undone    Phase = "undone"    // rolled back by a later run

	// Ineffective: nobody said, and reads agree that it is not in effect. It
	// never was, or somebody has taken it back: what the field says later is not
	// ours. It can be sent again.
	Ineffective Phase = "ineffective"
)

// Phases that are about a plan or a run.
const (
	Approved Phase = "approved" // After is the Approval
	Refused  Phase = "refused"  // somebody said no; After is the Approval
	Started  Phase = "started"  // After is the Run
	Resumed  Phase = "resumed"  // a run goes on after it was stopped, or broke off
	Stopped  Phase = "stopped"  // a run ended before its end: Note tells why
	Finished Phase = "finished" // a run came to its end
	Ticked   Phase = "ticked"   // a manual step was done; Actor says who says so
	Frozen   Phase = "frozen"   // nothing may be sent any more
	Unfrozen Phase = "unfrozen" // runs may go on
)

// Run is one attempt to carry out a plan, as its first row tells it.
type Run struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	Plan   string `json:"plan"` // hash
	// Kind is apply, rollback or policy.
	Kind string `json:"kind"`
	// Undoes is the run that is rolled back.
	Undoes string `json:"undoes,omitempty"`
	// Actor is who started it, Approvals who allowed it.
	Actor     Person     `json:"actor"`
	Approvals []Approval `json:"approvals"`
	Started   time.Time  `json:"started"`
}
