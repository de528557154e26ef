package event

import (
	"bytes"
	"strconv"
)

// recordTypes are the record types of the unified audit log by number, as
// Microsoft Graph's enum auditLogRecordType has them. Types of other products
// keep the form in which they are recorded.
var recordTypes = map[string]string{
	"1": "ExchangeAdmin", "2": "ExchangeItem", "3": "ExchangeItemGroup", "4": "SharePoint", "6": "SharePointFileOperation",
	"7": "OneDrive", "8": "AzureActiveDirectory", "9": "AzureActiveDirectoryAccountLogon", "10": "DataCenterSecurityCmdlet",
	"11": "ComplianceDLPSharePoint", "13": "ComplianceDLPExchange", "14": "SharePointSharingOperation",
	"15": "AzureActiveDirectoryStsLogon", "18": "SecurityComplianceCenterEOPCmdlet", "19": "ExchangeAggregatedOperation",
	"20": "PowerBIAudit", "24": "Discovery", "25": "MicrosoftTeams", "28": "ThreatIntelligence", "29": "MailSubmission",
	"30": "MicrosoftFlow", "31": "AeD", "36": "SharePointListOperation", "40": "SecurityComplianceAlerts",
	"41": "ThreatIntelligenceUrl", "47": "ThreatIntelligenceAtpContent", "50": "ExchangeItemAggregated",
	"54": "SharePointListItemOperation", "57": "MicrosoftTeamsAdmin", "64": "AirInvestigation", "65": "Quarantine",
	"78": "WDATPAlerts", "87": "SecurityComplianceRBAC", "98": "MCASAlerts", "106": "SecurityComplianceUserChange",
	"113": "MS365DCustomDetection", "126": "Microsoft365Group", "166": "Alert", "167": "AlertStatus", "168": "AlertIncident",
	"294": "AadRiskDetection", "295": "AuditSearch", "296": "AuditRetentionPolicy", "297": "AuditConfig",
	"370": "CrossTenantAccessPolicy",
}

// recordType gives both forms of a record type, the number first: records
// have the number, and the rows around them, as rules, often the name.
func recordType(text []byte) (number, name []byte) {
	if n, ok := recordTypes[string(text)]; ok {
		return text, []byte(n)
	}
	for number, name := range recordTypes {
		if bytes.EqualFold(text, []byte(name)) {
			return []byte(number), []byte(name)
		}
	}
	if _, err := strconv.Atoi(string(text)); err == nil {
		return text, nil
	}
	return nil, text
}
