package sim

import (
	"fmt"
	"time"
)

// stories holds the kinds of attack that only a month has: they need the
// directory's accounts, or the life around them.
var stories = map[string]attackKind{
	"resource_signin":   {needs: []string{"from"}, story: resourceSignIn},
	"resource_attempts": {uses: []string{"attempts"}, needs: []string{"from"}, story: resourceAttempts},
	"resource_reset":    {needs: []string{"from"}, story: resourceReset},
	"resource_enabled":  {needs: []string{"from"}, story: resourceEnabled},
	"resource_method":   {needs: []string{"from"}, story: resourceMethod},
	"resource_role":     {needs: []string{"from"}, story: resourceRole},
	"room_elsewhere":    {needs: []string{"from"}, story: roomElsewhere},
	"dormant_active":    {needs: []string{"from"}, story: dormantActive},
	"legacy_signin":     {needs: []string{"from", "attempts"}, story: legacySignIn},
	"impossible_travel": {needs: []string{"from"}, story: impossibleTravel},
	"new_country":       {needs: []string{"from"}, story: newCountry},
	"device_code":       {needs: []string{"from"}, story: deviceCodePhish},
	"session_replay":    {needs: []string{"from"}, story: sessionReplay},
	"admin_off_hours":   {needs: []string{"from"}, story: adminOffHours},
	"failed_elsewhere":  {needs: []string{"from", "attempts"}, accounts: true, story: failedElsewhere},
	"lockouts":          {needs: []string{"from"}, accounts: true, story: lockouts},
	"slow_spray":        {needs: []string{"from", "attempts"}, story: slowSpray},
	"guest_invited":     {needs: []string{"from", "to"}, story: guestInvited},
	"foreign_domain":    {needs: []string{"from", "to"}, story: foreignDomain},
	"unapproved_admin":  {needs: []string{"from"}, story: unapprovedAdmin},
	"sync_changed":      {needs: []string{"from"}, story: syncChanged},
	"profile_changed":   {needs: []string{"from"}, story: profileChanged},
	"forwarded_inside":  {needs: []string{"from"}, story: forwardedInside},
	"mass_files":        {needs: []string{"from", "attempts"}, story: massFiles},
	"anonymous_links":   {needs: []string{"from", "attempts"}, story: anonymousLinks},
	"app_reads_mail":    {needs: []string{"from", "attempts"}, story: appReadsMail},
	"sent_and_gone":     {needs: []string{"from", "attempts"}, story: sentAndGone},
	"confirmed":         {needs: []string{"from"}, story: confirmed},
}

// resourceSignIn: somebody found out the password of a shared mailbox and
// reads it as its owner.
func resourceSignIn(p *plot) {
	box := p.resource("forgotten_shared")
	p.signIn(p.after(0), box, 0, func(e *entry) { e.alone, e.app = true, apps[0] })
	p.reads(box, 8)
}

// reads opens messages as the owner of a mailbox.
func (p *plot) reads(box account, n int) {
	for i := range n {
		p.d.mail(p.c, p.after(time.Duration(2+i)*time.Minute), letter{operation: "MailItemsAccessed", owner: box, by: box, place: p.from, message: p.r.next()})
	}
}

// resourceAttempts guesses at shared mailboxes.
func resourceAttempts(p *plot) {
	p.evenly(max(6, p.a.Attempts), func(_ int, at time.Time) { p.signIn(at, p.resource("forgotten_shared"), 50126, alone) })
}

// resourceReset: the session of a help desk's administrator gives a shared
// mailbox a password, and somebody signs in with it.
func resourceReset(p *plot) {
	box, by := p.resource("forgotten_shared"), p.c.helper(p.r.next())
	p.is.names(by)
	p.c.passwordReset(p.d, p.after(0), by, p.from, box, p.r.next())
	p.signIn(p.after(20*time.Minute), box, 0, func(e *entry) { e.alone, e.app = true, apps[0] })
	p.reads(box, 4)
}

// resourceEnabled: a blocked one is enabled, and gets a password.
func resourceEnabled(p *plot) {
	box, by := p.resource("blocked_shared"), p.c.helper(p.r.next())
	enabled, group := aimAt(box, changed(change{"AccountEnabled", "[false]", "[true]"})...), p.r.next()|1
	p.audit(p.after(0), by, user("Enable account", "Update", enabled).as(group))
	p.audit(p.after(time.Second), by, user("Update user", "Update", enabled).as(group))
	p.c.passwordReset(p.d, p.after(3*time.Minute), by, p.from, box, p.r.next())
}

// resourceMethod: whoever signs in to a shared mailbox registers a telephone
// for it, as nobody else ever did.
func resourceMethod(p *plot) {
	box := p.resource("forgotten_shared")
	p.signIn(p.after(0), box, 0, func(e *entry) { e.alone, e.app = true, apps[0] })
	o := user("User registered security info", "Add", aimAt(box))
	o.service, o.prefix, o.reason = "Authentication Methods", "IAMUX", "User registered Authenticator App with Notification and Code"
	p.audit(p.after(3*time.Minute), box, o)
}

// resourceRole: a shared mailbox gets a role, by which somebody means to come
// back.
func resourceRole(p *plot) {
	box, by := p.resource("forgotten_shared"), p.c.admin(p.r.next())
	const exchange = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	changes := p.c.roleChanges(exchange, "Exchange Administrator")
	p.audit(p.after(0), by, deed{name: "Add member to role", category: "RoleManagement", operation: "Assign", aims: []aim{aimAt(box, changes...), {id: p.c.programID(program{name: exchange}), kind: "Role"}}})
}

// roomElsewhere: the account of a Teams room, in a browser far away.
func roomElsewhere(p *plot) {
	p.signIn(p.after(0), p.resource("teams_room"), 0, func(e *entry) { e.alone = true })
}

// dormantActive: an account that nobody has used for long.
func dormantActive(p *plot) {
	who := p.resource("dormant")
	p.signIn(p.after(0), who, 0, alone)
	p.signIn(p.after(9*time.Minute), who, 0, func(e *entry) { e.alone, e.app = true, apps[0] })
}

// legacySignIn guesses a password by IMAP, where no second factor is asked
// for.
func legacySignIn(p *plot) {
	who := p.victim()
	imap := func(e *entry) {
		e.alone, e.app, e.device = true, submission(), device{agent: "BAV2ROPC"}
		e.app.client = "IMAP4"
	}
	p.evenly(p.a.Attempts, func(_ int, at time.Time) { p.signIn(at, who.account, 50126, imap) })
	p.signIn(p.after(p.a.span()), who.account, 0, imap)
}

// impossibleTravel: a person signs in at home, and forty minutes later far
// away.
func impossibleTravel(p *plot) {
	who := p.victim()
	home := entry{at: p.after(0), seed: p.r.next(), who: who.account, device: who.devices[0], app: apps[0], place: atOffice(who.office, who.seed)}
	p.d.signIn(p.c, &home)
	p.signIn(p.after(40*time.Minute), who.account, 0, func(e *entry) { e.app = apps[0] })
}

// newCountry: a token that was stolen elsewhere, used from where the person
// never was.
func newCountry(p *plot) {
	who := p.victim()
	p.signIn(p.after(0), who.account, 0, nil)
	for i := range 4 {
		p.signIn(p.after(time.Duration(12+25*i)*time.Minute), who.account, 0, func(e *entry) { e.quiet, e.app = true, apps[1] })
	}
}

// deviceCodePhish: the person typed a code that somebody sent.
func deviceCodePhish(p *plot) {
	broker := app{"29d9ed98-a469-4536-ade2-f791bc1d605e", "Microsoft Authentication Broker", "00000003-0000-0000-c000-000000000000", "Microsoft Graph", "Mobile Apps and Desktop clients"}
	p.signIn(p.after(0), p.victim().account, 0, func(e *entry) { e.flow, e.app = deviceCode, broker })
}

// sessionReplay: the cookie of a person's session, in another browser.
func sessionReplay(p *plot) {
	who, session := p.victim(), fmt.Sprint(p.r.next())
	own := entry{at: p.after(0), seed: p.r.next(), who: who.account, device: who.devices[0], app: apps[2], place: who.atHome(dayOf(p.began)), of: session}
	p.d.signIn(p.c, &own)
	for i := range 3 {
		p.signIn(p.after(time.Duration(15+10*i)*time.Minute), who.account, 0, func(e *entry) { e.quiet, e.of, e.app = true, session, apps[i] })
	}
}

// adminOffHours: the session of an administrator, at night and far away.
func adminOffHours(p *plot) {
	who := p.c.admin(p.r.next())
	p.is.names(who)
	portal := app{"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal", "797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API", "Browser"}
	for i := range 2 {
		p.signIn(p.after(time.Duration(i)*17*time.Minute), who, 0, func(e *entry) { e.app = portal })
	}
}

// failedElsewhere: a few wrong passwords on a few accounts, from a country in
// which nobody is.
func failedElsewhere(p *plot) {
	who := p.some(max(1, p.a.Accounts))
	p.evenly(len(who)*p.a.Attempts, func(i int, at time.Time) { p.signIn(at, who[i%len(who)], 50126, nil) })
}

// lockouts guesses until accounts are locked, from several addresses.
func lockouts(p *plot) {
	who := p.some(max(1, p.a.Accounts))
	p.evenly(3*len(who), func(i int, at time.Time) {
		p.signIn(at, who[i%len(who)], 50053, func(e *entry) { e.place = p.next(i % 4) })
	})
}

// slowSpray is one guess at an account, from ever other addresses, all day:
// below what any window sees.
func slowSpray(p *plot) {
	p.evenly(p.a.Attempts, func(i int, at time.Time) {
		who := p.c.colleague(&p.r).account
		p.is.names(who)
		p.signIn(at, who, 50126, func(e *entry) { e.place = p.next(i % 60) })
	})
}

// guestInvited: somebody's session lets a stranger in.
func guestInvited(p *plot) {
	by := p.victim()
	guest := account{id: p.r.uuid(), name: "Support", upn: lower(p.a.To) + "#EXT#@" + p.c.w.initialDomain()}
	p.is.names(guest)
	p.is.Addresses = append(p.is.Addresses, p.from.ip)
	p.d.invitation(p.c, p.after(0), by.account, p.from, guest, p.a.To, p.r.next()|1)
}

// foreignDomain: an administrator's session makes an account under a name
// that looks like the company's.
func foreignDomain(p *plot) {
	made := account{id: p.r.uuid(), name: "IT Support", upn: p.a.To}
	p.is.names(made)
	p.audit(p.after(0), p.c.admin(p.r.next()), user("Add user", "Add", aimAt(made, changed(change{"AccountEnabled", "[]", "[true]"}, change{"UserPrincipalName", "[]", text2(made.upn)}, change{"UserType", "[]", text2("Member")})...)))
}

// unapprovedAdmin: somebody who is no administrator disables colleagues and
// makes an account.
func unapprovedAdmin(p *plot) {
	by := p.victim()
	for i, who := range p.some(3) {
		gone := aimAt(who, changed(change{"AccountEnabled", "[true]", "[false]"})...)
		p.audit(p.after(time.Duration(i)*time.Minute), by.account, user("Disable account", "Update", gone))
	}
	made := account{id: p.r.uuid(), name: "Test Test", upn: "test.test@" + p.c.s.Tenant.Domain}
	p.is.names(made)
	p.audit(p.after(5*time.Minute), by.account, user("Add user", "Add", aimAt(made, changed(change{"AccountEnabled", "[]", "[true]"}, change{"UserPrincipalName", "[]", text2(made.upn)}, change{"UserType", "[]", text2("Member")})...)))
}

// syncChanged: an administrator's session opens the directory to deletions by
// the synchronisation.
func syncChanged(p *plot) {
	tenant := aim{id: p.c.s.Tenant.ID, name: "Contoso AB", kind: "Directory", changes: changed(change{"DirSyncFeatures", "[]", "[1]"})}
	for i, name := range []string{"Set DirSync feature", "Set accidental deletion threshold"} {
		o := deed{name: name, category: "DirectoryManagement", operation: "Update", aims: []aim{tenant}}
		p.audit(p.after(time.Duration(i)*time.Minute), p.c.admin(0), o)
	}
}

// profileChanged: somebody's session makes another account look like the
// chief's.
func profileChanged(p *plot) {
	by, who := p.victim(), p.victim()
	chief := p.c.w.account(0)
	p.audit(p.after(0), by.account, user("Update user", "Update", aimAt(who.account, changed(
		change{"DisplayName", text2(who.name), text2(chief.name)}, change{"GivenName", text2("Ebba"), text2("Anna")}, change{"TelephoneNumber", text2("+46 8 123 45"), text2("+46 70-174 06 99")})...)))
}

// forwardedInside: an administrator's session sends copies of a mailbox to
// another one inside.
func forwardedInside(p *plot) {
	who, to := p.victim(), p.victim()
	p.signIn(p.after(0), to.account, 0, nil)
	p.cmdlet(p.after(6*time.Minute), to.account, "Set-Mailbox", who.account, [2]string{"Identity", who.upn}, [2]string{"ForwardingAddress", to.upn}, [2]string{"DeliverToMailboxAndForward", "True"})
}

// massFiles: a taken account takes all the files that it can reach.
func massFiles(p *plot) {
	who, folder := p.victim(), p.r.next()&^0xffff00
	p.signIn(p.after(0), who.account, 0, func(e *entry) { e.app = apps[3] })
	p.evenly(p.a.Attempts, func(i int, at time.Time) {
		p.d.file(p.c, at.Add(time.Minute), paper{operation: "FileDownloaded", by: who.account, place: p.from, file: folder | uint64(i&0xffff)<<8, agent: foreign.agent})
	})
}

// anonymousLinks: a taken account opens many files to anybody.
func anonymousLinks(p *plot) {
	who := p.victim()
	p.is.Addresses = append(p.is.Addresses, p.from.ip)
	p.evenly(p.a.Attempts, func(_ int, at time.Time) {
		p.d.file(p.c, at, paper{operation: "AnonymousLinkCreated", by: who.account, place: p.from, file: p.r.next(), agent: foreign.agent})
	})
}

// appReadsMail: an application that nobody knows reads mailbox after mailbox.
func appReadsMail(p *plot) {
	id := p.r.uuid()
	p.is.Accounts = append(p.is.Accounts, id)
	p.is.Addresses = append(p.is.Addresses, p.from.ip)
	p.evenly(p.a.Attempts, func(_ int, at time.Time) {
		owner := p.victim().account
		p.d.mail(p.c, at, letter{operation: "MailItemsAccessed", owner: owner, by: owner, logon: 1, app: id, asApp: true, place: p.from, client: "Client=REST;", message: p.r.next()})
	})
}

// sentAndGone: a taken account writes letters and removes them from Sent
// Items.
func sentAndGone(p *plot) {
	who := p.victim().account
	session := p.r.uuid()
	p.signIn(p.after(0), who, 0, func(e *entry) { e.app = apps[0] })
	p.evenly(p.a.Attempts, func(_ int, at time.Time) {
		one := letter{operation: "Send", owner: who, by: who, place: p.from, folder: "Sent Items", subject: "Faktura", message: p.r.next(), session: session}
		p.d.mail(p.c, at.Add(time.Minute), one)
		one.operation = "HardDelete"
		p.d.mail(p.c, at.Add(time.Minute+4*time.Second), one)
	})
}

// confirmed: an administrator looked at an account and says that it is taken.
func confirmed(p *plot) {
	who := p.victim()
	p.signIn(p.after(0), who.account, 0, func(e *entry) { e.risk = "unfamiliarFeatures" })
	p.d.risk(p.c, p.after(0), riskOf{who: who.account, kind: "unfamiliarFeatures", level: "high", state: "confirmedCompromised", detail: "adminConfirmedUserCompromised", place: p.from})
}
