package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"vakt/internal/action"
	"vakt/internal/directory"
	"vakt/internal/tenant"
)

// Ledger is the journal with what runs ask of it beside their own rows. *Store
// is one.
type Ledger interface {
	Journal
	// RowsOfPlan are all rows that name a plan by its hash.
	RowsOfPlan(ctx context.Context, hash string) ([]Row, error)
	// RowsIn are the rows of a phase in a tenant.
	RowsIn(ctx context.Context, phase Phase, tenant string) ([]Row, error)
	// Unsettled are the intents of a tenant without an outcome.
	Unsettled(ctx context.Context, tenant string) ([]Row, error)
	// WritesSince are the rows that tell of writes to an object since a time:
	// each intent, and each that was sent.
	WritesSince(ctx context.Context, tenant, object string, since time.Time) ([]Row, error)
	// Approvals are all that was said to a plan.
	Approvals(ctx context.Context, hash string) ([]Approval, error)
	// Open are the manual steps of a plan that nobody has ticked off.
	Open(ctx context.Context, p *Plan) ([]Manual, error)
	// SaveApproval records what somebody says to a plan.
	SaveApproval(ctx context.Context, p *Plan, c Config, a *Approval) error
}

var _ Ledger = (*Store)(nil)

// Deps are what runs need from outside. All but the last group must be there.
type Deps struct {
	Journal Ledger
	// Access opens the tenant. The token that can write is asked for when a
	// run has been let in, and dropped at its end.
	Access action.Access
	// Snapshot is a complete one of the tenant, for the lists of the baseline
	// and for the names of the emergency accounts.
	Snapshot *directory.Snapshot
	// Policy gives the settings as they are now. It is asked before each wave.
	Policy func() (Policy, error)
	// Actor is who runs it.
	Actor Person
	// Lock is the path of the tenant's lock file, on a local file system.
	Lock string
	// Ballast is the path of a file that sets 16 MiB aside beside the journal
	// while a run lasts, for the case that the disk gets full; "": none.
	Ballast string
	Now     func() time.Time

	// Workers is how many accounts are written to at a time; 0: four.
	Workers int
	// Witness tells what else shows that a block works and hurts nobody, of a
	// change that was made at a time; nil: nothing. Verify asks it, Apply does
	// not.
	Witness func(ctx context.Context, c Change, since time.Time) (Witness, error)
	// Progress is told of each row as it stands in the journal, from several
	// goroutines but never from two at once; nil: nobody.
	Progress func(Row)
	// Point is told the name of each point (Points) as a run passes it; nil in
	// production. One that panics ends the run there, as if the process had
	// died: nothing more is journalled or sent, and Apply panics with the same
	// value when the calls on the wire are back. One that never returns stops
	// whoever passed it.
	Point func(name string)
}

// Apply carries out a plan that was approved, or goes on with a run of it that
// was stopped or broke off. A plan whose run was finished is not carried out
// again: the report then is that of the run, and nothing is sent.
//
// It gives a report whenever a run began, also with an error; see Report.Whole
// for what is missing in it. What must hold beforehand (Admit), the write lock
// (HeldError), a freeze (ErrFrozen) and a missing permission are errors before
// anything is sent. Cancelling ctx lets calls on the wire come to their end and
// sends nothing new.
func Apply(ctx context.Context, d Deps, p *Plan) (*Report, error) {
	return apply(ctx, d, p, kindOf(p))
}

// Kinds of runs.
const (
	kindApply    = "apply"
	kindRollback = "rollback"
	kindPolicy   = "policy"
)

func kindOf(p *Plan) string {
	if p.Undoes != "" {
		return kindRollback
	}
	return kindApply
}

func apply(ctx context.Context, d Deps, p *Plan, kind string) (report *Report, err error) {
	if err := frozen(ctx, d.Journal, p.Tenant); err != nil {
		return nil, fmt.Errorf("apply plan %s: %w", p.ID, err)
	}
	release, err := lockFile(d.Lock, Holder{Who: d.Actor.ID, Process: os.Getpid(), Plan: p.ID, Since: d.Now().UTC()})
	if err != nil {
		return nil, fmt.Errorf("apply plan %s: %w", p.ID, err)
	}
	defer func() {
		if err = errors.Join(err, release()); err != nil {
			err = fmt.Errorf("apply plan %s: %w", p.ID, err)
		}
	}()
	return applyLocked(ctx, d, p, kind)
}

// applyLocked is apply for whoever holds the write lock.
func applyLocked(ctx context.Context, d Deps, p *Plan, kind string) (*Report, error) {
	r := newRunner(d, p, kind)
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	if r.ended {
		return Tell(ctx, d.Journal, r.run.ID)
	}
	if err := r.admit(ctx); err != nil {
		return nil, err
	}
	if err := d.Journal.SavePlan(ctx, p, d.Now()); err != nil {
		return nil, err
	}
	err := r.weighted(func() error {
		if err := r.open(ctx); err != nil {
			return err
		}
		defer r.client.Close()
		return r.carryOut(ctx)
	})
	r.mourn()
	if r.run.ID == "" {
		return nil, err
	}
	report, told := Tell(context.WithoutCancel(ctx), d.Journal, r.run.ID)
	return report, errors.Join(err, told)
}

// weighted does something with room on the disk set aside.
func (r *runner) weighted(do func() error) (err error) {
	if r.ballast, err = layBallast(r.d.Ballast); err != nil {
		return err
	}
	return errors.Join(do(), r.ballast.clear())
}

// load finds the run of the plan that goes on, and what it has done.
func (r *runner) load(ctx context.Context) error {
	if err := errors.Join(r.known(), r.loadUndone(ctx)); err != nil {
		return err
	}
	rows, err := r.d.Journal.RowsOfPlan(ctx, r.p.Hash)
	if err != nil {
		return err
	}
	for i := range rows {
		switch rows[i].Phase {
		case Started:
			if err := json.Unmarshal(rows[i].After, &r.run); err != nil {
				return fmt.Errorf("read run %q in the journal: %w", rows[i].Run, err)
			}
			r.ended = false
		case Finished:
			r.ended = true
		default:
		}
	}
	for i := range rows {
		if s := r.steps[rows[i].Change]; s != nil && r.run.ID != "" && rows[i].Run == r.run.ID {
			s.replay(&rows[i])
		}
	}
	return nil
}

// known refuses a plan that says something else than its actions do.
func (r *runner) known() error {
	for i := range r.p.Changes {
		c := &r.p.Changes[i]
		a, ok := action.Find(c.Action)
		if !ok {
			return fmt.Errorf("the change %q asks for the action %q, which this Vakt does not know", c.ID, c.Action)
		}
		about := a.About()
		if c.Field != about.Field || string(c.After) != string(about.After) || c.Reversible != string(about.Class) {
			return fmt.Errorf("the change %q says that %s makes %s of %s, class %s; it makes %s of %s, class %s",
				c.ID, c.Action, c.After, c.Field, c.Reversible, about.After, about.Field, about.Class)
		}
	}
	return nil
}

// admit checks everything that must hold before anything is sent, and reads the
// settings anew. It is called again before each wave.
func (r *runner) admit(ctx context.Context) error {
	policy, err := r.d.Policy()
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	approvals, err := r.d.Journal.Approvals(ctx, r.p.Hash)
	if err != nil {
		return err
	}
	now := r.d.Now()
	r.approvals, err = Admit(r.p, Admission{
		Now: now, Tenant: r.d.Access.Tenant.ID, PolicyHash: policy.Hash(), Config: policy.Config, Approvals: approvals, Policy: r.kind == kindPolicy,
	})
	if err != nil {
		return err
	}
	if s := r.d.Snapshot; s == nil || !strings.EqualFold(s.Tenant, r.p.Tenant) {
		return errors.New("there is no snapshot of the tenant to know its emergency accounts by: scan first")
	}
	own := []string{r.p.Requester.ID, r.d.Actor.ID}
	for i := range r.approvals {
		own = append(own, r.approvals[i].Approver.ID)
	}
	if r.client != nil {
		g := r.client.Granted()
		own = append(own, g.Principal, g.Application)
	}
	r.policy, r.protector = policy, NewProtector(policy, own, r.d.Snapshot.Lists(), now)
	return nil
}

// open gets the token that can write, and checks what it is good for.
func (r *runner) open(ctx context.Context) (err error) {
	if err := r.point("call." + callOpen + ".before"); err != nil {
		return err
	}
	if r.client, err = action.Open(ctx, r.d.Access); err != nil {
		return err
	}
	if err := errors.Join(r.point("call."+callOpen+".after"), r.permitted(), r.admit(ctx), r.doors(ctx), r.today(ctx)); err != nil {
		r.client.Close()
		return err
	}
	return nil
}

// permitted names the permissions that are missing, before the first write.
func (r *runner) permitted() error {
	var actions []string
	for i := range r.p.Changes {
		if !slices.Contains(actions, r.p.Changes[i].Action) {
			actions = append(actions, r.p.Changes[i].Action)
		}
	}
	missing := r.client.Missing(actions...)
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("the credential lacks %s: grant it (`vakt permissions` shows how); nothing was sent", strings.Join(namesOf(missing), ", "))
}

func namesOf(grants []tenant.Grant) []string {
	var names []string
	for _, g := range grants {
		names = append(names, g.Permission.Name)
	}
	return names
}

// today refuses a run that would go beyond the limit of the day. Whoever has
// raised the limit of a run above it has typed how much this plan writes: that,
// and some that must be repeated, may then be tried on top of what was.
func (r *runner) today(ctx context.Context) (err error) {
	if r.attempts, err = r.d.Journal.Attempts(ctx, r.p.Tenant, r.d.Now().Add(-24*time.Hour)); err != nil {
		return err
	}
	open := 0
	for _, s := range r.steps {
		if s.pending() {
			open++
		}
	}
	r.limits = r.p.Limits
	if r.limits.Raised > r.limits.Day {
		r.limits.Day = max(r.limits.Day, r.attempts+open+open/10)
	}
	return r.limits.WithinDay(r.attempts, open)
}

// newRun is the first row of a run. Its id is when it began and some of a hash.
func (r *runner) newRun() Run {
	now := r.d.Now().UTC()
	sum := sha256.Sum256([]byte(r.p.Hash + r.kind + now.Format(time.RFC3339Nano)))
	return Run{
		ID: "run-" + now.Format("20060102-150405") + "-" + hex.EncodeToString(sum[:4]), Tenant: r.p.Tenant, Plan: r.p.Hash, Kind: r.kind,
		Undoes: r.p.Undoes, Actor: r.d.Actor, Approvals: r.approvals, Started: now,
	}
}
