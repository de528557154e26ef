package directory

import (
	"errors"
	"slices"
	"strings"
)

// roles reads groups and role assignments, and gives every account what
// reaches it.
func (d *decoder) roles() {
	d.groups()
	names := d.definitions()
	standing := d.schedules()
	active, activeWhole := d.assignments(AssignmentsPart, false, standing)
	eligible, eligibleWhole := d.assignments(EligibilityPart, true, nil)
	all := slices.Concat(active, eligible)
	d.s.Assignments = Fact[[]Assignment]{Value: all, Known: activeWhole && eligibleWhole, Why: firstOf(d.why(AssignmentsPart), d.why(EligibilityPart))}
	d.giveGroups()
	why := firstOf(d.s.Assignments.Why, d.unknownHolders(all))
	for i := range d.s.Accounts {
		a := &d.s.Accounts[i]
		a.Roles = Fact[[]Role]{Known: why == "", Why: why}
		if a.Roles.Known {
			a.Roles.Value = []Role{}
		}
	}
	for _, x := range all {
		d.giveRole(x, names)
	}
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// groups reads the groups that roles and policies name, with their transitive
// members. Where a member is a group of the list its members count too, for
// files by tools that list direct members only.
func (d *decoder) groups() {
	groups := newUnique[Group]()
	nested := map[string][]string{} // group → groups in it
	d.each(GroupsPart, func(o object) error {
		g := Group{ID: o.id("id"), Name: o.text("displayname"), Mail: o.text("mail")}
		if g.ID == "" {
			return errors.New("has no id")
		}
		g.RoleAssignable = Unknown[bool]("groups.json does not carry isAssignableToRole")
		if o.has("isassignabletorole") {
			g.RoleAssignable = valueOr(flagOf, o.raw("isassignabletorole"), "isAssignableToRole cannot be read")
		}
		delete(nested, g.ID)
		g.Members = membersOf(o, func(id string) { nested[g.ID] = append(nested[g.ID], id) })
		groups.put(g.ID, g)
		return nil
	})
	d.s.Groups = fact(d, GroupsPart, groups.ordered())
	unfold(d.s.Groups.Value, nested)
}

func membersOf(o object, group func(id string)) Fact[[]string] {
	if !o.has("members") {
		return Unknown[[]string]("the members of the group were not read")
	}
	var ids []string
	for _, m := range o.objects("members") {
		switch kind := strings.ToLower(m.text("@odata.type")); {
		case strings.HasSuffix(kind, ".user"):
			ids = append(ids, m.id("id"))
		case strings.HasSuffix(kind, ".group"):
			group(m.id("id"))
		}
	}
	if o.get("members@odata.nextlink") != nil || isNull(o.raw("members")) {
		return Fact[[]string]{Value: sorted(ids), Why: "the list of the group's members broke off"}
	}
	return Known(sorted(ids))
}

// unfold adds the members of groups within groups, through any depth and ring.
func unfold(groups []Group, nested map[string][]string) {
	place := map[string]int{}
	for i, g := range groups {
		place[g.ID] = i
	}
	for i := range groups {
		seen := map[string]bool{groups[i].ID: true}
		ids := slices.Clone(groups[i].Members.Value)
		for todo := slices.Clone(nested[groups[i].ID]); len(todo) > 0; {
			inner := todo[0]
			todo = todo[1:]
			if j, ok := place[inner]; ok && !seen[inner] {
				ids = append(ids, groups[j].Members.Value...)
				todo = append(todo, nested[inner]...)
			}
			seen[inner] = true
		}
		if len(seen) > 1 {
			groups[i].Members.Value = sorted(ids)
		}
	}
}

// giveGroups tells every account which of the groups it is in.
func (d *decoder) giveGroups() {
	why := d.why(GroupsPart)
	for _, g := range d.s.Groups.Value {
		if !g.Members.Known {
			why = firstOf(why, d.word("the members of group "+g.ID+" were not read"))
		}
	}
	for i := range d.s.Accounts {
		d.s.Accounts[i].Groups = Fact[[]string]{Known: why == "", Why: why}
		if why == "" {
			d.s.Accounts[i].Groups.Value = []string{}
		}
	}
	for _, g := range d.s.Groups.Value {
		id := d.word(g.ID)
		for _, member := range g.Members.Value {
			if i, ok := d.byID[member]; ok {
				d.s.Accounts[i].Groups.Value = append(d.s.Accounts[i].Groups.Value, id)
			}
		}
	}
}

// definitions reads the roles; they are found by id and by template id.
func (d *decoder) definitions() map[string]RoleDefinition {
	names := map[string]RoleDefinition{}
	roles := newUnique[RoleDefinition]()
	d.each(DefinitionsPart, func(o object) error {
		r := RoleDefinition{ID: o.id("id"), Template: firstOf(o.id("templateid"), o.id("id")), Name: o.text("displayname"), BuiltIn: o.flag("isbuiltin")}
		if r.ID == "" {
			return errors.New("has no id")
		}
		r.Privileged = Unknown[bool]("roleDefinitions.json does not carry isPrivileged")
		if o.get("isprivileged") != nil {
			r.Privileged = valueOr(flagOf, o.get("isprivileged"), "isPrivileged cannot be read")
		}
		names[r.ID], names[r.Template] = r, r
		roles.put(r.ID, r)
		return nil
	})
	d.s.Roles = fact(d, DefinitionsPart, roles.ordered())
	return names
}

// assignmentKey is what schedule and assignment have in common.
type assignmentKey struct{ principal, role, scope string }

func keyOf(o object) assignmentKey {
	return assignmentKey{o.id("principalid"), o.id("roledefinitionid"), firstOf(o.text("directoryscopeid"), "/")}
}

// schedules tells of active assignments whether they stand for ever: assigned,
// not activated, and without an end.
func (d *decoder) schedules() func(assignmentKey) Fact[bool] {
	if !d.asked(SchedulesPart) {
		return func(assignmentKey) Fact[bool] { return Unknown[bool]("the schedules of assignments were not read") }
	}
	standing := map[assignmentKey]bool{}
	d.each(SchedulesPart, func(o object) error {
		end := firstOf(o.text("enddatetime"), o.inner("scheduleinfo").inner("expiration").text("enddatetime"), o.inner("scheduleinfo").inner("expiration").text("duration"))
		forever := strings.EqualFold(o.text("assignmenttype"), "Assigned") && end == ""
		standing[keyOf(o)] = standing[keyOf(o)] || forever
		return nil
	})
	why := d.why(SchedulesPart)
	return func(k assignmentKey) Fact[bool] {
		if value, ok := standing[k]; ok {
			return Known(value)
		}
		if why != "" {
			return Unknown[bool](why)
		}
		return Known(true) // PIM does not know the assignment: it was made beside it
	}
}

func (d *decoder) assignments(part string, eligible bool, standing func(assignmentKey) Fact[bool]) ([]Assignment, bool) {
	list := newUnique[Assignment]()
	whole := d.each(part, func(o object) error {
		k := keyOf(o)
		p := o.inner("principal")
		if k.principal == "" {
			k.principal = p.id("id")
		}
		if k.role == "" {
			k.role = firstOf(o.inner("roledefinition").id("id"), o.id("roletemplateid"))
		}
		if k.principal == "" || k.role == "" {
			return errors.New("has no principalId or no roleDefinitionId")
		}
		x := Assignment{Principal: d.word(k.principal), Role: d.word(k.role), Scope: d.word(k.scope), Eligible: eligible}
		x.PrincipalType = strings.TrimPrefix(p.text("@odata.type"), "#microsoft.graph.")
		x.PrincipalName = p.first("userprincipalname", "displayname")
		if standing != nil {
			x.Standing = standing(k)
		} else {
			x.Standing = Known(false)
		}
		list.put(strings.Join([]string{k.principal, k.role, k.scope}, " "), x)
		return nil
	})
	return list.ordered(), whole
}

// group finds the group that holds a role.
func (d *decoder) group(id string) (Group, bool) {
	i := slices.IndexFunc(d.s.Groups.Value, func(g Group) bool { return g.ID == id })
	if i < 0 {
		return Group{}, false
	}
	return d.s.Groups.Value[i], true
}

// unknownHolders tells why the holders of roles are not all known: a group
// whose members were not read may hold anybody.
func (d *decoder) unknownHolders(all []Assignment) string {
	for _, x := range all {
		if _, isAccount := d.byID[x.Principal]; isAccount {
			continue
		}
		g, isGroup := d.group(x.Principal)
		switch {
		case isGroup && !g.Members.Known:
			return "the members of group " + g.ID + ", which holds a role, were not read"
		case isGroup, strings.EqualFold(x.PrincipalType, "servicePrincipal"), strings.EqualFold(x.PrincipalType, "user"):
		case strings.EqualFold(x.PrincipalType, "group"), !d.s.Groups.Known:
			return firstOf(d.s.Groups.Why, "group "+x.Principal+", which holds a role, was not read")
		}
	}
	return ""
}

// giveRole gives an assignment to the account, or to the members of the group,
// that it names.
func (d *decoder) giveRole(x Assignment, names map[string]RoleDefinition) {
	def := names[x.Role]
	r := Role{
		Template: d.word(firstOf(def.Template, x.Role)), Name: d.word(def.Name), Via: ViaDirect,
		Eligible: x.Eligible, Standing: x.Standing, Scope: x.Scope,
	}
	if i, ok := d.byID[x.Principal]; ok {
		d.s.Accounts[i].Roles.Value = append(d.s.Accounts[i].Roles.Value, r)
		return
	}
	g, _ := d.group(x.Principal)
	r.Via, r.Group = ViaGroup, x.Principal
	for _, member := range g.Members.Value {
		if i, ok := d.byID[member]; ok {
			d.s.Accounts[i].Roles.Value = append(d.s.Accounts[i].Roles.Value, r)
		}
	}
}
