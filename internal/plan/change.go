package plan

import (
	"encoding/json"
	"slices"
	"strconv"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/directory"
)

// Names of actions that a plan can ask for; Actions lists all.
const (
	Disable = "account.disable" // block the sign-in
	Enable  = "account.enable"  // allow it again
	Revoke  = "sessions.revoke" // end every session: sign in again
)

// Now is the After of a field that the service sets to the time of the call.
const Now = action.Now

// deedOf is what the room action says about one of its actions.
func deedOf(name string) (action.About, bool) {
	a, ok := action.Find(name)
	if !ok {
		return action.About{}, false
	}
	return a.About(), true
}

// Actions are the names of the actions that a plan can ask for, in the order
// in which they are done to one account.
func Actions() []string {
	var names []string
	for _, a := range action.List() {
		names = append(names, a.About().Name)
	}
	return names
}

// before is the value in a snapshot of the field that an action writes; null
// where a snapshot does not hold the field.
func before(d action.About, a *directory.Account) directory.Fact[string] {
	if d.Field != "accountEnabled" {
		return directory.Known("null")
	}
	return directory.Fact[string]{Value: strconv.FormatBool(a.Enabled.Value), Known: a.Enabled.Known, Why: a.Enabled.Why}
}

func changeID(action, object string) string { return action + "/" + object }

// GuardOf are the facts of an account in a snapshot that protections are
// decided on.
func GuardOf(s *directory.Snapshot, a *directory.Account) Guard {
	return Guard{
		UserType: directory.Known(a.UserType), CreationType: a.CreationType, Kind: a.Kind, Synced: a.Synced, Federated: a.Federated,
		Licences: licences(a), TeamsRoom: a.TeamsRoom(), Roles: rolesOf(a), Azure: azureRoles(s, a),
	}
}

func licences(a *directory.Account) directory.Fact[[]string] {
	list := []string{}
	for _, l := range a.Licences.Value {
		list = append(list, l.SKU)
	}
	return listed(list, a.Licences.Known, a.Licences.Why)
}

func rolesOf(a *directory.Account) directory.Fact[[]string] {
	list := []string{}
	for _, r := range a.Roles.Value {
		list = append(list, RoleLine(r.Template, wayOf(r)))
	}
	return listed(list, a.Roles.Known, a.Roles.Why)
}

func wayOf(r directory.Role) string {
	switch {
	case r.Eligible:
		return "eligible"
	case r.Via == directory.ViaGroup:
		return "group"
	}
	return "direct"
}

// azureRoles are the roles that an export names for the account, or for a group
// that it is in. Where no export was brought, none are known of. A group of
// which nobody knows the members may hold any account.
func azureRoles(s *directory.Snapshot, a *directory.Account) directory.Fact[[]string] {
	list, why := []string{}, ""
	for _, r := range s.AzureRoles.Value {
		switch {
		case sameID(r.Principal, a.ID):
			list = append(list, r.Role+" direct")
		case slices.ContainsFunc(a.Groups.Value, func(g string) bool { return sameID(g, r.Principal) }):
			list = append(list, r.Role+" group")
		case isGroup(r) && !readGroup(s, r.Principal):
			why = "the members of group " + r.Principal + ", which holds an Azure role, were not read"
		}
	}
	return listed(list, why == "", why)
}

// listed is a sorted list without repetitions; unknown where it may lack some.
func listed(list []string, known bool, why string) directory.Fact[[]string] {
	if !known && len(list) == 0 {
		return directory.Unknown[[]string](why)
	}
	slices.Sort(list)
	return directory.Fact[[]string]{Value: slices.Compact(list), Known: known, Why: why}
}

// delegates are those who use the mailbox of an account.
func delegates(a *directory.Account) directory.Fact[[]Delegate] {
	m := a.Mailbox.Value
	if m == nil {
		if !a.Mailbox.Known {
			return directory.Unknown[[]Delegate](a.Mailbox.Why)
		}
		return directory.Known([]Delegate{})
	}
	f := directory.Known([]Delegate{})
	for _, right := range []struct {
		name string
		fact directory.Fact[[]directory.Delegate]
	}{{"full_access", m.FullAccess}, {"send_as", m.SendAs}} {
		for _, d := range right.fact.Value {
			if !d.Deny {
				f.Value = append(f.Value, Delegate{d.Name, right.name})
			}
		}
		if !right.fact.Known {
			f.Known, f.Why = false, right.fact.Why
		}
	}
	for _, name := range m.SendOnBehalf.Value {
		f.Value = append(f.Value, Delegate{name, "send_on_behalf"})
	}
	if !m.SendOnBehalf.Known {
		f.Known, f.Why = false, m.SendOnBehalf.Why
	}
	return f
}

// change is the line of a plan that does a deed to an account.
func change(s *directory.Snapshot, a *directory.Account, d action.About, before string) Change {
	return Change{
		ID: changeID(d.Name, a.ID), Action: d.Name, Subject: check.Subject{Kind: "account", ID: a.ID, Name: a.Name}, UPN: a.UPN, Field: d.Field,
		Before: json.RawMessage(before), After: d.After, Reversible: string(d.Class), Delegates: delegates(a), Guard: GuardOf(s, a),
	}
}
