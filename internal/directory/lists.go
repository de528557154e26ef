package directory

import (
	"maps"
	"slices"
	"strings"
)

// user is what lists need of a Graph user.
type user struct {
	ID             string `json:"id"`
	UserType       string `json:"userType"`
	AccountEnabled *bool  `json:"accountEnabled"`
}

// mailbox is what lists need of a Get-Mailbox object.
type mailbox struct {
	ExternalDirectoryObjectID string `json:"ExternalDirectoryObjectId"`
	RecipientTypeDetails      string `json:"RecipientTypeDetails"`
}

// assignment is a role assignment, or an eligibility for one.
type assignment struct {
	PrincipalID      string `json:"principalId"`
	RoleDefinitionID string `json:"roleDefinitionId"`
}

// group carries its transitive members.
type group struct {
	ID      string `json:"id"`
	Members []struct {
		Type string `json:"@odata.type"`
		ID   string `json:"id"`
	} `json:"members"`
}

type domain struct {
	ID         string `json:"id"`
	IsVerified bool   `json:"isVerified"`
}

// resourceTypes are the mailboxes that nobody signs in to.
var resourceTypes = []string{"SharedMailbox", "RoomMailbox", "EquipmentMailbox", "SchedulingMailbox"}

// Lists are the live lists of the baseline that the folder can answer:
// resource_accounts, guests, disabled_accounts, privileged_users (whoever holds
// an Entra role directly, by a group or as eligible), accepted_domains,
// home_tenant_id, and role:TEMPLATE-ID and group:ID for every role and group.
// Members are object ids in lower case, sorted. A list that needs a part which
// was not looked at is left out; Missing then names the part.
func (d *Directory) Lists() map[string][]string {
	lists := map[string][]string{}
	d.userLists(lists)
	if boxes, ok := load[mailbox](d, mailboxesFile); ok {
		lists["resource_accounts"] = idsOf(boxes, func(m mailbox) (string, bool) {
			return m.ExternalDirectoryObjectID, slices.Contains(resourceTypes, m.RecipientTypeDetails)
		})
	}
	if domains, ok := load[domain](d, domainsFile); ok {
		lists["accepted_domains"] = idsOf(domains, func(x domain) (string, bool) { return x.ID, x.IsVerified })
	}
	if d.Tenant != "" {
		lists["home_tenant_id"] = []string{d.Tenant}
	}
	d.roleLists(lists)
	return lists
}

func (d *Directory) userLists(lists map[string][]string) {
	users, ok := load[user](d, usersFile)
	if !ok {
		return
	}
	lists["guests"] = idsOf(users, func(u user) (string, bool) { return u.ID, strings.EqualFold(u.UserType, "guest") })
	lists["disabled_accounts"] = idsOf(users, func(u user) (string, bool) { return u.ID, u.AccountEnabled != nil && !*u.AccountEnabled })
}

// roleLists needs all of assignments, eligibilities and groups: with one of
// them missing somebody privileged would look like nobody.
func (d *Directory) roleLists(lists map[string][]string) {
	groups, haveGroups := load[group](d, groupsFile)
	members := map[string][]string{}
	for _, g := range groups {
		for _, m := range g.Members {
			if strings.HasSuffix(m.Type, ".user") {
				members[strings.ToLower(g.ID)] = append(members[strings.ToLower(g.ID)], strings.ToLower(m.ID))
			}
		}
		lists["group:"+strings.ToLower(g.ID)] = sorted(members[strings.ToLower(g.ID)])
	}
	active, haveActive := load[assignment](d, assignmentsFile)
	eligible, haveEligible := load[assignment](d, eligibilitiesFile)
	if !haveGroups || !haveActive || !haveEligible {
		return
	}
	roles := map[string][]string{}
	var all []string
	for _, a := range slices.Concat(active, eligible) {
		role, principal := strings.ToLower(a.RoleDefinitionID), strings.ToLower(a.PrincipalID)
		holders := []string{principal}
		if m, isGroup := members[principal]; isGroup {
			holders = m
		}
		roles[role] = append(roles[role], holders...)
		all = append(all, holders...)
	}
	for role := range maps.Keys(roles) {
		lists["role:"+role] = sorted(roles[role])
	}
	lists["privileged_users"] = sorted(all)
}

func idsOf[T any](items []T, pick func(T) (string, bool)) []string {
	var ids []string
	for _, item := range items {
		if id, ok := pick(item); ok && id != "" {
			ids = append(ids, strings.ToLower(id))
		}
	}
	return sorted(ids)
}

// sorted is never nil: a list that was read may be empty.
func sorted(ids []string) []string {
	list := append([]string{}, ids...)
	slices.Sort(list)
	return slices.Compact(list)
}
