package rig

import (
	_ "embed" // the permission map
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed contract/graph-permissions.json
var permissionMap []byte

// permissions are those of one call, from Microsoft's own map.
type permissions struct {
	Application, Delegated struct{ Least, Other []string }
}

// permissionFile is the file contract/graph-permissions.json.
type permissionFile struct {
	Calls map[string]permissions                     `json:"calls"`
	IDs   map[string]struct{ App, Delegated string } `json:"ids"`
}

var readPermissionMap = sync.OnceValue(func() permissionFile {
	var f permissionFile
	if err := json.Unmarshal(permissionMap, &f); err != nil {
		panic("rig: contract/graph-permissions.json: " + err.Error())
	}
	return f
})

// beyondMap are the permissions of calls that the trimmed map does not have,
// each from its page in the reference of Microsoft Graph.
var beyondMap = map[string][]string{
	// "List groups", "Get group"
	"GET /groups":      {"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	"GET /groups/{id}": {"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	// "List manager"
	"GET /users/{id}/manager": {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	// "Delete a user", "List deletedItems", "Restore deleted directory object item"
	"DELETE /users/{id}": {"User.DeleteRestore.All", "User.ReadWrite.All", "Directory.ReadWrite.All"},
	"GET /directory/deleteditems/microsoft.graph.user": {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"},
	"POST /directory/deleteditems/{id}/restore":        {"User.DeleteRestore.All", "User.ReadWrite.All", "Directory.ReadWrite.All"},
	// "List roleAssignmentSchedules", "List roleEligibilitySchedules"
	"GET /rolemanagement/directory/roleassignmentschedules":  {"RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"},
	"GET /rolemanagement/directory/roleeligibilityschedules": {"RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"},
	// "Add members", "Remove member"
	"POST /groups/{id}/members/$ref":        {"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"},
	"DELETE /groups/{id}/members/{id}/$ref": {"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"},
	// "Get servicePrincipal"
	"GET /serviceprincipals/{id}": {"Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.Read.All"},
}

// allowed lists the permissions of which a token needs one for a call. The
// key is the method and the path in lower case with {id} for ids.
func allowed(key string, delegated bool) []string {
	p, ok := readPermissionMap().Calls[key]
	switch {
	case ok && delegated:
		return slices.Concat(p.Delegated.Least, p.Delegated.Other)
	case ok:
		return slices.Concat(p.Application.Least, p.Application.Other)
	}
	return beyondMap[key]
}

// permitted answers a request whose token lacks the permission, nil if it has
// one that suffices.
func (c *call) permitted() *answer {
	if c.route.permission == "-" || slices.ContainsFunc(allowed(c.route.permission, c.who.delegated()), c.has) {
		return nil
	}
	return c.denied()
}

// denied is the 403 of a route, in the words of the service behind it.
func (c *call) denied() *answer {
	least := allowed(c.route.permission, c.who.delegated())
	switch c.route.class {
	case classReports:
		return graphError(http.StatusForbidden, "Authentication_MSGraphPermissionMissing",
			"The principal does not have required Microsoft Graph permission(s): "+strings.Join(least, ",")+" to call this API.")
	case classProtection:
		return graphError(http.StatusForbidden, "AccessDenied", "You cannot perform the requested operation, required scopes are missing in the token.")
	case classMailbox:
		return graphError(http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
	case classMethods:
		return graphError(http.StatusForbidden, "accessDenied", "Request Authorization failed")
	case classPIM:
		return graphError(http.StatusForbidden, "PermissionScopeNotGranted", "Authorization failed due to missing permission scope "+strings.Join(least, ",")+".")
	}
	return insufficient()
}

func insufficient() *answer {
	return graphError(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

// basicProperties are what User.ReadBasic.All shows of a user: the page
// "Microsoft Graph permissions reference".
var basicProperties = []string{"id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "photo"}

// readsUsers tells whether the token may read these properties of users.
func (c *call) readsUsers(properties []string) bool {
	for _, p := range []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"} {
		if c.has(p) {
			return true
		}
	}
	return !slices.ContainsFunc(properties, func(p string) bool { return !slices.Contains(basicProperties, p) })
}

// userWriters are, per property of a user, the permissions that suffice to
// write it besides the two that suffice for all: the page "Update user".
var userWriters = map[string][]string{
	"accountEnabled":  {"User.EnableDisableAccount.All"},
	"passwordProfile": {"User-PasswordProfile.ReadWrite.All"},
	"mobilePhone":     {"User-Phone.ReadWrite.All"},
	"businessPhones":  {"User-Phone.ReadWrite.All"},
	"otherMails":      {"User-Mail.ReadWrite.All"},
}

// writesUsers tells whether the token may write these properties of users.
func (c *call) writesUsers(properties []string) bool {
	if c.has("User.ReadWrite.All") || c.has("Directory.ReadWrite.All") {
		return !slices.Contains(properties, "passwordProfile") || c.has("User-PasswordProfile.ReadWrite.All") || c.has("Directory.ReadWrite.All")
	}
	return !slices.ContainsFunc(properties, func(p string) bool { return !slices.ContainsFunc(userWriters[p], c.has) })
}

// outranks tells whether the application may change sensitive properties of a
// user: of an administrator only with a role that ranks above all. For a
// reset of a password an application needs some role in any case. Source: the
// section "Who can perform sensitive actions" of the page "user resource type".
func (c *call) outranks(user string, password bool) bool {
	holds := func(role string) bool { return slices.Contains(c.who.app.DirectoryRoles, role) }
	if holds(roleGlobalAdmin) || holds(rolePrivilegedAuthAdmin) {
		return true
	}
	if c.privileged(user) {
		return false
	}
	return !password || holds(roleUserAdmin) || holds(roleHelpdeskAdmin)
}

// privileged tells whether a user holds an Entra role, itself or through a
// group, or is a member of a role-assignable group.
func (c *call) privileged(user string) bool {
	holders := []string{strings.ToLower(user)}
	for at := range c.groupsOf(user) {
		group := c.s.state.Primary().At(Groups, at)
		if group.True("isAssignableToRole") {
			return true
		}
		holders = append(holders, strings.ToLower(group.Text("id")))
	}
	for _, o := range c.s.state.Primary().All(RoleAssignments) {
		if slices.Contains(holders, strings.ToLower(o.Text("principalId"))) {
			return true
		}
	}
	return false
}
