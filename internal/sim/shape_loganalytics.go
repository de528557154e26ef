package sim

import (
	"slices"
	"strings"
)

// workspace is the Log Analytics workspace: rows carry its id as TenantId,
// which is not the directory's.
const workspace = "99999999-8888-4777-8666-555555555555"

// columnNames holds the columns whose name is not the property's with a
// capital first letter.
var columnNames = map[string]map[string]string{
	SignIn: {
		"ipAddress": "IPAddress", "ipAddressFromResourceProvider": "IPAddressFromResourceProvider",
		"location": "LocationDetails", "appliedConditionalAccessPolicies": "ConditionalAccessPolicies",
		"resourceId": "ResourceIdentity", "riskEventTypes_v2": "RiskEventTypes_V2",
	},
	Audit: {"operationType": "AADOperationType"},
	Risk:  {},
}

// textColumns are the columns of the non-interactive table that hold JSON
// text where SigninLogs has dynamic values.
var textColumns = []string{"DeviceDetail", "LocationDetails", "Status", "ConditionalAccessPolicies", "NetworkLocationDetails"}

// logAnalytics writes a record as a row of its table. Null is left out.
func logAnalytics(opts *Options, rec Record, o object) object {
	if rec.Log == Activity {
		return rowActivity(opts, rec, o)
	}
	row := object{}
	row.addKnown("TimeGenerated", generated(rec, o))
	row.addText("TenantId", workspace)
	row.addText("SourceSystem", "Azure AD")
	row.addText("OperationName", operationName(rec, o))
	if rec.Log != Risk {
		addEnvelopeColumns(&row, opts, rec, o)
	}
	table := tableName(rec, o)
	for _, m := range o {
		if isNull(m.raw) {
			continue
		}
		row = append(row, column(rec.Log, table, m))
	}
	row.addText("Type", table)
	return row
}

// addEnvelopeColumns adds what sign-ins and audits have of the diagnostic
// envelope.
func addEnvelopeColumns(row *object, opts *Options, rec Record, o object) {
	row.addText("AADTenantId", opts.tenant(o))
	row.addText("OperationVersion", "1.0")
	row.addKnown("ResultType", o.text("status", "errorCode"))
	row.addText("ResultSignature", "None")
	row.addKnown("ResultDescription", description(rec, o))
	row.add("DurationMs", []byte("0"))
	row.addKnown("Identity", identity(o))
	row.addText("Level", "4")
	row.addKnown("Location", o.text("location", "countryOrRegion"))
	if rec.Log == SignIn {
		row.addText("Category", category(o))
		row.addText("ResourceId", "/tenants/"+opts.tenant(o)+"/providers/Microsoft.aadiam")
	}
}

// generated is when the row came to the workspace.
func generated(rec Record, o object) string {
	when := o.text("createdDateTime")
	lag := arrival
	switch rec.Log {
	case Audit:
		when, lag = o.text("activityDateTime"), 0
	case Risk:
		when = firstKnown(o.text("detectedDateTime"), o.text("activityDateTime"))
	}
	t, ok := moment(when)
	if !ok {
		return ""
	}
	return t.Add(lag).Format(sevenDigits)
}

// tableName is the Log Analytics table of a record.
func tableName(rec Record, o object) string {
	switch rec.Log {
	case Audit:
		return "AuditLogs"
	case Risk:
		return "AADUserRiskEvents"
	}
	switch category(o) {
	case nonInteractive:
		return "AADNonInteractiveUserSignInLogs"
	case "ServicePrincipalSignInLogs":
		return "AADServicePrincipalSignInLogs"
	case "ManagedIdentitySignInLogs":
		return "AADManagedIdentitySignInLogs"
	}
	return "SigninLogs"
}

// column returns a property as a column.
func column(log, table string, m member) member {
	name, known := columnNames[log][m.key]
	if !known && m.key != "" {
		name = strings.ToUpper(m.key[:1]) + m.key[1:]
	}
	nested := m.raw[0] == '{' || m.raw[0] == '['
	asText := name == "AuthenticationDetails" || table == "AADNonInteractiveUserSignInLogs" && slices.Contains(textColumns, name)
	switch {
	case nested && asText:
		m.raw = appendQuoted(nil, string(m.raw))
	case name == "UserType":
		m.raw = capital(m.raw)
	}
	return member{name, m.raw}
}

// capital gives a JSON string a capital first letter.
func capital(raw []byte) []byte {
	text := textOf(raw)
	if text == "" || raw[0] != '"' {
		return raw
	}
	return appendQuoted(nil, strings.ToUpper(text[:1])+text[1:])
}

// columnType is the type that a query reply gives a column, by its values.
func columnType(name string, raw []byte) string {
	switch {
	case name == "TimeGenerated" || strings.HasSuffix(name, "DateTime"):
		return "datetime"
	case len(raw) == 0:
		return "string"
	case raw[0] == '{' || raw[0] == '[':
		return "dynamic"
	case raw[0] == 't' || raw[0] == 'f':
		return "bool"
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return "long"
	}
	return "string"
}
