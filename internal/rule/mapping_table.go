package rule

import "vakt/internal/event"

// aliases are public names of fields, in the form of nameForm, by log. Names
// that are ours already, but for "properties." in front or their case, need no
// line here.
var aliases = map[event.Log]map[string]alias{
	event.SignIn:   signInAliases,
	event.Audit:    auditAliases,
	event.Risk:     riskAliases,
	event.Unified:  unifiedAliases,
	event.Activity: activityAliases,
}

// spellings are values that a field spells otherwise, in lower case, with the
// values that records hold, by log and field.
var spellings = map[event.Log]map[string]map[string][]string{
	event.SignIn: {
		"clientappused": {
			"other client": {"Other clients"}, "imap": {"IMAP4", "IMAP"}, "imap4": {"IMAP4", "IMAP"}, "pop": {"POP3", "POP"}, "pop3": {"POP3", "POP"},
			"mapi": {"MAPI Over HTTP", "MAPI"}, "smtp": {"Authenticated SMTP", "SMTP"}, "authenticated smtp": {"Authenticated SMTP", "SMTP"},
			"activesync": {"Exchange ActiveSync"}, "ews": {"Exchange Web Services"}, "modern clients": {"Mobile Apps and Desktop clients", "Modern clients"},
		},
		"conditionalaccessstatus": {"not applied": {"notApplied"}},
		"authenticationrequirement": {
			"single-factor authentication": {"singleFactorAuthentication"}, "single factor authentication": {"singleFactorAuthentication"},
			"multifactor authentication": {"multiFactorAuthentication"}, "multi-factor authentication": {"multiFactorAuthentication"},
		},
		"authenticationprotocol": {"device code": {"deviceCode"}},
		"riskstate":              {"at risk": {"atRisk"}, "confirmed compromised": {"confirmedCompromised"}, "confirmed safe": {"confirmedSafe"}},
	},
	event.Audit: {
		"result":               {"succeeded": {"success"}, "failed": {"failure"}},
		"targetresources.type": {"service principal": {"ServicePrincipal"}},
	},
	event.Risk: {
		"riskstate": {"at risk": {"atRisk"}, "confirmed compromised": {"confirmedCompromised"}, "confirmed safe": {"confirmedSafe"}},
	},
	event.Activity: {
		"status": {"start": {"Started"}, "accept": {"Accepted"}, "success": {"Succeeded"}, "failure": {"Failed"}, "failure.": {"Failed"}},
		"level":  {"information": {"Informational", "Information"}, "informational": {"Informational", "Information"}},
	},
}

// riskAliases: AADUserRiskEvents, the portal's download of risk detections.
var riskAliases = map[string]alias{
	"risktype":        {to: "riskEventType"},
	"detectiontype":   {to: "riskEventType"},
	"riskdetectionid": {to: "id"},
	"detectiontiming": {to: "detectionTimingType"},
	"callerip":        {to: "ipAddress"},
	"calleripaddress": {to: "ipAddress"},
	"user":            {to: "userDisplayName"},
	"username":        {to: "userPrincipalName"},
	"location":        {to: "location.countryOrRegion"},
	"country":         {to: "location.countryOrRegion"},
	"timegenerated":   {to: "detectedDateTime"},
}
