package rig

import (
	"net/http"
	"strings"
	"testing"
)

// everyRoute calls each GET route of Graph once, with ids that exist.
func everyRoute(c *client) {
	user := c.aUser(func(o Object) bool { _, ok := c.s.state.Primary().Get(MessageRules, o.Text("id")); return ok })
	rules := c.get("/v1.0/users/" + user.Text("id") + "/mailFolders/inbox/messageRules").values()
	for _, method := range c.s.routes.by {
		for _, r := range method {
			if r.method != http.MethodGet {
				continue
			}
			version := r.version
			if version == "" {
				version = "v1.0"
			}
			path := r.pattern
			for path != "" && strings.Contains(path, "{id}") {
				path = strings.Replace(path, "{id}", c.anID(r, path, user, rules), 1)
			}
			c.header.Set("ConsistencyLevel", "eventual")
			if got := c.send(http.MethodGet, "/"+version+path, nil); got.status != http.StatusOK && got.status != http.StatusNotFound {
				c.t.Errorf("GET %s: %d %s", path, got.status, got.body)
			}
			c.send(http.MethodGet, "/beta"+path, nil)
		}
	}
}

// anID is an id for the first variable of a path.
func (c *client) anID(r *route, path string, user Object, rules []Object) string {
	before, _, _ := strings.Cut(path, "{id}")
	switch {
	case before == "/users/":
		return user.Text("id")
	case strings.HasSuffix(before, "messageRules/") && len(rules) > 0:
		return rules[0].Text("id")
	case before == "/servicePrincipals/":
		return graphPrincipal
	}
	for _, o := range c.s.state.Primary().All(r.part) {
		if id := o.Text("id"); id != "" {
			return id
		}
	}
	return "none"
}

// Every answer of every route is held against the metadata by checkAnswer.
func TestAnswersHoldNothingInvented(t *testing.T) {
	c := dial(t, "all-traps", 400, ServerOptions{Unlimited: true})
	everyRoute(c)
	for _, part := range []string{"/v1.0/users?$top=999", "/v1.0/groups?$top=999", "/v1.0/identity/conditionalAccess/policies", "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')"} {
		c.all(part)
	}
	for _, o := range c.s.state.Primary().All(Users) {
		c.get("/v1.0/users/" + o.Text("id") + "?$select=" + strings.Join(o.Without("manager").fieldNames(), ","))
		c.get("/v1.0/users/" + o.Text("id") + "/authentication/methods")
		c.send(http.MethodGet, "/v1.0/users/"+o.Text("id")+"/mailboxSettings", nil)
		c.send(http.MethodGet, "/v1.0/users/"+o.Text("id")+"/mailFolders/inbox/messageRules", nil)
	}
}

func TestCheckBodyFindsWhatIsInvented(t *testing.T) {
	for _, test := range []struct{ typ, body, want string }{
		{"user", `{"id":"1","accountEnabled":true,"nickname":"x"}`, `no property "nickname"`},
		{"user", `{"value":[{"id":"1"},{"acountEnabled":true}]}`, `no property "acountEnabled"`},
		{"user", `{"accountEnabled":"yes"}`, "Boolean cannot be"},
		{"user", `{"assignedLicenses":{}}`, "cannot be"},
		{"user", `{"assignedLicenses":[{"sku":"x"}]}`, `no property "sku"`},
		{"conditionalAccessPolicy", `{"state":"on"}`, "no member of conditionalAccessPolicyState"},
		{"authenticationMethod", `{"@odata.type":"#microsoft.graph.user","id":"1"}`, "is no authenticationMethod"},
		{"nonsense", `{}`, "there is no type"},
	} {
		found := CheckBody("v1.0", test.typ, []byte(test.body))
		if len(found) == 0 || !strings.Contains(found[0], test.want) {
			t.Errorf("%s: found %q, want %q", test.body, found, test.want)
		}
	}
	if found := CheckBody("v1.0", "user", []byte(`{"@odata.context":"x","value":[{"id":"1","signInActivity":{"lastSignInDateTime":null}}]}`)); len(found) > 0 {
		t.Errorf("a good body: %q", found)
	}
}

// A route without permissions in Microsoft's map, or in the list beside it,
// would let everybody in or nobody.
func TestEveryRouteHasItsPermissions(t *testing.T) {
	for _, method := range graphRoutes().by {
		for _, r := range method {
			if r.permission != "-" && len(allowed(r.permission, false)) == 0 {
				t.Errorf("%s %s: no permission known under %q", r.method, r.pattern, r.permission)
			}
			if _, ok := schemaBeta().types[r.typ]; !ok && r.typ != "-" {
				t.Errorf("%s %s: the metadata has no type %q", r.method, r.pattern, r.typ)
			}
		}
	}
	for key := range beyondMap {
		if _, twice := readPermissionMap().Calls[key]; twice {
			t.Errorf("%s stands in Microsoft's map too", key)
		}
	}
}

func TestEachPermissionIsNeeded(t *testing.T) {
	for _, test := range []struct{ path, permission, code string }{
		{"/v1.0/users?$select=id,accountEnabled", "User.Read.All", "Authorization_RequestDenied"},
		{"/v1.0/users?$select=id,signInActivity", "AuditLog.Read.All", "Authorization_RequestDenied"},
		{"/v1.0/auditLogs/signIns", "AuditLog.Read.All", "Authentication_MSGraphPermissionMissing"},
		{"/v1.0/reports/authenticationMethods/userRegistrationDetails", "AuditLog.Read.All", "Authentication_MSGraphPermissionMissing"},
		{"/v1.0/identity/conditionalAccess/policies", "Policy.Read.All", "AccessDenied"},
		{"/v1.0/domains", "Domain.Read.All", "Authorization_RequestDenied"},
		{"/v1.0/groups", "GroupMember.Read.All", "Authorization_RequestDenied"},
		{"/v1.0/identityProtection/riskDetections", "IdentityRiskEvent.Read.All", "AccessDenied"},
		{"/v1.0/roleManagement/directory/roleAssignments", "RoleManagement.Read.Directory", "Authorization_RequestDenied"},
		{"/v1.0/subscribedSkus", "Organization.Read.All", "Authorization_RequestDenied"},
	} {
		app := ReadApp().Without(test.permission)
		app.Secret = "s3cret"
		c := dial(t, "all-traps", 60, ServerOptions{Apps: []App{app}})
		c.fails(http.MethodGet, test.path, nil, http.StatusForbidden, test.code)
		whole := ReadApp()
		whole.Secret = "s3cret"
		dial(t, "all-traps", 60, ServerOptions{Apps: []App{whole}}).get(test.path)
	}
}

// A permission that is taken away while a token lives is missing at once.
func TestPermissionsCanBeLost(t *testing.T) {
	app := ReadApp()
	app.Secret = "s3cret"
	c := dial(t, "small-business", 0, ServerOptions{Apps: []App{app}, Unlimited: true})
	c.get("/v1.0/domains")
	c.s.Deny("Domain.Read.All", "Exchange.ManageAsApp")
	c.fails(http.MethodGet, "/v1.0/domains", nil, http.StatusForbidden, "Authorization_RequestDenied")
	if got := c.tryCmdlet("Get-Mailbox", nil); got.status != http.StatusUnauthorized {
		t.Errorf("Get-Mailbox without Exchange.ManageAsApp: %d", got.status)
	}
	c.s.Deny()
	c.get("/v1.0/domains")
}

// The ids of the roles that decide what an application may do are those of
// the directory.
func TestRolesOfApplicationsExist(t *testing.T) {
	state, _ := generated(t, "all-traps", 60, 1)
	for id, name := range map[string]string{
		roleGlobalAdmin: "Global Administrator", roleGlobalReader: "Global Reader", roleSecurityReader: "Security Reader",
		roleSecurityAdmin: "Security Administrator", roleUserAdmin: "User Administrator", roleExchangeAdmin: "Exchange Administrator",
		rolePrivilegedAuthAdmin: "Privileged Authentication Administrator", roleHelpdeskAdmin: "Helpdesk Administrator",
	} {
		if o, ok := state.Primary().Get(RoleDefinitions, id); !ok || o.Text("displayName") != name {
			t.Errorf("%s is %q, want %s", id, o.Text("displayName"), name)
		}
	}
}
