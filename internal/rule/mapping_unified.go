package rule

import (
	"slices"
	"strings"
)

// unifiedAliases: columns of OfficeActivity, of audit searches, and the names
// of Microsoft's older alert feeds, which public rules use for the unified log.
var unifiedAliases = map[string]alias{
	"eventsource":        {to: "Workload"},
	"officeworkload":     {to: "Workload"},
	"eventname":          {read: unifiedEvent},
	"operations":         {to: "Operation"},
	"status":             {read: unifiedStatus},
	"officeobjectid":     {to: "ObjectId"},
	"clientipaddress":    {to: "ClientIP"},
	"actoripaddress":     {to: "ClientIP"},
	"userids":            {to: "UserId"},
	"userprincipalname":  {to: "UserId"},
	"creationdate":       {to: "CreationTime"},
	"timegenerated":      {to: "CreationTime"},
	"requesttype":        {to: "extendedProperties.RequestType"},
	"resultstatusdetail": {to: "extendedProperties.ResultStatusDetail"},
	"alertname":          {to: "Name"},
	"payload": {dead: "Payload belongs to an alert feed and is in no record of the unified audit log: " +
		"a cmdlet stands in Operation, what it was given in Parameters"},
}

// officeAlerts are alert policies of Microsoft 365, in lower case. Their alerts
// are records of the unified log: operation AlertTriggered, Name the policy.
var officeAlerts = []string{
	"ediscovery search started or exported",
	"user restricted from sending email",
	"unusual volume of file deletion",
	"unusual volume of external file sharing",
	"unusual external user file activity",
	"suspicious email sending patterns detected",
	"creation of forwarding/redirect rule",
	"elevation of exchange admin privilege",
}

// cloudAppAlerts are policies of Defender for Cloud Apps, in lower case, with
// what tells of the same event in a log that is read here.
var cloudAppAlerts = map[string]string{
	"activity from suspicious ip addresses":         "maliciousIPAddress",
	"activity from anonymous ip addresses":          "riskyIPAddress",
	"activity from infrequent country":              "newCountry",
	"impossible travel activity":                    "mcasImpossibleTravel",
	"suspicious inbox forwarding":                   "suspiciousInboxForwarding",
	"log on from a risky ip address":                "riskyIPAddress",
	"activity performed by terminated user":         "",
	"data exfiltration to unsanctioned apps":        "",
	"potential ransomware activity":                 "",
	"suspicious oauth app file download activities": "",
}

// unifiedEvent reads the name of an event: of an alert, or of an operation.
func unifiedEvent(it item) reading {
	if it.how != (modifiers{}) || it.values[0].kind == nullLiteral {
		return anyField(it, []string{"Operation"})
	}
	var out reading
	for _, v := range it.values {
		name := strings.ToLower(v.text)
		riskType, cloud := cloudAppAlerts[name]
		switch {
		case slices.Contains(officeAlerts, name):
			out = append(out, branch{it.is("Operation", word("AlertTriggered")), it.is("Name", v)})
		case cloud:
			instead := ""
			if riskType != "" {
				instead = ": use azure/riskdetection with riskEventType " + riskType
			}
			out = append(out, it.lost("the alert %q is Defender for Cloud Apps' and in no record of the unified audit log%s", v.text, instead)...)
		default:
			out = append(out, branch{it.is("Operation", v)})
		}
	}
	return out
}

// unifiedStatus reads an outcome, which every workload writes its own way.
func unifiedStatus(it item) reading {
	names := map[string][]string{"success": {"Success", "Succeeded", "True"}, "failure": {"Failure", "Failed", "False"}}
	names["succeeded"], names["failed"] = names["success"], names["failure"]
	var out reading
	for _, v := range it.values {
		list := names[strings.ToLower(v.text)]
		if list == nil || it.how.op == opExists {
			one := it
			one.values = []literal{v}
			out = append(out, anyField(one, []string{"ResultStatus"})...)
			continue
		}
		out = append(out, branch{it.is("ResultStatus", words(list...)...)})
	}
	return out
}
