package rig

// sharedSorts are mailboxes that nobody signs in to: what a scan is for. All
// of them can be blocked without hurting anybody.
func sharedSorts() []sort {
	return []sort{
		{"forgotten_shared", "shared mailbox with sign-in enabled that nobody ever signed in to", beginShared, forgotten},
		{"forgotten_room", "the same, a room", beginRoom, forgotten},
		{"forgotten_equipment", "the same, equipment", beginEquipment, forgotten},
		{"forgotten_scheduling", "the same, a Bookings calendar", beginScheduling, forgotten},
		{"workspace", "a desk that can be booked: a room mailbox of another resource type", beginRoom, workspace},
		{"new_shared", "shared mailbox that was made yesterday", beginShared, newShared},
		{"no_owner", "shared mailbox without delegates", beginShared, noOwner},
		{"group_delegate", "shared mailbox that a group may open", beginShared, groupDelegate},
		{"attempted_shared", "somebody tries to sign in, and never succeeded", beginShared, attempted},
		{"attempted_quiet", "non-interactive attempts that never succeeded", beginShared, attemptedQuiet},
		{"attempted_stale", "tried yesterday; the last success was 400 days ago", beginShared, attemptedStale},
		{"stale_400", "the last success was 400 days ago", beginShared, staleFor(400)},
		{"stale_91", "the last success was 91 days ago", beginShared, staleFor(91)},
		{"converted_long_ago", "was a person's mailbox; nobody signed in for 700 days and nothing of the person is left", beginShared, convertedLongAgo},
		{"licensed_shared", "has a mailbox licence because of its size and archive", beginShared, licensed},
		{"litigation_hold", "on litigation hold, with the licence that this needs", beginShared, litigation},
		{"teams_licence_idle", "a Teams Rooms licence on a shared mailbox that nobody uses", beginShared, teamsLicenceIdle},
		{"forwarding_out", "forwards all mail outside", beginShared, forwardingOut},
		{"forwarding_in", "forwards inside", beginShared, forwardingIn},
		{"rule_out", "an inbox rule forwards outside", beginShared, ruleOut},
		{"legacy_shared", "IMAP, POP and SMTP AUTH switched on", beginShared, legacyShared},
		{"audit_bypass", "mailbox auditing is bypassed", beginShared, bypassed},
		{"audit_off", "mailbox auditing is off", beginShared, auditOff},
		{"mfa_old", "has an authentication method that is years old", beginShared, mfaOld},
		{"weak_password", "strong passwords are switched off for it", beginShared, weakPassword},
		{"department_shared", "department and title are filled in, which is no sign of a person", beginShared, departmentShared},
		{"no_user_type", "userType is null, as in very old accounts", beginShared, noUserType},
		{"odd_case", "ids and addresses in other case in Exchange", beginShared, oddCase},
		{"renamed", "Exchange still has the old UPN: only the id leads to the account", beginShared, renamed},
		{"by_upn_only", "Exchange has no id of the account: only the UPN leads there", beginShared, byUPNOnly},
		{"federated_shared", "made in the cloud, in a federated domain", beginShared, federatedShared},
		{"was_synced", "was synchronised once, and is managed in the cloud now", beginShared, wasSynced},
		{"voice", "account of an auto attendant or call queue", beginVoice, block},
	}
}

func forgotten(g *maker, c *card) {
	c.activityNull = c.nth%5 == 4
	block(g, c)
}

func workspace(g *maker, c *card) {
	c.resourceType = "Workspace"
	block(g, c)
}

func newShared(g *maker, c *card) {
	c.created = g.ago(1)
	c.password, c.validFrom, c.made = c.created, c.created, c.created.Add(30e9)
	g.told(c, "Add user", c.created)
	block(g, c)
}

func noOwner(g *maker, c *card) {
	c.access, c.sendAs, c.behalf = nil, nil, nil
	block(g, c)
}

func groupDelegate(g *maker, c *card) {
	c.access, c.sendAs = []string{g.delegates}, []string{g.delegates}
	block(g, c)
}

func attempted(g *maker, c *card) {
	for i := range 3 {
		c.refused(g.ago(1.5+float64(i)), false)
	}
	block(g, c)
}

func attemptedQuiet(g *maker, c *card) {
	c.refused(g.ago(4), true)
	block(g, c)
}

func attemptedStale(g *maker, c *card) {
	c.signedIn(g.ago(400), false)
	c.refused(g.ago(0.8), false)
	c.created = g.ago(1500)
	block(g, c)
}

func staleFor(days float64) func(*maker, *card) {
	return func(g *maker, c *card) {
		c.created = g.ago(days + 900)
		c.signedIn(g.ago(days), c.nth%2 == 1)
		block(g, c)
	}
}

func convertedLongAgo(g *maker, c *card) {
	c.previous = "UserMailbox"
	c.created, c.made = g.ago(2400), g.ago(2399)
	c.password, c.changed = g.ago(900), g.ago(690)
	c.signedIn(g.ago(700), false)
	block(g, c)
}

func licensed(g *maker, c *card) {
	c.skus, c.archive, c.big = []string{"EXCHANGEENTERPRISE"}, true, true
	block(g, c)
}

func litigation(g *maker, c *card) {
	c.skus, c.hold = []string{"EXCHANGEENTERPRISE"}, true
	block(g, c)
}

func teamsLicenceIdle(g *maker, c *card) {
	c.skus = []string{"Microsoft_Teams_Rooms_Pro"}
	block(g, c)
}

func forwardingOut(g *maker, c *card) {
	c.forwardTo, c.keepCopy = "arkiv@example.net", c.nth%2 == 0
	block(g, c)
}

func forwardingIn(g *maker, c *card) {
	c.forwardInside = g.account(0).Alias
	block(g, c)
}

func ruleOut(g *maker, c *card) {
	c.rules = []rule{
		{name: "vidare", forwardTo: "arkiv@example.net", enabled: true},
		{name: "sortera", folder: "Arkiv", enabled: true},
		{name: "gammal", forwardTo: "nagon@example.org"},
	}
	block(g, c)
}

func legacyShared(g *maker, c *card) {
	c.legacy, c.smtp = true, true
	block(g, c)
}

func bypassed(g *maker, c *card) {
	c.bypass = true
	block(g, c)
}

func auditOff(g *maker, c *card) {
	c.auditOff = true
	block(g, c)
}

func mfaOld(g *maker, c *card) {
	c.created = g.ago(1600)
	c.methods = []method{{"phone", g.ago(1300)}}
	c.signedIn(g.ago(1300), false)
	block(g, c)
}

func weakPassword(g *maker, c *card) {
	c.policies = "DisablePasswordExpiration, DisableStrongPassword"
	block(g, c)
}

func departmentShared(g *maker, c *card) {
	c.department, c.title, c.office = "Ekonomi", "Funktionsbrevlåda", "Plan 2"
	block(g, c)
}

func noUserType(g *maker, c *card) {
	c.userType = ""
	c.created = g.ago(4600)
	block(g, c)
}

func oddCase(g *maker, c *card) {
	c.boxID, c.boxUPN = upper(c.id), upper(c.upn)
	block(g, c)
}

func renamed(g *maker, c *card) {
	c.boxUPN = "gammal." + c.upn
	block(g, c)
}

func byUPNOnly(g *maker, c *card) {
	c.boxID = ""
	block(g, c)
}

func federatedShared(g *maker, c *card) {
	c.upn = c.alias + "@" + g.federated
	c.boxUPN = c.upn
	block(g, c)
}

func wasSynced(g *maker, c *card) {
	c.sync = "was"
	block(g, c)
}
