package graph

import (
	"net/url"
	"slices"
	"strings"

	"vakt/internal/tenant"
)

// A route is one kind of request that a client may send: what it reads, what
// it costs, and what it needs. The table below is the whole of what a Reader
// can do.
type route struct {
	service    tenant.Service
	method     string
	pattern    string // path below the version; {} is any one segment
	beta       bool   // exists in the beta version only
	permission string // the least application permission
	licence    tenant.Licence
	class      class
	units      int // what it costs in its class
	top        int // the largest page; 0: the service pages as it likes
}

// batchable says whether the request may be a part of a $batch. Classes that
// are counted by the request over a window may not: twenty of them at once
// would be throttled, and a part cannot wait for the others.
func (r *route) batchable() bool { return r.class == directory || r.class == mail }

const (
	get   = "GET"
	post  = "POST"
	patch = "PATCH"
)

// readRoutes is the allow-list of the Reader, with the least permission of
// each route after Microsoft's permission reference, where it lists the route.
// Where it gives User.ReadBasic.All the table says User.Read.All: the basic
// one hides the properties that are wanted here.
var readRoutes = []*route{
	{tenant.Graph, get, "/users", false, "User.Read.All", "", directory, 2, 999},
	{tenant.Graph, get, "/users/$count", false, "User.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/users/{}", false, "User.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/users/{}/manager", false, "User.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/users/{}/transitiveMemberOf", false, "User.Read.All", "", directory, 5, 999},
	{tenant.Graph, get, "/users/{}/transitiveMemberOf/microsoft.graph.group", false, "User.Read.All", "", directory, 5, 999},
	{tenant.Graph, get, "/users/{}/mailboxSettings", false, "MailboxSettings.Read", "", mail, 1, 0},
	{tenant.Graph, get, "/users/{}/mailboxSettings/userPurpose", false, "MailboxSettings.Read", "", mail, 1, 0},
	{tenant.Graph, get, "/users/{}/mailFolders/inbox/messageRules", false, "MailboxSettings.Read", "", mail, 1, 0},
	{tenant.Graph, get, "/users/{}/authentication/methods", false, "UserAuthenticationMethod.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/users/{}/authentication/requirements", true, "Policy.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/directory/deletedItems/microsoft.graph.user", false, "User.Read.All", "", directory, 2, 999},

	{tenant.Graph, get, "/groups", false, "GroupMember.Read.All", "", directory, 3, 999},
	{tenant.Graph, get, "/groups/{}", false, "GroupMember.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/groups/{}/members", false, "GroupMember.Read.All", "", directory, 3, 999},
	{tenant.Graph, get, "/groups/{}/owners", false, "GroupMember.Read.All", "", directory, 2, 999},
	{tenant.Graph, get, "/groups/{}/transitiveMembers", false, "GroupMember.Read.All", "", directory, 5, 999},
	{tenant.Graph, get, "/groups/{}/transitiveMembers/microsoft.graph.user", false, "GroupMember.Read.All", "", directory, 5, 999},

	{tenant.Graph, get, "/organization", false, "Organization.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/domains", false, "Domain.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/subscribedSkus", false, "Organization.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/servicePrincipals", false, "Application.Read.All", "", directory, 1, 999},
	{tenant.Graph, get, "/servicePrincipals/{}", false, "Application.Read.All", "", directory, 1, 0},

	{tenant.Graph, get, "/roleManagement/directory/roleDefinitions", false, "RoleManagement.Read.Directory", "", directory, 1, 0},
	{tenant.Graph, get, "/roleManagement/directory/roleAssignments", false, "RoleManagement.Read.Directory", "", directory, 1, 0},
	{tenant.Graph, get, "/roleManagement/directory/roleAssignmentScheduleInstances", false, "RoleAssignmentSchedule.Read.Directory", tenant.P2, directory, 1, 0},
	{tenant.Graph, get, "/roleManagement/directory/roleEligibilityScheduleInstances", false, "RoleEligibilitySchedule.Read.Directory", tenant.P2, directory, 1, 0},

	{tenant.Graph, get, "/policies/identitySecurityDefaultsEnforcementPolicy", false, "Policy.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/policies/authorizationPolicy", false, "Policy.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/policies/authenticationMethodsPolicy", false, "Policy.Read.All", "", directory, 1, 0},
	{tenant.Graph, get, "/identity/conditionalAccess/policies", false, "Policy.Read.All", tenant.P1, protection, 1, 0},
	{tenant.Graph, get, "/identity/conditionalAccess/namedLocations", false, "Policy.Read.All", tenant.P1, protection, 1, 0},

	{tenant.Graph, get, "/reports/authenticationMethods/userRegistrationDetails", false, "AuditLog.Read.All", tenant.P1, reports, 1, 999},
	{tenant.Graph, get, "/auditLogs/signIns", false, "AuditLog.Read.All", tenant.P1, reports, 1, 1000},
	{tenant.Graph, get, "/auditLogs/directoryAudits", false, "AuditLog.Read.All", "", reports, 1, 1000},
	{tenant.Graph, get, "/identityProtection/riskDetections", false, "IdentityRiskEvent.Read.All", tenant.P2, protection, 1, 500},
	{tenant.Graph, get, "/identityProtection/riskyUsers", false, "IdentityRiskyUser.Read.All", tenant.P2, protection, 1, 500},
	{tenant.Graph, get, "/admin/exchange/tracing/messageTraces", false, "ExchangeMessageTrace.Read.All", "", trace, 1, 5000},
}

// The routes that hold other requests, or name a cmdlet: what is inside is
// looked at as well.
var (
	batchRoute      = &route{tenant.Graph, post, "/$batch", false, "", "", directory, 0, 0}
	invokeRoute     = &route{tenant.Exchange, post, "/InvokeCommand", false, manageAsApp, "", exchange, 1, 0}
	modulesRoute    = &route{tenant.Exchange, get, "/EXOModuleFile", false, manageAsApp, "", exchange, 1, 0}
	bannerRoute     = &route{tenant.Compliance, get, "/EXOBanner('AutogenSession')", false, manageAsApp, "", exchange, 1, 0}
	complianceRoute = &route{tenant.Compliance, post, "/InvokeCommand", false, manageAsApp, "", exchange, 1, 0}
)

const manageAsApp = "Exchange.ManageAsApp"

// readCmdlets are the cmdlets that the Reader may call. All of them only read.
var readCmdlets = []string{
	"Get-AcceptedDomain", "Get-AdminAuditLogConfig", "Get-AuthenticationPolicy", "Get-BlockedSenderAddress", "Get-CASMailbox",
	"Get-HostedOutboundSpamFilterPolicy", "Get-InboxRule", "Get-Mailbox", "Get-MailboxAuditBypassAssociation",
	"Get-MailboxAutoReplyConfiguration", "Get-MailboxFolderPermission", "Get-MailboxPermission", "Get-MailboxStatistics",
	"Get-ManagementRoleAssignment", "Get-MessageTraceV2", "Get-MobileDeviceStatistics", "Get-OrganizationConfig",
	"Get-Recipient", "Get-RecipientPermission", "Get-RemoteDomain", "Get-RoleGroup", "Get-RoleGroupMember",
	"Get-TransportConfig", "Get-TransportRule", "Get-User",
}

// versions of Graph that a request may name.
var versions = []string{"/v1.0", "/beta"}

// find gives the route of a Graph request by its method and its escaped path,
// which begins with the version.
func find(routes []*route, method, path string) (*route, bool) {
	i := slices.IndexFunc(versions, func(v string) bool { return strings.HasPrefix(path, v+"/") })
	if i < 0 {
		return nil, false
	}
	below := strings.Split(path[len(versions[i]):], "/")
	j := slices.IndexFunc(routes, func(r *route) bool {
		return r.method == method && (i == 1 || !r.beta) && matches(r.pattern, below)
	})
	if j < 0 {
		return nil, false
	}
	return routes[j], true
}

// matches compares a pattern with the segments of an escaped path. OData lets
// a client write names in any case, but this client writes them in one.
func matches(pattern string, segments []string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(segments) {
		return false
	}
	for i, w := range want {
		if w == "{}" && !plainSegment(segments[i]) || w != "{}" && w != segments[i] {
			return false
		}
	}
	return true
}

// plainSegment refuses segments that a server could take for several: empty
// ones, steps up, and escaped slashes.
func plainSegment(s string) bool {
	text, err := url.PathUnescape(s)
	return err == nil && text != "" && text != "." && text != ".." && !strings.ContainsAny(text, `/\?`) && !strings.HasPrefix(text, "$")
}
