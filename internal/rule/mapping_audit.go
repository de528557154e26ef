package rule

import (
	"strings"

	"vakt/internal/text"
)

// auditAliases: AuditLogs, diagnostic records, the portal's download and page.
// "properties.message" is the Azure activity log's; public rules use it for the
// name of an Entra activity.
var auditAliases = map[string]alias{
	"message":                 {to: "activityDisplayName"},
	"operationname":           {to: "activityDisplayName"},
	"operation":               {to: "activityDisplayName"},
	"activity":                {to: "activityDisplayName"},
	"activitytype":            {to: "activityDisplayName"},
	"activityname":            {to: "activityDisplayName"},
	"service":                 {to: "loggedByService"},
	"aadoperationtype":        {to: "operationType"},
	"status":                  {read: auditStatus},
	"resulttype":              {read: auditStatus},
	"resultdescription":       {to: "resultReason"},
	"statusreason":            {to: "resultReason"},
	"failurestatusreason":     {to: "resultReason"},
	"identity":                {to: "initiatedBy.user.displayName|initiatedBy.app.displayName"},
	"initiatedby":             {to: "initiatedBy"},
	"initiated.by":            {to: "initiatedBy"},
	"initiatied.by":           {to: "initiatedBy"},
	"initiatiedby":            {to: "initiatedBy"},
	"initiatedby(actor)":      {to: "initiatedBy"},
	"actor":                   {to: "initiatedBy"},
	"actoruserprincipalname":  {to: "initiatedBy.user.userPrincipalName"},
	"calleripaddress":         {to: "initiatedBy.user.ipAddress"},
	"ipaddress":               {to: "initiatedBy.user.ipAddress"},
	"target":                  {read: auditTarget},
	"targets":                 {read: auditTarget},
	"target(s)":               {read: auditTarget},
	"targetdisplayname":       {to: "targetResources.displayName"},
	"targetuserprincipalname": {to: "targetResources.userPrincipalName"},
	"modifiedproperties":      {to: "targetResources.modifiedProperties"},

	"modifiedproperties.displayname": {to: "targetResources.modifiedProperties.displayName"},
	"modifiedproperties.oldvalue":    {to: "targetResources.modifiedProperties.oldValue"},
	"modifiedproperties.newvalue":    {to: "targetResources.modifiedProperties.newValue"},
	"consentcontext.isadminconsent":  {to: "modified.ConsentContext.IsAdminConsent.new"},
	"consentcontext.isapponly":       {to: "modified.ConsentContext.IsAppOnly.new"},
	"consentaction.permissions":      {to: "modified.ConsentAction.Permissions.new"},
	"timegenerated":                  {to: "activityDateTime"},
	"date":                           {to: "activityDateTime"},

	"targetusername":        {dead: "TargetUserName is a field of the Windows security log: audits have targetResources.userPrincipalName"},
	"operationnamevalue":    {dead: "OperationNameValue is a column of the Azure activity log, which is not read here"},
	"categoryvalue":         {dead: "CategoryValue is a column of the Azure activity log, which is not read here"},
	"resourceprovidervalue": {dead: "ResourceProviderValue is a column of the Azure activity log, which is not read here"},
	"activitystatusvalue":   {dead: "ActivityStatusValue is a column of the Azure activity log, which is not read here"},
}

// activityNames are names that no audit has, in lower case, with those that
// are meant. Sources: Microsoft's security operations guide and its reference
// of audit activities.
var activityNames = map[string][]string{
	"add member from group":                   {"Add member to group"},
	"add eligible member (permanent)":         {"Add eligible member to role in PIM completed (permanent)"},
	"add eligible member (eligible)":          {"Add eligible member to role in PIM completed (timebound)"},
	"remove eligible member (permanent)":      {"Remove eligible member from role in PIM completed (permanent)"},
	"remove eligible member (eligible)":       {"Remove eligible member from role in PIM completed (timebound)"},
	"request approved/denied":                 {"Add member to role request approved (PIM activation)", "Add member to role request denied (PIM activation)"},
	"assigns the caller to user access admin": {"User has elevated their access to User Access Administrator for their Azure Resources"},
}

// auditStatus reads the portal's outcome of an audit. A sentence in its place
// is the reason of the result.
func auditStatus(it item) reading {
	if it.how.op == opExists || it.how.expand || it.values[0].kind == nullLiteral {
		return anyField(it, []string{"result"})
	}
	var out reading
	outcomes := []string{"Success", "Failure", "Timeout"}
	for _, v := range it.values {
		one := it
		one.values = []literal{v}
		switch form := strings.ToLower(v.text); {
		case form == "succeeded" || v.text == "0":
			out = append(out, branch{it.is("result", word("success"))})
		case form == "failed":
			out = append(out, branch{it.is("result", word("failure"))})
		case form == "success" || form == "failure" || form == "timeout":
			out = append(out, branch{it.is("result", word(form))})
		case text.Nearest(v.text, outcomes) != "" || !strings.Contains(v.text, " "):
			out = append(out, it.lost("no audit has the result %q%s", v.text, hint(v.text, outcomes))...)
		default:
			out = append(out, anyField(one, []string{"resultReason"})...)
		}
	}
	return out
}

// auditTarget reads the portal's target: a name of it, or a part of all that
// is known of it.
func auditTarget(it item) reading {
	if it.how.op == opContains {
		return anyField(it, []string{"targetResources"})
	}
	return anyField(it, []string{"targetResources.displayName", "targetResources.userPrincipalName", "targetResources.id"})
}
