package rig

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestBlockIsReadBack(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	user := c.aUser(enabledMember)
	path := "/v1.0/users/" + user.Text("id")
	if got := c.send(http.MethodPatch, path, `{"accountEnabled":false}`); got.status != http.StatusNoContent || len(got.body) != 0 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := c.get(path + "?$select=accountEnabled"); !strings.Contains(string(got.body), `"accountEnabled":false`) {
		t.Errorf("read back: %s", got.body)
	}
	if got := c.send(http.MethodGet, "/v1.0/reports/authenticationMethods/userRegistrationDetails/"+user.Text("id"), nil); got.status != http.StatusNotFound {
		t.Errorf("the registration report still has the blocked account: %s", got.body)
	}
	var told []string
	for _, o := range c.all("/v1.0/auditLogs/directoryAudits?$filter=activityDateTime+ge+" + noon.Format("2006-01-02T15:04:05Z")) {
		told = append(told, o.Text("activityDisplayName"))
	}
	if !slices.Contains(told, "Disable account") || !slices.Contains(told, "Update user") {
		t.Errorf("the audit log tells of %q", told)
	}
	truth := c.s.state.Truth()
	if len(truth) != 1 || string(truth[0].Before) != `{"accountEnabled":true}` || string(truth[0].After) != `{"accountEnabled":false}` ||
		!truth[0].Applied || truth[0].Method != http.MethodPatch || truth[0].Path != path {
		t.Errorf("the truth is %+v", truth)
	}
}

func TestRevokeOverHTTPMovesTheTime(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	user := c.aUser(enabledMember)
	got := c.send(http.MethodPost, "/v1.0/users/"+user.Text("id")+"/revokeSignInSessions", nil)
	if got.status != http.StatusOK || !strings.Contains(string(got.body), `"value":true`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after := c.get("/v1.0/users/" + user.Text("id") + "?$select=signInSessionsValidFromDateTime")
	if at := Object(after.body).Text("signInSessionsValidFromDateTime"); at != noon.Format("2006-01-02T15:04:05Z") {
		t.Errorf("sessions are valid from %s", at)
	}
}

// Writes that the directory refuses leave everything as it was, and stand in
// the truth as not applied.
func TestRefusedWrites(t *testing.T) {
	synced := func(o Object) bool { return o.True("onPremisesSyncEnabled") }
	blocker := ReadApp()
	blocker.Secret = "s3cret"
	blocker.Roles = append(blocker.Roles, "User.EnableDisableAccount.All")
	for _, test := range []struct {
		name   string
		app    App
		user   func(c *client) Object
		body   string
		status int
	}{
		{"synced", allPowers(), func(c *client) Object { return c.aUser(synced) }, `{"accountEnabled":false}`, 400},
		{"unknown property", allPowers(), func(c *client) Object { return c.aUser(enabledMember) }, `{"acountEnabled":false}`, 400},
		{"no JSON", allPowers(), func(c *client) Object { return c.aUser(enabledMember) }, `{"accountEnabled":`, 400},
		{"other property", blocker, func(c *client) Object { return c.aUser(enabledMember) }, `{"department":"x"}`, 403},
		{"administrator", blocker, anAdmin, `{"accountEnabled":false}`, 403},
		{"password without a role", withRole("User-PasswordProfile.ReadWrite.All"), func(c *client) Object { return c.aUser(enabledMember) }, `{"passwordProfile":{"password":"x"}}`, 403},
	} {
		app := test.app
		app.Secret = "s3cret"
		c := dial(t, "all-traps", 400, ServerOptions{Apps: []App{app}})
		user := test.user(c)
		before := fingerprint(c.s.state)
		if got := c.send(http.MethodPatch, "/v1.0/users/"+user.Text("id"), test.body); got.status != test.status {
			t.Errorf("%s: %d %s", test.name, got.status, got.body)
		}
		truth := c.s.state.Truth()
		if fingerprint(c.s.state) != before || len(truth) != 1 || truth[0].Applied {
			t.Errorf("%s: the truth is %+v", test.name, truth)
		}
	}
}

func withRole(permission string) App {
	a := ReadApp()
	a.Roles, a.DirectoryRoles = append(a.Roles, permission), nil
	return a
}

func anAdmin(c *client) Object {
	for _, o := range c.s.state.Primary().All(RoleAssignments) {
		if user, ok := c.s.state.Primary().Get(Users, o.Text("principalId")); ok && enabledMember(user) {
			return user
		}
	}
	c.t.Fatal("the tenant has no administrator")
	return nil
}

func TestRolesAreGivenAndTaken(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	user := c.aUser(enabledMember).Text("id")
	const path = "/v1.0/roleManagement/directory/roleAssignments"
	body := map[string]any{"@odata.type": "#microsoft.graph.unifiedRoleAssignment", "roleDefinitionId": roleGlobalReader, "principalId": user, "directoryScopeId": "/"}
	got := c.send(http.MethodPost, path, body)
	if got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	mine := path + "?$filter=principalId+eq+'" + user + "'"
	if len(c.get(mine).values()) == 0 {
		t.Error("the new assignment is not listed")
	}
	if again := c.send(http.MethodPost, path, body); again.status != http.StatusBadRequest {
		t.Errorf("a second assignment: %d", again.status)
	}
	if gone := c.send(http.MethodDelete, path+"/"+Object(got.body).Text("id"), nil); gone.status != http.StatusNoContent || len(c.get(mine).values()) != 0 {
		t.Errorf("after the removal: %d, %s", gone.status, c.get(mine).body)
	}
}

func TestTheLastGlobalAdministratorStays(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	const path = "/v1.0/roleManagement/directory/roleAssignments"
	var last reply
	admins := c.get(path + "?$filter=roleDefinitionId+eq+'" + roleGlobalAdmin + "'").values()
	for _, o := range admins {
		last = c.send(http.MethodDelete, path+"/"+o.Text("id"), nil)
	}
	if len(admins) == 0 || last.status != http.StatusBadRequest {
		t.Errorf("of %d administrators the last: %d %s", len(admins), last.status, last.body)
	}
}

func TestMethodsAreDeletedExceptTheDefault(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{Unlimited: true})
	deleted := 0
	for at, body := range c.s.state.Primary().All(Methods) {
		user := c.s.state.Primary().Owner(Methods, at)
		for _, m := range Elements(body) {
			for segment, kind := range methodPaths {
				if !strings.HasSuffix(m.Text("@odata.type"), "."+kind) {
					continue
				}
				path := "/v1.0/users/" + user + "/authentication/" + segment + "/" + m.Text("id")
				if got := c.send(http.MethodDelete, path, nil); got.status == http.StatusNoContent {
					deleted++
					if again := c.send(http.MethodDelete, path, nil); again.status != http.StatusNotFound {
						t.Errorf("a second deletion: %d %s", again.status, again.body)
					}
				} else if got.status != http.StatusBadRequest {
					t.Errorf("DELETE %s: %d %s", path, got.status, got.body)
				}
			}
		}
		if deleted > 20 {
			return
		}
	}
	t.Errorf("%d methods deleted", deleted)
}

func TestDeletedUsersComeBack(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	user := c.aUser(enabledMember).Text("id")
	c.send(http.MethodDelete, "/v1.0/users/"+user, nil)
	c.fails(http.MethodGet, "/v1.0/users/"+user, nil, http.StatusNotFound, "Request_ResourceNotFound")
	found := slices.ContainsFunc(c.all("/v1.0/directory/deletedItems/microsoft.graph.user"), func(o Object) bool { return o.Text("id") == user })
	got := c.send(http.MethodPost, "/v1.0/directory/deletedItems/"+user+"/restore", nil)
	if !found || got.status != http.StatusOK {
		t.Errorf("among the deleted: %v; restored: %d %s", found, got.status, got.body)
	}
	c.get("/v1.0/users/" + user)
}

func TestGroupMembersChange(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	var group Object
	for _, o := range c.s.state.Primary().All(Groups) {
		if !o.True("onPremisesSyncEnabled") {
			group = o
		}
	}
	user := c.aUser(func(o Object) bool { return enabledMember(o) && !isIn(group, o.Text("id")) }).Text("id")
	path := "/v1.0/groups/" + group.Text("id") + "/members"
	reference := map[string]any{"@odata.id": graphHost + "/v1.0/directoryObjects/" + user}
	if got := c.send(http.MethodPost, path+"/$ref", reference); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	of := func() bool {
		return slices.ContainsFunc(c.all("/v1.0/users/"+user+"/transitiveMemberOf/microsoft.graph.group?$select=id"), func(o Object) bool { return o.Text("id") == group.Text("id") })
	}
	if !of() {
		t.Error("the new member is none")
	}
	if got := c.send(http.MethodDelete, path+"/"+user+"/$ref", nil); got.status != http.StatusNoContent || of() {
		t.Errorf("after the removal: %d, member %v", got.status, of())
	}
}

func isIn(group Object, user string) bool {
	return slices.ContainsFunc(group.Items("members"), func(m Object) bool { return m.Text("id") == user })
}

func TestPurposeHasTwoShapes(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	box := c.aMailbox(shared).Text("ExternalDirectoryObjectId")
	if got := c.get("/v1.0/users/" + box + "/mailboxSettings?$select=userPurpose"); Object(got.body).Text("userPurpose") != "shared" {
		t.Errorf("v1.0: %s", got.body)
	}
	if got := c.get("/beta/users/" + box + "/mailboxSettings?$select=userPurpose"); !strings.Contains(string(got.body), `"userPurpose":{"value":"shared"}`) {
		t.Errorf("beta: %s", got.body)
	}
	none := c.aUser(func(o Object) bool { _, has := c.s.state.Primary().Get(Mailboxes, o.Text("id")); return !has })
	c.fails(http.MethodGet, "/v1.0/users/"+none.Text("id")+"/mailboxSettings", nil, http.StatusNotFound, "MailboxNotEnabledForRESTAPI")
	c.fails(http.MethodGet, "/v1.0/users/nobody/mailboxSettings", nil, http.StatusNotFound, "ErrorInvalidUser")
}

func TestATenantWithoutP1(t *testing.T) {
	c := dial(t, "no-p1", 0, ServerOptions{Unlimited: true})
	for _, path := range []string{"/v1.0/auditLogs/signIns", "/v1.0/users?$select=id,signInActivity", "/v1.0/reports/authenticationMethods/userRegistrationDetails"} {
		c.fails(http.MethodGet, path, nil, http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
	}
	c.fails(http.MethodGet, "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", nil, http.StatusBadRequest, "AadPremiumLicenseRequired")
	c.fails(http.MethodGet, "/v1.0/identityProtection/riskDetections", nil, http.StatusForbidden, "Forbidden")
	c.get("/v1.0/auditLogs/directoryAudits?$top=1")
	c.get("/v1.0/users?$select=id")
}

func TestUnknownRequestsSayWhatTheyWere(t *testing.T) {
	var told []string
	c := dial(t, "small-business", 0, ServerOptions{OnUnknown: func(r string) { told = append(told, r) }})
	for _, path := range []string{"/v1.0/sites", "/v2.0/users", "/v1.0/users/1/photo/$value"} {
		got := c.fails(http.MethodGet, path, nil, http.StatusNotImplemented, "NotImplemented")
		if !strings.Contains(string(got.body), "GET "+path) {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	if got := c.tryCmdlet("Get-Teapot", nil); got.status != http.StatusNotImplemented || !strings.Contains(string(got.body), "Get-Teapot") {
		t.Errorf("an unknown cmdlet: %d %s", got.status, got.body)
	}
	if len(told) != 4 {
		t.Errorf("told of %q", told)
	}
}
