package check

import (
	"slices"
	"strings"

	"vakt/internal/directory"
)

// The populations of MFA coverage.
const (
	EnabledMembers   = "enabled_members"
	WithoutResources = "without_resource_accounts"
	AfterBlock       = "after_block"
	Guests           = "guests"
)

// coverage counts MFA coverage. Disabled accounts are in no population: the
// registration report leaves them out (Microsoft Graph:
// userRegistrationDetails), and nobody can sign in to them.
func (j *judge) coverage(verdicts []AccountVerdict) []Coverage {
	list := []Coverage{
		{Population: EnabledMembers, Words: "all enabled accounts but guests"},
		{Population: WithoutResources, Words: "enabled accounts of people: without guests, resource accounts and objects of the system"},
		{Population: AfterBlock, Words: "all enabled accounts but guests, after the accounts with the verdict block are blocked"},
		{Population: Guests, Words: "enabled guests"},
	}
	toBlock := map[string]bool{}
	for i := range verdicts {
		if verdicts[i].Verdict == Block {
			toBlock[verdicts[i].Account.ID] = true
		}
	}
	for _, a := range j.accounts {
		if directory.Is(a.Enabled, false) {
			continue
		}
		if isGuest(a) {
			list[3].count(a, directory.Known(true))
			continue
		}
		list[0].count(a, directory.Known(true))
		list[1].count(a, ofPeople(a))
		list[2].count(a, directory.Known(!toBlock[a.ID]))
	}
	for i := range list {
		for _, ids := range [][]string{list[i].CapableIDs, list[i].NotIDs, list[i].UnknownIDs} {
			slices.Sort(ids)
		}
	}
	return list
}

func isGuest(a *directory.Account) bool {
	return strings.EqualFold(a.UserType, "guest") || directory.Is(a.Kind, directory.KindGuest)
}

func ofPeople(a *directory.Account) directory.Fact[bool] {
	if !a.Kind.Known {
		return directory.Unknown[bool](a.Kind.Why)
	}
	return directory.Known(!a.Kind.Value.Resource() && a.Kind.Value != directory.KindSystem)
}

// count adds an account to a population. It is unknown there where it is not
// known to belong, to be enabled, or to have a row in the report.
func (c *Coverage) count(a *directory.Account, in directory.Fact[bool]) {
	if directory.Is(in, false) {
		return
	}
	c.Total++
	switch {
	case !in.Known:
		c.unread(a, in.Why)
	case !a.Enabled.Known:
		c.unread(a, a.Enabled.Why)
	case !a.Registration.Known:
		c.unread(a, a.Registration.Why)
	case a.Registration.Value == nil:
		c.unread(a, "the registration report has no row of the account")
	case a.Registration.Value.Capable:
		c.Capable++
		c.CapableIDs = append(c.CapableIDs, a.ID)
	default:
		c.NotIDs = append(c.NotIDs, a.ID)
	}
}

func (c *Coverage) unread(a *directory.Account, why string) {
	c.Unknown++
	c.UnknownIDs = append(c.UnknownIDs, a.ID)
	if c.Why == "" {
		c.Why = why
	}
}
