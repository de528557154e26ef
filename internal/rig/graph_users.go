package rig

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// defaultUser are the properties of a user that come without $select: the
// page "user resource type".
var defaultUser = []string{
	"businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
	"preferredLanguage", "surname", "userPrincipalName",
}

// mostWithActivity is the ceiling of a page of users with signInActivity: the
// page "List users".
const mostWithActivity = 500

func userRoutes() []route {
	return []route{
		list("/users", "user", Users, classDirectory, 100, 999).shows(defaultUser...).by((*call).listUsers),
		single("/users/$count", "user", Users, classDirectory, (*call).counted).as("GET /users"),
		single("/users/{id}", "user", Users, classDirectory, (*call).getUser).shows(defaultUser...).costs(2),
		single("/users/{id}/manager", "user", Users, classDirectory, (*call).getManager).shows(defaultUser...),
		write(http.MethodPatch, "/users/{id}", "user", Users, classDirectory, (*call).patchUser),
		write(http.MethodDelete, "/users/{id}", "user", Users, classDirectory, (*call).deleteUser),
		write(http.MethodPost, "/users/{id}/revokeSignInSessions", "-", Users, classDirectory, (*call).revokeSessions),
		list("/users/{id}/transitiveMemberOf", "directoryObject", Groups, classDirectory, 100, 999).by((*call).groupsOfUser).costs(5),
		list("/users/{id}/transitiveMemberOf/microsoft.graph.group", "group", Groups, classDirectory, 100, 999).
			as("GET /users/{id}/transitivememberof").by((*call).groupsOfUser).costs(5),
		list("/users/delta", "user", Users, classDirectory, 200, 999).shows(defaultUser...).by((*call).usersDelta),
		list("/directory/deletedItems/microsoft.graph.user", "user", DeletedUsers, classDirectory, 100, 999).shows(defaultUser...),
		write(http.MethodPost, "/directory/deletedItems/{id}/restore", "user", DeletedUsers, classDirectory, (*call).restoreUser),
	}
}

// readsActivity tells whether a request touches signInActivity, which has a
// limit, a licence and a permission of its own.
func (c *call) readsActivity() bool {
	return c.route != nil && strings.HasPrefix(c.route.pattern, "/users") && c.route.typ == "user" &&
		(strings.Contains(c.query.Get("$select"), "signInActivity") || strings.Contains(c.query.Get("$filter"), "signInActivity"))
}

// activityAllowed answers a request for signInActivity without the permission
// or the licence, nil where both are there or it is not asked for.
func (c *call) activityAllowed() *answer {
	switch {
	case !c.readsActivity():
		return nil
	case !c.has("AuditLog.Read.All"):
		return insufficient()
	case !c.s.licensed(premium):
		return notPremium()
	}
	return nil
}

// usersAllowed checks what a request reads of users.
func (c *call) usersAllowed(op options) *answer {
	fields := slices.Concat(op.fields, op.uses.paths)
	if !c.readsUsers(fields) {
		return insufficient()
	}
	if slices.Contains(op.fields, "mailboxSettings") {
		return graphError(http.StatusNotImplemented, "NotImplemented", "mailboxSettings can be selected of a single user only.")
	}
	activity := func(path string) bool { return strings.HasPrefix(path, "signInActivity") }
	if slices.ContainsFunc(op.uses.paths, activity) && slices.ContainsFunc(op.uses.paths, func(p string) bool { return !activity(p) }) {
		return badRequest("Filtering on signInActivity cannot be combined with other filters.")
	}
	return c.activityAllowed()
}

func (c *call) listUsers() *answer {
	op, bad := c.options("user")
	if bad == nil {
		bad = c.usersAllowed(op)
	}
	if bad != nil {
		return bad
	}
	return c.listPart()
}

func (c *call) getUser() *answer {
	op, bad := c.options("user")
	if bad == nil {
		bad = c.usersAllowed(op)
	}
	if bad != nil {
		return bad
	}
	o, ok := c.view.Get(Users, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	if c.readsActivity() && !strings.EqualFold(o.Text("id"), c.id(0)) {
		return badRequest("Get By Key only supports UserId and the key has to be a valid Guid")
	}
	return c.object(o)
}

func (c *call) getManager() *answer {
	user, ok := c.view.Get(Users, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	manager, ok := user.Field("manager")
	if !ok || string(manager) == "null" {
		return notFound("manager")
	}
	if whole, ok := c.view.Get(Users, Object(manager).Text("id")); ok {
		return c.object(whole)
	}
	return c.object(Object(manager))
}

// patchUser answers 204 without a body, as the service does even where a
// representation is asked for.
func (c *call) patchUser() *answer {
	body := Object(c.body)
	fields := body.fieldNames()
	user, ok := c.s.state.Primary().Get(Users, c.id(0))
	if !ok {
		return c.turnedDown(notFound(c.id(0)), nil)
	}
	if bad := c.mayPatch(user, body, fields); bad != nil {
		return c.turnedDown(bad, user)
	}
	if _, err := c.s.state.Update(Users, user.Text("id"), body.patch(), c.by()); err != nil {
		return c.failed(err)
	}
	return noContent()
}

func (c *call) mayPatch(user, body Object, fields []string) *answer {
	if len(fields) == 0 {
		return badRequest("The body of the request is not a JSON object with properties.")
	}
	if found := CheckBody(c.version, "user", body); len(found) > 0 {
		return badRequest("Invalid property in the body: %s", found[0])
	}
	password := slices.Contains(fields, "passwordProfile")
	sensitive := slices.ContainsFunc(fields, func(f string) bool { return userWriters[f] != nil || f == "userPrincipalName" })
	switch {
	case !c.writesUsers(fields):
		return insufficient()
	case (sensitive || user.True("isManagementRestricted")) && !c.outranks(user.Text("id"), password):
		return insufficient()
	case user.True("onPremisesSyncEnabled"):
		return badRequest("Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.")
	case password && c.federated(user.Text("userPrincipalName")):
		return badRequest("Password cannot be set for a federated user.")
	}
	return nil
}

// federated tells whether the domain of a UPN signs in elsewhere.
func (c *call) federated(upn string) bool {
	_, domain, _ := strings.Cut(upn, "@")
	o, ok := c.s.state.Primary().Get(Domains, domain)
	return ok && o.Text("authenticationType") == "Federated"
}

// turnedDown records a write that was refused, and answers it.
func (c *call) turnedDown(a *answer, before Object) *answer {
	subject := c.id(0)
	if before != nil {
		subject = before.Text("id")
		before = before.Only(Object(c.body).fieldNames()...)
	}
	c.s.state.Refused(c.by(), subject, before, jsonOrNil(c.body))
	return a
}

// failed answers what the state says of a write.
func (c *call) failed(err error) *answer {
	return graphError(http.StatusNotFound, "Request_ResourceNotFound", err.Error())
}

func (c *call) deleteUser() *answer {
	user, ok := c.s.state.Primary().Get(Users, c.id(0))
	if !ok {
		return c.turnedDown(notFound(c.id(0)), nil)
	}
	if !c.outranks(user.Text("id"), false) {
		return c.turnedDown(insufficient(), user)
	}
	if err := c.s.state.Delete(Users, user.Text("id"), c.by()); err != nil {
		return c.failed(err)
	}
	return noContent()
}

func (c *call) restoreUser() *answer {
	user, ok := c.s.state.Primary().Get(DeletedUsers, c.id(0))
	if !ok {
		return c.turnedDown(notFound(c.id(0)), nil)
	}
	user = user.With(Patch{"deletedDateTime": []byte("null")})
	if err := c.s.state.Delete(DeletedUsers, c.id(0), c.by()); err != nil {
		return c.failed(err)
	}
	if _, err := c.s.state.Insert(Users, "", user, c.by()); err != nil {
		return c.failed(err)
	}
	return c.object(user)
}

// revokeSessions has no effect on guests, whose sessions belong to their home
// tenant, and says nothing of it.
func (c *call) revokeSessions() *answer {
	user, ok := c.s.state.Primary().Get(Users, c.id(0))
	if !ok {
		return c.turnedDown(notFound(c.id(0)), nil)
	}
	if user.Text("userType") != "Guest" {
		if err := c.s.state.Revoke(user.Text("id"), c.by()); err != nil {
			return c.failed(err)
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"@odata.context": c.base + "/" + c.version + "/$metadata#Edm.Boolean", "value": true,
	})
}

// groupsOf gives the places of the groups that a user is a member of, nested
// ones included.
func (c *call) groupsOf(user string) iter.Seq2[int, Object] {
	return func(yield func(int, Object) bool) {
		for at, group := range c.s.state.Primary().All(Groups) {
			if slices.ContainsFunc(group.Items("members"), func(m Object) bool { return strings.EqualFold(m.Text("id"), user) }) && !yield(at, group) {
				return
			}
		}
	}
}

func (c *call) groupsOfUser() *answer {
	user, ok := c.view.Get(Users, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	var found []Object
	for _, group := range c.groupsOf(user.Text("id")) {
		found = append(found, group)
	}
	if c.route.typ != "group" {
		for i := range found {
			found[i] = found[i].With(Patch{"@odata.type": []byte(`"#microsoft.graph.group"`)}).Without("members")
		}
	}
	return c.listOf(inSlice(found), nil)
}
