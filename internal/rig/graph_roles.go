package rig

import (
	"net/http"
	"slices"
	"strings"
)

const directoryRoles = "/roleManagement/directory"

func roleRoutes() []route {
	const d = directoryRoles
	return []route{
		list(d+"/roleDefinitions", "unifiedRoleDefinition", RoleDefinitions, classDirectory, 999, 999),
		single(d+"/roleDefinitions/{id}", "unifiedRoleDefinition", RoleDefinitions, classDirectory, (*call).getPart).
			as("GET /rolemanagement/directory/roledefinitions"),
		list(d+"/roleAssignments", "unifiedRoleAssignment", RoleAssignments, classDirectory, 100, 999),
		single(d+"/roleAssignments/{id}", "unifiedRoleAssignment", RoleAssignments, classDirectory, (*call).getPart).
			as("GET /rolemanagement/directory/roleassignments"),
		write(http.MethodPost, d+"/roleAssignments", "unifiedRoleAssignment", RoleAssignments, classDirectory, (*call).assignRole),
		write(http.MethodDelete, d+"/roleAssignments/{id}", "-", RoleAssignments, classDirectory, (*call).unassignRole),
		list(d+"/roleAssignmentScheduleInstances", "unifiedRoleAssignmentScheduleInstance", RoleSchedules, classPIM, 100, 999).
			needs(premiumP2).by((*call).assignmentInstances),
		list(d+"/roleEligibilityScheduleInstances", "unifiedRoleEligibilityScheduleInstance", RoleEligibilities, classPIM, 100, 999).
			needs(premiumP2).by((*call).eligibilityInstances),
		list(d+"/roleAssignmentSchedules", "unifiedRoleAssignmentSchedule", RoleSchedules, classPIM, 100, 999).
			needs(premiumP2).by((*call).schedules),
		list(d+"/roleEligibilitySchedules", "unifiedRoleEligibilitySchedule", RoleEligibilities, classPIM, 100, 999).
			needs(premiumP2).by((*call).schedules),
	}
}

// schedules lists schedules; rows that a folder holds as instances become
// schedules.
func (c *call) schedules() *answer {
	from := c.listFrom(c.route.part)
	return c.listOf(from, func(o Object) Object {
		if _, has := o.Field("scheduleInfo"); has {
			return o
		}
		start, end := orNullField(o, "startDateTime"), orNullField(o, "endDateTime")
		for _, name := range []string{"startDateTime", "endDateTime", "roleAssignmentScheduleId", "roleEligibilityScheduleId", "roleAssignmentOriginId"} {
			o = o.Without(name)
		}
		return o.With(Patch{
			"status": []byte(`"Provisioned"`),
			"scheduleInfo": []byte(`{"startDateTime":` + string(start) + `,"recurrence":null,"expiration":{"type":"` +
				expirationType(end) + `","endDateTime":` + string(end) + `,"duration":null}}`),
		})
	})
}

func expirationType(end []byte) string {
	if string(end) == "null" {
		return "noExpiration"
	}
	return "afterDateTime"
}

func orNullField(o Object, name string) []byte {
	if raw, ok := o.Field(name); ok {
		return raw
	}
	return []byte("null")
}

// instanceOf makes an instance of a schedule that is in force now, nil of one
// that is not.
func (c *call) instanceOf(o Object, schedule string) Object {
	_, has := o.Field("scheduleInfo")
	if !has {
		return o // the folder holds instances
	}
	info, _ := o.Field("scheduleInfo")
	start := orNullField(Object(info), "startDateTime")
	expiration, _ := Object(info).Field("expiration")
	end := orNullField(Object(expiration), "endDateTime")
	now := quoted(c.s.now().Format("2006-01-02T15:04:05Z"))
	if order, ok := ordered(end, now); ok && order <= 0 {
		return nil
	}
	if order, ok := ordered(start, now); ok && order > 0 {
		return nil
	}
	out := o.Only("id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId").With(Patch{
		"startDateTime": start, "endDateTime": end, "memberType": orDefault(o, "memberType", "Direct"), schedule: quoted(o.Text("id")),
	})
	if schedule == "roleAssignmentScheduleId" {
		out = out.With(Patch{"assignmentType": orDefault(o, "assignmentType", "Assigned"), "roleAssignmentOriginId": quoted(o.Text("id"))})
	}
	return out
}

func orDefault(o Object, name, value string) []byte {
	if o.Text(name) == "" {
		return quoted(value)
	}
	return quoted(o.Text(name))
}

func (c *call) eligibilityInstances() *answer {
	return c.listOf(c.listFrom(RoleEligibilities), func(o Object) Object { return c.instanceOf(o, "roleEligibilityScheduleId") })
}

// assignmentInstances lists every active assignment: those that a schedule
// made, and the permanent ones that never had one.
func (c *call) assignmentInstances() *answer {
	var all []Object
	var seen []string
	who := func(o Object) string {
		return strings.ToLower(o.Text("principalId") + " " + o.Text("roleDefinitionId") + " " + o.Text("directoryScopeId"))
	}
	for _, o := range c.view.All(RoleSchedules) {
		if instance := c.instanceOf(o, "roleAssignmentScheduleId"); instance != nil {
			all, seen = append(all, instance), append(seen, who(o))
		}
	}
	for _, o := range c.view.All(RoleAssignments) {
		if !slices.Contains(seen, who(o)) {
			all = append(all, o.Only("id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId").With(Patch{
				"startDateTime": []byte("null"), "endDateTime": []byte("null"), "memberType": []byte(`"Direct"`),
				"assignmentType": []byte(`"Assigned"`), "roleAssignmentOriginId": quoted(o.Text("id")), "roleAssignmentScheduleId": quoted(o.Text("id")),
			}))
		}
	}
	return c.listOf(inSlice(all), nil)
}

// expanded gives what an expansion of an object leads to, null where there is
// nothing, nil where it cannot be expanded.
func (c *call) expanded(o Object, typ string, e expansion) Object {
	switch e.name {
	case "roleDefinition":
		return c.reference(RoleDefinitions, o.Text("roleDefinitionId"), "unifiedRoleDefinition", "", e.fields)
	case "principal":
		return c.principal(o.Text("principalId"), e.fields)
	case "manager":
		inner, _ := o.Field("manager")
		if id := Object(inner).Text("id"); id != "" {
			return c.reference(Users, id, "user", "#microsoft.graph.user", e.fields)
		}
		return nil // a manager that is not there is left out
	case "members":
		return c.someMembers(o, e.fields)
	}
	if inner, ok := o.Field(e.name); ok {
		return Object(inner)
	}
	return Object("null")
}

// reference is the object of another part, as an expansion shows it.
func (c *call) reference(part, id, typ, derived string, fields []string) Object {
	o, ok := c.view.Get(part, id)
	if !ok {
		return Object("null")
	}
	var defaults []string
	if typ == "user" {
		defaults = defaultUser
	}
	o = c.project(o, options{typ: typ, fields: fields}, defaults)
	if derived != "" {
		o = Object(`{"@odata.type":` + string(quoted(derived)) + `}`).With(o.patch())
	}
	return o
}

// principal is who holds a role: a user, a group or a service principal.
func (c *call) principal(id string, fields []string) Object {
	for _, kind := range []struct{ part, typ string }{{Users, "user"}, {Groups, "group"}, {ServicePrincipals, "servicePrincipal"}} {
		if _, ok := c.view.Get(kind.part, id); ok {
			return c.reference(kind.part, id, kind.typ, "#microsoft.graph."+kind.typ, fields)
		}
	}
	return Object(`{"@odata.type":"#microsoft.graph.directoryObject","id":` + string(quoted(id)) + `}`)
}

// someMembers are the first 20 members, as many as an expansion shows.
func (c *call) someMembers(group Object, fields []string) Object {
	var out []Object
	for _, m := range group.Items("members") {
		if len(out) < 20 {
			out = append(out, c.principal(m.Text("id"), fields))
		}
	}
	return List(out)
}

func (c *call) assignRole() *answer {
	body := Object(c.body)
	role, ok := c.s.state.Primary().Get(RoleDefinitions, body.Text("roleDefinitionId"))
	if !ok || body.Text("principalId") == "" || body.Text("directoryScopeId") == "" {
		return c.turnedDown(badRequest("roleDefinitionId, principalId and directoryScopeId are needed."), nil)
	}
	for _, o := range c.s.state.Primary().All(RoleAssignments) {
		if o.Text("principalId") == body.Text("principalId") && o.Text("roleDefinitionId") == role.Text("id") && o.Text("directoryScopeId") == body.Text("directoryScopeId") {
			return c.turnedDown(badRequest("A conflicting object with one or more of the specified property values is present in the directory."), nil)
		}
	}
	o := body.Only("principalId", "directoryScopeId").With(Patch{
		"id":               quoted(strings.ReplaceAll(uuidOf(c.s.o.Seed, useRequest, uint64(c.number)), "-", "")),
		"roleDefinitionId": quoted(role.Text("id")), "appScopeId": []byte("null"), "condition": []byte("null"),
	})
	if _, err := c.s.state.Insert(RoleAssignments, "", o, c.by()); err != nil {
		return c.failed(err)
	}
	a := c.single(o)
	a.status = http.StatusCreated
	return a
}

// unassignRole refuses to remove the last Global Administrator.
func (c *call) unassignRole() *answer {
	o, ok := c.s.state.Primary().Get(RoleAssignments, c.id(0))
	if !ok {
		return c.turnedDown(notFound(c.id(0)), nil)
	}
	others := 0
	for _, other := range c.s.state.Primary().All(RoleAssignments) {
		if other.Text("roleDefinitionId") == o.Text("roleDefinitionId") && other.Text("id") != o.Text("id") {
			others++
		}
	}
	if o.Text("roleDefinitionId") == roleGlobalAdmin && others == 0 {
		return c.turnedDown(badRequest("Removing the last Global Administrator is not allowed."), o)
	}
	if err := c.s.state.Delete(RoleAssignments, o.Text("id"), c.by()); err != nil {
		return c.failed(err)
	}
	return noContent()
}
