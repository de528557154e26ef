package rig

import (
	"encoding/json"
	"net/http"
	"strings"
)

// defaultMember are what a member shows without $select.
var defaultMember = []string{"id", "displayName", "userPrincipalName", "mail", "appId", "description", "securityEnabled"}

func groupRoutes() []route {
	const members = "GET /groups/{id}/transitivemembers"
	return []route{
		list("/groups", "group", Groups, classDirectory, 100, 999),
		single("/groups/$count", "group", Groups, classDirectory, (*call).counted).as("GET /groups"),
		single("/groups/{id}", "group", Groups, classDirectory, (*call).getPart),
		list("/groups/{id}/transitiveMembers", "directoryObject", Groups, classDirectory, 100, 999).by((*call).members).costs(5).shows(defaultMember...),
		list("/groups/{id}/transitiveMembers/microsoft.graph.user", "user", Groups, classDirectory, 100, 999).
			as(members).by((*call).members).costs(5).shows(defaultUser...),
		list("/groups/{id}/transitiveMembers/microsoft.graph.servicePrincipal", "servicePrincipal", Groups, classDirectory, 100, 999).
			as(members).by((*call).members).costs(5),
		write(http.MethodPost, "/groups/{id}/members/$ref", "-", Groups, classDirectory, (*call).addMember),
		write(http.MethodDelete, "/groups/{id}/members/{id}/$ref", "-", Groups, classDirectory, (*call).removeMember),
	}
}

// members lists the members of a group, nested ones included; where the path
// ends in a type, those of that type.
func (c *call) members() *answer {
	group, ok := c.view.Get(Groups, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	var found []Object
	for _, m := range group.Items("members") {
		kind := strings.TrimPrefix(m.Text("@odata.type"), "#microsoft.graph.")
		if c.route.typ == "directoryObject" || kind == c.route.typ || kind == "" && c.route.typ == "user" {
			found = append(found, c.member(m, kind))
		}
	}
	return c.listOf(inSlice(found), nil)
}

// member is the whole object that a membership names, where the tenant has it.
func (c *call) member(m Object, kind string) Object {
	part := map[string]string{"user": Users, "group": Groups, "servicePrincipal": ServicePrincipals}[kind]
	whole, ok := c.view.Get(part, m.Text("id"))
	if !ok {
		return m
	}
	if c.route.typ == "directoryObject" {
		whole = whole.With(Patch{"@odata.type": quoted("#microsoft.graph." + kind)})
	}
	return whole
}

// mayChangeMembers checks a write to the members of a group: one that can
// hold roles needs a permission over roles as well.
func (c *call) mayChangeMembers() (Object, *answer) {
	group, ok := c.s.state.Primary().Get(Groups, c.id(0))
	switch {
	case !ok:
		return nil, c.turnedDown(notFound(c.id(0)), nil)
	case group.True("isAssignableToRole") && !c.has("RoleManagement.ReadWrite.Directory"):
		return nil, c.turnedDown(insufficient(), group)
	case group.True("onPremisesSyncEnabled"):
		return nil, c.turnedDown(badRequest("Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration."), group)
	}
	return group, nil
}

func (c *call) addMember() *answer {
	group, bad := c.mayChangeMembers()
	if bad != nil {
		return bad
	}
	reference := Object(c.body).Text("@odata.id")
	id := reference[strings.LastIndexByte(reference, '/')+1:]
	user, ok := c.s.state.Primary().Get(Users, id)
	if !ok {
		return c.turnedDown(notFound(id), group)
	}
	member := Object(`{"@odata.type":"#microsoft.graph.user"}`).With(Patch{"id": quoted(user.Text("id"))})
	list := group.Items("members")
	for _, m := range list {
		if strings.EqualFold(m.Text("id"), id) {
			return c.turnedDown(badRequest("One or more added object references already exist for the following modified properties: 'members'."), group)
		}
	}
	return c.setMembers(group, append(list, member))
}

func (c *call) removeMember() *answer {
	group, bad := c.mayChangeMembers()
	if bad != nil {
		return bad
	}
	var keep []Object
	for _, m := range group.Items("members") {
		if !strings.EqualFold(m.Text("id"), c.id(1)) {
			keep = append(keep, m)
		}
	}
	if len(keep) == len(group.Items("members")) {
		return c.turnedDown(notFound(c.id(1)), group)
	}
	return c.setMembers(group, keep)
}

func (c *call) setMembers(group Object, members []Object) *answer {
	patch := Patch{"members": json.RawMessage(List(members))}
	if _, err := c.s.state.Update(Groups, group.Text("id"), patch, c.by()); err != nil {
		return c.failed(err)
	}
	return noContent()
}
