package rig

import "strings"

// Template ids of directory roles (Microsoft Learn, "Microsoft Entra built-in
// roles"). Built-in roles have the same id in every tenant.
const (
	globalAdministrator      = "62e90394-69f5-4237-9190-012177145e10"
	userAdministrator        = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	helpdeskAdministrator    = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	exchangeAdministrator    = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	directorySynchronization = "d29b2b05-8046-44ba-8758-1e26182fcf32"
)

// builtIn lists the roles that a tenant here knows.
var builtIn = [][2]string{
	{globalAdministrator, "Global Administrator"},
	{"e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator"},
	{"7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator"},
	{userAdministrator, "User Administrator"},
	{helpdeskAdministrator, "Helpdesk Administrator"},
	{exchangeAdministrator, "Exchange Administrator"},
	{"194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator"},
	{"5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader"},
	{"f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"},
	{"c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator"},
	{"966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator"},
	{"fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator"},
	{"b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator"},
	{"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator"},
	{"158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator"},
	{"69091246-20e8-4a56-aa4d-066075b2a7a8", "Teams Administrator"},
	{"f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator"},
	{"3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator"},
	{"88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers"},
	{directorySynchronization, "Directory Synchronization Accounts"},
	{"4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader"},
}

func (g *maker) roles() {
	for _, role := range builtIn {
		g.state.add(RoleDefinitions, "", made(func(w *writer) {
			w.str("id", role[0])
			w.nulls("description")
			w.str("displayName", role[1])
			w.bit("isBuiltIn", true)
			w.bit("isEnabled", true)
			w.strs("resourceScopes", "/")
			w.str("templateId", role[0])
			w.str("version", "1")
		}))
	}
	for i, a := range g.granted {
		g.state.add(RoleAssignments, "", made(func(w *writer) {
			w.str("id", g.assignmentID(i))
			a.write(w)
		}))
		if g.licence == "p2" {
			g.state.add(RoleSchedules, "", g.schedule(a, i, true))
		}
	}
	for i, a := range g.mayActivate {
		g.state.add(RoleEligibilities, "", g.schedule(a, len(g.granted)+i, false))
	}
}

func (a *grant) write(w *writer) {
	w.str("principalId", a.principal)
	w.str("roleDefinitionId", a.role)
	w.str("directoryScopeId", a.scope)
	w.nulls("appScopeId")
}

func (g *maker) assignmentID(i int) string {
	id := uuidOf(g.seed, useGroup, uint64(i), 1)
	return "lAPpYvVpN0KRkAEhdxReE" + id[24:] + id[:8] + "-1"
}

func (g *maker) schedule(a grant, i int, active bool) Object {
	return made(func(w *writer) {
		w.str("id", uuidOf(g.seed, useGroup, uint64(i), 2))
		a.write(w)
		w.time("createdDateTime", g.ago(300))
		w.nulls("createdUsing", "modifiedDateTime")
		w.str("status", "Provisioned")
		if active {
			w.str("assignmentType", "Assigned")
		}
		w.str("memberType", "Direct")
		w.object("scheduleInfo", func() {
			w.time("startDateTime", g.ago(300))
			w.nulls("recurrence")
			w.object("expiration", func() {
				w.str("type", "noExpiration")
				w.nulls("endDateTime", "duration")
			})
		})
	})
}

// group is a group of the directory while the tenant is made.
type group struct {
	id, name   string
	assignable bool
	mail       string
	members    []*card
	people     []int
	nested     []*group
}

func (g *maker) groups() {
	n := uint64(0)
	named := func(name string, assignable bool) *group {
		n++
		return &group{id: uuidOf(g.seed, useGroup, n, 3), name: name, assignable: assignable}
	}
	g.emergency = named("Nödåtkomst, undantas från policyer", true)
	g.roleGroup = named("Roll Helpdesk", true)
	g.innerGroup = named("Helpdesk inre", false)
	g.eligibleGroup = named("Roll Exchange, kan aktiveras", true)
	g.rooms = named("Teams-rum", false)
	g.exempt = named("Undantag MFA", false)
	g.all = named("Funktionsbrevlådor", false)
	g.roleGroup.nested = []*group{g.innerGroup}
	g.exempt.nested = []*group{g.rooms, g.all}
}

// join puts cards into the groups that policies name, and gives groups their
// roles.
func (g *maker) join() {
	for i := range g.cards {
		c := &g.cards[i]
		switch {
		case strings.HasPrefix(c.sort, "teams_room"):
			g.rooms.members = append(g.rooms.members, c)
		case c.box == "SharedMailbox" && c.nth%2 == 0:
			g.all.members = append(g.all.members, c)
		}
	}
	for place := 0; place < g.people && g.account(place).Admin; place++ {
		role := builtIn[place%8][0]
		g.assign(g.account(place).ID, role, "/")
		g.roleGroup.people = append(g.roleGroup.people, place)
	}
	g.assign(g.roleGroup.id, helpdeskAdministrator, "/")
	if g.licence == "p2" {
		g.mayActivate = append(g.mayActivate, grant{g.eligibleGroup.id, exchangeAdministrator, "/"})
	}
	for _, each := range []*group{g.emergency, g.roleGroup, g.innerGroup, g.eligibleGroup, g.rooms, g.exempt, g.all} {
		g.state.add(Groups, "", g.group(each))
	}
	helpers := &group{id: uuidOf(g.seed, useGroup, 8, 3), name: g.delegates, mail: "delegater@" + g.domain}
	for place := 1; place < g.people; place += 1 + g.people/8 {
		helpers.people = append(helpers.people, place)
	}
	g.state.add(Groups, "", g.group(helpers))
}

func (g *maker) group(each *group) Object {
	return made(func(w *writer) {
		w.str("id", each.id)
		w.time("createdDateTime", g.ago(900))
		w.nulls("description")
		w.str("displayName", each.name)
		w.strs("groupTypes")
		if each.assignable {
			w.bit("isAssignableToRole", true)
		} else {
			w.nulls("isAssignableToRole")
		}
		w.text("mail", each.mail)
		w.bit("mailEnabled", each.mail != "")
		w.str("mailNickname", plain(each.name))
		w.nulls("membershipRule", "onPremisesSyncEnabled")
		w.bit("securityEnabled", true)
		w.text("visibility", "")
		w.list("members", func() { g.members(w, each) })
	})
}

// members writes everybody in a group, and the groups in it, however deep.
func (g *maker) members(w *writer, each *group) {
	for _, c := range each.members {
		w.item(func() { member(w, "user", c.id, c.name, c.upn) })
	}
	for _, place := range each.people {
		a := g.account(place)
		w.item(func() { member(w, "user", a.ID, a.Name, a.UPN) })
	}
	for _, inner := range each.nested {
		w.item(func() { member(w, "group", inner.id, inner.name, "") })
		g.members(w, inner)
	}
}

func member(w *writer, kind, id, name, upn string) {
	w.str("@odata.type", "#microsoft.graph."+kind)
	w.str("id", id)
	w.str("displayName", name)
	if upn != "" {
		w.str("userPrincipalName", upn)
	}
}
