package rig

import "strings"

func upper(s string) string { return strings.ToUpper(s) }

// useSorts are mailboxes that somebody or something signs in to.
func useSorts() []sort {
	return []sort{
		{"used_shared", "somebody signs in with a browser", beginShared, used},
		{"used_quiet", "successful non-interactive sign-ins only", beginShared, usedQuiet},
		{"used_89", "the last success was 89 days ago", beginShared, usedFor(89)},
		{"used_60_tried", "the last success was 60 days ago, refused since", beginShared, usedThenTried},
		{"used_room", "a room without a Teams Rooms licence that signs in", beginRoom, usedQuiet},
		{"scan_to_mail", "a scanner sends as it by SMTP AUTH", beginShared, scanner},
		{"mfa_fresh", "somebody signed in and registered a method last week, after years of silence", beginShared, mfaFresh},
		{"teams_licence_shared", "a Teams Rooms licence on a shared mailbox, in use", beginShared, teamsLicenceUsed},
	}
}

func used(g *maker, c *card) {
	for i := range 3 {
		c.signedIn(g.ago(2+float64(c.nth%9)+float64(i)*5), false)
	}
	c.decide(Hold, BecauseSignIn)
}

func usedQuiet(g *maker, c *card) {
	c.signedIn(g.ago(5), true)
	c.decide(Hold, BecauseSignIn)
}

func usedFor(days float64) func(*maker, *card) {
	return func(g *maker, c *card) {
		c.created = g.ago(days + 700)
		c.signedIn(g.ago(days), c.nth%2 == 1)
		c.decide(Hold, BecauseSignIn)
	}
}

func usedThenTried(g *maker, c *card) {
	c.signedIn(g.ago(60), false)
	c.refused(g.ago(1.2), false)
	c.decide(Hold, BecauseSignIn)
}

func scanner(g *maker, c *card) {
	c.smtp, c.policies = true, "DisablePasswordExpiration"
	for i := range 4 {
		at := g.ago(0.4 + 2*float64(i))
		c.attempt, c.success = later(c.attempt, at), later(c.success, at)
		c.visits = append(c.visits, visit{at: at, client: "Authenticated SMTP"})
	}
	c.decide(Hold, BecauseSMTP)
}

func mfaFresh(g *maker, c *card) {
	c.created = g.ago(1900)
	c.signedIn(g.ago(1200), false)
	c.signedIn(g.ago(6), false)
	c.methods = []method{{"phone", g.ago(6)}, {"authenticator", g.ago(6)}}
	c.visits[len(c.visits)-1].hostile = true
	c.decide(Hold, BecauseSignIn)
}

func teamsLicenceUsed(g *maker, c *card) {
	c.skus = []string{"Microsoft_Teams_Rooms_Pro"}
	c.signedIn(g.ago(0.3), true)
	c.decide(Hold, BecauseSignIn)
}

// personSignSorts are mailboxes that a person may still need.
func personSignSorts() []sort {
	return []sort{
		{"employee_shared", "has an employee id", beginShared, employeeShared},
		{"managed_shared", "has a manager", beginShared, managedShared},
		{"converted_leaver", "was a person's mailbox; employee id and manager are still there", beginShared, convertedLeaver},
		{"converted_in_use", "was a person's mailbox, and the person signed in 20 days ago", beginShared, convertedInUse},
		{"converted_new", "made as a person's mailbox ten days ago and converted since", beginShared, convertedNew},
	}
}

func employeeShared(g *maker, c *card) {
	c.employeeID = employeeNumber(g.seed, c.id)
	c.decide(Hold, BecausePerson)
}

func managedShared(g *maker, c *card) {
	c.manager = g.account(0).ID
	c.decide(Hold, BecausePerson)
}

func convertedLeaver(g *maker, c *card) {
	c.previous = "UserMailbox"
	c.employeeID, c.employeeType, c.manager = employeeNumber(g.seed, c.id), "Employee", g.account(1).ID
	c.department, c.title = "Inköp", "Inköpare"
	c.created = g.ago(2000)
	c.signedIn(g.ago(120), false)
	c.password = g.ago(300)
	c.decide(Hold, BecausePerson)
}

func convertedInUse(g *maker, c *card) {
	c.previous = "UserMailbox"
	c.created = g.ago(1700)
	c.signedIn(g.ago(20), false)
	c.password = g.ago(200)
	c.decide(Hold, BecauseSignIn)
}

func convertedNew(g *maker, c *card) {
	c.previous = "UserMailbox"
	c.created = g.ago(10)
	c.password, c.validFrom, c.made = c.created, c.created, c.created.Add(60e9)
	c.decide(Hold, BecausePerson)
}

// resourceSorts are resource accounts that the first lines of the decision
// table settle.
func resourceSorts() []sort {
	return []sort{
		{"blocked_shared", "blocked; somebody still tries", beginShared, blockedTried},
		{"blocked_room", "a room that is blocked, as Exchange makes them", beginRoom, alreadyBlocked},
		{"blocked_equipment", "blocked equipment", beginEquipment, alreadyBlocked},
		{"blocked_voice", "an auto attendant's account that is blocked", beginVoice, alreadyBlocked},
		{"blocked_used", "blocked a week ago; somebody had signed in before", beginShared, blockedUsed},
		{"teams_room", "a Teams room: licence and room mailbox, signs in every day", beginRoom, teamsRoom},
		{"teams_room_silent", "a Teams room that has not signed in for 200 days", beginRoom, teamsRoomSilent},
		{"unknown_mailbox", "a mailbox of a type that nobody has heard of yet", beginShared, unknownMailbox},
		{"teams_room_mfa", "a Teams room on which somebody registered a method", beginRoom, teamsRoomMFA},
	}
}

// unknownMailbox may be anything, and so it is not touched.
func unknownMailbox(_ *maker, c *card) {
	c.box, c.label.Kind = "FutureMailbox", "unknown_mailbox"
	c.decide(Hold, BecauseUnknown)
}

func alreadyBlocked(_ *maker, c *card) {
	c.enabled = false
	c.decide(Blocked, BecauseDisabled)
}

func blockedTried(g *maker, c *card) {
	c.enabled = false
	for i := range 1 + c.nth%5 {
		c.refused(g.ago(0.5+float64(i)*2), false)
	}
	c.decide(Blocked, BecauseDisabled)
}

func blockedUsed(g *maker, c *card) {
	c.signedIn(g.ago(9), false)
	c.enabled = false
	c.decide(Blocked, BecauseDisabled)
}

func teamsRoom(g *maker, c *card) {
	c.skus, c.policies = []string{"Microsoft_Teams_Rooms_Pro"}, "DisablePasswordExpiration"
	for i := range 5 {
		c.signedIn(g.ago(0.2+float64(i)), true)
	}
	c.decide(Exception, BecauseTeamsRoom)
}

func teamsRoomSilent(g *maker, c *card) {
	c.skus, c.policies = []string{"Microsoft_Teams_Rooms_Basic"}, "DisablePasswordExpiration"
	c.created = g.ago(1200)
	c.signedIn(g.ago(200), true)
	c.decide(Exception, BecauseTeamsRoom)
}

func teamsRoomMFA(g *maker, c *card) {
	teamsRoom(g, c)
	c.methods = []method{{"authenticator", g.ago(30)}}
}
