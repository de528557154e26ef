package check

import (
	"vakt/internal/directory"
)

// population is whom a check looks at: accounts, or the tenant. Its name is
// the service of the check's log source.
type population struct {
	name  string
	words string // whom it holds, for people
	// has tells whether an account is in it; an account of which that is
	// not known is one that the check could not look at. Nil for a tenant.
	has func(v *view) directory.Fact[bool]
	// tenant is the same for a tenant, which lacks a licence otherwise.
	tenant func(j *judge) directory.Fact[bool]
}

// populations lists whom checks can look at.
var populations = []population{
	{name: "verdict", words: "accounts that get a verdict: resource accounts, objects of the system, and accounts of unknown kind", has: func(v *view) directory.Fact[bool] { return directory.Known(v.verdict != nil) }},
	{name: "resource", words: "resource accounts", has: resource},
	{name: "enabled_resource", words: "resource accounts whose sign-in is enabled", has: func(v *view) directory.Fact[bool] { return both(enabled(v), resource(v)) }},
	{name: "active_resource", words: "resource accounts that must stay enabled for now: verdict exception or hold", has: staysActive},
	{name: "teams_room", words: "Teams Rooms whose sign-in is enabled", has: func(v *view) directory.Fact[bool] { return both(enabled(v), v.a.TeamsRoom()) }},
	{name: "mailbox", words: "accounts with a mailbox", has: hasMailbox},
	{name: "searched_mailbox", words: "accounts in whose mailbox somebody searched for an investigation", has: func(v *view) directory.Fact[bool] { return v.j.s.Searched(v.a.ID) }},
	{name: "enabled", words: "accounts whose sign-in is enabled", has: enabled},
	{name: "person", words: "people's accounts whose sign-in is enabled", has: func(v *view) directory.Fact[bool] { return both(enabled(v), ofKind(v, directory.KindPerson)) }},
	{name: "human", words: "accounts of people and guests whose sign-in is enabled", has: func(v *view) directory.Fact[bool] {
		return both(enabled(v), either(ofKind(v, directory.KindPerson), ofKind(v, directory.KindGuest)))
	}},
	{name: "disabled_person", words: "people's and guests' accounts whose sign-in is blocked", has: func(v *view) directory.Fact[bool] {
		return both(opposite(enabled(v)), either(ofKind(v, directory.KindPerson), ofKind(v, directory.KindGuest)))
	}},
	{name: "privileged", words: "enabled accounts that hold one of privileged_roles, eligible ones included", has: func(v *view) directory.Fact[bool] { return both(enabled(v), privileged(v)) }},
	{name: "azure_privileged", words: "enabled accounts that hold a privileged role in an Azure subscription", has: func(v *view) directory.Fact[bool] { return both(enabled(v), azurePrivileged(v)) }},

	{name: "tenant", words: "the tenant", tenant: func(*judge) directory.Fact[bool] { return directory.Known(true) }},
	{name: "tenant_p2", words: "the tenant, where it has Entra ID P2", tenant: func(j *judge) directory.Fact[bool] { return j.hasPlan(planP2) }},
}

// planP2 is the service plan of Entra ID P2 (AAD_PREMIUM_P2).
const planP2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"

func populationNamed(name string) *population {
	for i := range populations {
		if populations[i].name == name {
			return &populations[i]
		}
	}
	return nil
}

func enabled(v *view) directory.Fact[bool] { return v.a.Enabled }

func resource(v *view) directory.Fact[bool] {
	if !v.a.Kind.Known {
		if v.verdict == nil { // a guest has no verdict, whatever its mailbox
			return directory.Known(false)
		}
		return directory.Unknown[bool](v.a.Kind.Why)
	}
	return directory.Known(v.a.Kind.Value.Resource())
}

func staysActive(v *view) directory.Fact[bool] {
	in := directory.Known(v.verdict != nil && (v.verdict.Verdict == Excepted || v.verdict.Verdict == Hold))
	return both(in, resource(v))
}

func hasMailbox(v *view) directory.Fact[bool] {
	if !v.a.Mailbox.Known {
		return directory.Unknown[bool](v.a.Mailbox.Why)
	}
	return directory.Known(v.a.Mailbox.Value != nil)
}

func ofKind(v *view, k directory.Kind) directory.Fact[bool] {
	if !v.a.Kind.Known {
		return directory.Unknown[bool](v.a.Kind.Why)
	}
	return directory.Known(v.a.Kind.Value == k)
}

// privileged is true as soon as one such role was seen.
func privileged(v *view) directory.Fact[bool] {
	in := directory.Known(false)
	if !v.a.Roles.Known {
		in = directory.Unknown[bool](v.a.Roles.Why)
	}
	for _, r := range v.a.Roles.Value {
		in = either(in, v.j.privileged.holds(v.j.now, r.Template))
	}
	return in
}

func azurePrivileged(v *view) directory.Fact[bool] {
	roles := v.azureRoles()
	if roles.unknown {
		return directory.Unknown[bool](roles.why)
	}
	return directory.Known(len(roles.list) > 0)
}

// hasPlan tells whether a licence of the tenant holds a service plan.
func (j *judge) hasPlan(id string) directory.Fact[bool] {
	if !j.s.SKUs.Known {
		return directory.Unknown[bool](j.s.SKUs.Why)
	}
	for _, sku := range j.s.SKUs.Value {
		for _, p := range sku.Plans {
			if p.ID == id && sku.Status != "Suspended" && sku.Status != "LockedOut" {
				return directory.Known(true)
			}
		}
	}
	return directory.Known(false)
}

// both is Kleene's and: false where one is false, else unknown where one is.
func both(a, b directory.Fact[bool]) directory.Fact[bool] {
	switch {
	case directory.Is(a, false) || a.Known && !directory.Is(b, false):
		if directory.Is(a, false) {
			return a
		}
		return b
	}
	if directory.Is(b, false) {
		return b
	}
	return a
}

// either is Kleene's or.
func either(a, b directory.Fact[bool]) directory.Fact[bool] {
	return opposite(both(opposite(a), opposite(b)))
}

func opposite(a directory.Fact[bool]) directory.Fact[bool] {
	if a.Known {
		a.Value = !a.Value
	}
	return a
}
