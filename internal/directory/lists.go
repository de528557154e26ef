package directory

import (
	"slices"
	"strings"
)

// Lists are the live lists of the baseline that the snapshot can answer:
// resource_accounts, teams_rooms, guests, disabled_accounts, privileged_users
// (whoever holds an Entra role directly, by a group or as eligible),
// accepted_domains, home_tenant_id, and role:TEMPLATE-ID and group:ID for every
// role and group. DormantAccounts gives one more, which needs a number.
// Members are object ids in lower case, sorted. A list that needs something
// which was not looked at is left out; Missing then names the part.
func (s *Snapshot) Lists() map[string][]string {
	lists := map[string][]string{}
	if s.whole(UsersPart) {
		lists["guests"] = s.ids(func(a *Account) bool { return isGuest(a) })
		if len(s.Accounts) == 0 || slices.ContainsFunc(s.Accounts, func(a Account) bool { return a.Enabled.Known }) {
			lists["disabled_accounts"] = s.ids(func(a *Account) bool { return Is(a.Enabled, false) })
		}
	}
	if list, ok := s.resourceAccounts(); ok {
		lists["resource_accounts"] = list
	}
	if list, ok := s.teamsRooms(); ok {
		lists["teams_rooms"] = list
	}
	if s.Domains.Known {
		var names []string
		for _, d := range s.Domains.Value {
			if d.Verified {
				names = append(names, d.Name)
			}
		}
		lists["accepted_domains"] = sorted(names)
	}
	if s.Tenant != "" {
		lists["home_tenant_id"] = []string{s.Tenant}
	}
	s.roleLists(lists)
	return lists
}

// DormantAccounts are the enabled accounts that were made more than so many
// days before the snapshot was taken and that nobody got in to since: the live
// list dormant_accounts. ids are as in Lists. ok is false where the snapshot
// does not say when it was taken, or cannot tell it of every such account.
func (s *Snapshot) DormantAccounts(days int) (ids []string, ok bool) {
	if !s.whole(UsersPart) || s.Taken.IsZero() {
		return nil, false
	}
	since := s.Taken.AddDate(0, 0, -days)
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if Is(a.Enabled, false) || a.Created.Known && !a.Created.Value.Before(since) {
			continue
		}
		used := s.UsedSince(a, since, s.Taken)
		switch {
		case Is(used, true):
		case !used.Known, !a.Enabled.Known, !a.Created.Known:
			return nil, false
		default:
			ids = append(ids, a.ID)
		}
	}
	return sorted(ids), true
}

func (s *Snapshot) whole(part string) bool {
	return slices.ContainsFunc(s.Parts, func(p PartState) bool { return p.Name == part && p.State == StateComplete })
}

func isGuest(a *Account) bool { return strings.EqualFold(a.UserType, "guest") }

func (s *Snapshot) ids(which func(*Account) bool) []string {
	var ids []string
	for i := range s.Accounts {
		if which(&s.Accounts[i]) {
			ids = append(ids, s.Accounts[i].ID)
		}
	}
	return sorted(ids)
}

// resourceAccounts goes by the mailboxes, or where they were not read by the
// kinds of all accounts.
func (s *Snapshot) resourceAccounts() ([]string, bool) {
	ids := s.ids(func(a *Account) bool { return a.Kind.Known && a.Kind.Value.Resource() })
	if !s.whole(MailboxesPart) {
		unknown := slices.ContainsFunc(s.Accounts, func(a Account) bool { return !a.Kind.Known })
		return ids, s.whole(UsersPart) && !unknown
	}
	for _, m := range s.Orphans {
		if m.ID != "" && mailboxKinds[strings.ToLower(m.Type)].Resource() {
			ids = append(ids, m.ID)
		}
	}
	return sorted(ids), true
}

// teamsRooms are the accounts that sign in a Teams Rooms system.
func (s *Snapshot) teamsRooms() ([]string, bool) {
	unknown := slices.ContainsFunc(s.Accounts, func(a Account) bool { return !a.TeamsRoom().Known })
	return s.ids(func(a *Account) bool { return Is(a.TeamsRoom(), true) }), s.whole(UsersPart) && !unknown
}

// roleLists needs all of assignments, eligibilities and groups: with one of
// them missing somebody privileged would look like nobody.
func (s *Snapshot) roleLists(lists map[string][]string) {
	members := map[string][]string{}
	for _, g := range s.Groups.Value {
		members[g.ID] = g.Members.Value
		if s.Groups.Known && g.Members.Known {
			lists["group:"+g.ID] = sorted(g.Members.Value)
		}
	}
	if !s.Groups.Known || !s.Assignments.Known || slices.ContainsFunc(s.Assignments.Value, s.unreadGroup) {
		return
	}
	template := map[string]string{}
	for _, r := range s.Roles.Value {
		template[r.ID] = r.Template
	}
	roles := map[string][]string{}
	var all []string
	for _, a := range s.Assignments.Value {
		holders := []string{a.Principal}
		if m, isGroup := members[a.Principal]; isGroup {
			holders = m
		}
		role := firstOf(template[a.Role], a.Role)
		roles[role] = append(roles[role], holders...)
		all = append(all, holders...)
	}
	for role, holders := range roles {
		lists["role:"+role] = sorted(holders)
	}
	lists["privileged_users"] = sorted(all)
}

// unreadGroup is true where a role is held by a group whose members were not
// read.
func (s *Snapshot) unreadGroup(a Assignment) bool {
	i := slices.IndexFunc(s.Groups.Value, func(g Group) bool { return g.ID == a.Principal })
	if i < 0 {
		return a.PrincipalType == "group"
	}
	return !s.Groups.Value[i].Members.Known
}
