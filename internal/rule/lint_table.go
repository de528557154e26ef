package rule

import "vakt/internal/event"

// notAzure is said of names of directory audits in a rule for the Azure
// activity log.
const notAzure = "it is a directory audit: the service is auditlogs, the field activityDisplayName"

var (
	flagWords      = vocabulary{words: []string{"true", "false"}}
	riskLevelWords = vocabulary{words: []string{"none", "low", "medium", "high", "hidden", "unknownFutureValue"}}
	riskStateWords = vocabulary{words: []string{"none", "confirmedSafe", "remediated", "dismissed", "atRisk", "confirmedCompromised", "unknownFutureValue"}}
)

// vocabularies are the fields whose values Graph's published metadata (of
// 2026-08) lists, or that are computed here, by log and field in lower case.
// Of the client and of an audit's category only known mistakes are listed:
// new ones appear.
var vocabularies = map[event.Log]map[string]vocabulary{
	event.SignIn: {
		"status.errorcode":          {number: true},
		"autonomoussystemnumber":    {number: true},
		"conditionalaccessstatus":   {words: []string{"success", "failure", "notApplied", "unknownFutureValue"}},
		"risklevelduringsignin":     riskLevelWords,
		"risklevelaggregated":       riskLevelWords,
		"riskstate":                 riskStateWords,
		"authenticationrequirement": {words: []string{"singleFactorAuthentication", "multiFactorAuthentication", "unknownFutureValue"}},
		"crosstenantaccesstype":     {words: []string{"none", "b2bCollaboration", "b2bDirectConnect", "microsoftSupport", "serviceProvider", "passthrough", "unknownFutureValue"}},
		"usertype":                  {words: []string{"member", "guest", "unknownFutureValue"}},
		"clientappused":             {wrong: map[string]string{"legacy": "use vakt.clientClass", "legacy authentication": "use vakt.clientClass", "modern": "use vakt.clientClass", "mobile apps and desktop client": `did you mean "Mobile Apps and Desktop clients"?`}},
		"isinteractive":             flagWords,
		"flaggedforreview":          flagWords,
		"devicedetail.iscompliant":  flagWords,
		"devicedetail.ismanaged":    flagWords,
		"vakt.passwordaccepted":     flagWords,
		"vakt.clientclass":          {words: []string{"modern", "legacy"}},
		"location.countryorregion":  {wrong: map[string]string{"sweden": "countries are two letters, such as SE", "united states": "countries are two letters, such as US", "united kingdom": "countries are two letters, such as GB"}},
	},
	event.Audit: {
		"result": {words: []string{"success", "failure", "timeout", "unknownFutureValue"}},
		"category": {wrong: map[string]string{
			"administrative": "it is a category of the Azure activity log; an elevation of access is audited as category AzureRBACRoleManagementElevateAccess",
			"auditlogs":      "it is the category of every audit in a diagnostic record: take the line out",
			"signinlogs":     "it is a category of sign-ins: the service is signinlogs",
		}},
		"activitydisplayname": {wrong: map[string]string{
			"update service principal/update application": `these are two activities, "Update service principal" and "Update application"`,
		}},
	},
	event.Risk: {
		"risklevel":           riskLevelWords,
		"riskstate":           riskStateWords,
		"activity":            {words: []string{"signin", "user", "unknownFutureValue", "servicePrincipal"}},
		"detectiontimingtype": {words: []string{"notDefined", "realtime", "nearRealtime", "offline", "unknownFutureValue"}},
	},
	event.Activity: {
		"properties.message": {wrong: map[string]string{
			"delete device":               notAzure,
			"update device":               notAzure,
			"delete device configuration": notAzure,
			"update device configuration": notAzure,
		}},
	},
	event.Unified: {
		"logontype":      {number: true},
		"usertype":       {number: true},
		"externalaccess": flagWords,
	},
}

// knownActivities are whole names of directory audits, in lower case: what two
// of them in one condition gives away. The list need not be complete.
var knownActivities = []string{
	"add user", "update user", "delete user", "hard delete user", "restore user", "disable account", "enable account",
	"invite external user", "redeem external user invite", "reset user password", "change user password", "reset password (self-service)",
	"add member to role", "remove member from role", "add eligible member to role", "add scoped member to role",
	"add member to role in pim completed (permanent)", "add member to role in pim completed (timebound)",
	"add eligible member to role in pim completed (permanent)", "add eligible member to role in pim completed (timebound)",
	"add member to role completed (pim activation)", "add member to role request approved (pim activation)",
	"add group", "update group", "delete group", "add member to group", "remove member from group", "add owner to group",
	"add application", "update application", "delete application", "hard delete application", "add owner to application",
	"add service principal", "update service principal", "remove service principal", "add owner to service principal",
	"update application - certificates and secrets management", "add service principal credentials",
	"consent to application", "add delegated permission grant", "add app role assignment to service principal",
	"add conditional access policy", "update conditional access policy", "delete conditional access policy",
	"user registered security info", "admin registered security info", "user deleted security info", "admin deleted security info",
	"add device", "update device", "delete device", "add registered owner to device", "add registered users to device",
	"set federation settings on domain", "set domain authentication", "add unverified domain", "verify domain", "set company information",
}
