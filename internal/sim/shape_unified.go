package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// unifiedID is the id that the unified audit log gives its copy of an audit:
// another one than Graph's.
func unifiedID(id string) string { return derivedUUID(textSeed(id), useID) }

// managementActivity returns AuditData: of the unified log's own records
// unchanged, of an audit or a sign-in the form that it has there. What a
// record does not say stays absent, save for what tells its kind.
func managementActivity(opts *Options, rec Record, o object) object {
	switch rec.Log {
	case SignIn:
		return logon(opts, o)
	case Audit:
		return directoryRecord(opts, o)
	}
	return o
}

// directoryRecord returns an audit as the unified audit log has it.
func directoryRecord(opts *Options, o object) object {
	by := actorOf(o)
	out := object{}
	if t, ok := moment(o.text("activityDateTime")); ok {
		out.addText("CreationTime", t.Format("2006-01-02T15:04:05"))
	}
	if id := o.text("id"); id != "" {
		out.addText("Id", unifiedID(id))
	}
	if name := o.text("activityDisplayName"); name != "" {
		out.addText("Operation", strings.TrimSuffix(name, ".")+".")
	}
	out.addText("OrganizationId", opts.tenant(o))
	out.add("RecordType", []byte("8"))
	out.addKnown("ResultStatus", titled(o.text("result")))
	out.addKnown("UserKey", by.key)
	out.addNumber("UserType", by.kind, by.ids != nil)
	out.add("Version", []byte("1"))
	out.addText("Workload", "AzureActiveDirectory")
	out.addKnown("ClientIP", by.ip)
	out = append(out, targetMembers(opts, o)...)
	out.addKnown("UserId", by.user)
	out.add("AzureActiveDirectoryEventType", []byte("1"))
	if by.ids != nil {
		out.add("Actor", identities(by.ids))
		out.addText("ActorContextId", opts.tenant(o))
	}
	out.addKnown("ActorIpAddress", by.ip)
	out.addKnown("InterSystemsId", o.text("correlationId"))
	out.addText("IntraSystemId", "00000000-0000-0000-0000-000000000000")
	out.addText("SupportTicketId", "")
	return append(out, unknownMembers(o)...)
}

// targetMembers are what AuditData says of the targets and their properties.
func targetMembers(opts *Options, o object) object {
	targets := elementsOf(o.get("targetResources"))
	out := object{}
	out.addKnown("ObjectId", objectID(targets))
	if targets != nil || o.get("additionalDetails") != nil {
		out.add("ExtendedProperties", extended(o, targets))
	}
	if targets != nil {
		out.add("ModifiedProperties", modified(targets))
		out.add("Target", identities(targetIDs(targets)))
		out.addText("TargetContextId", opts.tenant(o))
	}
	return out
}

func titled(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// auditMembers are the members of an audit that have a place in AuditData, or
// that it cannot hold.
var auditMembers = []string{
	"@odata.type", "id", "category", "correlationId", "result", "resultReason", "activityDisplayName",
	"activityDateTime", "loggedByService", "operationType", "userAgent", "initiatedBy", "targetResources",
	"additionalDetails", "resourceTenantId",
}

func unknownMembers(o object) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(auditMembers, m.key) })
}

// typedID is one entry of Actor or Target. Types: 0 logon id, 1 name, 2 other
// (object ids, kinds), 3 PUID, 4 service principal name, 5 UPN.
type typedID struct {
	id   string
	kind int
}

// actor is who did it, in the unified log's terms.
type actor struct {
	user, key, ip string
	kind          int // UserType: 0 regular, 4 system
	ids           []typedID
}

func actorOf(o object) actor {
	if user := objectOf(o.get("initiatedBy", "user")); user != nil {
		return personActor(user)
	}
	if app := objectOf(o.get("initiatedBy", "app")); app != nil {
		return appActor(app)
	}
	return actor{}
}

func personActor(user object) actor {
	upn, id := user.text("userPrincipalName"), user.text("id")
	a := actor{user: upn, ip: user.text("ipAddress")}
	if upn != "" {
		a.ids = append(a.ids, typedID{upn, 5})
	}
	if id != "" {
		a.key = puid(id)
		if _, domain, ok := strings.Cut(upn, "@"); ok {
			a.key += "@" + domain
		}
		a.ids = append(a.ids, typedID{puid(id), 3}, typedID{"User_" + id, 2}, typedID{id, 2}, typedID{"User", 2})
	}
	return a
}

func appActor(app object) actor {
	a := actor{kind: 4, key: "Not Available"}
	for _, named := range []typedID{{app.text("displayName"), 1}, {app.text("appId"), 2}} {
		if named.id != "" {
			a.ids = append(a.ids, named)
		}
	}
	if id := app.text("servicePrincipalId"); id != "" {
		a.user = "ServicePrincipal_" + id
		a.ids = append(a.ids, typedID{a.user, 2}, typedID{id, 2}, typedID{"ServicePrincipal", 2})
	}
	return a
}

// objectID names the first target: its UPN, else kind and id, else its name.
func objectID(targets [][]byte) string {
	if len(targets) == 0 {
		return ""
	}
	t := objectOf(targets[0])
	if upn := t.text("userPrincipalName"); upn != "" {
		return upn
	}
	if id := t.text("id"); id != "" {
		return firstKnown(t.text("type"), "Other") + "_" + id
	}
	return t.text("displayName")
}

func targetIDs(targets [][]byte) []typedID {
	var ids []typedID
	for _, raw := range targets {
		t := objectOf(raw)
		kind, id := t.text("type"), t.text("id")
		if id != "" && kind != "" {
			ids = append(ids, typedID{kind + "_" + id, 2})
		}
		for _, named := range []typedID{{id, 2}, {kind, 2}, {t.text("userPrincipalName"), 5}, {t.text("displayName"), 1}} {
			if named.id != "" {
				ids = append(ids, named)
			}
		}
	}
	return ids
}

func identities(ids []typedID) []byte {
	w := writer{}
	w.open('[')
	for _, id := range ids {
		w.item(func() {
			w.str("ID", id.id)
			w.num("Type", id.kind)
		})
	}
	w.close(']')
	return w.b
}

// extended writes ExtendedProperties: the additional details as the JSON text
// of one object, and the kind of the target.
func extended(o object, targets [][]byte) []byte {
	details := object{}
	for _, raw := range elementsOf(o.get("additionalDetails")) {
		d := objectOf(raw)
		details.addText(d.text("key"), d.text("value"))
	}
	w := writer{}
	w.open('[')
	w.pair("Name", "additionalDetails", "Value", string(details.bytes()))
	if len(targets) > 0 {
		if kind := objectOf(targets[0]).text("type"); kind != "" {
			w.pair("Name", "extendedAuditEventCategory", "Value", kind)
		}
	}
	w.close(']')
	return w.b
}

// modified writes the modified properties of all targets.
func modified(targets [][]byte) []byte {
	w := writer{}
	w.open('[')
	for _, raw := range targets {
		for _, property := range elementsOf(objectOf(raw).get("modifiedProperties")) {
			p := objectOf(property)
			w.item(func() {
				w.str("Name", p.text("displayName"))
				w.str("NewValue", unifiedValue(p.text("newValue")))
				w.str("OldValue", unifiedValue(p.text("oldValue")))
			})
		}
	}
	w.close(']')
	return w.b
}

// unifiedValue gives a modified property's value the unified log's form: a
// JSON string is bare, arrays and objects are indented with CR LF, null is
// empty. What is no JSON stays as it is.
func unifiedValue(text string) string {
	if !json.Valid([]byte(text)) {
		return text
	}
	switch text[0] {
	case '"':
		return textOf([]byte(text))
	case '{', '[':
		var out bytes.Buffer
		if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
			return text
		}
		return strings.ReplaceAll(out.String(), "\n", "\r\n")
	}
	return text
}

// recordTypes names the record types that the simulator writes and a few
// neighbours, as Search-UnifiedAuditLog does.
var recordTypes = map[string]string{
	"1": "ExchangeAdmin", "2": "ExchangeItem", "3": "ExchangeItemGroup", "8": "AzureActiveDirectory",
	"9": "AzureActiveDirectoryAccountLogon", "15": "AzureActiveDirectoryStsLogon", "50": "ExchangeItemAggregated",
}

func recordTypeName(data object) string {
	number := data.text("RecordType")
	return firstKnown(recordTypes[number], number)
}

// userTypes are the names of UserType, by number.
var userTypes = []string{"Regular", "Reserved", "Admin", "DcAdmin", "System", "Application", "ServicePrincipal"}

// auditLogRecord wraps AuditData as Graph's audit search does.
func auditLogRecord(opts *Options, rec Record, o object) object {
	data := managementActivity(opts, rec, o)
	row := object{}
	row.addText("@odata.type", "#microsoft.graph.security.auditLogRecord")
	row.addKnown("id", data.text("Id"))
	if t, ok := moment(data.text("CreationTime")); ok {
		row.addText("createdDateTime", t.Format("2006-01-02T15:04:05Z"))
	}
	if name := recordTypeName(data); name != "" {
		row.addText("auditLogRecordType", strings.ToLower(name[:1])+name[1:])
	}
	row.addKnown("operation", data.text("Operation"))
	row.addKnown("organizationId", data.text("OrganizationId"))
	if n, err := strconv.Atoi(data.text("UserType")); err == nil && n >= 0 && n < len(userTypes) {
		row.addText("userType", userTypes[n])
	}
	row.addKnown("userId", firstKnown(data.text("UserKey"), data.text("UserId")))
	row.addKnown("service", data.text("Workload"))
	row.addKnown("objectId", data.text("ObjectId"))
	row.addKnown("userPrincipalName", data.text("UserId"))
	row.addKnown("clientIp", firstKnown(data.text("ClientIP"), data.text("ClientIPAddress")))
	row.add("administrativeUnits", []byte(`[""]`))
	row.add("auditData", append(object{{"@odata.type", []byte(`"#microsoft.graph.security.defaultAuditData"`)}}, data...).bytes())
	return row
}

// unifiedExport writes the row that Search-UnifiedAuditLog returns.
func unifiedExport(opts *Options, rec Record, o object) object {
	data := managementActivity(opts, rec, o)
	row := object{}
	row.addKnown("RecordType", recordTypeName(data))
	row.addKnown("CreationDate", data.text("CreationTime"))
	row.addKnown("UserIds", data.text("UserId"))
	row.addKnown("Operations", data.text("Operation"))
	row.addText("AuditData", string(data.bytes()))
	row.addKnown("Identity", data.text("Id"))
	row.add("IsValid", []byte("true"))
	row.addText("ObjectState", "Unchanged")
	return row
}
