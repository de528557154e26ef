// Package action is the only code that changes a tenant. One file holds one
// way to change an account: what its field was before, how it is written, how
// one sees that it was done, how it is undone, and what it leaves open. Values
// are absolute, objects are named by their id, and nothing is written but the
// field that the action is about.
//
// The room decides nothing: whether a change may be made is for the plan, its
// approval and its protections, and the journal is kept by whoever runs it. It
// does not repeat what may have been done, and it does not wait until a change
// shows: it says what was sent and answered, and reads when asked.
package action

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// Action is one way to change an account. The actions of this room are the
// only ones.
type Action interface {
	// About tells what the action is.
	About() About
	// Before is the field as a fresh reading shows it, as JSON.
	Before(f *Fresh) (json.RawMessage, error)
	// Same says whether the field is still as it was planned.
	Same(planned, now json.RawMessage) bool
	// Settled says whether a value that was read after the write shows that it
	// was done. Before is the value of the last fresh reading, sent is when the
	// write left; zero where nobody knows.
	Settled(before, now json.RawMessage, sent time.Time) bool
	// Undo names the action that sets the old value again; false where there
	// is none.
	Undo() (name string, ok bool)

	read(ctx context.Context, r *graph.Reader, id string) (json.RawMessage, error)
	do(ctx context.Context, w *graph.Writer, id string, ready graph.Ready) graph.Outcome
}

// About tells what an action is, without a tenant.
type About struct {
	Name  string          // such as account.disable
	Field string          // what it writes, as the service names it
	After json.RawMessage // the value that it writes; "now" where the service chooses the time
	Class Class
	// Feature is what the write registration must be set up for, Needs the
	// permissions of it that this action uses.
	Feature tenant.Capability
	Needs   []string
	// Residual says in words for people what the action leaves open; "" for
	// nothing.
	Residual string
}

// Class is what it takes to undo a change.
type Class string

// Classes of changes.
const (
	Exact        Class = "exact"        // the old value is set again
	Equivalent   Class = "equivalent"   // the same again, under a new id
	Compensating Class = "compensating" // the contrary, which is not the same
	OneWay       Class = "one_way"      // it cannot be undone
)

// Now is the After of a field that the service sets to the time of the call.
const Now = `"now"`

// actions are all there are, in the order in which they are done to one
// account.
var actions = []Action{disable{}, enable{}, revoke{}}

// List gives every action, in the order in which they are done to one account:
// an account is blocked before its sessions end, or they would begin anew.
func List() []Action { return slices.Clone(actions) }

// Find gives an action by its name.
func Find(name string) (Action, bool) {
	i := slices.IndexFunc(actions, func(a Action) bool { return a.About().Name == name })
	if i < 0 {
		return nil, false
	}
	return actions[i], true
}
