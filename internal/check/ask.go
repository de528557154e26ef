package check

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/directory"
)

// noOwner is what a finding says where nobody answers for the account.
const noOwner = "no owner"

// maxAsk bounds how many people one finding names.
const maxAsk = 10

// ask names who may know what an account is for: whoever may open its mailbox,
// and whoever manages it. The names are those of the directory.
func (j *judge) ask(a *directory.Account) []string {
	box := a.Mailbox.Value
	if box == nil {
		if !a.Mailbox.Known {
			return []string{"owner not read: " + a.Mailbox.Why}
		}
		return []string{noOwner}
	}
	var names []string
	for _, d := range box.FullAccess.Value {
		if !d.Deny {
			names = append(names, j.delegate(d)...)
		}
	}
	for _, m := range box.ManagedBy.Value {
		names = append(names, j.known(m))
	}
	if len(names) == 0 {
		for _, m := range box.SendOnBehalf.Value {
			names = append(names, j.known(m))
		}
	}
	names = distinct(names, j.nameOf(a.ID))
	switch {
	case len(names) > maxAsk:
		return append(names[:maxAsk:maxAsk], fmt.Sprintf("and %d others", len(names)-maxAsk))
	case len(names) > 0:
		return names
	case !box.FullAccess.Known:
		return []string{"owner not read: " + box.FullAccess.Why}
	}
	return []string{noOwner}
}

// delegate names a delegate: by the accounts that it stands for, which may be
// disabled and then are nobody to ask.
func (j *judge) delegate(d directory.Delegate) []string {
	var names []string
	for _, id := range d.IDs {
		if a := j.account(strings.ToLower(id)); a == nil || !directory.Is(a.Enabled, false) {
			names = append(names, j.nameOf(id))
		}
	}
	switch {
	case len(d.IDs) > 1 && d.Name != "":
		return []string{fmt.Sprintf("%s (a group of %d)", d.Name, len(d.IDs))}
	case len(d.IDs) > 0, strings.HasPrefix(strings.ToUpper(d.Name), "S-1-5-"): // a SID that nobody resolves
		return names
	}
	return []string{d.Name}
}

// known is the UPN of an account that Exchange names in its own way, or that
// name.
func (j *judge) known(name string) string {
	if a := j.accountByUPN(strings.ToLower(name)); a != nil {
		return a.UPN
	}
	return j.nameOf(name)
}

// distinct keeps the first of equal names, without empty ones and one's own.
func distinct(names []string, own string) []string {
	seen := map[string]bool{"": true, strings.ToLower(own): true}
	return slices.DeleteFunc(names, func(n string) bool {
		key := strings.ToLower(n)
		was := seen[key]
		seen[key] = true
		return was
	})
}

// Steps that need no reason of their own.
const (
	blockStep = "Put it into the next plan: `vakt plan --from scan`"
	askStep   = "Ask whoever may know what the account is for"
)

// step is the one thing to do next about a verdict.
func (d judged) step() string {
	switch d.v.Verdict {
	case OnPremises:
		return fmt.Sprintf("In the local Active Directory: Get-ADUser -Filter \"UserPrincipalName -eq '%s'\" | Disable-ADAccount; then wait for the next synchronisation",
			strings.ReplaceAll(d.a.UPN, "'", "''"))
	case Hold:
		return holdStep(d.v.Reasons)
	case Block:
		return blockStep
	}
	return ""
}

// holdSteps says what answers the question of a hold, by the reason's id; the
// first that is among the reasons is the one to begin with.
var holdSteps = []struct{ id, step string }{
	{"signed_in", "Find out who signs in as the mailbox: `vakt investigate`; delegates need no sign-in of its own"},
	{"smtp_auth", "Find the device or application that sends mail, and give it another way to (its own account, High Volume Email or a relay)"},
	{"legacy_sign_in", "Find the application that reads the mail, and let it use an application of its own"},
	{"owner_access", "Find out who opened the mailbox as its owner, and give the right as a delegate"},
	{"role_", "Take the role away, or give it to a person's own account; then scan again"},
	{"break_glass", "Leave it: an emergency account must be able to sign in; give it another kind of account"},
	{"converted", "Ask the former owner's manager whether anybody still needs the sign-in"},
	{"employee_id", "Ask whether a person still uses the account; if not, clear the employee id"},
	{"manager", "Ask the manager whether a person still uses the account"},
	{unreadPrefix, "Let Vakt read what is missing: `vakt doctor` names the permission or the licence; sign-ins can also come from a file: --logs"},
}

func holdStep(reasons []Reason) string {
	for _, s := range holdSteps {
		if slices.ContainsFunc(reasons, func(r Reason) bool { return strings.HasPrefix(r.ID, s.id) }) {
			return s.step
		}
	}
	return askStep
}

// Steps lists what a verdict can say to do next, for translations. The step
// for a synced account is made for each account and is not among them.
func Steps() []string {
	steps := []string{blockStep, askStep}
	for _, s := range holdSteps {
		steps = append(steps, s.step)
	}
	return steps
}
