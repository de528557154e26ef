package rig

import (
	"strings"
	"time"
)

// privilegedSorts are resource accounts with a role.
func privilegedSorts() []sort {
	return []sort{
		{"role_direct", "a shared mailbox with a directory role", beginShared, roleDirect},
		{"role_scoped", "a shared mailbox with a role in an administrative unit", beginShared, roleScoped},
		{"role_by_group", "a shared mailbox in a group that has a role", beginShared, roleByGroup},
		{"role_nested", "a shared mailbox in a group that is in a group that has a role", beginShared, roleNested},
		{"role_eligible", "a shared mailbox that may activate a role", beginShared, roleEligible},
		{"role_eligible_group", "a shared mailbox in a group that may activate a role", beginShared, roleEligibleGroup},
	}
}

func roleDirect(g *maker, c *card) {
	g.assign(c.id, helpdeskAdministrator, "/")
	c.admin = true
	c.decide(Hold, BecauseRole)
}

func roleScoped(g *maker, c *card) {
	g.assign(c.id, userAdministrator, "/administrativeUnits/"+uuidOf(g.seed, useGroup, 99))
	c.admin = true
	c.decide(Hold, BecauseRole)
}

func roleByGroup(g *maker, c *card) {
	g.roleGroup.members = append(g.roleGroup.members, c)
	c.admin = true
	c.decide(Hold, BecauseRole)
}

// roleNested is a state that today's directory does not let you make: groups
// with roles take no groups as members. Loaded tenants have stranger things.
func roleNested(g *maker, c *card) {
	g.innerGroup.members = append(g.innerGroup.members, c)
	c.admin = true
	c.decide(Hold, BecauseRole)
}

// roleEligible needs P2: without it nobody can activate anything.
func roleEligible(g *maker, c *card) {
	if g.licence != "p2" {
		block(g, c)
		return
	}
	g.eligible(c.id, exchangeAdministrator)
	c.decide(Hold, BecauseRole)
}

func roleEligibleGroup(g *maker, c *card) {
	if g.licence != "p2" {
		block(g, c)
		return
	}
	g.eligibleGroup.members = append(g.eligibleGroup.members, c)
	c.decide(Hold, BecauseRole)
}

// hybridSorts are accounts that are mastered on-premises.
func hybridSorts() []sort {
	return []sort{
		{"synced_shared", "synchronised from on-premises", beginShared, synced},
		{"synced_room", "the same, a room", beginRoom, synced},
		{"synced_role", "synchronised, and it has a role", beginShared, syncedRole},
		{"synced_used", "synchronised, and somebody signs in", beginShared, syncedUsed},
		{"synced_blocked", "synchronised and blocked", beginShared, syncedBlocked},
	}
}

func synced(_ *maker, c *card) {
	c.sync = "now"
	c.decide(OnPremises, BecauseSynced)
}

func syncedRole(g *maker, c *card) {
	roleDirect(g, c)
	synced(g, c)
}

func syncedUsed(g *maker, c *card) {
	used(g, c)
	synced(g, c)
}

func syncedBlocked(g *maker, c *card) {
	synced(g, c)
	alreadyBlocked(g, c)
}

// peopleSorts are people and guests who are out of the ordinary. They get no
// verdict.
func peopleSorts() []sort {
	return []sort{
		{"leaver", "left, and is blocked since", beginPerson, leaver(20)},
		{"leaver_old", "left more than a year ago, and is blocked since", beginPerson, leaver(430)},
		{"never_person", "a person who never signed in", beginPerson, neverPerson},
		{"dormant", "a person who has not signed in for 200 days", beginPerson, dormant},
		{"bare", "a person without department, title or manager", beginPerson, bare},
		{"looks_shared", "a person's mailbox that is called like a function", beginPerson, looksShared},
		{"no_mailbox", "a person without licence and mailbox", beginPerson, noMailbox},
		{"service_account", "a program's account: no mailbox, signs in all day", beginPerson, serviceAccount},
		{"smtp_person", "a person who sends by SMTP AUTH", beginPerson, smtpPerson},
		{"unregistered", "enabled, and missing in the registration report", beginPerson, unregisteredPerson},
		{"no_mfa", "a person without any method", beginPerson, noMFA},
		{"federated", "a person in the federated domain", beginPerson, federatedPerson},
		{"synced_person", "a person who is synchronised", beginPerson, syncedPerson},
		{"admin_no_mfa", "an administrator without a method", beginPerson, adminNoMFA},
		{"admin_eligible", "may activate the highest role", beginPerson, adminEligible},
		{"admin_by_group", "an administrator by a group", beginPerson, adminByGroup},
		{"admin_synced", "an administrator who is synchronised", beginPerson, adminSynced},
		{"break_glass", "for emergencies: the highest role for good, no mailbox, never used", beginPerson, breakGlass},
		{"forwarding_person", "forwards all mail outside", beginPerson, forwardingPerson},
		{"guest_pending", "a guest who never accepted", beginGuest, guestPending},
		{"guest_stale", "a guest who has not signed in for a year", beginGuest, guestStale},
		{"guest_member", "came as a guest and is a member now", beginGuest, guestMember},
	}
}

func leaver(days float64) func(*maker, *card) {
	return func(g *maker, c *card) {
		c.created = g.ago(days + 1500)
		c.attempt, c.quiet, c.success = g.ago(days+1), g.ago(days+1), g.ago(days+1)
		c.enabled, c.skus = false, nil
		g.told(c, "Disable account", g.ago(days))
	}
}

func neverPerson(_ *maker, c *card) {
	c.silent()
	c.methods = nil
}

// silent takes all activity away.
func (c *card) silent() {
	c.attempt, c.quiet, c.success, c.visits = time.Time{}, time.Time{}, time.Time{}, nil
}

func dormant(g *maker, c *card) {
	c.created = g.ago(1400)
	c.attempt, c.quiet, c.success = g.ago(200), g.ago(199), g.ago(199)
}

func bare(_ *maker, c *card) {
	c.department, c.title, c.office, c.manager, c.employeeID, c.employeeType = "", "", "", "", "", ""
}

func looksShared(g *maker, c *card) {
	bare(g, c)
	c.name, c.first, c.last, c.skus = "Info Kundtjänst", "", "", nil
	c.silent()
}

func noMailbox(_ *maker, c *card) {
	c.box, c.skus, c.mail = "", nil, ""
}

func serviceAccount(g *maker, c *card) {
	noMailbox(g, c)
	bare(g, c)
	c.name, c.policies, c.methods = "svc-"+plain(c.last), "DisablePasswordExpiration", nil
}

func smtpPerson(g *maker, c *card) {
	c.smtp = true
	c.visits = append(c.visits, visit{at: g.ago(1.1), client: "Authenticated SMTP"})
}

func unregisteredPerson(_ *maker, c *card) { c.unregistered = true }

func noMFA(_ *maker, c *card) { c.methods = nil }

func federatedPerson(g *maker, c *card) {
	c.upn = c.alias + "@" + g.federated
	c.boxUPN, c.sync = c.upn, "now"
}

func syncedPerson(_ *maker, c *card) { c.sync = "now" }

func adminNoMFA(g *maker, c *card) {
	g.assign(c.id, userAdministrator, "/")
	c.admin, c.methods = true, nil
}

func adminEligible(g *maker, c *card) {
	if g.licence == "p2" {
		g.eligible(c.id, globalAdministrator)
	}
}

func adminByGroup(g *maker, c *card) {
	g.roleGroup.members = append(g.roleGroup.members, c)
	c.admin = true
}

func adminSynced(g *maker, c *card) {
	c.sync, c.admin = "now", true
	g.assign(c.id, helpdeskAdministrator, "/")
}

func breakGlass(g *maker, c *card) {
	noMailbox(g, c)
	bare(g, c)
	c.silent()
	c.name, c.first, c.last = "Nödåtkomst", "", ""
	c.alias = "nodatkomst" + string(rune('a'+c.nth%26))
	c.upn = c.alias + "@" + g.initial
	c.admin, c.methods, c.policies = true, []method{{"fido2", g.ago(700)}}, "DisablePasswordExpiration"
	g.assign(c.id, globalAdministrator, "/")
	g.emergency.members = append(g.emergency.members, c)
}

func forwardingPerson(_ *maker, c *card) {
	c.forwardTo, c.keepCopy = "privat@example.org", true
	c.rules = []rule{{name: "privat", forwardTo: "privat@example.org", enabled: true}}
}

func guestPending(_ *maker, c *card) {
	c.external = "PendingAcceptance"
	c.silent()
	c.methods = nil
}

func guestStale(g *maker, c *card) {
	c.created = g.ago(900)
	c.attempt, c.quiet, c.success = g.ago(370), g.ago(371), g.ago(371)
}

func guestMember(_ *maker, c *card) {
	c.userType = "Member"
	c.label.Kind = "person" // the directory says so, though the address tells of the origin
}

// systemSorts are accounts that the service made for itself.
func systemSorts() []sort {
	return []sort{
		{"discovery", "the account of the discovery search mailbox", beginSystem, discovery},
		{"sync_account", "the account of the directory synchronisation", beginSystem, syncAccount},
	}
}

func discovery(g *maker, c *card) {
	c.alias = "DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}"
	c.name, c.upn = "Discovery Search Mailbox", c.alias+"@"+g.initial
	c.box, c.boxID, c.boxUPN, c.mail, c.hidden, c.enabled = "DiscoveryMailbox", c.id, c.upn, c.upn, true, true
	c.made = c.created
}

func syncAccount(g *maker, c *card) {
	c.alias = "Sync_DC01_" + strings.ReplaceAll(c.id, "-", "")[:12]
	c.name, c.upn = "On-Premises Directory Synchronization Service Account", c.alias+"@"+g.initial
	c.enabled = true
	c.signedIn(g.ago(0.02), true)
	c.visits = nil
	g.assign(c.id, directorySynchronization, "/")
}
