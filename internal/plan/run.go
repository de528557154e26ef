package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"vakt/internal/action"
)

// workers is how many accounts are written to at a time, where nobody says.
const workers = 4

// readers is how many changes are read back at a time: as many requests as one
// connection of HTTP/2 usually carries. What is on the way when the token that it
// came with is revoked comes again.
const readers = 100

// mostTries is how often one change is sent before somebody has to apply the
// plan again: it is repeated only where reading shows that it did not take
// effect.
const mostTries = 3

// runner carries out one plan.
type runner struct {
	d         Deps
	p         *Plan
	kind      string
	run       Run // of no id before it begins
	undoes    Run // the run that is rolled back
	ended     bool
	eye       *action.Eye
	client    *action.Client // nil before the run was let in, and where it only reads
	policy    Policy
	approvals []Approval
	protector *Protector
	limits    Limits           // with the limit of the day that holds for this run
	steps     map[string]*step // by the change's id
	slots     chan struct{}
	seats     chan struct{} // who reads a change back holds one
	ballast   *ballast      // nil for a run that sends nothing

	mu       sync.Mutex
	attempts int   // intents of the last 24 hours
	why      error // why nothing more is sent; nil while it may
	died     any   // what a point panicked with
}

func newRunner(d Deps, p *Plan, kind string) *runner {
	n := d.Workers
	if n <= 0 {
		n = workers
	}
	r := &runner{
		d: d, p: p, kind: kind, eye: action.NewEye(d.Access), steps: map[string]*step{},
		slots: make(chan struct{}, n), seats: make(chan struct{}, readers),
	}
	accounts := map[string]bool{}
	for i := range p.Changes {
		r.steps[p.Changes[i].ID] = &step{change: &p.Changes[i]}
		accounts[p.Changes[i].Subject.ID] = true
	}
	r.eye.TenantHas(len(accounts))
	return r
}

// step is a change on its way.
type step struct {
	change *Change
	// phase is the last thing that the journal tells of it; empty before there
	// is anything. An Intent without an outcome is open.
	phase Phase
	// sent is when it was written, or was about to be.
	sent time.Time
	// found is the value that the last intent replaces, as it was read; none
	// before there is one.
	found json.RawMessage
	// sender is the object id of the principal that sent it; empty where
	// nothing tells.
	sender string
	// maybe is true once nobody knew whether it took effect: what reads like
	// its value may be its own.
	maybe bool
	// steady is from when on no replica can show what was there before an
	// earlier write of ours; zero where there was none lately.
	steady time.Time
	// behind is true of a step that waits for the one before it.
	behind bool
	// note tells why the run could not go on with it.
	note string
}

// replay takes in what the journal tells of the step. Rows about something
// else of the account, such as its delegates, say nothing about the change.
func (s *step) replay(row *Row) {
	if row.Field != s.change.Field {
		return
	}
	switch row.Phase {
	case Intent:
		s.phase, s.sent, s.found = Intent, row.Time, row.Before
	case Sent:
		s.sent, s.sender = row.Time, senderOf(row)
	case Undone:
	default:
		s.phase, s.maybe = row.Phase, s.maybe || row.Phase == Unsettled
	}
}

// sender is what the row Sent tells beside its time.
type sender struct {
	Principal string `json:"principal"` // object id, as the audit log names it
}

func senderOf(row *Row) string {
	var by sender
	if json.Unmarshal(row.After, &by) != nil {
		return ""
	}
	return by.Principal
}

// settled is true of a step with which nothing more will happen. A refusal by
// the service is not the end: the cause may be removed, and the plan applied
// again.
func (s *step) settled() bool {
	switch s.phase {
	case Verified, Diverged, Drifted, Gone, Protected, Left:
		return true
	default:
		return false
	}
}

// open is true where nobody knows whether the write took effect.
func (s *step) open() bool { return s.phase == Intent || s.phase == Unsettled }

// pending is true of a step that can be sent, and surely is not in effect.
func (s *step) pending() bool { return !s.settled() && !s.open() && s.phase != Acked }

// absolute is true of a write that sets a value: sending it twice is sending it
// once.
func (s *step) absolute() bool { return string(s.change.After) != Now }

// errDied says that a point ended the run.
var errDied = errors.New("the run broke off")

// point passes a point. A panic there is kept for mourn.
func (r *runner) point(name string) (err error) {
	if r.dead() {
		return errDied
	}
	if r.d.Point == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			r.die(v)
			err = errDied
		}
	}()
	r.d.Point(name)
	return nil
}

func (r *runner) dead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.died != nil
}

func (r *runner) die(with any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.died == nil {
		r.died = with
	}
	r.why = errDied
}

// mourn panics with what a worker panicked with.
func (r *runner) mourn() {
	if r.died != nil {
		panic(r.died)
	}
}

// stop sends nothing new from now on; the first reason is kept.
func (r *runner) stop(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == nil {
		r.why = why
	}
}

func (r *runner) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.why
}

// halted tells why nothing new may be sent: the run was stopped, cancelled, or
// the tenant frozen.
func (r *runner) halted(ctx context.Context) error {
	if err := errors.Join(r.stopped(), ctx.Err()); err != nil {
		return err
	}
	if err := frozen(ctx, r.d.Journal, r.p.Tenant); err != nil {
		r.stop(err)
		return err
	}
	return nil
}

// row is a row about a change, or about the run where c is nil.
func (r *runner) row(phase Phase, c *Change, note string) *Row {
	row := &Row{Time: r.d.Now(), Tenant: r.p.Tenant, Plan: r.p.Hash, Run: r.run.ID, Actor: r.d.Actor.ID, Phase: phase, Note: note}
	if c != nil {
		row.Change, row.Subject, row.Action, row.Field = c.ID, c.Subject.ID, c.Action, c.Field
		row.Before, row.After = c.Before, c.After
	}
	return row
}

// journal writes rows, all or none, and returns when they are on the disk. What
// happened is written down also when the run is being stopped. A journal that
// cannot be written stops the run.
func (r *runner) journal(ctx context.Context, rows ...*Row) error {
	name := "journal." + string(rows[len(rows)-1].Phase)
	if err := r.point(name + ".before"); err != nil {
		return err
	}
	if err := r.append(context.WithoutCancel(ctx), rows); err != nil {
		r.stop(err)
		return err
	}
	if r.d.Progress != nil {
		r.mu.Lock()
		for _, row := range rows {
			r.d.Progress(*row)
		}
		r.mu.Unlock()
	}
	return r.point(name + ".after")
}

// append gives up the room that was set aside where the disk is full: the run
// ends, no further change begins, and of those on the wire is written down what
// became of them.
func (r *runner) append(ctx context.Context, rows []*Row) error {
	err := r.d.Journal.Append(ctx, rows...)
	if err == nil || !full(err) {
		return err
	}
	r.stop(fmt.Errorf("nothing more is sent: %w: make room, then apply the plan again", err))
	if rows[len(rows)-1].Phase == Intent {
		return err
	}
	r.ballast.drop()
	return r.d.Journal.Append(ctx, rows...)
}

// settle writes down what became of a step.
func (r *runner) settle(ctx context.Context, s *step, phase Phase, note string, value []byte) error {
	row := r.row(phase, s.change, note)
	if value != nil {
		row.After = value
	}
	rows := []*Row{row}
	if phase == Verified && s.phase != Verified && r.undoes.ID != "" {
		rows = append(rows, r.undone(s))
	}
	if err := r.journal(ctx, rows...); err != nil {
		return err
	}
	s.phase, s.note = phase, note
	return nil
}
