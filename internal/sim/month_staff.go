package sim

import (
	"fmt"
	"time"
)

// admin returns one of the people who administer the tenant.
func (c *company) admin(n uint64) account {
	return c.w.account(int(n % uint64(adminCount(c.w.s.Tenant.Accounts))))
}

// helper returns one of the help desk: the administrators but the first, where
// there are more.
func (c *company) helper(n uint64) account {
	if count := uint64(adminCount(c.w.s.Tenant.Accounts)); count > 1 {
		return c.w.account(int(1 + n%(count-1)))
	}
	return c.w.account(0)
}

// colleague returns a member of the company.
func (c *company) colleague(r *random) *person {
	for {
		if p := &c.people[r.below(len(c.people))]; !p.guest {
			return p
		}
	}
}

// personOf returns who has an account.
func (c *company) personOf(a account) *person {
	if a.place >= 0 && a.place < len(c.people) {
		return &c.people[a.place]
	}
	p := c.born(a)
	return &p
}

// desk is where somebody works at an instant.
func (c *company) desk(a account, at time.Time) origin {
	p := c.personOf(a)
	if mix(p.seed, uint64(dayOf(at)))%10 < 7 {
		return atOffice(p.office, p.seed)
	}
	return p.atHome(dayOf(at))
}

// busy is the share of a day's work that the home country does on a day.
func (c *company) busy(day int64) float64 {
	if weekday(day) >= 5 || c.holidays["SE"][day] {
		return 0.08
	}
	return 1
}

// staff is the work of administrators and programs on one day.
type staff struct {
	c   *company
	d   *diary
	day int64
	r   random
}

// staffDay writes what administrators and programs do in a day.
func (c *company) staffDay(d *diary, day int64) {
	s := &staff{c, d, day, random(mix(c.w.seed, useStaff, uint64(day)))}
	for range s.r.times(c.busy(day) * c.scale * float64(c.s.Life.Audits)) {
		s.routine()
	}
	for range s.r.times(c.busy(day) * c.scale * 10) {
		c.resetsPassword(d, s.hours(), c.colleague(&s.r).account, s.r.next())
	}
	for range s.r.times(c.busy(day) * max(0.4, 3*c.scale)) {
		s.activatesRole()
	}
	for range s.r.times(c.busy(day) * max(0.05, 0.25*c.scale)) {
		s.changesTenant()
	}
	for range s.r.times(c.busy(day) * c.scale * 2) {
		s.consents()
	}
	for range s.r.times(c.busy(day) * c.scale * 3) {
		s.helpsWithMethod()
	}
}

// hours is an instant of the working day in the home country.
func (s *staff) hours() time.Time {
	return landOf("SE").local(s.day, 7.5+9.5*s.r.float())
}

// departments are what the HR system moves people between.
var departments = []string{"Ekonomi", "Inköp", "Försäljning", "Kundtjänst", "IT", "Produktion", "HR", "Logistik"}

// routine is an audit of those that make up most of the log.
func (s *staff) routine() {
	p, at := s.c.colleague(&s.r), s.hours()
	by := s.c.helper(s.r.next())
	switch n := s.r.float(); {
	case n < 0.22: // by night, from the HR system
		at = landOf("SE").local(s.day, 1+2*s.r.float())
		s.d.audit(s.c, at, user("Update user", "Update", aimAt(p.account, changed(change{"Department", text2(pick(&s.r, departments)), text2(pick(&s.r, departments))})...)).through(hr))
	case n < 0.40:
		s.d.audit(s.c, at, s.group("Add member to group", "Assign", p.account).from(by, s.c.desk(by, at)))
	case n < 0.48:
		s.d.audit(s.c, at, s.group("Remove member from group", "Unassign", p.account).from(by, s.c.desk(by, at)))
	case n < 0.56: // an owner of a group adds somebody
		owner := s.c.colleague(&s.r)
		s.d.audit(s.c, at, s.group("Add member to group", "Assign", p.account).from(owner.account, s.c.desk(owner.account, at)))
	case n < 0.62:
		s.d.audit(s.c, at, user("Change user license", "Update", aimAt(p.account, changed(change{"AssignedLicense", "[]", text2("[SkuName=SPE_E5]")})...)).through(licensing))
	case n < 0.88:
		device := p.devices[s.r.below(2)]
		s.d.audit(s.c, at, deed{name: "Update device", category: "Device", operation: "Update", app: registration, aims: []aim{{id: device.id, name: device.name, kind: "Device",
			changes: changed(change{"ApproximateLastLogonTimestamp", text2(at.AddDate(0, 0, -6).Format(time.RFC3339)), text2(at.Format(time.RFC3339))})}}})
	case n < 0.94: // people change their own telephone number
		s.d.audit(s.c, at, user("Update user", "Update", aimAt(p.account, changed(change{"MobilePhone", text2("+46 70-174 06 11"), text2(fmt.Sprintf("+46 70-174 06 %02d", 12+s.r.below(80)))})...)).from(p.account, s.c.desk(p.account, at)))
	default:
		s.d.audit(s.c, at, user("Update user", "Update", aimAt(p.account, changed(change{"JobTitle", text2("Handläggare"), text2("Samordnare")})...)).from(by, s.c.desk(by, at)))
	}
}

func (s *staff) group(name, operation string, who account) deed {
	n := uint64(s.r.below(60))
	id, title := derivedUUID(s.c.w.seed, useStaff, n, 7), fmt.Sprintf("Projekt %d", n+1)
	was, is := "", text1(id)
	if operation == "Unassign" {
		was, is = is, was
	}
	return deed{name: name, category: "GroupManagement", operation: operation, aims: []aim{
		aimAt(who, change{"Group.ObjectID", was, is}, change{"Group.DisplayName", "", text1(title)}), {id: id, name: "", kind: "Group"},
	}}
}

// roleAim is a directory role as an aim, and the changes that name it.
func (c *company) roleChanges(template, name string) []change {
	return []change{
		{"Role.ObjectID", "", text1(derivedUUID(c.w.seed, useStaff, textSeed(template)))}, {"Role.DisplayName", "", text1(name)},
		{"Role.TemplateId", "", text1(template)}, {"Role.WellKnownObjectName", "", text1(name)},
	}
}

// activatesRole is an administrator who takes a role that he may take, for
// some hours: what PIM writes of it, and what it makes the directory write.
func (s *staff) activatesRole() {
	who := s.c.admin(s.r.next())
	if all := s.c.residents["admin_eligible"]; len(all) > 0 && s.r.chance(0.6) {
		who = pick(&s.r, all)
	}
	role := pick(&s.r, [][2]string{
		{globalAdministrator, "Global Administrator"}, {"29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"},
		{"fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"}, {"194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator"},
	})
	at, group := s.hours(), s.r.next()|1
	aims := []aim{{id: derivedUUID(s.c.w.seed, useStaff, textSeed(role[0])), name: role[1], kind: "Role", changes: s.c.roleChanges(role[0], role[1])}, aimAt(who)}
	for i, name := range []string{"Add member to role requested (PIM activation)", "Add member to role completed (PIM activation)"} {
		o := deed{name: name, category: "RoleManagement", service: "PIM", prefix: "PIM", operation: "ActivateRole", reason: "Drift", aims: aims, group: group}
		s.d.audit(s.c, at.Add(time.Duration(i)*2*time.Second), o.from(who, s.c.desk(who, at)))
	}
	member := []aim{aimAt(who, s.c.roleChanges(role[0], role[1])...), {id: aims[0].id, kind: "Role"}}
	s.d.audit(s.c, at.Add(3*time.Second), deed{name: "Add member to role", category: "RoleManagement", operation: "Assign", app: pim, aims: member, group: group})
	s.d.audit(s.c, at.Add(time.Duration(1+s.r.below(8))*time.Hour), deed{name: "Remove member from role", category: "RoleManagement", operation: "Unassign", app: pim, aims: member})
}

// changesTenant is what administrators do to the tenant now and then.
func (s *staff) changesTenant() {
	at, by := s.hours(), s.c.admin(s.r.next())
	application := aim{id: derivedUUID(s.c.w.seed, useStaff, uint64(s.r.below(9)), 8), name: pick(&s.r, []string{"Contoso Ekonomi", "Contoso Bokning", "Contoso Lager"}), kind: "Application", changes: secretChanges}
	policy := aim{id: everydayBlock, name: "Blockera ohanterade enheter", kind: "Policy", changes: changed(change{"ConditionalAccessPolicy", `{"state":"enabled"}`, `{"state":"enabled"}`})}
	o := pick(&s.r, []deed{
		{name: "Update application \u2013 Certificates and secrets management", category: "ApplicationManagement", operation: "Update", aims: []aim{application}},
		{name: "Update conditional access policy", category: "Policy", service: "Conditional Access", operation: "Update", aims: []aim{policy}},
		{name: "Update group", category: "GroupManagement", operation: "Update", aims: []aim{{id: derivedUUID(s.c.w.seed, useStaff, uint64(s.r.below(60)), 7), name: "Projekt", kind: "Group"}}},
		{name: "Add group", category: "GroupManagement", operation: "Add", aims: []aim{{id: derivedUUID(s.r.next(), useStaff), name: "Projekt", kind: "Group"}}},
	})
	s.d.audit(s.c, at, o.from(by, s.c.desk(by, at)))
}

// consents is a person who lets a harmless application know who he is.
func (s *staff) consents() {
	p, at := s.c.colleague(&s.r), s.hours()
	scopes := pick(&s.r, []string{"openid profile User.Read", "openid profile email", "User.Read", "openid profile User.Read Calendars.Read"})
	name := pick(&s.r, []string{"Enkätverktyget", "Lunchguiden", "Whiteboard Plus", "Reseräkning"})
	principal := derivedUUID(s.c.w.seed, useStaff, textSeed(name))
	changes := []change{
		{"ConsentContext.IsAdminConsent", "", text1("False")}, {"ConsentContext.IsAppOnly", "", text1("False")}, {"ConsentContext.OnBehalfOfAll", "", text1("False")},
		{"ConsentContext.Tags", "", text1("WindowsAzureActiveDirectoryIntegratedApp")},
		{"ConsentAction.Permissions", "", text1("[] => [[Id: aGVq, ClientId: " + principal + ", PrincipalId: " + p.id + ", ResourceId: 3d4e5f60-7182-4c3d-9e4f-5a6b7c8d9e0f, ConsentType: Principal, Scope: " + scopes + "]]; ")},
	}
	s.d.audit(s.c, at, deed{name: "Consent to application", category: "ApplicationManagement", operation: "Assign", aims: []aim{{id: principal, name: name, kind: "ServicePrincipal", changes: changes}}}.from(p.account, s.c.desk(p.account, at)))
}

// helpsWithMethod is somebody who lost a telephone: the help desk gives him a
// pass for a day, and he registers another.
func (s *staff) helpsWithMethod() {
	p, at, by := s.c.colleague(&s.r), s.hours(), s.c.helper(s.r.next())
	for i, name := range []string{"Create Temporary Access Pass method for user", "Admin registered security info"} {
		if i == 1 && s.r.chance(0.7) {
			break
		}
		o := user(name, "Add", aimAt(p.account))
		o.service, o.prefix, o.reason = "Authentication Methods", "IAMUX", name
		s.d.audit(s.c, at.Add(time.Duration(i)*time.Minute), o.from(by, s.c.desk(by, at)))
	}
	at = at.Add(time.Duration(5+s.r.below(90)) * time.Minute)
	s.d.audit(s.c, at, s.c.ownMethod(p, s.c.desk(p.account, at), "User registered security info"))
}
