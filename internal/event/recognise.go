package event

import (
	"bytes"
	"fmt"
	"strings"

	"vakt/internal/extract"
)

// recognise tells what a record is, by its content alone.
func (r *Record) recognise() {
	r.shape, r.logs, r.kind = NoShape, NoLog, ""
	switch {
	case r.isPortalRow():
	case r.recogniseUnified(wrappedMarks), r.isEmptyWrapper(), r.recogniseUnified(bareMarks):
	case r.isActivity():
		r.logs = Activity
	case r.mark(markCategory) != nil && r.isEnvelope():
		r.enveloped()
	case r.isRow():
		r.tableRow()
	default:
		r.graph()
	}
	if r.logs == NoLog && r.kind == "" {
		r.kind = r.foreign()
	}
	if r.logs == NoLog {
		r.shape = NoShape
	}
}

// categories are the Azure Monitor categories of our logs.
var categories = map[string]Log{
	"signinlogs": SignIn, "noninteractiveusersigninlogs": SignIn, "serviceprincipalsigninlogs": SignIn,
	"managedidentitysigninlogs": SignIn, "microsoftserviceprincipalsigninlogs": SignIn, "adfssigninlogs": SignIn,
	"auditlogs": Audit, "userriskevents": Risk,
}

// tables are the Log Analytics tables of our logs.
var tables = map[string]Log{
	"signinlogs": SignIn, "aadnoninteractiveusersigninlogs": SignIn, "aadserviceprincipalsigninlogs": SignIn,
	"aadmanagedidentitysigninlogs": SignIn, "adfssigninlogs": SignIn, "auditlogs": Audit, "aaduserriskevents": Risk, "azureactivity": Activity,
}

// isPortalRow: a row of the portal's CSV download. Its columns tell, even
// where they are empty.
func (r *Record) isPortalRow() bool {
	switch {
	case !r.has(markPortalDate):
		return false
	case r.has(markPortalRequestID):
		r.logs = SignIn
	case r.has(markPortalActivity) && r.has(markPortalCorrelationID):
		r.logs = Audit
	default:
		return false
	}
	r.shape = PortalCSV
	return true
}

// isEmptyWrapper: a row of an audit search that has lost its record. It has to
// be refused, for what it was cannot be told.
func (r *Record) isEmptyWrapper() bool {
	raw := r.row.Raw(r.layout.marks[markAuditData])
	if kind := extract.Kind(raw); kind != '"' && kind != 'n' || !r.has(markRecordType) && !r.has(markAuditLogRecordType) {
		return false
	}
	r.shape, r.logs, r.refused = UnifiedExport, Unified, "AuditData is empty"
	if text := r.markText(markAuditData); len(text) > 0 {
		r.refused = fmt.Sprintf("AuditData holds no record: %.40q", text)
	}
	return true
}

// isEnvelope says whether the record has anything of ours below "properties".
func (r *Record) isEnvelope() bool {
	for _, slot := range r.layout.properties {
		if r.row.Raw(slot) != nil {
			return true
		}
	}
	return false
}

func (r *Record) enveloped() {
	category := string(bytes.ToLower(r.markText(markCategory)))
	r.shape, r.logs = AzureMonitor, categories[category]
	if r.logs == NoLog {
		r.kind = kindName(category)
	}
}

// isRow says whether the record is a row of a Log Analytics table.
func (r *Record) isRow() bool {
	return r.mark(markTimeGenerated) != nil || r.mark(markAADTenantID) != nil || r.mark(markResultType) != nil ||
		tables[string(bytes.ToLower(r.markText(markType)))] != NoLog
}

func (r *Record) tableRow() {
	r.shape = LogAnalytics
	table := string(bytes.ToLower(r.markText(markType)))
	if log, ok := tables[table]; ok {
		r.logs = log
		return
	}
	if table != "" && !strings.Contains(table, "#") {
		r.kind = kindName(table)
		return
	}
	switch {
	case r.mark(markRiskEventType) != nil:
		r.logs = Risk
	case r.mark(markActivityDisplayName) != nil, r.mark(markAADOperationType) != nil, r.mark(markLoggedByService) != nil:
		r.logs = Audit
	case r.isSignIn() || r.mark(markResultType) != nil && r.mark(markUserPrincipalName) != nil:
		r.logs = SignIn
	}
}

// graph recognises Graph's own objects.
func (r *Record) graph() {
	switch {
	case r.mark(markRiskEventType) != nil, r.mark(markRiskType) != nil:
		r.shape, r.logs = GraphV1, Risk
		if r.mark(markRiskType) != nil {
			r.shape = GraphBeta
		}
	case r.mark(markActivityDisplayName) != nil:
		r.shape, r.logs = GraphV1, Audit
	case r.isSignIn():
		r.shape, r.logs = GraphV1, SignIn
		for _, slot := range r.layout.beta {
			if r.row.Raw(slot) != nil {
				r.shape = GraphBeta
				return
			}
		}
	}
}

// isSignIn: somebody, an app or address, and how it ended.
func (r *Record) isSignIn() bool {
	who := r.mark(markUserPrincipalName) != nil || r.mark(markUserID) != nil || r.mark(markServicePrincipalID) != nil
	where := r.mark(markAppID) != nil || r.mark(markAppDisplayName) != nil || r.mark(markIPAddress) != nil
	how := r.mark(markStatusErrorCode) != nil || r.mark(markConditionalAccessStatus) != nil || r.mark(markIsInteractive) != nil || r.mark(markClientAppUsed) != nil
	return who && where && how
}

// otherWorkloads are parts of the unified log that no rule here reads.
var otherWorkloads = map[string]bool{
	"yammer": true, "powerbi": true, "microsoftforms": true, "microsoftflow": true, "powerapps": true, "sway": true,
	"microsoftstream": true, "project": true, "dynamics365": true, "crm": true, "endpoint": true, "planner": true,
	"microsofttodo": true, "windowsdefenderatp": true, "mip": true, "myanalytics": true,
}

// unifiedMarks are the marks of a record of the unified log, bare or wrapped.
type unifiedMarks struct{ operation, creationTime, recordType, workload mark }

var (
	bareMarks    = unifiedMarks{markOperation, markCreationTime, markRecordType, markWorkload}
	wrappedMarks = unifiedMarks{markAuditDataOperation, markAuditDataCreationTime, markAuditDataRecordType, markAuditDataWorkload}
)

// recogniseUnified: a record of the unified log, bare or inside auditData.
func (r *Record) recogniseUnified(m unifiedMarks) bool {
	if r.mark(m.operation) == nil || r.mark(m.creationTime) == nil && r.mark(m.recordType) == nil && r.mark(m.workload) == nil {
		return false
	}
	switch {
	case m == bareMarks:
		r.shape = UnifiedAudit
	case r.mark(markAuditLogRecordType) != nil:
		r.shape = AuditLogRecord
	default:
		r.shape = UnifiedExport
	}
	workload := r.lower(r.markText(m.workload))
	if otherWorkloads[string(workload)] {
		r.kind = kindName(string(workload))
		return true
	}
	r.logs = Unified
	if string(workload) == "azureactivedirectory" {
		r.logs |= directoryLog(r.lower(r.markText(m.operation)))
	}
	return true
}

// directoryLog tells the logons of Entra from its audits, by the operation in
// lower case.
func directoryLog(operation []byte) Log {
	switch string(operation) {
	case "userloggedin", "userloginfailed":
		return SignIn
	}
	return Audit
}

// foreignKinds are well-known records of other logs, by keys that only they
// have together. The first that fits names the record.
var foreignKinds = []struct {
	kind string
	keys []string
}{
	{"azure_activity", []string{"eventdataid"}},
	{"azure_activity", []string{"operationname", "resourceprovidername"}},
	{"message_trace", []string{"messagetraceid"}},
	{"message_trace", []string{"senderaddress", "recipientaddress"}},
	{"security_alert", []string{"azuretenantid", "vendorinformation"}},
	{"security_alert", []string{"detectionsource", "servicesource"}},
	{"provisioning", []string{"provisioningaction"}},
	{"risky_user", []string{"risklastupdateddatetime"}},
	{"graph_activity", []string{"requesturi", "requestmethod"}},
	{"office_activity", []string{"officeworkload"}},
	{"defender_hunting", []string{"actiontype", "timestamp"}},
	{"windows_event", []string{"eventid", "channel"}},
	{"device", []string{"deviceid", "trusttype"}},
	{"device", []string{"approximatelastsignindatetime"}},
	{"user", []string{"businessphones"}},
	{"user", []string{"userprincipalname", "mail"}},
	{"api_error", []string{"error"}},
}

// foreign names a record that none of our logs has.
func (r *Record) foreign() string {
	keys := r.row.TopKeys(64)
	if len(keys) == 0 {
		return "empty"
	}
	have := make(map[string]bool, len(keys))
	for _, k := range keys {
		have[strings.ToLower(k)] = true
	}
	for _, f := range foreignKinds {
		all := true
		for _, k := range f.keys {
			all = all && have[k]
		}
		if all {
			return f.kind
		}
	}
	return "unknown(" + kindName(strings.Join(keys[:min(len(keys), 4)], ",")) + ")"
}

// kindName makes a short name of a text that comes from the record: letters,
// digits and a few signs, at most 60.
func kindName(text string) string {
	clean := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("_-.@,$", c):
			return c
		}
		return '?'
	}, text)
	return clean[:min(len(clean), 60)]
}
