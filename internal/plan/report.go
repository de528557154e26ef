package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/directory"
)

// States of a run.
const (
	StateFinished = "finished"  // every change came to its end
	StateStopped  = "stopped"   // some are open: it can be applied again
	StateOpen     = "broke_off" // no end was written: it is under way, or it broke off
)

// Report is what the journal tells of a run.
type Report struct {
	Run    Run    `json:"run"`
	PlanID string `json:"plan_id"`
	State  string `json:"state"`
	// Why tells why a run was stopped.
	Why     string    `json:"why,omitempty"`
	Ended   time.Time `json:"ended"`
	Changes []Outcome `json:"changes"`
	// Manual are the steps of the plan that nobody has ticked off.
	Manual []Manual `json:"manual"`
	// Sent is the number of intents: each was one write, or was about to be.
	Sent int `json:"sent"`
}

// Outcome is what became of one change.
type Outcome struct {
	Change Change `json:"change"`
	// Phase is the last one that the journal has; empty where nothing was done.
	Phase Phase  `json:"phase"`
	Note  string `json:"note,omitempty"`
	// Value is what was last read of the field, or was to be written.
	Value     json.RawMessage `json:"value,omitempty"`
	At        time.Time       `json:"at"`
	RequestID string          `json:"request_id,omitempty"`
	// UndoneBy is the run that rolled it back.
	UndoneBy string `json:"undone_by,omitempty"`
	// Witness is what was seen beside the field itself; nil where nobody
	// looked.
	Witness *Witness `json:"witness,omitempty"`
}

// Witness is what shows, beside the field that was changed, that a block works
// and hurts nobody.
type Witness struct {
	// Delegates are those who use the mailbox now. Change.Delegates are those
	// of the plan.
	Delegates directory.Fact[[]Delegate] `json:"delegates"`
	// Refused counts the attempts to sign in that were refused because the
	// account is blocked (error 50057), and Last is the last one of them.
	Refused directory.Fact[int] `json:"refused"`
	Last    time.Time           `json:"last"`
	// Others is what the audit log tells of others who changed the same field
	// about when it was written or later. A change of theirs that came between
	// our last look at the account and our write, seconds at most, was
	// overwritten: nothing in the service can prevent that, so it is told.
	Others directory.Fact[[]Other] `json:"others"`
}

// Other is somebody else's change of a field that a run has written.
type Other struct {
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"` // object id
	Name     string    `json:"name"`  // for people
	Activity string    `json:"activity"`
}

// Kept is true where the delegates are the ones that the plan names, false
// where they are others, and unknown where either was not read.
func (o *Outcome) Kept() directory.Fact[bool] {
	before := o.Change.Delegates
	switch {
	case o.Witness == nil:
		return directory.Unknown[bool]("the delegates were not read after the change")
	case !before.Known:
		return directory.Unknown[bool]("the delegates were not read before the change: " + before.Why)
	case !o.Witness.Delegates.Known:
		return directory.Unknown[bool](o.Witness.Delegates.Why)
	}
	return directory.Known(slices.Equal(inOrder(before.Value), inOrder(o.Witness.Delegates.Value)))
}

func inOrder(list []Delegate) []Delegate {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Delegate) int { return strings.Compare(a.Right+"\x00"+a.Name, b.Right+"\x00"+b.Name) })
	return list
}

// Whole is true where nothing is missing: the run came to its end, every change
// was made and verified, and every manual step was ticked off. A rollback or an
// apply that left something alone is not whole.
func (r *Report) Whole() bool {
	return r.State == StateFinished && len(r.Manual) == 0 &&
		!slices.ContainsFunc(r.Changes, func(o Outcome) bool { return o.Phase != Verified })
}

// Count is the number of changes in a phase.
func (r *Report) Count(phase Phase) (n int) {
	for i := range r.Changes {
		if r.Changes[i].Phase == phase {
			n++
		}
	}
	return n
}

// witnessField marks the rows that tell what was seen beside a change.
const witnessField = "witness"

// Tell reads from the journal what became of a run.
func Tell(ctx context.Context, j Ledger, run string) (*Report, error) {
	rows, err := j.Rows(ctx, run)
	if err != nil {
		return nil, err
	}
	r := &Report{State: StateOpen}
	for i := range rows {
		if rows[i].Phase == Started {
			if err := json.Unmarshal(rows[i].After, &r.Run); err != nil {
				return nil, fmt.Errorf("read run %q in the journal: %w", run, err)
			}
		}
	}
	if r.Run.ID == "" {
		return nil, fmt.Errorf("no run is called %q: `vakt runs` lists them", run)
	}
	p, err := j.Plan(ctx, r.Run.Plan)
	if err != nil {
		return nil, err
	}
	r.PlanID = p.ID
	if r.Manual, err = j.Open(ctx, p); err != nil {
		return nil, err
	}
	places := map[string]int{}
	for i := range p.Changes {
		places[p.Changes[i].ID] = i
		r.Changes = append(r.Changes, Outcome{Change: p.Changes[i]})
	}
	for i := range rows {
		if err := r.take(&rows[i], places); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// take takes in one row.
func (r *Report) take(row *Row, places map[string]int) error {
	switch row.Phase {
	case Started, Resumed:
		r.State, r.Why, r.Ended = StateOpen, "", time.Time{}
	case Stopped:
		r.State, r.Why, r.Ended = StateStopped, row.Note, row.Time
	case Finished:
		r.State, r.Why, r.Ended = StateFinished, "", row.Time
	default:
	}
	place, ok := places[row.Change]
	if !ok {
		return nil
	}
	return r.Changes[place].take(row, r)
}

func (o *Outcome) take(row *Row, r *Report) error {
	switch {
	case row.Field == witnessField:
		o.Witness = &Witness{}
		if err := json.Unmarshal(row.After, o.Witness); err != nil {
			return fmt.Errorf("read journal row %d: %w", row.Seq, err)
		}
		return nil
	case row.Phase == Undone:
		o.UndoneBy = strings.TrimPrefix(row.Note, "by run ")
		return nil
	case row.Phase == Sent:
		return nil
	case row.Phase == Intent:
		r.Sent++
	}
	o.Phase, o.Note, o.Value, o.At = row.Phase, row.Note, row.After, row.Time
	if row.RequestID != "" {
		o.RequestID = row.RequestID
	}
	return nil
}
