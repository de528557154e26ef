package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// objectOf is the object id in the id of a person who signs in at Entra, and
// any other id as it is.
func objectOf(person string) string {
	if rest, ok := strings.CutPrefix(person, "entra:"); ok {
		_, object, _ := strings.Cut(rest, "/")
		return object
	}
	return person
}

// Admission is what is known where a plan asks to be let in.
type Admission struct {
	Now    time.Time
	Tenant string // id of the tenant that would be written to
	// PolicyHash is Policy.Hash as it is now.
	PolicyHash string
	Config     Config
	// Approvals are those recorded for the plan's hash.
	Approvals []Approval
	// Policy is true in a run of the keep-blocked policy, which is the only
	// one that may be approved by it.
	Policy bool
}

// The reasons not to admit a plan that a caller may want to tell apart.
var (
	ErrExpired     = errors.New("the plan has expired: make it again with `vakt plan`")
	ErrPolicy      = errors.New("the baseline, the exceptions or the approvers were changed after the plan was made: make it again with `vakt plan`")
	ErrDenied      = errors.New("the plan was denied")
	ErrNotApproved = errors.New("the plan is not approved: `vakt approve`")
)

// tolerated is by how much two clocks may differ.
const tolerated = time.Minute

// Admit checks everything that must hold before a run of the plan begins, or
// goes on: that it is unchanged, valid now, for this tenant and under this
// policy, within its limits, approved, and denied by nobody. It gives the
// approvals that count.
func Admit(p *Plan, a Admission) ([]Approval, error) {
	if err := p.admissible(a); err != nil {
		return nil, fmt.Errorf("plan %s: %w", p.ID, err)
	}
	good, err := p.approved(a)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", p.ID, err)
	}
	return good, nil
}

// admissible is Admit without the approvals.
func (p *Plan) admissible(a Admission) error {
	if err := errors.Join(p.Sealed(), p.check(), a.Config.Validate()); err != nil {
		return err
	}
	switch {
	case a.Tenant == "" || !sameID(a.Tenant, p.Tenant):
		return fmt.Errorf("it is for tenant %q, not for %q", p.Tenant, a.Tenant)
	case a.Now.After(p.Expires):
		return fmt.Errorf("%w (at %s)", ErrExpired, p.Expires.Format(time.RFC3339))
	case a.Now.Add(tolerated).Before(p.Created):
		return fmt.Errorf("it was made at %s, which is to come: set the clock of this machine right", p.Created.Format(time.RFC3339))
	case a.PolicyHash != p.PolicyHash:
		return ErrPolicy
	case a.Policy && a.Now.Sub(p.Taken) > PolicySnapshotAge:
		return fmt.Errorf("its snapshot is from %s: a policy acts on one of the last hour only", p.Taken.Format(time.RFC3339))
	}
	return p.Within()
}

// approved gives the approvals that count. One no is enough to refuse.
func (p *Plan) approved(a Admission) ([]Approval, error) {
	var good []Approval
	var bad []error
	for _, x := range a.Approvals {
		if x.Plan != p.Hash {
			continue
		}
		if x.Denied {
			return nil, fmt.Errorf("%w by %s at %s: %s", ErrDenied, cmpName(x.Approver), x.At.Format(time.RFC3339), x.Reason)
		}
		if err := x.holds(p, a); err != nil {
			bad = append(bad, err)
			continue
		}
		good = append(good, x)
	}
	if len(good) == 0 {
		return nil, errors.Join(append([]error{ErrNotApproved}, bad...)...)
	}
	return good, nil
}

// holds tells whether a yes is still worth anything.
func (a *Approval) holds(p *Plan, now Admission) error {
	switch {
	case a.Kind == ByPolicy && !now.Policy:
		return errors.New("a policy approves its own runs only")
	case a.Expires.Sub(a.At) > ApprovalLife:
		return fmt.Errorf("the approval of %s claims to hold longer than %d hours", cmpName(a.Approver), int(ApprovalLife.Hours()))
	case now.Now.After(a.Expires):
		return fmt.Errorf("the approval of %s expired at %s", cmpName(a.Approver), a.Expires.Format(time.RFC3339))
	case now.Now.Add(tolerated).Before(a.At):
		return fmt.Errorf("the approval of %s is from %s, which is to come", cmpName(a.Approver), a.At.Format(time.RFC3339))
	}
	if err := a.counts(p, now.Config); err != nil {
		return err
	}
	return a.signed(now.Config)
}

// SaveApproval records a yes or a no in the journal, and keeps the plan.
func (s *Store) SaveApproval(ctx context.Context, p *Plan, c Config, a *Approval) error {
	err := a.counts(p, c)
	if err == nil {
		err = a.signed(c)
	}
	if err != nil {
		return fmt.Errorf("record an approval: %w", err)
	}
	said, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("record an approval: %w", err)
	}
	if err := s.SavePlan(ctx, p, a.At); err != nil {
		return err
	}
	phase := Approved
	if a.Denied {
		phase = Refused
	}
	return s.Append(ctx, &Row{Time: a.At, Tenant: p.Tenant, Plan: p.Hash, Actor: a.Approver.ID, Phase: phase, After: said, Note: a.Reason})
}

// Approvals are all that was said to a plan, in the order in which it was
// recorded.
func (s *Store) Approvals(ctx context.Context, hash string) ([]Approval, error) {
	rows, err := s.RowsOfPlan(ctx, hash)
	if err != nil {
		return nil, err
	}
	var list []Approval
	for i := range rows {
		if rows[i].Phase != Approved && rows[i].Phase != Refused {
			continue
		}
		var a Approval
		if err := json.Unmarshal(rows[i].After, &a); err != nil {
			return nil, fmt.Errorf("read the approval in journal row %d: %w", rows[i].Seq, err)
		}
		a.Denied = a.Denied || rows[i].Phase == Refused
		list = append(list, a)
	}
	return list, nil
}

// Tick records that somebody did a manual step of a plan, by its id.
func (s *Store) Tick(ctx context.Context, p *Plan, step string, who Person, note string, now time.Time) error {
	for _, m := range p.Manual {
		if m.ID == step {
			return s.Append(ctx, &Row{Time: now, Tenant: p.Tenant, Plan: p.Hash, Change: step, Subject: m.Subject.ID, Actor: who.ID, Phase: Ticked, Note: note})
		}
	}
	return fmt.Errorf("plan %s has no manual step %q: `vakt plan show` lists them", p.ID, step)
}

// Open are the manual steps of a plan that nobody has ticked off.
func (s *Store) Open(ctx context.Context, p *Plan) ([]Manual, error) {
	rows, err := s.RowsOfPlan(ctx, p.Hash)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for i := range rows {
		if rows[i].Phase == Ticked {
			done[rows[i].Change] = true
		}
	}
	open := []Manual{}
	for _, m := range p.Manual {
		if !done[m.ID] {
			open = append(open, m)
		}
	}
	return open, nil
}
