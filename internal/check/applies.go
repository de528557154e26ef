package check

import (
	"slices"
	"strings"

	"vakt/internal/directory"
	"vakt/internal/rule"
)

// applies tells whether a policy is for an account. partly is true where it is
// so only at times: by a role that must be activated first, or unless such a
// role is.
func (j *judge) applies(p *directory.Policy, a *directory.Account) (applies rule.Truth, partly bool) {
	in, inPartly := j.named(a, p.Users.IncludeUsers, p.Users.IncludeGroups, p.Users.IncludeRoles, p.Users.IncludeGuests)
	if in == rule.False && !inPartly {
		return rule.False, false
	}
	out, outPartly := j.named(a, p.Users.ExcludeUsers, p.Users.ExcludeGroups, p.Users.ExcludeRoles, p.Users.ExcludeGuests)
	partly = outPartly || in == rule.False
	if in == rule.False {
		in = rule.True // at times
	}
	return min(in, rule.True-out), partly
}

// named tells whether a list of users, groups, roles and types of guests names
// an account. partly is true where only a role does that is not active.
func (j *judge) named(a *directory.Account, users, groups, roles, guests []string) (named rule.Truth, partly bool) {
	for _, u := range users {
		switch {
		case u == "All", strings.EqualFold(u, a.ID):
			return rule.True, false
		case u == "GuestsOrExternalUsers":
			named = max(named, guestTruth(a))
		}
	}
	for _, g := range groups {
		named = max(named, j.inGroup(a, g))
	}
	byRole, partly := hasRole(a, roles)
	named = max(named, byRole, guestOf(a, guests))
	return named, partly && named == rule.False
}

// inGroup looks the membership up on both sides: what the group says, and what
// the account says.
func (j *judge) inGroup(a *directory.Account, id string) rule.Truth {
	id = strings.ToLower(id)
	g := j.groups[id]
	switch {
	case slices.ContainsFunc(a.Groups.Value, func(x string) bool { return strings.EqualFold(x, id) }), g != nil && g.members[a.ID]:
		return rule.True
	case g == nil || !j.s.Groups.Known || !g.Members.Known:
		return rule.Unknown
	}
	return rule.False
}

// hasRole compares template ids. Conditional Access knows roles for the whole
// tenant only, and roles that are active; partly is true of one that is
// eligible.
func hasRole(a *directory.Account, templates []string) (active rule.Truth, partly bool) {
	if len(templates) == 0 {
		return rule.False, false
	}
	for _, r := range a.Roles.Value {
		wanted := slices.ContainsFunc(templates, func(t string) bool { return strings.EqualFold(t, r.Template) })
		switch {
		case !wanted || r.Scope != "" && r.Scope != "/":
		case r.Eligible:
			partly = true
		default:
			return rule.True, false
		}
	}
	if !a.Roles.Known {
		return rule.Unknown, partly
	}
	return rule.False, partly
}

// guestTruth tells whether an account counts among guests and external users.
func guestTruth(a *directory.Account) rule.Truth {
	switch kind := guestType(a); {
	case !kind.Known:
		return rule.Unknown
	case kind.Value == "":
		return rule.False
	}
	return rule.True
}

// guestOf tells whether an account is of one of some guestOrExternalUserTypes.
func guestOf(a *directory.Account, types []string) rule.Truth {
	if len(types) == 0 {
		return rule.False
	}
	kind := guestType(a)
	switch {
	case !kind.Known:
		return rule.Unknown
	case kind.Value != "" && slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, kind.Value) }):
		return rule.True
	}
	return rule.False
}

// guestType is the account's guestOrExternalUserType as far as the directory
// shows it; "" for a member of the tenant itself.
func guestType(a *directory.Account) directory.Fact[string] {
	invited := strings.Contains(strings.ToUpper(a.UPN), "#EXT#") || strings.EqualFold(a.CreationType.Value, "Invitation")
	switch guest := strings.EqualFold(a.UserType, "guest"); {
	case guest && invited:
		return directory.Known("b2bCollaborationGuest")
	case guest && !a.CreationType.Known:
		return directory.Unknown[string](a.CreationType.Why)
	case guest:
		return directory.Known("internalGuest")
	case invited:
		return directory.Known("b2bCollaborationMember")
	}
	return directory.Known("")
}
