package directory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"vakt/internal/graph"
)

// listing is a part that is one list of the service.
type listing struct {
	part   string
	list   graph.List
	cmdlet graph.Cmdlet // where it has a name, the list is that of Exchange
}

// userSelect are the properties of the users pass: those that this room reads,
// and what an export should hold for others.
var userSelect = []string{
	"id", "userPrincipalName", "displayName", "mail", "accountEnabled", "userType", "createdDateTime", "creationType",
	"lastPasswordChangeDateTime", "passwordPolicies", "employeeId", "employeeType", "department", "jobTitle", "givenName", "surname",
	"assignedLicenses", "onPremisesSyncEnabled", "onPremisesImmutableId", "proxyAddresses", "otherMails", "mobilePhone",
	"businessPhones", "externalUserState", "isResourceAccount", "showInAddressList", "signInSessionsValidFromDateTime", "usageLocation",
}

// directoryLists wait for the directory's limit. Small ones come first: they
// show within seconds what is not permitted.
var directoryLists = []listing{
	{part: OrganizationPart, list: graph.List{Path: "/organization"}},
	{part: SKUsPart, list: graph.List{Path: "/subscribedSkus"}},
	{part: DomainsPart, list: graph.List{Path: "/domains"}},
	{part: DefinitionsPart, list: graph.List{Path: "/roleManagement/directory/roleDefinitions"}},
	{part: AssignmentsPart, list: graph.List{Path: "/roleManagement/directory/roleAssignments", Expand: "principal"}},
	{part: SchedulesPart, list: graph.List{Path: "/roleManagement/directory/roleAssignmentScheduleInstances"}},
	{part: EligibilityPart, list: graph.List{Path: "/roleManagement/directory/roleEligibilityScheduleInstances", Expand: "principal"}},
	{part: UsersPart, list: graph.List{Path: "/users", Select: userSelect, Expand: "manager($select=id)"}},
	{part: DeletedPart, list: graph.List{Path: "/directory/deletedItems/microsoft.graph.user", Select: []string{"id", "userPrincipalName", "displayName", "deletedDateTime"}}},
}

// activityLists wait for the limit of signInActivity, ten requests a minute,
// and report the longest.
var activityLists = []listing{{part: ActivityPart, list: graph.List{Path: "/users", Select: []string{"id", "signInActivity"}}}}

var reportLists = []listing{{part: RegistrationPart, list: graph.List{Path: "/reports/authenticationMethods/userRegistrationDetails"}}}

// refusedDays is how far back attempts at blocked accounts are read: as far as
// Microsoft keeps sign-ins.
const refusedDays = 30

// refused reads the attempts at accounts whose sign-in is blocked (error 50057).
func (c *collector) refused(ctx context.Context) error {
	_, taken := c.sink.Parts(ctx).About()
	at, ok := timeOf([]byte(strconv.Quote(taken)))
	if !ok || at.IsZero() {
		return nil // a sink without a time cannot say since when
	}
	since := formatTime(at.AddDate(0, 0, -refusedDays))
	return c.list(ctx, listing{part: RefusedPart, list: graph.List{
		Path: "/auditLogs/signIns", Filter: "createdDateTime ge " + since + " and status/errorCode eq 50057",
	}})
}

var policyLists = []listing{
	{part: AccessPart, list: graph.List{Path: "/identity/conditionalAccess/policies"}},
	{part: LocationsPart, list: graph.List{Path: "/identity/conditionalAccess/namedLocations"}},
}

var unlimited = map[string]any{"ResultSize": "Unlimited"}

// exchangeLists are read by the page for the whole organization.
var exchangeLists = []listing{
	{part: OrganizationalPart, cmdlet: graph.Cmdlet{Name: "Get-OrganizationConfig"}},
	{part: TransportPart, cmdlet: graph.Cmdlet{Name: "Get-TransportConfig"}},
	{part: MailboxesPart, cmdlet: graph.Cmdlet{Name: "Get-Mailbox", Parameters: unlimited, Select: []string{
		"ExternalDirectoryObjectId", "UserPrincipalName", "DisplayName", "Name", "Alias", "Identity", "Guid", "PrimarySmtpAddress", "RecipientTypeDetails",
		"WhenCreatedUTC", "WhenCreated", "WhenChangedUTC", "WhenChanged", "ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward",
		"GrantSendOnBehalfTo", "HiddenFromAddressListsEnabled", "LitigationHoldEnabled", "ArchiveStatus", "AccountDisabled", "RoomMailboxAccountEnabled",
		"AuditEnabled", "PreviousRecipientTypeDetails",
	}}},
	{part: CASPart, cmdlet: graph.Cmdlet{Name: "Get-CASMailbox", Parameters: unlimited, Select: []string{
		"ExternalDirectoryObjectId", "Guid", "Name", "Identity", "PrimarySmtpAddress", "ImapEnabled", "PopEnabled", "ActiveSyncEnabled", "MAPIEnabled",
		"EwsEnabled", "OWAEnabled", "SmtpClientAuthenticationDisabled",
	}}},
	{part: RecipientPart, cmdlet: graph.Cmdlet{Name: "Get-RecipientPermission", Parameters: unlimited}},
	{part: BypassPart, cmdlet: graph.Cmdlet{Name: "Get-MailboxAuditBypassAssociation", Parameters: unlimited}},
	{part: BlockedPart, cmdlet: graph.Cmdlet{Name: "Get-BlockedSenderAddress"}},
}

const permissionCmdlet = "Get-MailboxPermission"

// Cmdlets are the commands of Exchange that Collect calls.
func Cmdlets() []string {
	names := []string{permissionCmdlet}
	for _, l := range exchangeLists {
		names = append(names, l.cmdlet.Name)
	}
	slices.Sort(names)
	return names
}

// policies reads the policies of the tenant that are single objects.
func (c *collector) policies(ctx context.Context) error {
	paths := []string{"/policies/identitySecurityDefaultsEnforcementPolicy", "/policies/authorizationPolicy", "/policies/authenticationMethodsPolicy"}
	return c.part(ctx, PoliciesPart, func(ctx context.Context, _ string, put putter) error {
		var items []Item
		for _, path := range paths {
			raw, err := c.reader.Get(ctx, graph.List{Path: path})
			var e *graph.Error
			if errors.As(err, &e) && e.Kind == graph.NotFound {
				continue // a cloud that does not have it
			} else if err != nil {
				return errors.Join(put(items, ""), err)
			}
			items = append(items, Item{Raw: namedPolicy(raw, path)})
		}
		return put(items, "")
	})
}

// namedPolicy makes sure that an object tells which policy it is, as its
// context does where metadata is given.
func namedPolicy(raw json.RawMessage, path string) json.RawMessage {
	o, err := parseObject(raw)
	if err != nil || o.has("@odata.context") {
		return raw
	}
	var named map[string]json.RawMessage
	if json.Unmarshal(raw, &named) != nil {
		return raw
	}
	named["@odata.context"] = json.RawMessage(`"$metadata#` + path[1:] + `/$entity"`)
	out, err := json.Marshal(named)
	if err != nil {
		return raw
	}
	return out
}
