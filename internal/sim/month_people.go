package sim

import (
	"fmt"
	"time"
)

// newcomer returns the account that somebody gets who begins on a day: the
// same whenever the month begins.
func (c *company) newcomer(day int64, n int) account {
	first := (c.w.s.Tenant.Accounts/guestEvery + 2000) * guestEvery
	return c.w.account(first + guestEvery*(int(day%500)*20+n))
}

// comeAndGo writes who begins and who leaves on a day, and the functional
// mailboxes that are made.
func (c *company) comeAndGo(d *diary, day int64) {
	s := &staff{c, d, day, random(mix(c.w.seed, useStaff, uint64(day), 2))}
	monday := 0.5
	if weekday(day) == 0 {
		monday = 5
	}
	for n := range min(19, s.r.times(c.busy(day)*c.scale*monday)) {
		s.begins(c.newcomer(day, n))
	}
	for range s.r.times(c.busy(day) * c.scale * 1.2) {
		s.leaves(c.colleague(&s.r))
	}
	for range s.r.times(c.busy(day) * c.scale * 0.3) {
		s.makesMailbox()
	}
	for range s.r.times(c.busy(day) * c.scale * 0.15) { // a leaver's account goes a month later
		gone := c.newcomer(day-30, 19)
		gone.upn = lower(plainID(gone.id)) + gone.upn
		s.d.audit(c, s.hours(), user("Delete user", "Delete", aimAt(gone, change{"Is Hard Deleted", "", text1("False")})).through(hr))
	}
}

func plainID(id string) string {
	var b []byte
	for i := range len(id) {
		if id[i] != '-' {
			b = append(b, id[i])
		}
	}
	return string(b)
}

// begins is a new colleague: the HR system makes the account days before, with
// what it knows; the help desk gives him groups; he comes, sets a password and
// registers his telephone.
func (s *staff) begins(who account) {
	night := landOf("SE").local(s.day-1, 2+s.r.float())
	group := s.r.next() | 1
	s.d.audit(s.c, night, user("Update PasswordProfile", "Update", aimAt(who, changed(change{"ForceChangePassword", "", text1("True")})...)).through(hr).as(group))
	s.d.audit(s.c, night.Add(time.Second), user("Add user", "Add", aimAt(who, changed(
		change{"AccountEnabled", "[]", "[true]"}, change{"DisplayName", "[]", text2(who.name)}, change{"MailNickname", "[]", text2(who.alias)},
		change{"UserPrincipalName", "[]", text2(who.upn)}, change{"UserType", "[]", text2("Member")},
		change{"EmployeeId", "[]", text2(fmt.Sprintf("A%05d", s.r.below(100000)))}, change{"Department", "[]", text2(pick(&s.r, departments))},
		change{"JobTitle", "[]", text2("Handläggare")},
	)...)).through(hr).as(group))
	s.d.audit(s.c, night.Add(20*time.Minute), user("Update user", "Update", aimAt(who, changed(change{"Manager", "[]", text2(s.c.colleague(&s.r).id)}, change{"PhysicalDeliveryOfficeName", "[]", text2("Stockholm")})...)).through(hr))
	s.d.audit(s.c, night.Add(30*time.Minute), user("Change user license", "Update", aimAt(who, changed(change{"AssignedLicense", "[]", text2("[SkuName=SPE_E5]")})...)).through(licensing))
	p := s.c.born(who)
	at := p.land.local(s.day, 8.5+2*s.r.float())
	by := s.c.helper(s.r.next())
	s.d.audit(s.c, at.Add(-30*time.Minute), s.group("Add member to group", "Assign", who).from(by, s.c.desk(by, at)))
	t := &today{c: s.c, d: s.d, p: &p, day: s.day, stay: stay{land: p.land}, r: random(s.r.next()), devices: p.devices, office: true}
	e := t.entry(8.5)
	e.at, e.device, e.app, e.place = at, p.devices[0], apps[2], atOffice(p.office, p.seed)
	t.asked(e, 50055)
	t.asked(e, 50072)
	s.d.audit(s.c, e.at.Add(time.Minute), s.c.ownMethod(&p, e.place, "User registered security info"))
	e.at = e.at.Add(2 * time.Minute)
	t.d.signIn(s.c, e)
	for range t.r.times(2 * p.pace) {
		t.signsIn(t.hour())
	}
}

// leaves is a colleague's last day: the HR system disables the account, his
// telephone goes on for a while, and his mailbox is kept as a shared one.
func (s *staff) leaves(p *person) {
	at := landOf("SE").local(s.day, 16.5+s.r.float())
	group := s.r.next() | 1
	gone := aimAt(p.account, changed(change{"AccountEnabled", "[true]", "[false]"})...)
	s.d.audit(s.c, at, user("Disable account", "Update", gone).through(hr).as(group))
	s.d.audit(s.c, at.Add(time.Second), user("Update user", "Update", gone).through(hr).as(group))
	t := &today{c: s.c, d: s.d, p: p, day: s.day, stay: stay{land: p.land}, r: random(s.r.next()), devices: p.devices}
	for range s.r.times(4) {
		e := t.entry(12)
		e.at, e.device, e.app = at.Add(time.Duration(s.r.below(50*3600))*time.Second), p.devices[1], appNamed("Outlook Mobile")
		e.code, e.quiet = 50057, s.r.chance(0.6)
		s.d.signIn(s.c, e)
	}
	if s.r.chance(0.4) && !p.guest {
		by := s.c.admin(s.r.next())
		s.d.cmdlet(s.c, at.Add(time.Duration(12+s.r.below(60))*time.Hour), by, s.c.desk(by, at), "Set-Mailbox", p.account, [][2]string{{"Identity", p.upn}, {"Type", "Shared"}})
	}
}

// makesMailbox is an administrator who makes a functional mailbox: Exchange
// makes its account, and he blocks sign-in some minutes later.
func (s *staff) makesMailbox() {
	at, by := s.hours(), s.c.admin(s.r.next())
	n := s.r.next()
	name := fmt.Sprintf("Projekt %d", 100+n%900)
	box := account{place: -1, id: derivedUUID(n, useResident), name: name, alias: fmt.Sprintf("projekt%d", 100+n%900)}
	box.upn = box.alias + "@" + s.c.s.Tenant.Domain
	place := s.c.desk(by, at)
	s.d.cmdlet(s.c, at, by, place, "New-Mailbox", box, [][2]string{{"Shared", "True"}, {"Name", name}, {"Alias", box.alias}, {"PrimarySmtpAddress", box.upn}})
	s.d.audit(s.c, at.Add(2*time.Second), user("Add user", "Add", aimAt(box, changed(
		change{"AccountEnabled", "[]", "[true]"}, change{"DisplayName", "[]", text2(name)}, change{"UserPrincipalName", "[]", text2(box.upn)}, change{"UserType", "[]", text2("Member")})...)).through(substrate))
	blocked := aimAt(box, changed(change{"AccountEnabled", "[true]", "[false]"})...)
	later, group := at.Add(time.Duration(60+s.r.below(500))*time.Second), s.r.next()|1
	s.d.audit(s.c, later, user("Disable account", "Update", blocked).from(by, place).as(group))
	s.d.audit(s.c, later.Add(time.Second), user("Update user", "Update", blocked).from(by, place).as(group))
	for range 1 + s.r.below(3) {
		later = later.Add(40 * time.Second)
		s.d.cmdlet(s.c, later, by, place, "Add-MailboxPermission", box, [][2]string{{"Identity", box.alias}, {"User", s.c.colleague(&s.r).upn}, {"AccessRights", "FullAccess"}, {"InheritanceType", "All"}})
	}
}

// guestsDay writes who is invited.
func (c *company) guestsDay(d *diary, day int64) {
	s := &staff{c, d, day, random(mix(c.w.seed, useStaff, uint64(day), 3))}
	for range s.r.times(c.busy(day) * c.scale * 2.5) {
		s.invites()
	}
}

// inviters is how many people work with partners and invite guests.
const inviters = 25

// invites is somebody of those who work with partners, who asks one of them
// in.
func (s *staff) invites() {
	at := s.hours()
	r := random(mix(s.c.w.seed, useStaff, 9, uint64(s.r.below(inviters))))
	by := s.c.colleague(&r)
	domain := pick(&s.r, []string{guestDomain, guestDomain, guestDomain, "northwind.example.com", "adatum.example.com"})
	first, last := pick(&s.r, firstNames), pick(&s.r, lastNames)
	alias := lower(latin.Replace(first+"."+last)) + fmt.Sprint(s.r.below(90))
	guest := account{id: derivedUUID(s.r.next(), useResident), name: first + " " + last, upn: alias + "_" + domain + "#EXT#@" + s.c.w.initialDomain()}
	s.d.invitation(s.c, at, by.account, s.c.desk(by.account, at), guest, alias+"@"+domain, s.r.next()|1)
}

// invitation is what an invitation leaves: the user that it makes, and the
// invitation itself.
func (d *diary) invitation(c *company, at time.Time, by account, place origin, guest account, mail string, group uint64) {
	add := user("Add user", "Add", aimAt(guest, changed(change{"AccountEnabled", "[]", "[true]"}, change{"UserType", "[]", text2("Guest")}, change{"CreationType", "[]", text2("Invitation")}, change{"UserPrincipalName", "[]", text2(guest.upn)})...))
	add.app = invitations
	d.audit(c, at, add.as(group))
	o := user("Invite external user", "Add", aimAt(guest))
	o.service, o.prefix = "Invited Users", "B2B"
	o.details = [][2]string{{"oid", by.id}, {"tid", c.s.Tenant.ID}, {"ipaddr", place.ip}, {"invitedUserEmailAddress", mail}}
	d.audit(c, at.Add(time.Second), o.from(by, place).as(group))
}
