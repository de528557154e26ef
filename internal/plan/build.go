package plan

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/extract"
)

// Input is what a plan is made from.
type Input struct {
	// Snapshot is a complete one of the tenant.
	Snapshot *directory.Snapshot
	// Result is what the checks found in it. Without it only a list can be
	// planned, and neither reasons nor coverage are shown.
	Result *check.Result
	// Wanted is what a file or a case asks for. Nil asks to block every
	// account with the verdict block; those with the verdict hold or exception
	// are then left out and listed, unless an override names them.
	Wanted []Wanted
	// Case is the case that Wanted comes from; empty for none.
	Case string

	Policy    Policy
	Requester Person
	// Own are the ids of our own principals.
	Own []string
	// Overrides lift protections of single accounts.
	Overrides []Lift
	// Limit raises the limit of accounts for this plan; 0 leaves it.
	Limit int
	// MaxAge is how old the snapshot may be; 0 is SnapshotAge.
	MaxAge time.Duration
	Now    time.Time
}

// Lift is an override for one account, by its object id or user principal name.
type Lift struct {
	Account string
	Override
}

// IncompleteError says that a snapshot cannot be planned on.
type IncompleteError struct {
	Snapshot string
	Missing  []directory.Missing
}

// Error names the parts that are missing.
func (e *IncompleteError) Error() string {
	var parts []string
	for _, m := range e.Missing {
		parts = append(parts, fmt.Sprintf("%s (%s)", m.Part, m.Why))
	}
	return fmt.Sprintf("snapshot %q is not complete: nothing is planned on half of a tenant: %s: let Vakt read it (`vakt doctor` says what is missing), then scan again",
		e.Snapshot, strings.Join(parts, ", "))
}

// Build makes a plan and seals it. It refuses an incomplete or old snapshot, a
// tenant with fewer than two emergency accounts that are declared and enabled,
// and a plan that would leave fewer than two enabled Global Administrators.
// Protected accounts are left out and listed. A plan may go beyond the limit of
// a run, so that it can be looked at; it is then not approved or applied.
func Build(in Input) (*Plan, error) {
	b := &builder{in: in, byID: map[string]*directory.Account{}, byUPN: map[string][]*directory.Account{}, lifts: map[string]Override{}}
	if err := b.usable(); err != nil {
		return nil, err
	}
	b.index()
	if err := b.emergency(); err != nil {
		return nil, err
	}
	if err := b.takeLifts(); err != nil {
		return nil, err
	}
	wanted, err := b.wanted()
	if err != nil {
		return nil, err
	}
	b.begin()
	for _, w := range wanted {
		b.add(w)
	}
	return b.end()
}

type builder struct {
	in        Input
	byID      map[string]*directory.Account
	byUPN     map[string][]*directory.Account
	verdicts  map[string]*check.AccountVerdict
	findings  map[string]string // account → id of the finding about its sign-in
	lifts     map[string]Override
	protector *Protector
	p         *Plan
}

// usable refuses what no plan can be made from.
func (b *builder) usable() error {
	s := b.in.Snapshot
	switch age := b.in.Now.Sub(s.Taken); {
	case !s.Complete:
		return &IncompleteError{s.ID, s.Missing}
	case s.Tenant == "":
		return errors.New("the snapshot does not say of which tenant it is: scan the tenant itself")
	case s.Taken.IsZero():
		return errors.New("the snapshot does not say when it was taken: scan again")
	case age > cmp.Or(b.in.MaxAge, SnapshotAge):
		return fmt.Errorf("the snapshot of %s is %s old, at most %s are allowed: scan again", s.Taken.Format(time.RFC3339), age.Round(time.Minute), cmp.Or(b.in.MaxAge, SnapshotAge))
	case age < -time.Minute:
		return fmt.Errorf("the snapshot was taken at %s, which is to come: set the clock of this machine right", s.Taken.Format(time.RFC3339))
	case b.in.Requester.ID == "":
		return errors.New("nobody asks for the plan: sign in, or name a key")
	case b.in.Limit < 0:
		return fmt.Errorf("a limit of %d makes no sense", b.in.Limit)
	}
	if r := b.in.Result; r != nil && (r.Snapshot != s.ID || !strings.EqualFold(r.Tenant, s.Tenant)) {
		return fmt.Errorf("the findings are of snapshot %q, not of %q: judge the snapshot again", r.Snapshot, s.ID)
	}
	return b.in.Policy.Config.Validate()
}

func (b *builder) index() {
	for i := range b.in.Snapshot.Accounts {
		a := &b.in.Snapshot.Accounts[i]
		b.byID[a.ID] = a
		b.byUPN[strings.ToLower(a.UPN)] = append(b.byUPN[strings.ToLower(a.UPN)], a)
	}
	b.verdicts, b.findings = map[string]*check.AccountVerdict{}, map[string]string{}
	if r := b.in.Result; r != nil {
		for i := range r.Verdicts {
			b.verdicts[r.Verdicts[i].Account.ID] = &r.Verdicts[i]
		}
		for _, f := range r.Findings {
			if f.Check == signInCheck {
				b.findings[f.Subject.ID] = f.ID
			}
		}
	}
	own := append(slices.Clone(b.in.Own), b.in.Requester.ID)
	b.protector = NewProtector(b.in.Policy, own, b.in.Snapshot.Lists(), b.in.Now)
	b.protector.RoleNames = map[string]string{}
	for _, r := range b.in.Snapshot.Roles.Value {
		b.protector.RoleNames[r.Template] = r.Name
	}
}

// find is the one account that an id or a user principal name stands for.
func (b *builder) find(name string) (*directory.Account, error) {
	if a := b.byID[strings.ToLower(name)]; a != nil {
		return a, nil
	}
	switch found := b.byUPN[strings.ToLower(name)]; len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("account %q is not in the snapshot: look for a misspelling, or scan again", name)
	default:
		return nil, fmt.Errorf("%d accounts are called %q: name the account by its object id", len(found), name)
	}
}

func (b *builder) takeLifts() error {
	for _, l := range b.in.Overrides {
		a, err := b.find(l.Account)
		switch {
		case err != nil:
			return fmt.Errorf("override: %w", err)
		case l.By.ID == "" || strings.TrimSpace(l.Reason) == "":
			return fmt.Errorf("override for %q: it needs a name and a reason", l.Account)
		}
		b.lifts[a.ID] = l.Override
	}
	return nil
}

// asked is one deed that somebody wants done, and what the verdict says
// against it.
type asked struct {
	a       *directory.Account
	d       action.About
	reason  string
	against []check.Reason
}

// wanted is what is asked for, in the order of the accounts' names and, for one
// account, of the deeds.
func (b *builder) wanted() ([]asked, error) {
	var list []asked
	if b.in.Wanted == nil {
		list = b.fromVerdicts()
	}
	for _, w := range b.in.Wanted {
		a, err := b.find(w.Account)
		if err != nil {
			return nil, w.at(err)
		}
		d, ok := deedOf(cmp.Or(w.Action, Disable))
		if !ok {
			return nil, w.at(fmt.Errorf("unknown action %q: one of %s", w.Action, strings.Join(Actions(), ", ")))
		}
		list = append(list, asked{a, d, cmp.Or(w.Reason, "asked for by name"), nil})
	}
	slices.SortStableFunc(list, func(x, y asked) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.a.UPN), strings.ToLower(y.a.UPN)), strings.Compare(x.a.ID, y.a.ID), deedOrder(x.d)-deedOrder(y.d))
	})
	for i := 1; i < len(list); i++ {
		if x, y := list[i-1], list[i]; x.a.ID == y.a.ID && x.d.Field == y.d.Field {
			return nil, fmt.Errorf("%s is asked for more than one thing about %s (%s, %s): once is enough", y.a.UPN, y.d.Field, x.d.Name, y.d.Name)
		}
	}
	return list, nil
}

func deedOrder(d action.About) int { return slices.Index(Actions(), d.Name) }

// fromVerdicts blocks what may be blocked without a question. Accounts that
// are synchronised become steps for a person; those with a question or an
// exception are left out for it, unless an override answers.
func (b *builder) fromVerdicts() (list []asked) {
	block, ok := deedOf(Disable)
	if !ok || b.in.Result == nil {
		return nil
	}
	for i := range b.in.Result.Verdicts {
		v := &b.in.Result.Verdicts[i]
		w := asked{a: b.byID[v.Account.ID], d: block, reason: "a resource account that nobody signs in to can be signed in to"}
		switch v.Verdict {
		case check.Block, check.OnPremises:
		case check.Hold, check.Excepted:
			w.reason, w.against = "a resource account can be signed in to", v.Reasons
		default:
			continue
		}
		if w.a != nil {
			list = append(list, w)
		}
	}
	return list
}

func (b *builder) begin() {
	s := b.in.Snapshot
	enabled := 0
	for i := range s.Accounts {
		if directory.Is(s.Accounts[i].Enabled, true) {
			enabled++
		}
	}
	b.p = &Plan{
		Tenant: strings.ToLower(s.Tenant), Requester: b.in.Requester, Created: b.in.Now, Expires: b.in.Now.Add(Life),
		Snapshot: s.ID, Taken: s.Taken, PolicyHash: b.in.Policy.Hash(), Limits: newLimits(enabled, b.in.Limit),
	}
}

// add puts a deed into the plan: as a change, as a step for a person, or among
// those that are left out.
func (b *builder) add(w asked) {
	was := before(w.d, w.a)
	if was.Known && was.Value == string(w.d.After) {
		b.skip(w, []Protection{{Reason: check.Reason{ID: "already", Text: w.d.Field + " is " + was.Value + " already"}, Final: true}})
		return
	}
	c := change(b.in.Snapshot, w.a, w.d, was.Value)
	c.Reason, c.Case, c.Finding = w.reason, b.in.Case, b.findings[w.a.ID]
	if v := b.verdicts[w.a.ID]; v != nil {
		c.Verdict, c.Because = v.Verdict, v.Reasons
	}
	protections := b.protector.Of(w.a.ID, w.a.UPN, c.Guard)
	for _, r := range w.against {
		if !slices.ContainsFunc(protections, func(p Protection) bool { return p.ID == r.ID }) {
			protections = append(protections, Protection{Reason: r})
		}
	}
	if !was.Known {
		protections = append(protections, Protection{check.Reason{ID: unreadPrefix + w.d.Field, Text: "what " + w.d.Field + " is now was not read: " + was.Why}, true})
	}
	if len(protections) == 0 {
		b.p.Changes = append(b.p.Changes, c)
		return
	}
	if directory.Is(w.a.Synced, directory.SyncedNow) && w.d.Name == Disable {
		b.manual(w)
		return
	}
	lift, lifted := b.lifts[w.a.ID]
	if !lifted || slices.ContainsFunc(protections, func(p Protection) bool { return p.Final }) {
		b.skip(w, protections)
		return
	}
	c.Override, c.Lifted = &lift, reasonsOf(protections)
	b.p.Changes = append(b.p.Changes, c)
}

func reasonsOf(list []Protection) []check.Reason {
	reasons := make([]check.Reason, len(list))
	for i := range list {
		reasons[i] = list[i].Reason
	}
	return reasons
}

func (b *builder) skip(w asked, why []Protection) {
	b.p.Skipped = append(b.p.Skipped, Skipped{
		Subject: check.Subject{Kind: "account", ID: w.a.ID, Name: w.a.Name}, UPN: w.a.UPN, Action: w.d.Name, Because: reasonsOf(why),
		Final: slices.ContainsFunc(why, func(p Protection) bool { return p.Final }),
	})
}

// manual is the step in the local directory that an account takes which comes
// from there. The verdict says the exact command.
func (b *builder) manual(w asked) {
	do := "Disable " + w.a.UPN + " in the local Active Directory; then wait for the next synchronisation"
	if v := b.verdicts[w.a.ID]; v != nil && v.Verdict == check.OnPremises && v.Step != "" {
		do = v.Step
	}
	b.p.Manual = append(b.p.Manual, Manual{
		ID: changeID("on_premises", w.a.ID), Subject: check.Subject{Kind: "account", ID: w.a.ID, Name: w.a.Name}, UPN: w.a.UPN, Do: do,
		Why: "it is synchronised from the local directory: a change in the cloud is refused or overwritten",
	})
}

// end checks what holds for the plan as a whole, names it and seals it.
func (b *builder) end() (*Plan, error) {
	gone := map[string]bool{}
	for i := range b.p.Changes {
		if b.p.Changes[i].Action == Disable {
			gone[b.p.Changes[i].Subject.ID] = true
		}
	}
	if err := b.lastDoor(gone); err != nil {
		return nil, err
	}
	if r := b.in.Result; r != nil {
		for _, c := range r.Coverage {
			if c.Population == check.EnabledMembers {
				b.p.Coverage = covered(c, gone)
			}
		}
	}
	if err := b.p.name(); err != nil {
		return nil, err
	}
	if err := b.p.Seal(); err != nil {
		return nil, err
	}
	return b.p, nil
}

// name gives the plan an id: when it was made, and some of the hash of what is
// in it.
func (p *Plan) name() error {
	if err := p.tidy(); err != nil {
		return err
	}
	values, err := p.values()
	if err != nil {
		return fmt.Errorf("name a plan: %w", err)
	}
	delete(values, "id")
	delete(values, "hash")
	sum, err := hex.DecodeString(extract.Hash(values))
	if err != nil {
		return fmt.Errorf("name a plan: %w", err)
	}
	p.ID = "plan-" + p.Created.Format("20060102-150405") + "-" + hex.EncodeToString(sum[:4])
	return nil
}
