package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/directory"
)

// Keep is the section keep_blocked of the configuration: whether resource
// accounts that appear are blocked without anybody having asked for each. It is
// off unless it is switched on.
type Keep struct {
	Enabled bool `yaml:"enabled"`
	// AlertAfter is how long an account may be there before somebody is told;
	// 0 is 15 minutes.
	AlertAfter time.Duration `yaml:"alert_after"`
	// BlockAfter is the grace before it is blocked, for a meeting room may be
	// in the making; 0 is 24 hours.
	BlockAfter time.Duration `yaml:"block_after"`
}

// Defaults and bounds of Keep.
const (
	keepAlert = 15 * time.Minute
	keepGrace = 24 * time.Hour
	leastKeep = time.Hour
	// keepLog is how far back the audit log is asked who enabled an account:
	// it holds no more.
	keepLog = 30 * 24 * time.Hour
)

func (k Keep) alert() time.Duration { return cmp.Or(k.AlertAfter, keepAlert) }
func (k Keep) grace() time.Duration { return cmp.Or(k.BlockAfter, keepGrace) }

// Validate says what is wrong with the section.
func (k Keep) Validate() error {
	if k.alert() < 0 || k.grace() < leastKeep || k.grace() < k.alert() {
		return fmt.Errorf("keep_blocked: block_after is %s and alert_after %s: an account is blocked after an hour at the earliest, and never before anybody was told", k.grace(), k.alert())
	}
	return nil
}

// KeepInput is what a run of the policy is decided on.
type KeepInput struct {
	Keep     Keep
	Snapshot *directory.Snapshot
	Result   *check.Result
	Policy   Policy
	// Since tells since when an account has been enabled and fit to be
	// blocked, as far as anybody has watched; without a word of it the grace
	// begins now.
	Since func(account string) (time.Time, bool)
	// Audit lists what was done to an account since a time.
	Audit func(ctx context.Context, account string, since time.Time) ([]action.Deed, error)
	Now   time.Time
}

// Kept is what the policy decides.
type Kept struct {
	// Waiting are in their grace, Due are to be blocked now.
	Waiting []Watched `json:"waiting"`
	Due     []Watched `json:"due"`
	// Ask are those that a person must decide on, and Why tells why.
	Ask []Watched `json:"ask"`
	// Stopped tells why the policy does nothing this time; empty otherwise.
	Stopped string `json:"stopped,omitempty"`
	// Plan is what was carried out; nil where there was nothing to do.
	Plan *Plan `json:"plan"`
}

// Watched is an account that the policy has an eye on.
type Watched struct {
	Account check.Subject `json:"account"`
	UPN     string        `json:"upn"`
	Since   time.Time     `json:"since"`
	Due     time.Time     `json:"due"` // when it is blocked
	// Alert is true once somebody is to be told of it.
	Alert bool         `json:"alert"`
	Why   check.Reason `json:"why"`
}

// DecideKeep tells what the policy would do, and sends nothing. Only accounts
// with the verdict block are looked at, of a complete snapshot that is at most
// an hour old; the policy never enables anything. A mailbox that was a person's
// and an account that somebody has enabled again are asked about, and so is
// everything of which that could not be read.
func DecideKeep(ctx context.Context, in KeepInput) (*Kept, error) {
	if err := in.usable(); err != nil {
		return nil, fmt.Errorf("keep accounts blocked: %w", err)
	}
	k := &Kept{Waiting: []Watched{}, Due: []Watched{}, Ask: []Watched{}}
	accounts := map[string]*directory.Account{}
	enabled := 0
	for i := range in.Snapshot.Accounts {
		a := &in.Snapshot.Accounts[i]
		accounts[a.ID] = a
		if directory.Is(a.Enabled, true) {
			enabled++
		}
	}
	for i := range in.Result.Verdicts {
		v := &in.Result.Verdicts[i]
		if a := accounts[v.Account.ID]; v.Verdict == check.Block && a != nil {
			if err := k.judge(ctx, in, v, a); err != nil {
				return nil, fmt.Errorf("keep accounts blocked: %w", err)
			}
		}
	}
	k.bound(newLimits(enabled, 0).Run)
	return k, nil
}

func (in *KeepInput) usable() error {
	switch s := in.Snapshot; {
	case !in.Keep.Enabled:
		return errors.New("keep_blocked is off: switch it on in the configuration")
	case !s.Complete:
		return &IncompleteError{s.ID, s.Missing}
	case in.Now.Sub(s.Taken) > PolicySnapshotAge:
		return fmt.Errorf("the snapshot is from %s: a policy acts on one of the last hour only: scan again", s.Taken.Format(time.RFC3339))
	case in.Result.Snapshot != s.ID:
		return fmt.Errorf("the findings are of snapshot %q, not of %q", in.Result.Snapshot, s.ID)
	}
	return in.Keep.Validate()
}

// judge puts one account where it belongs.
func (k *Kept) judge(ctx context.Context, in KeepInput, v *check.AccountVerdict, a *directory.Account) error {
	since, seen := time.Time{}, false
	if in.Since != nil {
		since, seen = in.Since(a.ID)
	}
	if !seen || since.After(in.Now) {
		since = in.Now
	}
	w := Watched{Account: v.Account, UPN: v.UPN, Since: since, Due: since.Add(in.Keep.grace()), Alert: in.Now.Sub(since) >= in.Keep.alert()}
	if why := wasPersons(a); why.ID != "" {
		w.Why = why
		k.Ask = append(k.Ask, w)
		return nil
	}
	if in.Now.Before(w.Due) {
		k.Waiting = append(k.Waiting, w)
		return nil
	}
	why, err := in.onPurpose(ctx, a)
	if err != nil {
		return err
	}
	if w.Why = why; why.ID != "" {
		k.Ask = append(k.Ask, w)
		return nil
	}
	k.Due = append(k.Due, w)
	return nil
}

// wasPersons tells why an account may have been a person's.
func wasPersons(a *directory.Account) check.Reason {
	if slices.ContainsFunc(a.Use, func(u directory.Use) bool { return u.What == directory.UseConverted }) {
		return check.Reason{ID: "converted", Text: "its mailbox was converted from another sort: who used it is for a person to know"}
	}
	box := a.Mailbox.Value
	switch {
	case !a.Mailbox.Known:
		return check.Reason{ID: unreadPrefix + "converted", Text: "whether its mailbox was a person's was not read: " + a.Mailbox.Why}
	case box == nil:
	case !box.PreviousType.Known:
		return check.Reason{ID: unreadPrefix + "converted", Text: "whether its mailbox was a person's was not read: " + box.PreviousType.Why}
	case box.PreviousType.Value != "" && !strings.EqualFold(box.PreviousType.Value, box.Type):
		return check.Reason{ID: "converted", Text: "its mailbox was a " + box.PreviousType.Value + " once: who used it is for a person to know"}
	}
	return check.Reason{}
}

// onPurpose tells that somebody has enabled the account, after the audit log:
// whoever that was, blocking it again by itself would be a quarrel. A log that
// cannot be read may hide it.
func (in *KeepInput) onPurpose(ctx context.Context, a *directory.Account) (check.Reason, error) {
	if in.Audit == nil {
		return check.Reason{ID: unreadPrefix + "enabled_by", Text: "who enabled it was not read: there is no audit log"}, nil
	}
	deeds, err := in.Audit(ctx, a.ID, in.Now.Add(-keepLog))
	if ctx.Err() != nil {
		return check.Reason{}, ctx.Err()
	}
	if err != nil {
		return check.Reason{ID: unreadPrefix + "enabled_by", Text: "who enabled it was not read: " + err.Error()}, nil
	}
	for _, d := range slices.Backward(deeds) {
		if enables(d) {
			return check.Reason{ID: "enabled_on_purpose", Text: fmt.Sprintf("%s enabled it at %s", cmp.Or(d.Name, d.Actor, "somebody"), d.At.UTC().Format(time.RFC3339))}, nil
		}
	}
	return check.Reason{}, nil
}

// enables tells whether a deed allowed the sign-in of an account that was
// blocked. One that made the account did not.
func enables(d action.Deed) bool {
	if strings.EqualFold(d.Activity, "Enable account") {
		return true
	}
	return slices.ContainsFunc(d.Changed, func(c action.Changed) bool {
		return strings.EqualFold(c.Field, "AccountEnabled") && strings.Contains(c.Old, "false") && strings.Contains(c.New, "true")
	})
}

// bound stops the policy where more is due than one run may touch: so much at
// once is no new account, but a mistake, or an attack.
func (k *Kept) bound(limit int) {
	if len(k.Due) <= limit {
		return
	}
	k.Stopped = fmt.Sprintf("%d accounts are due at once, at most %d may be: nothing is blocked, look at them and plan it (`vakt plan`)", len(k.Due), limit)
	for _, w := range k.Due {
		w.Why = check.Reason{ID: "too_many", Text: k.Stopped}
		k.Ask = append(k.Ask, w)
	}
	k.Due = []Watched{}
}

// ApplyPolicy decides, plans, approves in the name of the policy, and applies.
// The report is nil where nothing was due. Everything that holds for a plan
// that a person applies holds here too, and more: see Admit and DecideKeep.
func ApplyPolicy(ctx context.Context, d Deps, in KeepInput) (*Kept, *Report, error) {
	k, err := DecideKeep(ctx, in)
	if err != nil || len(k.Due) == 0 {
		return k, nil, err
	}
	wanted := make([]Wanted, len(k.Due))
	for i, w := range k.Due {
		wanted[i] = Wanted{Account: w.Account.ID, Action: Disable, Reason: "a resource account that nobody asked to keep, enabled since " + w.Since.UTC().Format(time.RFC3339)}
	}
	d.Actor = Person{ID: "policy:" + in.Policy.Hash(), Name: "keep_blocked"}
	p, err := Build(Input{
		Snapshot: in.Snapshot, Result: in.Result, Wanted: wanted, Policy: in.Policy, Requester: d.Actor, MaxAge: PolicySnapshotAge, Now: in.Now,
	})
	if err != nil {
		return k, nil, fmt.Errorf("keep accounts blocked: %w", err)
	}
	if k.Plan = p; len(p.Changes) == 0 {
		return k, nil, nil
	}
	at := in.Now.UTC().Truncate(time.Second)
	yes := &Approval{
		Plan: p.Hash, Kind: ByPolicy, Approver: d.Actor, Reason: "keep_blocked", At: at, Expires: at.Add(ApprovalLife), Count: len(p.Changes),
	}
	if err := d.Journal.SaveApproval(ctx, p, in.Policy.Config, yes); err != nil {
		return k, nil, fmt.Errorf("keep accounts blocked: %w", err)
	}
	report, err := apply(ctx, d, p, kindPolicy)
	return k, report, err
}
